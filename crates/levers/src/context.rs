//! What a handler is handed.

use levers_model::{
    Action, Approval, Caller, Collection, Condition, FieldPath, FileValue, JobId, RecordId, Selection, Values,
};
use levers_ports::ActionContext;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::record::Record;
use crate::records::{CollectionHandle, RecordStream};
use crate::selected::Selected;

/// What a handler works with: the selected records, the form's values, the
/// caller, and every collection there is.
///
/// There is one context for single, bulk and global actions, so that an action
/// can change its scope without being rewritten. Clones are cheap and are the same execution.
///
/// ```
/// use levers::prelude::*;
///
/// let refund = Action::bulk("Refund")
///     .field(Field::string("reason").required())
///     .execute(|cx| async move {
///         let reason: String = cx.value("reason")?;
///         let orders = cx.update(json!({ "status": "refunded", "note": reason })).await?;
///         Ok(Outcome::success(format!("{orders} orders refunded by {}.", cx.caller().full_name())))
///     });
/// ```
#[derive(Clone)]
pub struct Context {
    inner: ActionContext,
    selected: Selected,
}

impl Context {
    pub(crate) fn new(inner: ActionContext) -> Self {
        let selected = Selected {
            action: inner.action.clone(),
            collection: inner.collection.clone(),
            condition: inner.condition.clone(),
            records: inner.records.clone(),
        };
        Self { inner, selected }
    }

    /// Reads the selected record of a single action; the first one of a bulk action.
    /// Fields of related records are reached with a colon: `company:name`.
    ///
    /// # Errors
    /// Not found when the record is gone meanwhile, invalid for unknown fields,
    /// internal for a global action, which has no selected record.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let transaction = cx.record(["amount", "emitter_company:name"]).await?;
    /// let from: String = transaction.get("emitter_company:name")?;
    /// # let _ = from; Ok(Outcome::done()) });
    /// ```
    pub async fn record<P: Into<FieldPath>>(&self, fields: impl IntoIterator<Item = P>) -> Result<Record> {
        self.selected.record(fields).await
    }

    /// Reads all selected records at once; for a global action all that the list
    /// was narrowed to. For selections of any size there is [`Context::stream`].
    ///
    /// # Errors
    /// Invalid for unknown fields, unavailable when the database cannot be reached.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::bulk("x").execute(|cx| async move {
    /// let mut total = 0.0;
    /// for transaction in cx.records(["amount"]).await? {
    ///     total += transaction.get::<f64>("amount")?;
    /// }
    /// # Ok(Outcome::success(total.to_string())) });
    /// ```
    pub async fn records<P: Into<FieldPath>>(&self, fields: impl IntoIterator<Item = P>) -> Result<Vec<Record>> {
        self.selected.records(fields).await
    }

    /// Reads the selected records one after the other, a million if need be.
    ///
    /// # Errors
    /// Those of [`Context::records`], also between two records.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// use levers::TryStreamExt as _;
    /// # let _ = Action::bulk("x").execute(|cx| async move {
    /// let mut customers = cx.stream(["email"]).await?;
    /// while let Some(customer) = customers.try_next().await? {
    ///     println!("{}", customer.get::<String>("email")?);
    /// }
    /// # Ok(Outcome::done()) });
    /// ```
    pub async fn stream<P: Into<FieldPath>>(&self, fields: impl IntoIterator<Item = P>) -> Result<RecordStream> {
        self.selected.stream(fields).await
    }

    /// The identities of all selected records.
    ///
    /// # Errors
    /// Refused when the collection has no primary key, unavailable when the
    /// database cannot be reached.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::bulk("x").execute(|cx| async move {
    /// let ids: Vec<String> = cx.ids().await?.iter().map(ToString::to_string).collect();
    /// # Ok(Outcome::success(ids.join(", "))) });
    /// ```
    pub async fn ids(&self) -> Result<Vec<RecordId>> {
        self.selected.ids().await
    }

