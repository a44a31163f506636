//! What the check knows of an expression: its type, and how large its value may be.

use std::fmt;

use crate::check::measure;
use crate::facts::{LONGEST_TEXT, MOST_ITEMS};
use crate::types::Type;

/// The type of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A mistake was found inside; it fits everywhere.
    Wrong,
    /// The word `null`.
    Null,
    /// A span of time; it exists within rules only.
    Duration,
    /// A type that variables have too.
    Is(Type),
}

impl Kind {
    /// The type, when variables can have it.
    pub(super) fn as_type(&self) -> Option<Type> {
        match self {
            Self::Wrong | Self::Null => Some(Type::Json),
            Self::Duration => None,
            Self::Is(known) => Some(known.clone()),
        }
    }

    /// Whether two values can be equal at all.
    pub(super) fn compares(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Wrong | Self::Null, _) | (_, Self::Wrong | Self::Null) => true,
            (Self::Is(one), Self::Is(other)) => one.fits(other) || other.fits(one),
            (one, other) => one == other,
        }
    }

    /// The type in words, at the start of a sentence.
    pub(super) fn capitalized(&self) -> String {
        let words = self.to_string();
        let mut letters = words.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong => f.write_str("something wrong"),
            Self::Null => f.write_str("null"),
            Self::Duration => f.write_str("a duration"),
            Self::Is(known) => known.fmt(f),
        }
    }
}

/// The type of an expression and the bounds of its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    /// At most so many bytes in memory.
    pub(super) bytes: f64,
    /// At most so many items, in it or in a list within it.
    pub(super) items: f64,
    /// What the items of a list are.
    pub(super) item: Option<Box<Shape>>,
}

impl Shape {
    /// The shape of a fact of this type.
    pub(super) fn of(known: &Type) -> Self {
        let kind = Kind::Is(known.clone());
        match known {
            Type::Bool | Type::Int | Type::Float | Type::Timestamp | Type::Date => {
                Self { kind, bytes: 16.0, items: 0.0, item: None }
            }
            Type::Text | Type::Bytes => Self { kind, bytes: measure(LONGEST_TEXT), items: 0.0, item: None },
            Type::Json => Self { kind, bytes: measure(LONGEST_TEXT), items: measure(MOST_ITEMS), item: None },
            // Members are as large as their own types say.
            Type::Object(_) => Self { kind, bytes: 0.0, items: 0.0, item: None },
            Type::List(item) => Self { kind, ..Self::list(Self::of(item), measure(MOST_ITEMS)) },
        }
    }

    pub(super) fn null() -> Self {
        Self { kind: Kind::Null, bytes: 0.0, items: 0.0, item: None }
    }

    pub(super) fn duration() -> Self {
        Self { kind: Kind::Duration, ..Self::null() }
    }

    pub(super) fn wrong() -> Self {
        Self { kind: Kind::Wrong, ..Self::null() }
    }

    /// A list of so many of these.
    pub(super) fn list(item: Self, items: f64) -> Self {
        let known = item.kind.as_type().unwrap_or(Type::Json);
        Self {
            kind: Kind::Is(Type::List(Box::new(known))),
            bytes: items * item.bytes.max(16.0),
            items,
            item: Some(Box::new(item)),
        }
    }

    /// What the items are; of JSON they are JSON.
    pub(super) fn item(&self) -> Option<Self> {
        match &self.kind {
            Kind::Wrong => Some(Self::wrong()),
            Kind::Is(Type::Json) => Some(Self::of(&Type::Json).at_least(self)),
            Kind::Is(Type::List(known)) => {
                Some(self.item.as_deref().cloned().map_or_else(|| Self::of(known), |item| item.known_as(known)))
            }
            _ => None,
        }
    }

    /// An item that was `null` is of the list's type.
    fn known_as(self, known: &Type) -> Self {
        if self.kind == Kind::Null { Self { bytes: self.bytes, ..Self::of(known) } } else { self }
    }

    /// At least as large as what it was taken from, when that was larger than a fact.
    pub(super) fn at_least(mut self, owner: &Self) -> Self {
        self.bytes = self.bytes.max(owner.bytes);
        self.items = self.items.max(owner.items);
        self.item = self.item.map(|item| Box::new(item.at_least(owner)));
        self
    }

    /// One or the other; nothing when they are of different types.
    pub(super) fn join(&self, other: &Self) -> Option<Self> {
        let kind = match (&self.kind, &other.kind) {
            (Kind::Wrong, _) | (_, Kind::Wrong) => Kind::Wrong,
            (Kind::Null, kind) | (kind, Kind::Null) => kind.clone(),
            (Kind::Is(Type::Json), Kind::Is(_)) | (Kind::Is(_), Kind::Is(Type::Json)) => Kind::Is(Type::Json),
            (Kind::Is(Type::Date), Kind::Is(Type::Text)) | (Kind::Is(Type::Text), Kind::Is(Type::Date)) => {
                Kind::Is(Type::Text)
            }
            // Objects of different members, in a list that becomes JSON.
            (Kind::Is(Type::Object(one)), Kind::Is(Type::Object(other))) if one != other => Kind::Is(Type::Json),
            (Kind::Is(Type::List(_)), Kind::Is(Type::List(_))) => match (self.item(), other.item()) {
                (Some(one), Some(other)) => {
                    Kind::Is(Type::List(Box::new(one.join(&other)?.kind.as_type().unwrap_or(Type::Json))))
                }
                _ => return None,
            },
            (one, other) if one == other => one.clone(),
            _ => return None,
        };
        let item = match (&self.item, &other.item) {
            (Some(one), Some(other)) => one.join(other).map(Box::new),
            (item, None) | (None, item) => item.clone(),
        };
        Some(Self { kind, bytes: self.bytes.max(other.bytes), items: self.items.max(other.items), item })
    }

    /// Both, one after the other: what `+` makes of texts and lists.
    pub(super) fn followed_by(&self, other: &Self) -> Option<Self> {
        let joined = self.join(other)?;
        Some(Self { bytes: self.bytes + other.bytes, items: self.items + other.items, ..joined })
    }
}
