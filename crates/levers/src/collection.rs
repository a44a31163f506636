//! What an author adds to a collection.

use levers_model::Condition;
use levers_ports::{ActionDeclaration, CollectionDeclaration, Segment};

use crate::title;

/// A collection that is being customized, in [`Levers::collection`](crate::Levers::collection).
///
/// Hand it to a function per collection to keep each in a file of its own:
///
/// ```
/// use levers::prelude::*;
///
/// fn companies(companies: CollectionBuilder) -> CollectionBuilder {
///     companies
///         .segment("Live", field("status").eq("live"))
///         .action(Action::single("Mark as Live").execute(|cx| async move {
///             cx.update(json!({ "status": "live" })).await?;
///             Ok(())
///         }))
/// }
///
/// let _ = Levers::new().collection("companies", companies);
/// ```
#[derive(Debug, Default)]
pub struct CollectionBuilder {
    pub(crate) declaration: CollectionDeclaration,
}

impl CollectionBuilder {
    /// Names a part of the collection, by a condition on its records.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Levers::new().collection("orders", |orders| orders
    ///     .segment("Late", field("status").eq("late"))
    ///     .segment("Big and open", field("status").eq("open").and(field("amount").gt(1000))));
    /// ```
    pub fn segment(mut self, name: impl Into<String>, condition: Condition) -> Self {
        self.declaration.segments.push(Segment { name: name.into(), condition });
        self
    }

    /// What people call the collection.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Levers::new().collection("emitted_txns", |transactions| transactions.label("Transactions"));
    /// ```
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.declaration.label = Some(label.into());
        self
    }

    /// How a record is called: text with the names of fields in braces, of related records
    /// with a colon. A brace that is meant as such is written twice. That a field does not
    /// exist or is hidden shows when the program starts.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Levers::new().collection("customers", |customers| customers.title("{firstname} {lastname} ({company:name})"));
    /// ```
    pub fn title(mut self, template: impl Into<String>) -> Self {
        self.declaration.title = Some(title::parse(template.into()));
        self
    }

    /// Hides columns or relations: nobody sees, filters or writes them through any door.
    /// Handlers and forms that you declare still do. A relation that hangs on a hidden
    /// column is hidden with it, because the id of the other record would tell its value.
    /// A primary key cannot be hidden. That a field does not exist shows when the program starts.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Levers::new().collection("customers", |customers| customers.hide(["password_hash", "internal_note"]));
    /// ```
    pub fn hide<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.declaration.hidden.extend(fields.into_iter().map(Into::into));
        self
    }

    /// Keeps the built-in actions from writing columns. Handlers that you declare still do.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Levers::new().collection("companies", |companies| companies.read_only(["status", "approved_by"]));
    /// ```
    pub fn read_only<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.declaration.read_only.extend(columns.into_iter().map(Into::into));
        self
    }

    /// Adds an action; they are shown in the order in which they are added.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Levers::new().collection("orders", |orders| orders
    ///     .action(Action::bulk("Ship").execute(|cx| async move {
    ///         cx.update(json!({ "status": "shipped" })).await?;
    ///         Ok(())
    ///     })));
    /// ```
    pub fn action(mut self, action: ActionDeclaration) -> Self {
        self.declaration.actions.push(action);
        self
    }
}
