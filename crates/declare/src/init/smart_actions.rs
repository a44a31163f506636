//! Actions that an application has declared for Forest's clients, as a file declares them.
//!
//! The application's library writes them into `.forestadmin-schema.json`, with all
//! that a client has to know. A team that has that file need not type its forms again.
//! Read leniently: what is not understood is left out, because `check` says what is missing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{key, quoted};

/// What is read of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SmartActions {
    meta: Meta,
    collections: Vec<LegacyCollection>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    liana: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LegacyCollection {
    name: String,
    actions: Vec<LegacyAction>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LegacyAction {
    name: String,
    #[serde(rename = "type")]
    scope: String,
    endpoint: Option<String>,
    #[serde(rename = "httpMethod", alias = "http_method")]
    method: Option<String>,
    download: bool,
    fields: Vec<BTreeMap<String, Json>>,
    hooks: LegacyHooks,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LegacyHooks {
    load: bool,
    change: Vec<String>,
}

impl SmartActions {
    /// How many actions there are.
    pub fn count(&self) -> usize {
        self.collections.iter().map(|collection| collection.actions.len()).sum()
    }

    /// Where such an application answers on a developer's machine.
    pub(super) fn usual_endpoint(&self) -> &'static str {
        if self.is_django() { "http://127.0.0.1:8000" } else { "http://127.0.0.1:3000" }
    }

    fn is_django(&self) -> bool {
        self.meta.liana.contains("django")
    }

    /// The actions of the collections that are known by these names, and how many there are.
    pub(super) fn declared(&self, known: &[&str]) -> (String, usize) {
        let (mut text, mut count) = (String::new(), 0);
        let is_django = self.is_django();
        for collection in &self.collections {
            if collection.actions.is_empty() {
                continue;
            }
            let table = known.iter().find(|name| name.eq_ignore_ascii_case(&collection.name));
            let _ = write!(text, "\n# ── The application's actions on {} ──\n", one_line(&collection.name));
            let Some(table) = table else {
                text.push_str(
                    "# There is no table of this name. Name it in `collections.…`, and the application's name in\n",
                );
                let _ = writeln!(text, "# `http.collection`: {}.", one_line(&collection.name));
                continue;
            };
            for action in &collection.actions {
                action.declare(&mut text, table, &collection.name, is_django, known);
                count += 1;
            }
        }
        (text, count)
    }
}

impl LegacyAction {
    fn declare(&self, text: &mut String, table: &str, collection: &str, is_django: bool, known: &[&str]) {
        let scope = match self.scope.as_str() {
            scope @ ("single" | "global") => scope,
            _ => "bulk",
        };
        let _ = write!(
            text,
            "\n[[collections.{}.actions]]\nname = {}\nscope = \"{scope}\"\n",
            key(table),
            quoted(&self.name)
        );
        if self.download {
            text.push_str("generates_file = true\n");
        }
        let mut http = Vec::new();
        if let Some(endpoint) = &self.endpoint {
            let slash = if endpoint.starts_with(['/', 'h']) { "" } else { "/" };
            http.push(format!("endpoint = {}", quoted(&format!("{slash}{endpoint}"))));
        }
        if let Some(method) = self.method.as_deref().filter(|method| !method.eq_ignore_ascii_case("POST")) {
            http.push(format!("http_method = {}", quoted(&method.to_ascii_uppercase())));
        }
        if table != collection {
            http.push(format!("collection = {}", quoted(collection)));
        }
        http.extend(self.hooks());
        if is_django {
            http.push("hook_body = \"django\"".to_owned());
        }
        let _ = writeln!(text, "http = {{ {} }}", http.join(", "));
        // What the application computes when the form opens need not be told twice.
        if !self.hooks.load {
            let hooked = !self.hooks.change.is_empty();
            self.fields.iter().for_each(|field| declare_field(text, table, field, hooked, known));
        }
    }

    fn hooks(&self) -> Option<String> {
        if self.hooks.load {
            return Some("hooks = { load = true }".to_owned());
        }
        let named = self.fields.iter().filter_map(|field| {
            let hook = field.get("hook")?.as_str()?;
            Some(format!("{} = {}", key(field.get("field")?.as_str()?), quoted(hook)))
        });
        let named: Vec<String> = named.filter(|_| !self.hooks.change.is_empty()).collect();
        (!named.is_empty()).then(|| format!("hooks = {{ change = {{ {} }} }}", named.join(", ")))
    }
}

fn declare_field(text: &mut String, table: &str, field: &BTreeMap<String, Json>, hooked: bool, known: &[&str]) {
    let said = |names: &[&str]| names.iter().any(|name| field.get(*name) == Some(&Json::Bool(true)));
    let words = |name: &str| field.get(name).and_then(Json::as_str).filter(|words| !words.trim().is_empty());
    let Some(id) = words("field") else { return };
    let enums = field.get("enums").and_then(Json::as_array).filter(|enums| hooked || !enums.is_empty());
    let reference = words("reference").and_then(|reference| {
        let name = reference.split('.').next()?;
        known.iter().find(|known| known.eq_ignore_ascii_case(name))
    });
    let _ = write!(text, "\n  [[collections.{}.actions.form]]\n  field = {}\n", key(table), quoted(id));
    match reference {
        Some(collection) => {
            let _ = write!(text, "  type = \"Collection\"\n  collection = {}\n", quoted(collection));
        }
        None => {
            let _ = writeln!(text, "  type = \"{}\"", field_type(field.get("type"), enums.is_some()));
        }
    }
    if let (Some(enums), None) = (enums, reference) {
        let enums: Vec<String> = enums.iter().filter_map(Json::as_str).map(quoted).collect();
        let _ = writeln!(text, "  options = [{}]", enums.join(", "));
    }
    if said(&["isRequired", "is_required"]) {
        text.push_str("  required = true\n");
    }
    if said(&["isReadOnly", "is_read_only"]) {
        text.push_str("  read_only = true\n");
    }
    if let Some(description) = words("description") {
        let _ = writeln!(text, "  description = {}", quoted(&description.replace("{{", "{ {").replace("{%", "{ %")));
    }
    match field.get("defaultValue") {
        Some(Json::String(default)) => {
            let _ = writeln!(text, "  default = {}", quoted(default));
        }
        Some(default @ (Json::Bool(_) | Json::Number(_))) => {
            let _ = writeln!(text, "  default = {default}");
        }
        _ => {}
    }
}

/// A field's type in our words. One without choices is no Enum.
fn field_type(legacy: Option<&Json>, has_choices: bool) -> &'static str {
    let (name, is_list) = match legacy {
        Some(Json::Array(items)) => (items.first().and_then(Json::as_str), true),
        other => (other.and_then(Json::as_str), false),
    };
    match (name.unwrap_or_default(), is_list) {
        ("Enum", false) if has_choices => "Enum",
        ("Enum", true) if has_choices => "EnumList",
        ("Number", false) => "Number",
        ("Number", true) => "NumberList",
        ("File", false) => "File",
        ("File", true) => "FileList",
        ("Date", false) => "Date",
        ("Dateonly", false) => "Dateonly",
        ("Time", false) => "Time",
        ("Boolean", false) => "Boolean",
        ("Json", false) => "Json",
        (_, true) => "StringList",
        (_, false) => "String",
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_an_application_declared_is_declared_again() {
        let schema: SmartActions = serde_json::from_value(json!({
            "meta": { "liana": "forest-express-sequelize" },
            "collections": [
                { "name": "Tickets", "actions": [
                    { "name": "Close \"it\"", "type": "bulk", "endpoint": "forest/actions/close", "httpMethod": "PUT", "fields": [], "hooks": { "load": false, "change": [] } },
                    { "name": "Escalate", "type": "single", "endpoint": "/forest/actions/escalate", "httpMethod": "POST", "download": true,
                      "hooks": { "load": false, "change": ["onDepartmentChange"] },
                      "fields": [
                        { "field": "the department", "type": "Enum", "enums": ["billing", "technical"], "isRequired": true, "hook": "onDepartmentChange" },
                        { "field": "agent", "type": "Enum", "enums": [], "isReadOnly": true },
                        { "field": "who", "type": "", "reference": "users.id" },
                        { "field": "labels", "type": ["String"], "defaultValue": null, "description": "As {{ you }} like" },
                        { "field": "urgent", "type": "Boolean", "defaultValue": false },
                        { "field": "kind", "type": "Enum", "enums": null, "is_required": true, "defaultValue": "a" } ] },
                    { "name": "Computed", "type": "single", "endpoint": "/x", "hooks": { "load": true, "change": [] }, "fields": [{ "field": "a", "type": "Number" }] } ] },
                { "name": "Elsewhere", "actions": [{ "name": "Run", "type": "global" }] },
                { "name": "users", "actions": [] } ] }))
        .unwrap();
        let (text, count) = schema.declared(&["tickets", "users"]);
        assert_eq!((count, schema.count()), (3, 4));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn another_document_declares_nothing() {
        let empty: SmartActions = serde_json::from_value(json!({ "collections": [] })).unwrap();
        assert_eq!(empty.declared(&["a"]), (String::new(), 0));
    }
}
