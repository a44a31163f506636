//! The change set of a job.

use levers_model::query::field;
use levers_model::{BuiltIn, ChangeSet, Outcome, Patch, RequestFilter, Scope, Selection};
use levers_ports::Query;
use serde_json::json;

use crate::world::{World, action};

#[tokio::test]
async fn what_changed_is_kept_field_by_field() {
    let world = World::new().await;
    let all = || Selection::all(RequestFilter::default());
    let updated = world.submit("companies", BuiltIn::Update, all(), json!({ "status": "live" })).await.unwrap();
    let created = world.submit("tags", BuiltIn::Create, Selection::none(), json!({ "label": "x" })).await.unwrap();
    let deleted = world.submit("badges", BuiltIn::Delete, all(), json!({})).await.unwrap();
    insta::assert_json_snapshot!([updated.job.changes, created.job.changes, deleted.job.changes]);
}

#[tokio::test]
async fn beyond_the_bound_only_counts_are_kept() {
    let world = World::new().await;
    sqlx::query("with recursive n(i) as (select 10 union all select i + 1 from n where i < 1100) insert into customers (id, name) select i, 'c' from n")
        .execute(&world.pool)
        .await
        .unwrap();
    let all = Selection::all(RequestFilter::default());
    let submitted = world.submit("customers", BuiltIn::Update, all, json!({ "name": "d" })).await.unwrap();
    let ChangeSet { counts, changes, truncated } = submitted.job.changes;
    assert_eq!((counts[0].count, changes.len(), truncated), (1095, 0, true));
}

#[tokio::test]
async fn values_of_their_own_are_kept_for_each_record() {
    let number = action("Number", Scope::Global, |cx| async move {
        let change = |id: i64| {
            let patch = Patch::from_json(&json!({ "status": format!("no. {id}") }), &cx.collection).unwrap();
            (field("id").eq(id), patch)
        };
        let count = cx.records.update_each("companies", [1, 2, 99].map(change).into()).await?;
        assert_eq!(cx.records.update_each("companies", vec![(field("id").eq(1), Patch::default())]).await?, 0);
        Ok(Outcome::success(format!("{count} numbered.")).into())
    });
    let world = World::with_action(number).await;
    let ran = world.submit("companies", "Number", Selection::none(), json!({})).await.unwrap();
    let after: Vec<(String, _)> = ran.job.changes.changes.into_iter().map(|change| (change.id, change.after)).collect();
    insta::assert_json_snapshot!((ran.job.changes.counts, after));
}

#[tokio::test]
async fn a_job_that_ended_changes_nothing_any_more() {
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
    let patch = Patch::from_json(&json!({ "status": "x" }), &cx.collection).unwrap();
    let error = cx.records.update("companies", cx.condition.clone(), patch).await.unwrap_err();
    insta::assert_snapshot!(error, @"The job has ended; its handler can change nothing any more.");
    assert_eq!(cx.records.list("companies", Query::default()).await.unwrap().len(), 4);
    let body = Patch::default();
    let error = cx.records.create("notes", vec![body]).await.unwrap_err();
    insta::assert_snapshot!(error, @"“notes” is read-only.");
}
