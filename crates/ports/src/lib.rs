//! The sockets of Levers: what the engine asks of the rooms around it.
//!
//! An adapter implements one of these traits and knows no verb; the engine calls
//! them and knows no SQL. `testkit` holds the suites that every implementation
//! must pass.
//!
//! Recipe for a new data source: implement [`Source`] in a crate of its own,
//! run `testkit`'s source suite against it, add a line to the server's registry.

mod clock;
mod collection;
mod declaration;
mod handler;
mod records;
mod script;
mod source;
mod store;

pub use clock::{Clock, SystemClock};
pub use collection::{CollectionDeclaration, RecordTitle, Segment};
pub use declaration::{
    ActionDeclaration, Computed, ComputedFn, ElementDeclaration, FieldDeclaration, FormDeclaration, TypeDeclaration,
};
pub use handler::{ActionContext, FileBody, FormContext, FormValues, Handler, Reply};
pub use records::Records;
pub use script::{ParameterUse, Script, ScriptMistake, ScriptResult, ScriptValue, Scripts};
pub use source::{AggregateRow, Query, QueryContext, RecordStream, Source, Written};
pub use store::{Begun, Flushed, JobFilter, Store, StoredFile};
