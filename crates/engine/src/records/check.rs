//! Does what a caller asks of a collection make sense? Answered with the schema, before a source is asked.
//!
//! Every path, operator and value passes here, so that messages name what there
//! is and sources see typed values only. What a path reaches through a relation
//! is read from another collection, so the caller must be allowed to read that
//! one too. Handlers that an author wrote are not held to their caller's
//! permissions; the built-in actions are.

use levers_model::{
    Aggregation, AggregationOperation, Caller, Collection, Column, ColumnType, Condition, Error, FieldError, FieldPath,
    FieldSchema, Operator, Patch, Projection, Result, Sort, Value,
};

use crate::authorize::{Permission, require};
use crate::engine::Inner;
use crate::registry::Sees;

/// The most relations on the way of a field's path. Every one is a table more in the
/// statement, of which databases take some sixty, and a relation may lead back to where it began.
const LONGEST_PATH: usize = 8;

/// Checks queries against schemas, and types their values on the way.
#[derive(Clone, Copy)]
pub(crate) struct Checker<'a> {
    inner: &'a Inner,
    /// Whose permissions count; `None` for code that its author answers for.
    reader: Option<&'a Caller>,
    /// Which fields there are in the collections that paths lead to.
    sees: Sees,
    /// How deep a condition may be.
    deepest: usize,
}

impl<'a> Checker<'a> {
    /// For queries of this caller.
    pub(crate) const fn for_caller(inner: &'a Inner, caller: &'a Caller) -> Self {
        Self { inner, reader: Some(caller), sees: Sees::Shown, deepest: Condition::DEEPEST }
    }

    /// For what an author wrote that is shown to everybody.
    pub(crate) const fn for_everybody(inner: &'a Inner) -> Self {
        Self { inner, reader: None, sees: Sees::Shown, deepest: Condition::DEEPEST }
    }

    /// For queries that an author wrote.
    pub(crate) const fn for_author(inner: &'a Inner) -> Self {
        Self { inner, reader: None, sees: Sees::Everything, deepest: Condition::DEEPEST }
    }

    /// For queries of an execution: a compiled selection is deeper than the
    /// condition that a caller sent, and handlers narrow it further.
    pub(crate) const fn for_execution(inner: &'a Inner, reader: Option<&'a Caller>, sees: Sees) -> Self {
        Self { inner, reader, sees, deepest: 2 * Condition::DEEPEST }
    }

    /// Whether the caller may read the collection at the other end of a relation.
    pub(crate) fn may_read(self, collection: &str) -> bool {
        self.reader.is_none_or(|caller| self.inner.policy.allows(caller, Permission::Read { collection }))
    }

    fn require_read(self, collection: &str) -> Result<()> {
        match self.reader {
            Some(caller) => require(self.inner.policy.as_ref(), caller, Permission::Read { collection }),
            None => Ok(()),
        }
    }

    /// Checks a condition and gives its values the types of their columns.
    pub(crate) fn condition(self, collection: &Collection, condition: &mut Condition) -> Result<()> {
        self.condition_within(collection, condition, self.deepest)
    }

    fn condition_within(self, collection: &Collection, condition: &mut Condition, depth: usize) -> Result<()> {
        let Some(below) = depth.checked_sub(1) else {
            return Err(Error::invalid(format!(
                "The condition is nested more than {} levels deep. Flatten it.",
                self.deepest
            )));
        };
        match condition {
            Condition::Leaf { field, operator, value } => {
                let column = self.column(collection, field)?;
                check_leaf(field, column, *operator, value)
            }
            Condition::And(children) | Condition::Or(children) => {
                children.iter_mut().try_for_each(|child| self.condition_within(collection, child, below))
            }
            Condition::Not(child) => self.condition_within(collection, child, below),
            Condition::Exists { collection: other, pairs, condition } => {
                let other = self.schema(other)?;
                self.require_read(&other.name)?;
                for (theirs, ours) in pairs.iter() {
                    own_column(other, theirs)?;
                    own_column(collection, ours)?;
                }
                self.condition_within(other, condition, below)
            }
        }
    }

