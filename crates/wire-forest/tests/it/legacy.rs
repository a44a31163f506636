//! Dialect B: legacy clients run declared actions and fill their forms (specification, sections 1.2 to 1.6).

use levers_engine::OpContext;
use levers_model::{Caller, Door, Page};
use serde_json::{Value as Json, json};

use crate::api::{Answer, Api};

const FILE: &str = "data:text/plain;name=a%20b.txt;base64,aGk=";

/// The whole payload of section 1.3, with some of it replaced.
fn payload(over: &Json) -> Json {
    let mut attributes = json!({
        "collection_name": "orders",
        "smart_action_id": "orders-0-selected",
        "ids": ["1"],
        "values": {},
        "parent_collection_name": null,
        "parent_collection_id": null,
        "parent_association_name": null,
        "all_records": false,
        "all_records_subset_query": { "fields[orders]": "id,total", "page[number]": 1, "page[size]": 15,
            "sort": "-id", "searchExtended": 0, "timezone": "Europe/Paris" },
        "all_records_ids_excluded": [],
        "signed_approval_request": null,
    });
    for (key, value) in over.as_object().unwrap() {
        attributes[key] = value.clone();
    }
    json!({ "data": { "type": "custom-action-requests", "attributes": attributes } })
}

async fn run(api: &Api, slug: &str, over: Json) -> Answer {
    api.legacy(slug, payload(&over)).await
}

