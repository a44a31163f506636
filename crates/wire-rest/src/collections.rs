//! Collections: which there are, and their schemas.

use axum::Json;
use axum::extract::State;
use levers_engine::CollectionEntry;
use levers_model::schema::{FieldSchema, RelationKind};
use levers_model::{Action, ActionKind, Column, ColumnType, DefaultValue, Mode, Relation, Scope};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::extract::{Cx, Parted};
use crate::problem::Problem;

/// The routes of this module.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_collections)).routes(routes!(get_collection))
}

/// All collections that the caller may know of.
#[derive(Serialize, ToSchema)]
struct CollectionList {
    /// By name.
    collections: Vec<CollectionSummary>,
}

/// A collection without its fields.
#[derive(Serialize, ToSchema)]
struct CollectionSummary {
    /// Unique within the server.
    #[schema(example = "companies")]
    name: String,
    /// What people call it; its name when absent.
    #[schema(example = "Companies")]
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// How its records are called, as its author wrote it; records then have a `title`.
    #[schema(example = "{{ record.name }}")]
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Whether records can be neither created, changed nor deleted.
    read_only: bool,
    /// The key's columns in key order; empty for tables without one.
    #[schema(example = json!(["id"]))]
    primary_key: Vec<String>,
    /// Names of segments.
    segments: Vec<String>,
    /// Declared actions, then built-in ones.
    actions: Vec<ActionView>,
}

impl From<&CollectionEntry> for CollectionSummary {
    fn from(entry: &CollectionEntry) -> Self {
        let schema = entry.schema();
        Self {
            name: schema.name.clone(),
            label: entry.label().map(str::to_owned),
            title: entry.title().map(|title| title.template.clone()),
            read_only: schema.read_only,
            primary_key: schema.primary_key.clone(),
            segments: entry.segments().iter().map(|segment| segment.name.clone()).collect(),
            actions: entry.actions().map(|declaration| declaration.action.as_ref().into()).collect(),
        }
    }
}

/// A collection with its fields.
#[derive(Serialize, ToSchema)]
struct CollectionView {
    #[serde(flatten)]
    summary: CollectionSummary,
    /// Columns, in the table's order.
    columns: Vec<ColumnView>,
    /// Ways to other records.
    relations: Vec<RelationView>,
}

/// An action as everybody may know it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActionView {
    /// Names it in paths.
    #[schema(example = "mark-as-live")]
    id: String,
    /// What the button says.
    #[schema(example = "Mark as Live")]
    name: String,
    /// How many records it is about.
    scope: ScopeView,
    /// A sentence shown above the form.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// What the form's button says instead of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    submit_label: Option<String>,
    /// Whether a file may come back.
    generates_file: bool,
    /// Whether a run is answered at its end or at its beginning.
    mode: ModeView,
    /// What its button looks like.
    #[serde(rename = "type")]
    kind: KindView,
    /// Whether nobody had to declare it.
    built_in: bool,
}

impl From<&Action> for ActionView {
    fn from(action: &Action) -> Self {
        Self {
            id: action.id.to_string(),
            name: action.name.clone(),
            scope: action.scope.into(),
            description: action.description.clone(),
            submit_label: action.submit_label.clone(),
            generates_file: action.generates_file,
            mode: action.mode.into(),
            kind: action.kind.into(),
            built_in: action.built_in.is_some(),
        }
    }
}

/// How many records an action is about: exactly one, one or many, or none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ScopeView {
    Single,
    Bulk,
    Global,
}

impl From<Scope> for ScopeView {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Single => Self::Single,
            Scope::Bulk => Self::Bulk,
            Scope::Global => Self::Global,
        }
    }
}

/// Whether a run is answered at its end, or at its beginning with the job in which to look.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ModeView {
    Foreground,
    Background,
}

impl From<Mode> for ModeView {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Foreground => Self::Foreground,
            Mode::Background => Self::Background,
        }
    }
}

/// What an action's button looks like.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum KindView {
    Neutral,
    Success,
    Warning,
    Danger,
}

impl From<ActionKind> for KindView {
    fn from(kind: ActionKind) -> Self {
        match kind {
            ActionKind::Neutral => Self::Neutral,
            ActionKind::Success => Self::Success,
            ActionKind::Warning => Self::Warning,
            ActionKind::Danger => Self::Danger,
        }
    }
}

/// A column.
#[expect(clippy::struct_excessive_bools, reason = "each is a property of its own on the wire")]
#[derive(Serialize, ToSchema)]
struct ColumnView {
    /// Its name.
    #[schema(example = "status")]
    name: String,
    #[serde(flatten)]
    column_type: TypeView,
    /// Whether it may hold no value.
    nullable: bool,
    /// What a new record gets where no value is given: a value, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    /// Whether the database fills it when no value is given.
    has_default: bool,
    /// Whether it cannot be written.
    read_only: bool,
    /// Whether no two records have the same value in it.
    unique: bool,
    /// Whether it is part of the key.
    primary_key: bool,
    /// The longest text that fits, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<u32>,
    /// The operators that a condition on it may use.
    #[schema(example = json!(["equal", "not_equal", "present", "blank", "in"]))]
    operators: Vec<&'static str>,
}

