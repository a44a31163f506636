//! A first file for an existing database.
//!
//! It is live as far as it can be without changing anything, so that it passes
//! `check` at once, and shows the rest in comments that need only be uncommented.

use std::fmt::Write as _;
use std::sync::Arc;

use levers_model::{Collection, Column, ColumnType};

/// The most collections that are listed; more would bury the example.
const MOST: usize = 200;

/// A commented first file. A password in the URL is replaced by `${env:…}`.
pub fn init(collections: &[Arc<Collection>], url: &str) -> String {
    let mut text = String::new();
    head(&mut text, url);
    let mut sorted: Vec<&Collection> = collections.iter().map(Arc::as_ref).collect();
    sorted.sort_by(|one, other| one.name.cmp(&other.name));
    let example = sorted.iter().copied().max_by_key(|collection| worth(collection));
    if let Some(example) = example {
        // In MySQL's words a text in double quotes is a text.
        let quote = if url.starts_with("mysql:") || url.starts_with("mariadb:") { '`' } else { '"' };
        whole(&mut text, example, quote);
    }
    let others: Vec<&Collection> =
        sorted.into_iter().filter(|collection| example.is_none_or(|example| example.name != collection.name)).collect();
    stubs(&mut text, &others);
    text
}

/// How much a collection has to show: a record can be picked, a text read and a column set.
fn worth(collection: &Collection) -> (bool, bool, bool, usize) {
    let writable = !collection.read_only && collection.primary_key.len() == 1;
    let filtered = segment_column(collection).is_some();
    (writable, settable(collection).is_some(), filtered, collection.columns().count())
}

fn head(text: &mut String, url: &str) {
    let (url, note) = without_password(url);
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
# exclude = [\"migrations\"]   # not these

# Backends that execute actions by http or webhook. Levers calls public addresses only, so that nobody can make
# it reach into your network; a backend on a private address is called when its host stands under allow_private.
# [http]
# endpoint = \"http://127.0.0.1:8000\"
# allow_private = [\"127.0.0.1:8000\"]
"
    );
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

/// Whether a name can stand in a template or statement as it is.
fn plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What a record is called: the template of a name, as far as the columns' names tell.
fn title(collection: &Collection) -> Option<String> {
    const GIVEN: [&str; 3] = ["first_name", "firstname", "given_name"];
    const FAMILY: [&str; 4] = ["last_name", "lastname", "family_name", "surname"];
    const NAMES: [&str; 7] = ["name", "full_name", "fullname", "title", "label", "email", "subject"];
    let texts = || {
        let texts = collection.columns().filter(|(_, column)| column.column_type == ColumnType::Text);
        texts.map(|(name, _)| name).filter(|name| plain(name))
    };
    let one_of =
        |wanted: &[&str]| wanted.iter().find_map(|wanted| texts().find(|name| name.eq_ignore_ascii_case(wanted)));
    let said = |name: &str| format!("{{{{ record.{name} }}}}");
    match (one_of(&GIVEN), one_of(&FAMILY)) {
        (Some(given), Some(family)) => Some(format!("{} {}", said(given), said(family))),
        _ => one_of(&NAMES).or_else(|| texts().next()).map(said),
    }
}

/// A column that an example may set to a text.
fn settable(collection: &Collection) -> Option<&str> {
    let fits = |name: &str, column: &Column| {
        column.column_type == ColumnType::Text
            && !column.read_only
            && !column.primary_key
            && !collection.is_foreign_key(name)
    };
    collection.columns().find(|(name, column)| fits(name, column) && plain(name)).map(|(name, _)| name)
}

/// A column by which a list can be narrowed.
fn segment_column(collection: &Collection) -> Option<&str> {
    collection.columns().find(|(_, column)| column.nullable && !column.primary_key).map(|(name, _)| name)
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
    text.push_str("# hidden = [\"internal_note\"]     # nobody is shown these\n");
    text.push_str("# read_only = [\"created_at\"]    # Create, Update and Duplicate refuse these\n");
    if let Some(column) = segment_column(collection) {
        let _ = write!(
            text,
            "\n# A named filter of the list.\n[[collections.{name}.segments]]\nname = {}\nfilter = {{ field = {}, operator = \"present\" }}\n",
            quoted(&format!("With {column}")),
            quoted(column),
        );
    }
    actions(text, collection, &name, quote);
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
    let (Some(column), [primary]) = (settable(collection), collection.primary_key.as_slice()) else { return };
    let title = title(collection).unwrap_or_else(|| format!("{{{{ record.{column} }}}}"));
    let _ = write!(
        text,
        "
# Sets columns of the selected records: constants, templates, or rules such as {{ rule = \"record.score + 1\" }}.
# Take away the # to have the button.
# [[collections.{name}.actions]]
# name = \"Change {column}\"
# scope = \"bulk\"
# confirm = \"Change {{{{ count }}}} records?\"
# success = \"{{{{ count }}}} records were changed.\"
# update = {{ {} = \"{{{{ values.new_value }}}}\" }}
#   [[collections.{name}.actions.form]]
#   field = \"new_value\"
#   type = \"String\"
#   required = true

# A statement for one record.
# [[collections.{name}.actions]]
# name = \"Clear {column}\"
# scope = \"single\"
# success = \"{} was cleared.\"
# sql = {{ statement = {} }}

# A call to a backend that you have: it gets the payload and token of Smart Actions. It needs [http], above.
# [[collections.{name}.actions]]
# name = \"Generate invoice\"
# scope = \"single\"
# http = {{ endpoint = \"/forest/actions/generate-invoice\" }}
",
        key(column),
        title,
        quoted(&format!("update {table} set {} = '' where {} = :id", identifier(column), identifier(primary))),
    );
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
    for collection in others.iter().take(MOST) {
        let columns: Vec<&str> = collection.columns().map(|(name, _)| name).take(12).collect();
        let columns = columns.join(", ").replace(['\n', '\r'], " ");
        let _ = write!(text, "\n# [collections.{}]   # {columns}\n", key(&collection.name));
        let _ = writeln!(text, "# label = {}", quoted(&label(&collection.name)));
    }
    if others.len() > MOST {
        let _ = write!(text, "\n# … and {} more.\n", others.len() - MOST);
    }
}
