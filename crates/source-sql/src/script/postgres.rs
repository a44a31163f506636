//! Scripts on PostgreSQL, which says of each placeholder what type it expects.
//!
//! A value is made to fit that type here, so that one that does not is named, then
//! bound as text and cast to the type by its name. Each use of a name is a
//! placeholder of its own, because one that stands beside columns of two types has
//! none. Rejected: the driver's binary forms, which there are not for enums,
//! domains, ranges and whatever an extension adds.

use std::sync::Arc;

use futures::TryStreamExt as _;
use indexmap::IndexMap;
use levers_model::{ColumnType, Error, Result, Value};
use levers_ports::{Script, ScriptMistake, ScriptResult, ScriptValue};
use sqlx::postgres::{PgArguments, PgConnection, PgDatabaseError, PgErrorPosition, PgTypeInfo, PgTypeKind};
use sqlx::{
    Arguments as _, AssertSqlSafe, Column as _, Either, Executor as _, Row as _, SqlSafeStr as _, Statement as _,
    TypeInfo as _,
};

use super::failure::{Stop, Why};
use super::kind::Verb;
use super::lex::{Place, Rendered, Statement, Use, mistake};
use super::postgres_rows::Reader;
use super::values::{Kept, check_count, given, too_many};
use crate::dialect::{Dialect, check_range};
use crate::error::{Failure, public};
use crate::value::{coerce, element, literal};

/// Ends what takes longer, unless the user or the database has a shorter limit.
const LIMIT: &str = "SELECT set_config('statement_timeout', $1, true) \
    WHERE EXTRACT(EPOCH FROM current_setting('statement_timeout')::interval) NOT BETWEEN 0.001 AND $2";

/// A type by its number, as it is written; `bpchar` and not `character`, which would be one character.
const TYPE_NAME: &str = "SELECT pg_catalog.format_type($1::bigint::oid, -1)";

/// A statement whose types are known.
struct Typed {
    sql: Arc<str>,
    parameters: Vec<Parameter>,
    columns: Vec<String>,
    readers: Vec<Reader>,
}

/// What is expected in one place.
struct Parameter {
    /// The type as it is written, of an item where a list stands.
    cast: String,
    /// What a value is made to fit; `None` where only the database knows.
    column_type: Option<ColumnType>,
}

/// Runs a script within a transaction.
pub(super) async fn work(
    connection: &mut PgConnection,
    statements: &[Statement],
    script: &Script,
) -> Result<ScriptResult, Stop> {
    let limit = super::DEADLINE;
    let limited = sqlx::query(LIMIT).bind(limit.as_millis().to_string()).bind(limit.as_secs_f64());
    limited.execute(&mut *connection).await.map_err(|failure| Stop { statement: usize::MAX, why: failure.into() })?;
    let mut typed = Vec::with_capacity(statements.len());
    for (number, statement) in statements.iter().enumerate() {
        typed.push(describe(connection, statement).await.map_err(|why| Stop { statement: number, why })?);
    }
    let mut kept = Kept::default();
    for round in &script.rounds {
        for (number, (statement, typed)) in statements.iter().zip(&typed).enumerate() {
            step(connection, number, statement, typed, round, &mut kept)
                .await
                .map_err(|why| Stop { statement: number, why })?;
        }
    }
    Ok(kept.into_result())
}

/// Asks what types a statement takes and returns.
async fn describe(connection: &mut PgConnection, statement: &Statement) -> Result<Typed, Why> {
    let asked = connection.prepare(AssertSqlSafe(numbered(statement).sql).into_sql_str()).await?;
    let types = match asked.parameters() {
        Some(Either::Left(types)) => types,
        Some(Either::Right(_)) | None => &[],
    };
    let mut parameters = Vec::with_capacity(types.len());
    for (found, info) in statement.uses.iter().zip(types) {
        parameters.push(parameter(connection, found, info).await?);
    }
    let rendered = statement.render(|index, found| {
        let cast = parameters.get(index).map_or("text", |parameter| &parameter.cast);
        let number = index + 1;
        match found.place {
            // One array whatever the length, and no items match nothing.
            Place::List => format!("SELECT unnest(CAST(${number} AS {cast}[]))").into(),
            Place::One | Place::Array => format!("CAST(${number} AS {cast})").into(),
        }
    });
    let columns = asked.columns().iter().map(|column| column.name().to_owned()).collect();
    let readers = asked.columns().iter().map(|column| Reader::of(column.name(), column.type_info()));
    Ok(Typed { sql: rendered.sql.into(), parameters, columns, readers: readers.collect::<Result<_>>()? })
}

/// Whether a table got other columns since this connection prepared a statement, which
/// then fails on it for ever.
pub(super) fn is_stale(stop: &Stop) -> bool {
    let Why::Failed(Failure::Sqlx(failure)) = &stop.why else { return false };
    let error = failure.as_database_error();
    error.is_some_and(|error| error.code().as_deref() == Some("0A000") && error.message().contains("cached plan"))
}

