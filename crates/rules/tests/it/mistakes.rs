//! What an author reads when a rule is wrong.

use levers_rules::Type;

use crate::support::wrong_rule;

const RULES: &[&str] = &[
    "values.amuont > 1.0",
    "valeus.amount > 1.0",
    "record.company.nmae == 'x'",
    "values.kind == 5",
    "values.kind > 5",
    "values.amount + 1 > 2.0",
    "values.amount + values.count > 2.0",
    "values.kind + values.count == 'x'",
    "values.amount % 2.0 == 0.0",
    "values.tags == 'a'",
    "values.tags.contains('a')",
    "'a' in values.kind",
    "values.kind.length() > 3",
    "len(values.kind) > 3",
    "values.kind.startswith('a')",
    "size(values.kind, 3) > 2",
    "contains(values.kind, 'a')",
    "values.kind.contains(3)",
    "values.kind.matches('(a')",
    "values.kind.matches(record.name)",
    "values.at > '2024-01-01T00:00:00Z'",
    "now() > values.at",
    "values.at.getHours('Paris') > 8",
    "values.at > now - duration('1 day')",
    "timestamp('yesterday') > now",
    "has(values.amount)",
    "record.company == null",
    "values.kind.foo == 1",
    "values.count > 1 ? 'a' : 2",
    "!values.kind",
    "values.kind && values.ok",
    "values.tags.all(size(values.kind) > 1)",
    "values.kind.all(letter, letter == 'a')",
    "values.meta.map(k, k) == []",
    "values.tags.all(a, values.tags.all(b, values.tags.all(c, values.tags.all(d, true))))",
    "values.tags.map(t, t + t).map(t, t + t).map(t, t + t).map(t, t + t) == []",
    "values.kind = 'x'",
    "values.kind == 'x' and values.ok",
    "not values.ok",
    "values.ok & values.ok",
    "if values.ok then true",
    "values.kind == 'x",
    "'é' + 'ü' = 'x'",
    "'é' == values.nix",
    "values.amount >",
    "(values.amount > 1.0",
    "values.count == 99999999999999999999",
    "[1, 'a'] == []",
    "{'a': 1, 'a': 2} == {}",
    "Money{amount: 1}",
    "",
    "values.kind",
    "values.amount",
    "null",
];

#[test]
fn mistakes_say_where_and_what_to_write() {
    let all: Vec<String> = RULES.iter().map(|rule| wrong_rule(rule, &Type::Bool)).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn results_of_a_wrong_type_say_what_is_wanted() {
    let texts = Type::List(Box::new(Type::Text));
    let all = [
        wrong_rule("values.amount", &Type::Int),
        wrong_rule("values.count", &Type::Text),
        wrong_rule("values.kind", &texts),
        wrong_rule("values.whole", &texts),
        wrong_rule("now - values.at", &Type::Float),
        wrong_rule("record", &Type::Text),
    ];
    insta::assert_snapshot!(all.join("\n"));
}
