//! Who asks, and when: the first argument of every verb.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use levers_model::Caller;
use levers_ports::QueryContext;

/// The circumstances of one request.
#[derive(Debug, Clone)]
pub struct OpContext {
    /// Who asks; authenticated by the door.
    pub caller: Arc<Caller>,
    /// When the request came in; relative dates are measured from it.
    pub now: DateTime<Utc>,
}

impl OpContext {
    /// A request of this caller at this time.
    pub fn new(caller: Caller, now: DateTime<Utc>) -> Self {
        Self { caller: Arc::new(caller), now }
    }

    /// What a data source needs to know of it.
    pub fn query_context(&self) -> QueryContext {
        QueryContext { now: self.now, timezone: self.caller.timezone }
    }
}