    /// Checks that every path leads to a column.
    pub(crate) fn projection(self, collection: &Collection, projection: &Projection) -> Result<()> {
        projection.0.iter().try_for_each(|path| self.column(collection, path).map(drop))
    }

    /// Checks that every criterion leads to a column that has an order.
    pub(crate) fn sort(self, collection: &Collection, sort: &Sort) -> Result<()> {
        for clause in &sort.0 {
            let column = self.column(collection, &clause.field)?;
            if matches!(column.column_type, ColumnType::Json | ColumnType::Binary | ColumnType::List(_)) {
                return Err(Error::invalid(format!(
                    "Records cannot be sorted by “{}”: its values have no order.",
                    clause.field
                )));
            }
        }
        Ok(())
    }

    /// Checks a computation.
    pub(crate) fn aggregation(self, collection: &Collection, aggregation: &Aggregation) -> Result<()> {
        use AggregationOperation as A;
        match (&aggregation.field, aggregation.operation) {
            (None, A::Count) => {}
            (None, _) => return Err(Error::invalid("Say over which field to compute; only a count needs none.")),
            (Some(field), operation) => {
                let column_type = &self.column(collection, field)?.column_type;
                let fits = match operation {
                    A::Count => true,
                    A::Sum | A::Avg => column_type.is_number(),
                    A::Min | A::Max => {
                        !matches!(column_type, ColumnType::Json | ColumnType::Binary | ColumnType::List(_))
                    }
                };
                if !fits {
                    return Err(Error::invalid(format!(
                        "“{field}” cannot be aggregated so: its values are not numbers or have no order."
                    )));
                }
            }
        }
        for group in &aggregation.groups {
            let column_type = &self.column(collection, &group.field)?.column_type;
            if group.period.is_some() && !column_type.is_date() {
                return Err(Error::invalid(format!(
                    "“{}” cannot be grouped by a period: it is not a date.",
                    group.field
                )));
            }
        }
        Ok(())
    }

    /// Checks new values, and gives them the types of their columns.
    pub(crate) fn patch(collection: &Collection, patch: &mut Patch) -> Result<()> {
        let mut errors = Vec::new();
        for (name, value) in &mut patch.0 {
            let message = match collection.column(name) {
                None => Some(format!("“{}” has no column of this name.", collection.name)),
                Some(column) if column.read_only => Some("This column cannot be written.".to_owned()),
                Some(column) => fit(value, &column.column_type).err(),
            };
            if let Some(message) = message {
                errors.push(FieldError::new(name.clone(), message));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::invalid_fields(errors)) }
    }

    /// The schema of a collection by its name.
    pub(crate) fn schema(self, name: &str) -> Result<&'a Collection> {
        self.inner.entry(name).map(|entry| entry.seen(self.sees).as_ref())
    }

    /// The column at the end of a path.
    fn column<'c>(self, collection: &'c Collection, path: &FieldPath) -> Result<&'c Column>
    where
        'a: 'c,
    {
        if path.relations().count() > LONGEST_PATH {
            return Err(Error::invalid(format!("A path leads through at most {LONGEST_PATH} relations.")));
        }
        let mut here = collection;
        for name in path.relations() {
            let relation = match here.fields.get(name) {
                Some(FieldSchema::Relation(relation)) => relation,
                Some(FieldSchema::Column(_)) => {
                    return Err(Error::invalid(format!(
                        "“{path}”: “{name}” is a column of “{}”, nothing follows it.",
                        here.name
                    )));
                }
                None => return Err(unknown(path, name, here)),
            };
            if !relation.is_to_one() {
                return Err(Error::invalid(format!(
                    "“{path}”: “{name}” leads to many records of “{}”; read them as related data.",
                    relation.target
                )));
            }
            self.require_read(&relation.target)?;
            here = self.schema(&relation.target)?;
        }
        match here.fields.get(path.column()) {
            Some(FieldSchema::Column(column)) => Ok(column),
            Some(FieldSchema::Relation(_)) => Err(Error::invalid(format!(
                "“{path}” is a relation of “{}”; name one of its fields, as in “{path}:…”.",
                here.name
            ))),
            None => Err(unknown(path, path.column(), here)),
        }
    }
}

