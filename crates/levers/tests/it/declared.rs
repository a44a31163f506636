//! What an author says of a collection, of values, and of how an action runs.

use levers::prelude::*;

use crate::Shop;

#[tokio::test]
async fn values_are_validated_as_rust_types() {
    let shop = Shop::new().await;
    let refund = Action::single("Refund")
        .field(
            Field::number("amount")
                .validate(|_, amount: f64| async move { (amount <= 0.0).then_some("It must be above zero.") })
                .validate(|cx, amount: f64| async move {
                    let left = cx.record(["amount"]).await?.get::<f64>("amount")?;
                    Ok((amount > left).then(|| format!("Only {left} are left.")))
                }),
        )
        .field(Field::string("until").validate(|cx, until: String| async move {
            (cx.value::<String>("from") > Some(until)).then_some("It lies before the first day.")
        }))
        .field(Field::string("from"))
        .execute(|_| async { Ok(()) });
    let test = shop.test(|orders| orders.action(refund)).await;
    let refund = test.action("orders", "Refund").on([1]);
    refund
        .clone()
        .set("amount", 10.5)
        .set("from", "2024-01-01")
        .set("until", "2024-01-02")
        .submit()
        .await
        .assert_success("");
    let outcome = refund.clone().set("amount", 0).set("from", "2024-01-02").set("until", "2024-01-01").submit().await;
    outcome
        .assert_field_error("amount", "It must be above zero.")
        .assert_field_error("until", "It lies before the first day.");
    refund.set("amount", 11).submit().await.assert_field_error("amount", "Only 10.5 are left.");
}

#[tokio::test]
async fn what_has_to_be_agreed_to_is_in_the_form() {
    let shop = Shop::new().await;
    let close = Action::bulk("Close")
        .kind(ActionKind::Danger)
        .field(Field::string("reason"))
        .confirm_with(|cx| async move {
            let reason: Option<String> = cx.value("reason");
            Ok(format!("Close {} orders because of {}?", cx.count().await?, reason.unwrap_or_else(|| "nothing".into())))
        })
        .execute(|_| async { Ok(()) });
    let test = shop.test(|orders| orders.action(close)).await;
    let mut form = test.action("orders", "Close").on([1, 2]).form().await;
    assert_eq!(form.confirmation(), Some("Close 2 orders because of nothing?"));
    form.fill("reason", "fraud").await;
    assert_eq!(form.confirmation(), Some("Close 2 orders because of fraud?"));
}

#[tokio::test]
async fn a_test_waits_for_what_runs_in_the_background() {
    let shop = Shop::new().await;
    let count = Action::bulk("Count").background().execute(|cx| async move {
        let key = cx.idempotency_key().unwrap_or("no key").to_owned();
        Ok(Outcome::success(format!("{} orders with {key}, approved for {:?}.", cx.count().await?, cx.approval())))
    });
    let test = shop.test(|orders| orders.action(count)).await;
    let count = test.action("orders", "Count").on_all().idempotency_key("k1");
    count.submit().await.assert_success("3 orders with k1, approved for None.");
    let again = count.submit().await;
    assert!(again.is_replay());
}

#[tokio::test]
async fn hidden_columns_are_the_authors_alone() {
    let shop = Shop::new().await;
    let pay = Action::single("Pay").execute(|cx| async move {
        cx.update(json!({ "amount": 1, "status": "paid" })).await?;
        Ok(Outcome::success(cx.record(["amount"]).await?.get::<String>("amount")?))
    });
    let test = shop
        .test(|orders| {
            orders.label("Orders").title("{id}: {customer:name}").hide(["amount"]).read_only(["status"]).action(pay)
        })
        .await;
    test.action("orders", "Pay").on([1]).submit().await.assert_success("1");
    test.action("orders", "Update")
        .on([1])
        .set("status", "open")
        .submit()
        .await
        .assert_field_error("status", "This column cannot be written.");
    test.action("orders", "Update")
        .on([1])
        .set("amount", 2)
        .submit()
        .await
        .assert_field_error("amount", "“orders” has no column of this name.");
}
