//! Playing a form's changes back to its backend.

use std::collections::BTreeSet;

use levers_model::form::same_value;
use levers_model::{Error, Result};
use levers_ports::{ElementDeclaration, FieldDeclaration, FormContext};
use serde_json::Value as Json;

use super::field::{Standing, declaration};
use super::layout::{Place, placed};
use super::wire::{Asking, Legacy, LegacyForm, name_of};
use super::{declared, wire};
use crate::action::HttpAction;
use crate::handler::HttpHandler;

/// The most hooks that one look at a form calls.
const MOST_CALLS: usize = 20;

/// The form for these values, after this change.
pub(super) async fn elements(
    handler: &HttpHandler,
    elements: &[ElementDeclaration],
    cx: &FormContext,
) -> Result<Vec<ElementDeclaration>> {
    let action = &handler.action;
    let asking = Asking::begin(handler, cx).await?;
    let form = if action.hooks.load { asking.load().await? } else { declared::form(elements, action, cx).await? };
    let loaded = form.clone();
    let mut replay = Replay { asking, action, cx, form, before: None };
    replay.run().await?;
    if !action.hooks.load && replay.form == loaded {
        // No hook had anything to say: the form stays as it is declared, computed properties and all.
        return Ok(elements.to_vec());
    }
    replay.elements(&declared::fields(elements)).map_err(|reason| {
        Error::new(
            levers_model::ErrorKind::Internal,
            format!(
                "The form of “{}” cannot be shown. The backend at {} answered with a form that cannot be \
                 understood. The log says why.",
                cx.action.name,
                handler.target.authority()
            ),
        )
        .with_internal(reason)
    })
}

struct Replay<'a> {
    asking: Asking<'a>,
    action: &'a HttpAction,
    cx: &'a FormContext,
    form: LegacyForm,
    /// The fields as they were sent with the change that asked for this form.
    before: Option<Vec<Legacy>>,
}

impl Replay<'_> {
    /// Changes every field that has a hook and was typed into; the one that was changed just now last.
    async fn run(&mut self) -> Result<()> {
        let last = self.cx.changed.as_deref();
        let mut done = BTreeSet::new();
        while let Some(name) = self.next(&done, last) {
            if done.len() >= MOST_CALLS {
                return Err(Error::refused(format!(
                    "More than {MOST_CALLS} fields of the form of “{}” ask the backend when they change.",
                    self.cx.action.name
                )));
            }
            self.change(&name).await?;
            done.insert(name);
        }
        if let Some(name) = last.filter(|name| self.form.field(name).is_some_and(|field| self.has_hook(field))) {
            let sent = self.change(name).await?;
            self.before = Some(sent);
        }
        self.watch();
        Ok(())
    }

    /// The first field in the form's order that still has to be changed.
    fn next(&self, done: &BTreeSet<String>, last: Option<&str>) -> Option<String> {
        let differs = |field: &&Legacy| {
            let name = name_of(field).unwrap_or_default();
            self.has_hook(field)
                && !done.contains(name)
                && last != Some(name)
                && self.typed(name).is_some_and(|typed| !same_value(&typed, &standing(field)))
        };
        let found = self.form.fields.iter().find(differs)?;
        name_of(found).map(str::to_owned)
    }

    /// Tells the backend of one change; gives back what was sent.
    async fn change(&mut self, changed: &str) -> Result<Vec<Legacy>> {
        let sent: Vec<Legacy> = self.form.fields.iter().map(|field| self.filled(field, changed)).collect();
        let places = std::mem::take(&mut self.form.places);
        self.form = self.asking.change(&sent, changed).await?;
        // A backend that says nothing of the layout leaves it as it was.
        if self.form.places.is_empty() && !self.action.hooks.load {
            self.form.places = kept(places, &self.form);
        }
        Ok(sent)
    }

    /// A field with what was typed into it.
    fn filled(&self, field: &Legacy, changed: &str) -> Legacy {
        let name = name_of(field).unwrap_or_default();
        let previous = standing(field);
        let value = match self.typed(name) {
            Some(typed) => typed,
            // It was changed to nothing.
            None if name == changed => Json::Null,
            None => previous.clone(),
        };
        let mut filled = field.clone();
        filled.insert("value".into(), value);
        filled.insert("previousValue".into(), previous);
        if let Some(hook) = self.action.hooks.change.get(name).filter(|_| !says_hook(field)) {
            filled.insert("hook".into(), Json::from(hook.as_str()));
        }
        filled
    }

    /// What was typed into a field; null where it was emptied. Looking does not make it
    /// watched: in this dialect nothing happens when a field without a hook changes.
    fn typed(&self, name: &str) -> Option<Json> {
        self.cx.values.peek(name).cloned()
    }

    fn has_hook(&self, field: &Legacy) -> bool {
        says_hook(field) || name_of(field).is_some_and(|name| self.action.hooks.change.contains_key(name))
    }

    /// A change of these asks for the form again.
    fn watch(&self) {
        for field in self.form.fields.iter().filter(|field| self.has_hook(field)) {
            self.cx.values.watch(name_of(field).unwrap_or_default());
        }
    }

    fn elements(self, declared: &[&FieldDeclaration]) -> Result<Vec<ElementDeclaration>, String> {
        let Self { action, cx, form, before, .. } = self;
        let mut fields = Vec::new();
        for field in &form.fields {
            let name = name_of(field).unwrap_or_default();
            let earlier = before.as_ref().and_then(|sent| sent.iter().find(|field| name_of(field) == Some(name)));
            let was_set = earlier.is_some_and(|earlier| !same_value(value(earlier), value(field)));
            let standing = if was_set { Standing::Set } else { Standing::Beginning };
            let known = declared.iter().find(|field| field.id == name).copied();
            fields.push(declaration(field, standing, known, action, cx)?);
        }
        Ok(placed(form.places, fields))
    }
}

fn value(field: &Legacy) -> &Json {
    field.get("value").unwrap_or(&Json::Null)
}

/// The value that a field has by itself.
fn standing(field: &Legacy) -> Json {
    let given = |key: &str| field.get(key).filter(|value| !value.is_null()).cloned();
    given("value").or_else(|| given("defaultValue")).unwrap_or_default()
}

fn says_hook(field: &Legacy) -> bool {
    field.get("hook").and_then(Json::as_str).is_some_and(|hook| !hook.is_empty())
}

/// The places of fields that are still there.
fn kept(places: Vec<Place>, form: &wire::LegacyForm) -> Vec<Place> {
    places
        .into_iter()
        .filter(|place| match place {
            Place::Input(name) => form.field(name).is_some(),
            Place::Row(_) | Place::Separator | Place::Html(_) | Place::Page { .. } => true,
        })
        .collect()
}
