//! Forms that a backend computes.

#![expect(clippy::needless_pass_by_value, reason = "a `json!` reads best in its place")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use levers_handler_http::{HookBody, Hooks, HttpAction, OutboundConfig};
use levers_model::{Error, Result, Selection};
use levers_ports::{Computed, ElementDeclaration, FieldDeclaration, FormContext, FormDeclaration, TypeDeclaration};
use serde_json::{Value as Json, json};

use crate::backend::{Backend, Step, answer, json as json_answer};
use crate::world::{action, config, form_context, handler};

async fn form(
    backend: &Backend,
    action: HttpAction,
    declared: Vec<ElementDeclaration>,
    cx: &FormContext,
) -> Result<Vec<ElementDeclaration>> {
    match handler(config(backend.base()), action).form(declared) {
        FormDeclaration::Dynamic(compute) => compute(cx.clone()).await,
        FormDeclaration::Elements(elements) => Ok(elements),
    }
}

fn loading() -> HttpAction {
    HttpAction { hooks: Hooks { load: true, change: BTreeMap::new() }, ..action() }
}

fn fields(fields: Json) -> Vec<Step> {
    vec![Step::Send(json_answer("200 OK", &json!({ "fields": fields, "layout": [] })))]
}

fn addresses(city: Json, zip: Json, zips: Json) -> Json {
    json!([
        { "field": "country", "type": "Enum", "enums": ["FR"], "isReadOnly": true, "value": "FR" },
        { "field": "city", "type": "Enum", "enums": ["Lyon", "Paris"], "isRequired": true, "hook": "onCity", "value": city },
        { "field": "zip", "type": "Enum", "enums": zips, "hook": "onZip", "value": zip },
        { "field": "note", "type": "String", "value": null },
    ])
}

fn found<'a>(elements: &'a [ElementDeclaration], id: &str) -> &'a FieldDeclaration {
    elements
        .iter()
        .find_map(|element| match element {
            ElementDeclaration::Field(field) if field.id == id => Some(&**field),
            _ => None,
        })
        .unwrap()
}

fn constant(computed: Option<&Computed<Json>>) -> Option<Json> {
    computed.map(|computed| match computed {
        Computed::Constant(value) => value.clone(),
        Computed::Dynamic(_) => panic!("computed"),
    })
}

fn said(error: &Error, backend: &Backend) -> String {
    error.message().replace(&backend.address.to_string(), "[backend]")
}

#[tokio::test]
async fn without_hooks_the_form_is_the_declared_one() {
    let backend = Backend::saying("").await;
    let declared = vec![ElementDeclaration::Field(Box::new(FieldDeclaration::new("a", TypeDeclaration::String)))];
    let form = form(&backend, action(), declared, &form_context(json!({}), None)).await.unwrap();
    assert_eq!(found(&form, "a").id, "a");
    assert!(backend.heard().is_empty());
}

#[tokio::test]
async fn the_form_opens_as_the_backend_says() {
    let backend = Backend::start(vec![fields(addresses(json!(null), json!(null), json!([])))]).await;
    let cx = form_context(json!({}), None);
    let form = form(&backend, loading(), Vec::new(), &cx).await.unwrap();
    assert_eq!(constant(found(&form, "country").value.as_ref()), Some(json!("FR")));
    assert!(matches!(found(&form, "city").required, Computed::Constant(true)));
    let heard = backend.only();
    assert_eq!(heard.line, "POST /forest/actions/mark-as-live/hooks/load?timezone=Europe%2FParis HTTP/1.1");
    insta::assert_json_snapshot!(heard.json());
    let watched = cx.values.watched();
    assert!(watched.contains("city") && watched.contains("zip"));
}

#[tokio::test]
async fn a_change_goes_to_its_hook_and_what_it_sets_stands() {
    let backend = Backend::start(vec![
        fields(addresses(json!(null), json!(null), json!([]))),
        fields(addresses(json!("Lyon"), json!("69001"), json!(["69001"]))),
    ])
    .await;
    let cx = form_context(json!({ "city": "Lyon", "zip": "75001", "note": null }), Some("city"));
    let form = form(&backend, loading(), Vec::new(), &cx).await.unwrap();
    // The zip that was typed was replayed first, then the city; the hook's zip stands over the typed one.
    assert_eq!(constant(found(&form, "zip").value.as_ref()), Some(json!("69001")));
    assert_eq!(found(&form, "city").value.as_ref().map(|_| ()), None);
    let heard = backend.heard();
    let changed: Vec<Json> =
        heard[1..].iter().map(|heard| heard.json()["data"]["attributes"]["changed_field"].clone()).collect();
    assert_eq!(changed, ["zip", "city"]);
    assert_eq!(cx.values.watched().into_iter().collect::<Vec<_>>(), ["city", "zip"]);
    insta::assert_json_snapshot!(heard[2].json());
}