fn numbered(statement: &Statement) -> Rendered {
    statement.render(|index, _| format!("${}", index + 1).into())
}

async fn parameter(connection: &mut PgConnection, found: &Use, info: &PgTypeInfo) -> Result<Parameter, Why> {
    let column_type = column_type(info);
    if let Some(cast) = spelled(info) {
        return Ok(Parameter { cast, column_type });
    }
    let number = info.oid().map(|oid| i64::from(oid.0));
    let name: Option<String> = sqlx::query_scalar(TYPE_NAME).bind(number).fetch_one(connection).await?;
    let unknown = || Error::internal(format_args!("the type of “:{}” has no name", found.name));
    Ok(Parameter { cast: name.ok_or_else(unknown)?, column_type })
}

/// The name of a type that is known without asking.
fn spelled(info: &PgTypeInfo) -> Option<String> {
    if let PgTypeKind::Array(item) = info.kind() {
        return Some(format!("{}[]", spelled(item)?));
    }
    let name = match info.name() {
        "BOOL" => "boolean",
        "INT2" => "smallint",
        "INT4" => "integer",
        "INT8" => "bigint",
        "FLOAT4" => "real",
        "FLOAT8" => "double precision",
        "NUMERIC" => "numeric",
        "TEXT" => "text",
        "VARCHAR" => "varchar",
        "DATE" => "date",
        "TIMESTAMP" => "timestamp",
        "TIMESTAMPTZ" => "timestamptz",
        "UUID" => "uuid",
        "JSON" => "json",
        "JSONB" => "jsonb",
        "BYTEA" => "bytea",
        _ => return None,
    };
    matches!(info.kind(), PgTypeKind::Simple).then(|| name.to_owned())
}

/// What values of a type are, as far as we have such values.
pub(super) fn column_type(info: &PgTypeInfo) -> Option<ColumnType> {
    match info.kind() {
        PgTypeKind::Array(item) => return column_type(item).map(|item| ColumnType::List(Box::new(item))),
        PgTypeKind::Enum(labels) => return Some(ColumnType::Enum(labels.to_vec())),
        PgTypeKind::Domain(base) => return column_type(base),
        PgTypeKind::Simple | PgTypeKind::Pseudo | PgTypeKind::Composite(_) | PgTypeKind::Range(_) => {}
    }
    Some(match info.name() {
        "BOOL" => ColumnType::Boolean,
        "INT2" | "INT4" | "INT8" => ColumnType::Integer,
        "FLOAT4" | "FLOAT8" => ColumnType::Float,
        "NUMERIC" => ColumnType::Decimal,
        "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "\"CHAR\"" | "UNKNOWN" | "citext" => ColumnType::Text,
        "DATE" => ColumnType::Date,
        "TIME" => ColumnType::Time,
        "TIMESTAMP" => ColumnType::DateTime,
        "TIMESTAMPTZ" => ColumnType::Timestamp,
        "UUID" => ColumnType::Uuid,
        "JSON" | "JSONB" => ColumnType::Json,
        "BYTEA" => ColumnType::Binary,
        _ => return None,
    })
}

async fn step(
    connection: &mut PgConnection,
    number: usize,
    statement: &Statement,
    typed: &Typed,
    round: &IndexMap<String, ScriptValue>,
    kept: &mut Kept,
) -> Result<(), Why> {
    let mut arguments = PgArguments::default();
    let mut count = 0;
    for (found, parameter) in statement.uses.iter().zip(&typed.parameters) {
        let value = given(round, &found.name)?;
        count += if let ScriptValue::Many(items) = value { items.len() } else { 1 };
        check_count(count, &found.name)?;
        let text = text(value, found, parameter)?;
        arguments.add(text).map_err(Error::internal)?;
    }
    let keeps = !typed.columns.is_empty() && kept.returns(number, || typed.columns.clone());
    let query = sqlx::query_with(AssertSqlSafe(Arc::clone(&typed.sql)), arguments);
    let mut results = connection.fetch_many(query);
    let (mut changed, mut returned) = (0, 0);
    while let Some(result) = results.try_next().await? {
        match result {
            Either::Left(done) => changed += done.rows_affected(),
            Either::Right(row) => {
                returned += 1;
                if keeps && kept.has_room() {
                    let raw = |(index, reader): (usize, &Reader)| row.try_get_raw(index).map(|raw| reader.read(&raw));
                    kept.push(typed.readers.iter().enumerate().map(raw).collect::<Result<_, _>>()?);
                }
            }
        }
    }
    kept.changed(match statement.verb {
        Verb::Read => 0,
        Verb::Change => changed,
        Verb::ChangeInside => returned,
    });
    Ok(())
}

