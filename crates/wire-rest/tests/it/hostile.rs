//! Whatever is sent, the answer is never a fault of ours.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use crate::house::House;

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "\\PC{0,12}".prop_map(Json::from),
        prop_oneof![
            "id",
            "name",
            "status",
            "score",
            "founded",
            "company:name",
            "equal",
            "in",
            "i_contains",
            "today",
            "1"
        ]
        .prop_map(Json::from),
    ];
    let key = prop_oneof![
        "and",
        "or",
        "not",
        "field",
        "operator",
        "value",
        "filter",
        "selection",
        "ids",
        "all",
        "except",
        "values",
        "search",
        "sort",
        "fields",
        "page",
        "page_size",
        "groups",
        "operation",
        "changed",
        "parent",
        "amount",
        "[a-z]{1,4}"
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|pairs| Json::Object(pairs.into_iter().collect())),
        ]
    })
}

fn condition() -> impl Strategy<Value = Json> {
    let field = prop_oneof!["id", "name", "status", "score", "founded", "\\PC{0,8}"];
    let operator = prop::sample::select(levers_model::Operator::ALL).prop_map(levers_model::Operator::name);
    let leaf = (field, operator, any_json())
        .prop_map(|(field, operator, value)| json!({ "field": field, "operator": operator, "value": value }));
    leaf.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|children| json!({ "and": children })),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|children| json!({ "or": children })),
            inner.prop_map(|child| json!({ "not": child })),
        ]
    })
}

fn check<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(&House, &tokio::runtime::Runtime, S::Value)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let house = runtime.block_on(House::build());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(strategy, |value| {
            test(&house, &runtime, value);
            Ok(())
        })
        .unwrap();
}

fn not_ours(status: StatusCode, body: &[u8], input: &impl std::fmt::Debug) {
    assert!(!status.is_server_error(), "{status} {} for {input:?}", String::from_utf8_lossy(body));
}

#[test]
fn any_body_is_answered() {
    let paths = prop::sample::select(vec![
        "/collections/companies/query",
        "/collections/companies/count",
        "/collections/companies/aggregate",
        "/collections/companies/records",
        "/collections/companies/actions/charge",
        "/collections/companies/actions/charge/form",
        "/collections/companies/actions/update",
    ]);
    check(400, &(paths, any_json()), |house, runtime, (path, body)| {
        let answer = runtime.block_on(house.post(path, body.clone()));
        not_ours(answer.status, &answer.body, &(path, body));
    });
}

#[test]
fn any_condition_is_answered() {
    check(400, &condition(), |house, runtime, filter| {
        let answer = runtime.block_on(house.post("/collections/companies/query", json!({ "filter": filter })));
        not_ours(answer.status, &answer.body, &filter);
    });
}

#[test]
fn any_id_name_and_query_string_is_answered() {
    let text = || prop_oneof!["\\PC{0,12}", "[0-9|%]{0,8}", any::<i64>().prop_map(|number| number.to_string())];
    let collections = prop::sample::select(vec!["companies", "prices", "report"]);
    check(400, &(collections, text(), text(), text()), |house, runtime, (collection, id, key, value)| {
        let encode =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let (id, key, value) = (encode(&id), encode(&key), encode(&value));
        for path in [
            format!("/collections/{collection}/records/{id}"),
            format!("/collections/{collection}/records?{key}={value}"),
            format!("/collections/{collection}/records?filter={value}&sort={key}"),
            format!("/collections/{collection}/records?fields={value}&search={key}&search_extended=true"),
            format!("/collections/{id}/count?segment={value}"),
            format!("/jobs/{id}"),
            format!("/jobs?before={value}"),
        ] {
            let answer = runtime.block_on(house.get(&path));
            not_ours(answer.status, &answer.body, &path);
        }
    });
}

#[tokio::test]
async fn bodies_that_are_no_json_or_too_large_are_refused() {
    let house = House::build().await;
    let path = "/collections/companies/query";
    let plain = house.request(Method::POST, path).header("content-type", "text/plain");
    let mut request = plain.body(Body::from("{}")).unwrap();
    request.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(house.send(request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = house.request(Method::POST, path).body(Body::from("x".repeat(2 << 20))).unwrap();
    let answer = house.send(large).await;
    assert_eq!(
        (answer.status, answer.json()["detail"].clone()),
        (StatusCode::PAYLOAD_TOO_LARGE, json!("The body is larger than 1 MB."))
    );
    // Announced and never sent: answered without waiting for it.
    let announced = house.request(Method::POST, path).header("content-length", "9999999999999");
    let endless = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    assert_eq!(house.send(announced.body(endless).unwrap()).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let crowd = format!("{{\"fields\":[{}\"\"]}}", "[".repeat(1_000_001));
    let crowd = house.request(Method::POST, path).body(Body::from(crowd)).unwrap();
    assert_eq!(house.send(crowd).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let list = house.request(Method::POST, path).body(Body::from("[]")).unwrap();
    let detail = house.send(list).await.json()["detail"].clone();
    assert!(detail.as_str().is_some_and(|detail| detail.contains("expected an object")), "{detail}");
    let broken = house.request(Method::POST, path).body(Body::from("{\"sort\":")).unwrap();
    assert_eq!(house.send(broken).await.status, StatusCode::BAD_REQUEST);
    let many = json!({ "filter": { "or": vec![json!({ "field": "id", "operator": "present" }); 600] } });
    assert_eq!(house.post(path, many).await.status, StatusCode::BAD_REQUEST);
    let deep = (0..60).fold(json!({ "field": "id", "operator": "present" }), |inner, _| json!({ "not": inner }));
    assert_eq!(house.post(path, json!({ "filter": deep })).await.status, StatusCode::BAD_REQUEST);
}
