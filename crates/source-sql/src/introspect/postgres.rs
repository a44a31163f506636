//! PostgreSQL, by `pg_catalog`. The information schema hides what the user does
//! not own and knows no materialised views.

use std::collections::HashMap;

use levers_model::{Column, ColumnType, ConstraintKind, DefaultValue};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};

use super::{is_number, literal_default, unquote};
use crate::catalog::{ForeignKey, NamedConstraint, Read, Storage, Table, TableColumn, TableId};

const TABLES: &str = "SELECT c.oid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind IN ('v', 'm') AS is_view \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition \
    AND has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE') \
    ORDER BY array_position($1, n.nspname::text), c.relname";

const COLUMNS: &str = "SELECT a.attrelid::int8 AS oid, a.attname::text AS name, a.atttypid::int8 AS type, a.atttypmod AS modifier, \
    a.attnotnull AS not_null, a.attidentity::text AS identity, a.attgenerated::text AS generated, \
    pg_get_expr(d.adbin, d.adrelid) AS expression \
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    WHERE a.attrelid::int8 = ANY($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";

/// Types of rows are left out: each table has one.
const TYPES: &str = "SELECT t.oid::int8 AS oid, t.typname::text AS name, t.typtype::text AS kind, t.typbasetype::int8 AS base, \
    t.typtypmod AS modifier, t.typelem::int8 AS item, t.typcategory::text AS category, t.typnotnull AS not_null, format_type(t.oid, -1) AS spelling, \
    n.nspname = 'pg_catalog' AS built_in \
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype <> 'c' \
    AND (n.nspname <> 'information_schema')";

const ENUMS: &str =
    "SELECT enumtypid::int8 AS oid, enumlabel::text AS label FROM pg_enum ORDER BY enumtypid, enumsortorder";

const CONSTRAINTS: &str = "SELECT c.conrelid::int8 AS oid, c.conname::text AS name, c.contype::text AS kind, \
    ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(num, place) \
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num ORDER BY k.place) AS columns, \
    n.nspname::text AS target_schema, t.relname::text AS target, \
    ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(num, place) \
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num ORDER BY k.place) AS target_columns \
    FROM pg_constraint c LEFT JOIN pg_class t ON t.oid = c.confrelid LEFT JOIN pg_namespace n ON n.oid = t.relnamespace \
    WHERE c.conrelid::int8 = ANY($1) AND c.contype IN ('p', 'u', 'f', 'c', 'x') ORDER BY c.conrelid, c.conname";

/// Unique indexes that no constraint stands for.
const INDEXES: &str = "SELECT i.indrelid::int8 AS oid, x.relname::text AS name, \
    ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(num, place) \
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num WHERE k.place <= i.indnkeyatts ORDER BY k.place) AS columns, \
    i.indpred IS NULL AND i.indexprs IS NULL AS whole \
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid \
    WHERE i.indrelid::int8 = ANY($1) AND i.indisunique AND NOT i.indisprimary \
    AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('u', 'p', 'x')) \
    ORDER BY i.indrelid, x.relname";

/// The schema in which unqualified names are found.
pub(crate) async fn current_schema(pool: &PgPool) -> Result<String, sqlx::Error> {
    let schema: Option<String> = sqlx::query_scalar("SELECT current_schema()::text").fetch_one(pool).await?;
    Ok(schema.unwrap_or_else(|| "public".to_owned()))
}

/// All tables and views of these schemas.
pub(crate) async fn tables(pool: &PgPool, schemas: &[String]) -> Result<Vec<Table>, sqlx::Error> {
    let mut tables: Vec<Table> = Vec::new();
    let mut places: HashMap<i64, usize> = HashMap::new();
    for row in sqlx::query(TABLES).bind(schemas).fetch_all(pool).await? {
        let id = TableId { schema: Some(row.try_get("schema")?), name: row.try_get("name")? };
        places.insert(row.try_get("oid")?, tables.len());
        tables.push(Table::new(id, row.try_get("is_view")?));
    }
    let oids: Vec<i64> = places.keys().copied().collect();
    let types = Types::load(pool).await?;
    for row in sqlx::query(COLUMNS).bind(&oids).fetch_all(pool).await? {
        if let Some(place) = places.get(&row.try_get("oid")?) {
            tables[*place].columns.push(types.column(&row)?);
        }
    }
    for row in sqlx::query(CONSTRAINTS).bind(&oids).fetch_all(pool).await? {
        if let Some(place) = places.get(&row.try_get("oid")?) {
            constraint(&mut tables[*place], &row)?;
        }
    }
    for row in sqlx::query(INDEXES).bind(&oids).fetch_all(pool).await? {
        if let Some(place) = places.get(&row.try_get("oid")?) {
            let columns: Vec<String> = row.try_get("columns")?;
            if row.try_get("whole")? {
                tables[*place].unique.push(columns.clone());
            }
            tables[*place].constraints.push(NamedConstraint {
                name: row.try_get("name")?,
                kind: ConstraintKind::Unique,
                columns,
            });
        }
    }
    Ok(tables)
}

