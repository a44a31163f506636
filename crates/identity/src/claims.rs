//! Claims in every spelling, to a caller and back.

use std::collections::BTreeMap;
use std::time::Duration;

use levers_model::{Caller, Door, Error, Result};
use serde_json::{Map, Value as Json, json};

/// What a token is minted with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Names the account.
    pub email: String,
    /// Identity; the e-mail address when absent. Digits are written as a number, as Forest does.
    pub id: Option<String>,
    /// Given name; may be empty.
    pub first_name: String,
    /// Family name; may be empty.
    pub last_name: String,
    /// First team's name.
    pub team: Option<String>,
    /// Role's name.
    pub role: Option<String>,
    /// `admin`, `developer`, `editor` or `user`.
    pub permission_level: String,
    /// Free labels.
    pub tags: BTreeMap<String, String>,
    /// The rendering that Forest's agents look permissions up by.
    pub rendering_id: u64,
    /// How long it is good for.
    pub expires_in: Duration,
}

impl NewToken {
    /// A token of an administrator with this e-mail address, good for one hour.
    pub fn new(email: impl Into<String>) -> Self {
        Self {
            email: email.into(),
            id: None,
            first_name: String::new(),
            last_name: String::new(),
            team: None,
            role: None,
            permission_level: "admin".into(),
            tags: BTreeMap::new(),
            rendering_id: 1,
            expires_in: Duration::from_hours(1),
        }
    }

    /// The claims, in both spellings. `now` in seconds since 1970.
    pub(crate) fn claims(&self, now: u64) -> Json {
        let id = self.id.as_deref().unwrap_or(&self.email);
        let id = id.parse::<u64>().map_or_else(|_| json!(id), |number| json!(number));
        json!({
            "id": id,
            "email": self.email,
            "firstName": self.first_name,
            "first_name": self.first_name,
            "lastName": self.last_name,
            "last_name": self.last_name,
            "team": self.team,
            "role": self.role,
            "permissionLevel": self.permission_level,
            "permission_level": self.permission_level,
            "renderingId": self.rendering_id,
            "rendering_id": self.rendering_id.to_string(),
            "tags": self.tags,
            "iat": now,
            "exp": now.saturating_add(self.expires_in.as_secs()),
        })
    }
}

/// The caller whom verified claims name.
///
/// # Errors
/// `Unauthenticated` when no e-mail address is among them: it names the account.
pub(crate) fn caller(claims: &Map<String, Json>, door: Door) -> Result<Caller> {
    let email = claims.get("email").and_then(Json::as_str).filter(|email| names_account(email)).ok_or_else(|| {
        Error::unauthenticated("The token names no account: its “email” claim is missing or no text. Sign in again.")
    })?;
    let mut caller = Caller::new(email, door);
    if let Some(id) = text(claims, &["id", "sub"]).filter(|id| !id.is_empty()) {
        caller.id = id;
    }
    caller.first_name = text(claims, &["firstName", "first_name"]).unwrap_or_default();
    caller.last_name = text(claims, &["lastName", "last_name"]).unwrap_or_default();
    caller.team = text(claims, &["team"]);
    caller.role = text(claims, &["role"]);
    caller.permission_level = text(claims, &["permissionLevel", "permission_level"]);
    caller.rendering = text(claims, &["renderingId", "rendering_id"]).and_then(|id| id.parse().ok());
    caller.tags = claims.get("tags").map(tags).unwrap_or_default();
    Ok(caller)
}

/// An account's name is never blank, or anything that a log line would stumble over.
pub(crate) fn names_account(email: &str) -> bool {
    !email.trim().is_empty() && !email.chars().any(char::is_control)
}

/// The first of these claims that holds a text or a number.
fn text(claims: &Map<String, Json>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| claims.get(*name).and_then(scalar))
}

fn scalar(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(bool) => Some(bool.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// Tags as `{"key": "value"}` or as `[{"key": …, "value": …}]`; what is neither is left out.
fn tags(json: &Json) -> BTreeMap<String, String> {
    match json {
        Json::Object(object) => object.iter().filter_map(|(key, value)| Some((key.clone(), scalar(value)?))).collect(),
        Json::Array(pairs) => {
            pairs.iter().filter_map(|pair| Some((scalar(pair.get("key")?)?, scalar(pair.get("value")?)?))).collect()
        }
        _ => BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(claims: &Json) -> Result<Caller> {
        caller(claims.as_object().unwrap(), Door::Forest)
    }

    #[test]
    fn every_agents_spelling_names_the_same_caller() {
        let node = json!({ "id": 5, "email": "ada@example.org", "firstName": "Ada", "lastName": "L", "team": "Ops",
            "role": "Admin", "permissionLevel": "admin", "renderingId": 12, "tags": { "city": "Paris" } });
        let express = json!({ "id": "5", "email": "ada@example.org", "firstName": "Ada", "lastName": "L", "team": "Ops",
            "role": "Admin", "permissionLevel": "admin", "renderingId": 12,
            "tags": [{ "key": "city", "value": "Paris" }] });
        let rails = json!({ "id": "5", "email": "ada@example.org", "first_name": "Ada", "last_name": "L", "team": "Ops",
            "role": "Admin", "permission_level": "admin", "rendering_id": "12",
            "tags": [{ "key": "city", "value": "Paris" }] });
        let caller = read(&node).unwrap();
        assert_eq!((caller.id.as_str(), caller.rendering), ("5", Some(12)));
        assert_eq!(caller.full_name(), "Ada L");
        assert_eq!(read(&express).unwrap(), caller);
        assert_eq!(read(&rails).unwrap(), caller);
    }

    #[test]
    fn minted_claims_carry_both_spellings_and_read_back() {
        let mut new = NewToken::new("ada@example.org");
        new.id = Some("7".into());
        new.first_name = "Ada".into();
        new.role = Some("Admin".into());
        new.tags.insert("city".into(), "Paris".into());
        let claims = new.claims(1_000);
        insta::assert_json_snapshot!(claims);
        let caller = read(&claims).unwrap();
        assert_eq!((caller.id.as_str(), caller.first_name.as_str()), ("7", "Ada"));
        assert_eq!(caller.tags["city"], "Paris");
    }

    #[test]
    fn a_token_that_names_no_account_is_refused() {
        let blank = [json!(""), json!(null), json!("  "), json!("a\nb"), json!(7), json!(true)];
        let named = blank.into_iter().map(|email| json!({ "email": email }));
        for claims in named.chain([json!({}), json!({ "id": 5 })]) {
            assert!(read(&claims).unwrap_err().message().contains("email"));
        }
    }

    proptest! {
        #[test]
        fn odd_claims_never_panic(key in "[a-z]{0,5}", text in ".{0,20}", number in any::<f64>()) {
            let claims = json!({ "email": text, "id": number, "tags": [{ "key": key, "value": [number] }, text], "role": { key: 1 } });
            let _ = read(&claims);
        }
    }
}
