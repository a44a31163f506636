//! Forms: fields and layout.

use super::widget::WIDGET;
use super::{BOOLEAN_OR_RULE, Key, NAME, RULE, Record, Shape, TEMPLATE, Variants};

/// The elements of a form or page. A static and a function, because pages are made of
/// elements: a constant would have to be known to be known.
pub(crate) const fn elements() -> Shape {
    Shape::List { item: &ANY_ELEMENT, most: 200 }
}

static ANY_ELEMENT: Shape = Shape::Variants(&ELEMENT);

static ELEMENT: Variants = Variants {
    name: "element",
    words: "an element of a form",
    of: &[("field", &FIELD), ("row", &ROW), ("separator", &SEPARATOR), ("html", &HTML), ("page", &PAGE)],
};

const SHOW: Key = Key::new("show", BOOLEAN_OR_RULE, "Whether it is shown: true, false or a rule.");

static FIELD: Record = Record {
    name: "field",
    words: "a field",
    doc: "Something that the form asks.",
    keys: &[
        Key::new("field", NAME, "The field's id, by which rules and handlers name its value.")
            .required()
            .example("amount"),
        Key::new("type", Shape::Word(FIELD_TYPES), "What its value may be.").required(),
        Key::new("label", TEMPLATE, "What is written beside it: a template; the id when absent."),
        Key::new("description", TEMPLATE, "A sentence of help: a template."),
        Key::new("required", BOOLEAN_OR_RULE, "Whether a value must be given: true, false or a rule.")
            .example("values.kind == 'other'"),
        Key::new("read_only", BOOLEAN_OR_RULE, "Whether the value cannot be changed: true, false or a rule."),
        SHOW,
        Key::new("default", Shape::Value, "The value until something is typed: a constant or { rule = \"…\" }."),
        Key::new("value", Shape::Value, "The value whatever is typed: a constant or { rule = \"…\" }."),
        Key::new("options", OPTIONS, "What can be picked, for Enum and EnumList: a list, or { rule = \"…\" }."),
        Key::new("collection", NAME, "The collection to pick a record from, for Collection."),
        Key::new(
            "validate",
            Shape::List { item: &Shape::Record(&VALIDATION), most: 20 },
            "Rules that a given value must pass.",
        ),
        Key::new("secret", Shape::Boolean, "Whether its value is kept out of jobs and logs."),
        Key::new("widget", Shape::Typed(&WIDGET), "How it is entered; the screen decides when absent."),
    ],
    one_of: &[],
};

const FIELD_TYPES: &[(&str, &str)] = &[
    ("Boolean", "True or false."),
    ("Date", "A day and a time."),
    ("Dateonly", "A day."),
    ("Time", "A time of day."),
    ("Enum", "One of the options."),
    ("EnumList", "Several of the options."),
    ("Json", "Any JSON."),
    ("Number", "A number."),
    ("NumberList", "Several numbers."),
    ("String", "A text."),
    ("StringList", "Several texts."),
    ("File", "A file."),
    ("FileList", "Several files."),
    ("Collection", "A record of a collection."),
];

const OPTIONS: Shape = Shape::Either(&[Shape::List { item: &NAME, most: 1_000 }, Shape::Record(&OPTIONS_RULE)]);

static OPTIONS_RULE: Record = Record {
    name: "options_rule",
    words: "“options”",
    doc: "What can be picked, computed.",
    keys: &[Key::new("rule", RULE, "A rule that gives a list of texts.").required()],
    one_of: &[],
};

static VALIDATION: Record = Record {
    name: "validation",
    words: "a validation",
    doc: "A rule that a given value must pass. `value` is the field's own.",
    keys: &[
        Key::new("rule", RULE, "The rule.").required().example("value > 0.0"),
        Key::new("message", TEMPLATE, "What is said when it does not hold: a template.")
            .required()
            .example("The amount must be above zero."),
    ],
    one_of: &[],
};

static ROW: Record = Record {
    name: "row",
    words: "a row",
    doc: "Fields side by side.",
    keys: &[Key::new("row", Shape::List { item: &Shape::Record(&FIELD), most: 10 }, "The fields.").required(), SHOW],
    one_of: &[],
};

static SEPARATOR: Record = Record {
    name: "separator",
    words: "a separator",
    doc: "A line between two parts.",
    keys: &[Key::new("separator", Shape::Boolean, "True.").required(), SHOW],
    one_of: &[],
};

static HTML: Record = Record {
    name: "html",
    words: "a text with markup",
    doc: "Text with markup.",
    keys: &[Key::new("html", TEMPLATE, "The markup: a template that escapes its values.").required(), SHOW],
    one_of: &[],
};

static PAGE: Record = Record {
    name: "page",
    words: "a page",
    doc: "A step of a form of several. A form has only pages or none.",
    keys: &[
        Key::new("page", elements(), "What stands on it.").required(),
        Key::new("next", NAME, "What the button to the next page says."),
        Key::new("previous", NAME, "What the button to the page before says."),
        SHOW,
    ],
    one_of: &[],
};
