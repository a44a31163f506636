//! What a backend hears.

use std::fmt::Write as _;
use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use levers_handler_http::{HttpAction, HttpHandler, Outbound, SecretText, Signing};
use levers_model::query::field;
use levers_model::selection::Search;
use levers_model::{Approval, ParentRecord, RequestFilter, Selection, Targets, Values};
use levers_ports::{ActionContext, Handler as _};
use serde_json::{Value as Json, json};

use crate::backend::{Backend, Heard, answer};
use crate::world::{AUTH, Companies, ENV, action, config, context, handler, id};

/// A request as text, its headers sorted, without what differs from run to run.
fn written(heard: &Heard, backend: &Backend) -> String {
    let mut text = format!("{}\n", heard.line);
    for (name, value) in &heard.headers {
        let value = value.replace(&backend.address.to_string(), "[backend]");
        let value = if name == "authorization" { "Bearer [token]" } else { &value };
        writeln!(text, "{name}: {value}").unwrap();
    }
    let mut body = heard.json();
    let approval = &mut body["data"]["attributes"]["signed_approval_request"];
    if approval.is_string() {
        *approval = json!("[approval]");
    }
    write!(text, "\n{}", serde_json::to_string_pretty(&body).unwrap()).unwrap();
    text
}

async fn asked(action: HttpAction, cx: ActionContext) -> (Heard, Backend) {
    let backend = Backend::saying(answer("204 No Content", &[], b"")).await;
    handler(config(backend.base()), action).execute(cx).await.unwrap();
    (backend.only(), backend)
}

async fn attributes(action: HttpAction, cx: ActionContext) -> Json {
    asked(action, cx).await.0.json()["data"]["attributes"].clone()
}

fn claims(token: &str, secret: &str) -> Json {
    let key = DecodingKey::from_secret(secret.as_bytes());
    decode::<Json>(token, &key, &Validation::new(Algorithm::HS256)).unwrap().claims
}

#[tokio::test]
async fn an_execution_is_the_protocols_request() {
    let values = json!({ "amount": 12.5, "reason": "é" });
    let cx = ActionContext {
        values: Arc::new(serde_json::from_value::<Values>(values).unwrap()),
        ..context(Selection::ids(vec![id(2), id(1)]))
    };
    let action = HttpAction {
        headers: vec![("x-tenant".into(), "acme".into())],
        fields: vec!["amount".into(), "note".into()],
        backend_collection: "Company".into(),
        ..action()
    };
    let (heard, backend) = asked(action, cx).await;
    insta::assert_snapshot!(written(&heard, &backend));
}

