//! The actions that nobody has to declare.

use levers_engine::FormRequest;
use levers_model::query::field;
use levers_model::{BuiltIn, ConstraintKind, Error, RequestFilter, Selection};
use serde_json::{Value as Json, json};

use crate::world::{World, filtered};

async fn fails(world: &World, collection: &str, built_in: BuiltIn, selection: Selection, values: Json) -> Error {
    match world.submit(collection, built_in, selection, values).await {
        Ok(submitted) => submitted.reply.unwrap_err(),
        Err(error) => error,
    }
}

#[tokio::test]
async fn create_adds_a_record_and_names_it() {
    let world = World::new().await;
    let said =
        world.run("companies", BuiltIn::Create, Selection::none(), json!({ "name": "Eve", "amount": "1.10" })).await;
    assert_eq!(said, "Record 5 created.");
    assert_eq!(world.scalar("select count(*) from companies where name = 'Eve' and status = 'draft'").await, 1);
    let seat = json!({ "line": "7", "place": 1 });
    assert_eq!(world.run("seats", BuiltIn::Create, Selection::none(), seat).await, "Record 7|1 created.");
}

#[tokio::test]
async fn wrong_values_are_named_before_anything_is_done() {
    let world = World::new().await;
    let wrong = json!({ "amount": "much", "nme": 1 });
    let error = fails(&world, "companies", BuiltIn::Create, Selection::none(), wrong).await;
    let fields: Vec<&str> = error.fields().iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["amount", "nme", "name"]);
    let error =
        fails(&world, "companies", BuiltIn::Update, world.ids("companies", &["1"]), json!({ "name": null })).await;
    assert_eq!(error.to_string(), "name: A value is required.");
    let page = levers_model::Page { skip: 0, limit: 10 };
    let jobs = world.engine.jobs(&world.cx(), levers_engine::JobQuery::default(), page).await.unwrap();
    assert_eq!(jobs.len(), 0);
}

#[tokio::test]
async fn violated_constraints_name_themselves_and_their_fields() {
    let world = World::new().await;
    let unique = fails(&world, "companies", BuiltIn::Create, Selection::none(), json!({ "name": "Ada" })).await;
    assert_eq!(unique.violated().unwrap().kind, ConstraintKind::Unique);
    assert_eq!(unique.fields()[0].field, "name");
    let unknown = json!({ "name": "N", "company_id": 99 });
    let foreign = fails(&world, "customers", BuiltIn::Create, Selection::none(), unknown).await;
    assert_eq!(foreign.violated().unwrap().kind, ConstraintKind::ForeignKey);
    let check = json!({ "company_id": 1, "total": 0 });
    let check = fails(&world, "orders", BuiltIn::Create, Selection::none(), check).await;
    assert_eq!(check.violated().unwrap().kind, ConstraintKind::Check);
    let used = fails(&world, "companies", BuiltIn::Delete, world.ids("companies", &["1"]), json!({})).await;
    assert_eq!(used.violated().unwrap().kind, ConstraintKind::ForeignKey);
}

#[tokio::test]
async fn update_sets_what_was_given_and_nothing_else() {
    let world = World::new().await;
    let live = filtered(field("status").eq("live"));
    let said = world.run("companies", BuiltIn::Update, Selection::all(live), json!({ "status": "done" })).await;
    assert_eq!(said, "2 records updated.");
    let one = world.submit("companies", BuiltIn::Update, world.ids("companies", &["1"]), json!({})).await.unwrap();
    assert!(one.job.changes.is_empty());
    let same = json!({ "status": "done" });
    let same = world.submit("companies", BuiltIn::Update, world.ids("companies", &["1"]), same).await.unwrap();
    assert!(same.job.changes.is_empty(), "nothing differs from before");
    let composite = world.ids("seats", &["1|2", "2|1"]);
    assert_eq!(world.run("seats", BuiltIn::Update, composite, json!({ "holder": "z" })).await, "2 records updated.");
    assert_eq!(world.scalar("select count(*) from seats where holder = 'z'").await, 2);
}

#[tokio::test]
async fn delete_removes_one_or_many() {
    let world = World::new().await;
    assert_eq!(world.run("seats", BuiltIn::Delete, world.ids("seats", &["1|1"]), json!({})).await, "1 record deleted.");
    let rest = Selection::all(RequestFilter::default());
    assert_eq!(world.run("seats", BuiltIn::Delete, rest, json!({})).await, "3 records deleted.");
}

#[tokio::test]
async fn duplicate_copies_all_but_the_identity() {
    let world = World::new().await;
    let one = || world.ids("companies", &["1"]);
    let error = fails(&world, "companies", BuiltIn::Duplicate, one(), json!({})).await;
    assert_eq!(error.to_string(), "name: It is unique, so the copy needs a value of its own.");
    let said = world.run("companies", BuiltIn::Duplicate, one(), json!({ "name": "Ada 2" })).await;
    assert_eq!(said, "Record 1 copied as 5.");
    assert_eq!(world.scalar("select count(*) from companies where status = 'live' and amount = 10.5").await, 2);
    let badge = world.run("badges", BuiltIn::Duplicate, world.ids("badges", &["1"]), json!({})).await;
    assert_eq!(badge, "Record 1 copied as 3.");
    assert_eq!(world.scalar("select count(*) from badges where customer_id = 1").await, 1);
    let seat = world.ids("seats", &["1|1"]);
    assert_eq!(fails(&world, "seats", BuiltIn::Duplicate, seat.clone(), json!({})).await.fields().len(), 2);
    assert_eq!(world.run("seats", BuiltIn::Duplicate, seat, json!({ "place": 9 })).await, "Record 1|1 copied as 1|9.");
}

#[tokio::test]
async fn forms_follow_the_schema_and_show_the_record() {
    let world = World::new().await;
    let mut shown = Vec::new();
    for (built_in, selection) in [
        (BuiltIn::Create, Selection::none()),
        (BuiltIn::Update, world.ids("customers", &["1"])),
        (BuiltIn::Update, world.ids("customers", &["1", "2"])),
    ] {
        let request = FormRequest {
            collection: "customers".into(),
            action: built_in.id(),
            selection,
            values: None,
            changed: None,
            search: None,
        };
        shown.push(world.engine.form(&world.cx(), request).await.unwrap().fields);
    }
    insta::assert_json_snapshot!(shown);
}
