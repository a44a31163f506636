//! Which records an action is about, in a backend's words (specification, section 1.3).
//!
//! Records that were named one by one go out as ids, and only those that pass the
//! selection's compiled condition: a backend knows neither our filters nor our
//! permissions. 'All but these' goes out as the list's filter, which the backend
//! enumerates itself, unless it may read it otherwise than we do: a segment is ours,
//! and a backend that does not know its name takes all records instead; a search finds
//! what each side looks for it in, and would run on other records than the list showed; a
//! record's related data are named in our words, and a backend that has others takes all records. Then, and
//! where the action asks for it, the ids are read here.

use std::collections::BTreeSet;
use std::sync::Arc;

use levers_model::{
    Caller, Collection, Condition, Error, Page, Projection, RecordId, RequestFilter, Result, Selection, Sort, Targets,
};
use levers_ports::{ActionContext, FormContext, Query, Records};
use serde_json::{Map, Value as Json, json};

use crate::action::HttpAction;
use crate::filters;

/// What is known of a selection.
pub(crate) struct Asked<'a> {
    caller: &'a Caller,
    collection: &'a Collection,
    selection: &'a Selection,
    condition: &'a Condition,
    records: &'a Arc<dyn Records>,
}

impl<'a> From<&'a ActionContext> for Asked<'a> {
    fn from(cx: &'a ActionContext) -> Self {
        let ActionContext { caller, collection, selection, condition, records, .. } = cx;
        Self { caller, collection, selection, condition, records }
    }
}

impl<'a> From<&'a FormContext> for Asked<'a> {
    fn from(cx: &'a FormContext) -> Self {
        let FormContext { caller, collection, selection, condition, records, .. } = cx;
        Self { caller, collection, selection, condition, records }
    }
}

/// The records, one by one or all but some.
enum Picked {
    Ids(Vec<String>),
    AllBut(Vec<String>),
}

impl Asked<'_> {
    /// The attributes of a body that say which records it is about.
    pub(crate) async fn attributes(&self, action: &HttpAction) -> Result<Map<String, Json>> {
        let picked = self.picked(action).await?;
        let (ids, all, excluded) = match picked {
            Picked::Ids(ids) => (ids, false, Vec::new()),
            Picked::AllBut(excluded) => (Vec::new(), true, excluded),
        };
        let parent = self.selection.parent.as_ref();
        let mut attributes = Map::new();
        attributes.insert("collection_name".into(), json!(action.backend_collection));
        attributes.insert("ids".into(), json!(ids));
        attributes.insert("all_records".into(), json!(all));
        attributes.insert("all_records_ids_excluded".into(), json!(excluded));
        attributes.insert("all_records_subset_query".into(), Json::Object(self.subset_query(action)));
        attributes.insert("parent_collection_name".into(), json!(parent.map(|parent| &parent.collection)));
        attributes.insert("parent_collection_id".into(), json!(parent.map(|parent| parent.id.to_string())));
        attributes.insert("parent_association_name".into(), json!(parent.map(|parent| &parent.relation)));
        attributes.insert("smart_action_id".into(), json!(action.smart_action_id));
        Ok(attributes)
    }

    /// The ids alone, for bodies that know nothing else.
    pub(crate) async fn ids(&self) -> Result<Vec<String>> {
        match &self.selection.targets {
            Targets::None => Ok(Vec::new()),
            Targets::Ids(ids) => self.still_selected(ids).await,
            Targets::AllExcept(_) => self.enumerated().await,
        }
    }

    async fn picked(&self, action: &HttpAction) -> Result<Picked> {
        match &self.selection.targets {
            Targets::AllExcept(excluded) if !action.resolve_ids && self.is_understood() => {
                Ok(Picked::AllBut(excluded.iter().map(RecordId::to_string).collect()))
            }
            Targets::None | Targets::Ids(_) | Targets::AllExcept(_) => self.ids().await.map(Picked::Ids),
        }
    }

    fn is_understood(&self) -> bool {
        self.selection.parent.is_none() && understood(&self.selection.filter)
    }

    /// Those of the named records that the condition holds for, in the order in which they were named.
    async fn still_selected(&self, named: &[RecordId]) -> Result<Vec<String>> {
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let known: BTreeSet<String> = self.read(None).await?.into_iter().collect();
        let left: Vec<String> = named.iter().map(RecordId::to_string).filter(|id| known.contains(id)).collect();
        if left.is_empty() {
            return Err(Error::not_found(format!(
                "None of the selected records of “{}” is there any more. Reload the list and select again.",
                self.collection.name
            )));
        }
        Ok(left)
    }

    async fn enumerated(&self) -> Result<Vec<String>> {
        let most = HttpAction::MOST_IDS;
        let ids = self.read(Some(Page { skip: 0, limit: most + 1 })).await?;
        if ids.len() as u64 > most {
            return Err(Error::too_large(format!(
                "More than {most} records are selected, which is more than are handed to a backend by their ids. \
                 Narrow the list, or select fewer."
            )));
        }
        Ok(ids)
    }

    async fn read(&self, page: Option<Page>) -> Result<Vec<String>> {
        let query = Query {
            condition: self.condition.clone(),
            projection: Projection::new(self.collection.primary_key.iter().map(String::as_str)),
            sort: Sort::default(),
            page,
        };
        let records = self.records.list(&self.collection.name, query).await?;
        records.iter().map(|record| record.id(self.collection).map(|id| id.to_string())).collect()
    }

    /// What the list was narrowed to, under the keys of a list's query string. A front sends
    /// the page and the fields that it shows; agents read them, so they are there.
    fn subset_query(&self, action: &HttpAction) -> Map<String, Json> {
        let RequestFilter { condition, search, segment } = &self.selection.filter;
        let mut query = Map::new();
        let fields = format!("fields[{}]", action.backend_collection);
        query.insert(fields, json!(self.collection.primary_key.join(",")));
        query.insert("page[number]".into(), json!(1));
        query.insert("page[size]".into(), json!(15));
        query.insert("searchExtended".into(), json!(u8::from(search.as_ref().is_some_and(|search| search.extended))));
        query.insert("timezone".into(), json!(self.caller.timezone.name()));
        if let Some(tree) = condition.as_ref().and_then(filters::tree) {
            query.insert("filters".into(), json!(tree.to_string()));
        }
        if let Some(search) = search {
            query.insert("search".into(), json!(search.text));
        }
        if let Some(segment) = segment {
            query.insert("segment".into(), json!(segment));
        }
        query
    }
}

/// Whether a backend reads the filter as we do.
fn understood(filter: &RequestFilter) -> bool {
    let RequestFilter { condition, search, segment } = filter;
    let everything = |condition: &Condition| matches!(condition, Condition::And(children) if children.is_empty());
    let condition = condition.as_ref().filter(|condition| !everything(condition));
    segment.is_none() && search.is_none() && condition.is_none_or(|condition| filters::tree(condition).is_some())
}
