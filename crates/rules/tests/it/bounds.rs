//! Nothing that an author or a value does may hang the server, fill its memory or end it.

use std::time::{Duration, Instant};

use levers_rules::{Escape, Facts, Rule, Template, Type};
use serde_json::json;

use crate::support::{facts, scope};

/// Sources of the greatest length that nest or repeat as far as they can.
fn extremes() -> Vec<String> {
    let fill = |start: &str, piece: &str, middle: &str, end: &str| {
        let count = (4_000 - start.len() - middle.len()) / (piece.len() + end.len());
        format!("{start}{}{middle}{}", piece.repeat(count), end.repeat(count))
    };
    vec![
        fill("", "(", "1", ")"),
        fill("", "[", "1", "]"),
        fill("", "{'a':", "1", "}"),
        fill("1", "+1", "", ""),
        fill("", "!", "true", ""),
        fill("", "-", "1", ""),
        fill("", "- ", "1", ""),
        fill("values.meta", ".a", "", ""),
        fill("values.meta", "[0]", "", ""),
        fill("", "true?1:", "1", ""),
        fill("", "true&&", "true", ""),
        fill("true", "==true", "", ""),
        fill("", "size(", "'a'", ")"),
        fill("'a'", ".trim()", "", ""),
        fill("values.tags", ".map(t,t)", "", ""),
        fill("", "[1].map(t,", "1", ")"),
        fill("", "(", "", ""),
        fill("", "{{", "", ""),
        fill("", "{{ (", "1", ""),
        fill("{{ ", "(", "1", ")"),
        fill("{{ 1", "+1", " }}", ""),
        fill("{{ values.meta", ".a", " }}", ""),
        fill("{{ values.kind", "|trim", " }}", ""),
        fill("", "{% if values.ok %}", "x", "{% endif %}"),
        fill("", "{% for t in values.tags %}", "x", "{% endfor %}"),
    ]
}

#[test]
fn the_longest_sources_are_compiled_or_refused() {
    let scope = scope();
    for source in extremes() {
        if let Ok(rule) = Rule::compile(&source, &scope, &Type::Json) {
            rule.compute(&facts(&scope, &json!(null)));
        }
        if let Ok(template) = Template::compile(&source, &scope, Escape::Html) {
            let _ = template.render(&facts(&scope, &json!(null)));
        }
    }
    let long = "1+".repeat(3_000);
    assert!(Rule::compile(&long, &scope, &Type::Json).unwrap_err()[0].message.contains("4096 bytes"));
    assert!(Template::compile(&long, &scope, Escape::Text).unwrap_err()[0].message.contains("4096 bytes"));
}

#[test]
fn the_deepest_rule_is_evaluated_on_a_small_stack() {
    let scope = scope();
    let loops = "[1].map(a,[1].map(b,[1].map(c,";
    let nests = [("-(", ")"), ("[", "]"), ("(values.ok?", ":2)"), ("(1+", ")")];
    let deepest: Vec<Rule> = nests
        .into_iter()
        .flat_map(|(start, end)| [("", start, end, ""), (loops, start, end, ")))")])
        .filter_map(|(before, start, end, behind)| {
            (1..40).rev().find_map(|depth| {
                let source = format!("{before}{}1{}{behind}", start.repeat(depth), end.repeat(depth));
                Rule::compile(&source, &scope, &Type::Json).ok()
            })
        })
        .collect();
    assert_eq!(deepest.len(), 2 * nests.len());
    // Less than a server's threads have; this is a debug build, whose frames are larger.
    let small = std::thread::Builder::new().stack_size(1536 * 1024);
    let work = move || deepest.iter().all(|rule| rule.compute(&facts(&scope, &json!(null))).is_some());
    assert!(small.spawn(work).unwrap().join().unwrap());
}

#[test]
fn the_most_expensive_rule_over_the_longest_lists_ends() {
    let scope = scope();
    let tags: Vec<String> = (0..500).map(|index| format!("tag {index}")).collect();
    let facts = facts(&scope, &json!({"values": {"tags": tags}, "caller": {"tags": tags}}));
    let rule = Rule::compile("values.tags.all(t, caller.tags.exists(c, c == t))", &scope, &Type::Bool).unwrap();
    let start = Instant::now();
    assert_eq!(rule.test(&facts), Some(true));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn what_is_too_long_is_there_but_not_computed_with() {
    let scope = scope();
    let long = facts(&scope, &json!({"values": {"kind": "x".repeat(70_000), "tags": vec!["x"; 501]}}));
    let test = |source: &str, facts: &Facts| Rule::compile(source, &scope, &Type::Bool).unwrap().test(facts);
    assert_eq!(test("values.kind != null", &long), Some(true));
    assert_eq!(test("size(values.kind) > 3", &long), None);
    assert_eq!(test("values.kind == 'x'", &long), Some(false));
    assert_eq!(test("string(values.kind) == ''", &long), None);
    assert_eq!(test("values.tags == null", &long), Some(false));
    assert_eq!(test("'x' in values.tags", &long), None);
}

#[test]
fn a_rendered_text_is_bounded_in_length_and_steps() {
    let scope = scope();
    let tags = vec!["x".repeat(1_000); 500];
    let facts = facts(&scope, &json!({"values": {"tags": tags, "whole": vec![1; 500], "kind": "x"}}));
    let render = |source: &str| Template::compile(source, &scope, Escape::Text).unwrap().render(&facts);
    let failed = render("{% for t in values.tags %}{{ t }}{% endfor %}").unwrap_err();
    assert!(failed.message().contains("could not be written"));
    assert!(failed.internal_text().is_some());
    let nested = "{% for a in values.whole %}{% for b in values.whole %}{% for c in values.whole %}{% if a > b %}x{% endif %}{% endfor %}{% endfor %}{% endfor %}";
    render(nested).unwrap_err();
    assert_eq!(render("{{ values.kind }}").unwrap(), "x");
}
