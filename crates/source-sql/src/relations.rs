//! Relations derived from foreign keys, and their names.
//!
//! Names are for people, so they follow what people write: `company` for the
//! column `company_id`; on the other side the pointing collection's name, with
//! the foreign key's own name in front when several point
//! (`emitter_company_transactions`). The order of tables and of their foreign
//! keys never changes a name: candidates that clash are all made longer, none
//! first come first served.
//!
//! A table that only pairs two others (its key, or all that it has besides one,
//! is two foreign keys) yields many-to-many relations between these.

use std::collections::{BTreeMap, HashMap, HashSet};

use levers_model::{Relation, RelationKind};

use crate::catalog::{ForeignKey, Table, TableId};

/// Relations of one collection, in the order in which they are shown.
pub(crate) type Named = Vec<(String, Relation)>;

/// A relation and the names that it would take, best first. The last is unique
/// by construction.
struct Candidate {
    names: Vec<String>,
    relation: Relation,
}

/// The relations of every collection, by its name.
pub(crate) fn derive(tables: &[Table], name: impl Fn(&TableId) -> String) -> HashMap<String, Named> {
    let by_id: HashMap<&TableId, &Table> = tables.iter().map(|table| (&table.id, table)).collect();
    let mut candidates: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    let mut add = |collection: &str, candidate: Candidate| {
        candidates.entry(collection.to_owned()).or_default().push(candidate);
    };
    for table in tables {
        let keys: Vec<Key<'_>> = resolve(table, &by_id);
        let own = name(&table.id);
        for key in &keys {
            let target = name(&key.target.id);
            add(&own, many_to_one(key, &target));
            add(&target, reverse(table, key, &own));
        }
        if let Some([one, other]) = paired(table, &keys) {
            for (from, to) in [(one, other), (other, one)] {
                add(&name(&from.target.id), many_to_many(from, to, &own, &name(&to.target.id)));
            }
        }
    }
    let columns: HashMap<String, HashSet<&str>> = tables
        .iter()
        .map(|table| (name(&table.id), table.columns.iter().map(|column| column.name.as_str()).collect()))
        .collect();
    candidates
        .into_iter()
        .map(|(collection, candidates)| {
            let taken = columns.get(&collection).cloned().unwrap_or_default();
            let named = choose(&candidates, &taken);
            (collection, named)
        })
        .collect()
}

/// A foreign key whose target is known.
struct Key<'a> {
    columns: &'a [String],
    target: &'a Table,
    target_columns: &'a [String],
}

/// Foreign keys that point at a table that we have, by columns that it has.
fn resolve<'a>(table: &'a Table, by_id: &HashMap<&TableId, &'a Table>) -> Vec<Key<'a>> {
    let has = |table: &Table, names: &[String]| names.iter().all(|name| table.columns.iter().any(|c| c.name == *name));
    let mut seen = HashSet::new();
    let key = |key: &'a ForeignKey| {
        let target = *by_id.get(&key.target)?;
        let target_columns = if key.target_columns.is_empty() { &target.primary_key } else { &key.target_columns };
        let fits = target_columns.len() == key.columns.len() && has(target, target_columns) && has(table, &key.columns);
        // The same key declared twice is one relation.
        (fits && seen.insert((&key.columns, &key.target))).then_some(Key {
            columns: &key.columns,
            target,
            target_columns,
        })
    };
    table.foreign_keys.iter().filter_map(key).collect()
}

fn many_to_one(key: &Key<'_>, target: &str) -> Candidate {
    let stem = stem(key.columns, target);
    let target = target.to_owned();
    Candidate {
        names: vec![stem.clone(), format!("{stem}_{}", plain(&target)), format!("{}_relation", key.columns.join("_"))],
        relation: Relation {
            target,
            kind: RelationKind::ManyToOne {
                foreign_key: key.columns.to_vec(),
                foreign_key_target: key.target_columns.to_vec(),
            },
        },
    }
}

fn reverse(table: &Table, key: &Key<'_>, own: &str) -> Candidate {
    let (origin_key, origin_key_target) = (key.columns.to_vec(), key.target_columns.to_vec());
    let kind = if table.is_unique(key.columns) {
        RelationKind::OneToOne { origin_key, origin_key_target }
    } else {
        RelationKind::OneToMany { origin_key, origin_key_target }
    };
    let short = plain(own);
    Candidate {
        names: vec![
            short.to_owned(),
            join_words(&stem(key.columns, &key.target.id.name), short),
            format!("{}_by_{}", own.replace('.', "_"), key.columns.join("_")),
        ],
        relation: Relation { target: own.to_owned(), kind },
    }
}

fn many_to_many(from: &Key<'_>, to: &Key<'_>, through: &str, target: &str) -> Candidate {
    let short = plain(target);
    Candidate {
        names: vec![
            short.to_owned(),
            format!("{short}_through_{}", plain(through)),
            format!("{}_through_{}_{}", target.replace('.', "_"), through.replace('.', "_"), to.columns.join("_")),
        ],
        relation: Relation {
            target: target.to_owned(),
            kind: RelationKind::ManyToMany {
                through: through.to_owned(),
                origin_key: from.columns.to_vec(),
                origin_key_target: from.target_columns.to_vec(),
                foreign_key: to.columns.to_vec(),
                foreign_key_target: to.target_columns.to_vec(),
            },
        },
    }
}

