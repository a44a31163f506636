//! The tables as the rest of the crate works with them: the public collection,
//! and beside it how each column is stored.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{Collection, Error, FieldSchema, Result};
use sea_query::{IntoIden as _, SchemaName, TableName};

use crate::catalog::{Table, TableColumn, TableId};
use crate::relations;

/// A collection and its table.
#[derive(Debug)]
pub(crate) struct Entity {
    pub(crate) collection: Arc<Collection>,
    pub(crate) table: TableName,
    pub(crate) columns: IndexMap<String, TableColumn>,
    pub(crate) auto_increment: Option<String>,
    constraints: HashMap<String, Vec<String>>,
}

impl Entity {
    /// The column of this name.
    ///
    /// # Errors
    /// `Invalid`, listing the names that exist.
    pub(crate) fn column(&self, name: &str) -> Result<&TableColumn> {
        self.columns.get(name).ok_or_else(|| {
            Error::invalid(format!(
                "Column not found: “{}.{name}”. Its columns are {}.",
                self.collection.name,
                join(self.columns.keys())
            ))
        })
    }

    /// The columns that a constraint of this name spans.
    pub(crate) fn constraint_columns(&self, name: &str) -> Option<&[String]> {
        self.constraints.get(name).map(Vec::as_slice)
    }
}

/// A wish to call a relation otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Rename {
    pub(crate) collection: String,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// All collections of a database.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) collections: Vec<Arc<Collection>>,
    entities: IndexMap<String, Entity>,
}

impl Schema {
    /// Names the tables, derives their relations, and makes collections of them.
    /// Tables of `first_schema` keep their bare names.
    pub(crate) fn new(tables: Vec<Table>, first_schema: Option<&str>, read_only: bool) -> Self {
        let name = |id: &TableId| match &id.schema {
            Some(schema) if Some(schema.as_str()) != first_schema => format!("{schema}.{}", id.name),
            _ => id.name.clone(),
        };
        let mut relations = relations::derive(&tables, name);
        let entities = tables.into_iter().map(|table| {
            let name = name(&table.id);
            let found = relations.remove(&name).unwrap_or_default();
            let entity = entity(name.clone(), table, found, read_only);
            (name, entity)
        });
        let entities: IndexMap<_, _> = entities.collect();
        Self { collections: entities.values().map(|entity| Arc::clone(&entity.collection)).collect(), entities }
    }

    /// Gives a relation another name, in its place.
    ///
    /// # Errors
    /// `NotFound` for the collection, `Invalid` for a relation that does not
    /// exist or a name that is taken.
    pub(crate) fn rename_relation(&mut self, Rename { collection, from, to }: &Rename) -> Result<()> {
        let mut renamed = Collection::clone(&self.entity(collection)?.collection);
        if renamed.relation(from).is_none() {
            let names: Vec<&str> = renamed.relations().map(|(name, _)| name).collect();
            let names = names.join(", ");
            return Err(Error::invalid(format!("“{collection}” has no relation “{from}” to rename. It has {names}.")));
        }
        if renamed.fields.contains_key(to) {
            return Err(Error::invalid(format!(
                "The relation “{from}” of “{collection}” cannot be called “{to}”: there is one."
            )));
        }
        let fields = std::mem::take(&mut renamed.fields).into_iter();
        renamed.fields = fields.map(|(name, field)| (if name == *from { to.clone() } else { name }, field)).collect();
        if let Some(entity) = self.entities.get_mut(collection) {
            entity.collection = Arc::new(renamed);
        }
        self.collections = self.entities.values().map(|entity| Arc::clone(&entity.collection)).collect();
        Ok(())
    }

    /// The collection of this name.
    ///
    /// # Errors
    /// `NotFound`, listing the names that exist.
    pub(crate) fn entity(&self, name: &str) -> Result<&Entity> {
        self.entities.get(name).ok_or_else(|| {
            Error::not_found(format!("There is no collection “{name}”. There are {}.", join(self.entities.keys())))
        })
    }
}

fn entity(name: String, mut table: Table, relations: relations::Named, read_only: bool) -> Entity {
    let read_only = read_only || table.is_view || table.primary_key.is_empty();
    for column in &mut table.columns {
        column.column.read_only |= read_only;
        column.column.primary_key = table.primary_key.contains(&column.name);
        column.column.unique = matches!(table.primary_key.as_slice(), [only] if *only == column.name)
            || table.unique.iter().any(|columns| matches!(columns.as_slice(), [only] if *only == column.name));
    }
    let columns = table.columns.iter().map(|column| (column.name.clone(), FieldSchema::Column(column.column.clone())));
    let relations = relations.into_iter().map(|(name, relation)| (name, FieldSchema::Relation(relation)));
    let fields = columns.chain(relations).collect();
    let TableId { schema, name: table_name } = table.id;
    Entity {
        collection: Arc::new(Collection { name, fields, primary_key: table.primary_key, read_only }),
        table: TableName(schema.map(|schema| SchemaName(None, schema.into_iden())), table_name.into_iden()),
        columns: table.columns.into_iter().map(|column| (column.name.clone(), column)).collect(),
        auto_increment: table.auto_increment,
        constraints: table.constraints.into_iter().map(|found| (found.name, found.columns)).collect(),
    }
}

/// Names in a sentence; of many only the first.
fn join<'a>(names: impl Iterator<Item = &'a String>) -> String {
    const MOST: usize = 50;
    let mut shown: Vec<&str> = names.map(String::as_str).take(MOST + 1).collect();
    if shown.len() > MOST {
        shown[MOST] = "others";
    }
    shown.join(", ")
}
