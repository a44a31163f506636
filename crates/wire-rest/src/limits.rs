//! How much of anything one request may hold.
//!
//! Every input has a bound, so that no request costs more than its caller could
//! have been told beforehand. The bounds are part of the API: the `OpenAPI`
//! document names them.

use levers_model::{Error, Result};

/// Records of a page when nothing is said.
pub(crate) const PAGE_SIZE: u64 = 50;
/// Records of a page at most.
pub(crate) const LARGEST_PAGE: u64 = 1_000;
/// Ids of a selection, and values of a list in a condition.
pub(crate) const LONGEST_LIST: usize = 10_000;
/// Tests in one tree of conditions.
pub(crate) const MOST_CONDITIONS: usize = 500;
/// Fields of a projection.
pub(crate) const MOST_FIELDS: usize = 500;
/// Criteria of an order or a grouping.
pub(crate) const MOST_CRITERIA: usize = 16;
/// Relations on the way of a field's path.
pub(crate) const LONGEST_PATH: usize = 8;
/// Characters of an idempotency key.
pub(crate) const LONGEST_KEY: usize = 255;
/// Characters of a search.
pub(crate) const LONGEST_SEARCH: usize = 1_000;
/// Groups of an aggregation.
pub(crate) const MOST_GROUPS: u64 = 10_000;

/// Values in a body: numbers, texts, lists, objects.
const MOST_VALUES: usize = 1_000_000;

/// Refuses a body of so many values that reading it would take many times its size: a list
/// costs two bytes to send and more than thirty to keep. Every value but the first of a list or
/// object has a comma before it, and every list and object a bracket; that texts have some
/// too does not matter at this number, and files, which are base64, have none.
pub(crate) fn values_of_body(body: &[u8]) -> Result<()> {
    let marks = body.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    if marks <= MOST_VALUES {
        return Ok(());
    }
    Err(Error::too_large(format!("The body holds more than {MOST_VALUES} values. Send it in parts.")))
}

/// Refuses more than `most` of something.
pub(crate) fn at_most(what: &str, count: usize, most: usize) -> Result<()> {
    if count <= most {
        return Ok(());
    }
    Err(Error::invalid(format!("At most {most} {what} are accepted at once; there were {count}.")))
}
