//! The JSON Schema that editors complete from.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use levers_declare::json_schema;
use serde_json::Value as Json;

use crate::corpus::files;

fn validator() -> Validator {
    jsonschema::draft202012::new(&json_schema()).unwrap()
}

/// A file as editors see it.
fn as_json(text: &str) -> Option<Json> {
    let table: toml::Table = toml::from_str(text).ok()?;
    serde_json::to_value(table).ok()
}

#[test]
fn the_schema_is_one_and_the_committed_one_is_current() {
    assert!(jsonschema::draft202012::meta::is_valid(&json_schema()));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/levers.schema.json");
    let current = format!("{:#}\n", json_schema());
    if std::env::var_os("LEVERS_UPDATE").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == current, "docs/levers.schema.json is not current: run the test with LEVERS_UPDATE=1 once");
}

#[test]
fn good_files_pass_and_files_of_a_wrong_shape_do_not() {
    let validator = validator();
    for (name, text) in files("good") {
        let errors: Vec<String> = validator
            .iter_errors(&as_json(&text).unwrap())
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
    // A schema cannot say that two keys exclude each other by their meaning, nor what a URL holds.
    let beyond = ["shape-database-and-sources", "shape-source-without-url"];
    for (name, text) in files("corpus").into_iter().filter(|(name, _)| name.starts_with("shape-")) {
        if let Some(json) = as_json(&text).filter(|_| !beyond.contains(&name.as_str())) {
            assert!(!validator.is_valid(&json), "{name} passes the schema");
        }
    }
}

#[test]
fn files_that_are_wrong_in_meaning_pass_the_schema() {
    let validator = validator();
    for (name, text) in
        files("corpus").into_iter().filter(|(name, _)| name.starts_with("names-unknown") || name.starts_with("rule-"))
    {
        assert!(validator.is_valid(&as_json(&text).unwrap()), "{name}");
    }
}
