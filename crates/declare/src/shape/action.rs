//! Actions and their handlers.

use super::form::elements;
use super::root::HEADERS;
use super::{ADDRESS, CONCEALED, Key, MOST_NAMES, NAME, NAMES, RULE, Record, SECRET, STATEMENT, Shape, TEMPLATE};

/// An action of a collection.
pub(crate) static ACTION: Record = Record {
    name: "action",
    words: "an action",
    doc: "A button: what it asks and what it does. It has exactly one of update, sql, http and webhook.",
    keys: &[
        Key::new("name", NAME, "What the button says; unique within the collection.")
            .required()
            .example("Mark as Live"),
        Key::new(
            "scope",
            Shape::Word(&[
                ("single", "Exactly one record."),
                ("bulk", "One record or many."),
                ("global", "The collection as such."),
            ]),
            "How many records the action is about.",
        )
        .required(),
        Key::new("description", TEXT, "A sentence shown above the form."),
        Key::new("submit_label", LABEL, "What the form's button says instead of the action's name."),
        Key::new(
            "mode",
            Shape::Word(&[
                ("foreground", "Whoever presses the button waits for the end."),
                ("background", "It goes on while they do something else."),
            ]),
            "Whether whoever presses the button waits.",
        ),
        Key::new(
            "type",
            Shape::Word(&[
                ("neutral", "Like any other button."),
                ("success", "Green: something good."),
                ("warning", "Amber: think first."),
                ("danger", "Red: cannot be undone."),
            ]),
            "What the button looks like.",
        ),
        Key::new("confirm", TEMPLATE, "A question that is asked before the action runs: a template.")
            .example("Make {{ record.name }} live?"),
        Key::new(
            "success",
            TEMPLATE,
            "What is said when it worked: a template. `count` is how many records or rows changed.",
        )
        .example("{{ count }} companies are live."),
        Key::new("success_html", TEMPLATE, "Markup shown when it worked: a template that escapes its values."),
        Key::new("error", TEMPLATE, "What is said when it did not work: a template. `error` is the reason.")
            .example("That did not work: {{ error }}"),
        Key::new("refresh", NAMES, "Relations of the record that screens load again after success."),
        Key::new("allow", RULE, "A rule that must hold, else the action is refused.")
            .example("record.status != 'live'"),
        Key::new("allow_message", TEMPLATE, "What is said when `allow` does not hold: a template."),
        Key::new(
            "generates_file",
            Shape::Boolean,
            "Whether a file may come back, so that screens prepare for a download.",
        ),
        Key::new("form", elements(), "What the action asks: fields, rows, separators, texts and pages, in order."),
        Key::new(
            "update",
            Shape::Named { item: &Shape::Value, most: 200 },
            "Sets these columns of the selected records: constants, templates or rules.",
        ),
        Key::new("sql", Shape::Record(&SQL), "Runs statements on the collection's database, in one transaction."),
        Key::new("http", Shape::Record(&HTTP), "Asks a backend to do it, as Smart Actions are asked."),
        Key::new("webhook", Shape::Record(&WEBHOOK), "Posts to a URL, signed as Standard Webhooks."),
    ],
    one_of: &["update", "sql", "http", "webhook"],
};

const TEXT: Shape = Shape::Text(super::Text { longest: 4_096, blank: true, origin: super::Origin::Here });
const LABEL: Shape = Shape::Text(super::Text { longest: 200, blank: false, origin: super::Origin::Here });

static SQL: Record = Record {
    name: "sql",
    words: "“sql”",
    doc: "Statements of SQL with named parameters, which are always bound: :id, :ids, :values.amount, :caller.email.",
    keys: &[
        Key::new("statement", STATEMENT, "The statement.")
            .example("update companies set status = 'live' where id in (:ids)"),
        Key::new("statements", Shape::List { item: &STATEMENT, most: 50 }, "The statements, run one after the other."),
        Key::new(
            "per",
            Shape::Word(&[
                ("selection", "The statements run once, with :ids."),
                ("record", "The statements run for each selected record, with :id and :record."),
            ]),
            "Whether the statements run once or for each record.",
        ),
        Key::new(
            "result",
            Shape::Word(&[("table", "A table in a panel."), ("csv", "A CSV file."), ("xlsx", "A spreadsheet.")]),
            "What becomes of the rows of the last statement that returns some.",
        ),
        Key::new("file_name", TEMPLATE, "What the file is called: a template.")
            .example("report-{{ caller.email }}.csv"),
    ],
    one_of: &["statement", "statements"],
};

static HTTP: Record = Record {
    name: "http_action",
    words: "“http”",
    doc: "A call to a backend with the payload and token of Smart Actions.",
    keys: &[
        Key::new(
            "endpoint",
            ADDRESS,
            "A path relative to [http].endpoint, or a URL; /forest/actions/<name> when absent.",
        )
        .example("/forest/actions/mark-as-live"),
        Key::new(
            "http_method",
            Shape::Word(&[
                ("POST", "As most backends expect."),
                ("GET", "With the payload in the query."),
                ("PUT", "Replaces."),
                ("PATCH", "Changes."),
                ("DELETE", "Deletes."),
            ]),
            "The HTTP method.",
        ),
        Key::new(
            "slug",
            Shape::Word(&[
                ("express", "As forest-express and forest_liana do."),
                ("rails", "The same as express."),
                ("django", "As django-forestadmin does."),
            ]),
            "How the default endpoint is made from the action's name.",
        ),
        Key::new("hooks", Shape::Record(&HOOKS), "Which parts of the form the backend computes."),
        Key::new(
            "hook_body",
            Shape::Word(&[("express", "Nested under data.attributes."), ("django", "Flat.")]),
            "The shape of what hooks are sent.",
        ),
        Key::new("headers", HEADERS, "Headers of every call, by name."),
        Key::new("collection", NAME, "The collection's name at the backend, when it is another."),
        Key::new("smart_action_id", NAME, "The action's id at the backend; <collection>.<Name> when absent."),
        Key::new(
            "resolve_ids",
            Shape::Boolean,
            "Whether 'all records' is sent as ids (at most 10,000) and not as a filter.",
        ),
    ],
    one_of: &[],
};

static HOOKS: Record = Record {
    name: "hooks",
    words: "“hooks”",
    doc: "Which parts of the form the backend computes.",
    keys: &[
        Key::new("load", Shape::Boolean, "Whether the backend is asked for the form when it opens."),
        Key::new(
            "change",
            Shape::Either(&[NAMES, Shape::Named { item: &NAME, most: MOST_NAMES }]),
            "The fields whose change the backend is told: a list, or a table from each field to its hook's name there.",
        ),
    ],
    one_of: &[],
};

static WEBHOOK: Record = Record {
    name: "webhook",
    words: "“webhook”",
    doc: "A post to a URL, signed as Standard Webhooks when there is a secret.",
    keys: &[
        Key::new("url", CONCEALED, "Where to; http or https.").required().example("${env:SLACK_URL}"),
        Key::new("secret", SECRET, "The signing secret, whsec_…; unsigned when absent.").example("${env:HOOK_SECRET}"),
        Key::new(
            "method",
            Shape::Word(&[("POST", "As webhooks do."), ("PUT", "Replaces."), ("PATCH", "Changes.")]),
            "The HTTP method.",
        ),
        Key::new("headers", HEADERS, "Headers of the call, by name."),
        Key::new("body", Shape::Constant, "What is sent, as JSON. The texts in it are templates."),
        Key::new("body_rule", RULE, "What is sent, as a rule, instead of body."),
    ],
    one_of: &[],
};
