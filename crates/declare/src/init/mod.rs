//! A first file for an existing database.
//!
//! It is live as far as it can be without changing anything, so that it passes
//! `check` at once, and shows the rest in comments that need only be uncommented.
//! What frameworks keep for themselves and what looks like a secret is left out:
//! a first file is often served as it is.

mod frameworks;
mod sample;
mod secrets;
mod smart_actions;

use std::fmt::Write as _;
use std::sync::Arc;

use levers_model::Collection;

use self::frameworks::apart;
use self::sample::{Status, plain, segment_column, settable, status, title};
use self::secrets::{has_secret_key, secrets};
pub use self::smart_actions::SmartActions;

/// The most collections that are listed; more would bury the example.
const MOST: usize = 200;

/// An application that executes actions, and what it declared of them.
#[derive(Debug)]
pub struct Backend {
    /// Its actions.
    pub actions: SmartActions,
    /// Where it answers; `None` for the port that such applications have by default.
    pub endpoint: Option<String>,
}

/// A commented first file, with the actions of an application when there is one. A password in
/// the URL is replaced by `${env:…}`.
pub fn init(collections: &[Arc<Collection>], url: &str, backend: Option<&Backend>) -> String {
    let mut text = String::new();
    let mut sorted: Vec<&Collection> = collections.iter().map(Arc::as_ref).collect();
    sorted.sort_by(|one, other| one.name.cmp(&other.name));
    let (own, kept) = apart(&sorted);
    // A key cannot be hidden: records are named by it.
    let (open, own): (Vec<&Collection>, Vec<&Collection>) = own.into_iter().partition(|one| has_secret_key(one));
    let mut exclude: Vec<&str> = kept;
    exclude.extend(open.iter().map(|collection| collection.name.as_str()));
    head(&mut text, url, &exclude);
    http(&mut text, backend);
    let example = own.iter().copied().max_by_key(|collection| sample::worth(collection));
    if let Some(example) = example {
        // In MySQL's words a text in double quotes is a text.
        let quote = if url.starts_with("mysql:") || url.starts_with("mariadb:") { '`' } else { '"' };
        whole(&mut text, example, quote);
    }
    let others: Vec<&Collection> = own
        .iter()
        .copied()
        .filter(|collection| example.is_none_or(|example| example.name != collection.name))
        .collect();
    stubs(&mut text, &others);
    if let Some(backend) = backend {
        let own: Vec<&str> = own.iter().map(|collection| collection.name.as_str()).collect();
        text.push_str(&backend.actions.declared(&own).0);
    }
    text
}

fn head(text: &mut String, url: &str, exclude: &[&str]) {
    let (url, note) = without_password(url);
    let exclude = if exclude.is_empty() {
        "# exclude = [\"log_*\"]        # not these".to_owned()
    } else {
        format!(
            "# What a framework keeps for itself, and tables whose key looks secret. Take a name away to serve its tables.\nexclude = {}",
            list(exclude)
        )
    };
    // Writing to a text cannot fail; `let _` says so without a panic's way out.
    let _ = write!(
        text,
        "# What Levers serves. `levers check` says what is wrong in it, with line and nearest word;
# `levers serve` serves it, and takes up changes without a restart.
# For completion in your editor: levers schema --format file > levers.schema.json, and uncomment this:
# #:schema levers.schema.json

# Where to listen.
# listen = \"127.0.0.1:3310\"

# What tokens are signed with: at least 32 characters (openssl rand -hex 32). Secrets have no place in
# this file: write ${{env:NAME}} for an environment variable, ${{file:/path}} for the text of a file.
# auth_secret = \"${{env:LEVERS_AUTH_SECRET}}\"

[database]
{note}url = {url}
# include = [\"companies\"]    # only these tables and views
{exclude}
"
    );
}

