//! The wire protocol of Forest's agents, so that clients written for those work unchanged:
//! dialect A whole, and of dialect B, the one of legacy Smart Actions, what a client
//! sends to run an action and to fill its form.
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
mod approval;
mod auth;
mod call;
mod cors;
mod error;
#[cfg(any(test, feature = "fuzz"))]
#[doc(hidden)]
pub mod fuzz;
mod routes;
#[cfg(any(test, feature = "fuzz"))]
mod samples;
mod schema;
mod translate;

use axum::Router;
use levers_engine::Engine;
use levers_identity::Tokens;

pub use approval::Approvals;
pub use schema::{schema_document, schema_hash};

/// How the door is set up.
#[derive(Debug, Clone)]
pub struct ForestConfig {
    /// Checks the tokens of requests.
    pub tokens: Tokens,
    /// Checks signed approval requests; without it they are refused.
    pub approvals: Option<Approvals>,
    /// The largest body that is read, in bytes.
    pub body_limit: usize,
}

impl ForestConfig {
    /// What agents accept: bodies of 50 megabytes.
    pub const BODY_LIMIT: usize = 50 * 1024 * 1024;

    /// The usual set-up with these tokens, and without approvals.
    pub const fn new(tokens: Tokens) -> Self {
        Self { tokens, approvals: None, body_limit: Self::BODY_LIMIT }
    }
}

/// The door, mounted at `/forest`. It can be merged with other routers: unknown
/// URLs are answered below `/forest` only.
pub fn router(engine: Engine, config: ForestConfig) -> Router {
    let ForestConfig { tokens, approvals, body_limit } = config;
    routes::router(agent::Agent { engine, tokens, approvals, body_limit })
}

/// Every route as path and methods, for tests that must not forget any.
#[doc(hidden)]
pub fn route_table() -> Vec<(String, Vec<&'static str>)> {
    routes::table().into_iter().map(|route| (format!("/forest{}", route.path), route.methods.to_vec())).collect()
}
