//! Reading and writing records (checklist rows 7 to 14, 16).

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value as Json, json};

use crate::api::{Api, ids, percent, token};

fn filters(tree: &Json) -> String {
    format!("filters={}", percent(tree.to_string().as_bytes()))
}

fn leaf(field: &str, operator: &str, value: impl Into<Json>) -> Json {
    let value: Json = value.into();
    json!({ "field": field, "operator": operator, "value": value })
}

#[tokio::test]
async fn a_list_has_fifteen_records_with_columns_and_relations() {
    let api = Api::new().await;
    let list = api.get("/forest/orders?sort=id").await.ok();
    assert_eq!(ids(&list), (1..=15).map(|id| id.to_string()).collect::<Vec<_>>());
    insta::assert_json_snapshot!(list["data"][0]);
    insta::assert_json_snapshot!(list["included"]);
    assert!(list.get("meta").is_none());
}

#[tokio::test]
async fn projections_pages_and_sorts() {
    let api = Api::new().await;
    let list = api
        .get("/forest/orders?fields[orders]=note,client&fields[client]=name&sort=-client.name,id&page[size]=2")
        .await;
    let list = list.ok();
    assert_eq!(ids(&list), ["2", "5"]);
    assert_eq!(list["data"][0]["attributes"], json!({ "id": 2, "note": "order 2" }));
    assert_eq!(list["included"][0]["attributes"], json!({ "id": 2, "name": "Grace" }));
    let list = api.get("/forest/orders?fields%5Borders%5D=note&page%5Bsize%5D=3&page%5Bnumber%5D=2&sort=id").await.ok();
    assert_eq!(ids(&list), ["4", "5", "6"]);
    assert!(list.get("included").is_none());
    for query in ["page[size]=0", "page[number]=x", "page[size]=99999999999999999999"] {
        let detail = api.get(&format!("/forest/orders?{query}")).await.refused(400, "ValidationError");
        assert!(detail.starts_with("Invalid pagination"), "{detail}");
    }
    assert_eq!(ids(&api.get("/forest/orders?page[number]=9223372036854775807").await.ok()), Vec::<String>::new());
}

#[tokio::test]
async fn the_projection_header_goes_first() {
    let api = Api::new().await;
    let ask = async |header: &str| {
        let request = Request::builder()
            .uri("/forest/orders/1?timezone=UTC&fields[orders]=paid")
            .header("authorization", format!("Bearer {}", token("user")))
            .header("forest-projection", header);
        api.send(request.body(Body::empty()).unwrap()).await
    };
    let record = ask("note,client:name").await.ok();
    assert_eq!(record["data"]["attributes"], json!({ "id": 1, "note": "order 1" }));
    assert_eq!(record["included"][0]["attributes"], json!({ "id": 1, "name": "Ada" }));
    assert!(ask("nope").await.refused(400, "ValidationError").starts_with("Invalid Forest-Projection header"));
}

#[tokio::test]
async fn filters_segments_and_searches_narrow() {
    let api = Api::new().await;
    let count = async |query: String| api.get(&format!("/forest/orders/count?{query}")).await.ok()["count"].clone();
    for operator in ["less_than", "LessThan", "lessThan"] {
        assert_eq!(count(filters(&leaf("id", operator, json!(6)))).await, 5);
    }
    assert_eq!(count(filters(&leaf("id", "in", json!("3, 2, x")))).await, 2);
    assert_eq!(count(filters(&leaf("client:name", "equal", json!("Ada")))).await, 7);
    assert_eq!(count(filters(&leaf("paid", "equal", json!("yes")))).await, 10);
    assert_eq!(count(filters(&leaf("created_at", "before", json!("2024-01-03T00:00:00.000Z")))).await, 2);
    assert_eq!(count(filters(&json!({ "aggregator": "or", "conditions": [] }))).await, 0);
    assert_eq!(count("segment=Paid".into()).await, 10);
    assert_eq!(count("search=order+1".into()).await, 11);
    assert_eq!(count("search=ada&searchExtended=1".into()).await, 7);
    assert_eq!(count("search=ada&searchExtended=false".into()).await, 0);
    for query in [filters(&leaf("id", "zork", json!(1))), filters(&json!([])), "filters=%7B".into()] {
        let detail = api.get(&format!("/forest/orders?{query}")).await.refused(400, "ValidationError");
        assert!(detail.starts_with("Invalid filters ("), "{detail}");
    }
}

#[tokio::test]
async fn what_a_search_found_is_said() {
    let api = Api::new().await;
    let list = api.get("/forest/orders?search=ORDER+20").await.ok();
    assert_eq!(list["meta"]["decorators"], json!({ "0": { "id": "20", "search": ["note"] } }));
}

