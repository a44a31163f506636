//! Collections for the tests of this crate.

use levers_model::{Collection, Column, ColumnType, FieldSchema, Relation, RelationKind};

use crate::translate::Schemas;

fn column(column_type: ColumnType) -> FieldSchema {
    FieldSchema::Column(Column::new(column_type))
}

fn key(column_type: ColumnType) -> FieldSchema {
    FieldSchema::Column(Column { primary_key: true, nullable: false, ..Column::new(column_type) })
}

fn collection(name: &str, primary_key: &[&str], fields: Vec<(&str, FieldSchema)>) -> Collection {
    Collection {
        name: name.into(),
        fields: fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect(),
        primary_key: primary_key.iter().map(|&key| key.to_owned()).collect(),
        read_only: false,
    }
}

fn relation(target: &str, kind: RelationKind) -> FieldSchema {
    FieldSchema::Relation(Relation { target: target.into(), kind })
}

/// Has a column of every type, a many-to-one and a one-to-many relation.
pub(crate) fn orders() -> Collection {
    let mut fields = vec![
        ("id", key(ColumnType::Integer)),
        ("total", column(ColumnType::Decimal)),
        ("note", FieldSchema::Column(Column { max_length: Some(80), ..Column::new(ColumnType::Text) })),
        ("paid", column(ColumnType::Boolean)),
        ("rate", column(ColumnType::Float)),
        ("day", column(ColumnType::Date)),
        ("hour", column(ColumnType::Time)),
        ("local_at", column(ColumnType::DateTime)),
        ("created_at", column(ColumnType::Timestamp)),
        ("token", column(ColumnType::Uuid)),
        ("data", column(ColumnType::Json)),
        ("scan", column(ColumnType::Binary)),
        ("status", column(ColumnType::Enum(vec!["live".into(), "draft".into()]))),
        ("tags", column(ColumnType::List(Box::new(ColumnType::Text)))),
        ("client_id", FieldSchema::Column(Column { nullable: false, ..Column::new(ColumnType::Integer) })),
    ];
    fields.push((
        "client",
        relation(
            "clients",
            RelationKind::ManyToOne { foreign_key: vec!["client_id".into()], foreign_key_target: vec!["id".into()] },
        ),
    ));
    fields.push((
        "lines",
        relation(
            "lines",
            RelationKind::OneToMany { origin_key: vec!["order_id".into()], origin_key_target: vec!["id".into()] },
        ),
    ));
    collection("orders", &["id"], fields)
}

/// The other end of `orders.client`.
pub(crate) fn clients() -> Collection {
    let orders = RelationKind::OneToMany { origin_key: vec!["client_id".into()], origin_key_target: vec!["id".into()] };
    let fields = vec![
        ("id", key(ColumnType::Integer)),
        ("name", FieldSchema::Column(Column { nullable: false, ..Column::new(ColumnType::Text) })),
        ("orders", relation("orders", orders)),
    ];
    collection("clients", &["id"], fields)
}

/// Has a composite key.
pub(crate) fn pairs() -> Collection {
    let fields =
        vec![("left", key(ColumnType::Integer)), ("right", key(ColumnType::Text)), ("note", column(ColumnType::Text))];
    collection("pairs", &["left", "right"], fields)
}

/// All of them, for as long as the process lives.
pub(crate) fn schemas() -> Schemas<'static> {
    use std::sync::LazyLock;
    static ALL: LazyLock<[Collection; 3]> = LazyLock::new(|| [clients(), orders(), pairs()]);
    static SORTED: LazyLock<Vec<&'static Collection>> = LazyLock::new(|| ALL.iter().collect());
    Schemas::sorted(&SORTED)
}
