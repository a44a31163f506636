//! Actions and their forms (checklist rows 18 to 28).

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value as Json, json};

use crate::api::{Api, token};

const FILE: &str = "data:text/plain;name=a%20b.txt;base64,aGk=";

async fn selected(api: &Api, action: &str, attributes: Json) -> String {
    api.execute(action, attributes).await.ok()["success"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn selections_are_what_was_ticked_within_what_was_filtered() {
    let api = Api::new().await;
    let below = |id: i64| json!({ "field": "id", "operator": "less_than", "value": id }).to_string();
    let cases = [
        (json!({ "ids": ["3", "1"] }), "1,3"),
        (json!({ "ids": [] }), ""),
        (json!({ "ids": ["1", "2", "9"], "all_records_subset_query": { "filters": below(3) } }), "1,2"),
        (json!({ "ids": ["1", "2", "9"], "all_records_subset_query": { "segment": "Paid" } }), "1,9"),
        (json!({ "ids": ["1"], "all_records_ids_excluded": ["1"] }), "1"),
        (
            json!({ "ids": ["9"], "all_records": true, "all_records_ids_excluded": ["2"],
                "all_records_subset_query": { "filters": below(5), "page[size]": 1, "sort": "nope" } }),
            "1,3,4",
        ),
        (
            json!({ "ids": ["1", "2", "5"], "parent_collection_name": "clients", "parent_collection_id": "2",
                "parent_association_name": "orders" }),
            "2,5",
        ),
    ];
    for (attributes, expected) in cases {
        assert_eq!(selected(&api, "Selected", attributes.clone()).await, expected, "{attributes}");
    }
    let attributes = json!({ "ids": ["x"], "all_records_subset_query": { "filters": below(3) } });
    assert_eq!(selected(&api, "Everything", attributes).await, "1,2");
}

#[tokio::test]
async fn bodies_that_are_no_executions_are_refused() {
    let api = Api::new().await;
    let status = async |attributes: Json| api.execute("Selected", attributes).await.status;
    assert_eq!(status(json!({})).await, 400);
    assert_eq!(status(json!({ "ids": [1] })).await, 400);
    assert_eq!(status(json!({ "all_records": true })).await, 400);
    assert_eq!(status(json!({ "ids": ["1"], "values": 7 })).await, 400);
    let claimed = api.execute("Selected", json!({ "ids": ["1"], "requester_id": 1 })).await;
    assert!(claimed.refused(422, "UnprocessableError").contains("requester_id"));
    for path in ["/forest/_actions/orders/999/x", "/forest/_actions/nope/0/x", "/forest/_actions/orders/0/nope"] {
        assert_eq!(api.ask("POST", path, Some(json!({}))).await.text(), "Not Found", "{path}");
    }
}

#[tokio::test]
async fn sql_is_no_way_in() {
    let api = Api::new().await;
    let path = api.endpoint("Selected");
    let body = json!({ "data": { "attributes": { "ids": ["1"],
        "all_records_subset_query": { "segmentQuery": "select 1", "connectionName": "main" } } } });
    let user = api.ask_as(&token("user"), "POST", &path, Some(body.clone())).await;
    assert_eq!(user.refused(403, "ForbiddenError"), "Forbidden");
    api.ask("POST", &path, Some(body)).await.refused(422, "UnprocessableError");
}

#[tokio::test]
async fn every_outcome_has_its_answer() {
    let api = Api::new().await;
    let ids = || json!({ "ids": ["1"] });
    let run = async |name: &str| api.execute(name, ids()).await;
    assert_eq!(run("Mark as live!").await.ok(), json!({ "success": "Success", "refresh": { "relationships": [] } }));
    let all = run("Says all").await;
    assert_eq!(all.header("x-hint"), Some("1"));
    assert_eq!(all.ok(), json!({ "success": "Done.", "html": "<p>ok</p>", "refresh": { "relationships": ["tags"] } }));
    let fails = run("Fails").await;
    assert_eq!((fails.status, fails.json()), (400, json!({ "error": "No.", "html": "<p>no</p>" })));
    assert_eq!(run("Redirects").await.ok(), json!({ "redirectTo": "/a/b" }));
    let webhook = json!({ "url": "https://example.org/", "method": "POST", "headers": {}, "body": { "a": 1 } });
    assert_eq!(run("Calls").await.ok(), json!({ "webhook": webhook }));
    assert_eq!(run("Throws invalid").await.refused(400, "ValidationError"), "That is wrong.");
    assert_eq!(run("Throws forbidden").await.refused(403, "ForbiddenError"), "That is not yours.");
    assert_eq!(run("Throws refused").await.refused(422, "UnprocessableError"), "Not now.");
    for name in ["Throws internal", "Panics"] {
        assert_eq!(run(name).await.refused(500, "InternalServerError"), "Unexpected error");
    }
}

#[tokio::test]
async fn files_are_downloads() {
    let api = Api::new().await;
    let file = api.execute("Émettre une facture", json!({ "ids": ["1"] })).await;
    assert_eq!((file.status, file.text().as_str()), (200, "%PDF-"));
    assert_eq!(file.header("content-type"), Some("application/pdf"));
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"facture ?.pdf\"; filename*=UTF-8''facture%20%C3%A9.pdf")
    );
    assert_eq!(file.header("access-control-expose-headers"), Some("Content-Disposition"));
    let stream = api.execute("Streams", json!({ "ids": ["1"] })).await;
    assert_eq!(stream.text(), "ab");
    assert_eq!(stream.header("content-type"), Some("text/plain; charset=utf-8"));
}

