//! Forms resolved and checked, without a server: the closures are real, the
//! records are one schema.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt as _;
use levers_model::form::{Choice, DropdownSearch};
use levers_model::{
    Action, Aggregation, BuiltIn, Caller, Collection, Column, ColumnType, Condition, Door, Error, FieldSchema, Form,
    Outcome, Patch, Record, Result, Scope, Selection, Values, Widget,
};
use levers_ports::{
    ActionContext, ActionDeclaration, AggregateRow, Computed, ElementDeclaration, FieldDeclaration, FormContext,
    FormDeclaration, Handler, Query, RecordStream, Records, Reply, TypeDeclaration,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::check::resolve_and_check;
use super::resolve::{Ask, Resolved, resolve};
use super::{FormScope, SearchedField, check_declaration};
use crate::Engine;

/// Schemas only: what these forms compute, they compute from values.
struct Schemas;

#[async_trait]
impl Records for Schemas {
    fn collection(&self, name: &str) -> Result<Arc<Collection>> {
        if name != "pairs" {
            return Err(Error::not_found(format!("There is no collection “{name}”.")));
        }
        let key = |column_type| FieldSchema::Column(Column { primary_key: true, ..Column::new(column_type) });
        let fields = [("left".to_owned(), key(ColumnType::Integer)), ("right".to_owned(), key(ColumnType::Text))];
        Ok(Arc::new(Collection {
            name: name.to_owned(),
            fields: fields.into_iter().collect(),
            primary_key: vec!["left".into(), "right".into()],
            read_only: false,
        }))
    }

    async fn list(&self, _: &str, _: Query) -> Result<Vec<Record>> {
        Err(Error::refused("There are no records here."))
    }

    async fn stream(&self, _: &str, _: Query) -> Result<RecordStream> {
        Err(Error::refused("There are no records here."))
    }

    async fn aggregate(&self, _: &str, _: Condition, _: Aggregation, _: Option<u64>) -> Result<Vec<AggregateRow>> {
        Err(Error::refused("There are no records here."))
    }

    async fn create(&self, _: &str, _: Vec<Patch>) -> Result<Vec<Record>> {
        Err(Error::refused("There are no records here."))
    }

    async fn update(&self, _: &str, _: Condition, _: Patch) -> Result<u64> {
        Err(Error::refused("There are no records here."))
    }

    async fn delete(&self, _: &str, _: Condition) -> Result<u64> {
        Err(Error::refused("There are no records here."))
    }
}

struct Nothing;

#[async_trait]
impl Handler for Nothing {
    async fn execute(&self, _: ActionContext) -> Result<Reply> {
        Ok(Outcome::done().into())
    }
}

fn action(form: FormDeclaration) -> ActionDeclaration {
    let plain = ActionDeclaration::new(Action::new("Charge", Scope::Single), Arc::new(Nothing));
    ActionDeclaration { form: Arc::new(form), ..plain }
}

fn scope(declaration: &ActionDeclaration) -> FormScope {
    FormScope {
        action: declaration.action.clone(),
        collection: Schemas.collection("pairs").unwrap(),
        caller: Arc::new(Caller::new("ada@example.org", Door::Test)),
        selection: Arc::new(Selection::none()),
        condition: Condition::always(),
        records: Arc::new(Schemas),
    }
}

fn values(json: Json) -> Values {
    serde_json::from_value(json).unwrap()
}

/// Forms here wait for nothing, so they are resolved at once.
fn look(form: &FormDeclaration, ask: Ask) -> Result<Form> {
    let declaration = action(form.clone());
    resolve(form, &scope(&declaration), ask).now_or_never().unwrap().map(Resolved::into_form)
}

fn typed(json: Json) -> Ask {
    Ask { values: values(json), ..Ask::default() }
}

fn submit(form: &FormDeclaration, json: Json) -> Result<Values> {
    let declaration = action(form.clone());
    let checked = resolve_and_check(&declaration, &scope(&declaration), values(json)).now_or_never().unwrap();
    checked.map(|checked| checked.values)
}

fn computed<T: Send + 'static>(compute: impl Fn(FormContext) -> Result<T> + Send + Sync + 'static) -> Computed<T> {
    Computed::Dynamic(Arc::new(move |cx| {
        let value = compute(cx);
        async move { value }.boxed()
    }))
}

fn field(id: &str, field_type: TypeDeclaration) -> FieldDeclaration {
    FieldDeclaration::new(id, field_type)
}

fn element(field: FieldDeclaration) -> ElementDeclaration {
    ElementDeclaration::Field(Box::new(field))
}

