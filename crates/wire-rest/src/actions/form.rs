//! Resolving a form.

use axum::Json;
use axum::extract::State;
use levers_engine::{FormRequest, SearchedField};
use levers_model::{ActionId, Values};
use serde::Deserialize;
use utoipa::ToSchema;

use super::form_view::FormView;
use crate::Api;
use crate::extract::{Body, Cx, Parted};
use crate::filter::Schemas;
use crate::object;
use crate::problem::Problem;
use crate::selection::SelectionInput;

/// Which form is wanted, and as it stands with which values.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "selection": { "ids": ["1"] }, "values": { "amount": 12 }, "changed": "amount" }))]
pub(super) struct FormInput {
    /// The records that the action is about.
    #[serde(default, deserialize_with = "object::one")]
    selection: SelectionInput,
    /// What was typed so far, by field id; left out when the form is first opened.
    #[schema(value_type = Option<std::collections::BTreeMap<String, serde_json::Value>>)]
    values: Option<Values>,
    /// The field whose change asks for the form.
    changed: Option<String>,
    /// Set when only the choices of one dropdown are wanted.
    #[serde(default, deserialize_with = "object::maybe")]
    search: Option<SearchInput>,
}

/// A text typed into the search of a dropdown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "field": "company", "text": "acm" }))]
struct SearchInput {
    /// The field's id.
    field: String,
    /// What was typed.
    #[schema(max_length = 1000)]
    text: String,
}

/// Open a form
///
/// The action's form for this caller, this selection and these values. Ask again with `changed`
/// whenever a field that says `watched` changes.
#[utoipa::path(post, path = "/collections/{collection}/actions/{action}/form", tag = "actions",
    params(
        ("collection" = String, Path, description = "The collection's name.", example = "companies"),
        ("action" = String, Path, description = "The action's id.", example = "mark-as-live"),
    ),
    request_body = FormInput,
    responses((status = 200, body = FormView, description = "The form; with `search`, that field alone.")))]
pub(super) async fn resolve_form(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted((collection, action)): Parted<(String, String)>,
    Body(input): Body<FormInput>,
) -> Result<Json<FormView>, Problem> {
    let entry = api.engine.collection(&cx, &collection)?;
    let action = ActionId::from_name(&action);
    entry.action(&action)?;
    let selection = input.selection.translate(&Schemas { engine: &api.engine, cx: &cx }, entry)?;
    let request = FormRequest {
        collection,
        action,
        selection,
        values: input.values,
        changed: input.changed,
        search: input.search.map(|search| SearchedField { field: search.field, text: search.text }),
    };
    Ok(Json(api.engine.form(&cx, request).await?.into()))
}
