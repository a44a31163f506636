//! How a backend knows who asks, and that an approval is one.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use levers_identity::{NewToken, Tokens};
use levers_model::{Caller, Error, Result};
use serde_json::{Value as Json, json};

use crate::secret::SecretText;

/// The secrets that a backend shares with this server.
#[derive(Debug, Clone)]
pub struct Signing {
    tokens: Tokens,
    env_secret: Option<SecretText>,
}

/// Long enough for clocks that differ and for the work to begin; a token that
/// leaks from a backend's log is worth little after it.
const LIFETIME: Duration = Duration::from_mins(10);

impl Signing {
    /// The auth secret signs callers' tokens; the environment's secret, where there is one, approvals.
    pub fn new(auth_secret: &SecretText, env_secret: Option<SecretText>) -> Self {
        Self { tokens: Tokens::new(auth_secret.expose().as_bytes()), env_secret }
    }

    /// A token that names the caller, in the spellings of all backends (specification, section 1.8).
    pub(crate) fn token(&self, caller: &Caller) -> Result<String> {
        let new = NewToken::new(&caller.email);
        self.tokens.mint(&NewToken {
            id: Some(caller.id.clone()),
            first_name: caller.first_name.clone(),
            last_name: caller.last_name.clone(),
            team: caller.team.clone(),
            role: caller.role.clone(),
            // What a door did not say is the least.
            permission_level: caller.permission_level.clone().unwrap_or_else(|| "user".to_owned()),
            tags: caller.tags.clone(),
            expires_in: LIFETIME,
            // A backend looks permissions up by it; the least guess is the only rendering of a small project.
            rendering_id: caller.rendering.unwrap_or(new.rendering_id),
            ..new
        })
    }

    /// The whole request, signed with the name of whoever asked for the approval
    /// (section 1.7); `None` without the environment's secret, when no backend could check it.
    pub(crate) fn approval(&self, requester: &str, body: &Json) -> Result<Option<String>> {
        let Some(secret) = &self.env_secret else { return Ok(None) };
        let mut payload = body.clone();
        let requester = requester.parse::<u64>().map_or_else(|_| json!(requester), |number| json!(number));
        payload["data"]["attributes"]["requester_id"] = requester;
        let now = get_current_timestamp();
        payload["iat"] = json!(now);
        payload["exp"] = json!(now.saturating_add(LIFETIME.as_secs()));
        let key = EncodingKey::from_secret(secret.expose().as_bytes());
        encode(&Header::new(Algorithm::HS256), &payload, &key).map(Some).map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use levers_model::Door;

    #[test]
    fn a_token_names_its_rendering() {
        let secret = SecretText::new("an auth secret of at least thirty-two characters");
        let signing = Signing::new(&secret, None);
        let payload = |rendering: Option<u64>| {
            let caller = Caller { rendering, ..Caller::new("ada@example.org", Door::Test) };
            jsonwebtoken::dangerous::insecure_decode::<Json>(&signing.token(&caller).unwrap()).unwrap().claims
        };
        assert_eq!(payload(None)["renderingId"], json!(1));
        let named = payload(Some(34));
        assert_eq!((&named["renderingId"], &named["rendering_id"]), (&json!(34), &json!("34")));
    }
}
