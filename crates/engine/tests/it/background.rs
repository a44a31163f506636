//! Actions that nobody waits for, and engines that take another's place.

use std::sync::Arc;
use std::time::Duration;

use levers_engine::Engine;
use levers_model::{Action, Approval, ErrorKind, JobState, Mode, Outcome, OutcomeKind, Scope, Selection};
use levers_ports::{ActionDeclaration, CollectionDeclaration, FileBody, Reply, Store, StoredFile};
use levers_testkit::FixedClock;
use serde_json::json;
use tokio::sync::Notify;

use crate::world::{World, action, events, keyed, read, submission, with_actions};

fn in_background(declaration: ActionDeclaration) -> ActionDeclaration {
    let action = Action { mode: Mode::Background, ..(*declaration.action).clone() };
    ActionDeclaration { action: Arc::new(action), ..declaration }
}

/// An action that waits until it is told to go on.
fn waiting() -> (ActionDeclaration, Arc<Notify>) {
    let go = Arc::new(Notify::new());
    let waits = go.clone();
    let declaration = action("Wait", Scope::Global, move |_| {
        let waits = waits.clone();
        async move {
            waits.notified().await;
            Ok(Outcome::success("after all").into())
        }
    });
    (in_background(declaration), go)
}

#[tokio::test]
async fn the_answer_comes_before_the_end() {
    let (wait, go) = waiting();
    let world = World::with_action(wait).await;
    let submitted = world.submit("companies", "Wait", Selection::none(), json!({})).await.unwrap();
    assert_eq!(submitted.job.state, JobState::Executing);
    let OutcomeKind::Success { message: Some(message), .. } = submitted.reply.as_ref().unwrap().outcome.kind.clone()
    else {
        panic!("{submitted:?}")
    };
    insta::assert_snapshot!(message);
    assert_eq!(world.store.job(submitted.job.id).await.unwrap().unwrap(), submitted.job, "it can be looked at");
    assert_eq!(world.engine.drain(Duration::from_millis(1)).await, 1, "a stop waits for it");
    go.notify_one();
    let ended = world.engine.wait(&world.cx(), submitted.job.id).await.unwrap();
    assert_eq!(ended.reply.unwrap().outcome, Outcome::success("after all"));
    assert_eq!((ended.job.state, ended.job.mode), (JobState::Complete, Mode::Background));
    assert_eq!(events(&world, &submitted).await, ["job_started", "job_completed"]);
    assert_eq!(world.engine.drain(Duration::from_secs(10)).await, 0);
}

#[tokio::test]
async fn a_repeat_says_how_it_stands() {
    let (wait, go) = waiting();
    let world = World::with_action(wait).await;
    let cx = world.cx();
    let ask = || keyed(submission("companies", "Wait", Selection::none(), json!({})), "k");
    let first = world.engine.submit(&cx, ask()).await.unwrap();
    let again = world.engine.submit(&cx, ask()).await.unwrap();
    assert!(again.replayed && !first.replayed);
    assert_eq!((again.job.id, again.job.state), (first.job.id, JobState::Executing));
    assert_eq!(again.reply.unwrap().outcome, first.reply.unwrap().outcome);
    go.notify_one();
    world.engine.wait(&cx, first.job.id).await.unwrap();
    let ended = world.engine.submit(&cx, ask()).await.unwrap();
    assert!(ended.replayed);
    assert_eq!(ended.reply.unwrap().outcome, Outcome::success("after all"));
}

#[tokio::test]
async fn a_failure_is_in_the_job() {
    let panics = action("Panic", Scope::Global, |_| async { panic!("secret of the handler") });
    let world = World::with_action(in_background(panics)).await;
    let submitted = world.submit("companies", "Panic", Selection::none(), json!({})).await.unwrap();
    assert!(submitted.reply.is_ok());
    let ended = world.engine.wait(&world.cx(), submitted.job.id).await.unwrap();
    assert_eq!((ended.job.state, ended.reply.unwrap_err().kind()), (JobState::Failed, ErrorKind::Internal));
    assert!(!json!(ended.job).to_string().contains("secret"));
}

