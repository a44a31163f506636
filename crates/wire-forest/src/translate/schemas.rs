//! Looking collections up by name while translating.

use levers_engine::{Engine, OpContext};
use levers_model::{Collection, Relation};

/// The collections that a translation may know of.
#[derive(Clone, Copy)]
pub(crate) struct Schemas<'a>(Known<'a>);

// Rejected: a boxed closure. Its lifetime is invariant, so nothing that borrows
// the collections could be shorter than the request.
#[derive(Clone, Copy)]
enum Known<'a> {
    OfCaller(&'a Engine, &'a OpContext),
    Sorted(&'a [&'a Collection]),
}

impl<'a> Schemas<'a> {
    /// Those that a caller may know of.
    pub(crate) const fn of_caller(engine: &'a Engine, cx: &'a OpContext) -> Self {
        Self(Known::OfCaller(engine, cx))
    }

    /// These, sorted by name.
    pub(crate) const fn sorted(collections: &'a [&'a Collection]) -> Self {
        Self(Known::Sorted(collections))
    }

    /// The collection of this name.
    pub(crate) fn get(self, name: &str) -> Option<&'a Collection> {
        match self.0 {
            Known::OfCaller(engine, cx) => engine.collection(cx, name).ok().map(|entry| &**entry.schema()),
            Known::Sorted(collections) => {
                let at = collections.binary_search_by(|collection| collection.name.as_str().cmp(name)).ok()?;
                collections.get(at).copied()
            }
        }
    }

    /// The to-one relation of this name, with the collection at its other end.
    pub(crate) fn to_one<'c>(
        self,
        collection: &'c Collection,
        relation: &str,
    ) -> Option<(&'c Relation, &'a Collection)> {
        let relation = collection.relation(relation).filter(|relation| relation.is_to_one())?;
        Some((relation, self.get(&relation.target)?))
    }
}