/// Where the backend is; a comment when there is none.
fn http(text: &mut String, backend: Option<&Backend>) {
    text.push_str(
        "
# Backends that execute actions by http or webhook. Levers calls public addresses only, so that nobody can make
# it reach into your network; a backend on a private address is called when its host stands under allow_private.
",
    );
    let Some(backend) = backend else {
        text.push_str("# [http]\n# endpoint = \"http://127.0.0.1:8000\"\n# allow_private = [\"127.0.0.1:8000\"]\n");
        return;
    };
    let endpoint = backend.endpoint.as_deref().unwrap_or_else(|| backend.actions.usual_endpoint());
    let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let _ = write!(text, "[http]\nendpoint = {}\nallow_private = [{}]\n", quoted(endpoint), quoted(host));
}

/// The URL as it can stand in a file, quoted, and a comment when something was taken out of it.
fn without_password(url: &str) -> (String, &'static str) {
    const NOTE: &str = "# The password is taken from the environment: export DATABASE_PASSWORD=…\n";
    let safe = || Some(url.split_once("://")?.1.split(['/', '?', '#']).next().unwrap_or_default());
    let Some((user, _)) = safe().and_then(|authority| authority.rsplit_once('@')) else {
        let in_query = url.to_lowercase().contains("password=");
        return if in_query { (quoted("${env:DATABASE_URL}"), "") } else { (quoted(&escaped(url)), "") };
    };
    match user.split_once(':') {
        Some((name, password)) if !password.is_empty() => {
            let before = url.find(user).unwrap_or_default() + name.len() + 1;
            let after = &url[before + password.len()..];
            (quoted(&format!("{}${{env:DATABASE_PASSWORD}}{}", escaped(&url[..before]), escaped(after))), NOTE)
        }
        _ => (quoted(&escaped(url)), ""),
    }
}

/// With `${` as itself.
fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

/// A basic text of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(character);
            }
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// A list of texts of TOML.
fn list(texts: &[&str]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

/// A key of TOML, quoted where it has to be.
fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.is_empty() && name.bytes().all(bare) { name.to_owned() } else { quoted(name) }
}

/// A name as people write it: `order_items` is “Order items”.
fn label(name: &str) -> String {
    let words = name.replace(['_', '.'], " ");
    let mut letters = words.trim().chars();
    letters.next().map_or_else(|| name.to_owned(), |first| first.to_uppercase().chain(letters).collect())
}

fn whole(text: &mut String, collection: &Collection, quote: char) {
    let name = key(&collection.name);
    let _ = write!(
        text,
        "\n# ── {} ──\n\n[collections.{name}]\nlabel = {}\n",
        collection.name,
        quoted(&label(&collection.name))
    );
    if let Some(title) = title(collection) {
        let _ = writeln!(text, "title = \"{title}\"   # what a record is called");
    }
    match secrets(collection).as_slice() {
        [] => text.push_str("# hidden = [\"internal_note\"]     # nobody is shown these\n"),
        found => hidden(text, found),
    }
    text.push_str("# read_only = [\"created_at\"]    # Create, Update and Duplicate refuse these\n");
    segment(text, collection, &name);
    actions(text, collection, &name, quote);
}

/// The live line that hides what looks secret.
fn hidden(text: &mut String, secrets: &[&str]) {
    let _ = writeln!(text, "hidden = {}   # looks secret: shown to nobody", list(secrets));
}

fn segment(text: &mut String, collection: &Collection, name: &str) {
    let equal = |column: &str, value: &str| {
        format!("{{ field = {}, operator = \"equal\", value = {} }}", quoted(column), quoted(value))
    };
    let present = |column: &str| format!("{{ field = {}, operator = \"present\" }}", quoted(column));
    let (called, filter, help) = match (status(collection), segment_column(collection)) {
        (Some(Status { column, value: Some(value), .. }), _) => (label(&value), equal(column, &value), String::new()),
        (Some(Status { column, value: None, .. }), _) => {
            (format!("With {column}"), present(column), format!(" Or with one value: {}", equal(column, "…")))
        }
        (None, Some(column)) => (format!("With {column}"), present(column), String::new()),
        (None, None) => return,
    };
    let _ = write!(
        text,
        "\n# A named filter of the list.{help}\n[[collections.{name}.segments]]\nname = {}\nfilter = {filter}\n",
        quoted(&called),
    );
}

