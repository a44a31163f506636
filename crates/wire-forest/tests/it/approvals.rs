//! Signed approval requests, on both dialects (specification, section 1.7).

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value as Json, json};

use crate::api::{Answer, Api, ENV_SECRET};

fn sign(algorithm: Algorithm, secret: &[u8], claims: &Json) -> String {
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// What was asked for: “Who asked”, for order 7.
fn asked() -> Json {
    json!({ "data": { "type": "custom-action-requests", "attributes": {
        "requester_id": 12, "collection_name": "orders", "smart_action_id": "orders-9-who-asked", "ids": ["7"],
        "values": {}, "all_records": false, "all_records_subset_query": {}, "all_records_ids_excluded": [],
        "parent_collection_name": null, "parent_collection_id": null, "parent_association_name": null,
    } }, "iat": 1 })
}

/// The same request at the address of each dialect; what is outside of the token must not count.
async fn approve(api: &Api, slug: &str, action: &str, token: &str) -> [Answer; 2] {
    let body = json!({ "data": { "attributes": {
        "ids": ["666"], "values": { "zork": 1 }, "collection_name": "clients", "signed_approval_request": token } } });
    [api.ask("POST", &api.endpoint(action), Some(body.clone())).await, api.legacy(slug, body).await]
}

#[tokio::test]
async fn what_was_approved_is_what_runs() {
    let api = Api::new().await;
    for answer in approve(&api, "who-asked", "Who asked", &sign(Algorithm::HS256, ENV_SECRET, &asked())).await {
        let said = answer.ok()["success"].as_str().unwrap().to_owned();
        assert!(said.starts_with("12 asked for ") && said.contains('7') && !said.contains("666"), "{said}");
    }
    let plain = api.execute("Who asked", json!({ "ids": ["7"] })).await.ok();
    assert!(plain["success"].as_str().unwrap().starts_with("nobody"));
}

#[tokio::test]
async fn a_bad_approval_runs_nothing() {
    let api = Api::new().await;
    let mut expired = asked();
    expired["exp"] = json!(get_current_timestamp() - 2);
    let mut nobody = asked();
    nobody["data"]["attributes"].as_object_mut().unwrap().remove("requester_id");
    // {"alg":"none","typ":"JWT"}
    let signed = sign(Algorithm::HS256, ENV_SECRET, &asked());
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", signed.split('.').nth(1).unwrap());
    for (token, reason) in [
        (sign(Algorithm::HS256, b"another secret", &asked()), "another secret"),
        (sign(Algorithm::HS384, ENV_SECRET, &asked()), "HS256"),
        (sign(Algorithm::HS256, ENV_SECRET, &expired), "expired"),
        (sign(Algorithm::HS256, ENV_SECRET, &nobody), "requester_id"),
        (none, "JSON Web Token"),
        ("x".to_owned(), "JSON Web Token"),
    ] {
        let [agent, legacy] = approve(&api, "who-asked", "Who asked", &token).await;
        let detail = agent.refused(400, "ValidationError");
        assert!(detail.contains(reason), "{reason}: {detail}");
        assert_eq!((legacy.status, legacy.json()), (400, json!({ "error": detail })));
    }
}

#[tokio::test]
async fn an_approval_opens_no_other_action() {
    let api = Api::new().await;
    let token = sign(Algorithm::HS256, ENV_SECRET, &asked());
    for answer in approve(&api, "selected", "Selected", &token).await {
        assert!(answer.refused(422, "UnprocessableError").contains("orders-9-who-asked"));
    }
}
