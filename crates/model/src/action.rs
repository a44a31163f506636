//! What an action is, apart from what it does.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many records an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Exactly one.
    Single,
    /// One or many.
    Bulk,
    /// The collection as such.
    Global,
}

/// Whether a caller waits for an action's end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The answer is what came of it.
    #[default]
    Foreground,
    /// The answer is that it began; what comes of it is in its job.
    Background,
}

impl Mode {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Foreground, Self::Background];

    /// The mode's name in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Foreground => "foreground",
            Self::Background => "background",
        }
    }
}

/// What an action's button looks like, so that a dangerous one is told from the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// One among others.
    #[default]
    Neutral,
    /// It completes or accepts something.
    Success,
    /// It deserves a second look.
    Warning,
    /// It destroys or refuses something.
    Danger,
}

impl ActionKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Neutral, Self::Success, Self::Warning, Self::Danger];

    /// The kind's name in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }
}

/// Names an action within its collection: its name in lower case with every
/// run of other characters than letters and digits as one dash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionId(String);

impl ActionId {
    /// The id that an action of this name has; a text that is an id already stays as it is.
    pub fn from_name(name: &str) -> Self {
        let mut id = String::with_capacity(name.len());
        for character in name.chars().flat_map(char::to_lowercase) {
            if character.is_alphanumeric() {
                id.push(character);
            } else if !id.is_empty() && !id.ends_with('-') {
                id.push('-');
            }
        }
        id.truncate(id.trim_end_matches('-').len());
        Self(id)
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The actions that every writable collection has (and `Export` every collection).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuiltIn {
    /// Adds a record; values by column.
    Create,
    /// Sets columns of the selected records; values by column.
    Update,
    /// Deletes the selected records.
    Delete,
    /// Copies one record, without its key and unique columns that the database fills.
    Duplicate,
    /// Streams all records that match the selection's filter as CSV.
    Export,
    /// Links the selected record to the selection's parent through its relation.
    Associate,
    /// Unlinks the selected records from the selection's parent.
    Dissociate,
}

impl BuiltIn {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 7] =
        [Self::Create, Self::Update, Self::Delete, Self::Duplicate, Self::Export, Self::Associate, Self::Dissociate];

    /// The action's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Delete => "Delete",
            Self::Duplicate => "Duplicate",
            Self::Export => "Export",
            Self::Associate => "Associate",
            Self::Dissociate => "Dissociate",
        }
    }

    /// The action's id.
    pub fn id(self) -> ActionId {
        ActionId::from_name(self.name())
    }

    /// How many records it is about.
    pub const fn scope(self) -> Scope {
        match self {
            Self::Create | Self::Export => Scope::Global,
            Self::Duplicate | Self::Associate => Scope::Single,
            Self::Update | Self::Delete | Self::Dissociate => Scope::Bulk,
        }
    }

    /// Whether it only reads, so that read-only collections have it too.
    pub const fn reads_only(self) -> bool {
        matches!(self, Self::Export)
    }
}

/// An action as everybody may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Unique within the collection.
    pub id: ActionId,
    /// What the button says.
    pub name: String,
    /// How many records it is about.
    pub scope: Scope,
    /// A sentence shown above the form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the form's button says instead of the action's name; at most [`Action::LONGEST_LABEL`] characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submit_label: Option<String>,
    /// Whether a file may come back, so that clients prepare for a download.
    pub generates_file: bool,
    /// Whether a caller waits for its end.
    #[serde(default)]
    pub mode: Mode,
    /// What its button looks like.
    #[serde(default, rename = "type")]
    pub kind: ActionKind,
    /// Set for the actions that nobody had to declare.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub built_in: Option<BuiltIn>,
}

impl Action {
    /// The longest submit label, in characters (Forest's limit).
    pub const LONGEST_LABEL: usize = 50;

    /// An action with this name and scope and nothing else.
    pub fn new(name: impl Into<String>, scope: Scope) -> Self {
        let name = name.into();
        Self {
            id: ActionId::from_name(&name),
            name,
            scope,
            description: None,
            submit_label: None,
            generates_file: false,
            mode: Mode::Foreground,
            kind: ActionKind::Neutral,
            built_in: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_names() {
        for (name, id) in [
            ("Mark as Live", "mark-as-live"),
            ("Mark as live!", "mark-as-live"),
            ("Émettre une facture", "émettre-une-facture"),
            ("a_b c--d", "a-b-c-d"),
            ("mark-as-live", "mark-as-live"),
            ("!!!", ""),
        ] {
            assert_eq!(ActionId::from_name(name).as_str(), id);
        }
    }

    #[test]
    fn words_on_the_wire_are_the_names() {
        for mode in Mode::ALL {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.name());
        }
        for kind in ActionKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn built_ins_are_found_by_their_names() {
        for built_in in BuiltIn::ALL {
            assert_eq!(built_in.id(), ActionId::from_name(built_in.name()));
        }
    }
}
