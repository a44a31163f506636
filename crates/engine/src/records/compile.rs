//! What a caller narrowed a collection to, and picked from it, as one condition.
//!
//! A source sees conditions only. A million records are a condition here, never
//! a list of ids; 'the tracks of this playlist' is one too.

use indexmap::IndexMap;
use levers_model::query::search_condition;
use levers_model::{
    Collection, Condition, Error, Operator, ParentRecord, Projection, Record, RecordId, Relation, RelationKind,
    RequestFilter, Result, Targets, Value,
};
use levers_ports::{Query, QueryContext};

use crate::engine::Inner;
use crate::records::check::Checker;
use crate::registry::CollectionEntry;

/// Compiles a filter: condition, search and segment.
pub(crate) fn filter(checker: Checker<'_>, entry: &CollectionEntry, filter: RequestFilter) -> Result<Condition> {
    let mut condition = filter.condition.unwrap_or_default();
    checker.condition(&entry.schema, &mut condition)?;
    if let Some(search) = filter.search {
        let target = |name: &str| checker.schema(name).ok().filter(|_| checker.may_read(name));
        condition = condition.and(search_condition(&search.text, search.extended, &entry.schema, target));
    }
    if let Some(name) = filter.segment {
        let segment = entry.segments.iter().find(|segment| segment.name == name).ok_or_else(|| {
            let names: Vec<&str> = entry.segments.iter().map(|segment| segment.name.as_str()).collect();
            let there_are =
                if names.is_empty() { "It has none.".to_owned() } else { format!("It has: {}.", names.join(", ")) };
            Error::invalid(format!("“{}” has no segment “{name}”. {there_are}", entry.name()))
        })?;
        condition = condition.and(segment.condition.clone());
    }
    Ok(condition)
}

/// Compiles what was picked from a filtered list.
pub(crate) fn picked(
    checker: Checker<'_>,
    entry: &CollectionEntry,
    narrowed: &RequestFilter,
    targets: &Targets,
) -> Result<Condition> {
    let narrowed = filter(checker, entry, narrowed.clone())?;
    Ok(match targets {
        Targets::None => narrowed,
        Targets::Ids(ids) => narrowed.and(one_of(&entry.schema, ids)?),
        Targets::AllExcept(ids) if ids.is_empty() => narrowed,
        Targets::AllExcept(ids) => narrowed.and(none_of(&entry.schema, ids)?),
    })
}

/// Holds for the records of `entry` that a parent's relation leads to. A parent
/// that does not exist has none.
pub(crate) async fn related(
    checker: Checker<'_>,
    inner: &Inner,
    cx: &QueryContext,
    entry: &CollectionEntry,
    parent: &ParentRecord,
) -> Result<Condition> {
    let (owner, relation) = relation_of(inner, entry, parent)?;
    if !checker.may_read(owner.name()) {
        return Err(Error::forbidden(format!("You don't have permission to read “{}”.", owner.name())));
    }
    let names = parent_columns(&relation.kind);
    if let Some(values) = values_in_key(&owner.schema, &parent.id, names) {
        return Ok(linked(&relation.kind, &values));
    }
    let query = Query {
        condition: is_record(&owner.schema, &parent.id)?,
        projection: Projection::new(names.iter().map(String::as_str)),
        ..Query::default()
    };
    let record = owner.source.list(cx, owner.name(), &query).await?.into_iter().next();
    Ok(record.map_or_else(Condition::never, |record| linked(&relation.kind, &values_of(&record, names))))
}

/// The parent's collection, and its relation, which must lead to `entry`.
fn relation_of<'a>(
    inner: &'a Inner,
    entry: &CollectionEntry,
    parent: &ParentRecord,
) -> Result<(&'a CollectionEntry, &'a Relation)> {
    let owner = inner.entry(&parent.collection)?;
    let relation = relation_to(&owner.schema, &parent.relation, entry.name())?;
    Ok((owner, relation))
}

/// A collection's relation of this name, which must lead to `target`.
pub(crate) fn relation_to<'a>(owner: &'a Collection, name: &str, target: &str) -> Result<&'a Relation> {
    let Some(relation) = owner.relation(name) else {
        let names: Vec<&str> = owner.relations().map(|(name, _)| name).collect();
        return Err(Error::not_found(format!(
            "“{}” has no relation “{name}”. It has: {}.",
            owner.name,
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        )));
    };
    if relation.target == target {
        return Ok(relation);
    }
    Err(Error::invalid(format!("“{}” of “{}” leads to “{}”, not to “{target}”.", name, owner.name, relation.target)))
}

/// The parent's columns that decide which records are related to it.
pub(crate) fn parent_columns(kind: &RelationKind) -> &[String] {
    match kind {
        RelationKind::ManyToOne { foreign_key, .. } => foreign_key,
        RelationKind::OneToOne { origin_key_target, .. }
        | RelationKind::OneToMany { origin_key_target, .. }
        | RelationKind::ManyToMany { origin_key_target, .. } => origin_key_target,
    }
}

/// Holds for the records that are related to a parent with these values in its [`parent_columns`].
pub(crate) fn linked(kind: &RelationKind, parent: &[Value]) -> Condition {
    // Null is equal to null for a condition, but no foreign key leads anywhere with it.
    if parent.iter().any(Value::is_null) {
        return Condition::never();
    }
    match kind {
        RelationKind::ManyToOne { foreign_key_target: columns, .. }
        | RelationKind::OneToOne { origin_key: columns, .. }
        | RelationKind::OneToMany { origin_key: columns, .. } => all_equal(columns, parent),
        RelationKind::ManyToMany { through, origin_key, foreign_key, foreign_key_target, .. } => Condition::Exists {
            collection: through.clone(),
            pairs: foreign_key.iter().cloned().zip(foreign_key_target.iter().cloned()).collect(),
            condition: Box::new(all_equal(origin_key, parent)),
        },
    }
}

