//! What differs between databases once a statement is built by one builder:
//! how values are bound, compared and read, and how text is searched.
//!
//! Recipe for a new dialect: a file here with the functions of its neighbours,
//! a file in `introspect/` and one in `value/`, and an arm wherever the compiler
//! asks for one.

mod mysql;
mod postgres;
mod sqlite;

use levers_model::{Error, Result, Value};
use sea_query::{Expr, ExprTrait as _, Func};

pub(crate) use mysql::SINGLE;

use crate::catalog::{Read, Storage, TableColumn};

/// A family of databases that speak one SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
    MySql(MySqlServer),
}

/// What a server of the MySQL family can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MySqlServer {
    pub(crate) mariadb: bool,
    /// Whether `JSON_TABLE` exists (MySQL 8.0.4, MariaDB 10.6).
    pub(crate) json_table: bool,
}

/// Where in a text a searched part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Start,
    Anywhere,
    End,
}

impl Dialect {
    /// Selects a column so that its decoder can read it.
    pub(crate) fn read(self, column: Expr, storage: &Storage) -> Expr {
        match self {
            Self::Sqlite => column,
            Self::Postgres => postgres::read(column, storage),
            Self::MySql(_) => mysql::read(column, storage),
        }
    }

    /// Binds a value of the column's type to be stored.
    pub(crate) fn stored(self, value: &Value, column: &TableColumn) -> Result<Expr> {
        check_range(self, value, &column.name)?;
        Ok(match self {
            _ if value.is_null() => Expr::null(),
            Self::Sqlite => sqlite::stored(value),
            Self::Postgres => postgres::stored(value, column),
            Self::MySql(_) => mysql::stored(value, &column.storage),
        })
    }

    /// A column in the form in which it is compared with [`Dialect::operand`]s.
    pub(crate) fn comparable(self, expr: Expr, column: &TableColumn) -> Expr {
        match self {
            Self::Sqlite => sqlite::comparable(expr, column.column_type()),
            Self::Postgres => postgres::comparable(expr, &column.storage),
            Self::MySql(server) => mysql::comparable(expr, column, server),
        }
    }

    /// Binds a value of the column's type to be compared. Never null.
    pub(crate) fn operand(self, value: &Value, column: &TableColumn) -> Result<Expr> {
        check_range(self, value, &column.name)?;
        Ok(match self {
            Self::Sqlite => sqlite::operand(value, column.column_type()),
            Self::Postgres => postgres::operand(value, column),
            Self::MySql(server) => mysql::operand(value, column, server),
        })
    }

    /// The column equals one of these values, none of which is null.
    pub(crate) fn one_of(self, expr: Expr, values: &[Value], column: &TableColumn) -> Result<Expr> {
        for value in values {
            check_range(self, value, &column.name)?;
        }
        match self {
            Self::Sqlite => Ok(sqlite::one_of(expr, values, column.column_type())),
            Self::Postgres => Ok(postgres::one_of(expr, values, column)),
            Self::MySql(server) => mysql::one_of(expr, values, column, server),
        }
    }

    /// The text has this part at this place.
    pub(crate) fn has(self, text: Expr, part: &str, place: Place, any_case: bool, storage: &Storage) -> Result<Expr> {
        match self {
            Self::Sqlite => sqlite::has(text, part, place, any_case),
            Self::Postgres => Ok(postgres::has(postgres::as_text(text, storage), part, place, any_case)),
            Self::MySql(_) => Ok(mysql::has(mysql::read(text, storage), part, place, any_case)),
        }
    }

    /// The text matches a pattern of `%` and `_`.
    pub(crate) fn like(self, text: Expr, pattern: &str, any_case: bool, storage: &Storage) -> Result<Expr> {
        match self {
            Self::Sqlite => sqlite::like(text, pattern, any_case),
            Self::Postgres => Ok(postgres::like(postgres::as_text(text, storage), pattern, any_case)),
            Self::MySql(_) => Ok(mysql::like(mysql::read(text, storage), pattern, any_case)),
        }
    }

    /// How many characters a text has.
    pub(crate) fn length(self, text: Expr, storage: &Storage) -> Expr {
        match self {
            Self::Sqlite => Func::cust("LENGTH").arg(text).into(),
            Self::Postgres => Func::char_length(postgres::as_text(text, storage)).into(),
            Self::MySql(_) => Func::char_length(mysql::read(text, storage)).into(),
        }
    }

    /// The list has all of these (`@>`).
    pub(crate) fn includes_all(self, expr: Expr, items: &Value, column: &TableColumn) -> Result<Expr> {
        let (list, items) = (self.comparable(expr, column), self.operand(items, column)?);
        Ok(Expr::cust_with_exprs("($1 @> $2)", [list, items]))
    }

    /// The list has one of these (`&&`).
    pub(crate) fn includes_any(self, expr: Expr, items: &Value, column: &TableColumn) -> Result<Expr> {
        let (list, items) = (self.comparable(expr, column), self.operand(items, column)?);
        Ok(Expr::cust_with_exprs("($1 && $2)", [list, items]))
    }

