//! Whether a setup would be served, with everything that is wrong at once.

use std::sync::Arc;

use levers_declare::{Mistake, Severity, World};
use levers_engine::Engine;

use crate::no_store::NoStore;
use crate::open::{App, assemble};
use crate::setup::{Setup, SetupError};
use crate::sources::Sources;

/// What a check found.
#[derive(Debug, Default)]
pub struct Checked {
    /// How much is declared; none where the file cannot be read.
    pub declared: Option<Declared>,
    /// All that is wrong or should not stay so.
    pub mistakes: Vec<Mistake>,
    /// Whether everything was looked at; a file that is not well-formed is only looked at as far as it is.
    pub is_whole: bool,
}

/// How much is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    /// Collections about which something is said.
    pub collections: usize,
    /// Their actions, built-in ones aside.
    pub actions: usize,
}

impl Checked {
    /// Whether a server would start with it.
    pub fn is_good(&self) -> bool {
        self.mistakes.iter().all(|mistake| mistake.severity == Severity::Warning)
    }
}

/// Opens the databases and holds the declarations against them, asking each to
/// make sense of the SQL; nothing is run and no store is opened. `offline` leaves
/// the databases alone and says only what the file by itself says.
///
/// # Errors
/// When a database cannot be opened, or the program's own declarations make no sense.
pub async fn check(setup: &Setup, app: &App, offline: bool) -> Result<Checked, SetupError> {
    let Some(document) = &setup.document else { return Ok(Checked::default()) };
    let declared = Declared { collections: document.collections(), actions: document.outline().len() };
    let mut checked = Checked { declared: Some(declared), mistakes: document.warnings().to_vec(), is_whole: true };
    if offline {
        return Ok(checked);
    }
    let sources = Sources::open(setup, app.sources.clone(), &Sources::default()).await?;
    match assemble(setup, app, &sources, None, Engine::builder(Arc::new(NoStore))) {
        Ok(_) => {}
        Err(SetupError::Mistakes(found)) => checked.mistakes.extend(found),
        Err(failed @ SetupError::Failed(_)) => return Err(failed),
    }
    // Whatever else is wrong: all that can be told is told at once.
    for mistake in document.check_statements(&World { sources: &sources.all(), signing: None }).await {
        if !checked.mistakes.contains(&mistake) {
            checked.mistakes.push(mistake);
        }
    }
    checked.mistakes.sort_by(|one, other| one.place().cmp(&other.place()));
    Ok(checked)
}
