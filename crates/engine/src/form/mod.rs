//! Resolving forms, and checking values against them.
//!
//! `resolve` turns a declaration into the form of one caller, `structure` knows
//! how elements nest, `check` compares submitted values with the form, `validate` asks
//! its author about them, `confirm` adds what has to be agreed to, `scope` is what
//! closures may know. A form is resolved the same way for looking at it and
//! for submitting it, so that what is accepted is what was shown.

mod check;
mod confirm;
mod resolve;
mod scope;
mod structure;
mod validate;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use levers_model::{ActionId, Form, Result, Selection, Values};
use levers_ports::{ActionDeclaration, FormDeclaration};

pub(crate) use self::check::{CheckedValues, resolve_and_check};
use self::resolve::{Ask, resolve, resolve_static};
pub(crate) use self::scope::FormScope;
use crate::authorize::Permission;
use crate::context::OpContext;
use crate::engine::Engine;

/// A text typed into the search of a dynamic dropdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchedField {
    /// The field's id, or its label.
    pub field: String,
    /// What was typed.
    pub text: String,
}

/// Which form is wanted, as it stands with which values.
#[derive(Debug, Clone)]
pub struct FormRequest {
    /// The action's collection.
    pub collection: String,
    /// The action.
    pub action: ActionId,
    /// The records that it is about.
    pub selection: Selection,
    /// What was typed so far; `None` when the form is first opened.
    pub values: Option<Values>,
    /// The field whose change asks for the form.
    pub changed: Option<String>,
    /// Set when only the choices of one field are wanted: the answer holds that field alone.
    pub search: Option<SearchedField>,
}

impl Engine {
    /// Resolves a form for this caller, this selection and these values.
    ///
    /// # Errors
    /// `NotFound` for unknown names, `Forbidden`, `Invalid` for a declaration that
    /// yields an impossible form, and whatever the author's closures return.
    pub async fn form(&self, cx: &OpContext, request: FormRequest) -> Result<Form> {
        let entry = self.entry(&request.collection)?;
        let declaration = entry.action(&request.action)?;
        self.authorize(cx, Permission::Trigger { collection: entry.name(), action: &request.action })?;
        let condition = self.selected(cx, entry, &declaration.action, &request.selection).await?;
        let selection = Arc::new(request.selection);
        let scope = FormScope::new(&self.inner, cx, entry, &declaration.action, selection, condition);
        let (changed, is_search) = (request.changed.clone(), request.search.is_some());
        let ask = Ask { values: request.values.unwrap_or_default(), changed: request.changed, search: request.search };
        let mut form = resolve(&declaration.form, &scope, ask).await.map(resolve::Resolved::into_form)?;
        if let Some(confirmation) = declaration.confirmation.as_ref().filter(|_| !is_search) {
            confirm::add(&mut form, confirmation, &scope, changed).await?;
        }
        Ok(form)
    }

    /// The fields and layout of an action's form, when they are the same for every
    /// caller, selection and values, so that a schema can hold them; `None` when a client
    /// has to ask. What has to be agreed to is asked for in any case.
    pub fn static_form(declaration: &ActionDeclaration) -> Option<Form> {
        resolve_static(&declaration.form, &declaration.action)?.ok()
    }
}

/// Refuses at start what no caller could ever be shown: two fields of one id,
/// pages beside other elements, a widget that does not fit its field.
///
/// # Errors
/// `Invalid`, naming the action and the field. A form that is computed is checked
/// when it is asked for.
pub(crate) fn check_declaration(declaration: &ActionDeclaration) -> Result<()> {
    match resolve_static(&declaration.form, &declaration.action) {
        Some(form) => form.map(drop),
        None => match &*declaration.form {
            FormDeclaration::Elements(elements) => structure::check(&declaration.action, elements),
            FormDeclaration::Dynamic(_) => Ok(()),
        },
    }
}
