//! Every type and widget against good and bad values.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::FieldType as T;
use super::*;
use crate::form::{Choice, CurrencyBase, DropdownSearch};

fn field(field_type: FieldType, widget: Option<Widget>) -> Field {
    Field { widget, ..Field::new("field", field_type) }
}

fn number_input(min: f64, max: f64) -> Widget {
    Widget::NumberInput { placeholder: None, min: Some(min), max: Some(max), step: None }
}

fn dropdown(options: Vec<Choice>, search: DropdownSearch) -> Widget {
    Widget::Dropdown { options, search, placeholder: None }
}

fn file(name: &str, size: usize) -> String {
    FileValue { mime: "text/csv".into(), name: name.into(), charset: None, content: vec![b'a'; size] }.to_data_uri()
}

/// What each value comes to, as a person would read it.
fn report(title: &str, field: &Field, values: &[Json]) -> String {
    let mut text = format!("{title}\n");
    for value in values {
        let shown: String = value.to_string().chars().take(60).collect();
        let _ = match field.check(Some(value.clone())) {
            Ok(Some(checked)) if checked == *value => writeln!(text, "  {shown}  ✓"),
            Ok(Some(checked)) => writeln!(text, "  {shown}  ✓ as {checked}"),
            Ok(None) => writeln!(text, "  {shown}  ✓ no value"),
            Err(message) => writeln!(text, "  {shown}  ✗ {message}"),
        };
    }
    text
}

#[test]
fn every_type_says_what_it_takes() {
    let values = [
        json!(null),
        json!(true),
        json!("true"),
        json!(""),
        json!(1),
        json!(-2.5),
        json!("1"),
        json!("text"),
        json!("small"),
        json!("2024-12-31"),
        json!("2024-12-31T13:45:00+02:00"),
        json!("2024-02-30"),
        json!("99999-01-01"),
        json!("13:45"),
        json!("25:00"),
        json!([]),
        json!(["small"]),
        json!(["small", "huge", ""]),
        json!([1, 2.0]),
        json!([1, "2"]),
        json!({}),
        json!("data:text/plain;base64,aGk="),
        json!(["data:text/plain;base64,aGk="]),
        json!(["data:text/plain;base64,!"]),
    ];
    let reports: Vec<String> = FieldType::samples()
        .into_iter()
        .map(|field_type| report(field_type.name(), &field(field_type.clone(), None), &values))
        .collect();
    insta::assert_snapshot!(reports.join("\n"));
}

