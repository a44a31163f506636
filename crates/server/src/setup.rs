//! A configuration together with where it came from, so that it can be read again.
//!
//! The file says two things: settings, which flags and the environment override,
//! and declarations, which nothing overrides. Both come from one reading by
//! `levers-declare`, so every mistake in the file is told in the same way.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use levers_declare::{Document, Mistake};
use levers_model::Error;
use levers_ports::Source;

use crate::config::{Config, DEFAULT_FILE, Flags, store_beside};
use crate::watch::Watch;

/// Why a configuration cannot be used.
#[derive(Debug, Clone)]
pub enum SetupError {
    /// All that is wrong in the files.
    Mistakes(Vec<Mistake>),
    /// Something else: the environment, a flag, a database that does not answer.
    Failed(Error),
}

impl From<Error> for SetupError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Mistakes(mistakes) => {
                let texts: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
                f.write_str(&texts.join("\n\n"))
            }
        }
    }
}

impl std::error::Error for SetupError {}

/// What is configured and declared.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The settings: file, environment, flags.
    pub config: Config,
    /// What the file says; none without a file.
    pub document: Option<Arc<Document>>,
    /// The file or folder that was asked for.
    named: Option<PathBuf>,
    flags: Flags,
    /// Begun before the files were read, so that no change is missed.
    watch: Watch,
}

impl Setup {
    /// Reads the file or folder (the named one, or `levers.toml` in the working
    /// folder if there is one), the process's environment and the flags. Jobs are kept
    /// beside the first of the program's `own` sources, when nothing else says where.
    ///
    /// # Errors
    /// All mistakes of the file; or that of the environment or of a flag.
    pub fn load(named: Option<&Path>, flags: Flags, own: &[Arc<dyn Source>]) -> Result<Self, SetupError> {
        Self::load_by(named, flags, own, |place| levers_declare::read(place).map_err(SetupError::Mistakes))
    }

    /// Reads what is right of a file that has mistakes, to look for further ones; `None` where
    /// too little is. Never to be served.
    pub fn load_what_is_right(named: Option<&Path>, flags: Flags, own: &[Arc<dyn Source>]) -> Option<Self> {
        let read = |place: &Path| levers_declare::read_what_is_right(place).ok_or(SetupError::Mistakes(Vec::new()));
        Self::load_by(named, flags, own, read).ok()
    }

    fn load_by(
        named: Option<&Path>,
        flags: Flags,
        own: &[Arc<dyn Source>],
        read: impl Fn(&Path) -> Result<Document, SetupError>,
    ) -> Result<Self, SetupError> {
        let mut watch = Watch::new(vec![named.unwrap_or(Path::new(DEFAULT_FILE)).to_owned()]);
        let document = match place(named) {
            Some(place) if place.exists() => Some(read(&place)?),
            Some(place) => {
                return Err(Error::not_found(format!("There is no configuration file {}.", place.display())).into());
            }
            None => None,
        };
        // Names and values that are not UTF-8 cannot be ours.
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut config = Config::gather(document.as_ref(), environment, &flags)?;
        if config.store.is_none() && config.database.url.is_none() {
            let mut declared = document.iter().flat_map(Document::sources);
            config.store = declared.find_map(|source| store_beside(source.url.expose()));
            config.keep_beside(own);
        }
        if let Some(document) = &document {
            watch.instead(document.watched().to_vec());
        }
        Ok(Self { config, document: document.map(Arc::new), named: named.map(Path::to_owned), flags, watch })
    }

    /// Reads everything again.
    ///
    /// # Errors
    /// Those of [`Setup::load`]; `NotFound` when there was a file and it is gone: that it is being
    /// replaced is likelier than that somebody wants to lose all that it declares.
    pub(crate) fn again(&self, own: &[Arc<dyn Source>]) -> Result<Self, SetupError> {
        let place = self.place();
        if self.document.is_some() && !place.exists() {
            return Err(Error::not_found(format!("{} is gone.", place.display())).into());
        }
        Self::load(self.named.as_deref(), self.flags.clone(), own)
    }

    /// The file or folder, whether it is there or not.
    pub fn place(&self) -> &Path {
        self.named.as_deref().unwrap_or(Path::new(DEFAULT_FILE))
    }

    /// Whether file, environment or flags name a data source.
    pub fn names_a_source(&self) -> bool {
        self.config.database.url.is_some()
            || self.document.as_ref().is_some_and(|document| !document.sources().is_empty())
    }

    /// The files whose change changes something, as they were when they were read.
    pub(crate) fn watch(&self) -> Watch {
        self.watch.clone()
    }
}

/// The file to read, if any is to be read.
fn place(named: Option<&Path>) -> Option<PathBuf> {
    match named {
        Some(named) => Some(named.to_owned()),
        None => Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.is_file()),
    }
}

#[cfg(test)]
impl Setup {
    /// A configuration without a file, for tests.
    pub(crate) fn of(config: Config) -> Self {
        Self { config, document: None, named: None, flags: Flags::default(), watch: Watch::new(Vec::new()) }
    }
}
