use axum::http::StatusCode;
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn jobs_are_listed_read_and_told() {
    let house = House::build().await;
    let charge = json!({ "selection": { "ids": ["1"] }, "values": { "amount": 12 } });
    house.post("/collections/companies/actions/charge", charge).await;
    house
        .post(
            "/collections/companies/actions/update",
            json!({ "selection": { "ids": ["2"] }, "values": { "status": "live" } }),
        )
        .await;
    let list = house.get("/jobs").await.json();
    let ids: Vec<&str> = list["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    let next = house.get(&format!("/jobs?before={}&page_size=1", ids[0])).await.json();
    assert_eq!(next["jobs"][0]["id"], ids[1]);
    assert_eq!(house.get("/jobs?state=failed").await.json(), json!({ "jobs": [] }));
    assert_eq!(
        house.get("/jobs?action=charge&collection=companies&caller=ada@example.org").await.json()["jobs"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let times = [".id", ".created_at", ".finished_at"];
    assert!(times.iter().all(|key| house_has(&list["jobs"][0], key)));
    let job = house.get(&format!("/jobs/{}", ids[0])).await.json();
    insta::assert_json_snapshot!(job, { ".id" => "[id]", ".created_at" => "[time]", ".finished_at" => "[time]" });
    let events = house.get(&format!("/jobs/{}/events", ids[0])).await.json();
    insta::assert_json_snapshot!(events, { ".events[].id" => "[id]", ".events[].at" => "[time]", ".events[].data" => "[data]" });
    assert_eq!(house.get("/jobs/7").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(house.get("/jobs/job_00000000000000000000000000000007").await.status, StatusCode::NOT_FOUND);
}

fn house_has(job: &serde_json::Value, key: &str) -> bool {
    job.get(key.trim_start_matches('.')).is_some_and(serde_json::Value::is_string)
}