    /// How many records are selected; for a global action how many the list was narrowed to.
    ///
    /// # Errors
    /// Unavailable when the database cannot be reached.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::bulk("x").execute(|cx| async move {
    /// if cx.count().await? > 1_000 {
    ///     return Err(Error::refused("At most 1000 at a time."));
    /// }
    /// # Ok(Outcome::done()) });
    /// ```
    pub async fn count(&self) -> Result<u64> {
        self.selected.query().count().await
    }

    /// Sets columns of every selected record, in one statement; says how many there were.
    ///
    /// # Errors
    /// Invalid with the fields that are unknown, read-only or of the wrong type;
    /// constraint violations with the constraint's fields; not found when a single
    /// action's record is gone meanwhile; internal for a global action.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::bulk("x").execute(|cx| async move {
    /// let how_many = cx.update(json!({ "status": "live" })).await?;
    /// # let _ = how_many; Ok(Outcome::done()) });
    /// ```
    pub async fn update(&self, values: Json) -> Result<u64> {
        self.selected.changed(self.selected.picked()?.update(values).await?)
    }

    /// Deletes every selected record, in one statement; says how many there were.
    ///
    /// # Errors
    /// Constraint violations (records that others still refer to); otherwise those
    /// of [`Context::update`].
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::bulk("x").execute(|cx| async move {
    /// let how_many = cx.delete().await?;
    /// # let _ = how_many; Ok(Outcome::done()) });
    /// ```
    pub async fn delete(&self) -> Result<u64> {
        self.selected.changed(self.selected.picked()?.delete().await?)
    }

    /// Waits until all that was written so far is on disk, whatever becomes of the machine.
    ///
    /// Everything is when the action answers, so few handlers need it: those that tell somebody
    /// outside, such as a payment service, of what they have just written.
    ///
    /// # Errors
    /// `Internal` when a disk failed.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// cx.update(json!({ "status": "charging" })).await?;
    /// cx.flush().await?;
    /// // Now ask the payment service.
    /// # Ok(Outcome::done()) });
    /// ```
    pub async fn flush(&self) -> Result<()> {
        self.inner.records.flush().await?;
        Ok(())
    }

    /// Any collection, by name. That there is none of this name shows when it is used.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// cx.collection("transactions").create(json!({ "amount": cx.value::<f64>("amount")? })).await?;
    /// # Ok(Outcome::done()) });
    /// ```
    pub fn collection(&self, name: &str) -> CollectionHandle {
        self.selected.handle(name)
    }

    /// A value of the form, as a Rust type: `f64` or `i64` for numbers, `String` for
    /// texts, dates and enums, `Vec<String>` for lists, [`serde_json::Value`] for
    /// anything. Ask for an `Option` where the field may be empty.
    ///
    /// # Errors
    /// Invalid, beside the field, when it is empty and no `Option` was asked for;
    /// internal when the type does not match the field's.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let amount: f64 = cx.value("amount")?;
    /// let note: Option<String> = cx.value("note")?;
    /// # let _ = (amount, note); Ok(Outcome::done()) });
    /// ```
    pub fn value<T: DeserializeOwned>(&self, field: &str) -> Result<T> {
        let json = self.inner.values.get(field).unwrap_or(&Json::Null);
        T::deserialize(json).map_err(|error| {
            if json.is_null() {
                Error::invalid_field(field, "A value is required.")
            } else {
                Error::internal(format!("the value of “{field}” is no {}: {error}", std::any::type_name::<T>()))
            }
        })
    }

    /// All values of the form, by field id.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let filled: Vec<&String> = cx.values().keys().collect();
    /// # let _ = filled; Ok(Outcome::done()) });
    /// ```
    pub fn values(&self) -> &Values {
        &self.inner.values
    }

    /// The file that was given in a field.
    ///
    /// # Errors
    /// Invalid, beside the field, when there is none.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let csv = cx.file("csv")?;
    /// let text = String::from_utf8_lossy(&csv.content).into_owned();
    /// # Ok(Outcome::success(format!("{}: {} characters", csv.name, text.len()))) });
    /// ```
    pub fn file(&self, field: &str) -> Result<FileValue> {
        let uri: String = self.value(field)?;
        FileValue::parse(&uri).map_err(|message| Error::invalid_field(field, message))
    }

    /// The files that were given in a field; none when it is empty.
    ///
    /// # Errors
    /// Invalid, beside the field, when one of them is no file.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let bytes: usize = cx.files("scans")?.iter().map(|scan| scan.content.len()).sum();
    /// # Ok(Outcome::success(bytes.to_string())) });
    /// ```
    pub fn files(&self, field: &str) -> Result<Vec<FileValue>> {
        let uris: Option<Vec<String>> = self.value(field)?;
        let files = uris.unwrap_or_default().into_iter().map(|uri| FileValue::parse(&uri));
        files.collect::<Result<_, _>>().map_err(|message| Error::invalid_field(field, message))
    }

    /// The packed id of the record that was picked in a [`Field::collection`](crate::Field::collection).
    ///
    /// # Errors
    /// Invalid, beside the field, when none was picked.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let company = cx.collection("companies").get(cx.record_id("beneficiary")?, ["name"]).await?;
    /// # let _ = company; Ok(Outcome::done()) });
    /// ```
    pub fn record_id(&self, field: &str) -> Result<String> {
        self.value(field)
    }

    /// Who asks.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// if cx.caller().role.as_deref() != Some("admin") {
    ///     return Err(Error::forbidden("Only admins may do this."));
    /// }
    /// # Ok(Outcome::done()) });
    /// ```
    pub fn caller(&self) -> &Caller {
        &self.inner.caller
    }

    /// The job that this execution is; its id is the caller's reference.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// Ok(Outcome::success(format!("Done, see {}.", cx.job())))
    /// # });
    /// ```
    pub fn job(&self) -> JobId {
        self.inner.job
    }

    /// The action that is executed.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// Ok(Outcome::success(format!("“{}” worked.", cx.action().name)))
    /// # });
    /// ```
    pub fn action(&self) -> &Action {
        &self.inner.action
    }

    /// The action's collection: its columns, key and relations.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let columns: Vec<&str> = cx.schema().columns().map(|(name, _)| name).collect();
    /// # Ok(Outcome::success(columns.join(", "))) });
    /// ```
    pub fn schema(&self) -> &Collection {
        &self.inner.collection
    }

    /// The key that makes repeated submits one, if the caller gave one; hand it on to a
    /// service that takes such keys.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let key = cx.idempotency_key().map_or_else(|| cx.job().to_string(), str::to_owned);
    /// # let _ = key; Ok(Outcome::done()) });
    /// ```
    pub fn idempotency_key(&self) -> Option<&str> {
        self.inner.idempotency_key.as_deref()
    }

    /// Set when somebody else asked for this and the caller approved it.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let asked_by = cx.approval().map(|approval| approval.requester_id.as_str());
    /// # let _ = asked_by; Ok(Outcome::done()) });
    /// ```
    pub fn approval(&self) -> Option<&Approval> {
        self.inner.approval.as_ref()
    }

    /// The selection as it was asked for, with the record from whose related data
    /// the action was started.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::bulk("x").execute(|cx| async move {
    /// let from = cx.selection().parent.as_ref().map(|parent| parent.relation.clone());
    /// # let _ = from; Ok(Outcome::done()) });
    /// ```
    pub fn selection(&self) -> &Selection {
        &self.inner.selection
    }

    /// The condition that holds for the selected records and no others, to be
    /// combined with further ones.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::bulk("x").execute(|cx| async move {
    /// let open = cx.condition().clone().and(field("status").eq("to_validate"));
    /// let validated = cx.collection("transactions").filter(open).update(json!({ "status": "validated" })).await?;
    /// # let _ = validated; Ok(Outcome::done()) });
    /// ```
    pub fn condition(&self) -> &Condition {
        &self.inner.condition
    }
}
