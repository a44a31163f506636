//! Capabilities (specification, section 3.6).

use levers_model::{Collection, FieldSchema, Operator, RelationKind};
use serde_json::{Value as Json, json};

use super::column_type::column_type;

/// The collections that a request asks about.
pub(crate) fn collection_names(body: &Json) -> Vec<&str> {
    let names = body.get("collectionNames").and_then(Json::as_array);
    names.into_iter().flatten().filter_map(Json::as_str).collect()
}

/// What can be asked of these collections. Flags of what we do not have are left out,
/// because the front shows what they promise.
pub(crate) fn capabilities<'a>(collections: impl Iterator<Item = &'a Collection>) -> Json {
    json!({
        "nativeQueryConnections": [],
        "agentCapabilities": {
            "canUseProjectionOnGetOne": true,
            "canUseProjectionViaHeader": true,
            "canUseProjectionViaHeaderOnList": true,
            "canUseMultipleFieldsProjectionOnRelation": true,
        },
        "collections": collections.map(collection).collect::<Vec<_>>(),
    })
}

fn collection(collection: &Collection) -> Json {
    let fields = collection.fields.iter().filter_map(|(name, field)| match field {
        FieldSchema::Column(column) => {
            let operators: Vec<&str> = column.operators().into_iter().map(Operator::name).collect();
            Some(json!({ "name": name, "type": column_type(&column.column_type), "operators": operators, "isGroupable": true }))
        }
        FieldSchema::Relation(relation) if matches!(relation.kind, RelationKind::ManyToOne { .. }) => {
            Some(json!({ "name": name, "type": "ManyToOne", "isGroupable": true }))
        }
        FieldSchema::Relation(_) => None,
    });
    json!({
        "name": collection.name,
        "fields": fields.collect::<Vec<_>>(),
        "aggregationCapabilities": {
            "supportGroups": true,
            "supportedDateOperations": ["Year", "Quarter", "Month", "Week", "Day"],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{clients, orders};

    #[test]
    fn columns_and_many_to_one_relations_are_listed() {
        let (orders, clients) = (orders(), clients());
        insta::assert_snapshot!(serde_json::to_string_pretty(&capabilities([&clients].into_iter())).unwrap());
        let listed = capabilities([&orders].into_iter());
        let names: Vec<&str> =
            listed["collections"][0]["fields"].as_array().unwrap().iter().filter_map(|f| f["name"].as_str()).collect();
        assert!(names.contains(&"client_id") && names.contains(&"client") && !names.contains(&"lines"));
    }

    #[test]
    fn bodies_without_names_ask_for_nothing() {
        for body in [json!(null), json!({}), json!({ "collectionNames": "x" }), json!({ "collectionNames": [1] })] {
            assert!(collection_names(&body).is_empty(), "{body}");
        }
    }
}
