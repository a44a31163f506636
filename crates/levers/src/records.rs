//! Any collection, from within a handler or a form.

use std::fmt::Display;
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use levers_model::{
    Aggregation, Collection, Condition, FieldPath, Operator, Page, Patch, Projection, RecordId, Sort, SortClause,
};
use levers_ports::{AggregateRow, Records};
use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::record::Record;

/// Records, one after the other, without holding all of them in memory.
///
/// ```
/// # use levers::prelude::*;
/// use levers::TryStreamExt as _;
/// # let _ = Action::bulk("x").execute(|cx| async move {
/// let mut customers: levers::RecordStream = cx.stream(["email"]).await?;
/// while let Some(customer) = customers.try_next().await? {
///     println!("{}", customer.get::<String>("email")?);
/// }
/// # Ok(Outcome::done()) });
/// ```
pub type RecordStream = BoxStream<'static, Result<Record>>;

/// A collection, to read and write its records. From
/// [`Context::collection`](crate::Context::collection); a form's may only read.
///
/// What a handler writes is recorded in its job's change set.
///
/// ```
/// use levers::prelude::*;
/// let _ = Action::single("Reorder").execute(|cx| async move {
///     let orders = cx.collection("orders");
///     let last = orders.filter(field("status").eq("shipped")).sort("-ordered_at").first(["quantity"]).await?;
///     let quantity = last.map_or(Ok(1), |order| order.get::<i64>("quantity"))?;
///     let order = orders.create(json!({ "status": "new", "quantity": quantity })).await?;
///     Ok(Outcome::success(format!("Order {} is placed.", order.id()?)))
/// });
/// ```
#[derive(Clone)]
pub struct CollectionHandle {
    records: Arc<dyn Records>,
    name: String,
}

impl CollectionHandle {
    pub(crate) fn new(records: Arc<dyn Records>, name: String) -> Self {
        Self { records, name }
    }

    /// Its columns, key and relations.
    ///
    /// # Errors
    /// Not found, with the names that there are.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let key = cx.collection("orders").schema()?.primary_key.join(", ");
    /// # let _ = key; Ok(Outcome::done()) });
    /// ```
    pub fn schema(&self) -> Result<Arc<Collection>> {
        Ok(self.records.collection(&self.name)?)
    }

    /// All of its records.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let how_many = cx.collection("orders").all().count().await?;
    /// # let _ = how_many; Ok(Outcome::done()) });
    /// ```
    pub fn all(&self) -> RecordQuery {
        self.filter(Condition::always())
    }

    /// The records that pass a condition.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let late = cx.collection("orders").filter(field("status").eq("late")).count().await?;
    /// # let _ = late; Ok(Outcome::done()) });
    /// ```
    pub fn filter(&self, condition: Condition) -> RecordQuery {
        RecordQuery { collection: self.clone(), condition, sort: Vec::new(), page: None }
    }

    /// The record of an id: a number or text, or the packed id of a picked record.
    ///
    /// # Errors
    /// Invalid when it cannot be an id of this collection.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// cx.collection("orders").by_id(7)?.update(json!({ "status": "paid" })).await?;
    /// # Ok(Outcome::done()) });
    /// ```
    pub fn by_id(&self, id: impl Display) -> Result<RecordQuery> {
        let schema = self.schema()?;
        let id = RecordId::parse(&id.to_string(), &schema)?;
        let keys = schema.primary_key.iter().zip(id.0);
        Ok(self.filter(keys.fold(Condition::always(), |all, (key, value)| {
            all.and(Condition::leaf(key.as_str(), Operator::Equal, value))
        })))
    }

    /// Reads the record of an id.
    ///
    /// # Errors
    /// Not found when there is none; invalid for what cannot be an id.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let company = cx.collection("companies").get(cx.record_id("beneficiary")?, ["name"]).await?;
    /// # let _ = company; Ok(Outcome::done()) });
    /// ```
    pub async fn get<P: Into<FieldPath>>(
        &self,
        id: impl Display,
        fields: impl IntoIterator<Item = P>,
    ) -> Result<Record> {
        let id = id.to_string();
        let record = self.by_id(&id)?.first(fields).await?;
        record.ok_or_else(|| Error::not_found(format!("“{}” has no record {id}.", self.name)))
    }

