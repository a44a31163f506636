use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_form_is_opened_and_an_action_run() {
    let house = House::build().await;
    let form = house.post("/collections/companies/actions/charge/form", json!({ "selection": { "ids": ["1"] } })).await;
    insta::assert_json_snapshot!(form.json());
    let run = json!({ "selection": { "ids": ["1"] }, "values": { "amount": 12 } });
    let answer = house.post("/collections/companies/actions/charge", run).await;
    assert_eq!((answer.header("x-charge"), answer.header("content-type")), ("1", "application/json"));
    insta::assert_json_snapshot!(answer.json(), { ".job.id" => "[id]", ".job.created_at" => "[time]", ".job.finished_at" => "[time]" });
}

#[tokio::test]
async fn wrong_values_name_their_field() {
    let house = House::build().await;
    let run = json!({ "selection": { "ids": ["1"] }, "values": { "amount": "much" } });
    let answer = house.post("/collections/companies/actions/charge", run).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["fields"][0]["field"], "amount");
    for selection in
        [json!({ "ids": ["x"] }), json!({ "all": true, "ids": ["1"] }), json!({ "except": ["1"] }), json!({ "id": 1 })]
    {
        let answer = house.post("/collections/companies/actions/charge", json!({ "selection": selection })).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{:?}", answer.body);
    }
}

#[tokio::test]
async fn an_error_of_the_action_is_an_outcome_and_a_broken_handler_a_problem() {
    let house = House::build().await;
    let run = async |action: &str| house.post(&format!("/collections/companies/actions/{action}"), json!({})).await;
    let complained = run("complain").await;
    assert_eq!((complained.status, complained.json()["outcome"]["kind"].clone()), (StatusCode::OK, json!("error")));
    assert_eq!(complained.json()["job"]["state"], "failed");
    let broken = run("break").await;
    assert_eq!(
        (broken.status, broken.json()["detail"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("It is locked."))
    );
    assert!(broken.json()["job"].as_str().unwrap().starts_with("job_"));
    let exploded = run("explode").await;
    assert_eq!(exploded.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!String::from_utf8_lossy(&exploded.body).contains("boom"));
    assert!(exploded.json()["job"].is_string());
    assert_eq!(run("unknown").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn files_are_the_body_and_name_their_job() {
    let house = House::build().await;
    for (action, content) in [("write", "hello"), ("stream", "one,two")] {
        let request = house.request(Method::POST, &format!("/collections/companies/actions/{action}"));
        let answer = house.send(request.header("idempotency-key", action).body(Body::from("{}")).unwrap()).await;
        assert_eq!(answer.body, content);
        assert_eq!(answer.header("content-type"), "text/plain");
        let disposition = answer.header("content-disposition");
        assert_eq!(disposition, "attachment; filename=\"rapport _.txt\"; filename*=UTF-8''rapport%20%C3%A9.txt");
        let job = answer.header("levers-job").to_owned();
        let file = house.get(&format!("/jobs/{job}/file")).await;
        match action {
            "write" => assert_eq!((file.status, file.body.as_ref()), (StatusCode::OK, b"hello".as_slice())),
            _ => assert_eq!(file.status, StatusCode::NOT_FOUND),
        }
    }
}

#[tokio::test]
async fn everything_is_exported_as_csv() {
    let house = House::build().await;
    let answer = house.post("/collections/companies/actions/export", json!({})).await;
    assert!(answer.header("content-type").starts_with("text/csv"), "{:?}", answer.body);
    assert_eq!(String::from_utf8_lossy(&answer.body).lines().count(), 4);
}

#[tokio::test]
async fn the_same_key_runs_once() {
    let house = House::build().await;
    let send = async |key: &str, amount: i64| {
        let body = json!({ "selection": { "ids": ["1"] }, "values": { "amount": amount } });
        let request =
            house.request(Method::POST, "/collections/companies/actions/charge").header("idempotency-key", key);
        house.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    let (first, again) = (send("k", 1).await, send("k", 1).await);
    assert_eq!(first.json(), again.json());
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
    assert_eq!(send("k", 2).await.status, StatusCode::CONFLICT);
    assert_eq!(send(&"k".repeat(300), 1).await.status, StatusCode::BAD_REQUEST);
}
