//! Widgets: the model's, with the same names and options.

use super::{Key, LONGEST_NAME, NAME, NAMES, Origin, Record, Shape, Text, Typed};

/// A way to enter a value.
pub(crate) static WIDGET: Typed = Typed {
    name: "widget",
    words: "a widget",
    of: &[
        ("Dropdown", &DROPDOWN),
        ("RadioGroup", &RADIO_GROUP),
        ("CheckboxGroup", &CHECKBOX_GROUP),
        ("Checkbox", &CHECKBOX),
        ("TextInput", &TEXT_INPUT),
        ("TextArea", &TEXT_AREA),
        ("RichText", &RICH_TEXT),
        ("TextInputList", &TEXT_INPUT_LIST),
        ("NumberInput", &NUMBER_INPUT),
        ("NumberInputList", &NUMBER_INPUT_LIST),
        ("CurrencyInput", &CURRENCY_INPUT),
        ("DatePicker", &DATE_PICKER),
        ("TimePicker", &TIME_PICKER),
        ("ColorPicker", &COLOR_PICKER),
        ("FilePicker", &FILE_PICKER),
        ("JsonEditor", &JSON_EDITOR),
        ("UserDropdown", &USER_DROPDOWN),
        ("AddressAutocomplete", &ADDRESS_AUTOCOMPLETE),
    ],
};

const fn widget(name: &'static str, words: &'static str, doc: &'static str, keys: &'static [Key]) -> Record {
    Record { name, words, doc, keys, one_of: &[] }
}

const PLACEHOLDER: Key = Key::new("placeholder", SHORT, "What stands there until something is typed.");
const SHORT: Shape = Shape::Text(Text { longest: LONGEST_NAME, blank: true, origin: Origin::Here });
const MIN: Key = Key::new("min", Shape::Number, "The least that is accepted.");
const MAX: Key = Key::new("max", Shape::Number, "The most that is accepted.");
const STEP: Key = Key::new("step", Shape::Number, "How far one press of an arrow goes.");
const DUPLICATES: Key = Key::new("allow_duplicates", Shape::Boolean, "Whether the same value may be there twice.");
const REORDER: Key =
    Key::new("enable_reorder", Shape::Boolean, "Whether the order can be changed; it can unless this is false.");
static ANY_CHOICE: Shape = Shape::Either(&[NAME, Shape::Number, Shape::Record(&CHOICE)]);
const OPTIONS: Key = Key::new(
    "options",
    Shape::List { item: &ANY_CHOICE, most: 1_000 },
    "What can be picked: texts, numbers, or { value, label }.",
)
.required();

static CHOICE: Record = widget(
    "choice",
    "an option",
    "Something that can be picked.",
    &[
        Key::new("value", Shape::Either(&[NAME, Shape::Number]), "The value: a text or a number.").required(),
        Key::new("label", SHORT, "What is shown for it; the value itself when absent."),
    ],
);

static DROPDOWN: Record = widget(
    "dropdown",
    "a Dropdown",
    "A list that opens.",
    &[
        OPTIONS,
        Key::new(
            "search",
            Shape::Word(&[("disabled", "Not at all."), ("static", "Among the options.")]),
            "Whether the options can be searched.",
        ),
        PLACEHOLDER,
    ],
);
static RADIO_GROUP: Record = widget("radio_group", "a RadioGroup", "All options in sight, one to pick.", &[OPTIONS]);
static CHECKBOX_GROUP: Record =
    widget("checkbox_group", "a CheckboxGroup", "All options in sight, several to pick.", &[OPTIONS]);
static CHECKBOX: Record = widget("checkbox", "a Checkbox", "One box to tick.", &[]);
static TEXT_INPUT: Record = widget("text_input", "a TextInput", "One line of text.", &[PLACEHOLDER]);
static TEXT_AREA: Record = widget(
    "text_area",
    "a TextArea",
    "Several lines of text.",
    &[PLACEHOLDER, Key::new("rows", Shape::Number, "The height in lines.")],
);
static RICH_TEXT: Record = widget("rich_text", "a RichText", "Text with formatting, as HTML.", &[PLACEHOLDER]);
static TEXT_INPUT_LIST: Record = widget(
    "text_input_list",
    "a TextInputList",
    "Several texts.",
    &[PLACEHOLDER, DUPLICATES, Key::new("allow_empty_values", Shape::Boolean, "Whether a text may be empty."), REORDER],
);
static NUMBER_INPUT: Record = widget("number_input", "a NumberInput", "A number.", &[PLACEHOLDER, MIN, MAX, STEP]);
static NUMBER_INPUT_LIST: Record = widget(
    "number_input_list",
    "a NumberInputList",
    "Several numbers.",
    &[PLACEHOLDER, DUPLICATES, REORDER, MIN, MAX, STEP],
);
static CURRENCY_INPUT: Record = widget(
    "currency_input",
    "a CurrencyInput",
    "An amount of money.",
    &[
        PLACEHOLDER,
        MIN,
        MAX,
        STEP,
        Key::new("currency", NAME, "The currency, as its ISO 4217 code.").required().example("EUR"),
        Key::new("base", Shape::Word(&[("unit", "Whole units."), ("cents", "Hundredths.")]), "What the number counts."),
    ],
);
static DATE_PICKER: Record = widget(
    "date_picker",
    "a DatePicker",
    "A calendar.",
    &[
        Key::new("format", NAME, "How days are written, in Moment's letters.").example("YYYY-MM-DD"),
        PLACEHOLDER,
        Key::new("min", NAME, "The first day, as ISO text.").example("2024-01-01T00:00:00Z"),
        Key::new("max", NAME, "The last day, as ISO text."),
    ],
);
static TIME_PICKER: Record = widget("time_picker", "a TimePicker", "A time of day.", &[]);
static COLOR_PICKER: Record = widget(
    "color_picker",
    "a ColorPicker",
    "A colour.",
    &[
        PLACEHOLDER,
        Key::new("enable_opacity", Shape::Boolean, "Whether the colour may be see-through."),
        Key::new("quick_palette", NAMES, "Colours at hand."),
    ],
);
static FILE_PICKER: Record = widget(
    "file_picker",
    "a FilePicker",
    "Files.",
    &[
        Key::new("extensions", NAMES, "The endings that are accepted, such as .pdf."),
        Key::new("max_size_mb", Shape::Number, "The largest file, in megabytes."),
        Key::new("max_count", Shape::Whole { least: 1, most: 1_000 }, "How many files at most."),
    ],
);
static JSON_EDITOR: Record = widget("json_editor", "a JsonEditor", "A JSON editor.", &[]);
static USER_DROPDOWN: Record = widget("user_dropdown", "a UserDropdown", "An account of this service.", &[PLACEHOLDER]);
static ADDRESS_AUTOCOMPLETE: Record =
    widget("address_autocomplete", "an AddressAutocomplete", "An address with suggestions.", &[PLACEHOLDER]);