fn constraint(table: &mut Table, row: &PgRow) -> Result<(), sqlx::Error> {
    let columns: Vec<String> = row.try_get("columns")?;
    let name: String = row.try_get("name")?;
    let kind = match row.try_get::<&str, _>("kind")? {
        "p" => {
            table.primary_key.clone_from(&columns);
            ConstraintKind::Unique
        }
        "u" => {
            table.unique.push(columns.clone());
            ConstraintKind::Unique
        }
        "f" => {
            let target = TableId { schema: row.try_get("target_schema")?, name: row.try_get("target")? };
            let target_columns = row.try_get("target_columns")?;
            table.foreign_keys.push(ForeignKey { columns: columns.clone(), target, target_columns });
            ConstraintKind::ForeignKey
        }
        "x" => ConstraintKind::Unique,
        _ => ConstraintKind::Check,
    };
    table.constraints.push(NamedConstraint { name, kind, columns });
    Ok(())
}

struct Type {
    name: String,
    kind: String,
    base: i64,
    modifier: i32,
    item: i64,
    category: String,
    not_null: bool,
    spelling: String,
    built_in: bool,
}

/// The types of a database, by their numbers.
struct Types {
    types: HashMap<i64, Type>,
    labels: HashMap<i64, Vec<String>>,
}

impl Types {
    async fn load(pool: &PgPool) -> Result<Self, sqlx::Error> {
        let mut types = HashMap::new();
        for row in sqlx::query(TYPES).fetch_all(pool).await? {
            let found = Type {
                name: row.try_get("name")?,
                kind: row.try_get("kind")?,
                base: row.try_get("base")?,
                modifier: row.try_get("modifier")?,
                item: row.try_get("item")?,
                category: row.try_get("category")?,
                not_null: row.try_get("not_null")?,
                spelling: row.try_get("spelling")?,
                built_in: row.try_get("built_in")?,
            };
            types.insert(row.try_get("oid")?, found);
        }
        let mut labels: HashMap<i64, Vec<String>> = HashMap::new();
        for row in sqlx::query(ENUMS).fetch_all(pool).await? {
            labels.entry(row.try_get("oid")?).or_default().push(row.try_get("label")?);
        }
        Ok(Self { types, labels })
    }

    fn column(&self, row: &PgRow) -> Result<TableColumn, sqlx::Error> {
        let mut oid: i64 = row.try_get("type")?;
        let mut modifier: i32 = row.try_get("modifier")?;
        let mut not_null: bool = row.try_get("not_null")?;
        // A domain behaves as the type that it narrows.
        while let Some(domain) = self.types.get(&oid).filter(|found| found.kind == "d") {
            not_null |= domain.not_null;
            modifier = modifier.max(domain.modifier);
            oid = domain.base;
        }
        let (column_type, storage) = self.resolve(oid);
        let identity: String = row.try_get("identity")?;
        let generated: String = row.try_get("generated")?;
        let expression: Option<String> = row.try_get("expression")?;
        let default = match expression {
            _ if identity == "d" || identity == "a" => Some(DefaultValue::Computed),
            Some(text) if generated.is_empty() => default_value(&text, &column_type),
            _ => None,
        };
        let is_limited = self.types.get(&oid).is_some_and(|found| matches!(found.name.as_str(), "varchar" | "bpchar"));
        let column = Column {
            nullable: !not_null,
            default,
            read_only: identity == "a" || !generated.is_empty(),
            // The modifier counts the length's own four bytes.
            max_length: u32::try_from(modifier - 4).ok().filter(|_| is_limited && modifier >= 4),
            ..Column::new(column_type)
        };
        Ok(TableColumn { name: row.try_get("name")?, column, storage })
    }

