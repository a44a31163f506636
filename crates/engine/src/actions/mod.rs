//! Running actions.

mod background;
mod canonical;
mod delivery;
mod doubt;
mod outcome;
mod prepare;
mod recover;
mod redact;
mod replay;
mod run;
mod running;
mod submit;

pub(crate) use outcome::sanitize_html;
pub(crate) use running::Running;
pub use submit::{Submission, Submitted};
