//! What every store owes.

use std::future::Future;

use bytes::Bytes;
use chrono::TimeDelta;
use futures::future::join_all;
use levers_model::{ActionId, ChangeSet, Error, ErrorKind, Event, EventKind, Job, JobId, JobState, Page};
use levers_ports::{Begun, Clock as _, JobFilter, Store, StoredFile};
use serde_json::json;

use crate::clock::FixedClock;
use crate::samples::{ended_event, finished_job, new_job, sample_failure, sample_jobs, started_event};

const ALL: Page = Page { skip: 0, limit: 1_000 };

/// Checks every promise of [`Store`] that can be seen without pulling the plug.
/// Each case gets an empty store of its own from `make`.
///
/// # Panics
/// When a promise is broken.
pub async fn store_suite<S, F>(make: impl Fn() -> F)
where
    S: Store,
    F: Future<Output = S>,
{
    let clock = FixedClock::default();
    what_was_written_reads_back_equal(&make().await, &clock).await;
    an_unknown_job_is_nowhere(&make().await, &clock).await;
    a_repeated_key_finds_the_first_job_and_writes_nothing(&make().await, &clock).await;
    keys_are_unique_per_caller_only(&make().await, &clock).await;
    of_many_begins_with_one_key_one_is_new(&make().await, &clock).await;
    a_refused_request_does_not_fail_its_neighbours(&make().await, &clock).await;
    a_job_ends_once(&make().await, &clock).await;
    an_end_waits_for_what_the_job_changed(&make().await, &clock).await;
    events_come_oldest_first(&make().await, &clock).await;
    files_are_kept_with_their_jobs(&make().await, &clock).await;
    filters_narrow(&make().await, &clock).await;
    pages_neither_repeat_nor_lose_jobs(&make().await, &clock).await;
    abandoned_jobs_are_interrupted(&make().await, &clock).await;
    make().await.check().await.unwrap();
}

/// Begins a job as it was when it was submitted.
async fn begin(store: &dyn Store, clock: &FixedClock, job: &Job) -> Event {
    let started = started_event(clock, job);
    let begun = store.begin(&as_submitted(job), std::slice::from_ref(&started)).await.unwrap();
    assert!(matches!(begun, Begun::New), "the job is new, the store says {begun:?}");
    started
}

fn as_submitted(job: &Job) -> Job {
    Job {
        state: JobState::Executing,
        outcome: None,
        failure: None,
        changes: ChangeSet::default(),
        finished_at: None,
        ..job.clone()
    }
}

async fn what_was_written_reads_back_equal(store: &dyn Store, clock: &FixedClock) {
    clock.advance(TimeDelta::nanoseconds(123_456_789));
    for job in sample_jobs(clock) {
        let started = begin(store, clock, &job).await;
        assert_eq!(store.job(job.id).await.unwrap(), Some(as_submitted(&job)));
        let ended = ended_event(clock, &job);
        store.finish(&job, std::slice::from_ref(&ended), None).await.unwrap();
        assert_eq!(store.job(job.id).await.unwrap(), Some(job.clone()));
        assert_eq!(store.events(job.id).await.unwrap(), [started, ended]);
        assert_eq!(store.file(job.id).await.unwrap(), None);
    }
}

async fn an_unknown_job_is_nowhere(store: &dyn Store, clock: &FixedClock) {
    let job = new_job(clock, "ada@example.org");
    assert_eq!(store.job(job.id).await.unwrap(), None);
    assert_eq!(store.file(job.id).await.unwrap(), None);
    assert_eq!(store.events(job.id).await.unwrap(), []);
    let job = finished_job(clock, job);
    store.finish(&job, &[ended_event(clock, &job)], None).await.unwrap_err();
    store.note(&[ended_event(clock, &job)]).await.unwrap_err();
    assert_eq!(store.job(job.id).await.unwrap(), None);
    assert_eq!(store.events(job.id).await.unwrap(), []);
}

fn keyed(clock: &FixedClock, caller: &str, key: &str) -> Job {
    Job { idempotency_key: Some(key.to_owned()), ..new_job(clock, caller) }
}

