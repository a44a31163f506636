//! Jobs whose end was written when the power went: the records tell whether it counts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use levers_engine::Submitted;
use levers_model::{
    Aggregation, Change, ChangeKind, ChangeSet, Collection, Condition, Error, ErrorKind, Job, JobState, Outcome,
    OutcomeKind, Page, Patch, Record, Result, Scope,
};
use levers_ports::{
    ActionDeclaration, AggregateRow, Clock as _, FileBody, JobFilter, Query, QueryContext, RecordStream, Reply, Source,
    Store as _, SystemClock, Written,
};
use levers_source_sql::Sql;
use levers_testkit::{ended_event, new_job, started_event};
use serde_json::{Map, Value as Json, json};
use sqlx::Executor as _;
use tokio::sync::oneshot;

use crate::world::{World, action, events, with_actions};

fn change(collection: &str, id: &str, kind: ChangeKind, after: Json) -> Change {
    let after: Map<String, Json> = serde_json::from_value(after).unwrap();
    Change { collection: collection.into(), id: id.into(), kind, before: [].into(), after: after.into_iter().collect() }
}

/// A job whose end is written while nobody answers whether its changes are on disk.
async fn cut_off(world: &World, changes: &[Change]) -> Job {
    let job = new_job(&SystemClock, "ada@example.org");
    let mut set = ChangeSet::default();
    for change in changes {
        set.add(&change.collection, change.kind, 1, Some(vec![change.clone()]));
    }
    world.store.begin(&job, &[started_event(&SystemClock, &job)]).await.unwrap();
    let ended = job.finish(Outcome::success("Done"), set, SystemClock.now());
    let events = [ended_event(&SystemClock, &ended)];
    {
        let mut waits = world.store.finish_beside(&ended, &events, Box::pin(std::future::pending()));
        // The end reaches the disk; what it waits for does not answer.
        assert!(tokio::time::timeout(Duration::from_millis(200), &mut waits).await.is_err());
    }
    ended
}

async fn state(world: &World, job: &Job) -> JobState {
    world.store.job(job.id).await.unwrap().unwrap().state
}

#[tokio::test]
async fn the_records_tell_which_ends_count() {
    use ChangeKind::{Created, Deleted, Updated};
    let world = World::new().await;
    let company = |id, after| change("companies", id, Updated, after);
    let overwritten = cut_off(&world, &[company("1", json!({ "status": "first" }))]).await;
    let there = cut_off(&world, &[company("1", json!({ "status": "second", "amount": "7.5" }))]).await;
    let lost = cut_off(&world, &[company("2", json!({ "status": "lost" }))]).await;
    let halves = [company("3", json!({ "status": "half" })), company("4", json!({ "status": "half" }))];
    let half = cut_off(&world, &halves).await;
    let made =
        [change("tags", "9", Created, json!({ "id": 9, "label": "made" })), change("tags", "3", Deleted, json!({}))];
    let made = cut_off(&world, &made).await;
    let not_made = cut_off(&world, &[change("tags", "10", Created, json!({ "id": 10 }))]).await;
    let not_deleted = cut_off(&world, &[change("tags", "1", Deleted, json!({}))]).await;
    // The database computes a column, and a value is one of its type however it is written.
    let computed = json!({ "id": 1, "name": "a", "twice": "anything" });
    let computed = cut_off(&world, &[change("doubles", "1", Created, computed)]).await;
    // In the end it had changed nothing.
    let twice = [change("tags", "11", Created, json!({ "id": 11 })), change("tags", "11", Deleted, json!({}))];
    let gone_again = cut_off(&world, &twice).await;
    world
        .pool
        .execute(
            "update companies set status = 'second', amount = 7.50 where id = 1;
             update companies set status = 'half' where id = 4;
             insert into tags values (9, 'made'); delete from tags where id = 3;
             insert into doubles (id, name) values (1, 'a')",
        )
        .await
        .unwrap();
    for job in [&there, &lost, &made] {
        assert_eq!(state(&world, job).await, JobState::Executing, "nobody is told of an end that may not count");
    }
    world.engine.recover().await.unwrap();
    for (job, counts) in [
        // Written over since: nobody can tell.
        (&overwritten, false),
        (&there, true),
        (&lost, false),
        (&half, false),
        (&made, true),
        (&not_made, false),
        (&not_deleted, false),
        (&gone_again, true),
        (&computed, true),
    ] {
        let kept = world.store.job(job.id).await.unwrap().unwrap();
        if counts {
            assert_eq!(&kept, job);
            assert_eq!(world.store.events(job.id).await.unwrap().len(), 2);
        } else {
            let failure = kept.failure.unwrap();
            assert!(failure.message.starts_with("The service stopped while this action was running."), "{failure:?}");
            assert_eq!((kept.state, kept.outcome), (JobState::Failed, None));
        }
    }
}

/// A source whose disk answers when the test says so.
struct Slow {
    source: Sql,
    answers: Mutex<Vec<oneshot::Receiver<Result<()>>>>,
    _folder: tempfile::TempDir,
}

#[async_trait]
impl Source for Slow {
    fn collections(&self) -> &[Arc<Collection>] {
        self.source.collections()
    }

    async fn list(&self, cx: &QueryContext, collection: &str, query: &Query) -> Result<Vec<Record>> {
        self.source.list(cx, collection, query).await
    }

    async fn stream(&self, cx: &QueryContext, collection: &str, query: &Query) -> Result<RecordStream> {
        self.source.stream(cx, collection, query).await
    }

