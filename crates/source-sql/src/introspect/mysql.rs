//! MySQL and MariaDB, by the information schema.
//!
//! Names come back in whatever case the server feels like, and text columns as
//! bytes, so each query names and casts what it selects.

use std::collections::HashMap;

use levers_model::{Column, ColumnType, ConstraintKind, DefaultValue};
use sqlx::mysql::MySqlRow;
use sqlx::{MySqlPool, Row as _};

use super::{is_number, literal_default, unquote};
use crate::catalog::{ForeignKey, NamedConstraint, Read, Storage, Table, TableColumn, TableId};
use crate::dialect::{MySqlServer, SINGLE};

const TABLES: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS name, TABLE_TYPE LIKE '%VIEW' AS is_view FROM information_schema.TABLES \
    WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED') ORDER BY TABLE_NAME";

const COLUMNS: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS table_name, CAST(COLUMN_NAME AS CHAR) AS name, CAST(DATA_TYPE AS CHAR) AS data_type, \
    CAST(COLUMN_TYPE AS CHAR) AS column_type, IS_NULLABLE = 'YES' AS nullable, CAST(COLUMN_DEFAULT AS CHAR) AS expression, \
    CAST(EXTRA AS CHAR) AS extra, CAST(CHARACTER_MAXIMUM_LENGTH AS SIGNED) AS longest \
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, ORDINAL_POSITION";

const INDEXES: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS table_name, CAST(INDEX_NAME AS CHAR) AS name, CAST(COLUMN_NAME AS CHAR) AS column_name, \
    SUB_PART IS NOT NULL AS partial FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND NON_UNIQUE = 0 \
    ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";

const FOREIGN_KEYS: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS table_name, CAST(CONSTRAINT_NAME AS CHAR) AS name, \
    CAST(COLUMN_NAME AS CHAR) AS column_name, CAST(REFERENCED_TABLE_NAME AS CHAR) AS target, \
    CAST(REFERENCED_COLUMN_NAME AS CHAR) AS target_column FROM information_schema.KEY_COLUMN_USAGE \
    WHERE TABLE_SCHEMA = ? AND REFERENCED_TABLE_SCHEMA = TABLE_SCHEMA ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION";

/// MariaDB's JSON is a text with this check.
const JSON_CHECKS: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS table_name, CAST(CONSTRAINT_NAME AS CHAR) AS name, \
    CAST(CHECK_CLAUSE AS CHAR) AS clause FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ?";

/// What the server is.
pub(crate) async fn server(pool: &MySqlPool) -> Result<MySqlServer, sqlx::Error> {
    let version: String = sqlx::query_scalar("SELECT CAST(VERSION() AS CHAR)").fetch_one(pool).await?;
    let mariadb = version.to_ascii_lowercase().contains("mariadb");
    let mut numbers = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let numbers = [numbers.next(), numbers.next(), numbers.next()].map(Option::unwrap_or_default);
    let since = if mariadb { [10, 6, 0] } else { [8, 0, 4] };
    Ok(MySqlServer { mariadb, json_table: numbers >= since })
}

/// The database that the connection is in.
pub(crate) async fn current_database(pool: &MySqlPool) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT CAST(DATABASE() AS CHAR)").fetch_one(pool).await
}

/// All tables and views of these databases, which MySQL also calls schemas.
pub(crate) async fn tables(
    pool: &MySqlPool,
    schemas: &[String],
    server: MySqlServer,
) -> Result<Vec<Table>, sqlx::Error> {
    let mut tables = Vec::new();
    for schema in schemas {
        tables.extend(of_schema(pool, schema, server).await?);
    }
    Ok(tables)
}

async fn of_schema(pool: &MySqlPool, schema: &str, server: MySqlServer) -> Result<Vec<Table>, sqlx::Error> {
    let mut tables: Vec<Table> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in sqlx::query(TABLES).bind(schema).fetch_all(pool).await? {
        let name: String = row.try_get("name")?;
        places.insert(name.clone(), tables.len());
        tables.push(Table::new(TableId { schema: Some(schema.to_owned()), name }, row.try_get("is_view")?));
    }
    let json = if server.mariadb { json_columns(pool, schema).await? } else { Vec::new() };
    for row in sqlx::query(COLUMNS).bind(schema).fetch_all(pool).await? {
        let table_name: String = row.try_get("table_name")?;
        let Some(place) = places.get(&table_name) else { continue };
        let column = column(&row, server, |name| json.contains(&(table_name.clone(), name.to_owned())))?;
        if row.try_get::<String, _>("extra")?.contains("auto_increment") {
            tables[*place].auto_increment = Some(column.name.clone());
        }
        tables[*place].columns.push(column);
    }
    indexes(pool, schema, &mut tables, &places).await?;
    foreign_keys(pool, schema, &mut tables, &places).await?;
    Ok(tables)
}

