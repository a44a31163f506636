//! Trees of conditions.

use super::{FieldPath, Operator};
use crate::value::Value;

/// A condition on a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// A test of one field.
    Leaf {
        /// The field, possibly through to-one relations.
        field: FieldPath,
        /// The test.
        operator: Operator,
        /// What it tests against, typed as [`Operator::operand`] says; null for tests without a value.
        value: Value,
    },
    /// All hold. Empty holds always.
    And(Vec<Condition>),
    /// At least one holds. Empty holds never.
    Or(Vec<Condition>),
    /// It does not hold. A test that is unknown (SQL's null) counts as not held, so its negation holds.
    Not(Box<Condition>),
    /// Some record of another collection is paired with this one and passes a condition.
    /// It is how 'the tracks of this playlist' stays one statement at any size.
    Exists {
        /// The other collection, of the same source.
        collection: String,
        /// Columns that must be equal: the other collection's, then ours.
        pairs: Vec<(String, String)>,
        /// What the other record must pass besides.
        condition: Box<Condition>,
    },
}

impl Condition {
    /// Holds for every record.
    pub const fn always() -> Self {
        Self::And(Vec::new())
    }

    /// Holds for no record.
    pub const fn never() -> Self {
        Self::Or(Vec::new())
    }

    /// A test of one field.
    pub fn leaf(field: impl Into<FieldPath>, operator: Operator, value: impl Into<Value>) -> Self {
        Self::Leaf { field: field.into(), operator, value: value.into() }
    }

    /// Both hold. Flattens, so that chains stay shallow.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::And(mut all), Self::And(more)) => {
                all.extend(more);
                Self::And(all)
            }
            (Self::And(mut all), other) | (other, Self::And(mut all)) => {
                all.push(other);
                if all.len() == 1 { all.remove(0) } else { Self::And(all) }
            }
            (one, other) => Self::And(vec![one, other]),
        }
    }

    /// At least one of the two holds.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Or(mut any), Self::Or(more)) => {
                any.extend(more);
                Self::Or(any)
            }
            (Self::Or(mut any), other) | (other, Self::Or(mut any)) => {
                any.push(other);
                if any.len() == 1 { any.remove(0) } else { Self::Or(any) }
            }
            (one, other) => Self::Or(vec![one, other]),
        }
    }

    /// It does not hold.
    pub fn negate(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Calls `visit` on the path of every leaf that is a field of this collection.
    pub fn for_each_field<'a>(&'a self, visit: &mut impl FnMut(&'a FieldPath)) {
        match self {
            Self::Leaf { field, .. } => visit(field),
            Self::And(children) | Self::Or(children) => {
                for child in children {
                    child.for_each_field(visit);
                }
            }
            Self::Not(child) => child.for_each_field(visit),
            // Its leaves are fields of another collection.
            Self::Exists { .. } => {}
        }
    }

    /// How deep the tree is; a leaf is 1. Doors refuse trees deeper than [`Condition::DEEPEST`].
    pub fn depth(&self) -> usize {
        match self {
            Self::Leaf { .. } => 1,
            Self::And(children) | Self::Or(children) => 1 + children.iter().map(Self::depth).max().unwrap_or(0),
            Self::Not(child) | Self::Exists { condition: child, .. } => 1 + child.depth(),
        }
    }

    /// The deepest tree that doors accept.
    pub const DEEPEST: usize = 32;
}

impl Default for Condition {
    fn default() -> Self {
        Self::always()
    }
}

/// Begins a condition on a field: `field("status").eq("live")`.
pub fn field(path: impl Into<FieldPath>) -> FieldCondition {
    FieldCondition(path.into())
}

/// A field waiting for its test.
#[derive(Debug, Clone)]
pub struct FieldCondition(FieldPath);

impl FieldCondition {
    /// Tests with any operator.
    pub fn test(self, operator: Operator, value: impl Into<Value>) -> Condition {
        Condition::leaf(self.0, operator, value)
    }

    /// The same value.
    pub fn eq(self, value: impl Into<Value>) -> Condition {
        self.test(Operator::Equal, value)
    }

    /// Another value.
    pub fn ne(self, value: impl Into<Value>) -> Condition {
        self.test(Operator::NotEqual, value)
    }

    /// Smaller.
    pub fn lt(self, value: impl Into<Value>) -> Condition {
        self.test(Operator::LessThan, value)
    }

    /// Greater.
    pub fn gt(self, value: impl Into<Value>) -> Condition {
        self.test(Operator::GreaterThan, value)
    }

    /// Smaller or the same.
    pub fn lte(self, value: impl Into<Value>) -> Condition {
        self.test(Operator::LessThanOrEqual, value)
    }

    /// Greater or the same.
    pub fn gte(self, value: impl Into<Value>) -> Condition {
        self.test(Operator::GreaterThanOrEqual, value)
    }

    /// One of these.
    #[expect(clippy::wrong_self_convention, reason = "it reads as the condition that it builds: status is in …")]
    pub fn is_in<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Condition {
        self.test(Operator::In, Value::List(values.into_iter().map(Into::into).collect()))
    }

    /// None of these.
    pub fn not_in<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Condition {
        self.test(Operator::NotIn, Value::List(values.into_iter().map(Into::into).collect()))
    }

    /// Holds the text in whatever case.
    pub fn contains(self, text: impl Into<String>) -> Condition {
        self.test(Operator::IContains, text.into())
    }

    /// Null or the empty text.
    pub fn blank(self) -> Condition {
        self.test(Operator::Blank, Value::Null)
    }

    /// Has a value that is not the empty text.
    pub fn present(self) -> Condition {
        self.test(Operator::Present, Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_with_always_changes_nothing() {
        let live = || field("status").eq("live");
        assert_eq!(Condition::always().and(live()), live());
        assert_eq!(live().and(Condition::always()), live());
        assert_eq!(Condition::never().or(live()), live());
        assert_eq!(live().negate().negate(), live());
        assert_eq!(Condition::always().and(Condition::always()), Condition::always());
    }

    #[test]
    fn chains_stay_shallow() {
        let chain = (0..100).fold(Condition::always(), |chain, i| chain.and(field("id").ne(i64::from(i))));
        assert_eq!(chain.depth(), 2);
    }
}