    async fn aggregate(
        &self,
        cx: &QueryContext,
        collection: &str,
        condition: &Condition,
        aggregation: &Aggregation,
        limit: Option<u64>,
    ) -> Result<Vec<AggregateRow>> {
        self.source.aggregate(cx, collection, condition, aggregation, limit).await
    }

    async fn create(&self, collection: &str, records: &[Patch]) -> Result<Vec<Record>> {
        self.source.create(collection, records).await
    }

    async fn update(
        &self,
        cx: &QueryContext,
        collection: &str,
        condition: &Condition,
        patch: &Patch,
        bound: usize,
    ) -> Result<Written> {
        self.source.update(cx, collection, condition, patch, bound).await
    }

    async fn delete(
        &self,
        cx: &QueryContext,
        collection: &str,
        condition: &Condition,
        bound: usize,
    ) -> Result<Written> {
        self.source.delete(cx, collection, condition, bound).await
    }

    fn flush(&self) -> Option<BoxFuture<'_, Result<()>>> {
        Some(Box::pin(async {
            // It is waited for once.
            let answer = self.answers.lock().unwrap().pop().unwrap();
            answer.await.unwrap()
        }))
    }

    async fn check(&self) -> Result<()> {
        self.source.check().await
    }
}

/// A world with a table on a disk that answers when it is told to.
async fn slow(action: ActionDeclaration) -> (World, oneshot::Sender<Result<()>>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("slow.db");
    std::fs::write(&file, "").unwrap();
    let url = format!("sqlite://{}", file.display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    pool.execute("create table slow (id integer primary key, status text); insert into slow values (1, 'a')")
        .await
        .unwrap();
    let (tell, told) = oneshot::channel();
    let slow = Slow { source: Sql::open(&url).await.unwrap(), answers: Mutex::new(vec![told]), _folder: folder };
    let world = World::with(|builder| builder.source(Arc::new(slow)).customize("slow", with_actions([action]))).await;
    (world, tell)
}

/// Runs an action while its changes are on their way to the disk, which answers with this at last.
async fn flushed_with(outcome: fn() -> Reply, answer: Result<()>) -> (World, Submitted) {
    let (world, tell) = slow(action("Rename", Scope::Single, move |cx| async move {
        let patch = Patch::from_json(&json!({ "status": "b" }), &cx.collection)?;
        cx.records.update("slow", cx.condition.clone(), patch).await?;
        Ok(outcome())
    }))
    .await;
    let submitted = {
        let mut submit = std::pin::pin!(world.submit("slow", "Rename", world.ids("slow", &["1"]), json!({})));
        let early = tokio::time::timeout(Duration::from_millis(300), &mut submit).await;
        assert!(early.is_err(), "it answers before the disk");
        let jobs = world.store.jobs(&JobFilter::default(), Page { skip: 0, limit: 9 }).await.unwrap();
        assert_eq!(jobs.iter().map(|job| job.state).collect::<Vec<_>>(), [JobState::Executing]);
        tell.send(answer).unwrap();
        submit.await.unwrap()
    };
    assert_eq!(world.store.job(submitted.job.id).await.unwrap().as_ref(), Some(&submitted.job));
    (world, submitted)
}

fn file() -> Reply {
    let kind = OutcomeKind::File { name: "a.txt".into(), mime: "text/plain".into() };
    Reply { outcome: Outcome { kind, headers: [].into() }, file: Some(FileBody::Bytes("a".into())) }
}

#[tokio::test]
async fn nobody_is_answered_before_the_changes_are_on_disk() {
    for outcome in [|| Outcome::done().into(), file] {
        let (_world, submitted) = Box::pin(flushed_with(outcome, Ok(()))).await;
        assert_eq!((submitted.job.state, submitted.job.changes.counts[0].count), (JobState::Complete, 1));
    }
}

#[tokio::test]
async fn changes_that_do_not_get_to_the_disk_fail_their_job() {
    for outcome in [|| Outcome::done().into(), file] {
        let failed = Error::new(ErrorKind::Internal, "The disk failed.");
        let (world, submitted) = Box::pin(flushed_with(outcome, Err(failed))).await;
        let Job { state, outcome, failure, changes, .. } = &submitted.job;
        assert_eq!((*state, outcome, changes.counts[0].count), (JobState::Failed, &None, 1));
        assert_eq!(failure.as_ref().unwrap().message, "The disk failed.");
        assert_eq!(submitted.reply.as_ref().unwrap_err().message(), "The disk failed.");
        assert_eq!(events(&world, &submitted).await, ["job_started", "job_failed"]);
    }
}

#[tokio::test]
async fn what_the_records_could_not_tell_is_never_in_doubt() {
    // Each waits for the disk before its end is written, so that a cut between the two leaves it executing.
    let rename = || json!({ "id": 5 });
    for (patch, beside) in [(json!({ "status": "live" }), true), (rename(), false)] {
        let write = action("Write", Scope::Single, move |cx| {
            let patch = patch.clone();
            async move {
                let patch = Patch::from_json(&patch, &cx.collection)?;
                cx.records.update("slow", cx.condition.clone(), patch).await?;
                Ok(Outcome::done().into())
            }
        });
        let (world, _tell) = slow(write).await;
        let submit = Box::pin(world.submit("slow", "Write", world.ids("slow", &["1"]), json!({})));
        assert!(tokio::time::timeout(Duration::from_millis(300), submit).await.is_err());
        assert_eq!(world.store.in_doubt().await.unwrap().len(), usize::from(beside));
    }
}
