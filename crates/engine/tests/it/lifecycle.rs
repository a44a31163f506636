//! From a submit to the job's end, whatever happens in between.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use levers_engine::Engine;
use levers_model::query::field;
use levers_model::{
    BuiltIn, Error, ErrorKind, JobState, Outcome, OutcomeKind, Patch, RequestFilter, Scope, Selection, Targets,
};
use levers_ports::{
    ElementDeclaration, FieldDeclaration, FileBody, FormDeclaration, Query, Reply, Store, StoredFile, TypeDeclaration,
};
use serde_json::json;
use tokio::sync::Notify;

use crate::world::{World, action, events, keyed, read, submission, with_actions};

#[tokio::test]
async fn a_job_is_kept_with_all_that_happened() {
    let live = action("Mark as Live", Scope::Single, |cx| async move {
        let patch = Patch::from_json(&json!({ "status": "live" }), &cx.collection)?;
        cx.records.update("companies", cx.condition.clone(), patch).await?;
        Ok(Outcome::success("Company is now live!").into())
    });
    let world = World::with_action(live).await;
    let submitted = world.submit("companies", "Mark as Live", world.ids("companies", &["2"]), json!({})).await.unwrap();
    assert_eq!(events(&world, &submitted).await, ["job_started", "job_completed"]);
    let kept = world.store.job(submitted.job.id).await.unwrap().unwrap();
    assert_eq!(kept, submitted.job);
    insta::assert_json_snapshot!(kept);
}