async fn json_columns(pool: &MySqlPool, schema: &str) -> Result<Vec<(String, String)>, sqlx::Error> {
    let mut columns = Vec::new();
    for row in sqlx::query(JSON_CHECKS).bind(schema).fetch_all(pool).await? {
        let clause: String = row.try_get("clause")?;
        let name: String = row.try_get("name")?;
        if clause.to_ascii_lowercase().starts_with("json_valid(") {
            columns.push((row.try_get("table_name")?, name));
        }
    }
    Ok(columns)
}

async fn indexes(
    pool: &MySqlPool,
    schema: &str,
    tables: &mut [Table],
    places: &HashMap<String, usize>,
) -> Result<(), sqlx::Error> {
    let mut found: Vec<(usize, String, Vec<Option<String>>)> = Vec::new();
    for row in sqlx::query(INDEXES).bind(schema).fetch_all(pool).await? {
        let Some(place) = places.get(&row.try_get::<String, _>("table_name")?) else { continue };
        let name: String = row.try_get("name")?;
        // A column in part, or an expression, makes no column unique.
        let column: Option<String> = row.try_get("column_name")?;
        let column = column.filter(|_| !row.try_get("partial").unwrap_or(true));
        match found.last_mut() {
            Some((last, last_name, columns)) if *last == *place && *last_name == name => columns.push(column),
            _ => found.push((*place, name, vec![column])),
        }
    }
    for (place, name, columns) in found {
        let table = &mut tables[place];
        let whole: Option<Vec<String>> = columns.iter().cloned().collect();
        match whole {
            Some(columns) if name == "PRIMARY" => table.primary_key = columns,
            Some(columns) => table.unique.push(columns),
            None => {}
        }
        let columns = columns.into_iter().flatten().collect();
        table.constraints.push(NamedConstraint { name, kind: ConstraintKind::Unique, columns });
    }
    Ok(())
}

async fn foreign_keys(
    pool: &MySqlPool,
    schema: &str,
    tables: &mut [Table],
    places: &HashMap<String, usize>,
) -> Result<(), sqlx::Error> {
    let mut last: Option<(usize, String)> = None;
    for row in sqlx::query(FOREIGN_KEYS).bind(schema).fetch_all(pool).await? {
        let Some(place) = places.get(&row.try_get::<String, _>("table_name")?) else { continue };
        let name: String = row.try_get("name")?;
        let table = &mut tables[*place];
        if last.as_ref() != Some(&(*place, name.clone())) {
            let target = TableId { schema: Some(schema.to_owned()), name: row.try_get("target")? };
            table.foreign_keys.push(ForeignKey { columns: vec![], target, target_columns: vec![] });
            table.constraints.push(NamedConstraint {
                name: name.clone(),
                kind: ConstraintKind::ForeignKey,
                columns: vec![],
            });
            last = Some((*place, name));
        }
        let column: String = row.try_get("column_name")?;
        if let (Some(key), Some(constraint)) = (table.foreign_keys.last_mut(), table.constraints.last_mut()) {
            key.columns.push(column.clone());
            key.target_columns.push(row.try_get("target_column")?);
            constraint.columns.push(column);
        }
    }
    Ok(())
}

fn column(row: &MySqlRow, server: MySqlServer, is_json: impl Fn(&str) -> bool) -> Result<TableColumn, sqlx::Error> {
    let name: String = row.try_get("name")?;
    let data_type: String = row.try_get("data_type")?;
    let declared: String = row.try_get("column_type")?;
    let extra = row.try_get::<String, _>("extra")?.to_ascii_lowercase();
    let longest: Option<i64> = row.try_get("longest")?;
    let (mut column_type, storage) = column_type(&data_type.to_ascii_lowercase(), &declared, server);
    if column_type == ColumnType::Text && data_type.eq_ignore_ascii_case("longtext") && is_json(&name) {
        column_type = ColumnType::Json;
    }
    let generated =
        extra.contains("virtual generated") || extra.contains("stored generated") || extra.contains("persistent");
    let expression: Option<String> = row.try_get("expression")?;
    let default = match expression {
        _ if extra.contains("auto_increment") => Some(DefaultValue::Computed),
        Some(text) if !generated => default_value(&text, &column_type, server, extra.contains("default_generated")),
        _ => None,
    };
    // Nothing makes the value of such a text again.
    let is_made = matches!(storage.read, Read::Through(_));
    let column = Column {
        nullable: row.try_get("nullable")?,
        default,
        read_only: generated || is_made,
        max_length: longest
            .filter(|_| column_type == ColumnType::Text && !is_made)
            .and_then(|longest| u32::try_from(longest).ok()),
        ..Column::new(column_type)
    };
    Ok(TableColumn { name, column, storage })
}

