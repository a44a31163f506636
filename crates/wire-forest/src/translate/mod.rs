//! From the wire's words to the engine's and back: pure functions, no I/O.
//!
//! Everything that an untrusted client can shape is read here, so this is what
//! the fuzzers drive. Nothing in here decides anything about a caller.

mod action_body;
mod bulk_body;
mod capabilities;
mod column_type;
mod csv;
mod files;
mod filter;
mod form;
mod ids;
mod json_api;
mod legacy;
mod names;
mod outcome;
mod query_string;
mod reading;
mod record_body;
mod schemas;
mod widget;
mod wire_value;

pub(crate) use action_body::{Asked, action_body, form_body};
pub(crate) use bulk_body::{BulkBody, attributes, bulk_body, linked_id};
pub(crate) use capabilities::{capabilities, collection_names};
pub(crate) use column_type::column_type;
pub(crate) use csv::{csv_columns, csv_titles, sort_texts};
pub(crate) use files::content_disposition;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) use filter::condition;
pub(crate) use form::shown;
pub(crate) use form::{field, form, layout};
pub(crate) use ids::record_id;
pub(crate) use json_api::{Document, ListDocument};
pub(crate) use legacy::{Address, LegacyAnswer, legacy_answer, legacy_form, timezone_in, unflattened};
pub(crate) use names::{is_legacy_slug, names_action, slug};
pub(crate) use outcome::{outcome_body, outcome_status};
pub(crate) use query_string::{Params, QueryString, timezone};
pub(crate) use reading::is_sortable;
pub(crate) use reading::{page, projection, request_filter, sort};
pub(crate) use record_body::{RecordBody, array_element, attributes_of, record_body, to_one_body};
pub(crate) use schemas::Schemas;
pub(crate) use wire_value::WireValue;
