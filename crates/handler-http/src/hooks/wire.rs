//! Asking a hook, and the shape of what it answers.

use hyper::Method;
use levers_model::{Error, Result, Scope};
use levers_ports::FormContext;
use serde_json::{Map, Value as Json, json};

use super::layout::{Place, extracted, places};
use crate::action::HookBody;
use crate::handler::HttpHandler;
use crate::outbound::{Call, Fault, Purpose};
use crate::selection::Asked;
use crate::{answer, body};

/// A field as backends write it.
pub(super) type Legacy = Map<String, Json>;

/// The most fields of a form.
const MOST_FIELDS: usize = 500;

/// A form as a backend sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct LegacyForm {
    /// The fields, shown or not.
    pub(super) fields: Vec<Legacy>,
    /// Where they stand; empty when they follow each other.
    pub(super) places: Vec<Place>,
}

impl LegacyForm {
    /// The field of this name.
    pub(super) fn field(&self, name: &str) -> Option<&Legacy> {
        self.fields.iter().find(|field| name_of(field) == Some(name))
    }
}

/// The name by which a field is known.
pub(super) fn name_of(field: &Legacy) -> Option<&str> {
    field.get("field").and_then(Json::as_str).filter(|name| !name.is_empty())
}

/// One form's questions to its backend.
pub(super) struct Asking<'a> {
    handler: &'a HttpHandler,
    cx: &'a FormContext,
    /// The records, in the words of this backend's bodies.
    records: Map<String, Json>,
}

impl<'a> Asking<'a> {
    pub(super) async fn begin(handler: &'a HttpHandler, cx: &'a FormContext) -> Result<Self> {
        // A hook reads the record, and a backend that is sent none breaks on it.
        if cx.action.scope == Scope::Single && cx.selection.named_count() != Some(1) {
            let name = &cx.action.name;
            return Err(Error::refused(format!("The form of “{name}” is about one record. Select one.")));
        }
        let asked = Asked::from(cx);
        let records = match handler.action.hook_body {
            HookBody::Express => asked.attributes(&handler.action).await?,
            HookBody::Django => {
                let mut flat = Map::new();
                flat.insert("recordIds".into(), json!(asked.ids().await?));
                flat.insert("collectionName".into(), json!(handler.action.backend_collection));
                flat
            }
        };
        Ok(Self { handler, cx, records })
    }

    /// The form as it opens.
    pub(super) async fn load(&self) -> Result<LegacyForm> {
        self.ask("/hooks/load", self.records.clone()).await
    }

    /// The form after a field was changed.
    pub(super) async fn change(&self, fields: &[Legacy], changed: &str) -> Result<LegacyForm> {
        let key = match self.handler.action.hook_body {
            HookBody::Express => "changed_field",
            HookBody::Django => "changedField",
        };
        let mut asked = self.records.clone();
        asked.insert("fields".into(), json!(fields));
        asked.insert(key.into(), json!(changed));
        self.ask("/hooks/change", asked).await
    }

    async fn ask(&self, hook: &str, asked: Map<String, Json>) -> Result<LegacyForm> {
        let HttpHandler { signing, target, headers, action, .. } = self.handler;
        let body = match action.hook_body {
            HookBody::Express => body::wrapped("custom-action-hook-requests", asked),
            HookBody::Django => Json::Object(asked),
        };
        let call = Call {
            target: target.below(hook).with_query("timezone", self.cx.caller.timezone.name()),
            method: Method::POST,
            headers: body::headers(headers, signing, &self.cx.caller)?,
            body: body::bytes(&body)?,
        };
        let answered = match self.answered(call.clone()).await {
            Err(fault) if fault.is_passing() => self.answered(call).await,
            other => other,
        };
        answered.map_err(|fault| not_shown(self.handler, self.cx, &fault))
    }

    async fn answered(&self, call: Call) -> Result<LegacyForm, Fault> {
        let outbound = &self.handler.outbound;
        let answer = outbound.call(call).await?;
        if !answer.status.is_success() {
            return Err(answer::fault(answer).await);
        }
        let json = answer::json(&answer.headers, answer.body, outbound.config().max_answer).await?;
        read(json.unwrap_or_default()).map_err(Fault::BadJson)
    }
}

/// Why a form is not shown.
pub(super) fn not_shown(handler: &HttpHandler, cx: &FormContext, fault: &Fault) -> Error {
    let error = fault.at(&handler.target.authority(), Purpose::Form);
    let message = format!("The form of “{}” cannot be shown. {error}", cx.action.name);
    Error::new(error.kind(), message).with_internal(error.internal_text().unwrap_or_default())
}

/// Reads `{"fields": […], "layout": […]}`.
pub(super) fn read(json: Json) -> Result<LegacyForm, String> {
    let Json::Object(mut answer) = json else { return Err("expected an object with “fields”".into()) };
    let Some(Json::Array(items)) = answer.remove("fields") else { return Err("“fields” is no list".into()) };
    let (fields, mut places_found) = extracted(items)?;
    if fields.len() > MOST_FIELDS {
        return Err(format!("there are more than {MOST_FIELDS} fields"));
    }
    if fields.iter().any(|field| name_of(field).is_none()) {
        return Err("a field has no name in “field”".into());
    }
    if let Some(Json::Array(layout)) = answer.get("layout")
        && !layout.is_empty()
    {
        places_found = places(layout);
    }
    Ok(LegacyForm { fields, places: places_found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_that_are_no_form_are_refused() {
        let refusals: Vec<String> = [
            json!(null),
            json!([]),
            json!({ "fields": {} }),
            json!({ "fields": [7] }),
            json!({ "fields": [{ "type": "String" }] }),
            json!({ "fields": (0..501).map(|n| json!({ "field": n.to_string() })).collect::<Vec<_>>() }),
        ]
        .into_iter()
        .map(|json| read(json).unwrap_err())
        .collect();
        insta::assert_json_snapshot!(refusals);
    }

    proptest! {
        #[test]
        fn any_layout_is_read(text in ".{0,10}", depth in 0_usize..50) {
            let mut json = json!({ "type": "Layout", "component": text, "fieldId": text, "fields": [text, { "fieldId": text }] });
            for _ in 0..depth {
                json = json!({ "type": "Layout", "component": "Page", "elements": [json, { "field": text }] });
            }
            let _ = read(json!({ "fields": [json], "layout": [json] }));
        }
    }
}
