//! The schema file, `.forestadmin-schema.json` (specification, section 5).

mod action;
mod field;
mod relation;

use std::fmt::Write as _;

use levers_engine::{CollectionEntry, Engine};
use levers_model::Collection;
use serde_json::{Value as Json, json};
use sha1::{Digest as _, Sha1};

use crate::translate::Schemas;

pub(crate) use action::offered;

/// The schema file of an engine, in the order in which agents write it: collections,
/// actions and fields by name.
pub fn schema_document(engine: &Engine) -> Json {
    let mut entries: Vec<&CollectionEntry> = engine.collections().collect();
    entries.sort_unstable_by_key(|entry| entry.name());
    let sorted: Vec<&Collection> = entries.iter().map(|entry| &**entry.schema()).collect();
    let schemas = Schemas::sorted(&sorted);
    json!({
        "collections": entries.into_iter().map(|entry| collection(entry, &schemas)).collect::<Vec<_>>(),
        "meta": {
            "liana": "levers",
            "liana_version": env!("CARGO_PKG_VERSION"),
            "liana_features": null,
            "stack": { "engine": "rust", "engine_version": env!("CARGO_PKG_RUST_VERSION") },
        },
    })
}

/// What the Forest server compares to see whether it knows a schema: SHA-1 of the
/// document's compact JSON, in lower-case hexadecimal.
pub fn schema_hash(document: &Json) -> String {
    Sha1::digest(document.to_string()).iter().fold(String::with_capacity(40), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn collection(entry: &CollectionEntry, schemas: &Schemas<'_>) -> Json {
    let schema = entry.schema();
    let mut segments: Vec<&str> = entry.segments().iter().map(|segment| segment.name.as_str()).collect();
    segments.sort_unstable();
    let segments: Vec<Json> =
        segments.into_iter().map(|name| json!({ "id": format!("{}.{name}", schema.name), "name": name })).collect();
    json!({
        "name": schema.name,
        "icon": null,
        "integration": null,
        "isReadOnly": schema.read_only || schema.columns().all(|(_, column)| column.read_only),
        "isSearchable": true,
        "isVirtual": false,
        "onlyForRelationships": false,
        "paginationType": "page",
        "fields": fields(schema, schemas),
        "segments": segments,
        "actions": action::actions(entry, schemas),
    })
}

fn fields(schema: &Collection, schemas: &Schemas<'_>) -> Vec<Json> {
    let columns = schema
        .columns()
        // Agents show a foreign key as its relation only, unless it is a key as well.
        .filter(|(name, column)| column.primary_key || !schema.is_foreign_key(name))
        .map(|(name, column)| (name, field::column(name, column, schema)));
    let relations = schema
        .relations()
        .filter_map(|(name, relation)| Some((name, relation::relation(name, relation, schema, schemas)?)));
    let mut fields: Vec<(&str, Json)> = columns.chain(relations).collect();
    fields.sort_by_key(|(name, _)| *name);
    fields.into_iter().map(|(_, field)| field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{clients, orders, schemas};

    #[test]
    fn every_column_type_and_relation_is_written() {
        insta::assert_json_snapshot!([fields(&clients(), &schemas()), fields(&orders(), &schemas())]);
    }

    #[test]
    fn the_keys_of_fields_are_in_alphabetical_order() {
        for field in fields(&orders(), &schemas()) {
            let keys: Vec<&String> = field.as_object().unwrap().keys().collect();
            assert!(keys.is_sorted(), "{keys:?}");
        }
    }

    #[test]
    fn the_hash_is_that_of_the_compact_text() {
        // `printf '{"a":[1]}' | sha1sum`
        assert_eq!(schema_hash(&json!({ "a": [1] })), "362d8693f4893108079f0dcc0dc4659608bed59f");
    }
}
