//! Records in JSON:API (specification, section 3.3), written as they are read.
//!
//! What is the same for all records of an answer (which columns are attributes,
//! which paths lead into which relation) is worked out once, in a [`Plan`]; a
//! record is then written straight from its values. Rejected: a JSON value per
//! record, which costs more than reading it from the database.

use std::collections::HashSet;

use levers_model::{Collection, FieldPath, Record, Value};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::schemas::Schemas;
use super::wire_value::WireValue;

/// What JavaScript's `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// How the records of one collection are written.
struct Plan<'a> {
    collection: &'a Collection,
    /// Attribute and its position in the record's values.
    attributes: Vec<(&'a str, usize)>,
    /// Positions of the key's values; empty when the record holds not all of them.
    key: Vec<usize>,
    to_one: Vec<(&'a str, Plan<'a>)>,
    to_many: Vec<&'a str>,
}

impl<'a> Plan<'a> {
    fn new(collection: &'a Collection, columns: &'a [FieldPath], prefix: &str, schemas: &Schemas<'a>) -> Self {
        let under = |index: usize| columns[index].as_str().strip_prefix(prefix).map(|rest| (rest, index));
        let own: Vec<(&'a str, usize)> = (0..columns.len()).filter_map(under).collect();
        let attributes: Vec<_> = own.iter().copied().filter(|(rest, _)| !rest.contains(':')).collect();
        let position = |key: &String| attributes.iter().find(|(name, _)| name == key).map(|(_, index)| *index);
        let key: Option<Vec<usize>> = collection.primary_key.iter().map(position).collect();
        let (mut to_one, mut to_many) = (Vec::new(), Vec::new());
        for (name, relation) in collection.relations() {
            if !relation.is_to_one() {
                to_many.push(name);
                continue;
            }
            let inside = format!("{name}:");
            let projected = own.iter().any(|(rest, _)| rest.starts_with(&inside));
            if let Some(target) = schemas.get(&relation.target).filter(|_| projected) {
                to_one.push((name, Plan::new(target, columns, &format!("{prefix}{inside}"), schemas)));
            }
        }
        Self { collection, attributes, key: key.unwrap_or_default(), to_one, to_many }
    }

    /// The packed id; `None` when the record is not there (a to-one relation that leads nowhere).
    fn id(&self, record: &Record) -> Option<String> {
        let values = record.values();
        if let [only] = self.key[..] {
            return values.get(only).filter(|value| !value.is_null()).map(Value::to_text);
        }
        let parts: Vec<String> = self.key.iter().filter_map(|&index| values.get(index)).map(Value::to_text).collect();
        let absent = self.key.iter().all(|&index| values.get(index).is_none_or(Value::is_null));
        (!absent).then(|| parts.join("|"))
    }
}

/// One record of an answer, as `data` or in `included`.
struct Resource<'a> {
    plan: &'a Plan<'a>,
    record: &'a Record,
    id: &'a str,
}

impl Serialize for Resource<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.plan.collection.name)?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("attributes", &Attributes(self))?;
        if !(self.plan.to_one.is_empty() && self.plan.to_many.is_empty()) {
            map.serialize_entry("relationships", &Relationships(self))?;
        }
        map.end()
    }
}

struct Attributes<'a>(&'a Resource<'a>);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Resource { plan, record, .. } = self.0;
        let values = record.values();
        serializer.collect_map(
            plan.attributes.iter().filter_map(|(name, index)| Some((name, WireValue(values.get(*index)?)))),
        )
    }
}

struct Relationships<'a>(&'a Resource<'a>);

