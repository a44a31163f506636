//! The doors of this process, and what lies before all of them.
//!
//! Each line of `router` says why it stands where it stands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::{Json, Router, routing};
use levers_engine::Engine;
use levers_identity::Tokens;
use levers_model::Door;
use levers_wire_forest::{Approvals, ForestConfig};
use levers_wire_rest::RestConfig;
use serde_json::json;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;

use crate::config::Config;
use crate::live::Shared;

/// Names a request in answers and log lines.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long a body may stop coming before the request is given up.
const BODY_PAUSE: Duration = Duration::from_secs(30);

/// How long the database and the store have to answer whether they are there.
const CHECK_PATIENCE: Duration = Duration::from_secs(5);

/// Answers below this fit into the first round trip of a connection whatever
/// their encoding, so that packing them would only cost time.
const WORTH_PACKING: u64 = 16 * 1024;

/// Whether the process takes new work.
pub(crate) type Ready = Arc<AtomicBool>;

/// What the doors of every engine of this process share.
#[derive(Clone)]
pub(crate) struct Doors {
    pub(crate) tokens: Tokens,
    pub(crate) ready: Ready,
    pub(crate) standing: Shared,
}

#[derive(Clone)]
struct Probes {
    engine: Engine,
    doors: Doors,
}

impl Doors {
    /// All doors to this engine.
    pub(crate) fn router(&self, engine: Engine, config: &Config) -> Router {
        router(engine, config, self.clone())
    }
}

fn router(engine: Engine, config: &Config, doors: Doors) -> Router {
    let forest = ForestConfig {
        tokens: doors.tokens.clone(),
        body_limit: config.body_limit(),
        approvals: config.env_secret.as_ref().map(|secret| Approvals::new(secret.expose().as_bytes())),
    };
    let rest = RestConfig { tokens: doors.tokens.clone(), body_limit: config.body_limit(), door: Door::Rest };
    let probes = Probes { engine: engine.clone(), doors };
    Router::new()
        .route("/", routing::get(welcome))
        .route("/health", routing::get(health))
        .route("/ready", routing::get(readiness))
        .with_state(probes)
        .merge(levers_wire_forest::router(engine.clone(), forest))
        .merge(levers_wire_rest::router(engine, rest))
        .fallback(nothing)
        .layer(
            ServiceBuilder::new()
                // First, so that every log line of the request can name it.
                .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
                // Around everything that may fail, so that it is logged with its span.
                .layer(
                    TraceLayer::new_for_http()
                        .make_span_with(span)
                        .on_request(())
                        // Failures are logged where they happen, with their cause.
                        .on_failure(())
                        .on_response(DefaultOnResponse::new().level(Level::DEBUG)),
                )
                .layer(PropagateRequestIdLayer::new(REQUEST_ID))
                // On answers of panics too.
                .layer(SetResponseHeaderLayer::if_not_present(
                    header::X_CONTENT_TYPE_OPTIONS,
                    HeaderValue::from_static("nosniff"),
                ))
                .layer(SetResponseHeaderLayer::if_not_present(
                    header::REFERRER_POLICY,
                    HeaderValue::from_static("no-referrer"),
                ))
                // The doors catch their own panics in their own shape; this is for what is no door's.
                .layer(CatchPanicLayer::new())
                .layer(
                    CompressionLayer::new()
                        .quality(CompressionLevel::Fastest)
                        .compress_when(SizeAbove::new(WORTH_PACKING).and(IsDocument)),
                )
                .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE)),
        )
}

/// JSON and pages are packed; files and streams leave as they are, at once.
#[derive(Debug, Clone, Copy)]
struct IsDocument;

impl Predicate for IsDocument {
    fn should_compress<B: axum::body::HttpBody>(&self, response: &axum::http::Response<B>) -> bool {
        let mime = response.headers().get(header::CONTENT_TYPE).and_then(|mime| mime.to_str().ok()).unwrap_or_default();
        let document = mime.contains("json") || mime.starts_with("text/html") || mime.contains("javascript");
        document && !response.headers().contains_key(header::CONTENT_DISPOSITION)
    }
}

/// What log lines say of a request: no path, for it holds ids, and no query, for it holds filters.
fn span(request: &Request) -> tracing::Span {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), route, id)
}

/// The process lives. Who proves an identity also reads whether it serves what its file declares.
async fn health(State(Probes { doors, .. }): State<Probes>, headers: HeaderMap) -> Json<serde_json::Value> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    let known = bearer.is_some_and(|(scheme, token)| {
        scheme.eq_ignore_ascii_case("bearer") && doors.tokens.verify(token.trim(), Door::Rest).is_ok()
    });
    Json(if known {
        json!({ "status": "ok", "declarations": doors.standing.load().to_json() })
    } else {
        json!({ "status": "ok" })
    })
}

/// The process takes work, and its database and store answer.
async fn readiness(State(probes): State<Probes>) -> Response {
    let away = |detail: &str| {
        (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "unavailable", "detail": detail }))).into_response()
    };
    if !probes.doors.ready.load(Ordering::Relaxed) {
        return away("The server is stopping.");
    }
    match tokio::time::timeout(CHECK_PATIENCE, probes.engine.check()).await {
        Ok(Ok(())) => Json(json!({ "status": "ready" })).into_response(),
        Ok(Err(error)) => {
            tracing::warn!(internal = error.internal_text(), "not ready: {error}");
            away(error.message())
        }
        Err(_) => away("The database or the store does not answer."),
    }
}

async fn nothing() -> Response {
    let detail = "There is nothing at this path. The API is at /api/v1, the protocol of Forest's agents at /forest.";
    (StatusCode::NOT_FOUND, Json(json!({ "status": 404, "code": "not_found", "detail": detail }))).into_response()
}

