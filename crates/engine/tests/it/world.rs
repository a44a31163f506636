//! A small company's database with an engine on it.

use std::sync::Arc;

use async_trait::async_trait;
use futures::TryStreamExt as _;
use futures::future::BoxFuture;
use levers_engine::{Engine, EngineBuilder, ListQuery, OpContext, Submission, Submitted};
use levers_model::{
    Action, ActionId, BuiltIn, Caller, Collection, Condition, Door, OutcomeKind, ParentRecord, RecordId, RequestFilter,
    Result, Scope, Selection, Targets, Values,
};
use levers_ports::{ActionContext, ActionDeclaration, CollectionDeclaration, FileBody, Handler, Reply, Source, Store};
use levers_source_sql::Sql;
use levers_store::SqliteStore;
use levers_testkit::FixedClock;
use serde_json::Value as Json;
use sqlx::SqlitePool;
use tempfile::TempDir;

const TABLES: &str = "
    create table companies (
        id integer primary key, name text not null unique, status text default 'draft', amount decimal(12, 2)
    );
    create table customers (
        id integer primary key, name text not null, company_id integer references companies (id)
    );
    create table badges (
        id integer primary key, code text not null, customer_id integer unique references customers (id)
    );
    create table tags (id integer primary key, label text not null unique);
    create table companies_tags (
        company_id integer not null references companies (id), tag_id integer not null references tags (id),
        primary key (company_id, tag_id)
    );
    create table orders (
        id integer primary key, company_id integer not null references companies (id), total integer not null check (total > 0)
    );
    create table seats (line integer not null, place integer not null, holder text, primary key (line, place));
    create table notes (body text);
    create table doubles (id integer primary key, name text, twice text generated always as (name || name) stored);
    insert into companies (id, name, status, amount) values
        (1, 'Ada', 'live', 10.50), (2, 'Bit', 'draft', null), (3, 'Cog', 'live', -3), (4, 'Dot', null, 0);
    insert into customers (id, name, company_id) values (1, 'Xi', 1), (2, 'Yu', 1), (3, 'Zoe', 2), (4, 'Al', null);
    insert into badges (id, code, customer_id) values (1, 'b1', 1), (2, 'b2', null);
    insert into tags (id, label) values (1, 'old'), (2, 'new'), (3, 'big');
    insert into companies_tags (company_id, tag_id) values (1, 1), (1, 2), (2, 2);
    insert into seats (line, place, holder) values (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c'), (2, 2, null);
";

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) pool: SqlitePool,
    pub(crate) source: Arc<dyn Source>,
    _dir: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(build: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let dir = TempDir::new().unwrap();
        let url = format!("sqlite://{}", dir.path().join("data.db").display());
        let pool = SqlitePool::connect(&format!("{url}?mode=rwc")).await.unwrap();
        sqlx::raw_sql(TABLES).execute(&pool).await.unwrap();
        let source: Arc<dyn Source> = Arc::new(Sql::open(&url).await.unwrap());
        let store = Arc::new(SqliteStore::open(&dir.path().join("store.db")).await.unwrap());
        let builder = Engine::builder(store.clone()).source(source.clone()).clock(Arc::new(FixedClock::default()));
        let engine = build(builder).build().unwrap();
        Self { engine, store, pool, source, _dir: dir }
    }

    /// With one more action on `companies`.
    pub(crate) async fn with_action(declaration: ActionDeclaration) -> Self {
        Self::with(|builder| builder.customize("companies", with_actions([declaration]))).await
    }

    pub(crate) fn cx(&self) -> OpContext {
        self.engine.context(caller())
    }

    pub(crate) fn schema(&self, collection: &str) -> Arc<Collection> {
        self.engine.collection(&self.cx(), collection).unwrap().schema().clone()
    }

    pub(crate) fn id(&self, collection: &str, text: &str) -> RecordId {
        RecordId::parse(text, &self.schema(collection)).unwrap()
    }

    pub(crate) fn ids(&self, collection: &str, texts: &[&str]) -> Selection {
        Selection::ids(texts.iter().map(|text| self.id(collection, text)).collect())
    }

    /// A record as parent by the relation that leads to `target`.
    pub(crate) fn parent(&self, collection: &str, id: &str, target: &str) -> ParentRecord {
        let schema = self.schema(collection);
        let relation = schema.relations().find(|(_, relation)| relation.target == target).unwrap().0.to_owned();
        ParentRecord { collection: collection.into(), id: self.id(collection, id), relation }
    }

    pub(crate) async fn submit(
        &self,
        collection: &str,
        action: impl Into<Wanted>,
        selection: Selection,
        values: Json,
    ) -> Result<Submitted> {
        self.engine.submit(&self.cx(), submission(collection, action, selection, values)).await
    }

    /// Runs an action that is expected to work, and returns what it says.
    pub(crate) async fn run(
        &self,
        collection: &str,
        action: impl Into<Wanted>,
        selection: Selection,
        values: Json,
    ) -> String {
        let submitted = self.submit(collection, action, selection, values).await.unwrap();
        match submitted.reply.unwrap().outcome.kind {
            OutcomeKind::Success { message, .. } => message.unwrap_or_default(),
            other => panic!("{other:?}"),
        }
    }

    /// The ids of a list.
    pub(crate) async fn listed(
        &self,
        collection: &str,
        filter: RequestFilter,
        parent: Option<ParentRecord>,
    ) -> Vec<String> {
        let query = ListQuery { filter, parent, ..ListQuery::default() };
        let records = self.engine.list(&self.cx(), collection, query).await.unwrap();
        records.iter().map(|record| record.id(&self.schema(collection)).unwrap().to_string()).collect()
    }

    /// One value of the database, asked behind the engine's back.
    pub(crate) async fn scalar(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }
}