impl Serialize for Relationships<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Data<'a> {
            data: Option<Pointer<'a>>,
        }
        #[derive(Serialize)]
        struct Pointer<'a> {
            r#type: &'a str,
            id: String,
        }
        #[derive(Serialize)]
        struct Links {
            links: Related,
        }
        #[derive(Serialize)]
        struct Related {
            related: Href,
        }
        #[derive(Serialize)]
        struct Href {
            href: String,
        }
        let Resource { plan, record, id } = self.0;
        let mut map = serializer.serialize_map(Some(plan.to_one.len() + plan.to_many.len()))?;
        for (name, target) in &plan.to_one {
            let pointer = target.id(record).map(|id| Pointer { r#type: &target.collection.name, id });
            map.serialize_entry(name, &Data { data: pointer })?;
        }
        let encoded = |text| utf8_percent_encode(text, COMPONENT);
        for name in &plan.to_many {
            let href =
                format!("/forest/{}/{}/relationships/{}", encoded(&plan.collection.name), encoded(id), encoded(name));
            map.serialize_entry(name, &Links { links: Related { related: Href { href } } })?;
        }
        map.end()
    }
}

/// The records that to-one relations lead to, each once.
struct Included<'a> {
    plan: &'a Plan<'a>,
    records: &'a [Record],
}

impl Serialize for Included<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        let mut seen: HashSet<(&str, String)> = HashSet::new();
        for record in self.records {
            let mut to_visit: Vec<&Plan<'_>> = self.plan.to_one.iter().map(|(_, plan)| plan).collect();
            while let Some(plan) = to_visit.pop() {
                let Some(id) = plan.id(record) else { continue };
                if seen.insert((plan.collection.name.as_str(), id.clone())) {
                    seq.serialize_element(&Resource { plan, record, id: &id })?;
                }
                to_visit.extend(plan.to_one.iter().map(|(_, plan)| plan));
            }
        }
        seq.end()
    }
}

/// An answer with a list of records.
pub(crate) struct ListDocument<'a> {
    collection: &'a Collection,
    records: &'a [Record],
    schemas: &'a Schemas<'a>,
    search: Option<String>,
}

impl<'a> ListDocument<'a> {
    /// Of these records; `search` is the text that found them.
    pub(crate) fn new(
        collection: &'a Collection,
        records: &'a [Record],
        schemas: &'a Schemas<'a>,
        search: Option<&str>,
    ) -> Self {
        Self { collection, records, schemas, search: search.map(str::to_lowercase) }
    }

    fn plan(&self) -> Plan<'a> {
        let columns: &'a [FieldPath] = self.records.first().map_or(&[], |record| record.columns());
        Plan::new(self.collection, columns, "", self.schemas)
    }
}

impl Serialize for ListDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plan = self.plan();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("jsonapi", &JsonApi::VERSION)?;
        let ids: Vec<String> = self.records.iter().map(|record| plan.id(record).unwrap_or_default()).collect();
        let resources = || self.records.iter().zip(&ids).map(|(record, id)| Resource { plan: &plan, record, id });
        map.serialize_entry("data", &Iter(resources))?;
        if !plan.to_one.is_empty() {
            map.serialize_entry("included", &Included { plan: &plan, records: self.records })?;
        }
        if let Some(text) = &self.search {
            let found: Vec<Found<'_>> = resources().filter_map(|resource| Found::new(&resource, text)).collect();
            if !found.is_empty() {
                map.serialize_entry("meta", &Meta { decorators: Numbered(&found) })?;
            }
        }
        map.end()
    }
}

/// An answer with one record, or with none.
pub(crate) struct Document<'a> {
    collection: &'a Collection,
    record: Option<&'a Record>,
    schemas: &'a Schemas<'a>,
}

impl<'a> Document<'a> {
    /// Of this record; `None` is `"data": null`.
    pub(crate) const fn new(collection: &'a Collection, record: Option<&'a Record>, schemas: &'a Schemas<'a>) -> Self {
        Self { collection, record, schemas }
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("jsonapi", &JsonApi::VERSION)?;
        match self.record {
            None => map.serialize_entry("data", &())?,
            Some(record) => {
                let plan = Plan::new(self.collection, record.columns(), "", self.schemas);
                let id = plan.id(record).unwrap_or_default();
                map.serialize_entry("data", &Resource { plan: &plan, record, id: &id })?;
                if !plan.to_one.is_empty() {
                    map.serialize_entry("included", &Included { plan: &plan, records: std::slice::from_ref(record) })?;
                }
            }
        }
        map.end()
    }
}

