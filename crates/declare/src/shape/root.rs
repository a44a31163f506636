//! The file itself: settings, data sources, backends, collections, segments.

use super::action::ACTION;
use super::{
    ADDRESS, CONCEALED, Key, LONGEST_NAME, MOST_NAMES, NAME, NAMES, Record, SECRET, Shape, TEMPLATE, URL, Variants,
};

/// The whole file.
pub(crate) static ROOT: Record = Record {
    name: "file",
    words: "the file",
    doc: "What Levers serves: settings, data sources, and what is declared on their collections.",
    keys: &[
        Key::new("listen", ADDRESS, "The address and port to listen on.").example("127.0.0.1:3310"),
        Key::new("store", ADDRESS, "The file that keeps jobs and events.").example("levers.db"),
        Key::new("auth_secret", SECRET, "What tokens are signed with; at least 32 characters.")
            .example("${env:LEVERS_AUTH_SECRET}"),
        Key::new("env_secret", SECRET, "What Forest's server and its agents share.")
            .example("${env:LEVERS_ENV_SECRET}"),
        Key::new("body_limit_mb", Shape::Whole { least: 1, most: 4_000 }, "The largest request body, in megabytes."),
        Key::new("log", ADDRESS, "What is logged, in the words of tracing's filters.").example("info,sqlx=warn"),
        Key::new(
            "log_format",
            Shape::Word(&[("text", "Lines for people."), ("json", "One JSON object a line.")]),
            "How log lines look.",
        ),
        Key::new("database", Shape::Record(&SOURCE), "The database whose collections are served, when it is one."),
        Key::new(
            "sources",
            Shape::Named { item: &Shape::Record(&SOURCE), most: 50 },
            "The databases whose collections are served, by name, when there are several.",
        ),
        Key::new("http", Shape::Record(&HTTP), "How backends are called by actions with http or webhook."),
        Key::new(
            "collections",
            Shape::Named { item: &Shape::Record(&COLLECTION), most: 2_000 },
            "What is declared on collections (tables and views), by their names.",
        ),
    ],
    one_of: &[],
};

static SOURCE: Record = Record {
    name: "source",
    words: "a data source",
    doc: "A database whose tables and views become collections.",
    keys: &[
        Key::new("url", URL, "Where the database is. Passwords come from outside: ${env:NAME} or ${file:/path}.")
            .example("postgres://shop:${env:DB_PASSWORD}@localhost/shop"),
        Key::new(
            "include",
            NAMES,
            "Only these tables and views; all when absent. * stands for any letters, ? for one.",
        ),
        Key::new("exclude", NAMES, "Not these tables and views. * stands for any letters, ? for one."),
        Key::new("schemas", NAMES, "Of these schemas (PostgreSQL)."),
    ],
    one_of: &[],
};

static HTTP: Record = Record {
    name: "http",
    words: "[http]",
    doc: "How backends are called by actions with http or webhook.",
    keys: &[
        Key::new("endpoint", ADDRESS, "The base of backends' URLs; the paths of actions are relative to it.")
            .example("http://127.0.0.1:8000"),
        Key::new(
            "allow_private",
            Shape::List { item: &ADDRESS, most: 200 },
            "Hosts that may have a private address: host, host:port or a block such as 10.0.0.0/8. No other is called.",
        ),
        Key::new("timeout_seconds", SECONDS, "How long an answer may take to begin, and to go on, in seconds."),
        Key::new("total_seconds", SECONDS, "How long a whole call may take, in seconds."),
        Key::new("max_answer_mb", MEGABYTES, "The largest answer that is not a file, in megabytes."),
        Key::new("max_file_mb", MEGABYTES, "The largest file that a backend may answer with, in megabytes."),
    ],
    one_of: &[],
};

const SECONDS: Shape = Shape::Whole { least: 1, most: 86_400 };
const MEGABYTES: Shape = Shape::Whole { least: 1, most: 1_000_000 };

static COLLECTION: Record = Record {
    name: "collection",
    words: "a collection",
    doc: "What is declared on a table or view.",
    keys: &[
        Key::new("label", NAME, "What the collection is called on screens.").example("Companies"),
        Key::new("title", TEMPLATE, "What a record is called: a template over its columns.")
            .example("{{ record.name }}"),
        Key::new("hidden", NAMES, "Fields that nobody is shown. Handlers may still write them."),
        Key::new(
            "read_only",
            NAMES,
            "Fields that Create, Update and Duplicate refuse. Declared actions may write them.",
        ),
        Key::new(
            "segments",
            Shape::List { item: &Shape::Record(&SEGMENT), most: 100 },
            "Named filters of the collection.",
        ),
        Key::new(
            "actions",
            Shape::List { item: &Shape::Record(&ACTION), most: 200 },
            "The actions of the collection, in the order in which they are shown.",
        ),
    ],
    one_of: &[],
};

static SEGMENT: Record = Record {
    name: "segment",
    words: "a segment",
    doc: "A named filter of a collection.",
    keys: &[
        Key::new("name", NAME, "What the segment is called; unique within the collection.").required().example("Live"),
        Key::new("filter", Shape::Variants(&CONDITION), "What its records pass.").required(),
    ],
    one_of: &[],
};

static CONDITION: Variants = Variants {
    name: "condition",
    words: "a condition",
    of: &[("field", &LEAF), ("and", &AND), ("or", &OR), ("not", &NOT)],
};

static LEAF: Record = Record {
    name: "test",
    words: "a condition on a field",
    doc: "A test of one field.",
    keys: &[
        Key::new(
            "field",
            Shape::Text(super::Text { longest: LONGEST_NAME, blank: false, origin: super::Origin::Here }),
            "A column, or one through relations to one record: company:name.",
        )
        .required()
        .example("status"),
        Key::new("operator", NAME, "How the field is tested; which tests there are depends on its type.")
            .required()
            .example("equal"),
        Key::new("value", Shape::Constant, "What it is tested against; left out where the operator takes none."),
    ],
    one_of: &[],
};

// Statics and functions, because conditions are made of conditions: a constant would have to be known to be known.
static ANY_CONDITION: Shape = Shape::Variants(&CONDITION);

const fn conditions() -> Shape {
    Shape::List { item: &ANY_CONDITION, most: MOST_NAMES }
}

static AND: Record = Record {
    name: "all_of",
    words: "a condition with “and”",
    doc: "All of these hold.",
    keys: &[Key::new("and", conditions(), "The conditions.").required()],
    one_of: &[],
};

static OR: Record = Record {
    name: "any_of",
    words: "a condition with “or”",
    doc: "At least one of these holds.",
    keys: &[Key::new("or", conditions(), "The conditions.").required()],
    one_of: &[],
};

static NOT: Record = Record {
    name: "none_of",
    words: "a condition with “not”",
    doc: "This does not hold.",
    keys: &[Key::new("not", Shape::Variants(&CONDITION), "The condition.").required()],
    one_of: &[],
};

/// Texts of headers.
pub(crate) const HEADERS: Shape = Shape::Named { item: &CONCEALED, most: 50 };