#[tokio::test]
async fn values_are_checked_and_reach_the_handler() {
    let api = Api::new().await;
    let run = async |values: Json| api.execute("Static", json!({ "ids": ["1"], "values": values })).await;
    let echoed =
        run(json!({ "reason": "damaged", "client": "3", "doc": FILE, "amount": null, "Loading...": 1 })).await.ok();
    let values: Json = serde_json::from_str(echoed["success"].as_str().unwrap()).unwrap();
    assert_eq!((&values["reason"], &values["client"]), (&json!("damaged"), &json!("3")));
    assert!(values["doc"].as_str().unwrap().starts_with("data:text/plain;"));
    for (values, field) in [
        (json!({ "reason": "late", "client": 3 }), "client"),
        (json!({ "reason": "late", "doc": "x" }), "doc"),
        (json!({ "reason": "lost" }), "reason"),
        (json!({ "reason": null }), "reason"),
        (json!({ "reason": "late", "amount": "many" }), "amount"),
        (json!({ "reason": "late", "zork": 1 }), "zork"),
    ] {
        let refused = run(values).await;
        assert_eq!(refused.status, 400, "{field}: {}", refused.text());
        let error = refused.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(field), "{error}");
    }
}

#[tokio::test]
async fn load_answers_for_static_forms_and_for_none() {
    let api = Api::new().await;
    let form = api.hook("Static", "load", json!({ "ids": ["1"], "values": {} })).await.ok();
    insta::assert_json_snapshot!(form);
    let none = api.hook("Selected", "load", json!({ "ids": ["1"] })).await.ok();
    assert_eq!(none, json!({ "fields": [], "layout": [] }));
}

#[tokio::test]
async fn a_form_follows_what_is_typed() {
    let api = Api::new().await;
    let names = |form: &Json| -> Vec<String> {
        form["fields"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap().to_owned()).collect()
    };
    let first = api.hook("Dynamic", "load", json!({ "ids": ["1"] })).await.ok();
    assert_eq!(names(&first), ["amount", "city", "size", "sizes", "doc"]);
    assert_eq!(first["fields"][0]["hook"], "changeHook");
    assert!(first["fields"][1].get("hook").is_none());
    let changed = json!({ "ids": ["1"], "changed_field": "amount", "fields": [
        { "field": "amount", "type": "Number", "value": 20, "hook": "changeHook", "enums": null },
        { "field": "size", "type": "Enum", "value": "gone" },
        { "field": "sizes", "type": ["Enum"], "value": ["gone", "large"] },
        { "field": "doc", "type": "File", "value": FILE },
        { "field": "nobody", "value": 1 },
    ] });
    let form = api.hook("Dynamic", "change", changed).await.ok();
    assert_eq!(names(&form), ["amount", "why", "city", "size", "sizes", "doc"]);
    let value = |name: &str| {
        let fields = form["fields"].as_array().unwrap();
        fields.iter().find(|field| field["field"] == name).unwrap().get("value").cloned()
    };
    assert_eq!(value("amount"), Some(json!(20)));
    assert_eq!(value("size"), Some(Json::Null));
    assert_eq!(value("sizes"), Some(json!(["large"])));
    assert_eq!(value("doc"), Some(json!(FILE)));
    let search = json!({ "ids": ["1"], "search_field": "city",
        "fields": [{ "field": "city", "type": "String", "value": null, "searchValue": "ly" }] });
    let found = api.hook("Dynamic", "search", search).await.ok();
    assert_eq!((names(&found), &found["layout"]), (vec!["city".to_owned()], &json!([])));
    assert_eq!(found["fields"][0]["widgetEdit"]["parameters"]["static"]["options"], json!(["ly…"]));
    assert_eq!(api.hook("Dynamic", "change", json!({ "fields": [] })).await.status, 400);
}

#[tokio::test]
async fn a_confirmation_is_read_before_anything_runs() {
    let api = Api::new().await;
    let form = api.hook("Asks first", "load", json!({ "ids": ["1"] })).await.ok();
    let last = form["layout"].as_array().unwrap().last().unwrap();
    assert_eq!(*last, json!({ "component": "htmlBlock", "content": "<p>Really?</p>" }));
    assert_eq!(form["layout"].as_array().unwrap().len(), form["fields"].as_array().unwrap().len() + 1);
    let schema = levers_wire_forest::schema_document(&api.engine);
    let orders = schema["collections"].as_array().unwrap().iter().find(|c| c["name"] == "orders").unwrap();
    let action = orders["actions"].as_array().unwrap().iter().find(|action| action["name"] == "Asks first").unwrap();
    assert_eq!((&action["hooks"]["load"], &action["fields"][0]["field"]), (&json!(true), &json!("Loading...")));
    assert_eq!(api.legacy("asks-first/hooks/load", json!({ "recordIds": ["1"] })).await.ok()["layout"], form["layout"]);
}

#[tokio::test]
async fn what_nobody_waits_for_answers_that_it_began() {
    let api = Api::new().await;
    let body = json!({ "data": { "attributes": { "ids": ["1"] } } });
    for answer in
        [api.execute("Takes its time", json!({ "ids": ["1"] })).await, api.legacy("takes-its-time", body).await]
    {
        let said = answer.ok()["success"].as_str().unwrap().to_owned();
        assert!(said.contains("tarted"), "{said}");
    }
}

#[tokio::test]
async fn the_same_key_runs_once() {
    let api = Api::new().await;
    let send = async |id: &str| {
        let request = Request::builder()
            .method("POST")
            .uri(format!("{}?timezone=UTC", api.endpoint("Selected")))
            .header("authorization", format!("Bearer {}", token("admin")))
            .header("content-type", "application/json")
            .header("idempotency-key", "once");
        let body = json!({ "data": { "attributes": { "ids": [id] } } });
        api.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    assert_eq!(send("1").await.ok(), send("1").await.ok());
    send("2").await.refused(409, "ConflictError");
}
