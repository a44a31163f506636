//! What every route stands on.

use levers_engine::Engine;
use levers_identity::Tokens;
use levers_model::{Collection, ErrorKind};

use crate::approval::Approvals;
use crate::call::Call;
use crate::error::{Fault, Result};
use crate::translate::Schemas;

/// The state of the router. Clones are cheap.
#[derive(Clone)]
pub(crate) struct Agent {
    pub(crate) engine: Engine,
    pub(crate) tokens: Tokens,
    pub(crate) approvals: Option<Approvals>,
    pub(crate) body_limit: usize,
}

impl Agent {
    /// The collection that the URL names; agents mount routes for those they have only.
    pub(crate) fn collection<'a>(&'a self, call: &Call, name: &str) -> Result<&'a Collection> {
        match self.engine.collection(&call.cx, name) {
            Ok(entry) => Ok(entry.schema()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Fault::NOT_FOUND),
            Err(error) => Err(Fault::of_record(error)),
        }
    }

    /// The schemas that this caller may know of.
    pub(crate) fn schemas<'a>(&'a self, call: &'a Call) -> Schemas<'a> {
        Schemas::of_caller(&self.engine, &call.cx)
    }
}
