//! What a closure of a form is handed.

use levers_model::{Caller, Condition, FieldPath, Selection};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::error::Result;
use crate::record::Record;
use crate::records::CollectionHandle;
use crate::selected::Selected;

/// What a closure of a form works with: the values typed so far, the selected
/// records, the caller, and every collection, to be read only.
///
/// Reading a value makes the form depend on it: when it changes, the client asks
/// for the form again.
///
/// ```
/// use levers::prelude::*;
///
/// let reject = Action::bulk("Reject").field(
///     Field::string("reason")
///         .required_if(|cx| async move { Ok(cx.count().await? > 10) })
///         .description_with(|cx| async move { Ok(format!("For {} records.", cx.count().await?)) }),
/// );
/// ```
#[derive(Clone)]
pub struct FormContext {
    inner: levers_ports::FormContext,
    selected: Selected,
}

impl FormContext {
    pub(crate) fn new(inner: levers_ports::FormContext) -> Self {
        let selected = Selected {
            action: inner.action.clone(),
            collection: inner.collection.clone(),
            condition: inner.condition.clone(),
            records: inner.records.clone(),
        };
        Self { inner, selected }
    }

    /// The value of a field as it stands; `None` when it is empty, or (while it
    /// is being typed) not yet of this type. The form depends on it from now on.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let vat = Field::number("vat").value_with(|cx| async move { cx.value::<f64>("amount").map(|amount| amount * 0.2) });
    /// # let _ = vat;
    /// ```
    pub fn value<T: DeserializeOwned>(&self, field: &str) -> Option<T> {
        self.inner.values.get(field).and_then(|json| T::deserialize(json).ok())
    }

    /// The value of a field as JSON; null when it is empty.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let copy = Field::json("copy").value_with(|cx| async move { cx.json("settings") });
    /// # let _ = copy;
    /// ```
    pub fn json(&self, field: &str) -> Json {
        self.inner.values.get(field).cloned().unwrap_or_default()
    }

    /// Whether it is the change of this field that asks for the form. The form
    /// depends on it from now on.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// // A new country empties the city; anything else leaves it as it was typed.
    /// let city = Field::string("city")
    ///     .value_with(|cx| async move { if cx.changed("country") { Json::Null } else { cx.json("city") } });
    /// # let _ = city;
    /// ```
    pub fn changed(&self, field: &str) -> bool {
        self.inner.values.watch(field);
        self.inner.changed.as_deref() == Some(field)
    }

    /// What was typed into the search of the field whose choices are wanted; empty otherwise.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let city = Field::string("city").widget_with(|cx| async move {
    ///     let found = ["Lyon", "Paris"].into_iter().filter(|city| city.starts_with(cx.search()));
    ///     Dropdown::new(found).search_dynamic()
    /// });
    /// # let _ = city;
    /// ```
    pub fn search(&self) -> &str {
        self.inner.search.as_deref().unwrap_or_default()
    }

    /// Reads the selected record of a single action; the first one of a bulk action.
    ///
    /// # Errors
    /// Not found when there is none, invalid for unknown fields, internal for a
    /// global action, which has no selected record.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let name = Field::string("name")
    ///     .default_with(|cx| async move { cx.record(["name"]).await?.get::<String>("name") });
    /// # let _ = name;
    /// ```
    pub async fn record<P: Into<FieldPath>>(&self, fields: impl IntoIterator<Item = P>) -> Result<Record> {
        self.selected.record(fields).await
    }

    /// Reads all selected records at once.
    ///
    /// # Errors
    /// Invalid for unknown fields, unavailable when the database cannot be reached.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let keep = Field::enumeration_with("keep", |cx| async move {
    ///     cx.records(["name"]).await?.iter().map(|record| record.get::<String>("name")).collect::<levers::Result<Vec<_>>>()
    /// });
    /// # let _ = keep;
    /// ```
    pub async fn records<P: Into<FieldPath>>(&self, fields: impl IntoIterator<Item = P>) -> Result<Vec<Record>> {
        self.selected.records(fields).await
    }

    /// How many records are selected.
    ///
    /// # Errors
    /// Unavailable when the database cannot be reached.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let reason = Field::string("reason").required_if(|cx| async move { Ok(cx.count().await? > 10) });
    /// # let _ = reason;
    /// ```
    pub async fn count(&self) -> Result<u64> {
        self.selected.query().count().await
    }

    /// Any collection, by name, to be read: writing from a form is refused.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let plan = Field::enumeration_with("plan", |cx| async move {
    ///     let plans = cx.collection("plans").all().sort("price").list(["name"]).await?;
    ///     plans.iter().map(|plan| plan.get::<String>("name")).collect::<levers::Result<Vec<_>>>()
    /// });
    /// # let _ = plan;
    /// ```
    pub fn collection(&self, name: &str) -> CollectionHandle {
        self.selected.handle(name)
    }

    /// Who asks.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let discount = Field::number("discount")
    ///     .visible_if(|cx| async move { cx.caller().role.as_deref() == Some("sales") });
    /// # let _ = discount;
    /// ```
    pub fn caller(&self) -> &Caller {
        &self.inner.caller
    }

    /// The selection as it was asked for.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let warning = Html::new("<b>This is everything!</b>")
    ///     .visible_if(|cx| async move { cx.selection().named_count().is_none() });
    /// # let _ = warning;
    /// ```
    pub fn selection(&self) -> &Selection {
        &self.inner.selection
    }

    /// The condition that holds for the selected records and no others.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let open = Field::number("open").value_with(|cx| async move {
    ///     let open = cx.condition().clone().and(field("status").eq("open"));
    ///     cx.collection("orders").filter(open).count().await
    /// });
    /// # let _ = open;
    /// ```
    pub fn condition(&self) -> &Condition {
        &self.inner.condition
    }
}