fn form(fields: impl IntoIterator<Item = FieldDeclaration>) -> FormDeclaration {
    FormDeclaration::Elements(fields.into_iter().map(element).collect())
}

fn is(field: &'static str, value: &'static str) -> Computed<bool> {
    computed(move |cx| Ok(cx.values.get(field).and_then(Json::as_str) == Some(value)))
}

fn sizes() -> TypeDeclaration {
    TypeDeclaration::Enum(vec!["small".to_owned(), "large".to_owned()].into())
}

/// A form as a person would look at it: one line per field.
fn drawn(form: &Form) -> String {
    let mut text = String::new();
    for field in &form.fields {
        let _ = write!(text, "{} ({}", field.id, field.field_type.name());
        let flags = [(field.required, "required"), (field.read_only, "read-only"), (field.watched, "watched")];
        for (_, flag) in flags.iter().filter(|(set, _)| *set) {
            let _ = write!(text, ", {flag}");
        }
        let value = field.value.as_ref().map(|value| format!(" = {value}")).unwrap_or_default();
        let _ = writeln!(text, "){value}");
    }
    text
}

/// City depends on country, reason on amount, which is declared after it.
fn order() -> FormDeclaration {
    form([
        FieldDeclaration {
            condition: Some(computed(|cx| Ok(cx.values.get("amount").and_then(Json::as_f64) > Some(10.0)))),
            required: true.into(),
            ..field("reason", TypeDeclaration::String)
        },
        FieldDeclaration { default: Some(json!(5).into()), ..field("amount", TypeDeclaration::Number) },
        FieldDeclaration { default: Some(json!("FR").into()), ..field("country", TypeDeclaration::String) },
        FieldDeclaration {
            default: Some(computed(|cx| Ok(json!(if cx.values.get("country").is_some() { "Lyon" } else { "Paris" })))),
            ..field(
                "city",
                TypeDeclaration::Enum(computed(|cx| {
                    let french = cx.values.get("country") == Some(&json!("FR"));
                    Ok(if french { ["Lyon", "Paris"] } else { ["Bonn", "Berlin"] }.map(str::to_owned).to_vec())
                })),
            )
        },
        FieldDeclaration {
            read_only: true.into(),
            value: Some(computed(|cx| {
                Ok(json!(cx.values.get("amount").and_then(Json::as_f64).unwrap_or_default() * 1.2))
            })),
            ..field("total", TypeDeclaration::Number)
        },
    ])
}

#[test]
fn a_form_follows_its_values() {
    let first = look(&order(), Ask::default()).unwrap();
    let changed = look(&order(), typed(json!({ "amount": 20, "country": "DE", "city": "Lyon" }))).unwrap();
    let emptied = look(&order(), typed(json!({ "amount": null, "Loading...": 1, "unknown": 2 }))).unwrap();
    insta::assert_snapshot!([drawn(&first), drawn(&changed), drawn(&emptied)].join("\n"));
}

#[test]
fn lists_of_choices_lose_what_is_not_offered() {
    let list = form([field("sizes", TypeDeclaration::EnumList(vec!["small".to_owned()].into()))]);
    let resolved = look(&list, typed(json!({ "sizes": ["small", "huge", 7] }))).unwrap();
    assert_eq!(resolved.fields[0].value, Some(json!(["small"])));
}

#[test]
fn only_the_searched_field_comes_back_and_runs() {
    let offered = computed(|cx: FormContext| {
        let text = cx.search.as_deref().unwrap_or("nothing").to_owned();
        let options = vec![Choice::from(text), Choice::from(cx.values.get("country").cloned().unwrap_or_default())];
        Ok(Widget::Dropdown { options, search: DropdownSearch::Dynamic, placeholder: None })
    });
    let broken = || computed(|_| Err(Error::internal("it ran")));
    let searched = FieldDeclaration {
        widget: Some(offered),
        label: "City of birth".to_owned().into(),
        condition: Some(is("country", "FR")),
        ..field("city", TypeDeclaration::String)
    };
    let other = FieldDeclaration {
        description: Some(computed(|_| Err(Error::internal("it ran")))),
        default: Some(broken()),
        ..field("other", TypeDeclaration::String)
    };
    let country = FieldDeclaration { default: Some(json!("FR").into()), ..field("country", TypeDeclaration::String) };
    let row = ElementDeclaration::Row { fields: vec![other, searched], condition: None };
    let form = FormDeclaration::Elements(vec![element(country), row]);
    let search = |name: &str, json| {
        let search = Some(SearchedField { field: name.into(), text: "ly".into() });
        look(&form, Ask { search, ..typed(json) })
    };
    for name in ["city", "City of birth"] {
        let answer = search(name, json!({})).unwrap();
        assert!(answer.layout.is_empty());
        assert_eq!(answer.fields.len(), 1);
        let Some(Widget::Dropdown { options, .. }) = &answer.fields[0].widget else { panic!("{answer:?}") };
        assert_eq!(options, &["ly".into(), "FR".into()]);
    }
    let refused = [search("town", json!({})), search("city", json!({ "country": "DE" }))];
    insta::assert_snapshot!(refused.map(|answer| answer.unwrap_err().to_string()).join("\n"));
}

