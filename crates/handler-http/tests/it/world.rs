//! Contexts of executions and forms over a few records, and handlers that call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono_tz::Tz;
use levers_handler_http::{HttpAction, HttpHandler, Outbound, OutboundConfig, SecretText, Signing};
use levers_model::{
    Action, Aggregation, Caller, Collection, Column, ColumnType, Condition, Door, Error, FieldSchema, Patch, Record,
    RecordId, Result, Scope, Selection, Value, Values,
};
use levers_ports::{
    ActionContext, AggregateRow, FormContext, FormValues, Handler as _, Query, RecordStream, Records, Reply,
};
use serde_json::Value as Json;

pub(crate) const AUTH: &str = "an auth secret of at least thirty-two characters";
pub(crate) const ENV: &str = "an env secret of at least thirty-two characters!";

/// Calls that are never too late, however busy the machine is.
pub(crate) fn config(base: impl Into<String>) -> OutboundConfig {
    OutboundConfig {
        base: Some(base.into()),
        allow_private: vec!["127.0.0.1".into()],
        max_answer: 64 * 1024,
        max_file: 1024 * 1024,
        ..OutboundConfig::default()
    }
}

/// Calls that are too late as soon as a test can wait for it.
pub(crate) fn hasty(base: impl Into<String>) -> OutboundConfig {
    OutboundConfig { timeout: Duration::from_secs(1), total: Duration::from_secs(2), ..config(base) }
}

pub(crate) fn signing() -> Signing {
    Signing::new(&SecretText::new(AUTH), Some(SecretText::new(ENV)))
}

pub(crate) fn action() -> HttpAction {
    HttpAction::new("companies", "Mark as Live")
}

pub(crate) fn handler(config: OutboundConfig, action: HttpAction) -> HttpHandler {
    HttpHandler::new(Outbound::new(config).unwrap(), action, signing()).unwrap()
}

/// Executes on company 1 with no values.
pub(crate) async fn execute(config: OutboundConfig) -> Result<Reply> {
    handler(config, action()).execute(context(Selection::ids(vec![id(1)]))).await
}

/// The collection of which the records are 1, 2, 3…
pub(crate) struct Companies(pub(crate) i64);

pub(crate) fn id(number: i64) -> RecordId {
    RecordId(vec![number.into()])
}

pub(crate) fn companies() -> Arc<Collection> {
    let key = Column { primary_key: true, nullable: false, ..Column::new(ColumnType::Integer) };
    let fields = [("id", key), ("name", Column::new(ColumnType::Text))];
    Arc::new(Collection {
        name: "companies".into(),
        fields: fields.into_iter().map(|(name, column)| (name.to_owned(), FieldSchema::Column(column))).collect(),
        primary_key: vec!["id".into()],
        read_only: false,
    })
}

fn unused<T>() -> Result<T> {
    Err(Error::internal("no test needs this"))
}

#[async_trait]
impl Records for Companies {
    fn collection(&self, name: &str) -> Result<Arc<Collection>> {
        if name == "companies" { Ok(companies()) } else { Err(Error::not_found(format!("no {name}"))) }
    }

    async fn list(&self, _collection: &str, query: Query) -> Result<Vec<Record>> {
        let limit = query.page.map_or(i64::MAX, |page| i64::try_from(page.limit).unwrap());
        let columns: Arc<[_]> = query.projection.0.into();
        let record = |number: i64| Record::new(columns.clone(), vec![Value::Int(number)]);
        Ok((1..=self.0.min(limit)).map(record).collect())
    }

    async fn stream(&self, _collection: &str, _query: Query) -> Result<RecordStream> {
        unused()
    }

    async fn aggregate(
        &self,
        _collection: &str,
        _condition: Condition,
        _aggregation: Aggregation,
        _limit: Option<u64>,
    ) -> Result<Vec<AggregateRow>> {
        unused()
    }

    async fn create(&self, _collection: &str, _records: Vec<Patch>) -> Result<Vec<Record>> {
        unused()
    }

    async fn update(&self, _collection: &str, _condition: Condition, _patch: Patch) -> Result<u64> {
        unused()
    }

    async fn delete(&self, _collection: &str, _condition: Condition) -> Result<u64> {
        unused()
    }
}

pub(crate) fn caller() -> Arc<Caller> {
    let mut caller = Caller::new("ada@example.org", Door::Test);
    caller.id = "5".into();
    caller.first_name = "Ada".into();
    caller.last_name = "Lovelace".into();
    caller.team = Some("Operations".into());
    caller.role = Some("Support".into());
    caller.permission_level = Some("editor".into());
    caller.tags = BTreeMap::from([("city".to_owned(), "Paris".to_owned())]);
    caller.timezone = Tz::Europe__Paris;
    Arc::new(caller)
}

pub(crate) fn context(selection: Selection) -> ActionContext {
    ActionContext {
        job: "job_018f2c5e7d0070008000000000000001".parse().unwrap(),
        action: Arc::new(Action::new("Mark as Live", Scope::Bulk)),
        collection: companies(),
        caller: caller(),
        selection: Arc::new(selection),
        condition: Condition::always(),
        values: Arc::new(Values::new()),
        idempotency_key: None,
        approval: None,
        records: Arc::new(Companies(3)),
    }
}

pub(crate) fn form_context(values: Json, changed: Option<&str>) -> FormContext {
    let values: Values = serde_json::from_value(values).unwrap();
    FormContext {
        action: Arc::new(Action::new("Mark as Live", Scope::Single)),
        collection: companies(),
        caller: caller(),
        selection: Arc::new(Selection::ids(vec![id(1)])),
        condition: Condition::always(),
        values: FormValues::new(Arc::new(values)),
        changed: changed.map(Into::into),
        search: None,
        records: Arc::new(Companies(3)),
    }
}
