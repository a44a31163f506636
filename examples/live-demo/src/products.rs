//! Products: the form that shows everything a form can.

use std::fmt::Write as _;

use levers::ActionDeclaration;
use levers::prelude::*;

/// Countries with some of their cities.
const CITIES: [(&str, [&str; 3]); 3] = [
    ("France", ["Lyon", "Marseille", "Paris"]),
    ("Italy", ["Bologna", "Milan", "Rome"]),
    ("Japan", ["Kyoto", "Osaka", "Tokyo"]),
];

pub(crate) fn customize(products: CollectionBuilder) -> CollectionBuilder {
    products.segment("In stock", field("stock").gt(0)).action(show_every_widget())
}

fn show_every_widget() -> ActionDeclaration {
    Action::global("Show every widget")
        .description("Every type of field with every widget. Nothing is kept but the record of what you typed.")
        .submit_label("Show what I typed")
        .with(words_and_numbers())
        .with(everything_else())
        .execute(|cx| async move { Ok(Outcome::success("Everything arrived.").html(typed(&cx))) })
}

fn words_and_numbers() -> Page {
    Page::new()
        .next_label("Dates, files and people")
        .with(Html::new("<h3>Words and numbers</h3><p>Fields that are <b>side by side</b> stand in a row.</p>"))
        .with(Row::new(
            Field::string("title").label("Title").widget(TextInput::new().placeholder("One line")),
            Field::string("colour").label("Colour").widget(
                ColorPicker::new().placeholder("#rrggbb").enable_opacity(false).quick_palette(["#d92d20", "#12b76a"]),
            ),
        ))
        .with(Field::string("note").label("Note").widget(TextArea::new().placeholder("Several lines").rows(4)))
        .with(Field::string("letter").label("Letter").widget(RichText::new().placeholder("With formatting")))
        .with(
            Field::string_list("tags")
                .label("Tags")
                .widget(TextInputList::new().placeholder("Add a tag").allow_duplicates(false)),
        )
        .with(Separator::new())
        .with(Row::new(
            Field::number("quantity")
                .label("Quantity")
                .default(1)
                .widget(NumberInput::new().min(0).max(100_000).step(1)),
            Field::number("price")
                .label("Price")
                .default(20)
                .widget(CurrencyInput::new("EUR").min(0).max(100_000).step(0.01)),
        ))
        .with(
            Field::number("total")
                .label("Total")
                .description("Quantity times price; it follows them.")
                .read_only()
                .value_with(|cx| async move { Some(cx.value::<f64>("quantity")? * cx.value::<f64>("price")?) }),
        )
        .with(Field::number_list("sizes").label("Sizes").widget(NumberInputList::new().min(1).max(60).step(1)))
        .with(Separator::new())
        .with(Row::new(
            Field::enumeration("country", CITIES.map(|(country, _)| country)).label("Country").default("France"),
            Field::string("city")
                .label("City")
                .description("Its choices depend on the country.")
                .widget(Dropdown::computed(|cx| async move { cities(cx.value::<String>("country").as_deref()) })),
        ))
        .with(
            Field::string("company")
                .label("Company")
                .description("Type to search all companies.")
                .widget(Dropdown::searched(|cx| async move { companies(&cx).await })),
        )
        .with(Field::string("size").label("Size").widget(RadioGroup::new([
            Choice::labelled("s", "Small"),
            Choice::labelled("m", "Medium"),
            Choice::labelled("l", "Large"),
        ])))
        .with(Field::string_list("features").label("Features").widget(CheckboxGroup::new([
            Choice::labelled("light", "With light"),
            Choice::labelled("lock", "With a lock"),
        ])))
}

fn everything_else() -> Page {
    Page::new()
        .previous_label("Words and numbers")
        .with(Html::computed(|cx| async move {
            let title = cx.value::<String>("title").unwrap_or_else(|| "this".into());
            format!("<h3>Dates, files and people</h3><p>When does <i>{}</i> happen?</p>", escape_html(&title))
        }))
        .with(Row::new(
            Field::date("starts_at")
                .label("Starts at")
                .widget(DatePicker::new().placeholder("An instant").min("2000-01-01T00:00:00.000Z")),
            Field::date_only("day")
                .label("Day")
                .widget(DatePicker::new().format("YYYY-MM-DD").min("2000-01-01").max("2099-12-31")),
        ))
        .with(Field::time("opens_at").label("Opens at").widget(TimePicker))
        .with(Separator::new())
        .with(Field::boolean("gift").label("A gift").default(false).widget(Checkbox))
        .with(
            Field::string("gift_message")
                .label("Words for the gift")
                .visible_if(|cx| async move { cx.value::<bool>("gift") == Some(true) })
                .required(),
        )
        .with(Field::enum_list("channels", ["E-mail", "Post", "Telephone"]).label("How to tell"))
        .with(Field::json("settings").label("Settings").widget(JsonEditor))
        .with(Separator::new())
        .with(
            Field::file("brochure")
                .label("Brochure")
                .widget(FilePicker::new().extensions([".pdf", ".txt"]).max_size_mb(2)),
        )
        .with(
            Field::file_list("scans")
                .label("Scans")
                .widget(FilePicker::new().extensions([".png", ".jpg", ".txt"]).max_count(3)),
        )
        .with(Separator::new())
        .with(Field::collection("supplier", "companies").label("Supplier"))
        .with(Field::string("assignee").label("Assignee").widget(UserDropdown::new().placeholder("Who takes it?")))
        .with(
            Field::string("address").label("Address").widget(AddressAutocomplete::new().placeholder("Street and city")),
        )
        .with(Field::string("password").label("Password").description("It is kept out of the record.").secret())
}