async fn a_repeated_key_finds_the_first_job_and_writes_nothing(store: &dyn Store, clock: &FixedClock) {
    let first = keyed(clock, "ada@example.org", "k");
    let started = begin(store, clock, &first).await;
    let second = keyed(clock, "ada@example.org", "k");
    for expected in [first.clone(), finished_job(clock, first.clone())] {
        if expected.state != JobState::Executing {
            store.finish(&expected, &[], None).await.unwrap();
        }
        match store.begin(&second, &[started_event(clock, &second)]).await.unwrap() {
            Begun::Existing(found) => assert_eq!(*found, expected),
            Begun::New => panic!("the key was used before"),
        }
        assert_eq!(store.job_by_key("ada@example.org", "k").await.unwrap(), Some(expected));
        assert_eq!(store.job_by_key("bob@example.org", "k").await.unwrap(), None);
        assert_eq!(store.job_by_key("ada@example.org", "K").await.unwrap(), None);
    }
    assert_eq!(store.job(second.id).await.unwrap(), None);
    assert_eq!(store.events(second.id).await.unwrap(), []);
    assert_eq!(store.events(first.id).await.unwrap(), [started]);
    assert_eq!(store.jobs(&JobFilter::default(), ALL).await.unwrap().len(), 1);
}

async fn keys_are_unique_per_caller_only(store: &dyn Store, clock: &FixedClock) {
    for caller in ["ada@example.org", "bob@example.org"] {
        begin(store, clock, &keyed(clock, caller, "k")).await;
    }
    begin(store, clock, &keyed(clock, "ada@example.org", "K")).await;
    // Jobs without a key never meet.
    begin(store, clock, &new_job(clock, "ada@example.org")).await;
    begin(store, clock, &new_job(clock, "ada@example.org")).await;
}

async fn of_many_begins_with_one_key_one_is_new(store: &dyn Store, clock: &FixedClock) {
    let jobs: Vec<Job> = (0..100).map(|_| keyed(clock, "ada@example.org", "k")).collect();
    let begun = join_all(
        jobs.iter().map(|job| async { (job.id, store.begin(job, &[started_event(clock, job)]).await.unwrap()) }),
    )
    .await;
    let new: Vec<JobId> = begun.iter().filter(|(_, begun)| matches!(begun, Begun::New)).map(|(id, _)| *id).collect();
    assert_eq!(new.len(), 1, "exactly one begin is the first");
    for (_, begun) in begun {
        if let Begun::Existing(job) = begun {
            assert_eq!(job.id, new[0]);
        }
    }
    assert_eq!(store.jobs(&JobFilter::default(), ALL).await.unwrap().len(), 1);
    assert_eq!(store.events(new[0]).await.unwrap().len(), 1);
}

async fn a_refused_request_does_not_fail_its_neighbours(store: &dyn Store, clock: &FixedClock) {
    let present = new_job(clock, "ada@example.org");
    let taken = begin(store, clock, &present).await;
    let good: Vec<Job> = (0..20).map(|_| new_job(clock, "ada@example.org")).collect();
    // Its event's id exists, so the database refuses it after its job was written.
    let bad = Job { id: clock.job_id(), ..present.clone() };
    let bad_events = [started_event(clock, &bad), Event { job: present.id, ..taken }];
    let neighbours = |jobs: &[Job]| {
        let jobs = jobs.to_vec();
        join_all(jobs.into_iter().map(|job| async move { store.begin(&job, &[started_event(clock, &job)]).await }))
    };
    let again = [started_event(clock, &present)];
    let (before, refused, twice, after) = futures::join!(
        neighbours(&good[..10]),
        store.begin(&bad, &bad_events),
        store.begin(&present, &again),
        neighbours(&good[10..]),
    );
    refused.unwrap_err();
    twice.unwrap_err();
    for begun in before.into_iter().chain(after) {
        assert!(matches!(begun, Ok(Begun::New)), "{begun:?}");
    }
    for job in good {
        assert_eq!(store.events(job.id).await.unwrap().len(), 1);
        assert_eq!(store.job(job.id).await.unwrap(), Some(job));
    }
    assert_eq!(store.job(bad.id).await.unwrap(), None, "nothing of a refused request is left");
    assert_eq!(store.events(bad.id).await.unwrap(), []);
}