#[tokio::test]
async fn a_field_that_was_emptied_is_sent_as_null() {
    let filled = json!([{ "field": "a", "type": "String", "hook": "h", "value": "x" }, { "field": "b", "type": "String", "value": "y" }]);
    let backend = Backend::start(vec![fields(filled)]).await;
    let cx = form_context(json!({ "a": null, "b": null }), Some("a"));
    form(&backend, loading(), Vec::new(), &cx).await.unwrap();
    let sent = backend.heard()[1].json()["data"]["attributes"]["fields"].clone();
    for index in [0, 1] {
        assert_eq!(sent[index]["value"], Json::Null);
        assert_ne!(sent[index]["previousValue"], Json::Null);
    }
}

#[tokio::test]
async fn a_submit_is_checked_against_the_form_that_was_seen() {
    let backend = Backend::start(vec![
        fields(addresses(json!(null), json!(null), json!([]))),
        fields(addresses(json!("Lyon"), json!("69001"), json!(["69001", "69002"]))),
    ])
    .await;
    let cx = form_context(json!({ "country": "FR", "city": "Lyon", "zip": "69002" }), None);
    let form = form(&backend, loading(), Vec::new(), &cx).await.unwrap();
    // The operator chose another zip than the hook had: nothing may stand over it.
    assert!(found(&form, "zip").value.is_none());
    assert!(
        matches!(&found(&form, "zip").field_type, TypeDeclaration::Enum(Computed::Constant(zips)) if zips.len() == 2)
    );
    assert_eq!(constant(found(&form, "country").value.as_ref()), Some(json!("FR")));
}

#[tokio::test]
async fn a_form_about_one_record_is_not_asked_for_without_it() {
    let backend = Backend::start(Vec::new()).await;
    let cx = FormContext { selection: Arc::new(Selection::none()), ..form_context(json!({}), None) };
    let error = form(&backend, loading(), Vec::new(), &cx).await.unwrap_err();
    assert_eq!(error.message(), "The form of “Mark as Live” is about one record. Select one.");
    assert!(backend.heard().is_empty());
}

#[tokio::test]
async fn a_declared_form_has_its_changes_computed() {
    let mut amount = FieldDeclaration::new("amount", TypeDeclaration::Number);
    amount.default = Some(json!(5).into());
    amount.secret = true;
    let declared = vec![
        ElementDeclaration::Row {
            fields: vec![amount, FieldDeclaration::new("size", TypeDeclaration::Enum(vec!["s".to_owned()].into()))],
            condition: None,
        },
        ElementDeclaration::Html { content: "<p>Hi</p>".to_owned().into(), condition: None },
    ];
    let action = HttpAction {
        hooks: Hooks { load: false, change: [("amount".into(), "onAmountChange".into())].into() },
        ..action()
    };
    let backend = Backend::start(vec![fields(json!([
        { "field": "amount", "type": "Number", "value": 7, "hook": "amount" },
        { "field": "size", "type": "Enum", "enums": ["s", "l"], "value": "l" },
        { "field": "more", "type": ["String"] },
    ]))])
    .await;
    // As long as nothing was changed, nobody is asked.
    let open = form_context(json!({ "amount": 5 }), None);
    assert_eq!(form(&backend, action.clone(), declared.clone(), &open).await.unwrap().len(), 2);
    assert!(backend.heard().is_empty() && open.values.watched().contains("amount"));
    let changed = form_context(json!({ "amount": 7 }), Some("amount"));
    let form = form(&backend, action, declared, &changed).await.unwrap();
    insta::assert_debug_snapshot!(form);
    insta::assert_json_snapshot!("declared_fields", backend.only().json()["data"]["attributes"]["fields"]);
}

#[tokio::test]
async fn djangos_bodies_are_flat() {
    let backend =
        Backend::start(vec![fields(json!([{ "field": "city", "type": "String", "hook": "cityChange" }]))]).await;
    let action = HttpAction { hook_body: HookBody::Django, ..loading() };
    form(&backend, action, Vec::new(), &form_context(json!({ "city": "Lyon" }), Some("city"))).await.unwrap();
    let bodies: Vec<Json> = backend.heard().iter().map(crate::backend::Heard::json).collect();
    insta::assert_json_snapshot!(bodies);
}

