//! Signing and checking tokens.

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, get_current_timestamp};
use levers_model::{Caller, Door, Error, Result};
use serde_json::{Map, Value as Json};

use crate::claims::{self, NewToken};
use crate::known::Known;

/// Mints and checks tokens with one secret. Clones are cheap and share it.
#[derive(Clone)]
pub struct Tokens {
    inner: Arc<Keys>,
}

struct Keys {
    sign: EncodingKey,
    check: DecodingKey,
    validation: Validation,
    known: Known,
}

impl Tokens {
    /// Keys from the auth secret.
    pub fn new(secret: &[u8]) -> Self {
        // Forest's agents accept every HMAC SHA-2. `alg: none` and the asymmetric
        // algorithms are refused, because they are not in this list.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.algorithms = vec![Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
        validation.leeway = 0;
        validation.validate_nbf = true;
        // The secret alone says whom a token is for; agents name no audience.
        validation.validate_aud = false;
        let (sign, check) = (EncodingKey::from_secret(secret), DecodingKey::from_secret(secret));
        Self { inner: Arc::new(Keys { sign, check, validation, known: Known::new() }) }
    }

    /// The caller whom a token names, in UTC: a door that knows the timezone sets it.
    ///
    /// # Errors
    /// `Unauthenticated`, with a sentence that says what is wrong with the token.
    pub fn verify(&self, token: &str, door: Door) -> Result<Caller> {
        if let Some(caller) = self.inner.known.find(token, get_current_timestamp()) {
            return Ok(Caller { door, ..caller });
        }
        let claims = decode::<Map<String, Json>>(token, &self.inner.check, &self.inner.validation)
            .map_err(|error| refusal(error.kind()))?
            .claims;
        let caller = claims::caller(&claims, door)?;
        self.inner.known.keep(token, &claims, &caller);
        Ok(caller)
    }

    /// A token signed with HS256.
    ///
    /// # Errors
    /// `Invalid` for an e-mail address that no token may name; `Internal` when the claims
    /// cannot be written as JSON, which no claims of ours are.
    pub fn mint(&self, new: &NewToken) -> Result<String> {
        if !claims::names_account(&new.email) {
            return Err(Error::invalid("A token names an account by its e-mail address, which cannot be blank."));
        }
        encode(&Header::new(Algorithm::HS256), &new.claims(get_current_timestamp()), &self.inner.sign)
            .map_err(Error::internal)
    }
}

/// Shows nothing of the secret.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

fn refusal(kind: &ErrorKind) -> Error {
    Error::unauthenticated(match kind {
        ErrorKind::ExpiredSignature => "The token has expired. Sign in again, or mint a new one.",
        ErrorKind::ImmatureSignature => "The token is not valid yet. Check the clocks of both machines.",
        ErrorKind::InvalidSignature => "The token was signed with another secret than this server's.",
        ErrorKind::MissingRequiredClaim(_) => "The token has no expiry. Mint one with an “exp” claim.",
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
            "The token's algorithm is not accepted. Sign with HS256, HS384 or HS512."
        }
        _ => "The token cannot be read. It must be a JSON Web Token signed with the auth secret.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const SECRET: &[u8] = b"a secret of at least thirty-two characters";

    fn sign(algorithm: Algorithm, secret: &[u8], claims: &Json) -> String {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    fn later() -> u64 {
        get_current_timestamp() + 60
    }

    fn refused(token: &str) -> String {
        Tokens::new(SECRET).verify(token, Door::Rest).unwrap_err().message().to_owned()
    }

    #[test]
    fn a_minted_token_is_verified() {
        let tokens = Tokens::new(SECRET);
        let token = tokens.mint(&NewToken::new("ada@example.org")).unwrap();
        let caller = tokens.verify(&token, Door::Rest).unwrap();
        assert_eq!((caller.email.as_str(), caller.door), ("ada@example.org", Door::Rest));
        assert_eq!(caller.permission_level.as_deref(), Some("admin"));
    }

    #[test]
    fn a_token_that_is_known_names_the_same_caller_at_each_door() {
        let tokens = Tokens::new(SECRET);
        let token = tokens.mint(&NewToken::new("ada@example.org")).unwrap();
        let first = tokens.verify(&token, Door::Rest).unwrap();
        assert!(tokens.inner.known.find(&token, get_current_timestamp()).is_some());
        assert_eq!(tokens.verify(&token, Door::Forest).unwrap(), Caller { door: Door::Forest, ..first });
    }

    #[test]
    fn a_token_that_is_known_opens_nothing_when_it_is_altered_or_expires() {
        let tokens = Tokens::new(SECRET);
        let token = sign(Algorithm::HS256, SECRET, &json!({ "email": "a@b.c", "exp": later() }));
        let caller = tokens.verify(&token, Door::Rest).unwrap();
        let last = if token.ends_with('A') { "B" } else { "A" };
        for altered in [format!("{token} "), format!("{token}="), format!("{}{last}", &token[..token.len() - 1])] {
            assert!(tokens.verify(&altered, Door::Rest).is_err(), "{altered}");
        }
        let claims = json!({ "email": "a@b.c", "exp": get_current_timestamp() - 2 });
        let expired = sign(Algorithm::HS256, SECRET, &claims);
        tokens.inner.known.keep(&expired, claims.as_object().unwrap(), &caller);
        assert!(tokens.verify(&expired, Door::Rest).unwrap_err().message().contains("expired"));
    }

    #[test]
    fn refused_tokens_are_not_kept() {
        let tokens = Tokens::new(SECRET);
        let claims = json!({ "email": "a@b.c", "exp": later() });
        let nameless = json!({ "exp": later() });
        for token in [sign(Algorithm::HS256, b"another secret", &claims), sign(Algorithm::HS256, SECRET, &nameless)] {
            assert!(tokens.verify(&token, Door::Rest).is_err());
            assert_eq!(tokens.inner.known.len(), 0);
        }
    }

    #[test]
    fn nobody_is_not_minted_for() {
        for email in ["", "  ", "a\nb"] {
            assert!(Tokens::new(SECRET).mint(&NewToken::new(email)).is_err(), "{email:?}");
        }
    }

    #[test]
    fn every_hmac_is_accepted() {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let token = sign(algorithm, SECRET, &json!({ "id": 1, "email": "a@b.c", "exp": later(), "aud": "forest" }));
            assert_eq!(Tokens::new(SECRET).verify(&token, Door::Forest).unwrap().id, "1");
        }
    }

    #[test]
    fn bad_tokens_are_refused_with_what_is_wrong() {
        let claims = json!({ "email": "a@b.c", "exp": later() });
        // {"alg":"none","typ":"JWT"} and {"email":"a@b.c","exp":99999999999}
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJlbWFpbCI6ImFAYi5jIiwiZXhwIjo5OTk5OTk5OTk5OX0.";
        let expired = json!({ "email": "a@b.c", "exp": get_current_timestamp() - 2 });
        let eternal = json!({ "email": "a@b.c" });
        let refusals = [
            refused(none),
            refused(&sign(Algorithm::HS256, b"another secret", &claims)),
            refused(&sign(Algorithm::HS256, SECRET, &expired)),
            refused(&sign(Algorithm::HS256, SECRET, &eternal)),
            refused(""),
            refused("a.b.c"),
        ];
        insta::assert_json_snapshot!(refusals);
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", Tokens::new(SECRET)), "Tokens { .. }");
    }

    proptest! {
        #[test]
        fn any_text_is_refused(token in ".{0,80}") {
            prop_assert!(Tokens::new(SECRET).verify(&token, Door::Rest).is_err());
        }
    }
}
