//! What a form's author says of submitted values.
//!
//! Asked on submit only, and only of values that are there and of their field's type, so
//! that an author's closure need not doubt what it reads. Whether a value must be there
//! is the field's `required`.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::try_join_all;
use levers_model::{Error, Field, FieldError, Result, Values};
use levers_ports::{ComputedFn, FormValues};
use serde_json::Value as Json;

use super::resolve::guarded;
use super::scope::FormScope;

/// The validations of a form's fields, by field id.
pub(super) type Validations = BTreeMap<String, Vec<ComputedFn<Option<String>>>>;

/// One entry per field that its author finds wrong: what the first validation said.
pub(super) async fn run(
    validations: &Validations,
    fields: &[Field],
    scope: &FormScope,
    values: &Arc<Values>,
) -> Result<Vec<FieldError>> {
    let wanted = fields.iter().filter_map(|field| {
        let value = values.get(&field.id).filter(|value| !value.is_null())?;
        Some((field, value, validations.get(&field.id)?))
    });
    let asked = wanted.map(async |(field, value, validations)| {
        for validate in validations {
            let cx = scope.context(FormValues::new(values.clone()), None, None);
            if let Some(sentence) = guarded(&scope.action, validate(cx)).await? {
                return Ok(Some(FieldError::new(&field.id, discreet(field, value, sentence))));
            }
        }
        Ok::<_, Error>(None)
    });
    let errors: Vec<Option<FieldError>> = try_join_all(asked).await?;
    Ok(errors.into_iter().flatten().collect())
}

/// A sentence that holds a secret is not handed on: it would stand on the screen and in
/// logs, where the value itself never does.
fn discreet(field: &Field, value: &Json, sentence: String) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if field.secret && !text.is_empty() && sentence.contains(&text) {
        "This value is not accepted.".to_owned()
    } else {
        sentence
    }
}
