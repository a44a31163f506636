//! SQLite, by its pragma functions.

use levers_model::{Column, ColumnType, DefaultValue};
use sqlx::{Row as _, SqlitePool};

use super::{is_number, literal_default, unquote};
use crate::catalog::{ForeignKey, Storage, Table, TableColumn, TableId};

const TABLES: &str = "SELECT name, type FROM pragma_table_list \
    WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
const COLUMNS: &str = "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid";
const UNIQUE: &str = "SELECT l.name AS key, i.name AS column_name FROM pragma_index_list(?) l, pragma_index_info(l.name) i \
    WHERE l.\"unique\" = 1 AND l.partial = 0 AND l.origin <> 'pk' ORDER BY l.seq, i.seqno";
const FOREIGN_KEYS: &str = "SELECT id, \"table\" AS target, \"from\" AS source, \"to\" AS target_column FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq";

/// All tables and views.
pub(crate) async fn tables(pool: &SqlitePool) -> Result<Vec<Table>, sqlx::Error> {
    let mut tables = Vec::new();
    for row in sqlx::query(TABLES).fetch_all(pool).await? {
        let name: String = row.try_get("name")?;
        let is_view = row.try_get::<String, _>("type")? == "view";
        match table(pool, name.clone(), is_view).await {
            Ok(table) => tables.push(table),
            // A view of a table that was dropped cannot be read by anybody.
            Err(failure) if is_view => tracing::warn!(view = name, %failure, "left out: the view cannot be read"),
            Err(failure) => return Err(failure),
        }
    }
    Ok(tables)
}

async fn table(pool: &SqlitePool, name: String, is_view: bool) -> Result<Table, sqlx::Error> {
    let mut table = Table::new(TableId { schema: None, name: name.clone() }, is_view);
    let mut key: Vec<(i64, String)> = Vec::new();
    for row in sqlx::query(COLUMNS).bind(&name).fetch_all(pool).await? {
        // Hidden columns of virtual tables are arguments, not data.
        let hidden: i64 = row.try_get("hidden")?;
        if hidden == 1 {
            continue;
        }
        let name: String = row.try_get("name")?;
        let declared: String = row.try_get("type")?;
        let place: i64 = row.try_get("pk")?;
        let not_null: bool = row.try_get("notnull")?;
        let default: Option<String> = row.try_get("dflt_value")?;
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
    number_rows(pool, &mut table).await?;
    let rows = sqlx::query(UNIQUE).bind(&name).fetch_all(pool).await?;
    let mut unique: Vec<(String, Vec<Option<String>>)> = Vec::new();
    for row in rows {
        let key: String = row.try_get("key")?;
        let column: Option<String> = row.try_get("column_name")?;
        match unique.last_mut() {
            Some((last, columns)) if *last == key => columns.push(column),
            _ => unique.push((key, vec![column])),
        }
    }
    // An index on an expression has no column there and makes no column unique.
    table.unique = unique.into_iter().filter_map(|(_, columns)| columns.into_iter().collect()).collect();
    table.foreign_keys = foreign_keys(pool, &name).await?;
    Ok(table)
}

/// A single key column declared exactly INTEGER is the row's number, which the
/// database fills by itself.
async fn number_rows(pool: &SqlitePool, table: &mut Table) -> Result<(), sqlx::Error> {
    const WITHOUT_ROWID: &str = "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?";
    let [key] = table.primary_key.as_slice() else { return Ok(()) };
    let declared: Option<String> = sqlx::query_scalar("SELECT type FROM pragma_table_xinfo(?) WHERE name = ?")
        .bind(&table.id.name)
        .bind(key)
        .fetch_optional(pool)
        .await?;
    let without_rowid: Option<bool> =
        sqlx::query_scalar(WITHOUT_ROWID).bind(&table.id.name).fetch_optional(pool).await?;
    let numbers =
        declared.is_some_and(|declared| declared.eq_ignore_ascii_case("INTEGER")) && without_rowid == Some(false);
    if let Some(column) = table.columns.iter_mut().find(|column| numbers && column.name == *key) {
        column.column.default = Some(DefaultValue::Computed);
    }
    Ok(())
}

async fn foreign_keys(pool: &SqlitePool, name: &str) -> Result<Vec<ForeignKey>, sqlx::Error> {
    let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
    for row in sqlx::query(FOREIGN_KEYS).bind(name).fetch_all(pool).await? {
        let id: i64 = row.try_get("id")?;
        let column: String = row.try_get("source")?;
        // Absent when the other table's primary key is meant.
        let target_column: Option<String> = row.try_get("target_column")?;
        match keys.last_mut() {
            Some((last, key)) if *last == id => {
                key.columns.push(column);
                key.target_columns.extend(target_column);
            }
            _ => {
                let target = TableId { schema: None, name: row.try_get("target")? };
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
fn column_type(declared: &str) -> ColumnType {
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
