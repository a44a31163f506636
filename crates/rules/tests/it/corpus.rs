//! The rules that a browser's implementation answers alike.

use levers_rules::{Rule, Type};
use serde_json::Value as Json;

use crate::support::{corpus, facts, scope};

#[test]
fn every_case_gives_what_is_expected() {
    let scope = scope();
    let corpus = corpus();
    let cases = corpus["cases"].as_array().unwrap();
    assert!(cases.len() >= 60);
    for case in cases {
        let source = case["rule"].as_str().unwrap();
        let rule = Rule::compile(source, &scope, &Type::Json).unwrap_or_else(|wrong| panic!("{source}: {wrong:?}"));
        let expected = match case.get("cannot_be_computed") {
            Some(_) => None,
            None => Some(case["expected"].clone()),
        };
        assert_eq!(rule.compute(&facts(&scope, &case["facts"])), expected, "{source}");
    }
}

#[test]
fn what_implementations_answer_differently_is_refused() {
    let scope = scope();
    for rule in corpus()["refused"].as_array().unwrap() {
        let source = rule.as_str().unwrap();
        Rule::compile(source, &scope, &Type::Json).expect_err(source);
    }
}

#[test]
fn a_rule_says_what_it_reads() {
    let source =
        "values.amount > 1.0 && record.company['name'] != null && values.meta.a.b == 1.0 && now > record.created_at";
    let rule = Rule::compile(source, &scope(), &Type::Bool).unwrap();
    let reads: Vec<String> = rule.reads().iter().map(|path| path.join(".")).collect();
    assert_eq!(reads, ["now", "record.company.name", "record.created_at", "values.amount", "values.meta"]);
}

#[test]
fn a_condition_that_cannot_be_computed_is_neither_true_nor_false() {
    let scope = scope();
    let rule = Rule::compile("values.amount > 100.0", &scope, &Type::Bool).unwrap();
    assert_eq!(rule.test(&facts(&scope, &Json::Null)), Some(true));
    assert_eq!(rule.test(&facts(&scope, &serde_json::json!({"values": {"amount": null}}))), None);
    assert_eq!(rule.test(&levers_rules::Facts::new(&scope)), None);
}

#[test]
fn results_are_of_the_wanted_type() {
    let scope = scope();
    let compute = |source: &str, wanted: &Type| {
        Rule::compile(source, &scope, wanted).unwrap().compute(&facts(&scope, &Json::Null))
    };
    assert_eq!(compute("values.count", &Type::Float), Some(3.into()));
    assert_eq!(compute("values.meta.level", &Type::Int), Some(2.into()));
    assert_eq!(compute("values.meta.theme", &Type::Int), None);
    assert_eq!(compute("values.tags", &Type::List(Box::new(Type::Text))), Some(serde_json::json!(["urgent", "vip"])));
}
