//! Templates: what they write, and what an author reads when they are wrong.

use std::sync::Arc;

use levers_model::{FieldPath, Record, Value};
use levers_rules::{Escape, Facts, Template};
use serde_json::json;

use crate::support::{facts, scope, wrong_template};

fn render(source: &str, escape: Escape) -> String {
    let scope = scope();
    let template = Template::compile(source, &scope, escape).unwrap_or_else(|wrong| panic!("{source}: {wrong:?}"));
    let other = json!({"values": {"kind": null, "amount": "12.50"}, "record": {"name": "<Ada> \"L\"\n", "score": 5.0}});
    template.render(&facts(&scope, &other)).unwrap()
}

#[test]
fn values_are_written_as_people_write_them() {
    for (source, expected) in [
        ("{{ record.score }} of {{ values.amount }}", "5 of 12.50"),
        ("{{ values.amount * 2 }} {{ values.amount > 12 }} {{ values.count / 2 }}", "25 true 1.5"),
        ("{{ values.kind }}|{{ values.kind | default('-') }}|{{ values.kind | upper }}", "|-|"),
        ("{{ values.kind ~ values.amount ~ '!' }}", "12.50!"),
        ("{{ values.tags }} {{ values.tags | join(' & ') }} {{ values.tags | length }}", "urgent, vip urgent & vip 2"),
        (
            "{{ values.tags | first }} {{ values.tags | last }} {{ values.tags[1] }} {{ caller.tags | first }}",
            "urgent vip vip ",
        ),
        (
            "{{ values.amount | round }} {{ values.amount | round(1) }} {{ 2.675 | round(2) }} {{ record.score | round(2) }}",
            "13 12.5 2.68 5.00",
        ),
        (
            "{{ record.status | upper }} {{ 'ada LOVELACE' | title }} {{ 'ADA' | capitalize }} {{ ' x ' | trim }}",
            "LIVE Ada Lovelace Ada x",
        ),
        ("{{ caller.email | truncate(3) }} {{ 'ab' | truncate(3) }}", "ada… ab"),
        (
            "{{ now | date('%d.%m.%Y %H:%M', caller.timezone) }} {{ values.day | date('%d/%m') }}",
            "07.05.2024 02:00 06/05",
        ),
        ("{{ values.at }} {{ now }}", "2024-05-06T07:08:09.120Z 2024-05-07T00:00:00Z"),
        ("{% if values.ok %}yes{% else %}no{% endif %} {{ 'x' if values.count == 3 else 'y' }}", "yes x"),
        ("{% for t in values.tags %}{{ loop.index }}. {{ t }} {% else %}none{% endfor %}", "1. urgent 2. vip "),
        ("{% if values.kind is none %}none{% endif %}{% if values.ok is defined %} given{% endif %}", "none given"),
        ("{{ values.count in [1, 3] }} {{ values.amount in [12.5] }}", "true true"),
        ("{{ values.meta.list }} {{ values.meta.none }}{{ values.meta.nothing.at.all }}", "1, x,  "),
        ("{# a comment #}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
    ] {
        assert_eq!(render(source, Escape::Text), expected, "{source}");
    }
}

#[test]
fn values_are_escaped_and_the_text_around_is_not() {
    assert_eq!(render("<b>{{ record.name }}</b>", Escape::Html), "<b>&lt;Ada&gt; &quot;L&quot;\n</b>");
    assert_eq!(render("{{ '<i>' ~ record.name | upper }}", Escape::Html), "&lt;i&gt;&lt;ADA&gt; &quot;L&quot;\n");
    assert_eq!(render(r#"{"name": "{{ record.name }}"}"#, Escape::Json), r#"{"name": "<Ada> \"L\"\n"}"#);
}

#[test]
fn a_template_says_what_it_reads() {
    let compiled = |source: &str| Template::compile(source, &scope(), Escape::Text).unwrap();
    let template =
        compiled("{{ record.company.name }} {% for t in values.tags %}{{ t }}{{ caller.email }}{% endfor %}");
    let reads: Vec<String> = template.reads().iter().map(|path| path.join(".")).collect();
    assert_eq!(reads, ["caller.email", "record.company.name", "values.tags"]);
    assert!(!template.is_constant());
    assert!(compiled("Done. {{ 1 + 1 }}").is_constant());
}

#[test]
fn records_are_read_with_their_relations_and_exact_decimals() {
    let scope = scope();
    let columns: Arc<[FieldPath]> = ["name", "score", "company:name", "company:hidden"].map(FieldPath::from).into();
    let decimal = Value::Decimal("1234567890123456789.10".parse().unwrap());
    let values = vec![Value::Text("Ada".into()), decimal, Value::Text("Engines".into()), Value::Int(1)];
    let mut facts = Facts::new(&scope);
    facts.set_record("record", &Record::new(columns, values));
    let template = "{{ record.name }} of {{ record.company.name }}: {{ record.score }}{{ record.status }}";
    let template = Template::compile(template, &scope, Escape::Text).unwrap();
    assert_eq!(template.render(&facts).unwrap(), "Ada of Engines: 1234567890123456789.10");
}

#[test]
fn a_text_that_cannot_be_written_says_so() {
    let scope = scope();
    let template = Template::compile("{{ values.amount + 1 }}", &scope, Escape::Text).unwrap();
    let error = template.render(&Facts::new(&scope)).unwrap_err();
    insta::assert_snapshot!(error.message());
}

#[test]
fn mistakes_say_where_and_what_to_write() {
    let all: Vec<String> = [
        "{{ record.nmae }}",
        "é {{ rekord.name }}",
        "{{ record }}",
        "{{ record.company ~ 'x' }}",
        "{{ record.name.first }}",
        "{{ record['nmae'] }}",
        "{{ record.name.upper() }}",
        "{{ range(10) }}",
        "{{ record.name | uper }}",
        "{{ record.name | upper(1) }}",
        "{{ now | date('%Q') }}",
        "{{ now | date('%H', 'Paris') }}",
        "{{ record.name * 3 }}",
        "{{ record.name + 'x' }}",
        "{{ record.name is nine }}",
        "{{ [1, 2] }}",
        "{% for t in record.name %}{{ t }}{% endfor %}",
        "{% for t in [1, 2] %}{{ t }}{% endfor %}",
        "{% set x = 1 %}",
        "{% include 'file' %}",
        "{% import 'file' as f %}",
        "{% macro m() %}{% endmacro %}",
        "{% autoescape false %}{{ record.name }}{% endautoescape %}",
        "{{ record.name",
        "{% if values.ok %}",
        "{{ record. }}",
        "{{ }}",
    ]
    .iter()
    .map(|source| wrong_template(source))
    .collect();
    insta::assert_snapshot!(all.join("\n"));
}