#[tokio::test]
async fn the_token_names_the_caller_in_every_spelling() {
    let (heard, _) = asked(action(), context(Selection::none())).await;
    let token = heard.headers["authorization"].strip_prefix("Bearer ").unwrap();
    let mut claims = claims(token, AUTH);
    let (issued, expires) = (claims["iat"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
    assert_eq!(expires - issued, 600);
    claims["iat"] = Json::Null;
    claims["exp"] = Json::Null;
    insta::assert_json_snapshot!(claims);
}

#[tokio::test]
async fn all_but_some_goes_out_as_the_lists_filter() {
    let filter =
        RequestFilter { condition: Some(field("name").eq("A").or(field("id").gt(3))), ..RequestFilter::default() };
    let selection = Selection { filter, targets: Targets::AllExcept(vec![id(4)]), parent: None };
    let (heard, backend) = asked(action(), context(selection)).await;
    insta::assert_snapshot!(written(&heard, &backend));
}

#[tokio::test]
async fn what_a_backend_may_read_otherwise_goes_out_as_ids() {
    let all = |filter| context(Selection::all(filter));
    let segment = RequestFilter { segment: Some("Live".into()), ..RequestFilter::default() };
    let search = Some(Search { text: "ad".into(), extended: true });
    let searched = RequestFilter { search, ..RequestFilter::default() };
    let negated = RequestFilter { condition: Some(field("name").eq("A").negate()), ..RequestFilter::default() };
    let wanted = HttpAction { resolve_ids: true, ..action() };
    let parent = Some(ParentRecord { collection: "clients".into(), id: id(7), relation: "companies".into() });
    let related = context(Selection { parent, ..Selection::all(RequestFilter::default()) });
    for (action, cx) in [
        (action(), all(segment)),
        (action(), all(searched)),
        (action(), all(negated)),
        (action(), related),
        (wanted, all(RequestFilter::default())),
    ] {
        let attributes = attributes(action, cx).await;
        assert_eq!(attributes["ids"], json!(["1", "2", "3"]));
        assert_eq!(attributes["all_records"], json!(false));
    }
    let plain = attributes(action(), all(RequestFilter::default())).await;
    assert_eq!((&plain["ids"], &plain["all_records"]), (&json!([]), &json!(true)));
}

#[tokio::test]
async fn too_many_records_are_not_sent_by_their_ids() {
    let backend = Backend::saying(answer("204 No Content", &[], b"")).await;
    let handler = handler(config(backend.base()), HttpAction { resolve_ids: true, ..action() });
    let cx = context(Selection::all(RequestFilter::default()));
    let error = handler.execute(ActionContext { records: Arc::new(Companies(10_001)), ..cx }).await.unwrap_err();
    insta::assert_snapshot!(error);
    assert!(backend.heard().is_empty());
}

#[tokio::test]
async fn records_that_are_not_selected_any_more_are_left_out() {
    let some = attributes(action(), context(Selection::ids(vec![id(9), id(3), id(1)]))).await;
    assert_eq!(some["ids"], json!(["3", "1"]));
    let backend = Backend::saying(answer("204 No Content", &[], b"")).await;
    let cx = context(Selection::ids(vec![id(9)]));
    let error = handler(config(backend.base()), action()).execute(cx).await.unwrap_err();
    insta::assert_snapshot!(error);
    assert!(backend.heard().is_empty());
}

#[test]
fn a_handler_shows_none_of_its_secrets() {
    let action = HttpAction {
        endpoint: "/actions/x?key=hunter2".into(),
        headers: vec![("x-key".into(), "hunter2".into())],
        ..action()
    };
    let text = format!("{:?}", handler(config("https://backend.example.org"), action));
    assert!(text.contains("x-key") && text.contains("backend.example.org"), "{text}");
    assert!(!["hunter2", AUTH, ENV].iter().any(|secret| text.contains(secret)), "{text}");
}

#[tokio::test]
async fn methods_are_those_of_the_action() {
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let (heard, _) = asked(HttpAction { method: method.into(), ..action() }, context(Selection::none())).await;
        assert_eq!(heard.line, format!("{method} /forest/actions/mark-as-live?timezone=Europe%2FParis HTTP/1.1"));
        assert_eq!(heard.json()["data"]["type"], "custom-action-requests");
    }
}

#[tokio::test]
async fn the_submits_key_goes_before_the_jobs_id() {
    let cx = ActionContext { idempotency_key: Some("clé 1".into()), ..context(Selection::none()) };
    let (heard, _) = asked(action(), cx).await;
    assert_eq!(heard.headers["idempotency-key"], "cl%C3%A9 1");
}

#[tokio::test]
async fn an_approval_is_the_whole_request_with_its_requester() {
    let approved = || ActionContext {
        approval: Some(Approval { requester_id: "12".into() }),
        ..context(Selection::ids(vec![id(1)]))
    };
    let (heard, _) = asked(action(), approved()).await;
    let body = heard.json();
    let token = body["data"]["attributes"]["signed_approval_request"].as_str().unwrap();
    let mut payload = claims(token, ENV);
    assert!(payload["exp"].as_u64() > payload["iat"].as_u64());
    assert_eq!(payload["data"]["attributes"]["requester_id"], json!(12));
    payload["data"]["attributes"].as_object_mut().unwrap().shift_remove("requester_id");
    let mut plain = body.clone();
    plain["data"]["attributes"].as_object_mut().unwrap().shift_remove("signed_approval_request");
    assert_eq!(payload["data"], plain["data"]);
    // Without the environment's secret there is nothing to sign with.
    let backend = Backend::saying(answer("204 No Content", &[], b"")).await;
    let outbound = Outbound::new(config(backend.base())).unwrap();
    let signing = Signing::new(&SecretText::new(AUTH), None);
    HttpHandler::new(outbound, action(), signing).unwrap().execute(approved()).await.unwrap();
    assert_eq!(backend.only().json()["data"]["attributes"]["signed_approval_request"], Json::Null);
}
