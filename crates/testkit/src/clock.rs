//! Time and identities that a test decides.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use levers_model::{EventId, JobId};
use levers_ports::Clock;
use uuid::Uuid;

/// A clock that stands still until it is told otherwise, and counts its ids from
/// 1: `job_…0001`, `evt_…0001`. Both can stand in a snapshot.
#[derive(Debug)]
pub struct FixedClock {
    now: Mutex<DateTime<Utc>>,
    jobs: AtomicU64,
    events: AtomicU64,
}

impl FixedClock {
    /// A clock that shows this time.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { now: Mutex::new(now), jobs: AtomicU64::new(0), events: AtomicU64::new(0) }
    }

    /// Shows this time from now on, which may be an earlier one.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Moves on by this much.
    pub fn advance(&self, by: TimeDelta) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

/// Noon of 2026-01-02, UTC.
impl Default for FixedClock {
    fn default() -> Self {
        Self::new(DateTime::from_timestamp_secs(1_767_355_200).unwrap())
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn job_id(&self) -> JobId {
        JobId::from_uuid(next(&self.jobs))
    }

    fn event_id(&self) -> EventId {
        EventId::from_uuid(next(&self.events))
    }
}

fn next(counter: &AtomicU64) -> Uuid {
    Uuid::from_u128(u128::from(counter.fetch_add(1, Ordering::Relaxed)) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_still_and_counts() {
        let clock = FixedClock::default();
        assert_eq!(clock.now().to_rfc3339(), "2026-01-02T12:00:00+00:00");
        clock.advance(TimeDelta::minutes(1));
        assert_eq!(clock.now().to_rfc3339(), "2026-01-02T12:01:00+00:00");
        assert_eq!(clock.job_id().to_string(), "job_00000000000000000000000000000001");
        assert_eq!(clock.job_id().to_string(), "job_00000000000000000000000000000002");
        assert!(clock.event_id() < clock.event_id());
    }
}
