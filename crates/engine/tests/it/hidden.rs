//! What is hidden or read-only for callers, and still there for an author's code.

use std::fmt::Write as _;
use std::sync::Arc;

use levers_engine::{Engine, ListQuery};
use levers_model::query::field;
use levers_model::{
    Aggregation, AggregationOperation, BuiltIn, ErrorKind, Group, Outcome, Patch, Projection, RequestFilter, Scope,
    Search, Selection, Sort, SortClause,
};
use levers_ports::{CollectionDeclaration, FormDeclaration, Query, RecordTitle, Segment};
use serde_json::json;

use crate::world::{World, action, filtered, read, under};

fn hiding(fields: &[&str]) -> CollectionDeclaration {
    CollectionDeclaration { hidden: fields.iter().map(ToString::to_string).collect(), ..Default::default() }
}

fn protecting(columns: &[&str]) -> CollectionDeclaration {
    CollectionDeclaration { read_only: columns.iter().map(ToString::to_string).collect(), ..Default::default() }
}

/// Companies without their amount.
async fn world() -> World {
    World::with(|builder| builder.customize("companies", hiding(&["amount"]))).await
}

#[tokio::test]
async fn a_hidden_column_is_nowhere_for_callers() {
    let world = world().await;
    let cx = world.cx();
    assert!(world.schema("companies").column("amount").is_none());
    let records = world.engine.list(&cx, "companies", ListQuery::default()).await.unwrap();
    assert_eq!(records[0].columns().iter().map(ToString::to_string).collect::<Vec<_>>(), ["id", "name", "status"]);
    let customers = world.engine.list(&cx, "customers", ListQuery::default()).await.unwrap();
    assert!(customers[0].columns().iter().all(|path| path.column() != "amount"), "nor through a relation");
    let sort = Sort(vec![SortClause { field: "amount".into(), ascending: true }]);
    let queries = [
        ("companies", ListQuery { projection: Some(Projection::new(["amount"])), ..ListQuery::default() }),
        ("companies", ListQuery { filter: filtered(field("amount").gt(1)), ..ListQuery::default() }),
        ("companies", ListQuery { sort, ..ListQuery::default() }),
        ("customers", ListQuery { projection: Some(Projection::new(["company:amount"])), ..ListQuery::default() }),
        ("customers", ListQuery { filter: filtered(field("company:amount").gt(1)), ..ListQuery::default() }),
    ];
    let mut told = String::new();
    for (collection, query) in queries {
        let error = world.engine.list(&cx, collection, query).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        writeln!(told, "{error}").unwrap();
    }
    let sum = Aggregation { operation: AggregationOperation::Sum, field: Some("amount".into()), groups: Vec::new() };
    let by = Aggregation { groups: vec![Group { field: "amount".into(), period: None }], ..Aggregation::count() };
    for aggregation in [sum, by] {
        let filter = RequestFilter::default();
        let error = world.engine.aggregate(&cx, "companies", filter, aggregation, None).await.unwrap_err();
        writeln!(told, "{error}").unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_search_does_not_look_into_what_is_hidden() {
    let search =
        || RequestFilter { search: Some(Search { text: "Ada".into(), extended: true }), ..RequestFilter::default() };
    let world = World::new().await;
    assert_eq!(world.listed("companies", search(), None).await, ["1"]);
    assert_eq!(world.listed("customers", search(), None).await, ["1", "2"]);
    let world = World::with(|builder| builder.customize("companies", hiding(&["name"]))).await;
    assert!(world.listed("companies", search(), None).await.is_empty());
    assert!(world.listed("customers", search(), None).await.is_empty());
}

#[tokio::test]
async fn built_in_actions_neither_show_nor_write_what_is_hidden_or_read_only() {
    let world = World::with(|builder| {
        builder.customize("companies", hiding(&["amount"])).customize("companies", protecting(&["status"]))
    })
    .await;
    let one = || world.ids("companies", &["1"]);
    let mut told = String::new();
    for (built_in, selection, values) in [
        (BuiltIn::Create, Selection::none(), json!({ "name": "New", "amount": 5 })),
        (BuiltIn::Create, Selection::none(), json!({ "name": "New", "status": "live" })),
        (BuiltIn::Update, one(), json!({ "amount": 5 })),
        (BuiltIn::Update, one(), json!({ "status": "live", "name": "Ade" })),
        (BuiltIn::Duplicate, one(), json!({ "name": "New", "status": "live" })),
        (BuiltIn::Duplicate, one(), json!({ "name": "New", "amount": 5 })),
        (BuiltIn::Export, Selection::none(), json!({ "fields": ["amount"] })),
        (BuiltIn::Export, Selection::none(), json!({ "sort": ["-amount"] })),
    ] {
        let submitted = world.submit("companies", built_in, selection, values.clone()).await;
        let error = submitted.and_then(|submitted| submitted.reply.map(drop)).unwrap_err();
        writeln!(told, "{} {values}: {error}", built_in.name()).unwrap();
    }
    insta::assert_snapshot!(told);
    for built_in in [BuiltIn::Create, BuiltIn::Update, BuiltIn::Duplicate] {
        let request = levers_engine::FormRequest {
            collection: "companies".into(),
            action: built_in.id(),
            selection: one(),
            values: None,
            changed: None,
            search: None,
        };
        let form = world.engine.form(&world.cx(), request).await.unwrap();
        assert_eq!(form.fields.iter().map(|field| field.id.as_str()).collect::<Vec<_>>(), ["name"], "{built_in:?}");
    }
    let export = world.submit("companies", BuiltIn::Export, Selection::none(), json!({})).await.unwrap();
    assert!(read(export.reply.unwrap().file.unwrap()).await.starts_with("id,name,status\n1,Ada,live\n"));
}

#[tokio::test]
async fn a_copy_has_what_is_hidden_and_begins_anew_with_what_is_read_only() {
    let world = World::with(|builder| {
        builder.customize("companies", hiding(&["amount"])).customize("companies", protecting(&["status"]))
    })
    .await;
    world.run("companies", BuiltIn::Duplicate, world.ids("companies", &["1"]), json!({ "name": "Ada II" })).await;
    assert_eq!(world.scalar("select count(*) from companies where name = 'Ada II' and amount = 10.5").await, 1);
    assert_eq!(world.scalar("select count(*) from companies where name = 'Ada II' and status = 'draft'").await, 1);
}

#[tokio::test]
async fn declared_actions_read_and_write_all_there_is_and_jobs_do_not_tell_it() {
    let raise = action("Raise", Scope::Bulk, |cx| async move {
        let query = Query { condition: cx.condition.clone(), ..Query::default() };
        let before = cx.records.list("companies", query).await?;
        let before = before[0].get("amount").unwrap().to_text();
        let patch = Patch::from_json(&json!({ "amount": 99, "status": "paid" }), &cx.collection)?;
        cx.records.update("companies", cx.condition.clone(), patch).await?;
        Ok(Outcome::success(format!("from {before}")).into())
    });
    let mut raise = raise;
    raise.form = Arc::new(FormDeclaration::Dynamic(Arc::new(|cx| {
        Box::pin(async move {
            assert!(cx.collection.column("amount").is_some(), "forms that are declared know it too");
            Ok(Vec::new())
        })
    })));
    let world = World::with(|builder| {
        let declaration = CollectionDeclaration { actions: vec![raise], ..hiding(&["amount"]) };
        builder.customize("companies", declaration).customize("companies", protecting(&["status"]))
    })
    .await;
    let submitted = world.submit("companies", "Raise", world.ids("companies", &["1"]), json!({})).await.unwrap();
    assert_eq!(submitted.reply.unwrap().outcome, Outcome::success("from 10.5"));
    assert_eq!(world.scalar("select count(*) from companies where amount = 99 and status = 'paid'").await, 1);
    assert_eq!(submitted.job.changes.counts[0].count, 1);
    let change = &submitted.job.changes.changes[0];
    assert_eq!((json!(change.before), json!(change.after)), (json!({ "status": "live" }), json!({ "status": "paid" })));
    let deleted = world.submit("companies", BuiltIn::Delete, world.ids("companies", &["4"]), json!({})).await.unwrap();
    let before = &deleted.job.changes.changes[0].before;
    assert_eq!(before.keys().collect::<Vec<_>>(), ["id", "name", "status"]);
}

#[tokio::test]
async fn a_segment_may_be_about_what_is_hidden() {
    let rich = Segment { name: "Rich".into(), condition: field("amount").gt(1) };
    let world = World::with(|builder| {
        builder.customize("companies", CollectionDeclaration { segments: vec![rich], ..hiding(&["amount"]) })
    })
    .await;
    let filter = || RequestFilter { segment: Some("Rich".into()), ..RequestFilter::default() };
    assert_eq!(world.listed("companies", filter(), None).await, ["1"]);
    let told = world.run("companies", BuiltIn::Update, Selection::all(filter()), json!({ "status": "rich" })).await;
    assert_eq!(told, "1 record updated.");
}

#[tokio::test]
async fn a_relation_goes_with_the_column_that_it_hangs_on() {
    let relations = |world: &World, collection: &str| {
        world.schema(collection).relations().map(|(_, relation)| relation.target.clone()).collect::<Vec<_>>()
    };
    let world = World::with(|builder| builder.customize("customers", hiding(&["company_id"]))).await;
    assert_eq!(relations(&world, "customers"), ["badges"]);
    assert_eq!(relations(&world, "companies"), ["companies_tags", "tags", "orders"]);
    let world = World::with(|builder| builder.customize("customers", hiding(&["company"]))).await;
    assert_eq!(relations(&world, "customers"), ["badges"]);
    assert!(world.schema("customers").column("company_id").is_some());
    let plain = World::new().await;
    let parent = plain.parent("companies", "1", "customers");
    let world = World::with(|builder| builder.customize("customers", hiding(&["company_id"]))).await;
    let query = ListQuery { parent: Some(parent.clone()), ..ListQuery::default() };
    assert_eq!(world.engine.list(&world.cx(), "customers", query).await.unwrap_err().kind(), ErrorKind::NotFound);
    let link = under(parent, levers_model::Targets::Ids(vec![plain.id("customers", "4")]));
    let error = world.submit("customers", BuiltIn::Associate, link, json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_read_only_link_is_not_made_or_undone() {
    let world = World::with(|builder| builder.customize("customers", protecting(&["company_id"]))).await;
    for built_in in [BuiltIn::Associate, BuiltIn::Dissociate] {
        let parent = world.parent("companies", "1", "customers");
        let link = under(parent, levers_model::Targets::Ids(vec![world.id("customers", "1")]));
        let submitted = world.submit("customers", built_in, link, json!({})).await.unwrap();
        assert_eq!(submitted.reply.unwrap_err().fields()[0].field, "company_id");
    }
}

#[tokio::test]
async fn what_the_database_refuses_tells_nothing_of_what_is_hidden() {
    let world = world().await;
    let arranged =
        "update companies set amount = 1 where id < 3; create unique index one on companies (amount, status)";
    sqlx::raw_sql(arranged).execute(&world.pool).await.unwrap();
    let submitted =
        world.submit("companies", BuiltIn::Update, world.ids("companies", &["1"]), json!({ "status": "draft" })).await;
    let error = submitted.unwrap().reply.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Constraint);
    assert_eq!(error.fields().iter().map(|field| field.field.as_str()).collect::<Vec<_>>(), ["status"]);
    insta::assert_snapshot!(error, @"A rule of the database that involves values which are not shown here refuses this.");
}

#[tokio::test]
async fn what_cannot_be_made_is_not_offered() {
    let world = World::with(|builder| builder.customize("companies", hiding(&["name"]))).await;
    for built_in in [BuiltIn::Create, BuiltIn::Duplicate] {
        let error = world.submit("companies", built_in, Selection::none(), json!({})).await.unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(
                error.to_string().replace(built_in.id().as_str(), "…"),
                @"“companies” has no action “…”. A new record needs a value in a column that nobody may write here. It has: update, delete, export, associate, dissociate."
            );
        }
    }
    // Nobody could give a new order its total, but a copy has one.
    let world = World::with(|builder| builder.customize("orders", hiding(&["total"]))).await;
    let entry = world.engine.collection(&world.cx(), "orders").unwrap();
    let names: Vec<&str> = entry.built_in_actions().iter().map(|known| known.action.name.as_str()).collect();
    assert_eq!(names, ["Update", "Delete", "Duplicate", "Export", "Associate", "Dissociate"]);
}

#[tokio::test]
async fn what_cannot_be_hidden_or_protected_is_refused_at_start() {
    let world = World::new().await;
    let title = |field: &str| RecordTitle {
        template: String::new(),
        fields: vec![field.into()],
        render: Arc::new(|_| String::new()),
    };
    let mut told = String::new();
    for declaration in [
        hiding(&["id"]),
        hiding(&["amuont"]),
        protecting(&["customers"]),
        CollectionDeclaration { title: Some(title("amount")), ..hiding(&["amount"]) },
        CollectionDeclaration { title: Some(title("city")), ..CollectionDeclaration::default() },
    ] {
        let builder = Engine::builder(world.store.clone()).source(world.source.clone());
        let Err(error) = builder.customize("companies", declaration).build() else { panic!("it was accepted") };
        writeln!(told, "{error}").unwrap();
    }
    insta::assert_snapshot!(told);
}