#[tokio::test]
async fn every_legacy_field_and_layout_is_read() {
    let answer = json!({
        "fields": [
            { "field": "text", "type": "String", "widgetEdit": { "name": "text area editor", "parameters": { "rows": 3 } } },
            { "field": "untyped", "defaultValue": "x", "description": "Said" },
            { "field": "number", "type": "Number", "widgetEdit": { "name": "price editor", "parameters": { "currency": "EUR", "min": 1 } } },
            { "field": "date", "type": "Date", "widget": "date picker" },
            { "field": "day", "type": "Dateonly" },
            { "field": "flag", "type": "Boolean", "value": false },
            { "field": "file", "type": "File", "widgetEdit": { "name": "file picker", "parameters": { "filesExtensions": [".pdf"], "filesCountLimit": 2 } } },
            { "field": "choice", "type": "Enum", "enums": ["a", 1, null] },
            { "field": "json", "type": "Json" },
            { "field": "texts", "type": ["String"], "widgetEdit": { "name": "checkboxes", "parameters": { "static": { "options": [{ "label": "A", "value": "a" }, "b"] } } } },
            { "field": "numbers", "type": ["Number"] },
            { "field": "files", "type": ["File"] },
            { "field": "choices", "type": ["Enum"], "enums": ["a"] },
            { "field": "flags", "type": ["boolean"] },
            { "field": "company", "type": "String", "reference": "companies.id" },
            { "field": "stranger", "type": "Number", "reference": "strangers.id" },
            { "field": "misfit", "type": "Boolean", "widgetEdit": { "name": "text editor", "parameters": {} } },
        ],
        "layout": [
            { "component": "page", "type": "Layout", "nextButtonLabel": "On", "elements": [
                { "component": "input", "fieldId": "text" },
                { "component": "row", "fields": [{ "component": "input", "fieldId": "number" }, { "component": "input", "fieldId": "gone" }] },
                { "component": "separator" },
                { "component": "htmlBlock", "content": "<p>Hi</p>" },
                { "component": "surprise" },
            ] },
            { "component": "page", "elements": [{ "component": "input", "fieldId": "text" }] },
        ],
    });
    let backend = Backend::saying(json_answer("200 OK", &answer)).await;
    let form = form(&backend, loading(), Vec::new(), &form_context(json!({}), None)).await.unwrap();
    insta::assert_debug_snapshot!(form);
}

#[tokio::test]
async fn layout_among_the_fields_is_read() {
    let answer = json!([
        { "type": "Layout", "component": "Row", "fields": [{ "field": "a", "type": "String" }, { "field": "b", "type": "String" }] },
        { "type": "Layout", "component": "Separator" },
        { "field": "c", "type": "String" },
    ]);
    let backend = Backend::start(vec![fields(answer)]).await;
    let form = form(&backend, loading(), Vec::new(), &form_context(json!({}), None)).await.unwrap();
    assert!(matches!(&form[0], ElementDeclaration::Row { fields, .. } if fields.len() == 2));
    assert!(matches!(form[1], ElementDeclaration::Separator { .. }));
    assert_eq!(found(&form, "c").id, "c");
}

#[tokio::test]
async fn a_hook_that_broke_is_asked_once_more() {
    let good = fields(json!([{ "field": "a", "type": "String" }]));
    for broken in [Vec::new(), answer("503 Unavailable", &[], b"")] {
        let backend = Backend::start(vec![vec![Step::Send(broken)], good.clone()]).await;
        assert!(form(&backend, loading(), Vec::new(), &form_context(json!({}), None)).await.is_ok());
        assert_eq!(backend.heard().len(), 2);
    }
}

#[tokio::test]
async fn hooks_that_fail_say_why_the_form_is_not_shown() {
    let mut sentences = Vec::new();
    for bytes in [
        json_answer("500 Oops", &json!({ "message": "hunter2 is not a function" })),
        json_answer("200 OK", &json!({ "fields": "hunter2" })),
        json_answer("200 OK", &json!({ "fields": [{ "field": "a", "type": "Hunter2" }] })),
        answer("200 OK", &["content-type: text/html"], b"<html>"),
        answer("404 Not Found", &[], b""),
    ] {
        let backend = Backend::saying(bytes).await;
        let error = form(&backend, loading(), Vec::new(), &form_context(json!({}), None)).await.unwrap_err();
        sentences.push(said(&error, &backend));
    }
    assert!(!sentences.concat().contains("hunter2"));
    insta::assert_json_snapshot!(sentences);
}

#[tokio::test]
async fn a_form_of_endless_hooks_is_refused() {
    let many: Vec<Json> = (0..30).map(|n| json!({ "field": format!("f{n}"), "type": "String", "hook": "h" })).collect();
    let values: serde_json::Map<String, Json> = (0..30).map(|n| (format!("f{n}"), json!("x"))).collect();
    let backend = Backend::start(vec![fields(json!(many))]).await;
    let error = form(&backend, loading(), Vec::new(), &form_context(Json::Object(values), None)).await.unwrap_err();
    insta::assert_snapshot!(said(&error, &backend));
    assert_eq!(backend.heard().len(), 21);
}

#[tokio::test]
async fn a_form_of_slow_hooks_is_given_up_as_a_whole() {
    let many: Vec<Json> = (0..20).map(|n| json!({ "field": format!("f{n}"), "type": "String", "hook": "h" })).collect();
    let values: serde_json::Map<String, Json> = (0..20).map(|n| (format!("f{n}"), json!("x"))).collect();
    let mut slow = vec![Step::Work(Duration::from_millis(300))];
    slow.extend(fields(json!(many)));
    let backend = Backend::start(vec![slow]).await;
    let second = Duration::from_secs(1);
    // No single call takes that long.
    let config = OutboundConfig { timeout: second, total: second, ..config(backend.base()) };
    let FormDeclaration::Dynamic(compute) = handler(config, loading()).form(Vec::new()) else { panic!("no hooks") };
    let error = compute(form_context(Json::Object(values), None)).await.err().unwrap();
    insta::assert_snapshot!(said(&error, &backend), @"The form of “Mark as Live” cannot be shown. The answer of the backend at [backend] was not complete after 1 second.");
    assert!(backend.heard().len() < 10);
}
