//! What the worked example is about: which collection, and which of its columns.
//!
//! Names and types are all that is known of a database here; its rows are not read.

use levers_model::{Collection, Column, ColumnType};

use super::secrets::is_secret;

/// A column that says how far a record is.
pub(super) struct Status<'a> {
    pub(super) column: &'a str,
    /// One of its values, where the database names them.
    pub(super) value: Option<String>,
    /// Whether an example may set it.
    pub(super) is_settable: bool,
}

/// What it is called, the surer one first: a state is also a part of a country.
const STATUS: [&str; 2] = ["status", "state"];

/// How much a collection has to show: a record can be picked, a column set and a list narrowed.
pub(super) fn worth(collection: &Collection) -> (bool, bool, bool, bool, usize) {
    let writable = !collection.read_only && collection.primary_key.len() == 1;
    let status = status(collection).is_some_and(|status| status.is_settable);
    let settable = status || settable(collection).is_some();
    (writable, settable, status, segment_column(collection).is_some(), collection.columns().count())
}

/// The column that says how far a record is, going by its name.
pub(super) fn status(collection: &Collection) -> Option<Status<'_>> {
    let found = STATUS.iter().find_map(|wanted| {
        let mut columns = collection.columns();
        columns.find(|(name, column)| name.eq_ignore_ascii_case(wanted) && !column.primary_key)
    });
    let (column, schema) = found.filter(|(name, _)| !collection.is_foreign_key(name))?;
    let value = match &schema.column_type {
        ColumnType::Enum(values) => Some(values.iter().find(|value| sayable(value))?.clone()),
        ColumnType::Text => None,
        _ => return None,
    };
    Some(Status { column, value, is_settable: !schema.read_only })
}

/// Whether a column says how far a record is; many records say the same.
fn is_status(name: &str) -> bool {
    STATUS.iter().any(|status| name.eq_ignore_ascii_case(status))
}

/// Whether a value can stand in a template, and in the name of an action, as it is.
fn sayable(value: &str) -> bool {
    value.len() <= 60 && value.chars().any(char::is_alphanumeric) && !value.contains(['{', '}', '$'])
}

/// Whether a name can stand in a template or statement as it is.
pub(super) fn plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What a record is called: the template of a name, as far as the columns' names tell.
pub(super) fn title(collection: &Collection) -> Option<String> {
    const GIVEN: [&str; 3] = ["first_name", "firstname", "given_name"];
    const FAMILY: [&str; 4] = ["last_name", "lastname", "family_name", "surname"];
    const NAMES: [&str; 7] = ["name", "full_name", "fullname", "title", "label", "email", "subject"];
    let texts = || {
        let shown = |name: &str, column: &Column| {
            column.column_type == ColumnType::Text && !is_secret(name, column) && !is_status(name)
        };
        let texts = collection.columns().filter(move |(name, column)| shown(name, column));
        texts.map(|(name, _)| name).filter(|name| plain(name))
    };
    let one_of =
        |wanted: &[&str]| wanted.iter().find_map(|wanted| texts().find(|name| name.eq_ignore_ascii_case(wanted)));
    let said = |name: &str| format!("{{{{ record.{name} }}}}");
    match (one_of(&GIVEN), one_of(&FAMILY)) {
        (Some(given), Some(family)) => Some(format!("{} {}", said(given), said(family))),
        _ => one_of(&NAMES).or_else(|| texts().next()).map(said),
    }
}

/// A column that an example may set to any text.
pub(super) fn settable(collection: &Collection) -> Option<&str> {
    let fits = |name: &str, column: &Column| {
        column.column_type == ColumnType::Text
            && !column.read_only
            && !column.primary_key
            && !collection.is_foreign_key(name)
            && !is_secret(name, column)
            && !is_status(name)
    };
    collection.columns().find(|(name, column)| fits(name, column) && plain(name)).map(|(name, _)| name)
}

/// A column by which a list can be narrowed.
pub(super) fn segment_column(collection: &Collection) -> Option<&str> {
    let fits = |name: &str, column: &Column| column.nullable && !column.primary_key && !is_secret(name, column);
    collection.columns().find(|(name, column)| fits(name, column)).map(|(name, _)| name)
}