#[tokio::test]
async fn the_number_of_selected_records_must_fit_the_scope() {
    let done = |name, scope| action(name, scope, |_| async { Ok(Outcome::done().into()) });
    let world = World::with(|builder| {
        let actions = [done("One", Scope::Single), done("Many", Scope::Bulk), done("All", Scope::Global)];
        builder.customize("companies", with_actions(actions))
    })
    .await;
    let all = Selection::all(RequestFilter::default());
    let mut table = String::new();
    for name in ["One", "Many", "All"] {
        for (what, selection) in [
            ("nothing", Selection::none()),
            ("no id", world.ids("companies", &[])),
            ("an id", world.ids("companies", &["1"])),
            ("two ids", world.ids("companies", &["1", "2"])),
            ("all", all.clone()),
        ] {
            let answer = world.submit("companies", name, selection, json!({})).await;
            let answer = answer.map_or_else(|error| error.to_string(), |_| "done".into());
            writeln!(table, "{name} on {what}: {answer}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn a_panic_fails_its_job_alone_and_stays_private() {
    let panics = action("Panic", Scope::Global, |cx| async move {
        let patch = Patch::from_json(&json!({ "label": "before the panic" }), &*cx.records.collection("tags")?)?;
        cx.records.create("tags", vec![patch]).await?;
        panic!("secret of the handler")
    });
    let world = World::with_action(panics).await;
    let submitted = world.submit("companies", "Panic", Selection::none(), json!({})).await.unwrap();
    let error = submitted.reply.as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(!error.to_string().contains("secret"));
    assert!(error.internal_text().unwrap().contains("secret of the handler"));
    assert_eq!(submitted.job.state, JobState::Failed);
    assert_eq!(submitted.job.changes.counts[0].count, 1, "what it did until then is known");
    assert_eq!(events(&world, &submitted).await, ["job_started", "job_failed"]);
    world.run("companies", BuiltIn::Update, world.ids("companies", &["1"]), json!({ "status": "x" })).await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_stop_the_job() {
    let (started, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (handler_started, handler_go) = (started.clone(), go.clone());
    let slow = action("Slow", Scope::Global, move |_| {
        let (started, go) = (handler_started.clone(), handler_go.clone());
        async move {
            started.notify_one();
            go.notified().await;
            Ok(Outcome::success("after all").into())
        }
    });
    let world = World::with_action(slow).await;
    let submit = world.submit("companies", "Slow", Selection::none(), json!({}));
    tokio::select! {
        _ = submit => panic!("it cannot have ended"),
        () = started.notified() => {}
    }
    assert_eq!(world.engine.drain(Duration::from_millis(1)).await, 1, "it still runs");
    go.notify_one();
    assert_eq!(world.engine.drain(Duration::from_secs(10)).await, 0);
    let page = levers_model::Page { skip: 0, limit: 10 };
    let jobs = world.engine.jobs(&world.cx(), levers_engine::JobQuery::default(), page).await.unwrap();
    assert_eq!(jobs[0].outcome, Some(Outcome::success("after all")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_submits_of_one_key_have_one_effect() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let count = action("Count", Scope::Global, move |_| {
        let counted = counted.clone();
        async move {
            tokio::task::yield_now().await;
            Ok(Outcome::success(format!("run {}", counted.fetch_add(1, Ordering::SeqCst) + 1)).into())
        }
    });
    let world = World::with_action(count).await;
    let cx = world.cx();
    let submits = (0..100)
        .map(|_| world.engine.submit(&cx, keyed(submission("companies", "Count", Selection::none(), json!({})), "k")));
    let answers = join_all(submits).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    for answer in &answers {
        assert_eq!(answer.job, answers[0].job);
        assert_eq!(answer.reply.as_ref().unwrap().outcome, Outcome::success("run 1"));
    }
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    let world = World::new().await;
    let create =
        |name: &str| keyed(submission("tags", BuiltIn::Create, Selection::none(), json!({ "label": name })), "k");
    let cx = world.cx();
    let first = world.engine.submit(&cx, create("a")).await.unwrap();
    let again = world.engine.submit(&cx, create("a")).await.unwrap();
    assert!(again.replayed && again.job == first.job);
    let other = world.engine.submit(&cx, create("b")).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Conflict);
    insta::assert_snapshot!(other);
    // Somebody else's key is another key.
    let bob = world.engine.context(levers_model::Caller::new("bob@example.org", levers_model::Door::Test));
    assert!(!world.engine.submit(&bob, create("c")).await.unwrap().replayed);
    // A failed job is answered again as it failed.
    let twice = keyed(submission("tags", BuiltIn::Create, Selection::none(), json!({ "label": "a" })), "other");
    let failed = world.engine.submit(&cx, twice.clone()).await.unwrap().reply.unwrap_err();
    let repeated = world.engine.submit(&cx, twice).await.unwrap();
    let error = repeated.reply.unwrap_err();
    assert!(repeated.replayed);
    assert_eq!((error.kind(), error.message(), error.fields()), (failed.kind(), failed.message(), failed.fields()));
    for bad in ["", " ", "é", "a\nb", &"x".repeat(256)] {
        let error = world.engine.submit(&cx, keyed(create("a"), bad)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{bad:?}");
    }
    assert_eq!(world.scalar("select count(*) from tags").await, 5);
}

#[tokio::test]
async fn files_are_kept_for_repeats_when_they_are_small() {
    let file = |name, size| {
        action(name, Scope::Global, move |_| async move {
            let outcome = Outcome::from(OutcomeKind::File { name: "x.bin".into(), mime: "text/plain".into() });
            Ok(Reply { outcome, file: Some(FileBody::Bytes("x".repeat(size).into())) })
        })
    };
    let world = World::with(|builder| {
        builder.customize("companies", with_actions([file("Small", 10), file("Large", StoredFile::LARGEST + 1)]))
    })
    .await;
    let ask = |name: &str| keyed(submission("companies", name, Selection::none(), json!({})), name);
    let cx = world.cx();
    let first = world.engine.submit(&cx, ask("Small")).await.unwrap();
    assert_eq!(events(&world, &first).await, ["job_started", "job_completed", "file_delivered"]);
    let again = world.engine.submit(&cx, ask("Small")).await.unwrap();
    assert_eq!(read(again.reply.unwrap().file.unwrap()).await, "x".repeat(10));
    world.engine.submit(&cx, ask("Large")).await.unwrap();
    let error = world.engine.submit(&cx, ask("Large")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("too large to be kept"), "{error}");
}

#[tokio::test]
async fn an_interrupted_job_is_ended_at_the_next_start() {
    let world = World::new().await;
    let clock = levers_testkit::FixedClock::default();
    let job = levers_testkit::new_job(&clock, "ada@example.org");
    world.store.begin(&job, &[levers_testkit::started_event(&clock, &job)]).await.unwrap();
    let engine = Engine::builder(world.store.clone()).source(world.source.clone()).build().unwrap();
    assert_eq!(engine.recover().await.unwrap().len(), 1);
    assert_eq!(engine.recover().await.unwrap().len(), 0);
    let kept = world.store.job(job.id).await.unwrap().unwrap();
    assert_eq!(kept.state, JobState::Failed);
    let kinds: Vec<_> = world.store.events(job.id).await.unwrap().iter().map(|event| event.kind.name()).collect();
    assert_eq!(kinds, ["job_started", "job_interrupted"]);
}

#[tokio::test]
async fn secrets_and_files_stay_out_of_the_job() {
    let mut secret = FieldDeclaration::new("card", TypeDeclaration::String);
    secret.secret = true;
    let file = FieldDeclaration::new("scan", TypeDeclaration::File);
    let mut charge = action("Charge", Scope::Global, |cx| async move {
        Ok(Outcome::success(cx.values["card"].as_str().unwrap_or_default().to_owned()).into())
    });
    let fields = [secret, file].map(|field| ElementDeclaration::Field(Box::new(field)));
    charge.form = Arc::new(FormDeclaration::Elements(fields.to_vec()));
    let world = World::with_action(charge).await;
    let values = json!({ "card": "4111", "scan": "data:text/plain;name=a.txt;base64,aGVsbG8=" });
    let submitted = world.submit("companies", "Charge", Selection::none(), values).await.unwrap();
    assert_eq!(submitted.reply.unwrap().outcome, Outcome::success("4111"));
    insta::assert_json_snapshot!(submitted.job.values, @r#"
    {
      "card": "[secret]",
      "scan": {
        "file": "a.txt",
        "mime": "text/plain",
        "size": 5
      }
    }
    "#);
}

#[tokio::test]
async fn a_handlers_error_is_an_outcome_or_a_failure() {
    let says = action("Says", Scope::Global, |_| async { Ok(Outcome::error("Already live.").into()) });
    let breaks = action("Breaks", Scope::Global, |_| async { Err(Error::refused("Not today.")) });
    let strays = action("Strays", Scope::Global, |_| async {
        Ok(Outcome::from(OutcomeKind::Redirect { to: "//evil.org".into(), message: None }).into())
    });
    let world = World::with(|builder| builder.customize("companies", with_actions([says, breaks, strays]))).await;
    let mut shown = Vec::new();
    for name in ["Says", "Breaks", "Strays"] {
        let submitted = world.submit("companies", name, Selection::none(), json!({})).await.unwrap();
        assert_eq!(submitted.job.state, JobState::Failed);
        shown.push((
            name,
            submitted.job.outcome.is_some(),
            submitted.reply.map(|reply| reply.outcome).map_err(|e| e.to_string()),
        ));
    }
    insta::assert_debug_snapshot!(shown);
}

#[tokio::test]
async fn unknown_names_are_answered_with_the_known_ones() {
    let world = World::new().await;
    let mut shown = Vec::new();
    for (collection, name, selection) in [
        ("compnies", "Create", Selection::none()),
        ("companies", "Explode", Selection::none()),
        ("notes", "Create", Selection::none()),
        (
            "companies",
            "Delete",
            Selection::all(RequestFilter { segment: Some("Live".into()), ..RequestFilter::default() }),
        ),
        ("companies", "Delete", Selection::all(crate::world::filtered(field("nme").eq("x")))),
        ("companies", "Delete", Selection::all(crate::world::filtered(field("name").lt("x")))),
        ("companies", "Delete", Selection::all(crate::world::filtered(field("id").eq("x")))),
    ] {
        shown.push(world.submit(collection, name, selection, json!({})).await.unwrap_err().to_string());
    }
    insta::assert_debug_snapshot!(shown);
    let nothing = Selection { targets: Targets::Ids(Vec::new()), ..Selection::none() };
    assert_eq!(world.run("companies", BuiltIn::Delete, nothing, json!({})).await, "0 records deleted.");
}

#[tokio::test]
async fn a_repeat_is_answered_even_when_its_form_could_not_be_shown_any_more() {
    let mut once = action("Once", Scope::Global, |cx| async move {
        let gone = field("line").gt(0_i64);
        cx.records.delete("seats", gone).await?;
        Ok(Outcome::success("gone").into())
    });
    once.form = Arc::new(FormDeclaration::Dynamic(Arc::new(|cx| {
        Box::pin(async move {
            let seats = cx.records.list("seats", Query::default()).await?;
            if seats.is_empty() { Err(Error::refused("There are no seats any more.")) } else { Ok(Vec::new()) }
        })
    })));
    let world = World::with_action(once).await;
    let ask = || keyed(submission("companies", "Once", Selection::none(), json!({})), "k");
    assert!(!world.engine.submit(&world.cx(), ask()).await.unwrap().replayed);
    assert!(world.engine.submit(&world.cx(), ask()).await.unwrap().replayed);
    let mut anew = ask();
    anew.idempotency_key = None;
    assert_eq!(world.engine.submit(&world.cx(), anew).await.unwrap_err().kind(), ErrorKind::Refused);
}

#[tokio::test]
async fn two_accounts_of_one_id_share_no_key() {
    let world = World::with_action(action("Greet", Scope::Global, |cx| async move {
        Ok(Outcome::success(cx.caller.email.clone()).into())
    }))
    .await;
    let ask = || keyed(submission("companies", "Greet", Selection::none(), json!({})), "k");
    world.engine.submit(&world.cx(), ask()).await.unwrap();
    let mut other = (*world.cx().caller).clone();
    other.email = "eve@example.org".into();
    let refused = world.engine.submit(&world.engine.context(other), ask()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
}
