//! Random texts, and right rules with something changed: nothing panics, and every mistake
//! stands within its source.

use levers_rules::{Escape, Facts, Mistake, Rule, Template, Type};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::support::{corpus, facts, scope};

fn stands_within(source: &str, mistakes: &[Mistake]) {
    assert!(!mistakes.is_empty());
    for mistake in mistakes {
        assert!(source.get(mistake.offset..mistake.offset + mistake.length).is_some(), "{source:?}: {mistake:?}");
        assert!(!mistake.message.is_empty());
    }
}

fn try_rule(source: &str) {
    let scope = scope();
    for wanted in [Type::Bool, Type::Json, Type::Text] {
        match Rule::compile(source, &scope, &wanted) {
            Ok(rule) => {
                rule.test(&Facts::new(&scope));
                rule.compute(&facts(&scope, &Json::Null));
            }
            Err(mistakes) => stands_within(source, &mistakes),
        }
    }
}

fn try_template(source: &str) {
    let scope = scope();
    match Template::compile(source, &scope, Escape::Html) {
        Ok(template) => {
            let _ = template.render(&Facts::new(&scope));
            let _ = template.render(&facts(&scope, &Json::Null));
        }
        Err(mistakes) => stands_within(source, &mistakes),
    }
}

/// Pieces of rules and templates, so that random texts get past the parsers now and then.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "values",
        ".",
        "amount",
        "count",
        "tags",
        "meta",
        "record",
        "company",
        "name",
        " ",
        "==",
        ">",
        "+",
        "-",
        "*",
        "/",
        "%",
        "&&",
        "||",
        "!",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "?",
        "'x'",
        "\"y\"",
        "1",
        "2.5",
        "9223372036854775807",
        "null",
        "true",
        "in",
        "has",
        "size",
        "all",
        "map",
        "t",
        "matches",
        "'('",
        "int",
        "now",
        "duration('1h')",
        "{{",
        "}}",
        "{%",
        "%}",
        "if",
        "endif",
        "for",
        "endfor",
        "|",
        "upper",
        "round",
        "date",
        "'%Y'",
        "~",
        "is",
        "none",
        "é",
        "'",
        "\\",
        "\n",
        "#",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// A rule of the corpus with a part of it taken out or doubled.
fn changed() -> impl Strategy<Value = String> {
    let rules: Vec<String> =
        corpus()["cases"].as_array().unwrap().iter().map(|case| case["rule"].as_str().unwrap().to_owned()).collect();
    (prop::sample::select(rules), any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(rule, one, other, doubled)| {
            let letters: Vec<char> = rule.chars().collect();
            let (one, other) = (one.index(letters.len()), other.index(letters.len()));
            let (from, to) = (one.min(other), one.max(other));
            let mut text: Vec<char> = letters[..from].to_vec();
            if doubled {
                text.extend(&letters[from..to]);
                text.extend(&letters[from..to]);
            }
            text.extend(&letters[to..]);
            text.into_iter().collect()
        },
    )
}

fn anything() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,8}".prop_map(Json::from),
        Just(json!("2024-05-06T07:08:09Z")),
        Just(json!("-12.50")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec(("[a-c]", inner), 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn random_texts_never_panic(source in "\\PC{0,60}") {
        try_rule(&source);
        try_template(&source);
        try_template(&format!("{{{{ {source} }}}}"));
    }

    #[test]
    fn random_pieces_never_panic(source in pieces()) {
        try_rule(&source);
        try_template(&source);
        try_template(&format!("{{{{ {source} }}}}"));
    }

    #[test]
    fn changed_rules_never_panic(source in changed()) {
        try_rule(&source);
    }

    #[test]
    fn facts_of_any_type_never_panic(value in anything()) {
        let scope = scope();
        let mut facts = Facts::new(&scope);
        for name in ["values", "record", "caller", "count", "now", "nothing"] {
            facts.set_json(name, &value);
        }
        let members = ["amount", "count", "kind", "tags", "ok", "at", "day", "numbers", "whole", "meta"];
        let object = Json::Object(members.iter().map(|name| ((*name).to_owned(), value.clone())).collect());
        facts.set_json("values", &object);
        for case in corpus()["cases"].as_array().unwrap().iter().step_by(7) {
            if let Ok(rule) = Rule::compile(case["rule"].as_str().unwrap(), &scope, &Type::Json) {
                rule.compute(&facts);
            }
        }
        for name in members {
            if let Ok(template) = Template::compile(&format!("{{{{ values.{name} }}}}"), &scope, Escape::Json) {
                let _ = template.render(&facts);
            }
        }
    }
}
