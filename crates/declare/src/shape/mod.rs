//! What a file may hold, described once.
//!
//! The description is data: the reader walks a parsed file along it and finds
//! every mistake, and the JSON Schema that editors complete from is printed from
//! it. What the one refuses the other underlines, with the same words.
//!
//! Rejected: serde with `deny_unknown_fields`. It stops at the first mistake, and
//! a second description would be needed for editors, with words of its own.

pub(crate) mod action;
pub(crate) mod form;
mod legacy;
pub(crate) mod root;
pub(crate) mod schema;
pub(crate) mod walk;
pub(crate) mod widget;

/// What may stand in one place.
pub(crate) enum Shape {
    /// A text.
    Text(Text),
    /// One of these words, each with what it means.
    Word(&'static [(&'static str, &'static str)]),
    /// True or false.
    Boolean,
    /// A whole number between these two.
    Whole {
        /// The smallest.
        least: i64,
        /// The greatest.
        most: i64,
    },
    /// Any number.
    Number,
    /// Any value.
    Constant,
    /// Any value, or `{ rule = "…" }`.
    Value,
    /// Several of the same.
    List {
        /// What each is.
        item: &'static Shape,
        /// How many at most.
        most: usize,
    },
    /// A table whose keys are names that the author gives.
    Named {
        /// What stands under each name.
        item: &'static Shape,
        /// How many at most.
        most: usize,
    },
    /// A table with these keys.
    Record(&'static Record),
    /// One of several, told apart by their TOML types.
    Either(&'static [Shape]),
    /// One of several tables, told apart by a key that only one of them has.
    Variants(&'static Variants),
    /// One of several tables, told apart by the word under `type`.
    Typed(&'static Typed),
}

/// What a text may be.
pub(crate) struct Text {
    /// How many bytes at most.
    pub(crate) longest: usize,
    /// Whether it may be empty.
    pub(crate) blank: bool,
    /// Where it may come from.
    pub(crate) origin: Origin,
}

/// Where a text may come from, and whether it may be seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From the file alone.
    Here,
    /// Also from the environment or another file, by `${…}`.
    Anywhere,
    /// The same, and it is never shown, because it may hold a secret.
    Concealed,
    /// The same, and in the file itself it has no place.
    Secret,
    /// The same, when it is a URL with a password.
    Url,
}

/// A table with known keys.
pub(crate) struct Record {
    /// The name of its definition in the JSON Schema.
    pub(crate) name: &'static str,
    /// What it is called in messages, with its article.
    pub(crate) words: &'static str,
    /// What it is.
    pub(crate) doc: &'static str,
    /// Its keys.
    pub(crate) keys: &'static [Key],
    /// Keys of which exactly one must be there.
    pub(crate) one_of: &'static [&'static str],
}

/// A key of a table.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
    /// What it means, as sentences.
    pub(crate) doc: &'static str,
    /// How it may look, where words do not say it; a text.
    pub(crate) example: Option<&'static str>,
}

/// Tables of which each has one key that no other has.
pub(crate) struct Variants {
    /// The name of its definition in the JSON Schema.
    pub(crate) name: &'static str,
    /// What it is called in messages, with its article.
    pub(crate) words: &'static str,
    /// The telling key, and the table that has it.
    pub(crate) of: &'static [(&'static str, &'static Record)],
}

/// Tables told apart by the word under `type`.
pub(crate) struct Typed {
    /// The name of its definition in the JSON Schema.
    pub(crate) name: &'static str,
    /// What it is called in messages, with its article.
    pub(crate) words: &'static str,
    /// The word, and the table that it stands for; the key `type` itself is not among its keys.
    pub(crate) of: &'static [(&'static str, &'static Record)],
}

impl Record {
    /// The key of this name.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The names of all keys.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name)
    }
}

impl Key {
    /// A key that need not be there.
    pub(crate) const fn new(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { name, shape, required: false, doc, example: None }
    }

    /// It must be there.
    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// How it may look.
    pub(crate) const fn example(mut self, example: &'static str) -> Self {
        self.example = Some(example);
        self
    }
}

/// The longest name of a collection, field or action, in bytes.
pub(crate) const LONGEST_NAME: usize = 200;
/// The longest rule or template, in bytes: what the rules themselves take.
pub(crate) const LONGEST_EXPRESSION: usize = 4 * 1024;
/// The longest statement of SQL, in bytes.
pub(crate) const LONGEST_STATEMENT: usize = 64 * 1024;
/// The most names in a list of tables, columns or relations.
pub(crate) const MOST_NAMES: usize = 1_000;

const fn text(longest: usize, blank: bool, origin: Origin) -> Shape {
    Shape::Text(Text { longest, blank, origin })
}

/// A name, which is never empty.
pub(crate) const NAME: Shape = text(LONGEST_NAME, false, Origin::Here);
/// A list of names.
pub(crate) const NAMES: Shape = Shape::List { item: &NAME, most: MOST_NAMES };
/// A template with text or markup.
pub(crate) const TEMPLATE: Shape = text(LONGEST_EXPRESSION, true, Origin::Here);
/// A rule.
pub(crate) const RULE: Shape = text(LONGEST_EXPRESSION, false, Origin::Here);
/// A statement of SQL.
pub(crate) const STATEMENT: Shape = text(LONGEST_STATEMENT, false, Origin::Here);
/// A path, an address, and other short texts from anywhere.
pub(crate) const ADDRESS: Shape = text(2_000, false, Origin::Anywhere);
/// The same, never shown.
pub(crate) const CONCEALED: Shape = text(8_000, true, Origin::Concealed);
/// A secret.
pub(crate) const SECRET: Shape = text(8_000, false, Origin::Secret);
/// The URL of a database.
pub(crate) const URL: Shape = text(2_000, false, Origin::Url);
/// True, false, or a rule that says which.
pub(crate) const BOOLEAN_OR_RULE: Shape = Shape::Either(&[Shape::Boolean, RULE]);