    fn resolve(&self, oid: i64) -> (ColumnType, Storage) {
        let Some(found) = self.types.get(&oid) else {
            // The type of a row: its text can be read, and that is all.
            let storage = Storage { read: Read::Text, compare: Some("text"), ..Storage::default() };
            return (ColumnType::Text, storage);
        };
        let cast = Some(found.spelling.clone());
        if found.category == "A" && found.item != 0 {
            return self.list(found, cast);
        }
        if found.kind == "e" {
            let labels = self.labels.get(&oid).cloned().unwrap_or_default();
            return (ColumnType::Enum(labels), Storage { read: Read::Text, cast, ..Storage::default() });
        }
        let native = |column_type| (column_type, Storage::default());
        match found.name.as_str() {
            _ if !found.built_in => {}
            "bool" => return native(ColumnType::Boolean),
            "int2" | "int4" | "int8" => return native(ColumnType::Integer),
            "float8" => return native(ColumnType::Float),
            "float4" => return (ColumnType::Float, Storage { cast, ..Storage::default() }),
            "numeric" => return (ColumnType::Decimal, Storage { read: Read::Text, ..Storage::default() }),
            "money" => return (ColumnType::Decimal, Storage { read: Read::DecimalText, cast, ..Storage::default() }),
            "text" | "varchar" => return native(ColumnType::Text),
            // As text it loses the blanks that pad it, which are no part of the value.
            "bpchar" => return (ColumnType::Text, Storage { read: Read::Text, ..Storage::default() }),
            "date" => return native(ColumnType::Date),
            "time" => return native(ColumnType::Time),
            "timestamp" => return native(ColumnType::DateTime),
            "timestamptz" => return native(ColumnType::Timestamp),
            "uuid" => return native(ColumnType::Uuid),
            "bytea" => return native(ColumnType::Binary),
            "json" | "jsonb" => {
                return (ColumnType::Json, Storage { cast, compare: Some("jsonb"), ..Storage::default() });
            }
            _ => {}
        }
        // citext compares in its own way, which is why people choose it.
        let compare = (found.name != "citext").then_some("text");
        (ColumnType::Text, Storage { read: Read::Text, cast, compare, ..Storage::default() })
    }

    fn list(&self, found: &Type, cast: Option<String>) -> (ColumnType, Storage) {
        let mut item = found.item;
        while let Some(domain) = self.types.get(&item).filter(|found| found.kind == "d") {
            item = domain.base;
        }
        let (item_type, item_storage) = self.resolve(item);
        let compare = match item_storage.compare {
            Some("jsonb") => Some("jsonb[]"),
            Some(_) => Some("text[]"),
            None => None,
        };
        (ColumnType::List(Box::new(item_type)), Storage { read: Read::Text, cast, compare, ..Storage::default() })
    }
}

/// `'live'::status`, `0`, `true`, `(-1)`: a literal, perhaps with a cast. All
/// else is computed.
fn default_value(text: &str, column_type: &ColumnType) -> Option<DefaultValue> {
    if text == "NULL" || text.starts_with("NULL::") {
        return None;
    }
    let bare = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(text);
    if let Some(end) = bare.rfind('\'') {
        let (literal, rest) = bare.split_at(end + 1);
        let is_cast = rest.is_empty()
            || (rest.starts_with("::") && !rest.contains(['(', ')']) || rest.starts_with("::character varying"));
        return Some(match unquote(literal) {
            Some(inner) if is_cast => literal_default(&inner, column_type),
            _ => DefaultValue::Computed,
        });
    }
    let literal = bare.split("::").next().unwrap_or(bare).trim_matches(['(', ')']);
    let is_literal = matches!(literal, "true" | "false") || is_number(literal);
    Some(if is_literal { literal_default(literal, column_type) } else { DefaultValue::Computed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn defaults_are_read() {
        for (text, column_type, expected) in [
            ("'live'::status", ColumnType::Enum(vec!["live".into()]), Some(DefaultValue::Literal(json!("live")))),
            ("'it''s'::character varying", ColumnType::Text, Some(DefaultValue::Literal(json!("it's")))),
            ("0", ColumnType::Integer, Some(DefaultValue::Literal(json!(0)))),
            ("'-1'::integer", ColumnType::Integer, Some(DefaultValue::Literal(json!(-1)))),
            ("(0)::numeric", ColumnType::Decimal, Some(DefaultValue::Literal(json!("0")))),
            ("true", ColumnType::Boolean, Some(DefaultValue::Literal(json!(true)))),
            ("now()", ColumnType::Timestamp, Some(DefaultValue::Computed)),
            ("nextval('a_seq'::regclass)", ColumnType::Integer, Some(DefaultValue::Computed)),
            ("('a'::text || 'b'::text)", ColumnType::Text, Some(DefaultValue::Computed)),
            ("NULL::character varying", ColumnType::Text, None),
        ] {
            assert_eq!(default_value(text, &column_type), expected, "{text}");
        }
    }
}