const WELCOME: &str = concat!(
    "<!doctype html><html lang=en><meta charset=utf-8><title>Levers</title>",
    "<body style=\"font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem\">",
    "<h1>Levers ",
    env!("CARGO_PKG_VERSION"),
    "</h1><p>Actions on the collections of a database. This server speaks:<ul>",
    "<li><a href=/api/v1/docs/>the REST API</a> (<a href=/api/v1/openapi.json>OpenAPI</a>), under <code>/api/v1</code>",
    "<li>the protocol of Forest's agents, under <code>/forest</code>",
    "</ul><p>Both want a token: <code>levers token --email you@example.com</code> mints one."
);

/// What stands at the root: a page for people, the same for programs.
async fn welcome(headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if !accepted.contains("text/html") {
        return Json(json!({
            "name": "levers",
            "version": env!("CARGO_PKG_VERSION"),
            "api": "/api/v1",
            "docs": "/api/v1/docs/",
            "openapi": "/api/v1/openapi.json",
            "forest": "/forest",
        }))
        .into_response();
    }
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(WELCOME)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use levers_identity::NewToken;
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;
    use crate::live::Standing;
    use crate::open::open;
    use crate::secret::Secret;
    use crate::setup::Setup;
    use crate::{App, DatabaseConfig};

    struct House {
        router: Router,
        doors: Doors,
        token: String,
        _folder: tempfile::TempDir,
    }

    impl House {
        async fn build() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("shop.db");
            let url = format!("sqlite:{}?mode=rwc", path.display());
            let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
            let rows = "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT);
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
                INSERT INTO things SELECT i, 'a thing of the shop' FROM n;";
            sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();
            let database = DatabaseConfig { url: Some(Secret::new(url)), ..DatabaseConfig::default() };
            let config = Config { database, store: Some(folder.path().join("levers.db")), ..Config::default() };
            let setup = Setup::of(config);
            let engine = open(&setup, &App::default()).await.unwrap().0;
            let tokens = Tokens::new(b"a secret of at least thirty-two characters");
            let token = tokens.mint(&NewToken::new("ada@example.org")).unwrap();
            let standing = Standing::shared();
            let doors = Doors { tokens, ready: Ready::new(AtomicBool::new(true)), standing };
            Self { router: doors.router(engine, &setup.config), doors, token, _folder: folder }
        }

        async fn send(&self, method: &str, path: &str, accept: (&str, &str)) -> (StatusCode, HeaderMap, Vec<u8>) {
            let request = axum::http::Request::builder()
                .method(method)
                .uri(path)
                .header("authorization", format!("Bearer {}", self.token))
                .header("content-type", "application/json")
                .header(accept.0, accept.1)
                .body(Body::from("{}"))
                .unwrap();
            let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
            (parts.status, parts.headers, axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec())
        }

        async fn get(&self, path: &str) -> (StatusCode, HeaderMap, Value) {
            let (status, headers, body) = self.send("GET", path, ("accept", "application/json")).await;
            (status, headers, serde_json::from_slice(&body).unwrap_or_default())
        }
    }

    #[tokio::test]
    async fn probes_and_both_doors_answer_on_a_fresh_database() {
        let house = House::build().await;
        assert_eq!(house.get("/ready").await.2, json!({ "status": "ready" }));
        assert_eq!(house.get("/").await.2["docs"], "/api/v1/docs/");
        assert_eq!(house.get("/api/v1/collections").await.2["collections"][0]["name"], "things");
        assert_eq!(house.get("/forest/").await.0, StatusCode::OK);
        let (status, headers, _) = house.get("/nothing").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(headers.contains_key("x-request-id"));
        assert_eq!(house.get("/api/v1/nothing").await.1["content-type"], "application/problem+json");
        let (_, headers, page) = house.send("GET", "/", ("accept", "text/html")).await;
        assert!(headers.contains_key("content-security-policy") && page.starts_with(b"<!doctype html>"));
    }

    #[tokio::test]
    async fn only_who_is_known_reads_how_the_declarations_stand() {
        let mut house = House::build().await;
        let why = levers_model::Error::not_found("levers.toml is gone.");
        house.doors.standing.rcu(|standing| standing.stale(why.clone().into()));
        let told = house.get("/health").await.2;
        assert_eq!((&told["status"], &told["declarations"]["state"]), (&json!("ok"), &json!("stale")));
        assert_eq!(told["declarations"]["mistakes"], json!([{ "message": "levers.toml is gone." }]));
        house.token =
            Tokens::new(b"another secret of thirty-two characters").mint(&NewToken::new("eve@example.org")).unwrap();
        assert_eq!(house.get("/health").await.2, json!({ "status": "ok" }));
    }

    #[tokio::test]
    async fn a_server_that_stops_is_not_ready() {
        let house = House::build().await;
        house.doors.ready.store(false, Ordering::Relaxed);
        let (status, _, body) = house.get("/ready").await;
        assert_eq!((status, &body["detail"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("The server is stopping.")));
        assert_eq!(house.get("/health").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn long_documents_are_packed_and_short_ones_and_files_are_not() {
        let house = House::build().await;
        let gzip = ("accept-encoding", "gzip");
        let encoded = async |method: &str, path: &str| {
            let (status, headers, _) = house.send(method, path, gzip).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            headers.contains_key("content-encoding")
        };
        assert!(encoded("GET", "/api/v1/collections/things/records?page_size=1000").await);
        assert!(!encoded("GET", "/api/v1/collections/things/records?page_size=10").await);
        assert!(!encoded("POST", "/api/v1/collections/things/actions/export").await);
    }
}