fn cities(country: Option<&str>) -> Vec<Choice> {
    let of_country = |(name, _): &&(&str, _)| country == Some(*name);
    let cities = CITIES.iter().find(of_country).map_or(&[][..], |(_, cities)| cities);
    cities.iter().map(|city| Choice::labelled(city.to_lowercase(), *city)).collect()
}

async fn companies(cx: &FormContext) -> levers::Result<Vec<Choice>> {
    let found = cx.collection("companies").filter(field("name").contains(cx.search()));
    let found = found.sort("name").page(0, 20).list(["id", "name"]).await?;
    found
        .iter()
        .map(|company| Ok(Choice::labelled(company.id()?.to_string(), company.get::<String>("name")?)))
        .collect()
}

/// What was typed, as a list; files by their size, secrets not at all.
fn typed(cx: &Context) -> String {
    let mut list = String::from("<ul>");
    for (field, value) in cx.values().iter().filter(|(field, _)| *field != "password") {
        let value = match value {
            Json::String(text) if text.starts_with("data:") => format!("a file of {} characters", text.len()),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        // Writing to a String cannot fail.
        let _ = write!(list, "<li><b>{}</b>: {}</li>", escape_html(field), escape_html(&value));
    }
    list + "</ul>"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::testing::demo;
    use levers::prelude::*;
    use levers::testing::{LayoutElement, Widget};

    #[tokio::test]
    async fn every_widget_and_every_type_is_there() {
        let (test, _folder) = demo().await;
        let form = test.action("products", "Show every widget").form().await;
        let fields: Vec<_> = form.ids().into_iter().map(|id| form.field(id)).collect();
        let widgets: BTreeSet<_> = fields.iter().filter_map(|field| field.widget.as_ref()).map(Widget::name).collect();
        let missing: Vec<_> =
            Widget::samples().iter().map(Widget::name).filter(|name| !widgets.contains(name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        let types: BTreeSet<_> = fields.iter().map(|field| field.field_type.name()).collect();
        assert_eq!(types.len(), 14, "{types:?}");
        let pages = form.layout().iter().filter(|element| matches!(element, LayoutElement::Page { .. })).count();
        assert_eq!((pages, form.layout().len()), (2, 2));
    }

    #[tokio::test]
    async fn fields_follow_others() {
        let (test, _folder) = demo().await;
        let mut form = test.action("products", "Show every widget").form().await;
        assert_eq!(form.value("total"), json!(20.0));
        form.fill("quantity", 3).await;
        assert_eq!(form.value("total"), json!(60.0));

        let cities = |form: &levers::testing::TestForm| format!("{:?}", form.field("city").widget);
        assert!(cities(&form).contains("Lyon"));
        form.fill("country", "Japan").await;
        assert!(cities(&form).contains("Kyoto") && !cities(&form).contains("Lyon"));

        assert!(!form.has("gift_message"));
        form.fill("gift", true).await;
        assert!(form.field("gift_message").required);
        form.submit().await.error();
        form.fill("gift_message", "For you").await;
        form.submit().await.assert_success("Everything arrived.");
    }

    #[tokio::test]
    async fn a_search_finds_companies() {
        let (test, _folder) = demo().await;
        let form = test.action("products", "Show every widget").form().await;
        let found = form.search("company", "aurora").await;
        assert!(!found.is_empty());
        assert!(found.iter().all(|choice| choice.label.as_deref().is_some_and(|name| name.starts_with("Aurora"))));
        assert!(form.search("company", "zzzzzz").await.is_empty());
    }

    #[tokio::test]
    async fn a_secret_is_in_no_record() {
        let (test, _folder) = demo().await;
        let action = test.action("products", "Show every widget");
        let outcome = action.set("password", "hunter2").set("title", "<i>").submit().await;
        let html = outcome.assert_success("Everything arrived.").html().unwrap();
        assert!(html.contains("&lt;i&gt;") && !html.contains("hunter2"));
        assert!(!outcome.job().values.to_string().contains("hunter2"));
    }
}
