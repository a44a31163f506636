//! Relations in the schema file. Of composite keys, which the protocol does not
//! know in relations, the first column stands for all.

use levers_model::{Collection, Column, Relation, RelationKind};
use serde_json::{Value as Json, json};

use super::field::{default_value, is_filterable, validations};
use crate::translate::{Schemas, column_type, is_sortable};

/// `None` for a relation whose columns are not there, which no source yields.
pub(super) fn relation(name: &str, relation: &Relation, schema: &Collection, schemas: &Schemas<'_>) -> Option<Json> {
    let target = schemas.get(&relation.target)?;
    let kind = &relation.kind;
    let first = |keys: &'_ [String]| keys.first().cloned();
    // The column whose type, order and rules the field has, and the target's column that it refers to.
    let (column, referred): (&Column, String) = match kind {
        RelationKind::ManyToOne { foreign_key, foreign_key_target } => {
            (schema.column(foreign_key.first()?)?, first(foreign_key_target)?)
        }
        // Agents refer to the column of ours here, under the target's name.
        RelationKind::OneToOne { origin_key, origin_key_target } => {
            (target.column(origin_key.first()?)?, first(origin_key_target)?)
        }
        RelationKind::OneToMany { origin_key_target, .. } => {
            (schema.column(origin_key_target.first()?)?, first(origin_key_target)?)
        }
        RelationKind::ManyToMany { foreign_key_target, .. } => {
            (target.column(foreign_key_target.first()?)?, first(foreign_key_target)?)
        }
    };
    let is_many_to_one = matches!(kind, RelationKind::ManyToOne { .. });
    let own_type = column_type(&column.column_type);
    Some(json!({
        "defaultValue": if is_many_to_one { default_value(column) } else { Json::Null },
        "enums": null,
        "field": name,
        "integration": null,
        "inverseOf": inverse(relation, schema, target),
        "isFilterable": relation.is_to_one() && target.columns().any(|(_, column)| is_filterable(column)),
        "isPrimaryKey": false,
        "isReadOnly": is_read_only(kind, schema, target, schemas),
        "isRequired": is_many_to_one && column.required(),
        "isSortable": !relation.is_to_one() || is_sortable(&column.column_type),
        "isVirtual": false,
        "reference": format!("{}.{referred}", target.name),
        "relationship": match kind {
            RelationKind::ManyToOne { .. } => "BelongsTo",
            RelationKind::OneToOne { .. } => "HasOne",
            RelationKind::OneToMany { .. } => "HasMany",
            RelationKind::ManyToMany { .. } => "BelongsToMany",
        },
        "type": if relation.is_to_one() { own_type } else { json!([own_type]) },
        "validations": if is_many_to_one { validations(column) } else { Vec::new() },
    }))
}

/// Whether the columns that make the link cannot be written.
fn is_read_only(kind: &RelationKind, schema: &Collection, target: &Collection, schemas: &Schemas<'_>) -> bool {
    let locked = |keys: &[String], owner: &Collection| {
        keys.iter().any(|key| owner.column(key).is_none_or(|column| column.read_only))
    };
    match kind {
        RelationKind::ManyToOne { foreign_key, .. } => locked(foreign_key, schema),
        RelationKind::OneToOne { origin_key, .. } | RelationKind::OneToMany { origin_key, .. } => {
            locked(origin_key, target)
        }
        RelationKind::ManyToMany { through, origin_key, foreign_key, .. } => {
            schemas.get(through).is_none_or(|through| locked(origin_key, through) || locked(foreign_key, through))
        }
    }
}

/// The target's relation that is this one seen from the other end.
fn inverse<'a>(relation: &Relation, schema: &Collection, target: &'a Collection) -> Option<&'a str> {
    let back = |other: &Relation| other.target == schema.name && are_inverse(&relation.kind, &other.kind);
    target.relations().find(|(_, other)| back(other)).map(|(name, _)| name)
}

fn are_inverse(one: &RelationKind, other: &RelationKind) -> bool {
    use RelationKind as K;
    match (one, other) {
        (
            K::ManyToOne { foreign_key, foreign_key_target },
            K::OneToOne { origin_key, origin_key_target } | K::OneToMany { origin_key, origin_key_target },
        )
        | (
            K::OneToOne { origin_key, origin_key_target } | K::OneToMany { origin_key, origin_key_target },
            K::ManyToOne { foreign_key, foreign_key_target },
        ) => foreign_key == origin_key && foreign_key_target == origin_key_target,
        (
            K::ManyToMany { through, origin_key, foreign_key, .. },
            K::ManyToMany { through: other_through, origin_key: other_origin, foreign_key: other_foreign, .. },
        ) => through == other_through && origin_key == other_foreign && foreign_key == other_origin,
        _ => false,
    }
}
