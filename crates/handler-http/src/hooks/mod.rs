//! Forms that a backend computes (specification, section 1.6).
//!
//! In this dialect the form lives in the browser: a hook gets all fields as they
//! stand, and answers with all fields as they shall stand. We keep no browser's
//! state, so it is played back: the form is loaded, then every field that has a
//! hook and another value than the form has by itself is changed, in the form's
//! order, and last the field that was changed just now. What an operator sees and
//! what a submit is checked against come about in the same way, so they are the
//! same, as long as hooks give the same answer to the same question. A field that was
//! changed to the very value that a hook had set counts as not changed.
//!
//! Values that the last hook set stand in the form whatever was typed; those that
//! an earlier hook set are where a field begins, because the operator may have
//! typed over them since. A field that the backend made read-only always has the
//! backend's value.
//!
//! Hooks only ask, so a call that broke is made once more. All calls for one look at a form
//! share the time of a whole call: somebody waits for it.

mod declared;
mod field;
mod layout;
mod replay;
mod widget;
mod wire;

use std::sync::Arc;

use levers_ports::{ElementDeclaration, FormDeclaration};
use tokio::time::timeout;

use crate::handler::HttpHandler;
use crate::outbound::Fault;

/// The form that a backend makes of what is declared.
pub(crate) fn form(handler: HttpHandler, declared: Vec<ElementDeclaration>) -> FormDeclaration {
    let shared = Arc::new((handler, declared));
    FormDeclaration::Dynamic(Arc::new(move |cx| {
        let shared = shared.clone();
        Box::pin(async move {
            let (handler, declared) = &*shared;
            let total = handler.outbound.config().total;
            let elements = timeout(total, replay::elements(handler, declared, &cx)).await;
            elements.unwrap_or_else(|_| Err(wire::not_shown(handler, &cx, &Fault::Endless(total))))
        })
    }))
}