type Case = (&'static str, Field, Vec<Json>);

fn of_numbers() -> Vec<Case> {
    let numbers = Widget::NumberInputList {
        placeholder: None,
        allow_duplicates: false,
        enable_reorder: true,
        min: Some(0.0),
        max: Some(9.0),
        step: None,
    };
    let money = Widget::CurrencyInput {
        placeholder: None,
        min: Some(0.5),
        max: None,
        step: Some(0.01),
        currency: "EUR".into(),
        base: CurrencyBase::Unit,
    };
    vec![
        (
            "NumberInput 1 to 9.5",
            field(T::Number, Some(number_input(1.0, 9.5))),
            vec![json!(1), json!(9.5), json!(0.99), json!(10)],
        ),
        ("CurrencyInput from 0.5", field(T::Number, Some(money)), vec![json!(0.5), json!(0.505), json!(0.4)]),
        (
            "NumberInputList 0 to 9, all different",
            field(T::NumberList, Some(numbers)),
            vec![json!([0, 9]), json!([1, 1.0]), json!([3, 10])],
        ),
    ]
}

fn of_texts_and_choices() -> Vec<Case> {
    let sizes = || vec![Choice::from("small"), Choice::labelled("large", "Large one")];
    let color = |enable_opacity| Widget::ColorPicker { placeholder: None, enable_opacity, quick_palette: vec![] };
    let texts = |allow_duplicates, allow_empty_values| Widget::TextInputList {
        placeholder: None,
        allow_duplicates,
        allow_empty_values,
        enable_reorder: true,
    };
    vec![
        (
            "TextInputList, all different",
            field(T::StringList, Some(texts(false, false))),
            vec![json!(["a", "b"]), json!(["a", "a"]), json!(["a", ""])],
        ),
        ("TextInputList of anything", field(T::StringList, Some(texts(true, true))), vec![json!(["a", "a", ""])]),
        (
            "Dropdown",
            field(T::String, Some(dropdown(sizes(), DropdownSearch::Static))),
            vec![json!("large"), json!("Large one"), json!("huge"), json!("")],
        ),
        ("Dropdown, searched", field(T::String, Some(dropdown(sizes(), DropdownSearch::Dynamic))), vec![json!("huge")]),
        (
            "CheckboxGroup",
            field(T::StringList, Some(Widget::CheckboxGroup { options: sizes() })),
            vec![json!(["small", "large"]), json!(["small", "huge"])],
        ),
        (
            "ColorPicker",
            field(T::String, Some(color(false))),
            vec![json!("#ff8800"), json!("#ff8800cc"), json!("red"), json!("")],
        ),
        (
            "ColorPicker with opacity",
            field(T::String, Some(color(true))),
            vec![json!("#ff8800CC"), json!("#ff880"), json!("#gg8800")],
        ),
    ]
}

fn of_numbers_and_days_to_pick() -> Vec<Case> {
    vec![
        (
            "Dropdown of numbers",
            field(T::Number, Some(dropdown(vec![1.into(), 2.into()], DropdownSearch::Disabled))),
            vec![json!(2.0), json!(3)],
        ),
        (
            "RadioGroup of days",
            field(T::Dateonly, Some(Widget::RadioGroup { options: vec!["2024-01-01".into()] })),
            vec![json!("2024-01-01T00:00:00Z"), json!("2024-01-02")],
        ),
        (
            "RadioGroup of instants",
            field(T::Date, Some(Widget::RadioGroup { options: vec!["2024-01-01T00:00:00Z".into()] })),
            vec![json!("2024-01-01T01:00:00+01:00"), json!("2024-01-02")],
        ),
    ]
}

fn of_dates_and_files() -> Vec<Case> {
    let calendar = || Widget::DatePicker {
        format: None,
        placeholder: None,
        min: Some("2024-01-01".into()),
        max: Some("2024-12-31T12:00:00Z".into()),
    };
    let files = Widget::FilePicker {
        extensions: vec![".csv".into(), "TSV".into()],
        max_size_mb: Some(0.001),
        max_count: Some(2),
    };
    vec![
        (
            "DatePicker of instants in 2024",
            field(T::Date, Some(calendar())),
            vec![json!("2024-12-31T12:00:00Z"), json!("2024-12-31T12:00:01Z"), json!("2023-12-31")],
        ),
        (
            "DatePicker of days in 2024",
            field(T::Dateonly, Some(calendar())),
            vec![json!("2024-12-31"), json!("2025-01-01"), json!("2023-12-31")],
        ),
        (
            "FilePicker",
            field(T::File, Some(files.clone())),
            vec![
                json!(file("a.csv", 10)),
                json!(file("A.TSV", 10)),
                json!(file("csv", 10)),
                json!(file("a.exe", 10)),
                json!(file("a.csv", 1100)),
                json!(file("a.csv", 9000)),
                json!(7),
            ],
        ),
        (
            "FilePicker of two",
            field(T::FileList, Some(files)),
            vec![
                json!([file("a.csv", 1), file("b.csv", 1)]),
                json!([file("a.csv", 1), file("b.csv", 1), file("c.csv", 1)]),
                json!([file("a.csv", 1), "x"]),
            ],
        ),
    ]
}

fn of_any_widget() -> Vec<Case> {
    vec![
        ("a secret", Field { secret: true, ..field(T::Number, None) }, vec![json!("hunter2")]),
        ("required text", Field { required: true, ..field(T::String, None) }, vec![json!(null), json!(""), json!(" ")]),
        ("required list", Field { required: true, ..field(T::StringList, None) }, vec![json!([]), json!(["a"])]),
        ("required yes or no", Field { required: true, ..field(T::Boolean, None) }, vec![json!(false), json!(null)]),
    ]
}

#[test]
fn widgets_narrow_what_a_type_takes() {
    let cases =
        [of_numbers(), of_texts_and_choices(), of_numbers_and_days_to_pick(), of_dates_and_files(), of_any_widget()];
    let reports: Vec<String> =
        cases.iter().flatten().map(|(title, field, values)| report(title, field, values)).collect();
    insta::assert_snapshot!(reports.join("\n"));
}

#[test]
fn no_file_is_larger_than_the_limit_of_all_forms() {
    let huge = format!("data:;base64,{}", "A".repeat(LARGEST_FILE * 4 / 3 + 8192));
    let message = field(FieldType::File, None).check(Some(Json::String(huge))).unwrap_err();
    assert_eq!(message, "The file is larger than 50 MB.");
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
        "[0-9]{4}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9](:[0-6][0-9])?Z?)?".prop_map(Json::from),
        "[0-2][0-9]:[0-5][0-9](:[0-6][0-9])?".prop_map(Json::from),
        prop_oneof![Just("small"), Just("large"), Just("#ff8800"), Just("data:;base64,aGk=")].prop_map(Json::from),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[a-z]", inner, 0..3).prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

fn any_field() -> impl Strategy<Value = Field> {
    let widget = prop::option::of(prop::sample::select(Widget::samples()));
    (prop::sample::select(FieldType::samples()), widget, any::<bool>()).prop_map(|(field_type, widget, required)| {
        Field { required, widget: widget.filter(|widget| widget.fits(&field_type)), ..Field::new("field", field_type) }
    })
}

/// Whether a handler that relies on the type is right to do so.
fn is_of(value: &Json, field_type: &FieldType) -> bool {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    match field_type {
        FieldType::Boolean => value.is_boolean(),
        FieldType::Number => value.is_number(),
        FieldType::String | FieldType::Collection { .. } => value.is_string(),
        FieldType::Json => true,
        FieldType::Date => text(value).is_some_and(|text| text.parse::<chrono::DateTime<chrono::Utc>>().is_ok()),
        FieldType::Dateonly => text(value).is_some_and(|text| text.parse::<chrono::NaiveDate>().is_ok()),
        FieldType::Time => text(value).is_some_and(|text| text.parse::<chrono::NaiveTime>().is_ok()),
        FieldType::Enum { values } => text(value).is_some_and(|text| values.contains(&text)),
        FieldType::File => text(value).is_some_and(|text| FileValue::parse(&text).is_ok()),
        list => {
            let item = list.item().unwrap();
            value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(|value| is_of(value, &item)))
        }
    }
}

proptest! {
    #[test]
    fn what_passes_is_of_the_type_and_passes_again_unchanged(field in any_field(), value in any_json()) {
        match field.check(Some(value)) {
            Ok(Some(checked)) => {
                prop_assert!(is_of(&checked, &field.field_type), "{checked} as {:?}", field.field_type);
                prop_assert_eq!(field.check(Some(checked.clone())), Ok(Some(checked)));
            }
            Ok(None) => prop_assert!(!field.required),
            Err(message) => prop_assert!(message.ends_with('.'), "{message}"),
        }
    }
}
