//! A small shop with an API before it, made anew for each test.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use levers_engine::Engine;
use levers_identity::{NewToken, Tokens};
use levers_model::{Action, Door, Error, Outcome, OutcomeKind, Result, Scope, query};
use levers_ports::{
    ActionContext, ActionDeclaration, CollectionDeclaration, ElementDeclaration, FieldDeclaration, FileBody,
    FormDeclaration, Handler, Reply, Segment, TypeDeclaration,
};
use levers_source_sql::Sql;
use levers_store::SqliteStore;
use levers_wire_rest::RestConfig;
use serde_json::Value as Json;
use sqlx::Connection as _;
use tower::ServiceExt as _;

const SCHEMA: &str = "
    CREATE TABLE companies (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, status TEXT NOT NULL DEFAULT 'draft',
        score REAL, founded DATE
    );
    CREATE TABLE customers (
        id INTEGER PRIMARY KEY, email TEXT NOT NULL, company_id INTEGER REFERENCES companies (id)
    );
    CREATE TABLE prices (product TEXT, country TEXT, amount DECIMAL(10, 2), PRIMARY KEY (product, country));
    CREATE VIEW report AS SELECT name, status FROM companies;
    INSERT INTO companies VALUES
        (1, 'Acme', 'live', 1.5, '2020-01-31'), (2, 'Blank', 'draft', NULL, NULL), (3, 'Çelik & Söhne', 'live', 9, '2024-02-29');
    INSERT INTO customers VALUES (1, 'ada@acme.example', 1), (2, 'bob@acme.example', 1), (3, 'eve@nowhere.example', NULL);
    INSERT INTO prices VALUES ('tea', 'FR', 1.10), ('tea', 'DE', 1.20), ('a/b|c', 'FR', 3);
";

/// The shop's API, and the folder that goes with it.
pub(crate) struct House {
    pub(crate) router: Router,
    pub(crate) engine: Engine,
    pub(crate) token: String,
    _folder: tempfile::TempDir,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl House {
    pub(crate) async fn build() -> Self {
        Self::declaring("companies", CollectionDeclaration::default()).await
    }

    /// With more declared on a collection.
    pub(crate) async fn declaring(collection: &str, declaration: CollectionDeclaration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("shop.db").display());
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(SCHEMA).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let store = SqliteStore::open(&folder.path().join("levers.db")).await.unwrap();
        let engine = Engine::builder(Arc::new(store))
            .source(Arc::new(Sql::open(&url).await.unwrap()))
            .customize(
                "companies",
                CollectionDeclaration { segments: segments(), actions: actions(), ..CollectionDeclaration::default() },
            )
            .customize(collection, declaration)
            .build()
            .unwrap();
        engine.recover().await.unwrap();
        let tokens = Tokens::new(b"a secret of at least thirty-two characters");
        let token = tokens.mint(&NewToken::new("ada@example.org")).unwrap();
        let config = RestConfig { tokens, body_limit: 1 << 20, door: Door::Rest };
        Self { router: levers_wire_rest::router(engine.clone(), config), engine, token, _folder: folder }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A request of Ada's. The path is below `/api/v1`.
    pub(crate) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Json) -> Answer {
        self.send(self.request(method, path).body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Json) -> Answer {
        self.call(Method::POST, path, body).await
    }
}

fn segments() -> Vec<Segment> {
    vec![Segment { name: "Live".into(), condition: query::field("status").eq("live") }]
}

struct Closure<F>(F);

#[async_trait]
impl<F, R> Handler for Closure<F>
where
    F: Fn(ActionContext) -> R + Send + Sync,
    R: Future<Output = Result<Reply>> + Send,
{
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        (self.0)(cx).await
    }
}

pub(crate) fn declare<F, R>(name: &str, scope: Scope, form: Vec<ElementDeclaration>, handler: F) -> ActionDeclaration
where
    F: Fn(ActionContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Reply>> + Send + 'static,
{
    let form = Arc::new(FormDeclaration::Elements(form));
    ActionDeclaration { form, ..ActionDeclaration::new(Action::new(name, scope), Arc::new(Closure(handler))) }
}

fn actions() -> Vec<ActionDeclaration> {
    let amount = FieldDeclaration { required: true.into(), ..FieldDeclaration::new("amount", TypeDeclaration::Number) };
    let file = |body: FileBody| Reply {
        outcome: OutcomeKind::File { name: "rapport é.txt".into(), mime: "text/plain".into() }.into(),
        file: Some(body),
    };
    vec![
        declare("Charge", Scope::Single, vec![ElementDeclaration::Field(Box::new(amount))], |cx| async move {
            let mut outcome = Outcome::success(format!("Charged {}.", cx.values["amount"]));
            outcome.headers.insert("x-charge".into(), "1".into());
            outcome.headers.insert("content-type".into(), "text/evil".into());
            Ok(outcome.into())
        }),
        declare("Complain", Scope::Global, vec![], |_| async { Ok(Outcome::error("Not today.").into()) }),
        declare("Break", Scope::Global, vec![], |_| async { Err(Error::refused("It is locked.")) }),
        declare("Explode", Scope::Global, vec![], |_| async { panic!("boom") }),
        declare("Write", Scope::Global, vec![], move |_| async move { Ok(file(FileBody::Bytes("hello".into()))) }),
        declare("Stream", Scope::Global, vec![], move |_| async move {
            let chunks = ["one,", "two"].map(|chunk| Ok(Bytes::from(chunk)));
            Ok(file(FileBody::Stream(Box::pin(futures::stream::iter(chunks)))))
        }),
    ]
}
