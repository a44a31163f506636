//! The schema file (checklist rows 17 and 18).

use levers_wire_forest::{schema_document, schema_hash};
use serde_json::Value as Json;

use crate::api::Api;

#[tokio::test]
async fn everything_is_sorted_but_the_index_is_the_declarations() {
    let api = Api::new().await;
    let document = schema_document(&api.engine);
    let collections = document["collections"].as_array().unwrap();
    let names = |items: &[Json], key: &str| -> Vec<String> {
        items.iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
    };
    assert!(names(collections, "name").is_sorted());
    let orders = collections.iter().find(|collection| collection["name"] == "orders").unwrap();
    let actions = orders["actions"].as_array().unwrap();
    assert!(names(actions, "name").is_sorted());
    let listed: Vec<String> = names(actions, "id");
    for id in ["orders-0-selected", "orders-2-mark-as-live-", "orders-3--mettre-une-facture"] {
        assert!(listed.contains(&id.to_owned()), "{id} in {listed:?}");
    }
    for built_in in ["Create", "Update", "Delete", "Duplicate", "Export"] {
        assert!(names(actions, "name").contains(&built_in.to_owned()));
    }
    assert!(!names(actions, "name").contains(&"Associate".to_owned()));
    assert_eq!(schema_hash(&document).len(), 40);
}

#[tokio::test]
async fn static_forms_are_whole_and_dynamic_ones_wait() {
    let api = Api::new().await;
    let document = schema_document(&api.engine);
    let orders = document["collections"].as_array().unwrap().iter().find(|c| c["name"] == "orders").unwrap().clone();
    let action = |name: &str| orders["actions"].as_array().unwrap().iter().find(|a| a["name"] == name).unwrap().clone();
    insta::assert_json_snapshot!([action("Static"), action("Dynamic"), action("Mark as live!")]);
}

#[tokio::test]
async fn foreign_keys_are_seen_as_relations() {
    let api = Api::new().await;
    let document = schema_document(&api.engine);
    let collections = document["collections"].as_array().unwrap();
    let fields: Vec<Json> = collections
        .iter()
        .flat_map(|collection| {
            let name = &collection["name"];
            collection["fields"].as_array().unwrap().iter().map(move |field| {
                serde_json::json!([
                    name,
                    field["field"],
                    field["type"],
                    field["relationship"],
                    field["reference"],
                    field["inverseOf"],
                    field["isPrimaryKey"],
                    field["isReadOnly"]
                ])
            })
        })
        .collect();
    let lines: Vec<String> = fields.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
}