#[test]
fn layouts_lose_what_is_empty() {
    let hidden = || FieldDeclaration { condition: Some(false.into()), ..field("hidden", TypeDeclaration::String) };
    let page = |elements| ElementDeclaration::Page {
        next_label: Some("Next".into()),
        previous_label: None,
        elements,
        condition: None,
    };
    let plain = |id| element(field(id, TypeDeclaration::String));
    let html = |content: &str| ElementDeclaration::Html { content: content.to_owned().into(), condition: None };
    let twice = |id| FieldDeclaration { id: format!("{id}2"), ..hidden() };
    let form = FormDeclaration::Elements(vec![
        page(vec![plain("a"), ElementDeclaration::Row { fields: vec![hidden()], condition: None }]),
        page(vec![element(twice("hidden"))]),
        page(vec![
            html("<b>Hi</b><script>alert(1)</script>"),
            ElementDeclaration::Separator { condition: Some(is("a", "x")) },
            ElementDeclaration::Row {
                fields: vec![field("b", TypeDeclaration::String), field("c", TypeDeclaration::String)],
                condition: None,
            },
        ]),
    ]);
    let resolved = look(&form, Ask::default()).unwrap();
    insta::assert_json_snapshot!(resolved.layout);
    assert!(look(&order(), Ask::default()).unwrap().layout.is_empty());
}

#[test]
fn a_hidden_page_hides_the_failures_on_it() {
    let broken = FieldDeclaration {
        condition: Some(computed(|_| Err(Error::refused("There is no company.")))),
        ..field("company", TypeDeclaration::String)
    };
    let page =
        |elements, condition| ElementDeclaration::Page { next_label: None, previous_label: None, elements, condition };
    let shown = |condition| {
        let rest = FieldDeclaration { condition: Some(is("x", "y")), ..field("hidden", TypeDeclaration::String) };
        let first = page(vec![element(broken.clone()), element(rest)], condition);
        look(
            &FormDeclaration::Elements(vec![first, page(vec![element(field("note", TypeDeclaration::String))], None)]),
            Ask::default(),
        )
    };
    assert_eq!(shown(Some(false.into())).unwrap().fields.len(), 1);
    assert_eq!(shown(None).unwrap_err().message(), "There is no company.");
}

