//! Which records an action is about, for its form and for its run.

use levers_model::{Action, BuiltIn, Condition, Error, Result, Scope, Selection, Targets};

use crate::context::OpContext;
use crate::engine::Engine;
use crate::records::check::Checker;
use crate::records::compile;
use crate::registry::CollectionEntry;

impl Engine {
    /// Compiles a selection for an action. Global actions get what the list was
    /// narrowed to, whatever was picked; others, when nothing was picked, no record.
    pub(crate) async fn selected(
        &self,
        cx: &OpContext,
        entry: &CollectionEntry,
        action: &Action,
        selection: &Selection,
    ) -> Result<Condition> {
        let checker = Checker::for_caller(&self.inner, &cx.caller);
        let nothing = Targets::Ids(Vec::new());
        let targets = match (action.scope, &selection.targets) {
            (Scope::Global, _) => &Targets::None,
            (Scope::Single | Scope::Bulk, Targets::None) => &nothing,
            (Scope::Single | Scope::Bulk, targets) => targets,
        };
        let picked = compile::picked(checker, entry, &selection.filter, targets)?;
        let Some(parent) = &selection.parent else { return Ok(picked) };
        let related = compile::related(checker, &self.inner, &cx.query_context(), entry, parent).await?;
        match action.built_in {
            // What is to be linked is not related yet; and what is to be unlinked
            // is found by these two through the link itself.
            Some(BuiltIn::Associate | BuiltIn::Dissociate) => Ok(picked),
            _ => Ok(picked.and(related)),
        }
    }
}

/// Whether so many records can be picked for an action of this scope.
pub(super) fn check_size(action: &Action, selection: &Selection) -> Result<()> {
    let name = &action.name;
    match (action.scope, &selection.targets) {
        (Scope::Global, _) | (Scope::Bulk, Targets::Ids(_) | Targets::AllExcept(_)) => Ok(()),
        (Scope::Single, Targets::Ids(ids)) if ids.len() == 1 => Ok(()),
        (Scope::Single, Targets::Ids(ids)) if ids.len() > 1 => {
            Err(Error::refused(format!("“{name}” is about one record, and {} are selected. Select one.", ids.len())))
        }
        (Scope::Single, _) => {
            Err(Error::refused(format!("“{name}” is about one record, and none is named. Select one.")))
        }
        (Scope::Bulk, Targets::None) => {
            Err(Error::refused(format!("“{name}” is about records, and nothing is selected. Select some, or all.")))
        }
    }
}