#[tokio::test]
async fn one_record_by_simple_and_composite_key() {
    let api = Api::new().await;
    assert_eq!(api.get("/forest/pairs/1%7Cx").await.ok()["data"]["attributes"]["note"], "first");
    assert_eq!(api.get("/forest/pairs/1").await.refused(400, "ValidationError"), "Expected 2 values, found 1");
    assert_eq!(api.get("/forest/orders/1%7C2").await.refused(400, "ValidationError"), "Expected 1 values, found 2");
    assert_eq!(api.get("/forest/orders/99").await.refused(404, "NotFoundError"), "Record does not exists");
    assert!(api.get("/forest/orders/abc").await.refused(400, "ValidationError").contains("wrong type for \"id\""));
}

#[tokio::test]
async fn a_record_is_created_with_its_relations() {
    let api = Api::new().await;
    let body = json!({ "data": { "type": "orders",
        "attributes": { "total": 1_234_567.89, "note": "Noël", "paid": true, "created_at": "2024-02-29T23:30:00.000Z" },
        "relationships": { "client": { "data": { "type": "clients", "id": "3" } } } } });
    let created = api.ask("POST", "/forest/orders", Some(body)).await.ok();
    assert_eq!(created["data"]["id"], "21");
    assert_eq!(created["data"]["attributes"]["total"], json!(1_234_567.89));
    assert_eq!(created["data"]["attributes"]["created_at"], "2024-02-29T23:30:00.000Z");
    assert_eq!(created["data"]["relationships"]["client"]["data"], json!({ "type": "clients", "id": "3" }));

    // A one-to-one takes the record away from whoever had it.
    let body = json!({ "data": { "attributes": { "name": "Barbara" },
        "relationships": { "profile": { "data": { "type": "profiles", "id": "1" } } } } });
    let relation = one_to_one(&api);
    let body: Json =
        serde_json::from_str(&body.to_string().replace("\"profile\"", &format!("\"{relation}\""))).unwrap();
    let created = api.ask("POST", "/forest/clients", Some(body)).await.ok();
    assert_eq!(created["data"]["relationships"][relation]["data"]["id"], "1");
}

/// The name of the relation from a client to its profile.
fn one_to_one(api: &Api) -> String {
    let entry = api.engine.collections().find(|entry| entry.name() == "clients").unwrap();
    let mut relations = entry.schema().relations();
    relations.find(|(_, relation)| relation.target == "profiles").map(|(name, _)| name.to_owned()).unwrap()
}

#[tokio::test]
async fn writes_that_make_no_sense_are_refused() {
    let api = Api::new().await;
    let post = async |attributes: Json| {
        api.ask("POST", "/forest/clients", Some(json!({ "data": { "attributes": attributes } }))).await
    };
    assert!(post(json!({ "zork": 1 })).await.refused(400, "MissingFieldError").contains("'clients.zork'"));
    assert!(post(json!({ "name": 7 })).await.refused(400, "ValidationError").contains("\"name\": 7"));
    assert!(post(json!({ "email": "x" })).await.refused(400, "ValidationError").contains("name"));
    assert_eq!(post(json!({})).await.refused(400, "ValidationError"), "The record data is empty");
    let twice = post(json!({ "name": "Eve", "email": "ada@example.org" })).await.refused(400, "ValidationError");
    assert!(twice.starts_with("The query violates a unicity constraint in the database."), "{twice}");
    assert!(twice.contains("email"), "{twice}");
    let parent = api.ask("DELETE", "/forest/clients/1", None).await.refused(400, "ValidationError");
    assert!(parent.starts_with("The query violates a foreign key constraint in the database."), "{parent}");
    for body in [json!(null), json!([]), json!({ "data": 7 })] {
        assert_eq!(api.ask("POST", "/forest/clients", Some(body)).await.status, 400);
    }
}

#[tokio::test]
async fn updates_answer_with_the_record_or_with_nothing() {
    let api = Api::new().await;
    let put = async |path: &str, attributes: Json| {
        let body = json!({ "data": { "id": "ignored", "attributes": attributes, "relationships": { "zork": 1 } } });
        api.ask("PUT", path, Some(body)).await
    };
    assert_eq!(put("/forest/orders/1", json!({ "note": null })).await.ok()["data"]["attributes"]["note"], Json::Null);
    assert_eq!(put("/forest/orders/1", json!({})).await.ok()["data"]["id"], "1");
    let absent = put("/forest/orders/99", json!({ "note": "x" })).await.ok();
    assert_eq!(absent, json!({ "jsonapi": { "version": "1.0" }, "data": null }));
    let moved = put("/forest/pairs/1%7Cy", json!({ "right": "z" })).await.ok();
    assert_eq!(moved["data"]["id"], "1|z");
}

#[tokio::test]
async fn one_element_of_a_list_is_changed() {
    let api = Api::new().await;
    let body = json!({ "data": { "attributes": { "n": 9 } } });
    let path = "/forest/orders/1/relationships/data/1";
    assert_eq!(api.ask("PUT", path, Some(body.clone())).await.status, 204);
    let record = api.get("/forest/orders/1").await.ok();
    assert_eq!(record["data"]["attributes"]["data"], json!([{ "n": 1 }, { "n": 9 }]));
    assert_eq!(api.ask("PUT", "/forest/orders/1/relationships/data/7", Some(body.clone())).await.status, 400);
    assert_eq!(api.ask("PUT", "/forest/orders/1/relationships/note/1", Some(body)).await.status, 404);
}

