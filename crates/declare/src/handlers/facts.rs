//! What rules and templates know when they are evaluated.
//!
//! Reading a record costs a query, so only what an expression names is read, and
//! nothing when it names nothing of the record. Names were resolved when the file
//! was checked; here they are paths.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{SecondsFormat, Utc};
use indexmap::IndexMap;
use levers_model::{
    Action, Aggregation, Caller, Collection, Condition, Error, FieldPath, Operator, Page, Projection, Record, RecordId,
    RequestFilter, Result, Scope as ActionScope, Selection, Targets, Value,
};
use levers_ports::{ActionContext, FormContext, Query, Records};
use levers_rules::{Facts, Scope, Type};
use serde_json::{Map, Value as Json, json};

/// What an expression names.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Needs {
    /// Fields of the form.
    pub(crate) values: BTreeSet<String>,
    /// Columns of the record, also through relations.
    pub(crate) record: Vec<FieldPath>,
    /// How many records are selected.
    pub(crate) count: bool,
    /// Their ids.
    pub(crate) ids: bool,
}

impl Needs {
    /// What this needs and what that needs.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.values.extend(other.values.iter().cloned());
        for path in &other.record {
            if !self.record.contains(path) {
                self.record.push(path.clone());
            }
        }
        self.count |= other.count;
        self.ids |= other.ids;
        self
    }
}

/// The variables of a scope with nothing in them but what is needed. A record is described with all
/// its columns and those of the records that it points at, so that a wrong name is told from a right
/// one; facts about them all would be made anew at every evaluation.
pub(crate) fn narrowed(scope: &Scope, needs: &Needs) -> Arc<Scope> {
    let variables = scope.variables.iter().map(|(name, variable)| {
        let narrow = match name.as_str() {
            "record" => needs.record.iter().fold(Type::Object(IndexMap::new()), |narrow, path| {
                let steps: Vec<&str> = path.relations().chain(std::iter::once(path.column())).collect();
                add(narrow, variable, &steps)
            }),
            "values" => needs
                .values
                .iter()
                .fold(Type::Object(IndexMap::new()), |narrow, field| add(narrow, variable, &[field.as_str()])),
            _ => variable.clone(),
        };
        (name.clone(), narrow)
    });
    Arc::new(Scope { variables: variables.collect() })
}

/// Takes over the member of `from` at the end of a path.
fn add(narrow: Type, from: &Type, path: &[&str]) -> Type {
    match (narrow, from, path) {
        (Type::Object(mut members), Type::Object(known), [name, rest @ ..]) => {
            if let Some(known) = known.get(*name) {
                let member = members.shift_remove(*name);
                let member = if rest.is_empty() {
                    known.clone()
                } else {
                    add(member.unwrap_or_else(|| Type::Object(IndexMap::new())), known, rest)
                };
                members.insert((*name).to_owned(), member);
            }
            Type::Object(members)
        }
        (narrow, ..) => narrow,
    }
}

/// Who asks, about what.
pub(crate) struct Asker<'a> {
    action: &'a Action,
    collection: &'a Collection,
    caller: &'a Caller,
    selection: &'a Selection,
    condition: &'a Condition,
    records: &'a dyn Records,
}

impl<'a> From<&'a FormContext> for Asker<'a> {
    fn from(cx: &'a FormContext) -> Self {
        let FormContext { action, collection, caller, selection, condition, records, .. } = cx;
        Self { action, collection, caller, selection, condition, records: records.as_ref() }
    }
}

impl<'a> From<&'a ActionContext> for Asker<'a> {
    fn from(cx: &'a ActionContext) -> Self {
        let ActionContext { action, collection, caller, selection, condition, records, .. } = cx;
        Self { action, collection, caller, selection, condition, records: records.as_ref() }
    }
}

/// The most ids that a template is handed.
const MOST_IDS: u64 = 1_000;

