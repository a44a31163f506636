//! The nouns of Levers and the rules that need nothing but them.
//!
//! Every floor above speaks in these types: doors translate their wire into
//! them, the engine's verbs take and return them, adapters turn them into SQL.
//! There is no async, no I/O, no clock and no wire's spelling here, so a rule
//! written here can be tested with a table and reused by every door.
//!
//! Rejected: one crate of traits and nouns together. Nouns change when the
//! product learns a word; sockets change when an adapter needs something. The
//! second must not rebuild the first.

pub mod action;
pub mod caller;
pub mod changes;
pub mod error;
pub mod form;
pub mod ids;
pub mod job;
pub mod outcome;
pub mod query;
pub mod record;
pub mod schema;
pub mod selection;
pub mod value;

pub use action::{Action, ActionId, ActionKind, BuiltIn, Mode, Scope};
pub use caller::{Approval, Caller, Door};
pub use changes::{Change, ChangeKind, ChangeSet};
pub use error::{Constraint, ConstraintKind, Error, ErrorKind, FieldError, Result};
pub use form::{Field, FieldType, FileValue, Form, LayoutElement, Values, Widget};
pub use ids::{EventId, JobId};
pub use job::{Event, EventKind, Job, JobState};
pub use outcome::{Outcome, OutcomeKind};
pub use query::{
    Aggregation, AggregationOperation, Condition, DatePeriod, FieldPath, Group, Operator, Page, Projection, Sort,
    SortClause,
};
pub use record::{Patch, Record, RecordId};
pub use schema::{Collection, Column, ColumnType, DefaultValue, FieldSchema, Relation, RelationKind};
pub use selection::{ParentRecord, RequestFilter, Search, Selection, Targets};
pub use value::Value;
