//! What is wrong with a program shows when it starts.

use levers::prelude::*;
use levers::testing::Test;

use crate::Shop;

#[tokio::test]
async fn relations_can_be_renamed() {
    let shop = Shop::new().await;
    let sql =
        Sql::builder(shop.url()).rename_relation("customers", "payer_orders", "paid_orders").open().await.unwrap();
    let test = Test::new(Levers::new().source(sql)).await;
    let schema = test.collection("customers").schema().unwrap();
    let relations: Vec<&str> = schema.relations().map(|(name, _)| name).collect();
    assert_eq!(relations, ["customer_orders", "paid_orders"]);
}

#[tokio::test]
async fn a_relation_that_does_not_exist_cannot_be_renamed() {
    let shop = Shop::new().await;
    let open =
        |from: &'static str, to: &'static str| Sql::builder(shop.url()).rename_relation("customers", from, to).open();
    let message = open("nope", "x").await.unwrap_err().to_string();
    assert_eq!(message, "“customers” has no relation “nope” to rename. It has customer_orders, payer_orders.");
    assert!(open("payer_orders", "email").await.unwrap_err().to_string().contains("“email”"));
}

#[tokio::test]
#[should_panic(expected = "There is no collection “order”")]
async fn an_unknown_collection_is_named() {
    let shop = Shop::new().await;
    let sql = Sql::open(&shop.url()).await.unwrap();
    Test::new(Levers::new().source(sql).collection("order", |order| order)).await;
}
