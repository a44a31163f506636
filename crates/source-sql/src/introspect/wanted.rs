//! Which tables become collections.
//!
//! A name that nothing has is a mistake, also among those to leave out: whoever
//! misspells the table of password hashes must not serve it. A pattern may match
//! nothing, because it says what is to be done with tables that come later.

use levers_model::{Error, Result};
use wildmatch::WildMatch;

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
    /// `Invalid` when a name that is no pattern does not exist.
    pub(crate) fn choose(&self, tables: Vec<Table>, first_schema: Option<&str>) -> Result<Vec<Table>> {
        for (names, to) in [(&self.include, "include"), (&self.exclude, "exclude")] {
            let missing = |name: &&String| {
                !is_pattern(name) && !tables.iter().any(|table| is_named(name, &table.id, first_schema))
            };
            if let Some(name) = names.iter().find(missing) {
                return Err(no_table(name, to, &tables, first_schema));
            }
        }
        let is_wanted = |table: &Table| {
            let any = |names: &[String]| names.iter().any(|name| is_named(name, &table.id, first_schema));
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

fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?'])
}

/// Whether a name, or a pattern, is this table's.
fn is_named(name: &str, id: &TableId, first_schema: Option<&str>) -> bool {
    let is = |spelled: &str| if is_pattern(name) { WildMatch::new(name).matches(spelled) } else { name == spelled };
    let Some(schema) = &id.schema else { return is(&id.name) };
    let qualified = || is(&format!("{schema}.{}", id.name));
    if Some(schema.as_str()) != first_schema {
        return qualified();
    }
    // Of the first schema nobody thinks unless it is written: “*l*” is not all of “public”.
    is(&id.name) || (name.contains('.') && qualified())
}

fn no_table(name: &str, to: &str, tables: &[Table], first_schema: Option<&str>) -> Error {
    const ALIKE: f64 = 0.8;
    let known = tables.iter().map(|table| match &table.id.schema {
        Some(schema) if Some(schema.as_str()) != first_schema => format!("{schema}.{}", table.id.name),
        _ => table.id.name.clone(),
    });
    let near = known
        .map(|known| (strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    let help = near.map_or_else(
        || {
            "Check the name; tables outside the first schema are written schema.table, and a name with * or ? may \
             match nothing."
                .to_owned()
        },
        |(_, near)| format!("Did you mean “{near}”?"),
    );
    Error::invalid(format!("There is no table or view “{name}” to {to}. {help}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn id(schema: Option<&str>, name: &str) -> TableId {
        TableId { schema: schema.map(str::to_owned), name: name.to_owned() }
    }

    #[test]
    fn patterns_are_of_the_whole_name() {
        let first = Some("public");
        for (name, schema, table, expected) in [
            ("auth_*", None, "auth_user", true),
            ("auth_*", None, "oauth_user", false),
            ("auth_*", None, "auth_", true),
            ("log_202?", None, "log_2024", true),
            ("log_202?", None, "log_202", false),
            ("Auth_*", None, "auth_user", false),
            ("auth_user", Some("public"), "auth_user", true),
            ("public.auth_*", Some("public"), "auth_user", true),
            ("*l*", Some("public"), "orders", false),
            ("auth_*", Some("other"), "auth_user", false),
            ("other.auth_*", Some("other"), "auth_user", true),
            ("*", Some("other"), "auth_user", true),
        ] {
            assert_eq!(is_named(name, &id(schema, table), first), expected, "{name} {schema:?} {table}");
        }
    }

    #[test]
    fn a_name_that_nothing_has_is_refused_with_the_nearest() {
        let table = |schema, name| Table::new(id(schema, name), false);
        let tables = || vec![table(Some("public"), "auth_user"), table(Some("other"), "orders")];
        let refusal = |include: &[&str], exclude: &[&str]| {
            let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
            let wanted = Wanted { include: owned(include), exclude: owned(exclude), schemas: Vec::new() };
            wanted.choose(tables(), Some("public")).map(|_| ()).map_err(|error| error.to_string())
        };
        insta::assert_snapshot!(refusal(&[], &["auth_usr"]).unwrap_err(), @"There is no table or view “auth_usr” to exclude. Did you mean “auth_user”?");
        insta::assert_snapshot!(refusal(&["other.order"], &[]).unwrap_err(), @"There is no table or view “other.order” to include. Did you mean “other.orders”?");
        insta::assert_snapshot!(refusal(&["z"], &[]).unwrap_err(), @"There is no table or view “z” to include. Check the name; tables outside the first schema are written schema.table, and a name with * or ? may match nothing.");
        assert_eq!(refusal(&["auth_user"], &["z*", "?"]), Ok(()));
    }
}
