//! Forms whose parts are rules.

use levers_model::{FieldType, LayoutElement};
use serde_json::json;

use super::{Served, one};

const FORM: &str = r#"
[[collections.companies.actions]]
name = "Charge"
scope = "single"
confirm = "Charge {{ record.name }}?"
update = { price = "{{ values.amount }}", note = "{{ values.reason }}" }

  [[collections.companies.actions.form]]
  field = "kind"
  type = "Enum"
  label = "Kind for {{ record.name }}"
  options = { rule = "['card', 'other', record.status]" }
  default = "card"

  [[collections.companies.actions.form]]
  field = "amount"
  type = "Number"
  description = "At most {{ record.score }}"
  default = { rule = "record.price" }
  validate = [
    { rule = "value > 0.0", message = "{{ value }} is not above zero." },
    { rule = "value <= 100.0 || caller.role == 'boss'", message = "Only a boss may charge that much." },
  ]

  [[collections.companies.actions.form]]
  field = "reason"
  type = "String"
  show = "values.kind == 'other'"
  required = "values.amount > 50.0"

  [[collections.companies.actions.form]]
  field = "double"
  type = "Number"
  value = { rule = "values.amount * 2.0" }
  read_only = "caller.role != 'boss'"

  [[collections.companies.actions.form]]
  html = "<p>{{ record.name }}: {{ values.reason }}</p>"
  show = "values.kind == 'other'"
"#;

#[tokio::test]
async fn the_form_is_computed_over_record_and_values() {
    let served = Served::new(FORM).await;
    let form = served.form("Charge", None).await;
    let ids: Vec<&str> = form.fields.iter().map(|field| field.id.as_str()).collect();
    assert_eq!(ids, ["kind", "amount", "double"]);
    let kind = form.field("kind").unwrap();
    assert_eq!(kind.label, "Kind for Ada");
    assert_eq!(kind.field_type, FieldType::Enum { values: vec!["card".into(), "other".into(), "open".into()] });
    let amount = form.field("amount").unwrap();
    assert_eq!((amount.description.as_deref(), &amount.value), (Some("At most 1"), &Some(json!(10.5))));
    let double = form.field("double").unwrap();
    assert_eq!((&double.value, double.read_only), (&Some(json!(21)), true));
    // What rules read is watched, and nothing else.
    let watched: Vec<&str> = form.fields.iter().filter(|field| field.watched).map(|field| field.id.as_str()).collect();
    assert_eq!(watched, ["kind", "amount"]);

    let form = served
        .form("Charge", Some(&[("kind", json!("other")), ("amount", json!(60)), ("reason", json!("<b>x</b>"))]))
        .await;
    assert!(form.field("reason").unwrap().required);
    assert!(
        form.layout.contains(&LayoutElement::Html { content: "<p>Ada: &lt;b&gt;x&lt;/b&gt;</p>".into() }),
        "{:?}",
        form.layout
    );
    let form = served.form("Charge", Some(&[("kind", json!("other")), ("amount", json!(10))])).await;
    assert!(!form.field("reason").unwrap().required);
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_the_field() {
    let served = Served::new(FORM).await;
    let said = |values: Vec<(&'static str, serde_json::Value)>| {
        let served = &served;
        async move { served.outcome("Charge", one(1), &values).await }
    };
    assert_eq!(said(vec![("amount", json!(-5))]).await, "refused: amount: -5 is not above zero.");
    assert_eq!(said(vec![("amount", json!(500))]).await, "refused: amount: Only a boss may charge that much.");
    assert_eq!(
        said(vec![("kind", json!("cash"))]).await,
        "refused: kind: “cash” is not among the choices: card, other, open."
    );
    assert_eq!(
        said(vec![("kind", json!("other")), ("amount", json!(60))]).await,
        "refused: reason: A value is required."
    );
    assert!(said(vec![("reason", json!("x"))]).await.starts_with("refused: reason: The field is not shown"));
    assert_eq!(
        said(vec![("kind", json!("other")), ("amount", json!(60)), ("reason", json!("why"))]).await,
        "success: (no words)"
    );
    assert_eq!(served.shop.value("select price || note from companies where id = 1").unwrap(), "60why");
    // An empty field is not validated, and its default is computed from the record.
    assert_eq!(served.outcome("Charge", one(3), &[]).await, "success: (no words)");
}

#[tokio::test]
async fn a_rule_over_nothing_holds_not() {
    let served = Served::new(FORM).await;
    // The price of the second company is null, so nothing can be computed from it.
    let request = levers_engine::FormRequest {
        collection: "companies".into(),
        action: levers_model::ActionId::from_name("Charge"),
        selection: one(2),
        values: Some([("kind".to_owned(), json!("other"))].into()),
        changed: None,
        search: None,
    };
    let form = served.engine.form(&served.context(), request).await.unwrap();
    assert_eq!(form.field("amount").unwrap().value.clone().unwrap_or_default(), json!(null));
    assert_eq!(form.field("double").unwrap().value.clone().unwrap_or_default(), json!(null));
    assert!(!form.field("reason").unwrap().required);
}