#[tokio::test]
async fn a_file_is_kept_with_the_job_or_fails_it() {
    let file = |name, chunks: usize| {
        in_background(action(name, Scope::Global, move |_| async move {
            let outcome = Outcome::from(OutcomeKind::File { name: "x.txt".into(), mime: "text/plain".into() });
            let chunk = bytes::Bytes::from("x".repeat(1024 * 1024));
            let body = futures::stream::iter(std::iter::repeat_n(chunk, chunks).map(Ok));
            Ok(Reply { outcome, file: Some(FileBody::Stream(Box::pin(body))) })
        }))
    };
    let world =
        World::with(|builder| builder.customize("companies", with_actions([file("Small", 1), file("Large", 17)])))
            .await;
    let cx = world.cx();
    let ended = async |name: &str| {
        let submitted = world.submit("companies", name, Selection::none(), json!({})).await.unwrap();
        world.engine.wait(&cx, submitted.job.id).await.unwrap()
    };
    let small = ended("Small").await;
    assert_eq!(read(small.reply.unwrap().file.unwrap()).await.len(), 1024 * 1024);
    let StoredFile { content } = world.engine.file(&cx, small.job.id).await.unwrap().unwrap();
    assert_eq!(content.len(), 1024 * 1024);
    let large = ended("Large").await;
    assert_eq!(large.job.state, JobState::Failed);
    insta::assert_snapshot!(large.reply.unwrap_err());
    assert_eq!(world.engine.file(&cx, large.job.id).await.unwrap(), None);
}

#[tokio::test]
async fn an_engine_that_continues_another_knows_what_runs_there() {
    let (wait, go) = waiting();
    let foreground = Action { mode: Mode::Foreground, ..(*wait.action).clone() };
    let wait = ActionDeclaration { action: Arc::new(foreground), ..wait };
    let world = World::with_action(wait.clone()).await;
    let next = Engine::builder(world.store.clone())
        .source(world.source.clone())
        .customize("companies", CollectionDeclaration { actions: vec![wait], ..CollectionDeclaration::default() })
        .clock(Arc::new(FixedClock::default()))
        .continuing(&world.engine)
        .build()
        .unwrap();
    let ask = || keyed(submission("companies", "Wait", Selection::none(), json!({})), "k");
    let cx = world.cx();
    let first = tokio::spawn({
        let (engine, cx, ask) = (world.engine.clone(), cx.clone(), ask());
        async move { engine.submit(&cx, ask).await.unwrap() }
    });
    while world.store.job_by_key(&cx.caller.id, "k").await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(next.drain(Duration::from_millis(1)).await, 1);
    let (again, ()) = tokio::join!(next.submit(&cx, ask()), async { go.notify_one() });
    let again = again.unwrap();
    assert!(again.replayed);
    assert_eq!(again.job, first.await.unwrap().job);
    assert_eq!(next.drain(Duration::from_secs(10)).await, 0);
}

#[tokio::test]
async fn key_and_approval_reach_the_handler_and_stay_with_the_job() {
    let told = action("Tell", Scope::Global, |cx| async move {
        let by = cx.approval.map(|approval| approval.requester_id);
        Ok(Outcome::success(format!("{:?} for {by:?}", cx.idempotency_key)).into())
    });
    let world = World::with_action(told).await;
    let cx = world.cx();
    let mut ask = keyed(submission("companies", "Tell", Selection::none(), json!({})), "k");
    ask.approval = Some(Approval { requester_id: "7".into() });
    let submitted = world.engine.submit(&cx, ask.clone()).await.unwrap();
    assert_eq!(submitted.reply.as_ref().unwrap().outcome, Outcome::success("Some(\"k\") for Some(\"7\")"));
    assert_eq!(world.store.job(submitted.job.id).await.unwrap().unwrap().approval, ask.approval);
    let started = &world.store.events(submitted.job.id).await.unwrap()[0];
    assert_eq!(started.data, json!({ "door": "test", "approval": { "requester_id": "7" } }));
    // What somebody else asked for is another request.
    ask.approval = None;
    assert_eq!(world.engine.submit(&cx, ask).await.unwrap_err().kind(), ErrorKind::Conflict);
}
