//! Export: CSV as a stream.

use bytes::Bytes;
use futures::StreamExt as _;
use levers_model::query::field;
use levers_model::{BuiltIn, Error, ErrorKind, Outcome, OutcomeKind, RequestFilter, Result, Scope, Selection};
use levers_ports::{FileBody, Reply};
use serde_json::{Value as Json, json};

use crate::world::{World, action, events, filtered, read, with_actions};

async fn export(world: &World, collection: &str, selection: Selection, values: Json) -> String {
    let submitted = world.submit(collection, BuiltIn::Export, selection, values).await.unwrap();
    read(submitted.reply.unwrap().file.unwrap()).await
}

#[tokio::test]
async fn all_columns_in_the_order_of_the_key_by_default() {
    let world = World::new().await;
    insta::assert_snapshot!(export(&world, "companies", Selection::none(), json!({})).await);
}

#[tokio::test]
async fn columns_titles_order_and_filter_can_be_chosen() {
    let world = World::new().await;
    let selection = Selection { filter: filtered(field("company_id").present()), ..Selection::none() };
    let relation = world.schema("customers").relations().find(|(_, r)| r.target == "companies").unwrap().0.to_owned();
    let company = format!("{relation}:name");
    let values =
        json!({ "fields": ["name", company, "name"], "header": ["Who", "=Where", "Who, again"], "sort": ["-id"] });
    insta::assert_snapshot!(export(&world, "customers", selection, values).await);
}

#[tokio::test]
async fn formulas_in_texts_are_neutralised() {
    let world = World::new().await;
    sqlx::query("insert into tags (id, label) values (10, '=1+1'), (11, '-5'), (12, '@x')")
        .execute(&world.pool)
        .await
        .unwrap();
    insta::assert_snapshot!(export(&world, "tags", Selection::none(), json!({ "fields": ["label"] })).await);
}

#[tokio::test]
async fn related_data_is_exported_alone() {
    let world = World::new().await;
    let selection = Selection { parent: Some(world.parent("companies", "1", "tags")), ..Selection::none() };
    assert_eq!(export(&world, "tags", selection, json!({ "fields": ["label"] })).await, "label\nold\nnew\n");
}

#[tokio::test]
async fn a_read_only_collection_is_exported_too() {
    let world = World::new().await;
    assert_eq!(export(&world, "notes", Selection::none(), json!({})).await, "body\n");
}

#[tokio::test]
async fn the_delivery_is_an_event_of_the_job() {
    let world = World::new().await;
    let mut read_whole = world.submit("companies", BuiltIn::Export, Selection::none(), json!({})).await.unwrap();
    let Ok(reply) = &mut read_whole.reply else { panic!() };
    read(reply.file.take().unwrap()).await;
    assert_eq!(events(&world, &read_whole).await, ["job_started", "job_completed", "file_delivered"]);
    let mut dropped = world.submit("companies", BuiltIn::Export, Selection::none(), json!({})).await.unwrap();
    let Ok(reply) = &mut dropped.reply else { panic!() };
    let Some(FileBody::Stream(stream)) = reply.file.take() else { panic!("exports stream") };
    drop(stream);
    assert_eq!(world.engine.drain(std::time::Duration::from_secs(10)).await, 0);
    assert_eq!(events(&world, &dropped).await, ["job_started", "job_completed", "file_broken"]);
}

#[tokio::test]
async fn wrong_wishes_are_refused() {
    let world = World::new().await;
    for values in
        [json!({ "fields": "name" }), json!({ "header": [1] }), json!({ "format": "xlsx" }), json!({ "filename": 1 })]
    {
        let error = world.submit("companies", BuiltIn::Export, Selection::none(), values).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.fields().len(), 1);
    }
    let wrong = json!({ "fields": ["nme"] });
    let submitted = world.submit("companies", BuiltIn::Export, Selection::none(), wrong).await.unwrap();
    assert_eq!(submitted.reply.unwrap_err().kind(), ErrorKind::Invalid);
    let segment = RequestFilter { segment: Some("none".into()), ..RequestFilter::default() };
    assert!(world.submit("companies", BuiltIn::Export, Selection::all(segment), json!({})).await.is_err());
}

#[tokio::test]
async fn a_stream_that_breaks_or_panics_is_an_event_of_the_job() {
    let streaming = |name, broken: fn() -> Result<Bytes>| {
        action(name, Scope::Global, move |_| async move {
            let chunks = futures::stream::iter([|| Ok(Bytes::from("x")), broken]).map(|chunk| chunk());
            let outcome = Outcome::from(OutcomeKind::File { name: "x".into(), mime: "text/plain".into() });
            Ok(Reply { outcome, file: Some(FileBody::Stream(chunks.boxed())) })
        })
    };
    let breaks = streaming("Breaks", || Err(Error::unavailable("The database went away.")));
    let panics = streaming("Panics", || panic!("in a stream"));
    let world = World::with(|builder| builder.customize("companies", with_actions([breaks, panics]))).await;
    for name in ["Breaks", "Panics"] {
        let mut submitted = world.submit("companies", name, Selection::none(), json!({})).await.unwrap();
        let Ok(Reply { file: Some(FileBody::Stream(stream)), .. }) = &mut submitted.reply else { panic!() };
        let chunks: Vec<Result<Bytes>> = stream.collect().await;
        assert!(chunks.len() == 2 && chunks[0].is_ok() && chunks[1].is_err());
        assert_eq!(events(&world, &submitted).await, ["job_started", "job_completed", "file_broken"]);
    }
}
