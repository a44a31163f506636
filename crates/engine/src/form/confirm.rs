//! What has to be agreed to before a form is submitted.
//!
//! It is text for whoever decides, not a barrier: a client that asks nobody submits as
//! before, as programs must be able to.

use std::sync::Arc;

use levers_model::{Form, Result};
use levers_ports::{Computed, FormValues};

use super::resolve::guarded;
use super::scope::FormScope;

/// Resolves the text with the form's values; the fields that it is made of become watched.
pub(super) async fn add(
    form: &mut Form,
    confirmation: &Computed<String>,
    scope: &FormScope,
    changed: Option<String>,
) -> Result<()> {
    let text = match confirmation {
        Computed::Constant(text) => text.clone(),
        Computed::Dynamic(compute) => {
            let values = FormValues::new(Arc::new(form.values()));
            let cx = scope.context(values.clone(), changed.map(Into::into), None);
            let text = guarded(&scope.action, compute(cx)).await?;
            let read = values.watched();
            for field in form.fields.iter_mut().filter(|field| read.contains(&field.id)) {
                field.watched = true;
            }
            text
        }
    };
    form.confirmation = Some(text).filter(|text| !text.trim().is_empty());
    Ok(())
}
