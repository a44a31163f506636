//! Tokens that were verified before: a client sends the same one for an hour, and
//! checking its signature and reading its claims cost more than all else that a door does.
//!
//! Kept is that a token was signed with our secret and whom it names. Whether it is good
//! now is asked at each use; one that is not goes through the whole check again, which
//! says why. The key is the token's whole text, so that no other can be taken for it.
//! Rejected: a digest as the key, which costs half of what is saved.

use levers_model::Caller;
use quick_cache::sync::Cache;
use serde_json::{Map, Value as Json};

/// So many tokens are kept; what is used least makes room.
const MOST: usize = 1024;

/// Longer tokens are checked each time, so that all that is kept stays within some megabytes.
const LONGEST: usize = 4096;

/// The verified tokens of one secret. The map's hash is keyed at random (the standard
/// library's), so that nobody learns anything from the time that a lookup takes.
pub(crate) struct Known {
    tokens: Cache<Box<str>, Token>,
}

#[derive(Clone)]
struct Token {
    caller: Caller,
    not_before: u64,
    expires: u64,
}

impl Known {
    pub(crate) fn new() -> Self {
        Self { tokens: Cache::new(MOST) }
    }

    /// Whom a token names that was verified before and is good at this time, in seconds
    /// since 1970; the bounds are those of the whole check.
    pub(crate) fn find(&self, token: &str, now: u64) -> Option<Caller> {
        let known = self.tokens.get(token)?;
        (known.not_before <= now && now <= known.expires).then_some(known.caller)
    }

    /// Keeps a token that has just passed the whole check. One whose times are no plain
    /// numbers of seconds is not worth a second way of reading them.
    pub(crate) fn keep(&self, token: &str, claims: &Map<String, Json>, caller: &Caller) {
        let seconds = |claim: &str| claims.get(claim).map(Json::as_u64);
        let (Some(Some(expires)), Some(not_before)) = (seconds("exp"), seconds("nbf").unwrap_or(Some(0))) else {
            return;
        };
        if token.len() <= LONGEST {
            self.tokens.insert(token.into(), Token { caller: caller.clone(), not_before, expires });
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use levers_model::Door;
    use serde_json::json;

    fn keep(known: &Known, token: &str, claims: &Json) {
        known.keep(token, claims.as_object().unwrap(), &Caller::new("a@b.c", Door::Rest));
    }

    #[test]
    fn a_token_is_known_within_its_times_only() {
        let known = Known::new();
        keep(&known, "a.b.c", &json!({ "nbf": 10, "exp": 20 }));
        let good: Vec<u64> = (8..=22).filter(|now| known.find("a.b.c", *now).is_some()).collect();
        assert_eq!(good, (10..=20).collect::<Vec<_>>());
        assert!(known.find("a.b.d", 15).is_none());
    }

    #[test]
    fn tokens_without_plain_times_or_of_great_length_are_not_kept() {
        let known = Known::new();
        for claims in [json!({}), json!({ "exp": 20.5 }), json!({ "exp": "20" }), json!({ "exp": 20, "nbf": 1.5 })] {
            keep(&known, "a.b.c", &claims);
        }
        keep(&known, &"a".repeat(LONGEST + 1), &json!({ "exp": 20 }));
        assert_eq!(known.len(), 0);
        keep(&known, &"a".repeat(LONGEST), &json!({ "exp": 20 }));
        assert_eq!(known.len(), 1);
    }

    #[test]
    fn no_more_than_so_many_are_kept() {
        let known = Known::new();
        for number in 0..3 * MOST {
            keep(&known, &number.to_string(), &json!({ "exp": 20 }));
        }
        assert!(known.len() <= MOST && known.len() > MOST / 2, "{}", known.len());
    }
}
