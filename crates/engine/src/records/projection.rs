//! Which fields are read when nobody said.

use levers_model::{Collection, FieldPath, Projection};

use crate::records::check::Checker;

/// All columns, and all columns of to-one relations that the caller may read.
/// One level only: two would read half a database.
pub(crate) fn default(checker: Checker<'_>, collection: &Collection) -> Projection {
    let mut paths = own(collection).0;
    for (name, relation) in collection.relations().filter(|(_, relation)| relation.is_to_one()) {
        if let Ok(target) = checker.schema(&relation.target)
            && checker.may_read(&target.name)
        {
            paths.extend(target.columns().map(|(column, _)| FieldPath::from(format!("{name}:{column}"))));
        }
    }
    Projection(paths)
}

/// All columns of the collection itself.
pub(crate) fn own(collection: &Collection) -> Projection {
    Projection(collection.columns().map(|(name, _)| FieldPath::from(name)).collect())
}

/// Adds the key, so that every record has an identity.
pub(crate) fn with_key(mut projection: Projection, collection: &Collection) -> Projection {
    for key in &collection.primary_key {
        if !projection.0.iter().any(|path| path.as_str() == key) {
            projection.0.push(FieldPath::from(key.as_str()));
        }
    }
    projection
}