impl ColumnView {
    fn new(name: &str, column: &Column) -> Self {
        let default = match &column.default {
            Some(DefaultValue::Literal(value)) => Some(value.clone()),
            Some(DefaultValue::Computed) | None => None,
        };
        Self {
            name: name.to_owned(),
            column_type: (&column.column_type).into(),
            nullable: column.nullable,
            default,
            has_default: column.default.is_some(),
            read_only: column.read_only,
            unique: column.unique,
            primary_key: column.primary_key,
            max_length: column.max_length,
            operators: column.operators().into_iter().map(levers_model::Operator::name).collect(),
        }
    }
}

/// The type of a column's values.
///
/// JSON carries decimals, days, times, instants and UUIDs as text, binary values as data URIs.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(no_recursion)]
enum TypeView {
    Boolean,
    Integer,
    Float,
    Decimal,
    Text,
    Date,
    Time,
    DateTime,
    Timestamp,
    Uuid,
    Json,
    Binary,
    Enum {
        /// The texts to pick from.
        values: Vec<String>,
    },
    List {
        /// The type of each value.
        item: Box<TypeView>,
    },
}

impl From<&ColumnType> for TypeView {
    fn from(column: &ColumnType) -> Self {
        match column {
            ColumnType::Boolean => Self::Boolean,
            ColumnType::Integer => Self::Integer,
            ColumnType::Float => Self::Float,
            ColumnType::Decimal => Self::Decimal,
            ColumnType::Text => Self::Text,
            ColumnType::Date => Self::Date,
            ColumnType::Time => Self::Time,
            ColumnType::DateTime => Self::DateTime,
            ColumnType::Timestamp => Self::Timestamp,
            ColumnType::Uuid => Self::Uuid,
            ColumnType::Json => Self::Json,
            ColumnType::Binary => Self::Binary,
            ColumnType::Enum(values) => Self::Enum { values: values.clone() },
            ColumnType::List(item) => Self::List { item: Box::new(item.as_ref().into()) },
        }
    }
}

/// A way to other records. Columns are paired in key order.
#[derive(Serialize, ToSchema)]
struct RelationView {
    /// Its name.
    #[schema(example = "customers")]
    name: String,
    /// The collection at the other end.
    #[schema(example = "customers")]
    target: String,
    #[serde(flatten)]
    kind: RelationKindView,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum RelationKindView {
    /// Our columns point at one record of the target.
    ManyToOne {
        /// Our columns.
        foreign_key: Vec<String>,
        /// The target's columns that they equal.
        foreign_key_target: Vec<String>,
    },
    /// One record of the target points at us.
    OneToOne {
        /// The target's columns.
        origin_key: Vec<String>,
        /// Our columns that they equal.
        origin_key_target: Vec<String>,
    },
    /// Many records of the target point at us.
    OneToMany {
        /// The target's columns.
        origin_key: Vec<String>,
        /// Our columns that they equal.
        origin_key_target: Vec<String>,
    },
    /// Records of both are paired in a third collection.
    ManyToMany {
        /// The collection that pairs.
        through: String,
        /// Its columns that point at us.
        origin_key: Vec<String>,
        /// Our columns that they equal.
        origin_key_target: Vec<String>,
        /// Its columns that point at the target.
        foreign_key: Vec<String>,
        /// The target's columns that they equal.
        foreign_key_target: Vec<String>,
    },
}

impl RelationView {
    fn new(name: &str, relation: &Relation) -> Self {
        use RelationKindView as View;
        let kind = match relation.kind.clone() {
            RelationKind::ManyToOne { foreign_key, foreign_key_target } => {
                View::ManyToOne { foreign_key, foreign_key_target }
            }
            RelationKind::OneToOne { origin_key, origin_key_target } => {
                View::OneToOne { origin_key, origin_key_target }
            }
            RelationKind::OneToMany { origin_key, origin_key_target } => {
                View::OneToMany { origin_key, origin_key_target }
            }
            RelationKind::ManyToMany { through, origin_key, origin_key_target, foreign_key, foreign_key_target } => {
                View::ManyToMany { through, origin_key, origin_key_target, foreign_key, foreign_key_target }
            }
        };
        Self { name: name.to_owned(), target: relation.target.clone(), kind }
    }
}

impl From<&CollectionEntry> for CollectionView {
    fn from(entry: &CollectionEntry) -> Self {
        let mut view = Self { summary: entry.into(), columns: Vec::new(), relations: Vec::new() };
        for (name, field) in &entry.schema().fields {
            match field {
                FieldSchema::Column(column) => view.columns.push(ColumnView::new(name, column)),
                FieldSchema::Relation(relation) => view.relations.push(RelationView::new(name, relation)),
            }
        }
        view
    }
}

/// List collections
///
/// All collections that the caller may know of, with their segments and actions.
#[utoipa::path(get, path = "/collections", tag = "collections", responses((status = 200, body = CollectionList, description = "The collections, by name.")))]
async fn list_collections(State(api): State<Api>, Cx(cx): Cx) -> Json<CollectionList> {
    Json(CollectionList { collections: api.engine.describe(&cx).into_iter().map(Into::into).collect() })
}

/// Describe a collection
///
/// Columns with their types and operators, relations, segments, actions.
#[utoipa::path(get, path = "/collections/{collection}", tag = "collections",
    params(("collection" = String, Path, description = "The collection's name.", example = "companies")),
    responses((status = 200, body = CollectionView, description = "The collection's schema.")))]
async fn get_collection(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted(name): Parted<String>,
) -> Result<Json<CollectionView>, Problem> {
    Ok(Json(api.engine.collection(&cx, &name)?.into()))
}
