//! What an author adds to a collection.

use levers_engine::Customization;
use levers_model::Condition;
use levers_ports::{ActionDeclaration, Segment};

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
    pub(crate) customization: Customization,
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
        self.customization.segments.push(Segment { name: name.into(), condition });
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
        self.customization.actions.push(action);
        self
    }
}
