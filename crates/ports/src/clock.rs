//! Time and chance, passed in, so that tests decide both.

use chrono::{DateTime, Utc};
use levers_model::{EventId, JobId};

/// Where verbs take time and identities from.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> DateTime<Utc>;

    /// An identity that no other job has.
    fn job_id(&self) -> JobId;

    /// An identity that no other event has, greater than those before.
    fn event_id(&self) -> EventId;
}

/// The machine's clock and random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn job_id(&self) -> JobId {
        JobId::generate()
    }

    fn event_id(&self) -> EventId {
        EventId::generate()
    }
}