/// The text of what stands in one place.
fn text(value: &ScriptValue, found: &Use, parameter: &Parameter) -> Result<Option<String>> {
    let name = &found.name;
    let is_array = parameter.cast.ends_with("[]");
    match (value, found.place) {
        (ScriptValue::Many(items) | ScriptValue::One(Value::List(items)), Place::List) => {
            let items: Vec<Value> = items.iter().map(|item| fit(item, parameter, name)).collect::<Result<_>>()?;
            Ok(Some(literal(&items)))
        }
        (ScriptValue::One(value), Place::List) => Ok(Some(literal(&[fit(value, parameter, name)?]))),
        (ScriptValue::Many(_) | ScriptValue::One(Value::List(_)), _) if !is_array => Err(too_many(name)),
        (ScriptValue::Many(items), _) => {
            let fitted = fit(&Value::List(items.clone()), parameter, name)?;
            Ok(Some(element_or_list(&fitted)))
        }
        (ScriptValue::One(Value::Null), _) => Ok(None),
        (ScriptValue::One(value), Place::Array) if is_array && !matches!(value, Value::List(_)) => {
            let fitted = fit(&Value::List(vec![value.clone()]), parameter, name)?;
            Ok(Some(element_or_list(&fitted)))
        }
        (ScriptValue::One(value), _) => Ok(Some(element_or_list(&fit(value, parameter, name)?))),
    }
}

fn element_or_list(value: &Value) -> String {
    match value {
        Value::List(items) => literal(items),
        other => element(other),
    }
}

/// The value as one of the type that is expected.
fn fit(value: &Value, parameter: &Parameter, name: &str) -> Result<Value> {
    check_range(Dialect::Postgres, value, name)?;
    let fitted = match &parameter.column_type {
        None => value.clone(),
        Some(column_type) => coerce(&as_text(value, column_type), column_type, name)?,
    };
    check_size(&fitted, parameter.cast.trim_end_matches("[]"), name)?;
    Ok(fitted)
}

/// Any value can stand where text is expected.
fn as_text(value: &Value, column_type: &ColumnType) -> Value {
    match (column_type, value) {
        (ColumnType::List(item), Value::List(items)) => {
            Value::List(items.iter().map(|value| as_text(value, item)).collect())
        }
        (ColumnType::Text, value) if !matches!(value, Value::Null | Value::List(_)) => Value::Text(element(value)),
        _ => value.clone(),
    }
}

/// Whole numbers have several sizes.
fn check_size(value: &Value, cast: &str, name: &str) -> Result<()> {
    let (smallest, largest) = match cast {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        "bigint" => (i64::MIN, i64::MAX),
        _ => return Ok(()),
    };
    match value {
        Value::List(items) => items.iter().try_for_each(|item| check_size(item, cast, name)),
        Value::Int(int) if (smallest..=largest).contains(int) => Ok(()),
        Value::Int(_) | Value::Decimal(_) => {
            Err(Error::invalid(format!("The value of “:{name}” must be between {smallest} and {largest}.")))
        }
        _ => Ok(()),
    }
}

/// Asks PostgreSQL whether it understands a statement, and whether its columns can be read.
pub(super) async fn prepare(
    connection: &mut PgConnection,
    statement: &Statement,
) -> Result<Option<ScriptMistake>, sqlx::Error> {
    match describe(connection, statement).await {
        Ok(_) => Ok(None),
        Err(Why::Refused(error)) => Ok(Some(mistake(0, error.message()))),
        Err(Why::Failed(Failure::Sqlx(failure))) => {
            let said = failure.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
            said.map(|error| said_by_server(error, statement)).map(Some).ok_or(failure)
        }
        Err(Why::Failed(failure)) => Ok(Some(mistake(0, public(&failure, None).message()))),
    }
}

fn said_by_server(error: &PgDatabaseError, statement: &Statement) -> ScriptMistake {
    // 42P18: could not determine data type of parameter $1.
    let unknown = (error.code() == "42P18").then(|| error.message().rsplit('$').next()).flatten();
    let unknown = unknown
        .and_then(|number| number.parse::<usize>().ok())
        .and_then(|number| statement.uses.get(number.wrapping_sub(1)));
    if let Some(found) = unknown {
        let name = &found.name;
        let message =
            format!("PostgreSQL cannot tell the type of “:{name}”. Write it behind the name, such as :{name}::text.");
        return mistake(found.range.start, message);
    }
    let rendered = numbered(statement);
    let offset = match error.position() {
        Some(PgErrorPosition::Original(position)) => {
            let byte = rendered
                .sql
                .char_indices()
                .nth(position.saturating_sub(1))
                .map_or(rendered.sql.len(), |(byte, _)| byte);
            statement.origin(&rendered, byte)
        }
        _ => 0,
    };
    let hint = error.hint().map(|hint| format!(" {hint}")).unwrap_or_default();
    mistake(offset, format!("PostgreSQL says: {}.{hint}", error.message()))
}
