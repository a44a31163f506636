//! Checking submitted values against the form as it is for this caller, this
//! selection and these values.
//!
//! The handler gets the values of the fields that are shown, each of its field's
//! type and in one spelling, and nothing else: what was typed, else what the
//! form gives. Fields without a value are absent. Every wrong field is named at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use levers_model::form::same_value;
use levers_model::{Error, Field, FieldError, FieldType, RecordId, Result, Values};
use levers_ports::{ActionDeclaration, FormDeclaration};
use serde_json::Value as Json;

use super::resolve::{Ask, Resolved, resolve};
use super::scope::FormScope;
use super::validate;

/// Values that a handler may rely on.
#[derive(Debug, Default)]
pub(crate) struct CheckedValues {
    /// By field id.
    pub(crate) values: Values,
    /// The fields that were shown, to tell secrets and files; `Field::value` is not kept up.
    pub(crate) fields: Vec<Field>,
}

/// Resolves the form with these values and checks them against it.
///
/// The values of built-in actions are checked by column where they are written,
/// so they pass as they are.
///
/// # Errors
/// `Invalid` with one entry per wrong field, and those of [`crate::Engine::form`].
pub(crate) async fn resolve_and_check(
    declaration: &ActionDeclaration,
    scope: &FormScope,
    values: Values,
) -> Result<CheckedValues> {
    let no_fields = matches!(&*declaration.form, FormDeclaration::Elements(elements) if elements.is_empty());
    if declaration.action.built_in.is_some() || (no_fields && values.is_empty()) {
        return Ok(CheckedValues { values, fields: Vec::new() });
    }
    let submitted: BTreeSet<String> = values.keys().cloned().collect();
    let resolved = resolve(&declaration.form, scope, Ask { values, ..Ask::default() }).await?;
    Check { scope, submitted, errors: Vec::new() }.run(resolved).await
}

struct Check<'a> {
    scope: &'a FormScope,
    submitted: BTreeSet<String>,
    errors: Vec<FieldError>,
}

impl Check<'_> {
    async fn run(mut self, resolved: Resolved) -> Result<CheckedValues> {
        let Resolved { form, own, values, defaulted, mut claimed, declared, validations } = resolved;
        let mut values = Arc::unwrap_or_clone(values);
        let mut checked = Values::new();
        for (field, own) in form.fields.iter().zip(own) {
            let typed = values.remove(&field.id);
            let value = if own {
                let claim = claimed.remove(&field.id).or_else(|| typed.filter(|_| !defaulted.contains(&field.id)));
                self.refuse_change(field, claim);
                field.value.clone()
            } else {
                typed
            };
            match self.value(field, value) {
                Ok(Some(value)) => {
                    checked.insert(field.id.clone(), value);
                }
                Ok(None) => {}
                Err(message) => self.wrong(&field.id, message),
            }
        }
        self.refuse_strangers(&values, &claimed, &declared, &form.fields);
        let checked = Arc::new(checked);
        if !validations.is_empty() {
            self.errors.extend(validate::run(&validations, &form.fields, self.scope, &checked).await?);
            let place = |error: &FieldError| form.fields.iter().position(|field| field.id == error.field);
            self.errors.sort_by_key(|error| place(error).unwrap_or(usize::MAX));
        }
        if self.errors.is_empty() {
            // Copied only when an author kept a context.
            Ok(CheckedValues { values: Arc::unwrap_or_clone(checked), fields: form.fields })
        } else {
            Err(Error::invalid_fields(self.errors))
        }
    }

    /// One entry per field: the first thing that is wrong with it.
    fn wrong(&mut self, field: &str, message: String) {
        if !self.errors.iter().any(|error| error.field == field) {
            self.errors.push(FieldError::new(field, message));
        }
    }

    /// Clients send all fields back, so the form's own value is fine for a read-only one.
    fn refuse_change(&mut self, field: &Field, claim: Option<Json>) {
        let Some(claim) = claim.filter(|claim| field.read_only && !claim.is_null()) else { return };
        let own = field.value.clone().unwrap_or_default();
        if same_value(&claim, &own) {
            return;
        }
        let spelled = field.normalize(Some(claim));
        if spelled.is_err() || spelled != field.normalize(Some(own)) {
            self.wrong(&field.id, "The field is read-only: its value cannot be changed.".into());
        }
    }

    fn value(&self, field: &Field, value: Option<Json>) -> Result<Option<Json>, String> {
        let value = field.check(value)?;
        match (&field.field_type, value) {
            (FieldType::Collection { collection }, Some(Json::String(text))) => {
                let schema = self.scope.schema(collection).map_err(|error| error.message().to_owned())?;
                let id = RecordId::parse(&text, &schema).map_err(|error| error.message().to_owned())?;
                Ok(Some(Json::String(id.to_string())))
            }
            (_, value) => Ok(value),
        }
    }

    /// Refuses values of fields that are not in the form.
    fn refuse_strangers(&mut self, left: &Values, claimed: &Values, declared: &BTreeSet<String>, shown: &[Field]) {
        for (id, value) in left.iter().chain(claimed) {
            if value.is_null() || !self.submitted.contains(id) {
                continue;
            }
            let message = if declared.contains(id) {
                "The field is not shown with these values, so it cannot be given one.".to_owned()
            } else if shown.is_empty() {
                "There is no field of this name: the form has none.".to_owned()
            } else {
                let ids: Vec<&str> = shown.iter().map(|field| field.id.as_str()).collect();
                format!("There is no field of this name. The form has: {}.", ids.join(", "))
            };
            self.wrong(id, message);
        }
    }
}
