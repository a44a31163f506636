//! Tokens, CORS, timezone, bodies (checklist rows 1 to 5).

use axum::body::Body;
use axum::http::Request;
use levers_identity::{NewToken, Tokens};
use serde_json::json;

use crate::api::{Answer, Api, SECRET, token};

async fn bare(api: &Api, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    api.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn health_is_open_and_exact() {
    let api = Api::new().await;
    for path in ["/forest", "/forest/"] {
        let answer = bare(&api, "GET", path, &[]).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"error":null,"message":"Agent is running"}"#));
    }
}

#[tokio::test]
async fn nobody_gets_nothing_on_any_route() {
    let api = Api::new().await;
    let mut asked = 0;
    for (path, methods) in levers_wire_forest::route_table() {
        for method in methods {
            let filled = path.replace("{collection}", "orders").replace(['{', '}'], "");
            let answer = bare(&api, method, &filled, &[]).await;
            assert_eq!(
                answer.json(),
                json!({ "errors": [{ "name": "UnauthorizedError", "detail": "Authentication Error", "status": 401 }] }),
                "{method} {path}"
            );
            asked += 1;
        }
    }
    assert!(asked > 15, "{asked}");
    assert_eq!(bare(&api, "GET", "/forest/nope/nope/nope", &[]).await.status, 401);
}

#[tokio::test]
async fn the_cookie_is_accepted_and_wins() {
    let api = Api::new().await;
    let path = "/forest/orders?timezone=UTC";
    let good = token("admin");
    let (cookie, bearer) = (format!("a=1; forest_session_token={good}"), format!("Bearer {good}"));
    let status = async |headers: &[(&str, &str)]| bare(&api, "GET", path, headers).await.status;
    assert_eq!(status(&[("cookie", &cookie)]).await, 200);
    assert_eq!(status(&[("authorization", &bearer)]).await, 200);
    assert_eq!(status(&[("cookie", "forest_session_token=bad"), ("authorization", &bearer)]).await, 401);
    assert_eq!(status(&[("cookie", &cookie), ("authorization", "Bearer bad")]).await, 200);
    let answer = bare(&api, "GET", path, &[("authorization", "Basic YTpi")]).await;
    assert!(answer.refused(401, "UnauthorizedError").starts_with("Bad Authorization header format"));
    let stranger = Tokens::new(b"another secret").mint(&NewToken::new("a@b.c")).unwrap();
    assert_eq!(status(&[("authorization", &format!("Bearer {stranger}"))]).await, 401);
    assert!(Tokens::new(SECRET).verify(&good, levers_model::Door::Forest).is_ok());
}

#[tokio::test]
async fn unknown_urls_and_methods_are_404_in_plain_text() {
    let api = Api::new().await;
    for (method, path) in [
        ("GET", "/forest/nope"),
        ("GET", "/forest/nope.csv"),
        ("GET", "/forest/nope/1"),
        ("GET", "/forest/orders/1/relationships/nope"),
        ("GET", "/forest/orders/1/relationships/client"),
        ("PATCH", "/forest/orders"),
        ("POST", "/forest/orders/1"),
        ("POST", "/forest/stats/orders"),
        ("POST", "/forest/_internal/native_query"),
        ("POST", "/forest/_charts/x"),
        ("GET", "/forest/a/b/c/d/e"),
        ("GET", "/forest/orders/%ff"),
    ] {
        let answer = api.ask(method, path, None).await;
        assert_eq!((answer.status, answer.text().as_str()), (404, "Not Found"), "{method} {path}");
        assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    }
}

#[tokio::test]
async fn preflights_and_answers_carry_cors() {
    let api = Api::new().await;
    let origin = "https://app.forestadmin.com";
    let preflight = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type"),
        ("access-control-request-private-network", "true"),
    ];
    let answer = bare(&api, "OPTIONS", "/forest/orders", &preflight).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(answer.header("access-control-max-age"), Some("86400"));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET,HEAD,PUT,POST,DELETE,PATCH"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,content-type"));
    assert_eq!(answer.header("access-control-allow-private-network"), Some("true"));
    let answer = bare(&api, "OPTIONS", "/forest/orders", &preflight[..2]).await;
    assert_eq!(answer.header("access-control-allow-private-network"), None);
    // Without the method it is no preflight, and wants a token.
    assert_eq!(bare(&api, "OPTIONS", "/forest/orders", &[("origin", origin)]).await.status, 401);
    let refused = bare(&api, "GET", "/forest/orders", &[("origin", origin)]).await;
    assert_eq!(refused.header("access-control-allow-origin"), Some(origin));
    assert_eq!(refused.header("vary"), Some("Origin"));
    assert_eq!(refused.header("access-control-expose-headers"), Some("x-forest-correlation-id"));
}

#[tokio::test]
async fn the_timezone_is_wanted_where_it_counts() {
    let api = Api::new().await;
    let bearer = format!("Bearer {}", token("admin"));
    let detail =
        async |path: &str| bare(&api, "GET", path, &[("authorization", &bearer)]).await.refused(400, "ValidationError");
    assert_eq!(detail("/forest/orders").await, "Missing timezone");
    assert_eq!(detail("/forest/orders?timezone=").await, "Missing timezone");
    assert_eq!(detail("/forest/orders?timezone=Nope/X").await, "Invalid timezone: \"Nope/X\"");
    let capabilities = bare(&api, "POST", "/forest/_internal/capabilities", &[("authorization", &bearer)]).await;
    assert_eq!(capabilities.ok()["collections"], json!([]));
}

#[tokio::test]
async fn answers_to_a_caller_are_correlated() {
    let api = Api::new().await;
    let first = api.get("/forest/orders").await;
    let second = api.get("/forest/orders/x").await;
    let id = |answer: &Answer| answer.header("x-forest-correlation-id").unwrap().to_owned();
    assert_eq!(id(&first).len(), 36);
    assert_ne!(id(&first), id(&second));
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused_in_plain_text() {
    let api = Api::new().await;
    let bearer = format!("Bearer {}", token("admin"));
    let send = async |method: &str, content_type: &str, body: Vec<u8>| {
        let request = Request::builder()
            .method(method)
            .uri("/forest/orders?timezone=UTC")
            .header("authorization", &bearer)
            .header("content-type", content_type)
            .body(Body::from(body))
            .unwrap();
        let answer = api.send(request).await;
        assert!(answer.header("content-type").unwrap().starts_with("text/plain"), "{}", answer.text());
        (answer.status, answer.text())
    };
    let bad = || (400, "Bad Request".to_owned());
    assert_eq!(send("POST", "application/json", b"{\"data\":".to_vec()).await, bad());
    assert_eq!(send("DELETE", "application/json", b"{".to_vec()).await, bad());
    assert_eq!(send("POST", "application/json", vec![b'"', 0xff, b'"']).await, bad());
    assert_eq!(send("POST", "application/json", "[".repeat(100_000).into_bytes()).await, bad());
    assert_eq!(send("POST", "text/plain", b"{}".to_vec()).await.0, 415);
    assert_eq!(send("POST", "application/json", vec![b' '; 1_000_001]).await.0, 413);
    assert_eq!(send("POST", "application/json", vec![b' '; 3_000_000]).await.0, 413);
}

#[tokio::test]
async fn scopes_have_no_cache() {
    let api = Api::new().await;
    let ask = async |body| api.ask("POST", "/forest/scope-cache-invalidation", Some(body)).await;
    assert_eq!(ask(json!({ "renderingId": 12 })).await.status, 204);
    assert_eq!(ask(json!({ "renderingId": "x" })).await.refused(400, "ValidationError"), "Malformed body");
}