#[test]
fn impossible_forms_are_refused_at_start_and_when_asked_for() {
    let text = |id| field(id, TypeDeclaration::String);
    let page =
        |elements| ElementDeclaration::Page { next_label: None, previous_label: None, elements, condition: None };
    let wrong_widget = FieldDeclaration { widget: Some(Widget::TimePicker.into()), ..text("note") };
    let forms = [
        form([text("a"), text("a")]),
        form([text("")]),
        form([wrong_widget]),
        FormDeclaration::Elements(vec![page(vec![element(text("a"))]), element(text("b"))]),
        FormDeclaration::Elements(vec![page(vec![page(vec![])])]),
    ];
    let mut messages = String::new();
    for form in forms {
        let at_start = check_declaration(&action(form.clone())).unwrap_err();
        let asked = look(&form, Ask::default()).unwrap_err();
        assert_eq!(at_start.message(), asked.message());
        let _ = writeln!(messages, "{asked}");
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn static_forms_are_known_without_a_caller() {
    let text = || field("note", TypeDeclaration::String);
    let constant = FieldDeclaration { default: Some(json!("x").into()), ..text() };
    let resolved = Engine::static_form(&action(form([constant]))).unwrap();
    assert_eq!((&resolved.fields[0].default, &resolved.fields[0].value), (&Some(json!("x")), &Some(json!("x"))));
    let file =
        FieldDeclaration { default: Some(json!("data:;base64,").into()), ..field("file", TypeDeclaration::File) };
    let label = FieldDeclaration { label: computed(|_| Ok(String::new())), ..text() };
    let empty = FormDeclaration::Dynamic(Arc::new(|_| async { Ok(Vec::new()) }.boxed()));
    for dynamic in [form([file]), form([label]), order(), empty] {
        assert!(dynamic.is_dynamic() && Engine::static_form(&action(dynamic)).is_none());
    }
}

#[test]
fn a_closure_that_panics_is_an_error_of_its_form() {
    let form = form([FieldDeclaration {
        description: Some(computed(|_| panic!("no {}", "luck"))),
        ..field("a", TypeDeclaration::String)
    }]);
    let error = look(&form, Ask::default()).unwrap_err();
    assert_eq!(error.internal_text(), Some("a closure of the form of “Charge” panicked: no luck"));
}

#[test]
fn handlers_get_what_the_form_says() {
    let got = |json| serde_json::to_value(submit(&order(), json).unwrap()).unwrap();
    assert_eq!(got(json!({})), json!({ "amount": 5, "country": "FR", "city": "Lyon", "total": 6 }));
    let echoed = json!({ "amount": 5.0, "country": "DE", "city": "Bonn", "total": 6.0, "reason": null, "gone": null, "Loading...": 1 });
    assert_eq!(got(echoed), json!({ "amount": 5, "country": "DE", "city": "Bonn", "total": 6 }));
    let emptied = json!({ "amount": null, "country": null, "city": null });
    assert_eq!(got(emptied), json!({ "total": 0 }));
    assert_eq!(submit(&FormDeclaration::empty(), json!({})).unwrap(), Values::new());
}

#[test]
fn everything_wrong_is_said_at_once() {
    let picked = field("pair", TypeDeclaration::Collection("pairs".to_owned().into()));
    let lost = field("lost", TypeDeclaration::Collection("nowhere".to_owned().into()));
    let constant = FieldDeclaration {
        read_only: true.into(),
        default: Some(json!("x").into()),
        ..field("fixed", TypeDeclaration::String)
    };
    let sometimes = FieldDeclaration {
        read_only: computed(|cx| Ok(cx.values.get("size") == Some(&json!("small")))),
        ..field("sometimes", TypeDeclaration::String)
    };
    let hidden = FieldDeclaration { condition: Some(is("size", "large")), ..field("hidden", TypeDeclaration::String) };
    let hidden_fixed = FieldDeclaration {
        read_only: true.into(),
        condition: Some(false.into()),
        ..field("hidden_fixed", TypeDeclaration::String)
    };
    let needed = FieldDeclaration { required: true.into(), ..field("needed", TypeDeclaration::String) };
    let all = form([picked, lost, field("size", sizes()), constant, sometimes, hidden, hidden_fixed, needed]);
    let message = |json| {
        submit(&all, json)
            .unwrap_err()
            .fields()
            .iter()
            .map(|error| format!("{}: {}", error.field, error.message))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let reports = [
        message(json!({
            "pair": 3, "lost": "1", "size": "small", "fixed": "y", "sometimes": "z", "hidden": "h", "hidden_fixed": "h", "extra": 1
        })),
        message(json!({ "pair": "3", "size": "huge", "needed": "" })),
        message(json!({ "pair": "a|b", "needed": 7 })),
    ];
    insta::assert_snapshot!(reports.join("\n\n"));
    assert_eq!(submit(&all, json!({ "pair": "03|x", "needed": "n" })).unwrap()["pair"], json!("3|x"));
    let none = submit(&FormDeclaration::empty(), json!({ "amount": 1 })).unwrap_err();
    assert_eq!(none.fields()[0].message, "There is no field of this name: the form has none.");
}

#[test]
fn values_of_built_in_actions_are_not_ours_to_check() {
    let mut declaration = action(FormDeclaration::empty());
    declaration.action = Arc::new(Action { built_in: Some(BuiltIn::Create), ..Action::new("Create", Scope::Global) });
    let checked = resolve_and_check(&declaration, &scope(&declaration), values(json!({ "name": 1 }))).now_or_never();
    assert_eq!(checked.unwrap().unwrap().values, values(json!({ "name": 1 })));
}

/// A random field: its type and what of it is constant or depends on the field `f0`.
#[derive(Debug, Clone)]
struct Plan {
    field_type: usize,
    required: bool,
    read_only: Option<bool>,
    condition: Option<bool>,
    default: Option<Json>,
    value: bool,
}

/// `None` depends on `f0` being true.
fn of_plan(flag: Option<bool>) -> Computed<bool> {
    flag.map_or_else(|| computed(|cx| Ok(cx.values.get("f0") == Some(&json!(true)))), Computed::Constant)
}

fn declared(id: usize, plan: &Plan) -> FieldDeclaration {
    let types = [
        TypeDeclaration::Boolean,
        TypeDeclaration::Number,
        TypeDeclaration::String,
        sizes(),
        TypeDeclaration::StringList,
        TypeDeclaration::Dateonly,
        TypeDeclaration::Json,
    ];
    let field_type = if id == 0 { TypeDeclaration::Boolean } else { types[plan.field_type % types.len()].clone() };
    FieldDeclaration {
        required: plan.required.into(),
        read_only: of_plan(plan.read_only),
        condition: (plan.condition != Some(true)).then(|| of_plan(plan.condition)),
        default: plan.default.clone().map(Into::into),
        value: plan.value.then(|| json!("fixed").into()),
        ..field(&format!("f{id}"), field_type)
    }
}

fn any_value() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-3..3).prop_map(Json::from),
        prop::sample::select(vec!["", "small", "fixed", "2024-12-31", "x"]).prop_map(Json::from),
        Just(json!(["a", "b"])),
        Just(json!({ "a": 1 })),
    ]
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let flag = || prop_oneof![3 => Just(Some(false)), 1 => Just(Some(true)), 1 => Just(None)];
    let shown = prop_oneof![3 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)];
    let default = prop::option::of(any_value());
    (0..7_usize, any::<bool>(), flag(), shown, default, prop::bool::weighted(0.1)).prop_map(
        |(field_type, required, read_only, condition, default, value)| Plan {
            field_type,
            required,
            read_only,
            condition,
            default,
            value,
        },
    )
}