    /// The number of the quarter of an hour since 1970 in which a point in time
    /// lies; every timezone of today changes its days between two of them.
    pub(crate) fn quarter_hour(self, expr: Expr, column: &TableColumn) -> Expr {
        match self {
            Self::Sqlite => sqlite::quarter_hour(&expr),
            Self::Postgres => postgres::quarter_hour(&expr),
            Self::MySql(_) => mysql::quarter_hour(self.comparable(expr, column)),
        }
    }

    /// Any of two. Explicit parentheses keep a balanced tree balanced in the
    /// database's parser too, whose depth is limited.
    pub(crate) fn either(self, one: Expr, other: Expr) -> Expr {
        let template = if self == Self::Postgres { "(($1) OR ($2))" } else { "((?) OR (?))" };
        Expr::cust_with_exprs(template, [one, other])
    }

    /// Both of two, likewise.
    pub(crate) fn both(self, one: Expr, other: Expr) -> Expr {
        let template = if self == Self::Postgres { "(($1) AND ($2))" } else { "((?) AND (?))" };
        Expr::cust_with_exprs(template, [one, other])
    }

    /// What always holds, or never does.
    pub(crate) fn constant(self, holds: bool) -> Expr {
        match self {
            // Literals are folded away before the tables are looked at, and the tables of a
            // subquery that went with them then count as read by whatever writes them,
            // which MySQL refuses (error 1093). Bound values are folded later.
            Self::MySql(_) => Expr::cust_with_values("? = 1", [i32::from(holds)]),
            Self::Sqlite | Self::Postgres => Expr::cust(if holds { "1 = 1" } else { "1 = 0" }),
        }
    }

    /// It does not hold; unknown counts as not held.
    pub(crate) fn not(self, expr: Expr) -> Expr {
        let template = if self == Self::Postgres { "(($1) IS NOT TRUE)" } else { "((?) IS NOT TRUE)" };
        Expr::cust_with_exprs(template, [expr])
    }

    /// A column in the form in which it is ordered and grouped. SQLite's raw
    /// values serve, and keep an index usable.
    pub(crate) fn sortable(self, expr: Expr, column: &TableColumn) -> Expr {
        if self == Self::Sqlite { expr } else { self.comparable(expr, column) }
    }

    /// A number's column in a form that can be added up.
    pub(crate) fn number(expr: Expr, storage: &Storage) -> Expr {
        match storage.read {
            Read::DecimalText => expr.cast_as("numeric"),
            Read::Number => expr.cast_as("UNSIGNED"),
            Read::Native | Read::Text | Read::Through(_) => expr,
        }
    }

    /// An expression as text.
    pub(crate) fn as_text(self, expr: Expr) -> Expr {
        expr.cast_as(if matches!(self, Self::MySql(_)) { "CHAR" } else { "text" })
    }

    /// Whether nulls are greater than every value unless told otherwise.
    pub(crate) const fn nulls_are_greatest(self) -> bool {
        matches!(self, Self::Postgres)
    }
}

/// Escapes what `LIKE` gives a meaning, with `escape` as the escape character.
fn escape_like(part: &str, escape: char) -> String {
    let mut escaped = String::with_capacity(part.len() + 2);
    for character in part.chars() {
        if matches!(character, '%' | '_') || character == escape {
            escaped.push(escape);
        }
        escaped.push(character);
    }
    escaped
}

/// A pattern that finds a part at a place.
fn pattern(part: &str, place: Place, escape: char, any: char) -> String {
    let escaped = escape_like(part, escape);
    match place {
        Place::Start => format!("{escaped}{any}"),
        Place::Anywhere => format!("{any}{escaped}{any}"),
        Place::End => format!("{any}{escaped}"),
    }
}

fn no_nul(field: &str) -> Error {
    Error::invalid(format!(
        "The value for \"{field}\" has the character U+0000, which no text of this database can hold."
    ))
}

fn has_nul(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(has_nul),
        serde_json::Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// Dates that the database cannot hold are refused here, because drivers drop
/// what they cannot encode.
pub(crate) fn check_range(dialect: Dialect, value: &Value, field: &str) -> Result<()> {
    use chrono::Datelike as _;
    let year = match value {
        Value::Date(date) => date.year(),
        Value::DateTime(at) => at.year(),
        Value::Timestamp(at) => at.year(),
        Value::List(items) => return items.iter().try_for_each(|item| check_range(dialect, item, field)),
        Value::Text(text) if dialect == Dialect::Postgres && text.contains('\0') => return Err(no_nul(field)),
        Value::Json(json) if dialect == Dialect::Postgres && has_nul(json) => return Err(no_nul(field)),
        _ => return Ok(()),
    };
    let (first, last) = if dialect == Dialect::Postgres { (-4_712, 294_275) } else { (0, 9_999) };
    if (first..=last).contains(&year) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "The value for \"{field}\" lies in the year {year}; this database holds years from {first} to {last}."
    )))
}