    /// Adds a record and returns it whole, with what the database filled in.
    ///
    /// # Errors
    /// Invalid with the fields that are unknown, missing or of the wrong type;
    /// constraint violations with the constraint's fields.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let order = cx.collection("orders").create(json!({ "status": "new", "quantity": 1 })).await?;
    /// # let _ = order; Ok(Outcome::done()) });
    /// ```
    pub async fn create(&self, record: Json) -> Result<Record> {
        let created = self.create_many(vec![record]).await?;
        created.into_iter().next().ok_or_else(|| Error::internal("a data source created nothing and said so"))
    }

    /// Adds several records, all or none.
    ///
    /// # Errors
    /// As for [`CollectionHandle::create`].
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let lines = (1..=3).map(|line| json!({ "line": line })).collect();
    /// cx.collection("order_lines").create_many(lines).await?;
    /// # Ok(Outcome::done()) });
    /// ```
    pub async fn create_many(&self, records: Vec<Json>) -> Result<Vec<Record>> {
        let schema = self.schema()?;
        let patches: Result<Vec<Patch>> = records.iter().map(|json| Ok(Patch::from_json(json, &schema)?)).collect();
        let created = self.records.create(&self.name, patches?).await?;
        Ok(created.into_iter().map(|record| Record::new(record, schema.clone())).collect())
    }
}

/// Some of a collection's records, to be read, counted, changed or deleted.
///
/// Changing and deleting is one statement, however many records there are; the
/// order and the window are for reading only.
///
/// ```
/// use levers::prelude::*;
/// let _ = Action::global("Close old orders").execute(|cx| async move {
///     let old = cx.collection("orders").filter(field("status").eq("late"));
///     let closed = old.update(json!({ "status": "closed" })).await?;
///     Ok(Outcome::success(format!("{closed} orders closed.")))
/// });
/// ```
#[derive(Clone)]
pub struct RecordQuery {
    collection: CollectionHandle,
    condition: Condition,
    sort: Vec<SortClause>,
    page: Option<Page>,
}

impl RecordQuery {
    /// Orders by a field, greatest first when a `-` stands before it; called
    /// again, the further field decides among equals.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let orders = cx.collection("orders").all().sort("-ordered_at").sort("customer:lastname").list(["id"]).await?;
    /// # let _ = orders; Ok(Outcome::done()) });
    /// ```
    pub fn sort(mut self, field: &str) -> Self {
        let (field, ascending) = field.strip_prefix('-').map_or((field, true), |field| (field, false));
        self.sort.push(SortClause { field: field.into(), ascending });
        self
    }

    /// Leaves out the first records and reads at most `limit` of the others.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let second_page = cx.collection("orders").all().sort("id").page(15, 15).list(["id"]).await?;
    /// # let _ = second_page; Ok(Outcome::done()) });
    /// ```
    pub fn page(mut self, skip: u64, limit: u64) -> Self {
        self.page = Some(Page { skip, limit });
        self
    }

    /// Reads the records, all at once: for those that fit in memory.
    ///
    /// # Errors
    /// Invalid for unknown fields, unavailable when the database cannot be reached.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// for order in cx.collection("orders").all().page(0, 100).list(["id", "customer:email"]).await? {
    ///     println!("{}", order.get::<String>("customer:email")?);
    /// }
    /// # Ok(Outcome::done()) });
    /// ```
    pub async fn list<P: Into<FieldPath>>(&self, fields: impl IntoIterator<Item = P>) -> Result<Vec<Record>> {
        let schema = self.collection.schema()?;
        let read = self.collection.records.list(&self.collection.name, self.query(fields)).await?;
        Ok(read.into_iter().map(|record| Record::new(record, schema.clone())).collect())
    }

    /// Reads the first record, if there is one.
    ///
    /// # Errors
    /// Those of [`RecordQuery::list`].
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let newest = cx.collection("orders").all().sort("-id").first(["id"]).await?;
    /// # let _ = newest; Ok(Outcome::done()) });
    /// ```
    pub async fn first<P: Into<FieldPath>>(&self, fields: impl IntoIterator<Item = P>) -> Result<Option<Record>> {
        let skip = self.page.map_or(0, |page| page.skip);
        Ok(self.clone().page(skip, 1).list(fields).await?.into_iter().next())
    }