#[tokio::test]
async fn deletes_take_one_some_or_all_but_some() {
    let api = Api::new().await;
    let left = async || api.get("/forest/orders/count").await.ok()["count"].clone();
    let delete = async |path: &str, body: Option<Json>| api.ask("DELETE", path, body).await.status;
    assert_eq!(delete("/forest/orders/1", None).await, 204);
    assert_eq!(delete("/forest/orders/1", None).await, 204);
    assert_eq!(left().await, 19);
    assert_eq!(delete("/forest/orders", Some(json!({ "data": [{ "id": "2", "type": "orders" }] }))).await, 204);
    let many =
        async |attributes: Json| delete("/forest/orders", Some(json!({ "data": { "attributes": attributes } }))).await;
    let third = leaf("id", "equal", json!(3)).to_string();
    assert_eq!(many(json!({ "ids": ["3", "4"], "all_records_subset_query": { "filters": third } })).await, 204);
    assert_eq!(left().await, 17);
    assert_eq!(many(json!({ "ids": [] })).await, 204);
    assert_eq!(many(json!({})).await, 400);
    assert_eq!(many(json!({ "ids": [7] })).await, 400);
    assert_eq!(many(json!({ "all_records": true })).await, 400);
    let above = leaf("id", "greater_than", json!(10)).to_string();
    let all = json!({ "ids": ["4"], "all_records": true, "all_records_ids_excluded": ["15"],
        "all_records_subset_query": { "filters": above } });
    assert_eq!(many(all).await, 204);
    assert_eq!(ids(&api.get("/forest/orders?sort=id").await.ok()), ["4", "5", "6", "7", "8", "9", "10", "15"]);
    let sql =
        json!({ "ids": ["4"], "all_records_subset_query": { "segmentQuery": "select 1", "connectionName": "main" } });
    assert_eq!(many(sql).await, 422);
}

#[tokio::test]
async fn everything_that_is_written_is_a_job() {
    let api = Api::new().await;
    let body = json!({ "data": { "attributes": { "name": "Barbara" } } });
    let request = |name: &str| {
        let request = Request::builder().method("POST").uri("/forest/clients?timezone=UTC");
        let request = request.header("authorization", format!("Bearer {}", token("admin")));
        let request = request.header("content-type", "application/json").header("idempotency-key", "once");
        request.body(Body::from(body.to_string().replace("Barbara", name))).unwrap()
    };
    let (first, second) = (api.send(request("Barbara")).await.ok(), api.send(request("Barbara")).await.ok());
    assert_eq!(first, second);
    assert_eq!(api.send(request("Adele")).await.status, 409);
    assert_eq!(api.get("/forest/clients/count").await.ok()["count"], 4);
}

#[tokio::test]
async fn csv_has_titles_columns_in_order_and_headers() {
    let api = Api::new().await;
    let path = "/forest/orders.csv?fields[orders]=note,client,id&fields[client]=name&header=Note,Client,Id\
                &filename=exp&page[size]=1&filters=%7B%22field%22%3A%22id%22%2C%22operator%22%3A%22less_than%22%2C%22value%22%3A3%7D";
    let answer = api.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.text(), "Note,Client,Id\norder 1,Ada,1\norder 2,Grace,2\n");
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"exp.csv\""));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    assert!(answer.header("last-modified").unwrap().ends_with(" GMT"));
    let bare = api.get("/forest/clients.csv").await.text();
    assert!(bare.starts_with("id,name,email\n1,Ada,"), "{bare}");
    let array = api.get("/forest/clients.csv?fields[clients]=id,name&header=%5B%22Id%22%2C%22Name%22%5D").await.text();
    assert!(array.starts_with("Id,Name\n"), "{array}");
}

#[tokio::test]
async fn capabilities_are_those_of_what_is_asked() {
    let api = Api::new().await;
    let body = json!({ "collectionNames": ["orders", "nope"] });
    let capabilities = api.ask("POST", "/forest/_internal/capabilities", Some(body)).await.ok();
    assert_eq!(capabilities["collections"].as_array().unwrap().len(), 1);
    assert_eq!(capabilities["nativeQueryConnections"], json!([]));
    // Every operator that is offered is answered.
    for field in capabilities["collections"][0]["fields"].as_array().unwrap() {
        let name = field["name"].as_str().unwrap();
        for operator in field["operators"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            let number = operator.contains("_x_") || operator.ends_with("er_than") && field["type"] == "String";
            let value = match field["type"].as_str() {
                _ if number => json!(3),
                Some("Number") => json!(3),
                Some("Boolean") => json!(true),
                Some("Date") => json!("2024-01-01T00:00:00.000Z"),
                _ => json!("a"),
            };
            let value = if matches!(operator, "in" | "not_in") { json!([value]) } else { value };
            let answer = api.get(&format!("/forest/orders/count?{}", filters(&leaf(name, operator, value)))).await;
            assert_eq!(answer.status, 200, "{name} {operator}: {}", answer.text());
        }
    }
}
