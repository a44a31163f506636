//! Executes an action by calling its backend.
//!
//! A call that may have been executed is never made again: connecting is tried
//! twice, sending once. The job's idempotency key, or the job itself, travels in a
//! header, so that a backend which knows it can tell a repeat.

use async_trait::async_trait;
use hyper::Method;
use hyper::header::{HeaderMap, HeaderName};
use levers_model::Result;
use levers_ports::{ActionContext, ElementDeclaration, FormDeclaration, Handler, Reply};

use crate::action::HttpAction;
use crate::outbound::{self, Call, Fault, Outbound, Purpose, Target};
use crate::selection::Asked;
use crate::signing::Signing;
use crate::{answer, body, hooks};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Headers that a call to a backend sets itself.
const TAKEN: [&str; 3] = ["accept", "authorization", "idempotency-key"];

/// Has a backend execute an action.
#[derive(Debug, Clone)]
pub struct HttpHandler {
    pub(crate) outbound: Outbound,
    pub(crate) action: HttpAction,
    pub(crate) signing: Signing,
    pub(crate) target: Target,
    pub(crate) headers: HeaderMap,
    method: Method,
}

impl HttpHandler {
    /// An action of a backend.
    ///
    /// # Errors
    /// `Invalid` for an endpoint, method or header that no call can have; `Refused` for an
    /// endpoint at a private address that is not allowed.
    pub fn new(outbound: Outbound, action: HttpAction, signing: Signing) -> Result<Self> {
        let target = outbound.target(&action.endpoint)?;
        let method = outbound::method(&action.method)?;
        let headers = outbound::headers(&action.headers, &TAKEN)?;
        Ok(Self { outbound, action, signing, target, headers, method })
    }

    /// The action's form: as it is declared, or as the backend's hooks make it of that.
    pub fn form(&self, declared: Vec<ElementDeclaration>) -> FormDeclaration {
        if self.action.hooks.is_empty() {
            FormDeclaration::Elements(declared)
        } else {
            hooks::form(self.clone(), declared)
        }
    }
}

#[async_trait]
impl Handler for HttpHandler {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        let attributes = Asked::from(&cx).attributes(&self.action).await?;
        let requester = cx.approval.as_ref().map(|approval| approval.requester_id.as_str());
        let sent = body::execution(attributes, &self.action, &cx.values, requester, &self.signing)?;
        let mut headers = body::headers(&self.headers, &self.signing, &cx.caller)?;
        let key = cx.idempotency_key.clone().unwrap_or_else(|| cx.job.to_string());
        headers.insert(IDEMPOTENCY_KEY, body::idempotency_key(&key)?);
        let call = Call {
            target: self.target.with_query("timezone", cx.caller.timezone.name()),
            method: self.method.clone(),
            headers,
            body: body::bytes(&sent)?,
        };
        let authority = self.target.authority();
        let reply = match self.outbound.call(call).await {
            Ok(answer) => answer::reply(answer, self.outbound.config(), &authority).await,
            Err(fault) => Err(fault),
        };
        reply.map_err(|fault| {
            let error = fault.at(&authority, Purpose::Action);
            match fault {
                // One library ends its process over an approval that it cannot verify.
                Fault::Closed(text) if cx.approval.is_some() => error.with_internal(format!(
                    "{text}; the call carried an approval, whose signature the backend cannot verify unless its \
                     env secret is this server's"
                )),
                _ => error,
            }
        })
    }
}
