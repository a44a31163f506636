use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::house::House;

fn encoded(json: &serde_json::Value) -> String {
    percent_encoding::utf8_percent_encode(&json.to_string(), percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn collections_are_described() {
    let house = House::build().await;
    insta::assert_json_snapshot!("collections", house.get("/collections").await.json());
    insta::assert_json_snapshot!("companies", house.get("/collections/companies").await.json());
}

#[tokio::test]
async fn lists_are_narrowed_ordered_and_projected() {
    let house = House::build().await;
    let names = async |path: &str| {
        let answer = house.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {:?}", answer.body);
        let records = answer.json()["records"].take();
        records.as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("/collections/companies/records?sort=-name").await, ["3", "2", "1"]);
    assert_eq!(names("/collections/companies/records?segment=Live&sort=id").await, ["1", "3"]);
    assert_eq!(names("/collections/companies/records?search=cme").await, ["1"]);
    assert_eq!(names("/collections/companies/records?sort=id&page=2&page_size=2").await, ["3"]);
    let filter = json!({ "or": [{ "field": "id", "operator": "in", "value": [2, "3"] }, { "not": { "field": "score", "operator": "present" } }] });
    assert_eq!(names(&format!("/collections/companies/records?sort=id&filter={}", encoded(&filter))).await, ["2", "3"]);
    let filter = json!({ "field": "company:name", "operator": "equal", "value": "Acme" });
    assert_eq!(
        names(&format!("/collections/customers/records?sort=-id&filter={}", encoded(&filter))).await,
        ["2", "1"]
    );
    assert_eq!(names("/collections/companies/records/1/relations/customers?sort=id").await, ["1", "2"]);
    let page = house.get("/collections/customers/records?fields=email,company:name&sort=id").await.json();
    insta::assert_json_snapshot!(page);
    let page =
        house.post("/collections/prices/query", json!({ "sort": ["-amount"], "fields": ["amount"] })).await.json();
    insta::assert_json_snapshot!(page);
    let view = house.get("/collections/report/records?sort=name&fields=name").await.json();
    insta::assert_json_snapshot!(view);
}

#[tokio::test]
async fn one_record_is_found_by_its_packed_id() {
    let house = House::build().await;
    assert_eq!(house.get("/collections/customers/records/1").await.json()["values"]["company"]["name"], "Acme");
    assert_eq!(house.get("/collections/prices/records/tea%7CDE").await.json()["values"]["amount"], json!("1.2"));
    assert_eq!(house.get("/collections/prices/records/a%2Fb%7Cc%7CFR").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(house.get("/collections/companies/records/99").await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.get("/collections/companies/records/x").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn records_are_counted_and_computed_over() {
    let house = House::build().await;
    assert_eq!(house.get("/collections/companies/count?segment=Live").await.json(), json!({ "count": 2 }));
    let body = json!({ "filter": { "field": "status", "operator": "equal", "value": "draft" } });
    assert_eq!(house.post("/collections/companies/count", body).await.json(), json!({ "count": 1 }));
    assert_eq!(
        house.get("/collections/companies/records/1/relations/customers/count").await.json(),
        json!({ "count": 2 })
    );
    let body = json!({ "operation": "count", "groups": [{ "field": "status" }] });
    let rows = house.post("/collections/companies/aggregate", body).await.json();
    assert_eq!(rows, json!({ "rows": [{ "group": ["live"], "value": 2 }, { "group": ["draft"], "value": 1 }] }));
}

#[tokio::test]
async fn a_record_is_created_updated_and_deleted_by_jobs() {
    let house = House::build().await;
    let created = house.post("/collections/companies/records", json!({ "values": { "name": "New" } })).await;
    assert_eq!(created.status, StatusCode::CREATED, "{:?}", created.body);
    assert_eq!(created.json()["record"]["values"]["status"], "draft");
    assert_eq!(created.json()["job"]["changed"], json!([{ "collection": "companies", "kind": "created", "count": 1 }]));
    let path = created.header("location").strip_prefix("/api/v1").unwrap().to_owned();
    let updated = house.call(Method::PATCH, &path, json!({ "values": { "status": "live" } })).await;
    assert_eq!(updated.json()["record"]["values"]["status"], "live");
    let deleted = house.call(Method::DELETE, &path, json!(null)).await;
    assert_eq!((deleted.status, deleted.json()["record"].is_null()), (StatusCode::OK, true));
    assert_eq!(house.call(Method::DELETE, &path, json!(null)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.call(Method::PATCH, &path, json!({ "values": {} })).await.status, StatusCode::NOT_FOUND);
    let refused = house.post("/collections/report/records", json!({ "values": {} })).await;
    assert_eq!(refused.json()["detail"], "“report” is read-only.");
}

#[tokio::test]
async fn faults_say_what_is_wrong_and_what_would_be_right() {
    let house = House::build().await;
    let mut answers = Vec::new();
    let unknown_operator = encoded(&json!({ "field": "score", "operator": "contains", "value": 1 }));
    let wrong_value = encoded(&json!({ "field": "founded", "operator": "before", "value": "soon" }));
    for path in [
        "/nothing",
        "/collections/orders",
        "/collections/companies/records?fields=nam",
        "/collections/companies/records?sort=customers:email",
        "/collections/companies/records?page_size=5000",
        "/collections/companies/records?pagesize=5",
        "/collections/companies/records?segment=Dead",
        "/collections/companies/records?filter=%7B",
        &format!("/collections/companies/records?filter={unknown_operator}"),
        &format!("/collections/companies/records?filter={wrong_value}"),
        "/collections/companies/records?timezone=Mars/Olympus",
        "/collections/prices/records/tea",
        "/collections/companies/records/1/relations/friends",
    ] {
        let answer = house.get(path).await;
        answers.push(json!({ "path": path, "answer": answer.json() }));
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
    let taken = house.post("/collections/companies/records", json!({ "values": { "name": "Acme" } })).await;
    answers.push(taken.json());
    answers.push(house.post("/collections/companies/records", json!({ "values": { "nam": 1 } })).await.json());
    answers.push(house.post("/collections/companies/records", json!({ "value": {} })).await.json());
    answers.push(house.call(Method::PUT, "/collections/companies/records", json!({})).await.json());
    insta::assert_json_snapshot!(answers, { "[].job" => "[job]" });
}
