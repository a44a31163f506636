use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value as Json;

use crate::house::House;

/// Every operation as method and path.
fn operations(document: &Json) -> Vec<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Json)| {
        let methods: Vec<String> = item.as_object().unwrap().keys().cloned().collect();
        methods.into_iter().map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

#[tokio::test]
async fn the_document_is_the_one_that_was_reviewed() {
    let house = House::build().await;
    let answer = house.get("/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    insta::assert_json_snapshot!("openapi", answer.json());
}

#[tokio::test]
async fn every_operation_is_closed_to_nobody() {
    let house = House::build().await;
    let document = house.get("/openapi.json").await.json();
    let operations = operations(&document);
    assert!(operations.len() >= 19, "{}", operations.len());
    let forged = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJlbWFpbCI6ImFAYi5jIiwiZXhwIjo5OTk5OTk5OTk5OX0.";
    for (method, path) in operations {
        let path = path.replace(['{', '}'], "");
        for authorization in [None, Some("Bearer "), Some("Basic YTpi"), Some(forged)] {
            let mut request = Request::builder().method(method.as_str()).uri(&path);
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            let answer = house.send(request.body(Body::from("no JSON")).unwrap()).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"levers\"");
            assert_eq!(answer.json()["code"], "unauthenticated");
        }
    }
}

#[tokio::test]
async fn every_operation_says_its_errors_and_every_reference_leads_somewhere() {
    let document = serde_json::to_value(levers_wire_rest::openapi()).unwrap();
    for (method, path) in operations(&document) {
        let operation = &document["paths"][&path][method.to_lowercase()];
        for status in ["400", "401", "403", "413", "422", "503"] {
            assert!(operation["responses"][status].is_object(), "{method} {path} says nothing of {status}");
        }
        assert!(operation["summary"].is_string() && operation["operationId"].is_string(), "{method} {path}");
    }
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document["components"]["schemas"][reference].is_object(), "{reference} leads nowhere");
    }
}

#[tokio::test]
async fn the_page_comes_from_this_server_alone() {
    let house = House::build().await;
    assert_eq!(house.get("/docs").await.header("location"), "/api/v1/docs/");
    let page = house.get("/docs/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    for file in ["swagger-ui-bundle.js", "swagger-ui.css", "swagger-initializer.js"] {
        assert_eq!(house.get(&format!("/docs/{file}")).await.status, StatusCode::OK, "{file}");
    }
    assert_eq!(house.get("/docs/nothing.js").await.status, StatusCode::NOT_FOUND);
}
