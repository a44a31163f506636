//! What an author says of submitted values, and what has to be agreed to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use levers_engine::FormRequest;
use levers_model::{ActionId, Error, ErrorKind, Form, Outcome, Result, Scope};
use levers_ports::{
    ActionDeclaration, Computed, ComputedFn, ElementDeclaration, FieldDeclaration, FormContext, FormDeclaration, Query,
    TypeDeclaration,
};
use serde_json::{Value as Json, json};

use crate::world::{World, action};

fn validation<F: Future<Output = Result<Option<String>>> + Send + 'static>(
    check: impl Fn(FormContext) -> F + Send + Sync + 'static,
) -> ComputedFn<Option<String>> {
    Arc::new(move |cx| Box::pin(check(cx)))
}

fn number(id: &str, validations: Vec<ComputedFn<Option<String>>>) -> FieldDeclaration {
    FieldDeclaration { validations, ..FieldDeclaration::new(id, TypeDeclaration::Number) }
}

fn asking(fields: Vec<FieldDeclaration>) -> ActionDeclaration {
    let done = action("Charge", Scope::Bulk, |_| async { Ok(Outcome::done().into()) });
    let elements = fields.into_iter().map(|field| ElementDeclaration::Field(Box::new(field))).collect();
    ActionDeclaration { form: Arc::new(FormDeclaration::Elements(elements)), ..done }
}

fn above_zero(field: &'static str) -> ComputedFn<Option<String>> {
    validation(move |cx| async move {
        let amount = cx.values.get(field).and_then(Json::as_f64).unwrap_or_default();
        Ok((amount <= 0.0).then(|| format!("The {field} must be above zero.")))
    })
}

async fn charge(world: &World, values: Json) -> Result<()> {
    world.submit("companies", "Charge", world.ids("companies", &["1"]), values).await.map(drop)
}

async fn form(world: &World, values: Json, changed: Option<&str>) -> Result<Form> {
    let request = FormRequest {
        collection: "companies".into(),
        action: ActionId::from_name("Charge"),
        selection: world.ids("companies", &["1", "2"]),
        values: serde_json::from_value(values).unwrap(),
        changed: changed.map(str::to_owned),
        search: None,
    };
    world.engine.form(&world.cx(), request).await
}

#[tokio::test]
async fn every_wrong_field_says_its_sentence_and_others_run() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let count = validation(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Ok(Some("never reached".into())) }
    });
    let more = validation(|cx| async move {
        let value = |field| cx.values.get(field).and_then(Json::as_f64);
        Ok((value("most") < value("least")).then(|| "It must not be less than the least.".to_owned()))
    });
    let world = World::with_action(asking(vec![
        number("least", vec![above_zero("least"), count]),
        number("most", vec![above_zero("most"), more]),
        number("free", vec![above_zero("free")]),
        FieldDeclaration { required: true.into(), ..number("tip", vec![]) },
    ]))
    .await;
    // The form itself says nothing yet.
    form(&world, json!({ "least": -1 }), Some("least")).await.unwrap();
    let error = charge(&world, json!({ "least": -1, "most": -2, "other": 1 })).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let told: Vec<_> = error.fields().iter().map(|field| format!("{}: {}", field.field, field.message)).collect();
    insta::assert_debug_snapshot!(told);
    assert_eq!(asked.load(Ordering::SeqCst), 0, "the first sentence is enough");
    let error = charge(&world, json!({ "most": 1, "least": 2, "tip": 1 })).await.unwrap_err();
    assert_eq!(error.fields()[0].message, "never reached");
    assert_eq!(error.fields()[1].message, "It must not be less than the least.");
    // No value, nothing to check; jobs of refused submits do not exist.
    charge(&world, json!({ "tip": 1 })).await.unwrap();
    assert_eq!(
        world
            .engine
            .jobs(&world.cx(), levers_engine::JobQuery::default(), levers_model::Page { skip: 0, limit: 9 })
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_validation_reads_records_and_what_goes_wrong_there_is_no_judgement() {
    let taken = validation(|cx| async move {
        let found = cx.records.list("companies", Query { condition: cx.condition.clone(), ..Query::default() }).await?;
        Ok(Some(format!("{} is charged already.", found[0].get("name").unwrap().to_text())))
    });
    let breaks = validation(|_| async { Err(Error::unavailable("The bank does not answer.")) });
    let panics = validation(|_| async { panic!("boom") });
    let world = World::with_action(asking(vec![
        number("taken", vec![taken]),
        number("breaks", vec![breaks]),
        number("panics", vec![panics]),
    ]))
    .await;
    let error = charge(&world, json!({ "taken": 1 })).await.unwrap_err();
    assert_eq!(error.fields()[0].message, "Ada is charged already.");
    assert_eq!(charge(&world, json!({ "breaks": 1 })).await.unwrap_err().kind(), ErrorKind::Unavailable);
    let error = charge(&world, json!({ "panics": 1 })).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(!error.to_string().contains("boom"));
}

#[tokio::test]
async fn a_secret_is_not_told_by_its_own_validation() {
    let echo = validation(|cx| async move {
        Ok(cx.values.get("card").and_then(Json::as_str).map(|card| format!("{card} is no card.")))
    });
    let secret = FieldDeclaration {
        secret: true,
        validations: vec![echo],
        ..FieldDeclaration::new("card", TypeDeclaration::String)
    };
    let world = World::with_action(asking(vec![secret])).await;
    let error = charge(&world, json!({ "card": "4111" })).await.unwrap_err();
    assert!(!format!("{error:?}").contains("4111"));
    assert_eq!(error.fields()[0].message, "This value is not accepted.");
}

#[tokio::test]
async fn a_confirmation_follows_the_form_and_its_records() {
    let mut declared = asking(vec![number("amount", vec![]), number("note", vec![])]);
    declared.confirmation = Some(Computed::Dynamic(Arc::new(|cx| {
        Box::pin(async move {
            let amount = cx.values.get("amount").and_then(Json::as_i64).unwrap_or_default();
            let count = cx.selection.named_count().unwrap_or_default();
            Ok(if amount == 0 { String::new() } else { format!("Charge {count} companies {amount}?") })
        })
    })));
    let world = World::with_action(declared).await;
    let opened = form(&world, json!(null), None).await.unwrap();
    assert_eq!(opened.confirmation, None, "an empty text asks nothing");
    assert!(opened.fields[0].watched && !opened.fields[1].watched, "what it is made of asks for the form again");
    let filled = form(&world, json!({ "amount": 12 }), Some("amount")).await.unwrap();
    assert_eq!(filled.confirmation.as_deref(), Some("Charge 2 companies 12?"));
    // It is text for whoever decides; nothing waits for it.
    charge(&world, json!({ "amount": 12 })).await.unwrap();

    let mut constant = asking(vec![]);
    constant.confirmation = Some("Sure?".to_owned().into());
    let world = World::with_action(constant).await;
    assert_eq!(form(&world, json!(null), None).await.unwrap().confirmation.as_deref(), Some("Sure?"));
}
