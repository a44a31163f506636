//! What handlers do through their context.

use levers::prelude::*;
use levers::{ErrorKind, TryStreamExt as _};

use crate::Shop;

#[tokio::test]
async fn the_selected_records_are_read_counted_and_changed() {
    let shop = Shop::new().await;
    let test = shop
        .test(|orders| {
            orders.action(Action::bulk("Pay").execute(|cx| async move {
                let mut names: Vec<String> = Vec::new();
                for order in cx.records(["amount", "customer:name"]).await? {
                    names.push(order.get("customer:name")?);
                }
                let mut total = 0.0;
                let mut stream = cx.stream(["amount"]).await?;
                while let Some(order) = stream.try_next().await? {
                    total += order.get::<f64>("amount")?;
                }
                let ids: Vec<String> = cx.ids().await?.iter().map(ToString::to_string).collect();
                let (count, paid) = (cx.count().await?, cx.update(json!({ "status": "paid" })).await?);
                let text = format!("{names:?} {total} {ids:?} {count} {paid} {}", cx.caller().email);
                Ok(Outcome::success(text))
            }))
        })
        .await;
    let outcome = test.as_caller("bob@example.com").action("orders", "Pay").on([1, 3]).submit().await;
    outcome.assert_success(r#"["Ada", "Grace"] 40.5 ["1", "3"] 2 2 bob@example.com"#).assert_changes("orders", 2);
    assert_eq!(outcome.job().caller.email, "bob@example.com");
    let open = test.collection("orders").filter(field("status").eq("open"));
    assert_eq!(open.count().await.unwrap(), 0);
}

#[tokio::test]
async fn all_but_some_that_match_are_selected() {
    let shop = Shop::new().await;
    let test = shop
        .test(|orders| {
            orders.segment("Open", field("status").eq("open")).action(
                Action::bulk("Close").execute(|cx| async move { Ok(Outcome::success(cx.delete().await?.to_string())) }),
            )
        })
        .await;
    let close = || test.action("orders", "Close");
    close().in_segment("Open").except([1]).submit().await.assert_success("1");
    close().on_all_where(field("customer:name").eq("Ada")).submit().await.assert_success("2");
    assert_eq!(test.collection("orders").all().count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_global_action_has_no_selected_records_to_change() {
    let shop = Shop::new().await;
    let test = shop
        .test(|orders| {
            orders.action(Action::global("Wipe").execute(|cx| async move {
                cx.delete().await?;
                Ok(())
            }))
        })
        .await;
    let outcome = test.action("orders", "Wipe").submit().await;
    assert_eq!(outcome.error().kind(), ErrorKind::Internal);
    assert!(outcome.error().internal_text().unwrap().contains("global action"));
    assert_eq!(test.collection("orders").all().count().await.unwrap(), 3);
}

#[tokio::test]
async fn a_single_action_says_that_its_record_is_gone() {
    let shop = Shop::new().await;
    let test = shop
        .test(|orders| {
            orders.action(Action::single("Vanish").execute(|cx| async move {
                cx.collection("orders").by_id(1)?.delete().await?;
                cx.update(json!({ "status": "paid" })).await?;
                Ok(())
            }))
        })
        .await;
    let outcome = test.action("orders", "Vanish").on([1]).submit().await;
    outcome.assert_error("The selected record of “orders” does not exist any more.").assert_changes("orders", 1);
    assert_eq!(outcome.error().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn any_collection_can_be_worked_with() {
    let shop = Shop::new().await;
    let test = shop
        .test(|orders| {
            orders.action(Action::global("Work").execute(|cx| async move {
                let customers = cx.collection("customers");
                let made = customers.create(json!({ "name": "Hedy", "email": "hedy@example.com" })).await?;
                let read = customers.get(made.id()?, ["name"]).await?;
                let last = customers.all().sort("-name").first(["name"]).await?;
                let page = customers.all().sort("name").page(1, 1).list(["name"]).await?;
                let found = [Some(read), last, page.into_iter().next()].into_iter().flatten();
                let names: levers::Result<Vec<String>> = found.map(|customer| customer.get("name")).collect();
                Ok(Outcome::success(names?.join(" ")))
            }))
        })
        .await;
    test.action("orders", "Work").submit().await.assert_success("Hedy Hedy Grace").assert_changes("customers", 1);
}

#[tokio::test]
async fn what_the_database_refuses_names_the_field() {
    let shop = Shop::new().await;
    let test = shop
        .test(|orders| {
            orders.action(Action::global("Twice").execute(|cx| async move {
                cx.collection("customers").create(json!({ "name": "Eve", "email": "ada@example.com" })).await?;
                Ok(())
            }))
        })
        .await;
    let outcome = test.action("orders", "Twice").submit().await;
    assert_eq!(outcome.error().kind(), ErrorKind::Constraint);
    assert_eq!(outcome.error().fields()[0].field, "email");
    assert_eq!(test.collection("customers").all().count().await.unwrap(), 2);
}
