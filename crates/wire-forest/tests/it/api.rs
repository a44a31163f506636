//! A server of a test: a database with a few rows, a few actions, and a way to ask.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use bytes::Bytes;
use levers_engine::Engine;
use levers_identity::{NewToken, Tokens};
use levers_model::form::{Choice, DropdownSearch};
use levers_model::query::field;
use levers_model::{Action, Aggregation, Error, Mode, Outcome, OutcomeKind, Projection, Result, Scope, Widget};
use levers_ports::{
    ActionContext, ActionDeclaration, CollectionDeclaration, Computed, ElementDeclaration, FieldDeclaration, FileBody,
    FormContext, FormDeclaration, Handler, Query, Reply, Segment, TypeDeclaration,
};
use levers_source_sql::Sql;
use levers_store::SqliteStore;
use levers_wire_forest::{Approvals, ForestConfig, router};
use serde_json::{Value as Json, json};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;
use tower::ServiceExt as _;

pub(crate) const SECRET: &[u8] = b"a secret of at least thirty-two characters";
pub(crate) const ENV_SECRET: &[u8] = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

const TABLES: &str = "
    CREATE TABLE clients (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE);
    CREATE TABLE profiles (id INTEGER PRIMARY KEY, bio TEXT, client_id INTEGER UNIQUE REFERENCES clients(id));
    CREATE TABLE orders (
        id INTEGER PRIMARY KEY, total DECIMAL(20, 4), note TEXT, paid BOOLEAN, created_at TIMESTAMP, data JSON,
        client_id INTEGER REFERENCES clients(id));
    CREATE TABLE tags (id INTEGER PRIMARY KEY, label TEXT NOT NULL);
    CREATE TABLE orders_tags (
        order_id INTEGER NOT NULL REFERENCES orders(id), tag_id INTEGER NOT NULL REFERENCES tags(id),
        PRIMARY KEY (order_id, tag_id));
    CREATE TABLE pairs (\"left\" INTEGER NOT NULL, \"right\" TEXT NOT NULL, note TEXT, PRIMARY KEY (\"left\", \"right\"));
    CREATE TABLE actions (id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO actions VALUES (1, 'a record, though its path looks like that of an action');
    INSERT INTO clients VALUES (1, 'Ada', 'ada@example.org'), (2, 'Grace', 'grace@example.org'), (3, 'Edsger', NULL);
    INSERT INTO profiles VALUES (1, 'Countess', 1), (2, 'Admiral', NULL);
    INSERT INTO tags VALUES (1, 'urgent'), (2, 'late');
    INSERT INTO pairs VALUES (1, 'x', 'first'), (1, 'y', NULL);
";

/// Twenty orders of the three clients in turn.
const ORDERS: &str = "
    WITH RECURSIVE numbers(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM numbers WHERE id < 20)
    INSERT INTO orders SELECT
        id, id || '.25', 'order ' || id, id % 2, printf('2024-01-%02d 10:00:00', id), '[{\"n\":1},{\"n\":2}]',
        (id - 1) % 3 + 1
    FROM numbers;
";

/// The door, and what it stands on.
pub(crate) struct Api {
    router: Router,
    pub(crate) engine: Engine,
    _dir: TempDir,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The JSON of a good answer.
    #[track_caller]
    pub(crate) fn ok(&self) -> Json {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// The detail of a refusal with this status and name.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, name: &str) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        let error = &self.json()["errors"][0];
        assert_eq!((error["name"].as_str(), error["status"].as_u64()), (Some(name), Some(u64::from(status))));
        error["detail"].as_str().unwrap().to_owned()
    }
}

impl Api {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("data.db");
        let mut database = SqliteConnectOptions::new().filename(&file).create_if_missing(true).connect().await.unwrap();
        sqlx::raw_sql(TABLES).execute(&mut database).await.unwrap();
        sqlx::raw_sql(ORDERS).execute(&mut database).await.unwrap();
        let source = Sql::open(&format!("sqlite:{}", file.display())).await.unwrap();
        let store = SqliteStore::open(&dir.path().join("store.db")).await.unwrap();
        let engine = Engine::builder(Arc::new(store))
            .source(Arc::new(source))
            .customize(
                "orders",
                CollectionDeclaration { segments: segments(), actions: actions(), ..CollectionDeclaration::default() },
            )
            .build()
            .unwrap();
        let approvals = Some(Approvals::new(ENV_SECRET));
        let config = ForestConfig { approvals, body_limit: 1_000_000, ..ForestConfig::new(Tokens::new(SECRET)) };
        Self { router: router(engine.clone(), config), engine, _dir: dir }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, bytes }
    }

    /// A request of an administrator in Paris.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<Json>) -> Answer {
        self.ask_as(&token("admin"), method, path, body).await
    }

    pub(crate) async fn ask_as(&self, token: &str, method: &str, path: &str, body: Option<Json>) -> Answer {
        let separator = if path.contains('?') { '&' } else { '?' };
        let request = Request::builder()
            .method(method)
            .uri(format!("{path}{separator}timezone=Europe/Paris"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None).await
    }

    /// Runs an action of `orders`, found by its name in the schema.
    pub(crate) async fn execute(&self, name: &str, attributes: Json) -> Answer {
        let path = self.endpoint(name);
        self.ask("POST", &path, Some(json!({ "data": { "attributes": attributes } }))).await
    }

    pub(crate) async fn hook(&self, name: &str, hook: &str, attributes: Json) -> Answer {
        let path = format!("{}/hooks/{hook}", self.endpoint(name));
        self.ask("POST", &path, Some(json!({ "data": { "attributes": attributes } }))).await
    }

    /// Runs an action as a client of dialect B does, without the query string that dialect A wants.
    pub(crate) async fn legacy(&self, path: &str, body: Json) -> Answer {
        let request = Request::builder()
            .method("POST")
            .uri(format!("/forest/actions/{path}"))
            .header("authorization", format!("Bearer {}", token("admin")))
            .header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) fn endpoint(&self, name: &str) -> String {
        let schema = levers_wire_forest::schema_document(&self.engine);
        let orders = schema["collections"].as_array().unwrap().iter().find(|c| c["name"] == "orders").unwrap();
        let action = orders["actions"].as_array().unwrap().iter().find(|action| action["name"] == name).unwrap();
        action["endpoint"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn token(permission_level: &str) -> String {
    let mut new = NewToken::new("ada@example.org");
    new.permission_level = permission_level.into();
    Tokens::new(SECRET).mint(&new).unwrap()
}

/// Every byte percent-encoded.
pub(crate) fn percent(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

/// Names in a JSON:API list, by their `id`.
pub(crate) fn ids(document: &Json) -> Vec<String> {
    document["data"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

fn segments() -> Vec<Segment> {
    vec![Segment { name: "Paid".into(), condition: field("paid").eq(true) }]
}

type Act = fn(&ActionContext) -> Result<Reply>;

/// Comes back with what a function says.
struct Says(Act);

#[async_trait]
impl Handler for Says {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        (self.0)(&cx)
    }
}

/// Says which records are selected.
struct Selected;

#[async_trait]
impl Handler for Selected {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        let query = Query {
            condition: cx.condition.clone(),
            projection: Projection::new(["id"]),
            sort: levers_model::Sort(vec![levers_model::SortClause { field: "id".into(), ascending: true }]),
            page: None,
        };
        let records = cx.records.list("orders", query).await?;
        let count = cx.records.aggregate("orders", cx.condition.clone(), Aggregation::count(), None).await?;
        let ids: Vec<String> = records.iter().map(|record| record.values()[0].to_text()).collect();
        assert_eq!(count[0].value.as_i64(), i64::try_from(ids.len()).ok());
        Ok(Outcome::success(ids.join(",")).into())
    }
}

fn declared(name: &str, scope: Scope, form: FormDeclaration, handler: impl Handler + 'static) -> ActionDeclaration {
    let action = ActionDeclaration::new(Action::new(name, scope), Arc::new(handler));
    ActionDeclaration { form: Arc::new(form), ..action }
}

fn says(name: &str, act: Act) -> ActionDeclaration {
    declared(name, Scope::Single, FormDeclaration::empty(), Says(act))
}

fn elements(fields: impl IntoIterator<Item = FieldDeclaration>) -> FormDeclaration {
    FormDeclaration::Elements(fields.into_iter().map(|field| ElementDeclaration::Field(Box::new(field))).collect())
}

fn echo(cx: &ActionContext) -> Result<Reply> {
    serde_json::to_string(&*cx.values).map(|values| Outcome::success(values).into()).map_err(Error::internal)
}

fn actions() -> Vec<ActionDeclaration> {
    let bulk = |name, scope| declared(name, scope, FormDeclaration::empty(), Selected);
    vec![
        bulk("Selected", Scope::Bulk),
        bulk("Everything", Scope::Global),
        says("Mark as live!", |_| Ok(Outcome::done().into())),
        says("Émettre une facture", |_| {
            let kind = OutcomeKind::File { name: "facture é.pdf".into(), mime: "application/pdf".into() };
            Ok(Reply { outcome: kind.into(), file: Some(FileBody::Bytes(Bytes::from_static(b"%PDF-"))) })
        }),
        says("Says all", |_| {
            let kind = OutcomeKind::Success {
                message: Some("Done.".into()),
                html: Some("<p>ok</p>".into()),
                refresh: vec!["tags".into()],
            };
            Ok(Outcome { headers: [("x-hint".to_owned(), "1".to_owned())].into(), ..kind.into() }.into())
        }),
        says("Fails", |_| {
            Ok(Outcome::from(OutcomeKind::Error { message: Some("No.".into()), html: Some("<p>no</p>".into()) }).into())
        }),
        says("Redirects", |_| Ok(Outcome::from(OutcomeKind::Redirect { to: "/a/b".into(), message: None }).into())),
        says("Calls", |_| {
            let kind = OutcomeKind::Webhook {
                url: "https://example.org/".into(),
                method: "POST".into(),
                headers: std::collections::BTreeMap::new(),
                body: json!({ "a": 1 }),
            };
            Ok(Outcome::from(kind).into())
        }),
        says("Who asked", |cx| {
            let requester = cx.approval.as_ref().map_or("nobody", |approval| approval.requester_id.as_str());
            Ok(Outcome::success(format!("{requester} asked for {:?}", cx.condition)).into())
        }),
        says("Streams", |_| {
            let chunks = [Ok(Bytes::from_static(b"a")), Ok(Bytes::from_static(b"b"))];
            let kind = OutcomeKind::File { name: "a.txt".into(), mime: "text/plain".into() };
            Ok(Reply { outcome: kind.into(), file: Some(FileBody::Stream(Box::pin(futures::stream::iter(chunks)))) })
        }),
        says("Throws invalid", |_| Err(Error::invalid("That is wrong."))),
        says("Throws forbidden", |_| Err(Error::forbidden("That is not yours."))),
        says("Throws refused", |_| Err(Error::refused("Not now."))),
        says("Throws internal", |_| Err(Error::internal("password=hunter2"))),
        says("Panics", |_| panic!("a handler of a test panics")),
        declared("Static", Scope::Single, static_form(), Says(echo)),
        declared("Dynamic", Scope::Single, dynamic_form(), Says(echo)),
        ActionDeclaration {
            action: Arc::new(Action { mode: Mode::Background, ..Action::new("Takes its time", Scope::Single) }),
            ..says("", |_| Ok(Outcome::success("Nobody waits for this.").into()))
        },
        ActionDeclaration {
            confirmation: Some("Really?".to_owned().into()),
            ..declared("Asks first", Scope::Single, static_form(), Says(echo))
        },
        declared("Emettre une facture", Scope::Single, FormDeclaration::empty(), Selected),
    ]
}

fn static_form() -> FormDeclaration {
    let client = TypeDeclaration::Collection("clients".to_owned().into());
    elements([
        FieldDeclaration {
            required: true.into(),
            default: Some(json!("late").into()),
            ..FieldDeclaration::new(
                "reason",
                TypeDeclaration::Enum(vec!["damaged".to_owned(), "late".to_owned()].into()),
            )
        },
        FieldDeclaration::new("client", client),
        FieldDeclaration::new("doc", TypeDeclaration::File),
        FieldDeclaration::new("amount", TypeDeclaration::Number),
    ])
}

fn computed<T: Send + 'static>(compute: fn(FormContext) -> T) -> Computed<T> {
    Computed::Dynamic(Arc::new(move |cx| {
        let value = compute(cx);
        Box::pin(async move { Ok(value) })
    }))
}

/// A reason is asked for above ten; the city is searched.
fn dynamic_form() -> FormDeclaration {
    let sizes = || vec!["small".to_owned(), "large".to_owned()];
    elements([
        FieldDeclaration::new("amount", TypeDeclaration::Number),
        FieldDeclaration {
            condition: Some(computed(|cx| cx.values.get("amount").and_then(Json::as_f64).is_some_and(|n| n > 10.0))),
            ..FieldDeclaration::new("why", TypeDeclaration::String)
        },
        FieldDeclaration {
            widget: Some(computed(|cx| Widget::Dropdown {
                options: vec![Choice::from(format!("{}…", cx.search.as_deref().unwrap_or("any")))],
                search: DropdownSearch::Dynamic,
                placeholder: None,
            })),
            ..FieldDeclaration::new("city", TypeDeclaration::String)
        },
        FieldDeclaration::new("size", TypeDeclaration::Enum(sizes().into())),
        FieldDeclaration::new("sizes", TypeDeclaration::EnumList(sizes().into())),
        FieldDeclaration::new("doc", TypeDeclaration::File),
    ])
}