/// Each column has its value.
pub(crate) fn all_equal(columns: &[String], values: &[Value]) -> Condition {
    let equal = |(column, value): (&String, &Value)| Condition::leaf(column.as_str(), Operator::Equal, value.clone());
    match (columns, values) {
        ([column], [value]) => equal((column, value)),
        _ => Condition::And(columns.iter().zip(values).map(equal).collect()),
    }
}

/// A record's values of these columns.
pub(crate) fn values_of(record: &Record, columns: &[String]) -> Vec<Value> {
    columns.iter().map(|column| record.get(column).cloned().unwrap_or(Value::Null)).collect()
}

/// The values of these columns, when they are all part of the key.
fn values_in_key(collection: &Collection, id: &RecordId, columns: &[String]) -> Option<Vec<Value>> {
    let value = |column: &String| {
        let place = collection.primary_key.iter().position(|key| key == column)?;
        id.0.get(place).cloned()
    };
    columns.iter().map(value).collect()
}

/// Holds for the record of this id.
pub(crate) fn is_record(collection: &Collection, id: &RecordId) -> Result<Condition> {
    check_id(collection, id)?;
    Ok(all_equal(&collection.primary_key, &id.0))
}

/// Holds for the records of these ids.
pub(crate) fn one_of(collection: &Collection, ids: &[RecordId]) -> Result<Condition> {
    if let [id] = ids {
        return is_record(collection, id);
    }
    ids.iter().try_for_each(|id| check_id(collection, id))?;
    if ids.is_empty() {
        return Ok(Condition::never());
    }
    if let Some(key) = listable_key(collection) {
        return Ok(Condition::leaf(key, Operator::In, key_values(ids)));
    }
    one_of_composite(collection, ids)
}

/// The most tests of whole keys in one condition. What a database spends on reading them grows
/// with the square of their number, and each of their values is a parameter of the statement.
const MOST_KEYS: usize = 2_000;

/// Keys that differ in one column only become one list of that column's values: picked records
/// of a join table usually have a parent in common.
fn one_of_composite(collection: &Collection, ids: &[RecordId]) -> Result<Condition> {
    let keys = &collection.primary_key;
    let listable = |at: &usize| {
        keys.get(*at)
            .and_then(|key| collection.column(key))
            .is_some_and(|column| Operator::In.allowed_on(&column.column_type))
    };
    let grouped = (0..keys.len()).filter(listable).map(|at| (at, alike_but_for(at, ids)));
    let Some((at, groups)) = grouped.min_by_key(|(_, groups)| groups.len()) else {
        return Ok(Condition::Or(ids.iter().map(|id| all_equal(keys, &id.0)).collect()));
    };
    if groups.len() > MOST_KEYS {
        return Err(Error::too_large(format!(
            "At most {MOST_KEYS} records of “{}” can be picked by their ids when these have no part in common; there \
             were {}. Select fewer, or all that match a filter.",
            collection.name,
            groups.len()
        )));
    }
    let condition = |ids: Vec<&RecordId>| {
        let leaf = |(column, (place, value)): (&String, (usize, &Value))| {
            if place == at && ids.len() > 1 {
                let values = ids.iter().filter_map(|id| id.0.get(at).cloned()).collect();
                Condition::leaf(column.as_str(), Operator::In, Value::List(values))
            } else {
                Condition::leaf(column.as_str(), Operator::Equal, value.clone())
            }
        };
        let first = ids.first().map_or(&[][..], |id| id.0.as_slice());
        Condition::And(keys.iter().zip(first.iter().enumerate()).map(leaf).collect())
    };
    let mut conditions: Vec<Condition> = groups.into_values().map(condition).collect();
    Ok(if conditions.len() == 1 { conditions.remove(0) } else { Condition::Or(conditions) })
}

/// Ids whose values are the same in all places but one.
fn alike_but_for(place: usize, ids: &[RecordId]) -> IndexMap<Vec<String>, Vec<&RecordId>> {
    let mut groups: IndexMap<_, Vec<_>> = IndexMap::new();
    for id in ids {
        let others = id.0.iter().enumerate().filter(|(at, _)| *at != place);
        groups.entry(others.map(|(_, value)| value.to_text()).collect()).or_default().push(id);
    }
    groups
}

/// Holds for all records but those of these ids.
fn none_of(collection: &Collection, ids: &[RecordId]) -> Result<Condition> {
    match listable_key(collection) {
        Some(key) if ids.len() > 1 => {
            ids.iter().try_for_each(|id| check_id(collection, id))?;
            Ok(Condition::leaf(key, Operator::NotIn, key_values(ids)))
        }
        _ => Ok(one_of(collection, ids)?.negate()),
    }
}

/// The key's only column, when it can be tested against a list.
fn listable_key(collection: &Collection) -> Option<&str> {
    let [key] = collection.primary_key.as_slice() else { return None };
    collection.column(key).filter(|column| Operator::In.allowed_on(&column.column_type)).map(|_| key.as_str())
}

fn key_values(ids: &[RecordId]) -> Value {
    Value::List(ids.iter().flat_map(|id| id.0.iter().cloned()).collect())
}

fn check_id(collection: &Collection, id: &RecordId) -> Result<()> {
    let expected = collection.primary_key.len();
    if expected == 0 {
        return Err(Error::refused(format!(
            "Records of “{}” cannot be picked, because it has no primary key.",
            collection.name
        )));
    }
    if id.0.len() == expected {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "“{id}” is not an id of “{}”: expected {expected} values, found {}.",
        collection.name,
        id.0.len()
    )))
}
