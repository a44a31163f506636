//! Who asks, and through which door.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The way a request came in. It is recorded with every job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// Our own REST API.
    Rest,
    /// Forest's agent protocol.
    Forest,
    /// The command line, working on a database directly.
    Cli,
    /// An author's test, through `levers::testing`.
    Test,
}

/// That the caller approved what somebody else had asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who had asked: identity as the approval gives it.
    pub requester_id: String,
}

/// The person or program on whose behalf a verb runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Identity as the token gives it; text, because dialects differ.
    pub id: String,
    /// Names the account.
    pub email: String,
    /// Given name; empty when unknown.
    #[serde(default)]
    pub first_name: String,
    /// Family name; empty when unknown.
    #[serde(default)]
    pub last_name: String,
    /// First team's name, if any.
    #[serde(default)]
    pub team: Option<String>,
    /// Role's name, if any.
    #[serde(default)]
    pub role: Option<String>,
    /// `admin`, `developer`, `editor` or `user`, where the dialect has it.
    #[serde(default)]
    pub permission_level: Option<String>,
    /// The rendering in Forest's words, a team's view of a project, where a token names one.
    /// Backends of legacy actions look permissions up by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendering: Option<u64>,
    /// Free labels that the identity provider attaches.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Decides what 'today' means in relative date conditions.
    pub timezone: Tz,
    /// How the request came in.
    pub door: Door,
}

impl Caller {
    /// A caller with an e-mail address and nothing else, in UTC.
    pub fn new(email: impl Into<String>, door: Door) -> Self {
        let email = email.into();
        Self {
            id: email.clone(),
            email,
            first_name: String::new(),
            last_name: String::new(),
            team: None,
            role: None,
            permission_level: None,
            rendering: None,
            tags: BTreeMap::new(),
            timezone: Tz::UTC,
            door,
        }
    }

    /// First and last name, or the e-mail address when both are empty.
    pub fn full_name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        match name.trim() {
            "" => self.email.clone(),
            name => name.to_owned(),
        }
    }
}
