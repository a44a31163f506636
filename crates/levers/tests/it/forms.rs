//! Forms as authors declare them and people fill them.

use levers::prelude::*;

use crate::Shop;

fn refund() -> levers::ActionDeclaration {
    Action::single("Refund")
        .field(
            Field::number("amount")
                .required()
                .default_with(|cx| async move { cx.record(["amount"]).await?.get::<f64>("amount") })
                .widget(NumberInput::new().min(1)),
        )
        .field(
            Field::number("fee")
                .read_only()
                .value_with(|cx| async move { cx.value::<f64>("amount").map(|a| a / 10.0) }),
        )
        .field(
            Field::string("reason")
                .required()
                .visible_if(|cx| async move { cx.value::<f64>("amount").is_some_and(|amount| amount > 20.0) })
                .label_with(|cx| async move { format!("Why, {}?", cx.caller().email) }),
        )
        .field(Field::collection("payee", "customers"))
        .execute(|cx| async move {
            let reason: Option<String> = cx.value("reason")?;
            let payee = match cx.value::<Option<String>>("payee")? {
                Some(id) => cx.collection("customers").get(id, ["name"]).await?.get("name")?,
                None => String::from("nobody"),
            };
            let (amount, fee): (f64, f64) = (cx.value("amount")?, cx.value("fee")?);
            Ok(Outcome::success(format!("{amount} {fee} {reason:?} {payee}")))
        })
}

#[tokio::test]
async fn a_form_follows_what_is_typed() {
    let shop = Shop::new().await;
    let test = shop.test(|orders| orders.action(refund())).await.as_caller("ada@example.com");
    let mut form = test.action("orders", "Refund").on([1]).form().await;
    assert_eq!(form.ids(), ["amount", "fee", "payee"]);
    assert_eq!((form.value("amount"), form.value("fee")), (json!(10.5), json!(1.05)));
    form.fill("amount", 30).await;
    assert_eq!(form.ids(), ["amount", "fee", "reason", "payee"]);
    assert_eq!(form.field("reason").label, "Why, ada@example.com?");
    assert_eq!(form.value("fee"), json!(3.0));
    form.fill("reason", "Broken").await;
    form.fill("payee", "2").await;
    form.submit().await.assert_success(r#"30 3 Some("Broken") Grace"#);
}

#[tokio::test]
async fn wrong_values_are_named_field_by_field() {
    let shop = Shop::new().await;
    let test = shop.test(|orders| orders.action(refund())).await;
    let refund = || test.action("orders", "Refund").on([1]);
    let refused = |outcome: &levers::testing::TestOutcome| {
        outcome.error().fields().iter().map(|error| error.field.clone()).collect::<Vec<_>>()
    };
    assert_eq!(refused(&refund().set("amount", "many").submit().await), ["amount"]);
    assert_eq!(refused(&refund().set("amount", 0.5).submit().await), ["amount"]);
    assert_eq!(refused(&refund().set("amount", 30).submit().await), ["reason"]);
    assert_eq!(refused(&refund().set("zork", 1).submit().await), ["zork"]);
    assert_eq!(refused(&refund().set("payee", "x").submit().await), ["payee"]);
}

#[tokio::test]
async fn a_form_can_be_computed_whole() {
    let shop = Shop::new().await;
    let rename = Action::bulk("Note")
        .form_with(|cx| async move {
            let orders = cx.records(["id"]).await?;
            let fields = orders.iter().map(|order| Ok(Field::string(format!("order {}", order.id()?))));
            fields.collect::<levers::Result<Vec<Field>>>()
        })
        .execute(|cx| async move { Ok(Outcome::success(cx.values().len().to_string())) });
    let test = shop.test(|orders| orders.action(rename)).await;
    let mut form = test.action("orders", "Note").on([1, 3]).form().await;
    assert_eq!(form.ids(), ["order 1", "order 3"]);
    form.fill("order 3", "late").await;
    form.submit().await.assert_success("1");
}

#[tokio::test]
async fn a_form_may_not_write() {
    let shop = Shop::new().await;
    let naughty = Action::global("Naughty")
        .field(Field::number("gone").default_with(|cx| async move { cx.collection("orders").all().delete().await }))
        .execute(|_cx| async move { Ok(()) });
    let test = shop.test(|orders| orders.action(naughty)).await;
    test.action("orders", "Naughty").submit().await.error();
    assert_eq!(test.collection("orders").all().count().await.unwrap(), 3);
}

#[tokio::test]
async fn files_arrive_whole() {
    let shop = Shop::new().await;
    let read =
        Action::global("Read").field(Field::file("one")).field(Field::file_list("more")).execute(|cx| async move {
            let names: Vec<String> = cx.files("more")?.into_iter().map(|file| file.name).collect();
            Ok(Outcome::success(format!("{} {names:?}", String::from_utf8_lossy(&cx.file("one")?.content))))
        });
    let test = shop.test(|orders| orders.action(read)).await;
    let read = || test.action("orders", "Read");
    read().set_file("one", "a.txt", "text/plain", "hello").submit().await.assert_success("hello []");
    read().submit().await.assert_field_error("one", "A value is required.");
}
