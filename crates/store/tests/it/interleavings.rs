//! Whatever callers do at once, every job begins once, ends once, and keeps its key.

use std::collections::HashMap;

use levers_model::{Job, JobId, JobState};
use levers_ports::{Begun, Store as _};
use levers_store::SqliteStore;
use levers_testkit::{FixedClock, ended_event, finished_job, new_job, started_event};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    /// By this caller, with this key.
    Begin(u8, Option<u8>),
    /// The job of this number among those of earlier rounds.
    Finish(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..2_u8, prop::option::of(0..4_u8)).prop_map(|(caller, key)| Step::Begin(caller, key)),
        any::<prop::sample::Index>().prop_map(Step::Finish),
    ]
}

/// What the callers were told so far.
#[derive(Default)]
struct Told {
    jobs: Vec<Job>,
    ended: HashMap<JobId, Job>,
    keys: HashMap<(String, String), JobId>,
}

/// Runs the steps of a round at once.
async fn round(store: &SqliteStore, clock: &FixedClock, steps: &[Step], told: &mut Told) {
    let (mut begins, mut ends) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Begin(caller, key) => {
                let job = new_job(clock, &format!("{caller}@example.org"));
                begins.push(Job { idempotency_key: key.map(|key| key.to_string()), ..job });
            }
            Step::Finish(index) if !told.jobs.is_empty() => {
                ends.push(finished_job(clock, index.get(&told.jobs).clone()));
            }
            Step::Finish(_) => {}
        }
    }
    let begin = async |job: &Job| store.begin(job, &[started_event(clock, job)]).await.unwrap();
    let finish = async |job: &Job| store.finish(job, &[ended_event(clock, job)], None).await;
    let (answers, ended) = futures::join!(
        futures::future::join_all(begins.iter().map(begin)),
        futures::future::join_all(ends.iter().map(finish))
    );
    for (job, begun) in begins.into_iter().zip(answers) {
        let key = job.idempotency_key.clone().map(|key| (job.caller.id.clone(), key));
        match (begun, key) {
            (Begun::New, None) => told.jobs.push(job),
            (Begun::New, Some(key)) => {
                assert_eq!(told.keys.insert(key, job.id), None, "the key was used before");
                told.jobs.push(job);
            }
            (Begun::Existing(first), Some(key)) => assert_eq!(told.keys.get(&key), Some(&first.id)),
            (Begun::Existing(_), None) => panic!("there is no key to find it by"),
        }
    }
    for (job, answer) in ends.into_iter().zip(ended) {
        if answer.is_ok() {
            assert_eq!(told.ended.insert(job.id, job), None, "it ended before");
        } else {
            assert!(told.ended.contains_key(&job.id), "it had not ended, and still was refused");
        }
    }
}

async fn look(store: &SqliteStore, told: &Told) {
    for job in &told.jobs {
        let expected = told.ended.get(&job.id).unwrap_or(job);
        assert_eq!(store.job(job.id).await.unwrap().as_ref(), Some(expected));
        let events = if expected.state == JobState::Executing { 1 } else { 2 };
        assert_eq!(store.events(job.id).await.unwrap().len(), events);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn every_interleaving_keeps_the_promises(rounds in prop::collection::vec(prop::collection::vec(step(), 1..50), 1..8)) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (folder, clock) = (tempfile::tempdir().unwrap(), FixedClock::default());
            let store = SqliteStore::open(&folder.path().join("store.db")).await.unwrap();
            let mut told = Told::default();
            for steps in rounds {
                round(&store, &clock, &steps, &mut told).await;
            }
            look(&store, &told).await;
        });
    }
}