    /// Reads the records one after the other, however many there are.
    ///
    /// # Errors
    /// Those of [`RecordQuery::list`], also between two records.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// use levers::TryStreamExt as _;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let mut orders = cx.collection("orders").all().stream(["id"]).await?;
    /// while let Some(order) = orders.try_next().await? {
    ///     println!("{}", order.id()?);
    /// }
    /// # Ok(Outcome::done()) });
    /// ```
    pub async fn stream<P: Into<FieldPath>>(&self, fields: impl IntoIterator<Item = P>) -> Result<RecordStream> {
        let schema = self.collection.schema()?;
        let query = self.query(fields);
        let read = self.collection.records.stream(&self.collection.name, query).await?;
        Ok(read.map(move |record| Ok(Record::new(record?, schema.clone()))).boxed())
    }

    /// How many records there are.
    ///
    /// # Errors
    /// Unavailable when the database cannot be reached.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let how_many: u64 = cx.collection("orders").all().count().await?;
    /// # let _ = how_many; Ok(Outcome::done()) });
    /// ```
    pub async fn count(&self) -> Result<u64> {
        let rows = self.aggregate(Aggregation::count(), None).await?;
        let count = rows.first().and_then(|row| row.value.as_i64()).and_then(|count| u64::try_from(count).ok());
        count.ok_or_else(|| Error::internal("a data source counted without a number"))
    }

    /// Computes over the records: count, sum, mean, minimum or maximum, by group;
    /// at most `limit` groups, greatest value first.
    ///
    /// # Errors
    /// Invalid for unknown fields, unavailable when the database cannot be reached.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// use levers::{Aggregation, AggregationOperation};
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let total = Aggregation { operation: AggregationOperation::Sum, field: Some("amount".into()), groups: vec![] };
    /// let rows = cx.collection("transactions").all().aggregate(total, None).await?;
    /// Ok(Outcome::success(rows[0].value.to_text()))
    /// # });
    /// ```
    pub async fn aggregate(&self, aggregation: Aggregation, limit: Option<u64>) -> Result<Vec<AggregateRow>> {
        let CollectionHandle { records, name } = &self.collection;
        Ok(records.aggregate(name, self.condition.clone(), aggregation, limit).await?)
    }

    /// Sets columns on every record; says how many there were.
    ///
    /// # Errors
    /// Invalid with the fields that are unknown, read-only or of the wrong type;
    /// constraint violations with the constraint's fields; refused in a form.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let late = cx.collection("orders").filter(field("status").eq("late"));
    /// late.update(json!({ "status": "closed" })).await?;
    /// # Ok(Outcome::done()) });
    /// ```
    pub async fn update(&self, values: Json) -> Result<u64> {
        let patch = Patch::from_json(&values, &*self.collection.schema()?)?;
        let CollectionHandle { records, name } = &self.collection;
        Ok(records.update(name, self.condition.clone(), patch).await?)
    }

    /// Deletes every record; says how many there were.
    ///
    /// # Errors
    /// Constraint violations (records that others still refer to); refused in a form.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::global("x").execute(|cx| async move {
    /// let gone = cx.collection("documents").filter(field("status").eq("expired")).delete().await?;
    /// Ok(Outcome::success(format!("{gone} documents deleted.")))
    /// # });
    /// ```
    pub async fn delete(&self) -> Result<u64> {
        let CollectionHandle { records, name } = &self.collection;
        Ok(records.delete(name, self.condition.clone()).await?)
    }

    fn query<P: Into<FieldPath>>(&self, fields: impl IntoIterator<Item = P>) -> levers_ports::Query {
        levers_ports::Query {
            condition: self.condition.clone(),
            projection: Projection::new(fields),
            sort: Sort(self.sort.clone()),
            page: self.page,
        }
    }

    /// The identities of all records.
    pub(crate) async fn ids(&self) -> Result<Vec<RecordId>> {
        let schema = self.collection.schema()?;
        let read = self.list(schema.primary_key.iter().map(String::as_str)).await?;
        read.iter().map(Record::id).collect()
    }
}
