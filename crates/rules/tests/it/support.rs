//! A scope like that of a form, and facts about it, from the corpus that browsers run too.

use std::path::Path;
use std::sync::Arc;

use levers_rules::{Escape, Facts, Mistake, Rule, Scope, Template, Type};
use serde_json::Value as Json;

/// The corpus of rules.
pub(crate) fn corpus() -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/rules/corpus.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn scope() -> Arc<Scope> {
    let Type::Object(variables) = type_of(&corpus()["types"]) else { panic!("the types are not an object") };
    Arc::new(Scope { variables })
}

/// The facts of all cases, with the members that a case says otherwise.
pub(crate) fn facts(scope: &Arc<Scope>, other: &Json) -> Facts {
    let mut facts = Facts::new(scope);
    for (name, usual) in corpus()["facts"].as_object().unwrap() {
        let mut value = usual.clone();
        match (&mut value, &other[name]) {
            (Json::Object(members), Json::Object(other)) => members.extend(other.clone()),
            (value, Json::Null) if other.get(name).is_some() => *value = Json::Null,
            _ => {}
        }
        facts.set_json(name, &value);
    }
    facts
}

fn type_of(json: &Json) -> Type {
    match json {
        Json::Array(item) => Type::List(Box::new(type_of(&item[0]))),
        Json::Object(members) => {
            Type::Object(members.iter().map(|(name, member)| (name.clone(), type_of(member))).collect())
        }
        name => match name.as_str().unwrap() {
            "bool" => Type::Bool,
            "int" => Type::Int,
            "number" => Type::Float,
            "text" => Type::Text,
            "instant" => Type::Timestamp,
            "day" => Type::Date,
            "json" => Type::Json,
            other => panic!("corpus.json has a type that is not known here: {other}"),
        },
    }
}

/// A wrong source with its mistakes as people read them.
pub(crate) fn shown(source: &str, mistakes: &[Mistake]) -> String {
    let lines = mistakes.iter().flat_map(|Mistake { offset, length, message, hint }| {
        let before = source[..*offset].chars().count();
        let under = source[*offset..offset + length].chars().count().max(1);
        let caret = format!("{}{}", " ".repeat(before), "^".repeat(under));
        [Some(caret), Some(message.clone()), hint.as_ref().map(|hint| format!("help: {hint}"))]
    });
    let lines: Vec<String> = std::iter::once(source.to_owned()).chain(lines.flatten()).collect();
    lines.join("\n") + "\n"
}

/// What is wrong with a rule.
pub(crate) fn wrong_rule(source: &str, wanted: &Type) -> String {
    shown(source, &Rule::compile(source, &scope(), wanted).expect_err(source))
}

/// What is wrong with a template.
pub(crate) fn wrong_template(source: &str) -> String {
    shown(source, &Template::compile(source, &scope(), Escape::Text).expect_err(source))
}
