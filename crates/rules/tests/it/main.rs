//! Rules and templates from outside: the corpus that browsers run too, what people read
//! when they are wrong, bounds, and random texts.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

mod bounds;
mod corpus;
mod mistakes;
mod random;
mod support;
mod templates;
