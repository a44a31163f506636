//! What is to be known of an action that a backend executes.

use std::collections::BTreeMap;

use crate::slug::{Slug, default_endpoint};

/// Which form hooks the backend has for an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks {
    /// Whether the backend is asked for the form when it is opened.
    pub load: bool,
    /// The fields whose change the backend wants to hear of, each with the name of its hook
    /// there. Fields that the backend itself sends with a `hook` need not be named.
    pub change: BTreeMap<String, String>,
}

impl Hooks {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        !self.load && self.change.is_empty()
    }
}

/// In which shape the backend takes the body of a form hook.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HookBody {
    /// `{"data": {"attributes": {…}}}`, as all backends but Django's.
    #[default]
    Express,
    /// The older flat body: `{"recordIds": […], "collectionName": …}`.
    Django,
}

/// An action that a backend executes.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpAction {
    /// Where: a path relative to the base of [`crate::OutboundConfig`], or an http or https URL.
    pub endpoint: String,
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Headers for every call, their values often secrets.
    pub headers: Vec<(String, String)>,
    /// The collection's name at the backend.
    pub backend_collection: String,
    /// The action's id at the backend.
    pub smart_action_id: String,
    /// The form hooks.
    pub hooks: Hooks,
    /// The shape of the hooks' bodies.
    pub hook_body: HookBody,
    /// The form's fields: those without a value are sent as null, because backends expect to find them.
    pub fields: Vec<String>,
    /// Whether 'all records but these' is sent as ids (at most [`HttpAction::MOST_IDS`])
    /// rather than as the list's filter, which the backend then has to understand as we do.
    pub resolve_ids: bool,
}

impl HttpAction {
    /// The most ids that 'all records but these' is resolved to.
    pub const MOST_IDS: u64 = 10_000;

    /// An action of this name with all that follows from it.
    pub fn new(collection: &str, name: &str) -> Self {
        Self {
            endpoint: default_endpoint(name, Slug::Express),
            method: "POST".to_owned(),
            headers: Vec::new(),
            backend_collection: collection.to_owned(),
            smart_action_id: format!("{collection}.{name}"),
            hooks: Hooks::default(),
            hook_body: HookBody::Express,
            fields: Vec::new(),
            resolve_ids: false,
        }
    }
}

/// Shows neither the endpoint nor the values of headers: both may hold secrets.
impl std::fmt::Debug for HttpAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("HttpAction")
            .field("method", &self.method)
            .field("headers", &headers)
            .field("backend_collection", &self.backend_collection)
            .field("smart_action_id", &self.smart_action_id)
            .field("hooks", &self.hooks)
            .field("hook_body", &self.hook_body)
            .field("fields", &self.fields)
            .field("resolve_ids", &self.resolve_ids)
            .finish_non_exhaustive()
    }
}