#[derive(Serialize)]
struct JsonApi {
    version: &'static str,
}

impl JsonApi {
    const VERSION: Self = Self { version: "1.0" };
}

/// Serializes what an iterator yields.
struct Iter<F>(F);

impl<I: Iterator<Item: Serialize>, F: Fn() -> I> Serialize for Iter<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

#[derive(Serialize)]
struct Meta<'a> {
    decorators: Numbered<'a>,
}

/// Entries under the keys `0`, `1`, …, counted over the entries themselves.
struct Numbered<'a>(&'a [Found<'a>]);

impl Serialize for Numbered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().enumerate())
    }
}

/// Where in a record a searched text stands.
#[derive(Serialize)]
struct Found<'a> {
    id: &'a str,
    search: Vec<&'a str>,
}

impl<'a> Found<'a> {
    fn new(resource: &Resource<'a>, text: &str) -> Option<Self> {
        let values = resource.record.values();
        let holds = |index: usize| values.get(index).is_some_and(|value| value.to_text().to_lowercase().contains(text));
        let attributes = resource.plan.attributes.iter();
        let search: Vec<&str> = attributes.filter(|(_, index)| holds(*index)).map(|(name, _)| *name).collect();
        (!search.is_empty()).then_some(Self { id: resource.id, search })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{clients, orders, pairs, schemas};
    use std::sync::Arc;

    fn records(columns: &[&str], rows: Vec<Vec<Value>>) -> Vec<Record> {
        let columns: Arc<[FieldPath]> = columns.iter().map(|&column| FieldPath::from(column)).collect();
        rows.into_iter().map(|row| Record::new(columns.clone(), row)).collect()
    }

    fn orders_of_two() -> Vec<Record> {
        let row = |id: i64, total: &str, note: Value, client: Value, name: Value| {
            vec![id.into(), Value::Decimal(total.parse().unwrap()), note, client, name]
        };
        records(
            &["id", "total", "note", "client:id", "client:name"],
            vec![
                row(7, "12.50", Value::Null, 3_i64.into(), "Ada".into()),
                row(8, "12", "a 7".into(), 3_i64.into(), "Ada".into()),
                row(9, "1", "b".into(), Value::Null, Value::Null),
            ],
        )
    }

    #[test]
    fn a_list_has_relations_and_includes_each_once() {
        let (records, orders, schemas) = (orders_of_two(), orders(), schemas());
        let document = ListDocument::new(&orders, &records, &schemas, Some("7"));
        insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
    }

    #[test]
    fn a_list_without_records_or_matches_has_no_meta() {
        let (orders, schemas) = (orders(), schemas());
        let text = serde_json::to_string(&ListDocument::new(&orders, &[], &schemas, Some("x"))).unwrap();
        assert_eq!(text, r#"{"jsonapi":{"version":"1.0"},"data":[]}"#);
        let records = orders_of_two();
        let text = serde_json::to_string(&ListDocument::new(&orders, &records, &schemas, Some("zork"))).unwrap();
        assert!(!text.contains("meta"));
    }

    #[test]
    fn one_record_and_none() {
        let (clients, pairs, schemas) = (clients(), pairs(), schemas());
        let client = records(&["id", "name"], vec![vec![3_i64.into(), "Ada".into()]]);
        let pair = records(&["left", "right", "note"], vec![vec![1_i64.into(), "x".into(), Value::Null]]);
        let text = |document: Document<'_>| serde_json::to_string(&document).unwrap();
        insta::assert_snapshot!(
            [
                text(Document::new(&clients, client.first(), &schemas)),
                text(Document::new(&pairs, pair.first(), &schemas)),
                text(Document::new(&clients, None, &schemas)),
            ]
            .join("\n")
        );
    }
}