async fn a_job_ends_once(store: &dyn Store, clock: &FixedClock) {
    let job = new_job(clock, "ada@example.org");
    begin(store, clock, &job).await;
    let first = finished_job(clock, job.clone());
    store.finish(&first, &[ended_event(clock, &first)], None).await.unwrap();
    let second = job.clone().fail(sample_failure(), ChangeSet::default(), clock.now());
    let error = store.finish(&second, &[ended_event(clock, &second)], None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(store.events(job.id).await.unwrap().len(), 2);
    assert_eq!(store.job(job.id).await.unwrap(), Some(first));
}

async fn an_end_waits_for_what_the_job_changed(store: &dyn Store, clock: &FixedClock) {
    for keyed_too in [false, true] {
        let key = keyed_too.then(|| "k".to_owned());
        let job = Job { idempotency_key: key, ..new_job(clock, "ada@example.org") };
        begin(store, clock, &job).await;
        let ended = finished_job(clock, job.clone());
        let events = [ended_event(clock, &ended)];
        let failed = Box::pin(async { Err(Error::unavailable("The disk failed.")) });
        let error = store.finish_beside(&ended, &events, failed).await.unwrap().unwrap_err();
        assert_eq!(error.message(), "The disk failed.");
        assert_eq!(store.job(job.id).await.unwrap().as_ref(), Some(&job), "it has not ended");
        let (flush, flushed) = futures::channel::oneshot::channel::<()>();
        let flushed = Box::pin(async { flushed.await.map_err(Error::internal) });
        let mut finish = store.finish_beside(&ended, &events, flushed);
        assert!(futures::poll!(&mut finish).is_pending());
        assert_eq!(store.job(job.id).await.unwrap().as_ref(), Some(&job), "it has not ended");
        flush.send(()).unwrap();
        finish.await.unwrap().unwrap();
        assert_eq!(store.job(job.id).await.unwrap(), Some(ended));
        assert_eq!(store.events(job.id).await.unwrap().len(), 2);
    }
}

async fn events_come_oldest_first(store: &dyn Store, clock: &FixedClock) {
    let job = new_job(clock, "ada@example.org");
    let other = new_job(clock, "ada@example.org");
    begin(store, clock, &other).await;
    let mut expected = vec![begin(store, clock, &job).await];
    let ended = finished_job(clock, job.clone());
    expected.push(ended_event(clock, &ended));
    store.finish(&ended, &expected[1..], None).await.unwrap();
    for kind in EventKind::ALL {
        clock.advance(TimeDelta::seconds(1));
        expected.push(Event { kind, data: json!({ "kind": kind.name() }), ..started_event(clock, &job) });
    }
    // Many at once, and not in their order.
    let mut notes = expected[2..].to_vec();
    notes.reverse();
    store.note(&notes).await.unwrap();
    store.note(&[]).await.unwrap();
    assert_eq!(store.events(job.id).await.unwrap(), expected);
    assert_eq!(store.events(other.id).await.unwrap().len(), 1);
    let many: Vec<Event> = (0..500).map(|_| started_event(clock, &other)).collect();
    store.note(&many).await.unwrap();
    assert_eq!(store.events(other.id).await.unwrap()[1..], many);
}

async fn files_are_kept_with_their_jobs(store: &dyn Store, clock: &FixedClock) {
    for size in [0, 1, 5_000_000] {
        let job = new_job(clock, "ada@example.org");
        begin(store, clock, &job).await;
        let file = StoredFile { content: (0..size).map(|n: u32| n.to_le_bytes()[0]).collect::<Bytes>() };
        store.finish(&finished_job(clock, job.clone()), &[], Some(&file)).await.unwrap();
        assert!(store.file(job.id).await.unwrap() == Some(file), "{size} bytes come back as they were");
    }
}

async fn filters_narrow(store: &dyn Store, clock: &FixedClock) {
    let mut written = Vec::new();
    for collection in ["companies", "orders"] {
        for action in ["mark-as-live", "delete"] {
            for caller in ["ada@example.org", "bob@example.org"] {
                for ends in [false, true] {
                    let mut job = new_job(clock, caller);
                    job.collection = collection.to_owned();
                    job.action = ActionId::from_name(action);
                    begin(store, clock, &job).await;
                    if ends {
                        job = finished_job(clock, job);
                        store.finish(&job, &[], None).await.unwrap();
                    }
                    written.insert(0, job);
                }
            }
        }
    }
    let choices = |values: [&str; 3]| values.map(|value| Some(value.to_owned())).into_iter().chain([None]);
    for collection in choices(["companies", "orders", "none"]) {
        for action in choices(["mark-as-live", "delete", "none"]) {
            for caller_email in choices(["ada@example.org", "bob@example.org", "none"]) {
                for state in [None, Some(JobState::Executing), Some(JobState::Complete), Some(JobState::Failed)] {
                    let filter = JobFilter {
                        collection: collection.clone(),
                        action: action.as_deref().map(ActionId::from_name),
                        state,
                        caller_email: caller_email.clone(),
                        before: None,
                    };
                    let expected: Vec<Job> = written.iter().filter(|job| passes(&filter, job)).cloned().collect();
                    assert_eq!(store.jobs(&filter, ALL).await.unwrap(), expected, "{filter:?}");
                }
            }
        }
    }
}

fn passes(filter: &JobFilter, job: &Job) -> bool {
    filter.collection.as_ref().is_none_or(|wanted| *wanted == job.collection)
        && filter.action.as_ref().is_none_or(|wanted| *wanted == job.action)
        && filter.state.is_none_or(|wanted| wanted == job.state)
        && filter.caller_email.as_ref().is_none_or(|wanted| *wanted == job.caller.email)
        && filter.before.is_none_or(|before| job.id < before)
}

async fn pages_neither_repeat_nor_lose_jobs(store: &dyn Store, clock: &FixedClock) {
    let mut ids = Vec::new();
    for _ in 0..25 {
        let job = new_job(clock, "ada@example.org");
        begin(store, clock, &job).await;
        ids.insert(0, job.id);
    }
    let list = async |before, page| {
        let filter = JobFilter { before, ..JobFilter::default() };
        store.jobs(&filter, page).await.unwrap().into_iter().map(|job| job.id).collect::<Vec<_>>()
    };
    let mut by_skip = Vec::new();
    let mut by_id = Vec::new();
    for skip in [0, 10, 20, 30] {
        by_skip.extend(list(None, Page { skip, limit: 10 }).await);
        by_id.extend(list(by_id.last().copied(), Page { skip: 0, limit: 10 }).await);
    }
    assert_eq!(by_skip, ids);
    assert_eq!(by_id, ids);
    assert_eq!(list(None, Page { skip: 0, limit: 0 }).await, []);
    assert_eq!(list(None, Page { skip: 0, limit: u64::MAX }).await, ids);
    assert_eq!(list(None, Page { skip: u64::MAX, limit: u64::MAX }).await, []);
}

async fn abandoned_jobs_are_interrupted(store: &dyn Store, clock: &FixedClock) {
    let abandoned = [new_job(clock, "ada@example.org"), keyed(clock, "bob@example.org", "k")];
    let ended = finished_job(clock, new_job(clock, "ada@example.org"));
    for job in abandoned.iter().chain([&ended]) {
        begin(store, clock, job).await;
    }
    store.finish(&ended, &[], None).await.unwrap();
    clock.advance(TimeDelta::seconds(1));
    let interrupted = store.interrupt_abandoned(&sample_failure(), clock.now()).await.unwrap();
    assert_eq!(interrupted.len(), 2);
    for job in abandoned {
        assert!(interrupted.contains(&job), "they come back as they were");
        let expected = job.clone().fail(sample_failure(), ChangeSet::default(), clock.now());
        assert_eq!(store.job(job.id).await.unwrap(), Some(expected));
    }
    assert_eq!(store.job(ended.id).await.unwrap(), Some(ended));
    assert_eq!(store.interrupt_abandoned(&sample_failure(), clock.now()).await.unwrap(), []);
}
