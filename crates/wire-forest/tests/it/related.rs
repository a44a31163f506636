//! Related data (checklist row 15).

use serde_json::{Value as Json, json};

use crate::api::{Api, ids};

/// The relation from one collection to another, by what it is.
fn relation(api: &Api, from: &str, to: &str) -> String {
    let entry = api.engine.collections().find(|entry| entry.name() == from).unwrap();
    let mut relations = entry.schema().relations();
    relations.find(|(_, relation)| relation.target == to).map(|(name, _)| name.to_owned()).unwrap()
}

async fn related(api: &Api, path: &str) -> Vec<String> {
    ids(&api.get(&format!("{path}?page[size]=100&sort=id")).await.ok())
}

#[tokio::test]
async fn children_are_listed_counted_and_exported() {
    let api = Api::new().await;
    let orders = relation(&api, "clients", "orders");
    let path = format!("/forest/clients/2/relationships/{orders}");
    assert_eq!(related(&api, &path).await, ["2", "5", "8", "11", "14", "17", "20"]);
    assert_eq!(api.get(&format!("{path}/count?segment=Paid")).await.ok()["count"], 3);
    let csv = api.get(&format!("{path}.csv?fields[orders]=id&header=Id&sort=-id")).await.text();
    assert_eq!(csv, "Id\n20\n17\n14\n11\n8\n5\n2\n");
    assert_eq!(related(&api, &format!("/forest/clients/99/relationships/{orders}")).await, Vec::<String>::new());
    // Fields of another collection than the children's are nobody's business.
    let list = api.get(&format!("{path}?fields[clients]=nope&fields[orders]=note&page[size]=1")).await.ok();
    assert_eq!(list["data"][0]["attributes"].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn one_to_many_is_linked_unlinked_and_deleted() {
    let api = Api::new().await;
    let orders = relation(&api, "clients", "orders");
    let path = format!("/forest/clients/2/relationships/{orders}");
    let ask = async |method: &str, path: &str, body: Json| api.ask(method, path, Some(body)).await;
    let linked = ask("POST", &path, json!({ "data": [{ "id": "1", "type": "orders" }, { "id": "3" }] })).await;
    assert_eq!(linked.status, 204, "{}", linked.text());
    assert_eq!(related(&api, &path).await, ["1", "2", "5", "8", "11", "14", "17", "20"]);
    let some = |ids: &[&str]| json!({ "data": { "attributes": { "ids": ids, "all_records": false } } });
    assert_eq!(ask("DELETE", &path, some(&["1", "3"])).await.status, 204);
    assert_eq!(api.get("/forest/orders/1").await.ok()["data"]["relationships"]["client"]["data"], Json::Null);
    assert_eq!(ask("DELETE", &path, some(&[])).await.refused(400, "ValidationError"), "Expected no empty id list");
    assert_eq!(ask("DELETE", &format!("{path}?delete=false"), some(&["2"])).await.status, 204);
    assert_eq!(api.get("/forest/orders/2").await.status, 404);
    // Of all but some, and of none that is not linked.
    let all = json!({ "data": { "attributes": { "all_records": true, "all_records_ids_excluded": ["20"] } } });
    assert_eq!(ask("DELETE", &path, all).await.status, 204);
    assert_eq!(related(&api, &path).await, ["20"]);
    assert_eq!(api.get("/forest/orders/count").await.ok()["count"], 19);
}

#[tokio::test]
async fn many_to_many_is_linked_and_unlinked() {
    let api = Api::new().await;
    let tags = relation(&api, "orders", "tags");
    let path = format!("/forest/orders/1/relationships/{tags}");
    for id in ["1", "2", "2"] {
        let linked = api.ask("POST", &path, Some(json!({ "data": [{ "id": id, "type": "tags" }] }))).await;
        assert_eq!(linked.status, 204, "{}", linked.text());
    }
    assert_eq!(related(&api, &path).await, ["1", "2"]);
    let body = json!({ "data": { "attributes": { "ids": ["1"] } } });
    assert_eq!(api.ask("DELETE", &path, Some(body)).await.status, 204);
    assert_eq!(related(&api, &path).await, ["2"]);
    assert_eq!(api.get("/forest/tags/count").await.ok()["count"], 2);
    let body = json!({ "data": { "attributes": { "ids": ["2"] } } });
    assert_eq!(api.ask("DELETE", &format!("{path}?delete=true"), Some(body)).await.status, 204);
    assert_eq!(api.get("/forest/tags/count").await.ok()["count"], 1);
}

#[tokio::test]
async fn to_one_relations_are_set_and_unset() {
    let api = Api::new().await;
    let put = async |path: &str, body: Json| api.ask("PUT", path, Some(body)).await;
    let client = "/forest/orders/1/relationships/client";
    let of_order = async || api.get("/forest/orders/1").await.ok()["data"]["relationships"]["client"]["data"].clone();
    assert_eq!(put(client, json!({ "data": { "id": "2", "type": "clients" } })).await.status, 204);
    assert_eq!(of_order().await["id"], "2");
    let unset = put(client, json!({ "data": null })).await;
    assert_eq!(unset.status, 204, "{}", unset.text());
    assert_eq!(of_order().await, Json::Null);
    assert_eq!(put(client, json!({})).await.status, 400);
    assert_eq!(put(client, json!({ "data": { "id": 2 } })).await.status, 400);

    // The profile of Ada goes to Grace, who gives it back to nobody.
    let profile = relation(&api, "clients", "profiles");
    let of_client = async |id: u8| {
        api.get(&format!("/forest/clients/{id}")).await.ok()["data"]["relationships"][&profile]["data"].clone()
    };
    let path = format!("/forest/clients/2/relationships/{profile}");
    assert_eq!(put(&path, json!({ "data": { "id": "1", "type": "profiles" } })).await.status, 204);
    assert_eq!((of_client(1).await, of_client(2).await["id"].clone()), (Json::Null, json!("1")));
    assert_eq!(put(&path, json!({ "data": { "id": "2", "type": "profiles" } })).await.status, 204);
    assert_eq!(of_client(2).await["id"], "2");
    assert_eq!(put(&path, json!({ "data": null })).await.status, 204);
    assert_eq!(of_client(2).await, Json::Null);
}
