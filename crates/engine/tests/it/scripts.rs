//! SQL statements of an action: what they changed is counted, and they have no other way.

use std::sync::Arc;

use levers_model::{ChangeKind, ErrorKind, Outcome, Scope, Selection, Value};
use levers_ports::{ActionDeclaration, FormContext, FormDeclaration, Script, ScriptValue};
use serde_json::json;

use crate::world::{World, action};

fn raise_all(by: i64) -> Script {
    let statement = "update companies set amount = coalesce(amount, 0) + :by where id < 4 returning name";
    let round = [("by".to_owned(), ScriptValue::One(Value::Int(by)))].into_iter().collect();
    Script { statements: vec![statement.into()], rounds: vec![round] }
}

fn raising(name: &str, collection: &'static str) -> ActionDeclaration {
    action(name, Scope::Global, move |cx| async move {
        let result = cx.records.run_script(collection, raise_all(5)).await?;
        Ok(Outcome::success(format!("{} {:?}", result.changed, result.rows)).into())
    })
}

#[tokio::test]
async fn rows_changed_by_statements_are_counted_under_their_own_name() {
    // A collection that is read-only has a database nevertheless.
    let world = World::with_action(raising("Raise", "notes")).await;
    let submitted = world.submit("companies", "Raise", Selection::none(), json!({})).await.unwrap();
    let changes = &submitted.job.changes;
    assert_eq!(changes.counts.len(), 1);
    let count = &changes.counts[0];
    assert_eq!((count.collection.as_str(), count.kind, count.count), ("notes", ChangeKind::ChangedByStatement, 3));
    assert!(changes.changes.is_empty() && changes.truncated, "{changes:?}");
    assert_eq!(world.scalar("select amount from companies where id = 2").await, 5);
    let stored = world.engine.job(&world.cx(), submitted.job.id).await.unwrap();
    assert_eq!(stored.changes, *changes);
}

#[tokio::test]
async fn a_form_runs_no_statements() {
    let form = |cx: FormContext| -> futures::future::BoxFuture<'static, _> {
        Box::pin(async move { cx.records.run_script("companies", raise_all(5)).await.map(|_| Vec::new()) })
    };
    let mut declaration = raising("Raise", "companies");
    declaration.form = Arc::new(FormDeclaration::Dynamic(Arc::new(form)));
    let world = World::with_action(declaration).await;
    let error = world.submit("companies", "Raise", Selection::none(), json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    insta::assert_snapshot!(error, @"A form cannot run SQL statements. Do it in the action's handler.");
    assert_eq!(world.scalar("select amount from companies where id = 4").await, 0);
}

#[tokio::test]
async fn a_job_that_ended_runs_no_statements() {
    let (hand_over, mut received) = tokio::sync::mpsc::unbounded_channel();
    let leak = action("Leak", Scope::Global, move |cx| {
        let hand_over = hand_over.clone();
        async move {
            hand_over.send(cx).unwrap();
            Ok(Outcome::done().into())
        }
    });
    let world = World::with_action(leak).await;
    world.run("companies", "Leak", Selection::none(), json!({})).await;
    let cx = received.recv().await.unwrap();
    let error = cx.records.run_script("companies", raise_all(5)).await.unwrap_err();
    insta::assert_snapshot!(error, @"The job has ended; its handler can change nothing any more.");
    assert_eq!(world.scalar("select amount from companies where id = 4").await, 0);
}
