//! Tokens: who a request is from.
//!
//! Both HTTP doors trust the same JSON Web Tokens, signed with the auth secret,
//! and the command line mints them; doors must not import each other, so the
//! check lives here. Claims are read in every spelling that Forest's agents use
//! (`firstName` and `first_name`, tags as object and as list of pairs), and
//! minted in both, so that a token of ours opens theirs too.
//!
//! Rejected: a claims struct with serde aliases. A token that carries both
//! spellings, as the shared test clients' do, is a duplicate field to serde.

mod claims;
mod known;
mod tokens;

pub use claims::NewToken;
pub use tokens::Tokens;