proptest! {
    /// Whatever is declared and sent: an answer, and nothing smuggled in.
    #[test]
    fn nothing_is_smuggled_in(
        plans in prop::collection::vec(any_plan(), 1..6),
        sent in prop::collection::btree_map("f[0-6]", any_value(), 0..7),
    ) {
        let form = form(plans.iter().enumerate().map(|(id, plan)| declared(id, plan)));
        let declaration = action(form.clone());
        let scope = scope(&declaration);
        let shown = resolve(&form, &scope, Ask { values: sent.clone(), ..Ask::default() });
        let shown = shown.now_or_never().unwrap().map(Resolved::into_form).unwrap();
        let checked = resolve_and_check(&declaration, &scope, sent.clone()).now_or_never().unwrap();
        match checked {
            Ok(checked) => {
                for (id, value) in &checked.values {
                    let field = shown.field(id).expect("a field that is shown");
                    prop_assert_eq!(field.check(Some(value.clone())), Ok(Some(value.clone())));
                    if field.read_only {
                        // The very value that a form without anything sent for it has.
                        let mut without = sent.clone();
                        without.remove(id);
                        let own = look(&form, Ask { values: without, ..Ask::default() }).unwrap();
                        if let Some(own) = own.field(id) {
                            prop_assert_eq!(own.check(own.value.clone()), Ok(Some(value.clone())));
                        }
                    }
                }
                for field in shown.fields.iter().filter(|field| field.required) {
                    prop_assert!(checked.values.contains_key(&field.id));
                }
            }
            Err(error) => prop_assert!(!error.fields().is_empty()),
        }
    }

    /// What closures read is watched, and nothing else.
    #[test]
    fn what_is_read_is_watched(reads in prop::collection::vec(prop::collection::btree_set(0..5_usize, 0..4), 5)) {
        let declared = reads.iter().enumerate().map(|(id, reads)| {
            let read: Vec<String> = reads.iter().map(|id| format!("f{id}")).collect();
            let compute = computed(move |cx: FormContext| {
                Ok(read.iter().map(|field| cx.values.get(field).map(ToString::to_string).unwrap_or_default()).collect())
            });
            FieldDeclaration { description: Some(compute), ..field(&format!("f{id}"), TypeDeclaration::String) }
        });
        let resolved = look(&form(declared), Ask::default()).unwrap();
        let watched: BTreeSet<String> = resolved.fields.into_iter().filter(|field| field.watched).map(|field| field.id).collect();
        let read: BTreeSet<String> = reads.into_iter().flatten().map(|id| format!("f{id}")).collect();
        prop_assert_eq!(watched, read);
    }
}

#[test]
fn the_form_of_a_task_can_move_between_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let declaration = action(order());
    let scope = scope(&declaration);
    drop(is_send(resolve(&declaration.form, &scope, Ask::default())));
    drop(is_send(resolve_and_check(&declaration, &scope, Values::new())));
}
