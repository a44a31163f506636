//! `POST /forest/actions/:slug[/hooks/…]`: actions and their forms for clients of dialect B.
//!
//! The route is that of one record, with a method that agents do not have there: a route
//! of its own would take the records of a collection named `actions` away.

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use levers_engine::{CollectionEntry, FormRequest, Submission};
use levers_model::ErrorKind;
use levers_ports::{ActionDeclaration, Reply};

use super::actions::{add_headers, asked, file_response};
use crate::agent::Agent;
use crate::approval::{Opened, open};
use crate::call::{Call, Untimed};
use crate::error::{Fault, Result, json_response, shortened};
use crate::schema::offered;
use crate::translate::{self, Address, LegacyAnswer};

/// A call of dialect B. Its timezone may be in the body, and is UTC where nobody says one:
/// backends of this dialect never asked for it.
pub(super) struct LegacyCall(Call);

impl FromRequest<Agent> for LegacyCall {
    type Rejection = Fault;

    async fn from_request(request: Request, agent: &Agent) -> Result<Self> {
        if !request.uri().path().starts_with("/actions/") {
            return Err(Fault::NOT_FOUND);
        }
        let Untimed(mut call) = Untimed::from_request(request, agent).await?;
        let named = call.query.get("timezone").filter(|name| !name.is_empty());
        if let Some(name) = named.or_else(|| translate::timezone_in(&call.body)) {
            let timezone = translate::timezone(Some(name)).map_err(Fault::into_legacy)?;
            call.in_timezone(timezone);
        }
        Ok(Self(call))
    }
}

pub(super) async fn execute(State(agent): State<Agent>, LegacyCall(call): LegacyCall) -> Result<Response> {
    run(&agent, call).await.map_err(Fault::into_legacy)
}

pub(super) async fn hook(State(agent): State<Agent>, LegacyCall(call): LegacyCall) -> Result<Response> {
    form(&agent, call).await.map_err(Fault::into_legacy)
}

async fn run(agent: &Agent, mut call: Call) -> Result<Response> {
    let opened = open(call.body.take(), agent.approvals.as_ref())?;
    let (entry, declaration) = find(agent, &call, Address::of(&opened.body))?;
    let action = &declaration.action;
    opened.check_is_for(entry.name(), &action.name)?;
    let Opened { body, approval } = opened;
    let body = translate::action_body(&body, action.scope, &asked(agent, &call, entry))?;
    let submission = Submission {
        collection: entry.name().to_owned(),
        action: action.id.clone(),
        selection: body.selection,
        values: body.values,
        idempotency_key: call.idempotency_key()?,
        approval,
    };
    let submitted = agent.engine.submit(&call.cx, submission).await.map_err(Fault::of_submit)?;
    answer(submitted.reply.map_err(Fault::from)?)
}

async fn form(agent: &Agent, mut call: Call) -> Result<Response> {
    let body = translate::unflattened(call.body.take());
    let (entry, declaration) = find(agent, &call, Address::of(&body))?;
    let body = translate::form_body(&body, declaration.action.scope, &asked(agent, &call, entry))?;
    let request = FormRequest {
        collection: entry.name().to_owned(),
        action: declaration.action.id.clone(),
        selection: body.selection,
        values: body.values,
        changed: body.changed,
        // There is no search hook in this dialect.
        search: None,
    };
    let form = agent.engine.form(&call.cx, request).await.map_err(Fault::of_form)?;
    Ok(json_response(200, &translate::legacy_form(&form, &agent.schemas(&call))))
}

/// The action of this slug: in the collection that the body names, else the one that its
/// `smart_action_id` names, else the only one.
fn find<'a>(
    agent: &'a Agent,
    call: &Call,
    address: Address<'_>,
) -> Result<(&'a CollectionEntry, &'a ActionDeclaration)> {
    let [_, slug] = call.names()?;
    let known = |name: &str| agent.engine.collection(&call.cx, name);
    let entries: Vec<&CollectionEntry> = match address.collection {
        Some(name) => vec![known(name).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Fault::unprocessable(error.message()),
            _ => Fault::of_submit(error),
        })?],
        None => agent.engine.collections().filter(|entry| known(entry.name()).is_ok()).collect(),
    };
    let named = entries.iter().flat_map(|entry| offered(entry).map(|declaration| (*entry, declaration)));
    let mut found: Vec<_> = named.filter(|(_, found)| translate::is_legacy_slug(slug, &found.action.name)).collect();
    if let Some(id) = address.action {
        let is_meant = |(entry, found): &(&CollectionEntry, &ActionDeclaration)| {
            translate::names_action(id, entry.name(), &found.action.name)
        };
        if found.iter().any(is_meant) {
            found.retain(is_meant);
        }
    }
    match found.as_slice() {
        [found] => Ok(*found),
        [] => Err(Fault::missing_action(slug, address.collection)),
        [..] => Err(Fault::unprocessable(format!(
            "Several actions have the address “actions/{}”: {}. Say which one is meant in “collection_name” or \
             “smart_action_id”.",
            shortened(slug),
            some_of(&found)
        ))),
    }
}

/// The first of these, each with its collection.
fn some_of(found: &[(&CollectionEntry, &ActionDeclaration)]) -> String {
    const MOST: usize = 5;
    let named = found.iter().take(MOST).map(|(entry, found)| format!("“{}” of “{}”", found.action.name, entry.name()));
    let named = named.collect::<Vec<_>>().join(", ");
    if found.len() > MOST { format!("{named} and {} more", found.len() - MOST) } else { named }
}

fn answer(reply: Reply) -> Result<Response> {
    let mut response = match translate::legacy_answer(&reply.outcome) {
        LegacyAnswer::Nothing => StatusCode::NO_CONTENT.into_response(),
        LegacyAnswer::Json(body) => json_response(translate::outcome_status(&reply.outcome), &body),
        LegacyAnswer::File => return file_response(reply),
    };
    add_headers(&reply.outcome, response.headers_mut());
    Ok(response)
}
