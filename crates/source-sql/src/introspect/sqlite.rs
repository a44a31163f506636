//! SQLite, by its pragma functions.

use levers_model::{Column, ColumnType, DefaultValue};
use rusqlite::{Connection, OptionalExtension as _, Result};

use super::{is_number, literal_default, unquote};
use crate::catalog::{ForeignKey, Storage, Table, TableColumn, TableId};

const TABLES: &str = "SELECT name, type FROM pragma_table_list \
    WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
const COLUMNS: &str = "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid";
const UNIQUE: &str = "SELECT l.name AS key, i.name AS column_name FROM pragma_index_list(?) l, pragma_index_info(l.name) i \
    WHERE l.\"unique\" = 1 AND l.partial = 0 AND l.origin <> 'pk' ORDER BY l.seq, i.seqno";
const FOREIGN_KEYS: &str = "SELECT id, \"table\" AS target, \"from\" AS source, \"to\" AS target_column FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq";

/// All tables and views.
pub(crate) fn tables(connection: &Connection) -> Result<Vec<Table>> {
    let mut names = connection.prepare(TABLES)?;
    let names = names.query_map([], |row| Ok((row.get("name")?, row.get::<_, String>("type")? == "view")))?;
    let mut tables = Vec::new();
    for found in names {
        let (name, is_view): (String, bool) = found?;
        match table(connection, &name, is_view) {
            Ok(table) => tables.push(table),
            // A view of a table that was dropped cannot be read by anybody.
            Err(failure) if is_view => tracing::warn!(view = name, %failure, "left out: the view cannot be read"),
            Err(failure) => return Err(failure),
        }
    }
    Ok(tables)
}

fn table(connection: &Connection, name: &str, is_view: bool) -> Result<Table> {
    let mut table = Table::new(TableId { schema: None, name: name.to_owned() }, is_view);
    let mut key: Vec<(i64, String)> = Vec::new();
    let mut columns = connection.prepare_cached(COLUMNS)?;
    let mut columns = columns.query([name])?;
    while let Some(row) = columns.next()? {
        // Hidden columns of virtual tables are arguments, not data.
        let hidden: i64 = row.get("hidden")?;
        if hidden == 1 {
            continue;
        }
        let name: String = row.get("name")?;
        let declared: String = row.get("type")?;
        let place: i64 = row.get("pk")?;
        let not_null: bool = row.get("notnull")?;
        let default: Option<String> = row.get("dflt_value")?;
        if place > 0 {
            key.push((place, name.clone()));
        }
        let column_type = column_type(&declared);
        let column = Column {
            nullable: !not_null && place == 0,
            default: default.and_then(|text| default_value(&text, &column_type)),
            read_only: hidden != 0,
            ..Column::new(column_type)
        };
        table.columns.push(TableColumn { name, column, storage: Storage::default() });
    }
    key.sort();
    table.primary_key = key.into_iter().map(|(_, name)| name).collect();
    number_rows(connection, &mut table)?;
    table.unique = unique(connection, name)?;
    table.foreign_keys = foreign_keys(connection, name)?;
    Ok(table)
}

fn unique(connection: &Connection, name: &str) -> Result<Vec<Vec<String>>> {
    let mut unique: Vec<(String, Vec<Option<String>>)> = Vec::new();
    let mut rows = connection.prepare_cached(UNIQUE)?;
    let mut rows = rows.query([name])?;
    while let Some(row) = rows.next()? {
        let key: String = row.get("key")?;
        let column: Option<String> = row.get("column_name")?;
        match unique.last_mut() {
            Some((last, columns)) if *last == key => columns.push(column),
            _ => unique.push((key, vec![column])),
        }
    }
    // An index on an expression has no column there and makes no column unique.
    Ok(unique.into_iter().filter_map(|(_, columns)| columns.into_iter().collect()).collect())
}

/// A single key column declared exactly INTEGER is the row's number, which the
/// database fills by itself.
fn number_rows(connection: &Connection, table: &mut Table) -> Result<()> {
    const DECLARED: &str = "SELECT type FROM pragma_table_xinfo(?) WHERE name = ?";
    const WITHOUT_ROWID: &str = "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?";
    let [key] = table.primary_key.as_slice() else { return Ok(()) };
    let declared: Option<String> =
        connection.query_row(DECLARED, [&table.id.name, key], |row| row.get(0)).optional()?;
    let without_rowid: Option<bool> =
        connection.query_row(WITHOUT_ROWID, [&table.id.name], |row| row.get(0)).optional()?;
    let numbers =
        declared.is_some_and(|declared| declared.eq_ignore_ascii_case("INTEGER")) && without_rowid == Some(false);
    if let Some(column) = table.columns.iter_mut().find(|column| numbers && column.name == *key) {
        column.column.default = Some(DefaultValue::Computed);
    }
    Ok(())
}

