//! The part of a schema that callers may know.
//!
//! A hidden field is not there for callers: every check of what they name runs
//! against this schema, so no verb has to remember it. What an author wrote works
//! on the whole schema.
//!
//! Rejected: a flag on the model's column. Each door, each built-in action and each
//! verb would have to look at it, and the one that forgets shows the field.

use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{Collection, Error, FieldSchema, Relation, RelationKind, Result};
use levers_ports::CollectionDeclaration;

/// Refuses to hide or protect what is not there, and to hide what records are known by.
pub(crate) fn check(whole: &Collection, declared: Option<&CollectionDeclaration>) -> Result<()> {
    let Some(declared) = declared else { return Ok(()) };
    let name = &whole.name;
    let unknown = |what: &str, field: &str, verb: &str, names: Vec<&str>| {
        Error::invalid(format!("“{name}” has no {what} “{field}” to {verb}. It has: {}.", names.join(", ")))
    };
    for field in &declared.hidden {
        if !whole.fields.contains_key(field) {
            return Err(unknown("field", field, "hide", whole.fields.keys().map(String::as_str).collect()));
        }
        if whole.primary_key.contains(field) {
            return Err(Error::invalid(format!(
                "“{field}” of “{name}” cannot be hidden: it is part of the primary key, by which records are known."
            )));
        }
    }
    for field in &declared.read_only {
        if whole.column(field).is_none() {
            let names = whole.columns().map(|(name, _)| name).collect();
            return Err(unknown("column", field, "make read-only", names));
        }
    }
    Ok(())
}

/// The schema without what is hidden.
pub(crate) fn of(whole: &Arc<Collection>, declared: &IndexMap<String, CollectionDeclaration>) -> Arc<Collection> {
    let fields = whole.fields.iter().filter_map(|(name, field)| {
        if hides(declared, &whole.name, name) {
            return None;
        }
        match field {
            FieldSchema::Column(column) => {
                let mut column = column.clone();
                column.read_only |= declared.get(&whole.name).is_some_and(|known| known.read_only.contains(name));
                Some((name.clone(), FieldSchema::Column(column)))
            }
            FieldSchema::Relation(relation) if tells_hidden(declared, &whole.name, relation) => None,
            FieldSchema::Relation(_) => Some((name.clone(), field.clone())),
        }
    });
    let shown = Collection { fields: fields.collect(), ..(**whole).clone() };
    if shown == **whole { whole.clone() } else { Arc::new(shown) }
}

fn hides(declared: &IndexMap<String, CollectionDeclaration>, collection: &str, field: &str) -> bool {
    declared.get(collection).is_some_and(|known| known.hidden.iter().any(|hidden| hidden == field))
}

/// Whether the records at a relation's end would tell the value of a hidden column.
fn tells_hidden(declared: &IndexMap<String, CollectionDeclaration>, owner: &str, relation: &Relation) -> bool {
    let any = |collection: &str, columns: &[String]| columns.iter().any(|column| hides(declared, collection, column));
    let target = relation.target.as_str();
    match &relation.kind {
        RelationKind::ManyToOne { foreign_key, foreign_key_target } => {
            any(owner, foreign_key) || any(target, foreign_key_target)
        }
        RelationKind::OneToOne { origin_key, origin_key_target }
        | RelationKind::OneToMany { origin_key, origin_key_target } => {
            any(target, origin_key) || any(owner, origin_key_target)
        }
        RelationKind::ManyToMany { through, origin_key, origin_key_target, foreign_key, foreign_key_target } => {
            any(through, origin_key)
                || any(owner, origin_key_target)
                || any(through, foreign_key)
                || any(target, foreign_key_target)
        }
    }
}