fn actions(text: &mut String, collection: &Collection, name: &str, quote: char) {
    let identifier = |name: &str| identifier(name, quote);
    // A name from another schema has a dot in it.
    let table = collection.name.split('.').map(identifier).collect::<Vec<_>>().join(".");
    let _ = write!(
        text,
        "\n# Statements with named parameters, which are always bound. This one only reads.\n[[collections.{name}.actions]]\nname = \"Count all\"\nscope = \"global\"\nsql = {{ statement = {}, result = \"table\" }}\n",
        quoted(&format!("select count(*) as total from {table}")),
    );
    let [primary] = collection.primary_key.as_slice() else { return };
    if !collection.read_only {
        update(text, collection, name);
    }
    if let Some(column) = settable(collection) {
        let title = title(collection).unwrap_or_else(|| format!("{{{{ record.{column} }}}}"));
        let _ = write!(
            text,
            "
# A statement for one record.
# [[collections.{name}.actions]]
# name = \"Clear {column}\"
# scope = \"single\"
# success = \"{title} was cleared.\"
# sql = {{ statement = {} }}
",
            quoted(&format!("update {table} set {} = '' where {} = :id", identifier(column), identifier(primary))),
        );
    }
    let _ = write!(
        text,
        "
# A call to a backend that you have: it gets the payload and token of Smart Actions. It needs [http], above.
# [[collections.{name}.actions]]
# name = \"Generate invoice\"
# scope = \"single\"
# http = {{ endpoint = \"/forest/actions/generate-invoice\" }}
"
    );
}

/// Sets a column: the status to a value that it can have, else whatever is typed.
fn update(text: &mut String, collection: &Collection, name: &str) {
    let status = status(collection).filter(|status| status.is_settable);
    let (column, value) = match &status {
        Some(Status { column, value, .. }) => (*column, value.as_deref()),
        None => match settable(collection) {
            Some(column) => (column, None),
            None => return,
        },
    };
    let called = value.map_or_else(|| format!("Change {column}"), |value| format!("Set {column} to {value}"));
    let _ = write!(
        text,
        "
# Sets columns of the selected records: constants, templates, or rules such as {{ rule = \"record.score + 1\" }}.
# Take away the # to have the button.
# [[collections.{name}.actions]]
# name = {}
# scope = \"bulk\"
# confirm = \"Change {{{{ count }}}} records?\"
# success = \"{{{{ count }}}} records were changed.\"
# update = {{ {} = {} }}
",
        quoted(&called),
        key(column),
        quoted(value.unwrap_or("{{ values.new_value }}")),
    );
    if value.is_none() {
        let _ = write!(
            text,
            "#   [[collections.{name}.actions.form]]
#   field = \"new_value\"
#   type = \"String\"
#   required = true
"
        );
    }
}

/// Lower case names need no quotes anywhere.
fn identifier(name: &str, quote: char) -> String {
    if plain(name) && !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_owned()
    } else {
        format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")))
    }
}

fn stubs(text: &mut String, others: &[&Collection]) {
    if others.is_empty() {
        return;
    }
    text.push_str("\n# ── The other collections, with their columns ──\n");
    for (index, collection) in others.iter().enumerate() {
        let secrets = secrets(collection);
        // What is hidden has to be said, however many there are.
        if index >= MOST && secrets.is_empty() {
            continue;
        }
        let columns: Vec<&str> = collection.columns().map(|(name, _)| name).take(12).collect();
        let columns = columns.join(", ").replace(['\n', '\r'], " ");
        let live = if secrets.is_empty() { "# " } else { "" };
        let _ = write!(text, "\n{live}[collections.{}]   # {columns}\n", key(&collection.name));
        let _ = writeln!(text, "# label = {}", quoted(&label(&collection.name)));
        if !secrets.is_empty() {
            hidden(text, &secrets);
        }
    }
    let left = others.iter().skip(MOST).filter(|collection| secrets(collection).is_empty()).count();
    if left > 0 {
        let _ = write!(text, "\n# … and {left} more.\n");
    }
}