pub(crate) fn caller() -> Caller {
    Caller::new("ada@example.org", Door::Test)
}

pub(crate) fn filtered(condition: Condition) -> RequestFilter {
    RequestFilter { condition: Some(condition), ..RequestFilter::default() }
}

pub(crate) fn under(parent: ParentRecord, targets: Targets) -> Selection {
    Selection { parent: Some(parent), targets, ..Selection::none() }
}

/// An action by name or as a built-in one.
pub(crate) struct Wanted(ActionId);

impl From<BuiltIn> for Wanted {
    fn from(built_in: BuiltIn) -> Self {
        Self(built_in.id())
    }
}

impl From<&str> for Wanted {
    fn from(name: &str) -> Self {
        Self(ActionId::from_name(name))
    }
}

pub(crate) fn submission(
    collection: &str,
    action: impl Into<Wanted>,
    selection: Selection,
    values: Json,
) -> Submission {
    let Json::Object(values) = values else { panic!("values are an object") };
    let values: Values = values.into_iter().collect();
    Submission {
        collection: collection.into(),
        action: action.into().0,
        selection,
        values,
        idempotency_key: None,
        approval: None,
    }
}

pub(crate) fn keyed(mut submission: Submission, key: &str) -> Submission {
    submission.idempotency_key = Some(key.into());
    submission
}

type Run = dyn Fn(ActionContext) -> BoxFuture<'static, Result<Reply>> + Send + Sync;

struct Closure(Box<Run>);

#[async_trait]
impl Handler for Closure {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        (self.0)(cx).await
    }
}

pub(crate) fn action<F: Future<Output = Result<Reply>> + Send + 'static>(
    name: &str,
    scope: Scope,
    run: impl Fn(ActionContext) -> F + Send + Sync + 'static,
) -> ActionDeclaration {
    ActionDeclaration::new(Action::new(name, scope), Arc::new(Closure(Box::new(move |cx| Box::pin(run(cx))))))
}

pub(crate) fn with_actions(actions: impl IntoIterator<Item = ActionDeclaration>) -> CollectionDeclaration {
    CollectionDeclaration { actions: actions.into_iter().collect(), ..CollectionDeclaration::default() }
}

/// Reads a body to its end.
pub(crate) async fn read(body: FileBody) -> String {
    let bytes = match body {
        FileBody::Bytes(bytes) => bytes.to_vec(),
        FileBody::Stream(stream) => stream
            .try_fold(Vec::new(), async |mut all, chunk| {
                all.extend_from_slice(&chunk);
                Ok(all)
            })
            .await
            .unwrap(),
    };
    String::from_utf8(bytes).unwrap()
}

/// What happened to a job, in order.
pub(crate) async fn events(world: &World, submitted: &Submitted) -> Vec<&'static str> {
    let events = world.store.events(submitted.job.id).await.unwrap();
    events.iter().map(|event| event.kind.name()).collect()
}
