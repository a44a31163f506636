//! An author's program: data sources, and what is declared on their collections.

use std::process::ExitCode;
use std::sync::Arc;

use levers_ports::{CollectionDeclaration, Source};
use levers_server::App;

use crate::collection::CollectionBuilder;
use crate::error::Result;

/// A program on Levers: where the data is, and what can be done with it.
///
/// ```no_run
/// use levers::prelude::*;
///
/// #[tokio::main]
/// async fn main() -> levers::Result<levers::ExitCode> {
///     Levers::new()
///         .source(Sql::open("sqlite:live-demo.db").await?)
///         .collection("companies", |companies| companies
///             .segment("Live", field("status").eq("live"))
///             .action(Action::single("Mark as Live").execute(|cx| async move {
///                 cx.update(json!({ "status": "live" })).await?;
///                 Ok(Outcome::success("Company is now live!"))
///             })))
///         .run().await
/// }
/// ```
#[derive(Default)]
pub struct Levers {
    pub(crate) sources: Vec<Arc<dyn Source>>,
    pub(crate) customizations: Vec<(String, CollectionDeclaration)>,
}

impl Levers {
    /// A program without data.
    ///
    /// ```
    /// let _ = levers::Levers::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Offers all collections of a data source. Several sources may be added;
    /// their collections must have different names.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # async fn program() -> levers::Result<Levers> {
    /// Ok(Levers::new()
    ///     .source(Sql::open("postgres://localhost/shop").await?)
    ///     .source(Sql::open("sqlite:archive.db").await?))
    /// # }
    /// ```
    pub fn source(mut self, source: impl Source + 'static) -> Self {
        self.sources.push(Arc::new(source));
        self
    }

    /// Adds segments and actions to a collection. That there is no collection of
    /// this name, or that two actions have one name, shows when the program starts.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Levers::new().collection("orders", |orders| orders
    ///     .segment("Late", field("status").eq("late"))
    ///     .action(Action::bulk("Ship").execute(|cx| async move {
    ///         cx.update(json!({ "status": "shipped" })).await?;
    ///         Ok(())
    ///     })));
    /// ```
    pub fn collection(
        mut self,
        name: impl Into<String>,
        customize: impl FnOnce(CollectionBuilder) -> CollectionBuilder,
    ) -> Self {
        let builder = customize(CollectionBuilder::default());
        self.customizations.push((name.into(), builder.declaration));
        self
    }

    /// Gives the program the whole command line of `levers`, and does what its
    /// arguments say: `serve`, `init`, `check`, `run`, `actions`, `jobs`,
    /// `schema`, `doctor`, `token`.
    /// Without arguments it serves, on `127.0.0.1:3310` unless configured otherwise.
    ///
    /// What fails is told on the standard error output and in the exit code,
    /// which `main` returns.
    ///
    /// # Errors
    /// None of its own: the result lets `?` stand before it and `run` at the end.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// #[tokio::main]
    /// async fn main() -> levers::Result<levers::ExitCode> {
    ///     Levers::new().source(Sql::open("sqlite:shop.db").await?).run().await
    /// }
    /// ```
    pub async fn run(self) -> Result<ExitCode> {
        let Self { sources, customizations } = self;
        Ok(levers_cli::run(App { sources, customizations }).await)
    }
}
