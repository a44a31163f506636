//! What is served now, and how it stands with the file that declares it.
//!
//! A reload puts another engine and its doors in place at once. A request that
//! has begun keeps those that it began with; its job is known to the engine after
//! it too, which continues the one before.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use chrono::{DateTime, Utc};
use levers_engine::Engine;
use serde_json::{Value as Json, json};

use crate::setup::SetupError;

/// An engine and the doors to it.
pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) router: Router,
}

/// The house that requests are led to.
pub(crate) type Live = ArcSwap<House>;

/// Whether what is served is what the file declares.
pub(crate) struct Standing {
    /// When it became so.
    since: DateTime<Utc>,
    /// Why the file as it is now is not served; none when it is.
    stale: Option<SetupError>,
}

/// The standing, for all who ask.
pub(crate) type Shared = Arc<ArcSwap<Standing>>;

impl Standing {
    /// What the file says is served.
    pub(crate) fn current() -> Self {
        Self { since: Utc::now(), stale: None }
    }

    /// The same, to be shared.
    pub(crate) fn shared() -> Shared {
        Arc::new(ArcSwap::from_pointee(Self::current()))
    }

    /// The file cannot be served; what it said before is. An edit that is as bad as the one before
    /// it does not make that younger.
    pub(crate) fn stale(&self, why: SetupError) -> Self {
        let since = if self.stale.is_some() { self.since } else { Utc::now() };
        Self { since, stale: Some(why) }
    }

    /// For callers who proved who they are: mistakes name files.
    pub(crate) fn to_json(&self) -> Json {
        let (state, mistakes) = match &self.stale {
            None => ("current", json!([])),
            Some(SetupError::Mistakes(mistakes)) => ("stale", json!(mistakes)),
            Some(SetupError::Failed(error)) => ("stale", json!([{ "message": error.message() }])),
        };
        json!({ "state": state, "since": self.since, "mistakes": mistakes })
    }
}

#[cfg(test)]
mod tests {
    use levers_model::Error;

    use super::*;

    #[test]
    fn what_is_stale_grows_no_younger_and_becomes_current_again() {
        let good = Standing::current();
        assert_eq!(good.to_json()["state"], "current");
        let bad = good.stale(Error::not_found("levers.toml is gone.").into());
        let worse = bad.stale(Error::invalid("There is no database.").into());
        assert_eq!(worse.since, bad.since);
        assert_eq!(worse.to_json()["mistakes"], json!([{ "message": "There is no database." }]));
    }
}
