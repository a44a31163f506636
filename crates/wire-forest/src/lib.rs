//! The wire protocol of Forest's agents (dialect A), so that clients written for
//! those work unchanged.
//!
//! `translate` turns the wire's words into the engine's and back, and is where
//! everything untrusted is read; `routes` has one file for each route, which calls a
//! verb of the engine and nothing else; `schema` prints the schema file. Nothing
//! here authorizes: a token says who asks, the engine what they may.
//!
//! Where agents answer a request that makes no sense with 500, we answer 400 or
//! 422; where they let SQL in (segments in the bodies of actions), we refuse.
//! Rejected: the action's position in its list as an identity of ours. It is in the
//! URL, because the protocol wants it there, and is looked up anew for each request.

mod agent;
mod auth;
mod call;
mod cors;
mod error;
mod routes;
#[cfg(test)]
mod samples;
mod schema;
mod translate;

use axum::Router;
use levers_engine::Engine;
use levers_identity::Tokens;

pub use schema::{schema_document, schema_hash};

/// How the door is set up.
#[derive(Debug, Clone)]
pub struct ForestConfig {
    /// Checks the tokens of requests.
    pub tokens: Tokens,
    /// The largest body that is read, in bytes.
    pub body_limit: usize,
}

impl ForestConfig {
    /// What agents accept: bodies of 50 megabytes.
    pub const BODY_LIMIT: usize = 50 * 1024 * 1024;

    /// The usual set-up with these tokens.
    pub const fn new(tokens: Tokens) -> Self {
        Self { tokens, body_limit: Self::BODY_LIMIT }
    }
}

/// The door, mounted at `/forest`. It can be merged with other routers: unknown
/// URLs are answered below `/forest` only.
pub fn router(engine: Engine, config: ForestConfig) -> Router {
    routes::router(agent::Agent { engine, tokens: config.tokens, body_limit: config.body_limit })
}

/// Every route as path and methods, for tests that must not forget any.
#[doc(hidden)]
pub fn route_table() -> Vec<(String, Vec<&'static str>)> {
    routes::table().into_iter().map(|route| (format!("/forest{}", route.path), route.methods.to_vec())).collect()
}

/// The readers of untrusted input, for fuzzers.
#[doc(hidden)]
pub mod fuzzing {
    use levers_model::{Caller, Collection, Door, Scope};
    use serde_json::Value as Json;

    use crate::translate::{self, Asked, Params, QueryString, Schemas};

    /// Reads a text as the `filters` of a collection.
    pub fn filters(text: &str, collection: &Collection) {
        let known = [collection];
        let schemas = Schemas::sorted(&known);
        let _ = translate::condition(text, collection, &schemas);
    }

    /// Reads a text as a packed id.
    pub fn id(text: &str, collection: &Collection) {
        let _ = translate::record_id(text, collection);
    }

    /// Reads a text as a query string of a list.
    pub fn query(text: &str, collection: &Collection) {
        let known = [collection];
        let schemas = Schemas::sorted(&known);
        let query = QueryString::parse(text);
        let params = Params::of_query(&query);
        let caller = Caller::new("fuzzer@example.org", Door::Forest);
        let _ = translate::request_filter(params, &caller, collection, &[], &schemas);
        let _ = translate::projection(query.get("header"), &query, collection, &schemas);
        let _ = translate::sort(query.get("sort"), collection, &schemas);
        let _ = translate::page(params);
        let _ = translate::timezone(query.get("timezone"));
    }

    /// Reads bytes as each kind of body.
    pub fn body(bytes: &[u8], collection: &Collection) {
        let Ok(body) = serde_json::from_slice::<Json>(bytes) else { return };
        let known = [collection];
        let schemas = Schemas::sorted(&known);
        let (query, caller) = (QueryString::default(), Caller::new("fuzzer@example.org", Door::Forest));
        let asked = Asked { query: &query, caller: &caller, collection, segments: &[], schemas };
        for scope in [Scope::Single, Scope::Bulk, Scope::Global] {
            let _ = translate::action_body(&body, scope, &asked);
            let _ = translate::form_body(&body, scope, &asked);
        }
        let _ = translate::bulk_body(&body, collection);
        let _ = translate::record_body(&body, collection, &schemas);
        let _ = translate::to_one_body(&body, collection);
        let _ = translate::linked_id(&body, collection);
        let _ = translate::collection_names(&body);
    }
}