/// The two foreign keys of a table that does nothing but pair.
fn paired<'a, 'b>(table: &Table, keys: &'b [Key<'a>]) -> Option<[&'b Key<'a>; 2]> {
    let [one, other] = keys else { return None };
    let of_keys = |name: &String| one.columns.contains(name) || other.columns.contains(name);
    if one.columns.iter().any(|name| other.columns.contains(name)) {
        return None;
    }
    let width = one.columns.len() + other.columns.len();
    let key_pairs = table.primary_key.len() == width && table.primary_key.iter().all(of_keys);
    // Otherwise nothing may be there but a key of its own.
    let only_pairs =
        table.columns.iter().all(|column| of_keys(&column.name) || table.primary_key.contains(&column.name));
    (key_pairs || only_pairs).then_some([one, other])
}

/// Gives each candidate its best name that no column has and no other wants.
fn choose(candidates: &[Candidate], columns: &HashSet<&str>) -> Named {
    let mut wanted: HashMap<&str, usize> = HashMap::new();
    for candidate in candidates {
        for name in candidate.names.iter().collect::<HashSet<_>>() {
            *wanted.entry(name).or_default() += 1;
        }
    }
    let mut taken: HashSet<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let mut chosen = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let free = |name: &&String| wanted.get(name.as_str()) == Some(&1) && !taken.contains(*name);
        let mut name = candidate.names.iter().find(free).or(candidate.names.last()).cloned().unwrap_or_default();
        while taken.contains(&name) {
            name.push('_');
        }
        taken.insert(name.clone());
        chosen.push((name, candidate.relation.clone()));
    }
    chosen
}

/// What a foreign key's column calls the other record: `company` for
/// `company_id` and `companyId`. A key without such an ending (`ReportsTo`)
/// cannot share its name with the relation, so the target's name is added.
fn stem(columns: &[String], target: &str) -> String {
    let fallback = || plain(target).to_owned();
    let [column] = columns else { return fallback() };
    let stripped = ["_id", "_ID", "_Id", "Id", "ID", "_fk", "_uuid", "_code"]
        .iter()
        .find_map(|suffix| column.strip_suffix(suffix))
        .map(|stem| stem.trim_end_matches(['_', ' ']));
    match stripped {
        Some("") => fallback(),
        Some(stem) => stem.to_owned(),
        None => join_words(column, plain(target)),
    }
}

/// Two words as one name, in the style of the first.
fn join_words(first: &str, second: &str) -> String {
    let camel = !first.contains('_') && first.chars().any(char::is_uppercase);
    if camel && second.starts_with(char::is_uppercase) {
        format!("{first}{second}")
    } else {
        format!("{first}_{second}")
    }
}

/// A collection's name without its schema.
fn plain(collection: &str) -> &str {
    collection.rsplit('.').next().unwrap_or(collection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Storage, TableColumn};
    use levers_model::{Column, ColumnType};

    fn table(name: &str, columns: &[&str], keys: &[(&str, &str)]) -> Table {
        let mut table = Table::new(TableId { schema: None, name: name.to_owned() }, false);
        table.primary_key = vec!["id".to_owned()];
        for name in ["id"].iter().chain(columns) {
            let column = Column::new(ColumnType::Integer);
            table.columns.push(TableColumn { name: (*name).to_owned(), column, storage: Storage::default() });
        }
        for (column, target) in keys {
            let target = TableId { schema: None, name: (*target).to_owned() };
            table.foreign_keys.push(ForeignKey { columns: vec![(*column).to_owned()], target, target_columns: vec![] });
        }
        table
    }

    fn names(tables: &[Table], collection: &str) -> Vec<String> {
        let mut derived = derive(tables, |id| id.name.clone());
        derived.remove(collection).unwrap_or_default().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn several_keys_from_one_table_are_told_apart() {
        let columns = ["emitter_company_id", "beneficiary_company_id", "amount"];
        let keys = [("emitter_company_id", "companies"), ("beneficiary_company_id", "companies")];
        let tables = [table("companies", &[], &[]), table("transactions", &columns, &keys)];
        assert_eq!(names(&tables, "transactions"), ["emitter_company", "beneficiary_company"]);
        assert_eq!(names(&tables, "companies"), ["emitter_company_transactions", "beneficiary_company_transactions"]);
    }

    #[test]
    fn names_never_clash_with_columns() {
        let tables = [
            table("companies", &["orders"], &[]),
            table(
                "orders",
                &["company", "company_id", "parentId"],
                &[("company_id", "companies"), ("parentId", "orders")],
            ),
        ];
        assert_eq!(names(&tables, "orders"), ["company_companies", "parent", "orders"]);
        assert_eq!(names(&tables, "companies"), ["company_orders"]);
    }

    #[test]
    fn a_table_that_only_pairs_makes_many_to_many() {
        let pairs = [("user_id", "users"), ("group_id", "groups")];
        let mut members = table("members", &["user_id", "group_id"], &pairs);
        let plain = [table("users", &[], &[]), table("groups", &[], &[])];
        let all = |members: Table| [plain[0].clone(), plain[1].clone(), members];
        assert_eq!(names(&all(members.clone()), "users"), ["members", "groups"]);
        members.columns.push(TableColumn {
            name: "since".into(),
            column: Column::new(ColumnType::Date),
            storage: Storage::default(),
        });
        assert_eq!(names(&all(members), "users"), ["members"]);
    }

    #[test]
    fn a_unique_foreign_key_makes_one_to_one() {
        let mut profiles = table("profiles", &["user_id"], &[("user_id", "users")]);
        profiles.unique = vec![vec!["user_id".to_owned()]];
        let mut derived = derive(&[table("users", &[], &[]), profiles], |id| id.name.clone());
        assert!(derived.remove("users").unwrap_or_default()[0].1.is_to_one());
    }
}
