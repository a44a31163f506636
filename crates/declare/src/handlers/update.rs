//! Sets columns of the selected records.
//!
//! Values that do not depend on the record are written by one statement, however
//! many records there are. Values that do are computed for each record first and
//! written then, in one transaction, so that a value that cannot be computed, or
//! that the database refuses, changes nothing.

use std::sync::Arc;

use async_trait::async_trait;
use indexmap::IndexMap;
use levers_model::{Collection, Error, FieldError, Outcome, Patch, Projection, Result};
use levers_ports::ActionContext;
use levers_rules::{Facts, Rule, Scope, Template};
use serde_json::Value as Json;

use super::expression::{Expression, in_action};
use super::facts::{Needs, narrowed, only, selected};
use super::spoken::{Done, Work};

/// What a column is set to.
#[derive(Clone)]
pub(crate) enum Setting {
    /// The same for all.
    Constant(Json),
    /// A text.
    Template(Expression<Template>),
    /// What a rule computes.
    Rule(Expression<Rule>),
}

impl Setting {
    fn needs(&self) -> Needs {
        match self {
            Self::Constant(_) => Needs::default(),
            Self::Template(template) => (*template.needs).clone(),
            Self::Rule(rule) => (*rule.needs).clone(),
        }
    }

    /// `None` when it cannot be computed.
    fn value(&self, facts: &Facts) -> Result<Option<Json>> {
        match self {
            Self::Constant(json) => Ok(Some(json.clone())),
            Self::Template(template) => template.of.render(facts).map(|text| Some(Json::String(text))),
            Self::Rule(rule) => Ok(rule.of.compute(facts)),
        }
    }
}

/// Sets columns.
pub(crate) struct Update {
    /// By column.
    settings: IndexMap<String, Setting>,
    /// What the settings need, and how it is named.
    needs: Needs,
    scope: Arc<Scope>,
}

#[async_trait]
impl Work for Update {
    async fn work(&self, cx: &ActionContext) -> Result<Done> {
        let needs = &self.needs;
        let apart = Needs { record: Vec::new(), ..needs.clone() };
        let facts = in_action(cx, &apart, &self.scope).await?;
        let count = if needs.record.is_empty() {
            let patch = self.patch(&cx.collection, &facts)?;
            cx.records.update(&cx.collection.name, cx.condition.clone(), patch).await?
        } else {
            self.each(cx, needs, facts).await?
        };
        Ok(Done { reply: Outcome::done().into(), count: Some(count) })
    }
}

impl Update {
    /// By column; `scope` is what the settings may name.
    pub(crate) fn new(settings: IndexMap<String, Setting>, scope: &Scope) -> Self {
        let needs = settings.values().fold(Needs::default(), |needs, setting| needs.and(&setting.needs()));
        let scope = narrowed(scope, &needs);
        Self { settings, needs, scope }
    }

    async fn each(&self, cx: &ActionContext, needs: &Needs, mut facts: Facts) -> Result<u64> {
        let records = selected(cx, Projection::new(needs.record.iter().cloned())).await?;
        let mut changes = Vec::with_capacity(records.len());
        for record in &records {
            facts.set_record("record", record);
            // The selection besides the id: a record that no longer passes it was not meant.
            let condition = cx.condition.clone().and(only(&cx.collection, record)?);
            changes.push((condition, self.patch(&cx.collection, &facts)?));
        }
        cx.records.update_each(&cx.collection.name, changes).await
    }

    fn patch(&self, collection: &Collection, facts: &Facts) -> Result<Patch> {
        let mut values = IndexMap::with_capacity(self.settings.len());
        for (column, setting) in &self.settings {
            let Some(value) = setting.value(facts)? else {
                let message =
                    "Its new value could not be computed, because something that it is computed from is missing.";
                return Err(named(vec![FieldError::new(column, message)]));
            };
            values.insert(column, fitting(collection, column, value));
        }
        Patch::from_pairs(values.iter().map(|(column, json)| (*column, json)), collection)
            .map_err(|error| named(error.fields().to_vec()))
    }
}

/// The columns are no fields of the form, so the message names them and no field is marked.
fn named(fields: Vec<FieldError>) -> Error {
    Error::refused(Error::invalid_fields(fields).message())
}

/// A template without a text sets nothing where a text has no place.
fn fitting(collection: &Collection, column: &str, value: Json) -> Json {
    let is_text = collection.column(column).is_some_and(|column| column.column_type == levers_model::ColumnType::Text);
    match value {
        Json::String(text) if text.is_empty() && !is_text => Json::Null,
        value => value,
    }
}
