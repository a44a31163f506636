//! Running a built-in action for a route that agents have no action for.

use levers_engine::Submission;
use levers_model::{BuiltIn, Collection, ErrorKind, Job, Selection, Values};
use levers_ports::Reply;

use crate::agent::Agent;
use crate::call::Call;
use crate::error::{Fault, Result};

/// What is to be done with which records.
pub(super) struct Run<'a> {
    pub(super) built_in: BuiltIn,
    pub(super) collection: &'a Collection,
    pub(super) selection: Selection,
    pub(super) values: Values,
    pub(super) idempotency_key: Option<String>,
}

impl Run<'_> {
    /// Runs it as a job like any other.
    pub(super) async fn submit(self, agent: &Agent, call: &Call) -> Result<(Job, Reply)> {
        // Agents mount no such route for collections that cannot be written.
        if self.collection.read_only && !self.built_in.reads_only() {
            let name = &self.collection.name;
            return Err(Fault::forbidden(format!("“{name}” is read-only: it is a view, or has no primary key.")));
        }
        let submission = Submission {
            collection: self.collection.name.clone(),
            action: self.built_in.id(),
            selection: self.selection,
            values: self.values,
            idempotency_key: self.idempotency_key,
            approval: None,
        };
        let submitted = agent.engine.submit(&call.cx, submission).await.map_err(Fault::of_record)?;
        match submitted.reply {
            Ok(reply) => Ok((submitted.job, reply)),
            // That nothing can be unlinked from a parent that is gone is no secret.
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Fault::from(error)),
            Err(error) => Err(Fault::of_record(error)),
        }
    }
}
