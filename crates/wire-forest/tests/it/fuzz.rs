//! Whatever a client sends is answered, and never with a fault of ours.

use axum::body::Body;
use axum::http::Request;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::api::{Api, percent, token};

fn status(runtime: &Runtime, api: &Api, method: &str, uri: String, body: Vec<u8>) -> u16 {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("authorization", format!("Bearer {}", token("admin")))
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
    runtime.block_on(api.send(request)).status
}

fn answered<S: Strategy>(strategy: &S, check: impl Fn(&Runtime, &Api, S::Value) -> u16) {
    let runtime = Runtime::new().unwrap();
    let api = runtime.block_on(Api::new());
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(96) })
        .run(strategy, |input| {
            let status = check(&runtime, &api, input);
            prop_assert!(status < 500, "answered with {status}");
            Ok(())
        })
        .unwrap();
}

#[test]
fn any_bytes_as_query_values() {
    let keys = proptest::sample::select(vec![
        "filters",
        "sort",
        "search",
        "segment",
        "page%5Bsize%5D",
        "page%5Bnumber%5D",
        "fields%5Borders%5D",
        "searchExtended",
        "segmentQuery",
        "header",
        "filename",
        "timezone",
    ]);
    answered(&(keys, proptest::collection::vec(any::<u8>(), 0..40)), |runtime, api, (key, bytes)| {
        let path = if key == "header" || key == "filename" { "orders.csv" } else { "orders" };
        let uri = format!("/forest/{path}?{key}={}&timezone=UTC", percent(&bytes));
        status(runtime, api, "GET", uri, Vec::new())
    });
}

#[test]
fn any_value_in_a_condition() {
    let text = prop_oneof![
        ".{0,12}".prop_map(|text| json!(text)),
        any::<f64>().prop_map(|n| json!(n)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<bool>().prop_map(|b| json!(b)),
        Just(json!(null)),
        proptest::collection::vec(".{0,4}", 0..4).prop_map(|list| json!(list))
    ];
    let fields = proptest::sample::select(vec![
        "id",
        "total",
        "note",
        "paid",
        "created_at",
        "data",
        "client_id",
        "client:name",
        "client",
        "nope",
        "",
    ]);
    let operators = proptest::sample::select(levers_model::Operator::ALL.to_vec());
    answered(&(fields, operators, text), |runtime, api, (field, operator, value)| {
        let filters = json!({ "field": field, "operator": operator.name(), "value": value }).to_string();
        let uri = format!("/forest/orders?filters={}&timezone=UTC", percent(filters.as_bytes()));
        status(runtime, api, "GET", uri, Vec::new())
    });
}

#[test]
fn any_bytes_as_an_id() {
    answered(&proptest::collection::vec(any::<u8>(), 1..40), |runtime, api, bytes| {
        let collection = if bytes[0].is_multiple_of(2) { "orders" } else { "pairs" };
        status(runtime, api, "GET", format!("/forest/{collection}/{}?timezone=UTC", percent(&bytes)), Vec::new())
    });
}

#[test]
fn any_bytes_as_a_body() {
    let routes = [
        ("POST", "/forest/orders"),
        ("PUT", "/forest/orders/1"),
        ("DELETE", "/forest/orders"),
        ("PUT", "/forest/orders/1/relationships/client"),
        ("POST", "/forest/_actions/orders/0/selected"),
        ("POST", "/forest/_internal/capabilities"),
        ("POST", "/forest/actions/static"),
        ("POST", "/forest/actions/dynamic/hooks/load"),
        ("POST", "/forest/actions/dynamic/hooks/change"),
    ];
    let json = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        ".{0,12}".prop_map(|text| json!({ "data": { "attributes": { "ids": [text], "note": text, "values": { "a": text } } } }).to_string().into_bytes()),
        ".{0,12}".prop_map(|text| json!({ "data": { "id": text, "attributes": { "total": text, "paid": text, "data": { text.clone(): text } } } }).to_string().into_bytes()),
        ".{0,12}".prop_map(|text| json!({ "recordIds": [text], "collectionName": text, "fields": [{ "field": text, "value": text }], "changedField": text }).to_string().into_bytes()),
    ];
    answered(&(proptest::sample::select(routes.to_vec()), json), |runtime, api, ((method, path), body)| {
        status(runtime, api, method, format!("{path}?timezone=UTC"), body)
    });
}

#[test]
fn any_bytes_as_a_slug() {
    answered(&proptest::collection::vec(any::<u8>(), 1..40), |runtime, api, bytes| {
        let body = json!({ "data": { "attributes": { "ids": ["1"] } } }).to_string().into_bytes();
        status(runtime, api, "POST", format!("/forest/actions/{}?timezone=UTC", percent(&bytes)), body)
    });
}

#[test]
fn any_text_as_a_file() {
    answered(&"(data:)?[a-z/]{0,6}(;name=[%a-f0-9]{0,6})?(;base64)?,?.{0,20}", |runtime, api, text| {
        let body = json!({ "data": { "attributes": { "ids": ["1"], "values": { "reason": "late", "doc": text } } } });
        let uri = format!("{}?timezone=UTC", api.endpoint("Static"));
        status(runtime, api, "POST", uri, body.to_string().into_bytes())
    });
}
