//! Segments' filters as conditions.

use levers_model::{Condition, FieldPath, Operator, Value};

use super::{Compiler, Known};
use crate::mistake::did_you_mean;
use crate::shape::walk::short;
use crate::tree::Node;

impl<'a> Compiler<'a> {
    pub(super) fn condition(&mut self, known: Known<'a>, node: &'a Node, depth: usize) -> Option<Condition> {
        if depth > Condition::DEEPEST {
            self.report.error(node.span, format!("Conditions are nested deeper than {}.", Condition::DEEPEST));
            return None;
        }
        if let Some(all) = node.get("and") {
            return self.conditions(known, all, depth).map(Condition::And);
        }
        if let Some(any) = node.get("or") {
            return self.conditions(known, any, depth).map(Condition::Or);
        }
        match node.get("not") {
            Some(inner) => self.condition(known, inner, depth + 1).map(Condition::negate),
            None => self.leaf(known, node),
        }
    }

    fn conditions(&mut self, known: Known<'a>, list: &'a Node, depth: usize) -> Option<Vec<Condition>> {
        // All of them are looked at, also when the first is wrong.
        let read: Vec<Option<Condition>> =
            list.items().iter().map(|item| self.condition(known, item, depth + 1)).collect();
        read.into_iter().collect()
    }

    fn leaf(&mut self, known: Known<'a>, node: &'a Node) -> Option<Condition> {
        let (field, operator) = (node.get("field")?, node.get("operator")?);
        let path = FieldPath::from(field.as_text()?);
        let column = &self.column_at(&path, known.schema, field.span)?.column_type;
        let name = operator.as_text()?;
        let allowed =
            || Operator::ALL.iter().filter(|operator| operator.allowed_on(column)).map(|operator| operator.name());
        let Some(operator_found) = Operator::from_name(name).filter(|operator| operator.allowed_on(column)) else {
            let message = match Operator::from_name(name) {
                Some(_) => format!("“{path}” cannot be tested with “{name}”: it holds {}.", column.in_words()),
                None => format!("There is no operator “{}”.", short(name)),
            };
            let hint = did_you_mean(name, allowed(), "The operators for this field are");
            self.report.hinted(operator.span, message, hint);
            return None;
        };
        let value = match (operator_found.operand(column), node.get("value")) {
            (None, None) => Value::Null,
            (None, Some(value)) => {
                self.report.error(value.span, format!("“{name}” takes no value."));
                return None;
            }
            (Some(operand), None) => {
                self.report.error(node.span, format!("“{name}” needs “value”: {}.", operand.in_words()));
                return None;
            }
            (Some(operand), Some(value)) => match Value::from_json(&value.to_json(), &operand) {
                Ok(typed) => typed,
                Err(message) => {
                    self.report.error(value.span, message);
                    return None;
                }
            },
        };
        Some(Condition::Leaf { field: path, operator: operator_found, value })
    }
}
