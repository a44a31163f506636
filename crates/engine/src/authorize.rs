//! May this caller do this? Asked by every verb before anything else.
//!
//! Until roles exist, everybody who proved an identity may do everything; the
//! step is here from the first day so that no verb has to learn it later.

use levers_model::{ActionId, Caller, Error, Result};

/// What a caller wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission<'a> {
    /// See that a collection exists, and its schema.
    Describe {
        /// The collection.
        collection: &'a str,
    },
    /// Read records.
    Read {
        /// The collection.
        collection: &'a str,
    },
    /// Open the form of an action, or run it; built-in actions included.
    Trigger {
        /// The collection.
        collection: &'a str,
        /// The action.
        action: &'a ActionId,
    },
    /// Look at jobs and their events.
    ReadJobs,
}

/// Decides.
pub trait Policy: Send + Sync {
    /// Whether the caller may.
    fn allows(&self, caller: &Caller, permission: Permission<'_>) -> bool;
}

/// Everybody who proved an identity may do everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct AllowAuthenticated;

impl Policy for AllowAuthenticated {
    fn allows(&self, caller: &Caller, _permission: Permission<'_>) -> bool {
        !caller.email.is_empty()
    }
}

/// Turns a refusal into an error that says what was refused.
pub(crate) fn require(policy: &dyn Policy, caller: &Caller, permission: Permission<'_>) -> Result<()> {
    if policy.allows(caller, permission) {
        return Ok(());
    }
    Err(match permission {
        Permission::Trigger { collection, action } => {
            Error::forbidden(format!("You don't have permission to trigger “{action}” on “{collection}”."))
        }
        Permission::Read { collection } | Permission::Describe { collection } => {
            Error::forbidden(format!("You don't have permission to read “{collection}”."))
        }
        Permission::ReadJobs => Error::forbidden("You don't have permission to read jobs."),
    })
}