fn column_type(data_type: &str, declared: &str, server: MySqlServer) -> (ColumnType, Storage) {
    let declared_lower = declared.to_ascii_lowercase();
    let unsigned = declared_lower.contains("unsigned");
    let through = |function| (ColumnType::Text, Storage { read: Read::Through(function), ..Storage::default() });
    let plain = |column_type| (column_type, Storage { unsigned, ..Storage::default() });
    match data_type {
        "tinyint" if declared_lower.starts_with("tinyint(1)") => (ColumnType::Boolean, Storage::default()),
        "bit" => {
            let column_type = if declared_lower == "bit(1)" { ColumnType::Boolean } else { ColumnType::Integer };
            (column_type, Storage { read: Read::Number, unsigned: true, ..Storage::default() })
        }
        "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" => plain(ColumnType::Integer),
        "year" => (ColumnType::Integer, Storage { unsigned: true, ..Storage::default() }),
        "decimal" | "numeric" => (ColumnType::Decimal, Storage::default()),
        "float" => (ColumnType::Float, Storage { cast: Some(SINGLE.to_owned()), ..Storage::default() }),
        "double" | "real" => (ColumnType::Float, Storage::default()),
        "date" => (ColumnType::Date, Storage::default()),
        "time" => (ColumnType::Time, Storage::default()),
        "datetime" => (ColumnType::DateTime, Storage::default()),
        "timestamp" => (ColumnType::Timestamp, Storage::default()),
        "json" => (ColumnType::Json, Storage::default()),
        "uuid" => (ColumnType::Uuid, Storage { read: Read::Text, ..Storage::default() }),
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            (ColumnType::Binary, Storage::default())
        }
        "enum" => (ColumnType::Enum(enum_values(declared)), Storage::default()),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "set" => {
            (ColumnType::Text, Storage::default())
        }
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
        | "geometrycollection" | "geomcollection" => through("ST_AsText"),
        "vector" => through(if server.mariadb { "VEC_ToText" } else { "VECTOR_TO_STRING" }),
        _ => (ColumnType::Text, Storage { read: Read::Text, ..Storage::default() }),
    }
}

/// The values in `enum('a','it''s')`.
fn enum_values(declared: &str) -> Vec<String> {
    let list = declared.find('(').map_or("", |start| declared[start + 1..].trim_end_matches(')'));
    let mut values = Vec::new();
    let mut characters = list.chars().peekable();
    while characters.find(|character| *character == '\'').is_some() {
        let mut value = String::new();
        while let Some(character) = characters.next() {
            match character {
                '\'' if characters.peek() == Some(&'\'') => {
                    characters.next();
                    value.push('\'');
                }
                '\'' => break,
                other => value.push(other),
            }
        }
        values.push(value);
    }
    values
}

/// MariaDB quotes literal texts and leaves functions bare; MySQL quotes nothing
/// and marks what is an expression.
fn default_value(
    text: &str,
    column_type: &ColumnType,
    server: MySqlServer,
    is_expression: bool,
) -> Option<DefaultValue> {
    if server.mariadb {
        if text.eq_ignore_ascii_case("NULL") {
            return None;
        }
        if let Some(inner) = unquote(text) {
            return Some(literal_default(&inner.replace("\\'", "'"), column_type));
        }
        let is_literal = is_number(text);
        return Some(if is_literal { literal_default(text, column_type) } else { DefaultValue::Computed });
    }
    let computed =
        is_expression || text.to_ascii_uppercase().starts_with("CURRENT_TIMESTAMP") || text.starts_with("b'");
    Some(if computed { DefaultValue::Computed } else { literal_default(text, column_type) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn enum_values_are_read_from_their_declaration() {
        assert_eq!(enum_values("enum('draft','it''s, live',')')"), ["draft", "it's, live", ")"]);
    }

    #[test]
    fn defaults_are_read_from_both_families() {
        let mariadb = MySqlServer { mariadb: true, json_table: true };
        let mysql = MySqlServer { mariadb: false, json_table: true };
        let draft = Some(DefaultValue::Literal(json!("draft")));
        assert_eq!(default_value("'draft'", &ColumnType::Text, mariadb, false), draft);
        assert_eq!(default_value("draft", &ColumnType::Text, mysql, false), draft);
        assert_eq!(default_value("NULL", &ColumnType::Text, mariadb, false), None);
        assert_eq!(
            default_value("current_timestamp()", &ColumnType::Timestamp, mariadb, false),
            Some(DefaultValue::Computed)
        );
        assert_eq!(
            default_value("CURRENT_TIMESTAMP", &ColumnType::Timestamp, mysql, true),
            Some(DefaultValue::Computed)
        );
    }
}