impl Asker<'_> {
    /// Everything that is needed but the form's values.
    pub(crate) async fn facts(&self, needs: &Needs, scope: &Arc<Scope>) -> Result<Facts> {
        let mut facts = Facts::new(scope);
        facts.set_json("caller", &caller(self.caller));
        facts.set_json("now", &json!(Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)));
        if self.action.scope == ActionScope::Single {
            if let Some(id) = self.named().and_then(<[_]>::first) {
                facts.set_json("id", &json!(id.to_string()));
            }
            if !needs.record.is_empty()
                && let Some(record) = self.record(needs.record.iter().cloned()).await?
            {
                facts.set_record("record", &record);
            }
        }
        if needs.count {
            facts.set_json("count", &json!(self.count().await?));
        }
        if needs.ids {
            facts.set_json("ids", &json!(self.ids().await?));
        }
        Ok(facts)
    }

    /// The selected record, while it is there.
    async fn record(&self, paths: impl Iterator<Item = FieldPath>) -> Result<Option<Record>> {
        let mut found = self.list(self.condition.clone(), Projection::new(paths), 1).await?;
        Ok(found.pop())
    }

    /// How many records are selected.
    pub(crate) async fn count(&self) -> Result<u64> {
        match (self.action.scope, self.named()) {
            (ActionScope::Global, _) => Ok(0),
            (ActionScope::Single, _) => Ok(1),
            (ActionScope::Bulk, Some(ids)) => Ok(ids.len() as u64),
            (ActionScope::Bulk, None) => {
                let condition = self.condition.clone();
                let rows = self.records.aggregate(&self.collection.name, condition, Aggregation::count(), None).await?;
                let count = rows.first().and_then(|row| row.value.as_i64()).unwrap_or_default();
                Ok(u64::try_from(count).unwrap_or_default())
            }
        }
    }

    /// The ids of the selected records, as far as a message can hold them.
    pub(crate) async fn ids(&self) -> Result<Vec<String>> {
        if self.action.scope == ActionScope::Global {
            return Ok(Vec::new());
        }
        if let Some(ids) = self.named() {
            return Ok(ids.iter().map(ToString::to_string).collect());
        }
        let found = self.list(self.condition.clone(), key(self.collection), MOST_IDS).await?;
        found.iter().map(|record| record.id(self.collection).map(|id| id.to_string())).collect()
    }

    /// What the picked record passes, whatever becomes of its other columns.
    pub(crate) fn picked(&self) -> Condition {
        match self.named() {
            Some([id]) => of_id(self.collection, id),
            _ => self.condition.clone(),
        }
    }

    /// Whether a selected record is there.
    pub(crate) async fn exists(&self) -> Result<bool> {
        let found = self.list(self.condition.clone(), key(self.collection), 1).await?;
        Ok(!found.is_empty())
    }

    /// The ids that were picked one by one, when nothing narrows them further.
    fn named(&self) -> Option<&[RecordId]> {
        match &self.selection.targets {
            Targets::Ids(ids) if self.selection.filter == RequestFilter::default() => Some(ids),
            Targets::Ids(ids) if self.action.scope == ActionScope::Single => Some(ids),
            Targets::Ids(_) | Targets::None | Targets::AllExcept(_) => None,
        }
    }

    async fn list(&self, condition: Condition, projection: Projection, limit: u64) -> Result<Vec<Record>> {
        let query = Query { condition, projection, page: Some(Page { skip: 0, limit }), ..Query::default() };
        self.records.list(&self.collection.name, query).await
    }
}

/// The most records that are handled one by one.
pub(crate) const MOST_RECORDS: usize = 10_000;

/// The selected records, when they are few enough to be handled one by one.
pub(crate) async fn selected(cx: &ActionContext, mut projection: Projection) -> Result<Vec<Record>> {
    for path in key(&cx.collection).0 {
        projection.add(path);
    }
    let page = Some(Page { skip: 0, limit: MOST_RECORDS as u64 + 1 });
    let query = Query { condition: cx.condition.clone(), projection, page, ..Query::default() };
    let records = cx.records.list(&cx.collection.name, query).await?;
    if records.len() > MOST_RECORDS {
        return Err(Error::refused(format!(
            "“{}” takes at most {MOST_RECORDS} records at a time, and more are selected. Select fewer.",
            cx.action.name
        )));
    }
    Ok(records)
}

/// The key's columns.
pub(crate) fn key(collection: &Collection) -> Projection {
    Projection::new(collection.primary_key.iter().map(String::as_str))
}

/// The condition that one record passes.
pub(crate) fn only(collection: &Collection, record: &Record) -> Result<Condition> {
    record.id(collection).map(|id| of_id(collection, &id))
}

fn of_id(collection: &Collection, id: &RecordId) -> Condition {
    let tests = collection.primary_key.iter().zip(&id.0);
    tests.fold(Condition::always(), |all, (column, value)| {
        all.and(Condition::leaf(column.as_str(), Operator::Equal, value.clone()))
    })
}

/// Whoever asks, as expressions see them.
fn caller(caller: &Caller) -> Json {
    json!({
        "id": caller.id,
        "email": caller.email,
        "first_name": caller.first_name,
        "last_name": caller.last_name,
        "team": caller.team,
        "role": caller.role,
        "timezone": caller.timezone.name(),
        "tags": caller.tags,
    })
}

/// The form's values that are needed.
pub(crate) fn values<'v>(needs: &Needs, value: impl Fn(&str) -> Option<&'v Json>) -> Json {
    let given = needs.values.iter().filter_map(|id| value(id).map(|json| (id.clone(), json.clone())));
    Json::Object(given.collect::<Map<_, _>>())
}

/// A value of whoever asks, for a statement.
pub(crate) fn caller_value(of: &Caller, path: &[&str]) -> Value {
    let found = path.iter().try_fold(&caller(of), |json, step| json.get(step)).cloned();
    match found {
        Some(Json::String(text)) => Value::Text(text),
        _ => Value::Null,
    }
}
