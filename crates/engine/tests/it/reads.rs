//! Reading records.

use futures::TryStreamExt as _;
use levers_engine::ListQuery;
use levers_model::query::field;
use levers_model::{
    Aggregation, AggregationOperation, BuiltIn, DatePeriod, ErrorKind, Group, Operator, Page, Projection,
    RequestFilter, Search, Selection, Sort, SortClause, Value,
};
use levers_ports::{CollectionDeclaration, Segment};
use serde_json::json;

use crate::world::{World, filtered};

#[tokio::test]
async fn without_a_projection_a_record_comes_with_its_to_one_relations() {
    let world = World::new().await;
    let record = world.engine.get(&world.cx(), "customers", &world.id("customers", "1"), None).await.unwrap();
    insta::assert_json_snapshot!(record.to_json());
    let projection = Some(Projection::new(["name"]));
    let record = world.engine.get(&world.cx(), "customers", &world.id("customers", "1"), projection).await.unwrap();
    assert_eq!(record.to_json(), json!({ "name": "Xi", "id": 1 }));
    let missing = world.engine.get(&world.cx(), "customers", &world.id("customers", "99"), None).await.unwrap_err();
    assert_eq!((missing.kind(), missing.message()), (ErrorKind::NotFound, "“customers” has no record “99”."));
}

#[tokio::test]
async fn condition_search_and_segment_hold_together() {
    let segment = Segment { name: "Live".into(), condition: field("status").eq("live") };
    let world = World::with(|builder| {
        builder.customize(
            "companies",
            CollectionDeclaration { segments: vec![segment], ..CollectionDeclaration::default() },
        )
    })
    .await;
    let filter = |condition, text: &str, segment: Option<&str>| RequestFilter {
        condition,
        search: Some(Search { text: text.into(), extended: false }),
        segment: segment.map(Into::into),
    };
    assert_eq!(world.listed("companies", filter(None, "o", None), None).await, ["3", "4"]);
    assert_eq!(world.listed("companies", filter(None, "o", Some("Live")), None).await, ["3"]);
    assert_eq!(world.listed("companies", filter(Some(field("id").gt(3_i64)), "o", Some("Live")), None).await, [""; 0]);
    let extended =
        RequestFilter { search: Some(Search { text: "ada".into(), extended: true }), ..RequestFilter::default() };
    assert_eq!(world.listed("customers", extended, None).await, ["1", "2"]);
}

#[tokio::test]
async fn lists_are_sorted_paged_and_streamed() {
    let world = World::new().await;
    let query = ListQuery {
        sort: Sort(vec![SortClause { field: "name".into(), ascending: false }]),
        page: Some(Page { skip: 1, limit: 2 }),
        ..ListQuery::default()
    };
    let listed = world.engine.list(&world.cx(), "companies", query.clone()).await.unwrap();
    let names: Vec<_> = listed.iter().map(|record| record.get("name").and_then(Value::as_str).unwrap()).collect();
    assert_eq!(names, ["Cog", "Bit"]);
    let streamed = world.engine.stream(&world.cx(), "companies", query).await.unwrap();
    assert_eq!(streamed.try_collect::<Vec<_>>().await.unwrap(), listed);
}

#[tokio::test]
async fn values_are_aggregated_by_group() {
    let world = World::new().await;
    let sum = Aggregation {
        operation: AggregationOperation::Sum,
        field: Some("amount".into()),
        groups: vec![Group { field: "status".into(), period: None }],
    };
    let rows = world.engine.aggregate(&world.cx(), "companies", RequestFilter::default(), sum, Some(2)).await.unwrap();
    let rows: Vec<_> = rows.iter().map(|row| (row.group[0].to_text(), row.value.to_text())).collect();
    assert_eq!(rows, [("live".to_owned(), "7.5".to_owned()), (String::new(), "0".to_owned())]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_what_would() {
    let world = World::new().await;
    let list = async |collection: &str, query| {
        world.engine.list(&world.cx(), collection, query).await.unwrap_err().to_string()
    };
    let sort = |path: &str| ListQuery {
        sort: Sort(vec![SortClause { field: path.into(), ascending: true }]),
        ..ListQuery::default()
    };
    let projection = |path: &str| ListQuery { projection: Some(Projection::new([path])), ..ListQuery::default() };
    let test = |path: &str, operator, value: Value| ListQuery {
        filter: filtered(levers_model::Condition::leaf(path, operator, value)),
        ..ListQuery::default()
    };
    let mut shown = vec![
        list("customers", sort("nme")).await,
        list("customers", projection("companies:name")).await,
        list("customers", projection("name:first")).await,
        list("companies", projection("customers:name")).await,
        list("companies", projection("customers")).await,
        list("companies", test("amount", Operator::GreaterThan, "much".into())).await,
        list("companies", test("amount", Operator::GreaterThan, Value::Null)).await,
        list("companies", test("id", Operator::In, 5_i64.into())).await,
    ];
    for aggregation in [
        Aggregation { operation: AggregationOperation::Sum, field: None, groups: Vec::new() },
        Aggregation { operation: AggregationOperation::Avg, field: Some("name".into()), groups: Vec::new() },
        Aggregation {
            groups: vec![Group { field: "name".into(), period: Some(DatePeriod::Day) }],
            ..Aggregation::count()
        },
    ] {
        let answer =
            world.engine.aggregate(&world.cx(), "companies", RequestFilter::default(), aggregation, None).await;
        shown.push(answer.unwrap_err().to_string());
    }
    insta::assert_debug_snapshot!(shown);
}

#[tokio::test]
async fn a_segment_must_make_sense_before_anything_starts() {
    let world = World::new().await;
    let segment = Segment { name: "Odd".into(), condition: field("nme").eq(1_i64) };
    let builder = levers_engine::Engine::builder(world.store.clone()).source(world.source.clone());
    let odd = CollectionDeclaration { segments: vec![segment], ..CollectionDeclaration::default() };
    let Err(error) = builder.customize("companies", odd).build() else { panic!("it was accepted") };
    insta::assert_snapshot!(error);
}

#[tokio::test]
async fn jobs_are_read_page_by_page() {
    let world = World::new().await;
    for label in ["a", "b", "c"] {
        world.run("tags", BuiltIn::Create, Selection::none(), json!({ "label": label })).await;
    }
    let query = levers_engine::JobQuery::default;
    let page = |limit| Page { skip: 0, limit };
    let jobs = world.engine.jobs(&world.cx(), query(), page(2)).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.values["label"].as_str().unwrap()).collect::<Vec<_>>(), ["c", "b"]);
    let error = world.engine.jobs(&world.cx(), query(), page(201)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let job = world.engine.job(&world.cx(), jobs[0].id).await.unwrap();
    assert_eq!(job, jobs[0]);
    assert_eq!(world.engine.events(&world.cx(), job.id).await.unwrap().len(), 2);
    let unknown = "job_000000000000000000000000000000ff".parse().unwrap();
    assert_eq!(world.engine.events(&world.cx(), unknown).await.unwrap_err().kind(), ErrorKind::NotFound);
}
