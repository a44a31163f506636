//! The description as JSON Schema (2020-12), so that editors complete and underline.

use serde_json::{Map, Value as Json, json};

use super::root::ROOT;
use super::{Key, Origin, Record, Shape, Text, Typed, Variants};

/// The JSON Schema of the file.
pub fn json_schema() -> Json {
    let mut definitions = Map::new();
    let root = record(&ROOT, &mut definitions);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "levers.toml",
    });
    if let (Json::Object(schema), Json::Object(root)) = (&mut schema, root) {
        schema.extend(root);
        definitions.sort_keys();
        schema.insert("$defs".to_owned(), Json::Object(definitions));
    }
    schema
}

type Definitions = Map<String, Json>;

/// A reference to a definition, which is made when it is not there yet.
fn reference(name: &str, definitions: &mut Definitions, definition: impl FnOnce(&mut Definitions) -> Json) -> Json {
    if !definitions.contains_key(name) {
        // Held before it is made: conditions are made of conditions.
        definitions.insert(name.to_owned(), Json::Null);
        let made = definition(definitions);
        definitions.insert(name.to_owned(), made);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn record(record: &'static Record, definitions: &mut Definitions) -> Json {
    let properties: Map<String, Json> =
        record.keys.iter().map(|key| (key.name.to_owned(), property(key, definitions))).collect();
    let required: Vec<&str> = record.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({
        "description": record.doc,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if !record.one_of.is_empty() {
        schema["oneOf"] = record.one_of.iter().map(|name| json!({ "required": [name] })).collect();
    }
    schema
}

fn property(key: &'static Key, definitions: &mut Definitions) -> Json {
    let mut schema = shape(&key.shape, definitions);
    schema["description"] = match schema.get("description").and_then(Json::as_str) {
        Some(words) => json!(format!("{} {words}", key.doc)),
        None => json!(key.doc),
    };
    if let Some(example) = key.example {
        schema["examples"] = json!([example]);
    }
    schema
}

fn shape(of: &'static Shape, definitions: &mut Definitions) -> Json {
    match of {
        Shape::Text(Text { longest, blank, origin }) => {
            let mut schema = json!({ "type": "string", "maxLength": longest });
            if !blank {
                schema["pattern"] = json!("\\S");
            }
            if *origin != Origin::Here {
                schema["description"] = json!("May hold ${env:NAME} and ${file:/path}.");
            }
            schema
        }
        Shape::Word(words) => {
            let docs: Vec<String> = words.iter().map(|(word, doc)| format!("{word}: {doc}")).collect();
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            json!({ "enum": words, "description": docs.join(" ") })
        }
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Whole { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Constant => json!({}),
        Shape::Value => json!({ "anyOf": [
            { "not": { "type": "object", "required": ["rule"] } },
            {
                "type": "object",
                "properties": { "rule": shape(&super::RULE, definitions) },
                "required": ["rule"],
                "additionalProperties": false,
            },
        ] }),
        Shape::List { item, most } => {
            json!({ "type": "array", "items": shape(item, definitions), "maxItems": most })
        }
        Shape::Named { item, most } => json!({
            "type": "object",
            "propertyNames": { "minLength": 1, "maxLength": super::LONGEST_NAME },
            "additionalProperties": shape(item, definitions),
            "maxProperties": most,
        }),
        Shape::Record(of) => reference(of.name, definitions, |definitions| record(of, definitions)),
        Shape::Either(shapes) => {
            let shapes: Vec<Json> = shapes.iter().map(|of| shape(of, definitions)).collect();
            json!({ "anyOf": shapes })
        }
        Shape::Variants(of) => reference(of.name, definitions, |definitions| variants(of, definitions)),
        Shape::Typed(of) => reference(of.name, definitions, |definitions| typed(of, definitions)),
    }
}

fn variants(of: &'static Variants, definitions: &mut Definitions) -> Json {
    let tables: Vec<Json> = of
        .of
        .iter()
        .map(|(_, table)| reference(table.name, definitions, |definitions| record(table, definitions)))
        .collect();
    json!({ "oneOf": tables })
}

fn typed(of: &'static Typed, definitions: &mut Definitions) -> Json {
    let tables: Vec<Json> = of
        .of
        .iter()
        .map(|(word, table)| {
            let mut schema = record(table, definitions);
            schema["properties"]["type"] = json!({ "const": word });
            let mut required = vec![json!("type")];
            required.extend(schema["required"].as_array().cloned().unwrap_or_default());
            schema["required"] = json!(required);
            schema
        })
        .collect();
    json!({ "oneOf": tables })
}
