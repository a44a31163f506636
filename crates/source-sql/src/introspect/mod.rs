//! Reading a database's own description of itself.
//!
//! Plain catalogue queries, one set per dialect. Rejected: `sea-schema`, which
//! describes tables in order to create them again; generated columns, unique
//! indexes that count as keys, domains and the text of types that only the
//! database can spell are not in its model.

pub(crate) mod mysql;
pub(crate) mod postgres;
pub(crate) mod sqlite;

use levers_model::{ColumnType, DefaultValue, Error, Result, Value};

use crate::catalog::{Table, TableId};

/// Which tables become collections.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Only these, when there are any.
    pub(crate) include: Vec<String>,
    /// None of these.
    pub(crate) exclude: Vec<String>,
    /// The tables of these schemas; the first one's keep bare names.
    pub(crate) schemas: Vec<String>,
}

impl Wanted {
    /// Leaves out what is not wanted, and what cannot be worked with.
    ///
    /// # Errors
    /// `Invalid` when a name that should be included does not exist.
    pub(crate) fn choose(&self, tables: Vec<Table>, first_schema: Option<&str>) -> Result<Vec<Table>> {
        let is_named = |name: &String, id: &TableId| match &id.schema {
            Some(schema) if Some(schema.as_str()) != first_schema => *name == format!("{schema}.{}", id.name),
            Some(schema) => *name == id.name || *name == format!("{schema}.{}", id.name),
            None => *name == id.name,
        };
        if let Some(name) = self.include.iter().find(|name| !tables.iter().any(|table| is_named(name, &table.id))) {
            return Err(Error::invalid(format!(
                "There is no table “{name}” in the database. Check the names that are to be included; \
                 tables outside the first schema are written schema.table."
            )));
        }
        let is_wanted = |table: &Table| {
            let any = |names: &[String]| names.iter().any(|name| is_named(name, &table.id));
            (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
        };
        let mut chosen: Vec<Table> = tables.into_iter().filter(is_wanted).collect();
        for table in &mut chosen {
            drop_unspeakable(table);
        }
        chosen.retain(|table| !table.columns.is_empty());
        Ok(chosen)
    }
}

/// A colon separates a relation from its column in every path, so a column with
/// one in its name could not be told from a relation.
fn drop_unspeakable(table: &mut Table) {
    let speakable = |name: &String| !name.contains(':');
    for column in table.columns.iter().filter(|column| !speakable(&column.name)) {
        tracing::warn!(table = table.id.name, column = column.name, "left out: its name has a colon");
    }
    table.columns.retain(|column| speakable(&column.name));
    if !table.primary_key.iter().all(speakable) {
        table.primary_key.clear();
    }
    table.foreign_keys.retain(|key| key.columns.iter().all(speakable));
}

/// A default's text as a value of the column, or `Computed`.
fn literal_default(text: &str, column_type: &ColumnType) -> DefaultValue {
    let scalar = match column_type {
        ColumnType::List(_) => None,
        other => Value::parse(text, other),
    };
    scalar.map_or(DefaultValue::Computed, |value| DefaultValue::Literal(value.to_json()))
}

/// The text inside an SQL string literal.
fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let plain = inner.replace("''", "");
    (!plain.contains('\'')).then(|| inner.replace("''", "'"))
}

/// Whether a default's text is a bare number.
fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
        && text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'))
}