fn own_column<'c>(collection: &'c Collection, name: &str) -> Result<&'c Column> {
    collection.column(name).ok_or_else(|| unknown(&name.into(), name, collection))
}

fn unknown(path: &FieldPath, name: &str, collection: &Collection) -> Error {
    let names: Vec<&str> = collection.fields.keys().map(String::as_str).collect();
    let place = if path.is_own() { String::new() } else { format!("“{path}”: ") };
    Error::invalid(format!("{place}“{}” has no field “{name}”. It has: {}.", collection.name, names.join(", ")))
}

fn check_leaf(field: &FieldPath, column: &Column, operator: Operator, value: &mut Value) -> Result<()> {
    if !operator.allowed_on(&column.column_type) {
        let names: Vec<&str> = column.operators().into_iter().map(Operator::name).collect();
        return Err(Error::invalid(format!(
            "“{field}” cannot be tested with “{}”. It can with: {}.",
            operator.name(),
            names.join(", ")
        )));
    }
    match operator.operand(&column.column_type) {
        None => {
            *value = Value::Null;
            Ok(())
        }
        Some(_) if value.is_null() => match operator {
            Operator::Equal | Operator::NotEqual => Ok(()),
            _ => Err(Error::invalid(format!("“{}” on “{field}” needs a value.", operator.name()))),
        },
        Some(operand) => {
            fit(value, &operand).map_err(|message| Error::invalid(format!("The condition on “{field}”: {message}")))
        }
    }
}

/// Makes a value one of this type, where that loses nothing.
pub(crate) fn fit(value: &mut Value, column: &ColumnType) -> Result<(), String> {
    let fitting = match (column, &mut *value) {
        (_, Value::Null)
        | (ColumnType::Boolean, Value::Bool(_))
        | (ColumnType::Integer, Value::Int(_))
        | (ColumnType::Float | ColumnType::Decimal, Value::Int(_) | Value::Float(_) | Value::Decimal(_))
        | (ColumnType::Text, Value::Text(_))
        | (ColumnType::Date, Value::Date(_))
        | (ColumnType::Time, Value::Time(_))
        | (ColumnType::DateTime, Value::DateTime(_))
        | (ColumnType::Timestamp, Value::Timestamp(_))
        | (ColumnType::Uuid, Value::Uuid(_))
        | (ColumnType::Json, Value::Json(_))
        | (ColumnType::Binary, Value::Bytes(_)) => return Ok(()),
        (ColumnType::Integer, Value::Decimal(decimal)) if decimal.is_integer() => return Ok(()),
        (ColumnType::Enum(values), Value::Text(text)) if values.contains(text) => return Ok(()),
        (ColumnType::List(item), Value::List(items)) => return items.iter_mut().try_for_each(|value| fit(value, item)),
        (ColumnType::Json, other) => Some(Value::Json(other.to_json())),
        (ColumnType::Timestamp, Value::DateTime(at)) => Some(Value::Timestamp(at.and_utc())),
        (ColumnType::DateTime, Value::Timestamp(at)) => Some(Value::DateTime(at.naive_utc())),
        (column, Value::Text(text)) => Value::parse(text, column),
        (column, Value::Float(_)) => Value::from_json(&value.to_json(), column).ok(),
        _ => None,
    };
    let Some(fitting) = fitting else {
        return Err(format!(
            "“{}” is not {}.",
            value.to_text().chars().take(40).collect::<String>(),
            column.in_words()
        ));
    };
    *value = fitting;
    Ok(())
}
