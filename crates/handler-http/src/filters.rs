//! Conditions as a backend reads them (specification, section 3.2).

use levers_model::Condition;
use serde_json::{Value as Json, json};

/// The tree of a condition; `None` when the protocol has no words for it.
pub(crate) fn tree(condition: &Condition) -> Option<Json> {
    match condition {
        Condition::Leaf { field, operator, value } => {
            Some(json!({ "field": field.as_str(), "operator": operator.name(), "value": value.to_json() }))
        }
        Condition::And(children) => branch("and", children),
        Condition::Or(children) => branch("or", children),
        Condition::Not(_) | Condition::Exists { .. } => None,
    }
}

/// Backends differ in what an empty branch means, so none is sent.
fn branch(aggregator: &str, children: &[Condition]) -> Option<Json> {
    if children.is_empty() {
        return None;
    }
    let conditions: Option<Vec<Json>> = children.iter().map(tree).collect();
    Some(json!({ "aggregator": aggregator, "conditions": conditions? }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use levers_model::query::field;

    #[test]
    fn conditions_have_their_trees() {
        let condition = field("status").eq("live").and(field("company:id").eq(3).or(field("paid").eq(true)));
        insta::assert_json_snapshot!(tree(&condition));
    }

    #[test]
    fn what_cannot_be_said_is_not_said_wrongly() {
        let leaf = || field("status").eq("live");
        for condition in [leaf().negate(), Condition::always(), Condition::never(), leaf().and(leaf().negate())] {
            assert_eq!(tree(&condition), None, "{condition:?}");
        }
    }
}
