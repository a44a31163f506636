//! `POST /forest/_actions/:collection/:index/:slug[/hooks/…]`: actions and their forms.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use levers_engine::{CollectionEntry, FormRequest, Submission};
use levers_model::{Error, Outcome, OutcomeKind};
use levers_ports::{ActionDeclaration, FileBody, Reply};

use crate::agent::Agent;
use crate::approval::{Opened, open};
use crate::call::Call;
use crate::error::{Fault, Result, json_response};
use crate::schema::offered;
use crate::translate::{self, Asked};

pub(super) async fn execute(State(agent): State<Agent>, mut call: Call) -> Result<Response> {
    let (entry, declaration) = find(&agent, &call)?;
    let opened = open(call.body.take(), agent.approvals.as_ref())?;
    opened.check_is_for(entry.name(), &declaration.action.name)?;
    let Opened { body, approval } = opened;
    let body = translate::action_body(&body, declaration.action.scope, &asked(&agent, &call, entry))?;
    let submission = Submission {
        collection: entry.name().to_owned(),
        action: declaration.action.id.clone(),
        selection: body.selection,
        values: body.values,
        idempotency_key: call.idempotency_key()?,
        approval,
    };
    let submitted = agent.engine.submit(&call.cx, submission).await.map_err(Fault::of_submit)?;
    answer(submitted.reply.map_err(Fault::from)?)
}

pub(super) async fn hook(State(agent): State<Agent>, call: Call) -> Result<Response> {
    let (entry, declaration) = find(&agent, &call)?;
    let body = translate::form_body(&call.body, declaration.action.scope, &asked(&agent, &call, entry))?;
    let searched = body.search.is_some();
    let request = FormRequest {
        collection: entry.name().to_owned(),
        action: declaration.action.id.clone(),
        selection: body.selection,
        values: body.values,
        changed: body.changed,
        search: body.search,
    };
    let mut form = agent.engine.form(&call.cx, request).await.map_err(Fault::of_form)?;
    if searched {
        // A single field has nowhere to stand.
        form.layout.clear();
    }
    Ok(json_response(200, &translate::form(&form, &agent.schemas(&call))))
}

/// The action at this place of the URL. The slug must be its own: a list that
/// changed since the client read the schema shall not run another action.
fn find<'a>(agent: &'a Agent, call: &Call) -> Result<(&'a CollectionEntry, &'a ActionDeclaration)> {
    let [name, index, slug] = call.names()?;
    agent.collection(call, name)?;
    let entry = agent.engine.collection(&call.cx, name)?;
    let at = index.parse::<usize>().ok().and_then(|index| offered(entry).nth(index));
    let declaration = at.filter(|declaration| translate::slug(&declaration.action.name) == slug);
    declaration.map(|declaration| (entry, declaration)).ok_or(Fault::NOT_FOUND)
}

pub(super) fn asked<'a>(agent: &'a Agent, call: &'a Call, entry: &'a CollectionEntry) -> Asked<'a> {
    Asked {
        query: &call.query,
        caller: &call.cx.caller,
        collection: entry.schema(),
        segments: entry.segments(),
        schemas: agent.schemas(call),
    }
}

fn answer(reply: Reply) -> Result<Response> {
    let mut response = match translate::outcome_body(&reply.outcome) {
        Some(body) => json_response(translate::outcome_status(&reply.outcome), &body),
        None => return file_response(reply),
    };
    add_headers(&reply.outcome, response.headers_mut());
    Ok(response)
}

/// A file's bytes, as they come.
pub(super) fn file_response(reply: Reply) -> Result<Response> {
    let Reply { outcome, file } = reply;
    let (OutcomeKind::File { name, mime }, Some(file)) = (&outcome.kind, file) else {
        return Err(Error::internal("a file outcome came without its bytes").into());
    };
    let body = match file {
        FileBody::Bytes(bytes) => Body::from(bytes),
        FileBody::Stream(stream) => Body::from_stream(stream.inspect(|chunk| {
            if let Err(error) = chunk {
                tracing::error!(internal = error.internal_text(), "a file broke off: {error}");
            }
        })),
    };
    let mut response = (StatusCode::OK, body).into_response();
    let headers = response.headers_mut();
    add_headers(&outcome, headers);
    let octets = || HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&with_charset(mime)).unwrap_or_else(|_| octets()));
    if let Ok(disposition) = HeaderValue::from_str(&translate::content_disposition(name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    // Agents replace the correlation header here, so a page reads one of the two only.
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Content-Disposition"));
    Ok(response)
}

fn with_charset(mime: &str) -> String {
    if mime.starts_with("text/") && !mime.contains("charset") {
        format!("{mime}; charset=utf-8")
    } else {
        mime.to_owned()
    }
}

/// The headers that the handler set. Those that frame the message are not its to set.
pub(super) fn add_headers(outcome: &Outcome, headers: &mut HeaderMap) {
    for (name, value) in &outcome.headers {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), _)
                if [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION].contains(&name) => {}
            (Ok(name), Ok(value)) => {
                headers.insert(name, value);
            }
            _ => tracing::warn!(header = name, "a handler set a header that HTTP does not allow; it was left out"),
        }
    }
}
