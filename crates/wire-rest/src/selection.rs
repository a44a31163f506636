//! Which records an action is about, as a request says it.

use levers_engine::CollectionEntry;
use levers_model::{Error, ParentRecord, RecordId, Result, Selection, Targets};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::filter::{ConditionTree, Narrowed, Schemas};
use crate::limits;
use crate::object;

/// Which records an action is about: `ids`, or `all` that match, or none.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "ids": ["1", "2"] }))]
pub(crate) struct SelectionInput {
    /// Packed ids: the key's values joined by `|`. At most 10 000.
    #[schema(max_items = 10_000)]
    #[serde(default)]
    ids: Vec<String>,
    /// All records that match the filter, search and segment, instead of `ids`.
    #[serde(default)]
    all: bool,
    /// With `all`: but not these. At most 10 000.
    #[schema(max_items = 10_000)]
    #[serde(default)]
    except: Vec<String>,
    /// What the list was narrowed to.
    filter: Option<ConditionTree>,
    /// A text to look for.
    search: Option<String>,
    /// Whether to search in related records too.
    #[serde(default)]
    search_extended: bool,
    /// The name of a segment.
    segment: Option<String>,
    /// Set when the action is started from a record's related data.
    #[serde(default, deserialize_with = "object::maybe")]
    parent: Option<ParentInput>,
}

/// The record from whose related data an action is started.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "collection": "companies", "id": "1", "relation": "customers" }))]
struct ParentInput {
    /// The parent's collection.
    collection: String,
    /// The parent's packed id.
    id: String,
    /// The parent's relation that leads to the action's collection.
    relation: String,
}

impl SelectionInput {
    /// Types it against the collection.
    pub(crate) fn translate(self, schemas: &Schemas<'_>, entry: &CollectionEntry) -> Result<Selection> {
        let ids = |texts: Vec<String>| -> Result<Vec<RecordId>> {
            limits::at_most("ids", texts.len(), limits::LONGEST_LIST)?;
            texts.iter().map(|text| RecordId::parse(text, entry.schema())).collect()
        };
        if (self.all && !self.ids.is_empty()) || (!self.all && !self.except.is_empty()) {
            return Err(Error::invalid("A selection has either “ids”, or “all” with or without “except”."));
        }
        let targets = match (self.all, self.ids.is_empty()) {
            (true, _) => Targets::AllExcept(ids(self.except)?),
            (false, false) => Targets::Ids(ids(self.ids)?),
            (false, true) => Targets::None,
        };
        let narrowed = Narrowed {
            filter: self.filter,
            search: self.search,
            search_extended: self.search_extended,
            segment: self.segment,
        };
        let parent = self.parent.map(|parent| parent.translate(schemas)).transpose()?;
        Ok(Selection { filter: narrowed.translate(schemas, entry)?, targets, parent })
    }
}

impl ParentInput {
    fn translate(self, schemas: &Schemas<'_>) -> Result<ParentRecord> {
        let entry = schemas.engine.collection(schemas.cx, &self.collection)?;
        let id = RecordId::parse(&self.id, entry.schema())?;
        Ok(ParentRecord { collection: self.collection, id, relation: self.relation })
    }
}
