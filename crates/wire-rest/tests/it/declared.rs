//! What an author declares, as clients of the API get to see it.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use levers_model::{Action, ActionKind, Mode, Outcome, OutcomeKind, Scope};
use levers_ports::{
    ActionDeclaration, CollectionDeclaration, Computed, ElementDeclaration, FieldDeclaration, FileBody, RecordTitle,
    Reply, TypeDeclaration,
};
use serde_json::json;

use crate::house::{House, declare};

fn declaring(actions: Vec<ActionDeclaration>) -> CollectionDeclaration {
    CollectionDeclaration { actions, ..CollectionDeclaration::default() }
}

#[tokio::test]
async fn labels_titles_and_what_is_hidden() {
    let title = RecordTitle {
        template: "{{ record.name }} ({{ record.status }})".into(),
        fields: vec!["name".into(), "status".into()],
        render: Arc::new(|record| {
            format!("{} ({})", record.get("name").unwrap().to_text(), record.get("status").unwrap().to_text())
        }),
    };
    let declaration = CollectionDeclaration {
        label: Some("Our companies".into()),
        title: Some(title),
        hidden: vec!["score".into()],
        read_only: vec!["founded".into()],
        ..CollectionDeclaration::default()
    };
    let house = House::declaring("companies", declaration).await;
    let schema = house.get("/collections/companies").await.json();
    assert_eq!(schema["label"], "Our companies");
    assert_eq!(schema["title"], "{{ record.name }} ({{ record.status }})");
    let columns: Vec<_> =
        schema["columns"].as_array().unwrap().iter().map(|column| (&column["name"], &column["read_only"])).collect();
    insta::assert_json_snapshot!(columns);
    insta::assert_json_snapshot!(house.get("/collections/companies/records?sort=id&fields=name").await.json());
    assert_eq!(house.get("/collections/companies/records/1?fields=name").await.json()["title"], "Acme (live)");
    let related = house.get("/collections/customers/records?fields=company:name&page_size=1").await.json();
    assert!(related["records"][0].get("title").is_none());
    let created = house.post("/collections/companies/records", json!({ "values": { "name": "New" } })).await;
    assert_eq!(created.json()["record"]["title"], "New (draft)");
    let path = created.header("location").strip_prefix("/api/v1").unwrap().to_owned();
    for (field, value) in [("score", json!(1)), ("founded", json!("2020-01-31"))] {
        let refused = house.call(Method::PATCH, &path, json!({ "values": { field: value } })).await;
        assert_eq!(
            (refused.status, refused.json()["fields"][0]["field"].clone()),
            (StatusCode::BAD_REQUEST, json!(field))
        );
    }
    for path in [
        "/collections/companies/records?fields=score",
        "/collections/companies/records?sort=score",
        "/collections/companies/records?filter=%7B%22field%22%3A%22score%22%2C%22operator%22%3A%22present%22%7D",
        "/collections/customers/records?fields=company:score",
    ] {
        assert_eq!(house.get(path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    let openly = house.get("/collections/companies/records").await;
    assert!(!String::from_utf8_lossy(&openly.body).contains("score"));
    let job = created.json()["job"]["id"].as_str().unwrap().to_owned();
    let changes = house.get(&format!("/jobs/{job}")).await.json()["changes"].take();
    assert!(changes[0]["after"].get("name").is_some() && changes[0]["after"].get("score").is_none());
}

#[tokio::test]
async fn wrong_values_and_what_has_to_be_agreed_to() {
    let amount = FieldDeclaration {
        validations: vec![Arc::new(|cx| {
            Box::pin(async move {
                let amount = cx.values.get("amount").and_then(serde_json::Value::as_f64);
                Ok((amount <= Some(0.0)).then(|| "The amount must be above zero.".to_owned()))
            })
        })],
        ..FieldDeclaration::new("amount", TypeDeclaration::Number)
    };
    let form = vec![ElementDeclaration::Field(Box::new(amount))];
    let mut refund = declare("Refund", Scope::Single, form, |_| async { Ok(Outcome::done().into()) });
    let action = Action { kind: ActionKind::Danger, ..(*refund.action).clone() };
    refund.action = Arc::new(action);
    refund.confirmation = Some(Computed::Dynamic(Arc::new(|cx| {
        Box::pin(async move { Ok(format!("Refund {}?", cx.values.get("amount").cloned().unwrap_or_default())) })
    })));
    let house = House::declaring("companies", declaring(vec![refund])).await;
    let run = json!({ "selection": { "ids": ["1"] }, "values": { "amount": -1 } });
    let form = house.post("/collections/companies/actions/refund/form", run.clone()).await.json();
    assert_eq!(
        (form["confirmation"].clone(), form["fields"][0]["watched"].clone()),
        (json!("Refund -1?"), json!(true))
    );
    let refused = house.post("/collections/companies/actions/refund", run).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json()["fields"], json!([{ "field": "amount", "message": "The amount must be above zero." }]));
    let actions = house.get("/collections/companies").await.json()["actions"].take();
    let refund = actions.as_array().unwrap().iter().find(|action| action["id"] == "refund").unwrap();
    assert_eq!((refund["type"].clone(), refund["mode"].clone()), (json!("danger"), json!("foreground")));
}

#[tokio::test]
async fn what_runs_in_the_background_is_answered_at_its_beginning() {
    let mut report = declare("Report", Scope::Global, vec![], |_| async {
        let outcome = OutcomeKind::File { name: "report.txt".into(), mime: "text/plain".into() };
        let chunks = ["one,", "two"].map(|chunk| Ok(axum::body::Bytes::from(chunk)));
        let file = FileBody::Stream(Box::pin(futures::stream::iter(chunks)));
        Ok(Reply { outcome: outcome.into(), file: Some(file) })
    });
    report.action = Arc::new(Action { mode: Mode::Background, ..(*report.action).clone() });
    let house = House::declaring("companies", declaring(vec![report])).await;
    let send = async || {
        let request = house.request(Method::POST, "/collections/companies/actions/report");
        house.send(request.header("idempotency-key", "k").body("{}".into()).unwrap()).await
    };
    let begun = send().await;
    assert_eq!(begun.status, StatusCode::ACCEPTED);
    let answer = begun.json();
    assert_eq!(begun.header("location"), format!("/api/v1/jobs/{}", answer["job"]["id"].as_str().unwrap()));
    insta::assert_json_snapshot!(answer, { ".job.id" => "[id]", ".job.created_at" => "[time]", ".outcome.message" => "[message]" });
    assert_eq!(house.engine.drain(Duration::from_secs(10)).await, 0);
    let path = begun.header("location").strip_prefix("/api/v1").unwrap().to_owned();
    let job = house.get(&path).await.json();
    assert_eq!((job["state"].clone(), job["mode"].clone()), (json!("complete"), json!("background")));
    let file = house.get(&format!("{path}/file")).await;
    assert_eq!((file.status, file.body.as_ref()), (StatusCode::OK, b"one,two".as_slice()));
    let again = send().await;
    assert_eq!((again.status, again.body.as_ref()), (StatusCode::OK, b"one,two".as_slice()));
    assert_eq!(again.header("idempotent-replayed"), "true");
}
