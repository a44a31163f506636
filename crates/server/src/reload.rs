//! Serving what the file says after it has changed, without a restart.
//!
//! A change is read, checked and built beside what is served, and put in its place
//! only when all of it is right: a bad edit changes nothing and is said in the log,
//! in `/health` and by `levers doctor`. The store, the listener, the secret of
//! tokens and the log are the process's own and stay until it is started again.
//!
//! SIGHUP reloads too, and opens the databases anew: that is how a server learns of
//! tables and columns that came after it had started.

use std::sync::Arc;

use levers_engine::Engine;
use tokio::signal::unix::Signal;

use crate::changes::Changes;
use crate::config::Config;
use crate::doors::Doors;
use crate::live::{House, Live, Shared, Standing};
use crate::open::{App, Ground, assemble, signing};
use crate::setup::{Setup, SetupError};
use crate::sources::Sources;
use crate::watch::Watch;

/// Why the file is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Changed,
    HangUp,
}

/// All that a reload needs to know.
pub(crate) struct Reloader {
    setup: Setup,
    app: App,
    /// What the process was started with; what of it differs needs a restart.
    started: Config,
    ground: Ground,
    doors: Doors,
    live: Arc<Live>,
    standing: Shared,
    watch: Watch,
}

impl Reloader {
    /// Ready to follow the files of this setup.
    pub(crate) fn new(setup: Setup, app: App, ground: Ground, doors: Doors, live: Arc<Live>) -> Self {
        Self {
            started: setup.config.clone(),
            watch: setup.watch(),
            setup,
            app,
            ground,
            standing: doors.standing.clone(),
            doors,
            live,
        }
    }

    /// Follows changes until the process ends.
    pub(crate) async fn follow(mut self, mut hang_up: Signal) {
        loop {
            let cause = tokio::select! {
                () = self.watch.changed() => Cause::Changed,
                Some(()) = hang_up.recv() => {
                    self.watch.catch_up();
                    Cause::HangUp
                }
            };
            self.reload(cause).await;
        }
    }

    async fn reload(&mut self, cause: Cause) {
        match self.attempt(cause).await {
            Ok(()) => self.standing.store(Arc::new(Standing::current())),
            Err(error) => {
                self.say_why_not(&error);
                self.standing.rcu(|standing| standing.stale(error.clone()));
            }
        }
    }

    fn say_why_not(&self, error: &SetupError) {
        let place = self.setup.place().display();
        let still = "what it said before is still served";
        match error {
            SetupError::Mistakes(mistakes) => {
                let mistakes = count(mistakes.len(), "mistake");
                tracing::error!("not reloaded: {place} has {mistakes}; {still}\n{error}");
            }
            SetupError::Failed(error) => {
                let again = if error.retryable() { "; SIGHUP or the next change tries again" } else { "" };
                tracing::error!(internal = error.internal_text(), "not reloaded: {place}; {still}{again}: {error}");
            }
        }
    }

    /// Reads, checks, builds, and puts in place.
    async fn attempt(&mut self, cause: Cause) -> Result<(), SetupError> {
        let (setup, own) = (self.setup.clone(), self.app.sources.clone());
        let read =
            tokio::task::spawn_blocking(move || setup.again(&own)).await.map_err(levers_model::Error::internal)?;
        let setup = read?;
        let none = Sources::default();
        let kept = if cause == Cause::HangUp { &none } else { &self.ground.sources };
        let sources = Sources::open(&setup, self.app.sources.clone(), kept).await?;
        let before = self.live.load_full();
        let builder = Engine::builder(self.ground.store.clone()).continuing(&before.engine);
        let signing = signing(&self.ground.auth, setup.config.env_secret.as_ref());
        let engine = assemble(&setup, &self.app, &sources, Some(signing), builder)?;
        let served = (self.setup.document.as_deref(), &before.engine);
        let changes = Changes::between(served, (setup.document.as_deref(), &engine));
        let router = self.doors.router(engine.clone(), &setup.config);
        self.live.store(Arc::new(House { engine, router }));
        tracing::info!("reloaded {}: {changes}", setup.place().display());
        warn(&setup);
        self.say_what_waits(&setup.config);
        self.watch = setup.watch();
        self.setup = setup;
        self.ground.sources = sources;
        Ok(())
    }

    /// Names the settings that only a restart changes.
    fn say_what_waits(&self, now: &Config) {
        let waiting = self.started.only_at_start(now);
        if !waiting.is_empty() {
            tracing::warn!("changed, but used only after a restart: {}", waiting.join(", "));
        }
    }
}

/// Says what is right but should not stay so.
pub(crate) fn warn(setup: &Setup) {
    for warning in setup.document.iter().flat_map(|document| document.warnings()) {
        tracing::warn!("{warning}");
    }
}

/// A number with its noun.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
