//! From a setup to an engine: sources, store, declarations.

use std::sync::Arc;
use std::time::Instant;

use levers_declare::{Document, Mistake, World};
use levers_engine::{Engine, EngineBuilder};
use levers_handler_http::{SecretText, Signing};
use levers_ports::{CollectionDeclaration, Source};
use levers_store::SqliteStore;

use crate::no_store::NoStore;
use crate::secret::{AuthSecret, Secret};
use crate::setup::{Setup, SetupError};
use crate::sources::Sources;

/// What an author's program declares; empty for the plain `levers` program,
/// whose sources and declarations then come from its file.
#[derive(Clone, Default)]
pub struct App {
    /// Data sources that the program opened itself.
    pub sources: Vec<Arc<dyn Source>>,
    /// What is declared on their collections, by name.
    pub customizations: Vec<(String, CollectionDeclaration)>,
}

/// What engines stand on.
pub(crate) struct Ground {
    pub(crate) sources: Sources,
    /// Its file must be let go of at the end.
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) auth: AuthSecret,
}

/// Opens sources and store, builds the engine and ends what an earlier process
/// left executing.
///
/// # Errors
/// All mistakes of the file; `Invalid` for a configuration or a declaration of the
/// program that makes no sense, `Unavailable` when a database or the store cannot be opened.
pub(crate) async fn open(setup: &Setup, app: &App) -> Result<(Engine, Ground), SetupError> {
    let begun = Instant::now();
    // The databases first: a mistyped URL must leave neither a secret nor a store behind.
    let sources = Sources::open(setup, app.sources.clone(), &Sources::default()).await?;
    let auth = setup.config.auth_secret()?;
    let path = setup.config.store_path();
    let store = Arc::new(SqliteStore::open(&path).await?);
    let signing = signing(&auth, setup.config.env_secret.as_ref());
    let engine = assemble(setup, app, &sources, Some(signing), Engine::builder(store.clone()))?;
    engine.recover().await?;
    tracing::info!(
        collections = engine.collections().count(),
        store = %path.display(),
        milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        "opened"
    );
    Ok((engine, Ground { sources, store, auth }))
}

/// An engine that can describe what there is and run nothing; it touches no store file.
pub(crate) async fn open_to_describe(setup: &Setup, app: &App) -> Result<Engine, SetupError> {
    let sources = Sources::open(setup, app.sources.clone(), &Sources::default()).await?;
    assemble(setup, app, &sources, None, Engine::builder(Arc::new(NoStore)))
}

/// What handlers sign with when they ask backends.
pub(crate) fn signing(auth: &AuthSecret, env_secret: Option<&Secret>) -> Signing {
    let text = |secret: &Secret| SecretText::new(secret.expose());
    Signing::new(&text(&auth.secret), env_secret.map(text))
}

/// Puts together what the program and the file declare.
///
/// # Errors
/// All mistakes of the file; `Invalid` for a declaration of the program that makes no sense.
pub(crate) fn assemble(
    setup: &Setup,
    app: &App,
    sources: &Sources,
    signing: Option<Signing>,
    mut builder: EngineBuilder,
) -> Result<Engine, SetupError> {
    let all = sources.all();
    for source in &all {
        builder = builder.source(source.clone());
    }
    let mut declared = Vec::new();
    if let Some(document) = &setup.document {
        declared = document.declare(&World { sources: &all, signing }).map_err(SetupError::Mistakes)?;
        let clashes = clashes(document, app, &declared);
        if !clashes.is_empty() {
            return Err(SetupError::Mistakes(clashes));
        }
    }
    for (collection, declaration) in app.customizations.iter().cloned().chain(declared) {
        builder = builder.customize(collection, declaration);
    }
    Ok(builder.build()?)
}

/// Actions that the program and the file both declare cannot be both.
fn clashes(document: &Document, app: &App, declared: &[(String, CollectionDeclaration)]) -> Vec<Mistake> {
    let mut clashes = Vec::new();
    for (collection, declaration) in declared {
        let own = app.customizations.iter().filter(|(name, _)| name == collection);
        let own: Vec<_> = own.flat_map(|(_, declaration)| &declaration.actions).collect();
        for action in declaration.actions.iter().map(|declaration| &declaration.action) {
            if let Some(clash) = own.iter().find(|own| own.action.id == action.id) {
                let path = ["collections", collection, "actions", &action.name];
                let message = format!(
                    "The program declares an action “{}” on “{collection}” too, with the same id “{}”.",
                    clash.action.name, action.id
                );
                clashes.push(document.mistake(&path, message, Some("Rename or remove one of the two.".to_owned())));
            }
        }
    }
    clashes
}