fn error(answer: &Answer) -> String {
    assert_eq!(answer.status, 400, "{}", answer.text());
    answer.json()["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_selection_of_the_payload_is_understood() {
    let api = Api::new().await;
    let below = |id: i64| json!({ "field": "id", "operator": "less_than", "value": id }).to_string();
    for (over, expected) in [
        (json!({ "ids": ["3", "1"] }), "1,3"),
        (json!({ "ids": [] }), ""),
        (json!({ "ids": ["1"], "all_records_ids_excluded": ["1"] }), "1"),
        (json!({ "ids": ["1", "99"] }), "1"),
        (
            json!({ "ids": [], "all_records": true, "all_records_ids_excluded": ["2"],
                "all_records_subset_query": { "filters": below(5), "page[size]": 1, "timezone": "UTC" } }),
            "1,3,4",
        ),
        (
            json!({ "ids": ["1", "2", "5"], "parent_collection_name": "clients", "parent_collection_id": "2",
                "parent_association_name": "orders" }),
            "2,5",
        ),
    ] {
        let answer = run(&api, "selected", over.clone()).await.ok();
        assert_eq!(answer, json!({ "success": expected }), "{over}");
    }
}

#[tokio::test]
async fn the_same_job_is_written_as_from_any_other_door() {
    let api = Api::new().await;
    run(&api, "static", json!({ "values": { "reason": "damaged" } })).await.ok();
    let cx = OpContext::new(Caller::new("ada@example.org", Door::Rest), chrono::Utc::now());
    let jobs = api.engine.jobs(&cx, levers_engine::JobQuery::default(), Page { skip: 0, limit: 10 }).await.unwrap();
    let job = jobs.first().unwrap();
    assert_eq!((job.collection.as_str(), job.action.as_str()), ("orders", "static"));
    assert_eq!(job.caller.door, Door::Forest);
    assert_eq!(job.caller.timezone, chrono_tz::Europe::Paris);
}

#[tokio::test]
async fn every_outcome_has_its_legacy_answer() {
    let api = Api::new().await;
    let run = async |slug: &str| run(&api, slug, json!({ "smart_action_id": "" })).await;
    let nothing = run("mark-as-live").await;
    assert_eq!((nothing.status, nothing.text().as_str()), (204, ""));
    let all = run("says-all").await;
    assert_eq!(all.header("x-hint"), Some("1"));
    assert_eq!(all.ok(), json!({ "success": "Done.", "html": "<p>ok</p>", "refresh": { "relationships": ["tags"] } }));
    let fails = run("fails").await;
    assert_eq!((fails.status, fails.json()), (400, json!({ "error": "No.", "html": "<p>no</p>" })));
    assert_eq!(run("redirects").await.ok(), json!({ "redirectTo": "/a/b" }));
    let webhook = json!({ "url": "https://example.org/", "method": "POST", "headers": {}, "body": { "a": 1 } });
    assert_eq!(run("calls").await.ok(), json!({ "webhook": webhook }));
    let file = run("streams").await;
    assert_eq!((file.status, file.text().as_str()), (200, "ab"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"a.txt\""));
    assert_eq!(file.header("access-control-expose-headers"), Some("Content-Disposition"));
    assert_eq!(error(&run("throws-invalid").await), "That is wrong.");
    assert_eq!(run("throws-forbidden").await.refused(403, "ForbiddenError"), "That is not yours.");
    assert_eq!(run("throws-refused").await.refused(422, "UnprocessableError"), "Not now.");
    for slug in ["throws-internal", "panics"] {
        assert_eq!(run(slug).await.refused(500, "InternalServerError"), "Unexpected error");
    }
}

#[tokio::test]
async fn values_are_checked_and_the_answer_names_the_field() {
    let api = Api::new().await;
    let echoed =
        run(&api, "static", json!({ "values": { "reason": "damaged", "client": "3", "doc": FILE } })).await.ok();
    let values: Json = serde_json::from_str(echoed["success"].as_str().unwrap()).unwrap();
    assert_eq!((&values["reason"], &values["client"]), (&json!("damaged"), &json!("3")));
    for (values, field) in [
        (json!({ "reason": "lost" }), "reason"),
        (json!({ "reason": null }), "reason"),
        (json!({ "reason": "late", "amount": "many" }), "amount"),
        (json!({ "reason": "late", "zork": 1 }), "zork"),
    ] {
        let said = error(&run(&api, "static", json!({ "values": values })).await);
        assert!(said.contains(field), "{said}");
    }
    for over in [json!({ "values": 7 }), json!({ "ids": [1] }), json!({ "ids": null }), json!({ "all_records": "yes" })]
    {
        error(&run(&api, "static", over).await);
    }
    error(&api.legacy("static", json!([])).await);
}

#[tokio::test]
async fn an_action_is_found_by_either_spelling() {
    let api = Api::new().await;
    for slug in ["mark-as-live", "mark-as-live!", "mark-as-live%21"] {
        assert_eq!(run(&api, slug, json!({})).await.status, 204, "{slug}");
    }
    let invoice = run(&api, "%C3%A9mettre-une-facture", json!({})).await;
    assert_eq!(invoice.text(), "%PDF-");
    // “Émettre…” and “Emettre…” share a spelling, which only the action's own id tells apart.
    let both = run(&api, "emettre-une-facture", json!({ "smart_action_id": null })).await;
    assert!(both.refused(422, "UnprocessableError").contains("“Emettre une facture” of “orders”"));
    let one = run(&api, "emettre-une-facture", json!({ "smart_action_id": "orders.Emettre une facture" })).await;
    assert_eq!(one.ok(), json!({ "success": "1" }));
}

#[tokio::test]
async fn the_collection_comes_from_the_body_or_the_only_action() {
    let api = Api::new().await;
    let missing = |over: Json| {
        let mut over = over;
        over["collection_name"] = Json::Null;
        over
    };
    let unique = run(&api, "selected", missing(json!({ "smart_action_id": "x.y" }))).await;
    assert_eq!(unique.ok(), json!({ "success": "1" }));
    let several = run(&api, "delete", missing(json!({ "smart_action_id": null }))).await;
    let detail = several.refused(422, "UnprocessableError");
    assert!(detail.contains("“Delete” of “orders”") && detail.contains("collection_name"), "{detail}");
    for id in ["orders.Delete", "orders-3-delete", "orders-Delete"] {
        assert_eq!(
            run(&api, "delete", missing(json!({ "ids": ["20"], "smart_action_id": id }))).await.status,
            200,
            "{id}"
        );
    }
    let unknown = run(&api, "selected", json!({ "collection_name": "nope" })).await;
    assert!(unknown.refused(422, "UnprocessableError").contains("nope"));
    for (slug, over) in
        [("nope", json!({})), ("selected", json!({ "collection_name": "clients" })), ("associate", json!({}))]
    {
        assert!(run(&api, slug, over).await.refused(404, "NotFoundError").contains(slug));
    }
    let claimed = run(&api, "selected", json!({ "requester_id": 1 })).await;
    assert!(claimed.refused(422, "UnprocessableError").contains("requester_id"));
}

#[tokio::test]
async fn records_of_a_collection_named_actions_stay_where_they_are() {
    let api = Api::new().await;
    assert_eq!(api.get("/forest/actions/1").await.ok()["data"]["id"], "1");
    let updated = json!({ "data": { "attributes": { "name": "b" } } });
    assert_eq!(api.ask("PUT", "/forest/actions/1", Some(updated)).await.ok()["data"]["attributes"]["name"], "b");
    for path in ["/forest/orders/1", "/forest/orders/1/hooks/load", "/forest/actions/selected/hooks/search"] {
        assert_eq!(api.ask("POST", path, Some(payload(&json!({})))).await.text(), "Not Found", "{path}");
    }
}

#[tokio::test]
async fn a_timezone_that_is_none_is_refused() {
    let api = Api::new().await;
    assert!(error(&api.legacy("selected?timezone=Nope", payload(&json!({}))).await).contains("Nope"));
    let within = json!({ "all_records_subset_query": { "timezone": "Mars/Olympus" } });
    assert!(error(&run(&api, "selected", within).await).contains("Mars/Olympus"));
    assert_eq!(run(&api, "selected", json!({ "all_records_subset_query": null })).await.status, 200);
}

#[tokio::test]
async fn load_and_change_answer_in_legacy_fields() {
    let api = Api::new().await;
    let load = api.legacy("dynamic/hooks/load", payload(&json!({}))).await.ok();
    insta::assert_json_snapshot!(load);
    let fields = json!([
        { "field": "amount", "type": "Number", "value": 20, "previousValue": null, "hook": "changeHook",
            "isRequired": false, "isReadOnly": false, "enums": null, "reference": null, "description": null,
            "defaultValue": null, "position": 0, "widgetEdit": null },
        { "field": "size", "type": "Enum", "value": "gone", "enums": ["gone"] },
    ]);
    let names = |form: &Json| -> Vec<String> {
        form["fields"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap().to_owned()).collect()
    };
    let change = payload(&json!({ "fields": fields, "changed_field": "amount" }));
    let changed = api.legacy("dynamic/hooks/change", change).await.ok();
    assert_eq!(names(&changed), ["amount", "why", "city", "size", "sizes", "doc"]);
    assert_eq!((&changed["fields"][0]["value"], &changed["fields"][3]["value"]), (&json!(20), &Json::Null));
    // Django's clients send the same without an envelope.
    let flat = json!({ "recordIds": ["1"], "collectionName": "orders" });
    assert_eq!(api.legacy("dynamic/hooks/load", flat.clone()).await.ok(), load);
    let mut flat = flat;
    flat["fields"] = fields;
    flat["changedField"] = json!("amount");
    assert_eq!(api.legacy("dynamic/hooks/change", flat).await.ok(), changed);
    let none = api.legacy("selected/hooks/load", payload(&json!({}))).await.ok();
    assert_eq!(none, json!({ "fields": [], "layout": [] }));
}

#[tokio::test]
async fn hooks_of_nothing_are_refused() {
    let api = Api::new().await;
    for body in [json!([]), json!({}), json!({ "data": 7 }), json!({ "recordIds": [1], "collectionName": "orders" })] {
        error(&api.legacy("dynamic/hooks/load", body).await);
    }
    let unknown = json!({ "recordIds": ["1"], "collectionName": "nope" });
    api.legacy("dynamic/hooks/load", unknown).await.refused(422, "UnprocessableError");
    api.legacy("nope/hooks/change", payload(&json!({}))).await.refused(404, "NotFoundError");
}
