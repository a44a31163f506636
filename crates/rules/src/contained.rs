//! Compiling with bounds on length and stack, and without panics.
//!
//! Parsers recurse deeply (fifty brackets in a rule overflow two megabytes of stack in a
//! debug build, and an overflow ends the process), so they run in a thread with room for
//! the longest source, which contains a panic too. Files are compiled when they are read,
//! never while somebody waits for a form. Rejected: counting brackets beforehand; operators
//! in a row recurse as well.

use std::thread;

use crate::mistake::Mistake;

/// The longest rule or template, in bytes.
const LONGEST_SOURCE: usize = 4 * 1024;
/// Room for a parser's recursion over the longest source. Only what is touched is taken.
const STACK: usize = 256 * 1024 * 1024;

/// Runs what compiles a source.
pub(crate) fn compile<T: Send>(
    source: &str,
    what: &str,
    work: impl FnOnce() -> Result<T, Vec<Mistake>> + Send,
) -> Result<T, Vec<Mistake>> {
    if source.len() > LONGEST_SOURCE {
        let message = format!("A {what} has at most {LONGEST_SOURCE} bytes; this one has {}.", source.len());
        return Err(vec![Mistake::new(0..source.len(), message)]);
    }
    let done = thread::scope(|threads| {
        thread::Builder::new()
            .name("levers-rules".to_owned())
            .stack_size(STACK)
            .spawn_scoped(threads, work)
            .ok()
            .and_then(|thread| thread.join().ok())
    });
    done.unwrap_or_else(|| Err(vec![Mistake::new(0..source.len(), format!("This {what} cannot be read."))]))
}