fn foreign_keys(connection: &Connection, name: &str) -> Result<Vec<ForeignKey>> {
    let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
    let mut rows = connection.prepare_cached(FOREIGN_KEYS)?;
    let mut rows = rows.query([name])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get("id")?;
        let column: String = row.get("source")?;
        // Absent when the other table's primary key is meant.
        let target_column: Option<String> = row.get("target_column")?;
        match keys.last_mut() {
            Some((last, key)) if *last == id => {
                key.columns.push(column);
                key.target_columns.extend(target_column);
            }
            _ => {
                let target = TableId { schema: None, name: row.get("target")? };
                let key =
                    ForeignKey { columns: vec![column], target, target_columns: target_column.into_iter().collect() };
                keys.push((id, key));
            }
        }
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

/// The type that a declaration means. SQLite itself only cares for parts of
/// the word, and so must we: people declare what their program understands.
pub(crate) fn column_type(declared: &str) -> ColumnType {
    let upper = declared.to_ascii_uppercase();
    let word = upper.split('(').next().unwrap_or_default().trim();
    let has = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
    match word {
        "TINYINT" if upper.replace(' ', "") == "TINYINT(1)" => ColumnType::Boolean,
        "DATE" => ColumnType::Date,
        _ if has(&["BOOL"]) => ColumnType::Boolean,
        _ if has(&["TIMESTAMP"]) => ColumnType::Timestamp,
        _ if has(&["DATETIME"]) => ColumnType::DateTime,
        _ if word == "TIME" || word.starts_with("TIME ") => ColumnType::Time,
        _ if has(&["UUID", "GUID", "UNIQUEIDENTIFIER"]) => ColumnType::Uuid,
        _ if has(&["JSON"]) => ColumnType::Json,
        _ if has(&["DECIMAL", "NUMERIC", "NUMBER", "MONEY"]) => ColumnType::Decimal,
        _ if has(&["REAL", "FLOA", "DOUB"]) => ColumnType::Float,
        _ if has(&["BLOB", "BINARY", "BYTEA"]) => ColumnType::Binary,
        _ if has(&["CHAR", "CLOB", "TEXT", "STRING"]) => ColumnType::Text,
        _ if has(&["INT", "SERIAL"]) => ColumnType::Integer,
        _ => ColumnType::Text,
    }
}

fn default_value(text: &str, column_type: &ColumnType) -> Option<DefaultValue> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("NULL") {
        return None;
    }
    if let Some(inner) = unquote(text) {
        return Some(literal_default(&inner, column_type));
    }
    let is_bool = text.eq_ignore_ascii_case("TRUE") || text.eq_ignore_ascii_case("FALSE");
    Some(if is_bool || is_number(text) { literal_default(text, column_type) } else { DefaultValue::Computed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn declarations_mean_what_people_mean() {
        for (declared, expected) in [
            ("INTEGER", ColumnType::Integer),
            ("NVARCHAR(160)", ColumnType::Text),
            ("NUMERIC(10,2)", ColumnType::Decimal),
            ("TINYINT(1)", ColumnType::Boolean),
            ("tinyint", ColumnType::Integer),
            ("DOUBLE PRECISION", ColumnType::Float),
            ("timestamp with time zone", ColumnType::Timestamp),
            ("DATETIME", ColumnType::DateTime),
            ("TIME", ColumnType::Time),
            ("VARBINARY(16)", ColumnType::Binary),
            ("", ColumnType::Text),
        ] {
            assert_eq!(column_type(declared), expected, "{declared}");
        }
    }

    #[test]
    fn defaults_are_read() {
        assert_eq!(default_value("'it''s'", &ColumnType::Text), Some(DefaultValue::Literal(json!("it's"))));
        assert_eq!(default_value("0", &ColumnType::Boolean), Some(DefaultValue::Literal(json!(false))));
        assert_eq!(default_value("CURRENT_TIMESTAMP", &ColumnType::DateTime), Some(DefaultValue::Computed));
        assert_eq!(default_value("NULL", &ColumnType::Text), None);
    }
}
