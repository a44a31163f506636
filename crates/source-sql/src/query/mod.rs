//! Reading: the query vocabulary as statements.

mod aggregate;
mod condition;
mod order;
mod scope;
mod select;

pub(crate) use aggregate::aggregate;
pub(crate) use condition::own_condition;
pub(crate) use scope::Statement;
pub(crate) use select::{Selected, all_columns, select};
