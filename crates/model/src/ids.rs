//! Identities of our own records: one type per noun, sortable by time of
//! birth, with a prefix that tells a reader what it names.
//!
//! UUID version 7 carries its millisecond, so an index on the id is an index on
//! the time. Rejected: plain `Uuid` fields, which let a job's id be passed
//! where an event's is wanted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is not an id of the form {prefix}_<32 hexadecimal digits>")]
pub struct InvalidId {
    text: String,
    prefix: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a UUID; version 7 is expected, so that ids sort by age.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// A new one of version 7. For the system's clock only: verbs ask their `Clock`.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// The bare UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", Self::PREFIX, self.0.simple())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(|digits| Uuid::try_parse(digits).ok())
                    .map(Self)
                    .ok_or_else(|| InvalidId { text: text.chars().take(64).collect(), prefix: $prefix })
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }
    };
}

id!(
    /// Names one execution of one action.
    JobId,
    "job"
);
id!(
    /// Names one fact of the audit trail.
    EventId,
    "evt"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_own_text_and_from_no_other() {
        let id = JobId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.to_string(), "job_00000000000000000000000000000007");
        assert_eq!(id.to_string().parse::<JobId>(), Ok(id));
        for wrong in ["", "7", "evt_00000000000000000000000000000007", "job_", "job_zz"] {
            assert!(wrong.parse::<JobId>().is_err(), "{wrong}");
        }
    }
}
