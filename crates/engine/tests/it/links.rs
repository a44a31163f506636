//! Associate and Dissociate through each kind of relation.

use levers_model::{BuiltIn, RequestFilter, Selection, Targets};
use serde_json::json;

use crate::world::{World, under};

async fn associate(world: &World, owner: &str, parent: &str, target: &str, child: &str) {
    let targets = Targets::Ids(vec![world.id(target, child)]);
    world.run(target, BuiltIn::Associate, under(world.parent(owner, parent, target), targets), json!({})).await;
}

async fn related(world: &World, owner: &str, parent: &str, target: &str) -> Vec<String> {
    let mut ids = world.listed(target, RequestFilter::default(), Some(world.parent(owner, parent, target))).await;
    ids.sort();
    ids
}

fn all(world: &World, owner: &str, parent: &str, target: &str) -> Selection {
    under(world.parent(owner, parent, target), Targets::AllExcept(Vec::new()))
}

#[tokio::test]
async fn one_to_many() {
    let world = World::new().await;
    associate(&world, "companies", "1", "customers", "4").await;
    assert_eq!(related(&world, "companies", "1", "customers").await, ["1", "2", "4"]);
    let some = under(world.parent("companies", "1", "customers"), Targets::AllExcept(vec![world.id("customers", "2")]));
    assert_eq!(world.run("customers", BuiltIn::Dissociate, some, json!({})).await, "2 records dissociated.");
    assert_eq!(related(&world, "companies", "1", "customers").await, ["2"]);
    let said = world
        .run("customers", BuiltIn::Dissociate, all(&world, "companies", "1", "customers"), json!({ "delete": true }))
        .await;
    assert_eq!(said, "1 record deleted.");
    assert_eq!(world.scalar("select count(*) from customers").await, 3);
}

#[tokio::test]
async fn only_the_parents_own_records_are_unlinked() {
    let world = World::new().await;
    let foreign = under(world.parent("companies", "1", "customers"), Targets::Ids(vec![world.id("customers", "3")]));
    assert_eq!(world.run("customers", BuiltIn::Dissociate, foreign, json!({})).await, "0 records dissociated.");
    assert_eq!(related(&world, "companies", "2", "customers").await, ["3"]);
}

#[tokio::test]
async fn many_to_one() {
    let world = World::new().await;
    associate(&world, "customers", "1", "companies", "3").await;
    assert_eq!(related(&world, "customers", "1", "companies").await, ["3"]);
    world.run("companies", BuiltIn::Dissociate, all(&world, "customers", "1", "companies"), json!({})).await;
    assert_eq!(related(&world, "customers", "1", "companies").await, [""; 0]);
}

#[tokio::test]
async fn one_to_one_takes_from_the_previous_owner() {
    let world = World::new().await;
    associate(&world, "customers", "1", "badges", "2").await;
    assert_eq!(related(&world, "customers", "1", "badges").await, ["2"]);
    assert_eq!(world.scalar("select count(*) from badges where customer_id is null").await, 1);
    world.run("badges", BuiltIn::Dissociate, all(&world, "customers", "1", "badges"), json!({})).await;
    assert_eq!(related(&world, "customers", "1", "badges").await, [""; 0]);
}

#[tokio::test]
async fn many_to_many() {
    let world = World::new().await;
    for _ in 0..2 {
        associate(&world, "companies", "1", "tags", "3").await;
    }
    assert_eq!(related(&world, "companies", "1", "tags").await, ["1", "2", "3"]);
    let one = under(world.parent("companies", "1", "tags"), Targets::Ids(vec![world.id("tags", "2")]));
    assert_eq!(world.run("tags", BuiltIn::Dissociate, one, json!({})).await, "1 record dissociated.");
    assert_eq!(related(&world, "companies", "1", "tags").await, ["1", "3"]);
    assert_eq!(related(&world, "companies", "2", "tags").await, ["2"]);
    let said =
        world.run("tags", BuiltIn::Dissociate, all(&world, "companies", "1", "tags"), json!({ "delete": true })).await;
    assert_eq!(said, "2 records deleted.");
    assert_eq!(world.scalar("select count(*) from tags").await, 1);
}

#[tokio::test]
async fn what_cannot_be_linked_says_why() {
    let world = World::new().await;
    let mut shown = Vec::new();
    let tag = || Targets::Ids(vec![world.id("tags", "1")]);
    let no_parent = Selection { targets: tag(), ..Selection::none() };
    let absent = under(world.parent("companies", "99", "tags"), tag());
    let no_child = under(world.parent("companies", "1", "tags"), Targets::Ids(vec![world.id("tags", "99")]));
    for selection in [no_parent, absent, no_child] {
        let submitted = world.submit("tags", BuiltIn::Associate, selection, json!({})).await.unwrap();
        shown.push(submitted.reply.unwrap_err().to_string());
    }
    sqlx::query("insert into orders (id, company_id, total) values (1, 1, 5)").execute(&world.pool).await.unwrap();
    let must = all(&world, "companies", "1", "orders");
    let submitted = world.submit("orders", BuiltIn::Dissociate, must, json!({})).await.unwrap();
    shown.push(submitted.reply.unwrap_err().to_string());
    insta::assert_debug_snapshot!(shown);
}
