//! Signed approval requests (specification, section 1.7).
//!
//! When somebody approves what somebody else asked for, the body holds a token that
//! Forest's server signed with the environment's secret. Its payload is the body that
//! was approved, with the requester in it, and takes the place of the whole body:
//! what was approved is what runs.
//!
//! HS256 only, where agents take what their library does; an expiry is honoured and not
//! wanted, because the tokens of today have none. An approval names its action, and runs
//! no other. Whether the caller may approve, and a request of their own, is not this
//! door's to say: the approval goes to the engine with the submission. Rejected: answering a bad token with 500, as agents do.

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use levers_model::Approval;
use serde_json::{Map, Value as Json};

use crate::error::{Fault, Result, shortened};
use crate::translate::{attributes, names_action};

/// Checks signed approvals with the environment's secret. Clones are cheap and share it.
#[derive(Clone)]
pub struct Approvals {
    inner: Arc<Keys>,
}

struct Keys {
    check: DecodingKey,
    validation: Validation,
}

impl Approvals {
    /// Keys from the environment's secret.
    pub fn new(secret: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.validate_aud = false;
        Self { inner: Arc::new(Keys { check: DecodingKey::from_secret(secret), validation }) }
    }

    fn payload(&self, token: &str) -> Result<Json> {
        decode::<Map<String, Json>>(token, &self.inner.check, &self.inner.validation)
            .map(|data| Json::Object(data.claims))
            .map_err(|error| refusal(error.kind()))
    }
}

/// Shows nothing of the secret.
impl fmt::Debug for Approvals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Approvals").finish_non_exhaustive()
    }
}

/// The body that counts, and who asked for it if somebody else approved it.
#[derive(Debug, PartialEq)]
pub(crate) struct Opened {
    /// What was sent, or what was approved.
    pub(crate) body: Json,
    /// Set when it was approved.
    pub(crate) approval: Option<Approval>,
}

/// Opens the body of an execution.
///
/// # Errors
/// 422 for a requester who is named outside of an approval, and for an approval that this
/// server has no secret for; 400 for one that cannot be verified or names no requester.
pub(crate) fn open(body: Json, approvals: Option<&Approvals>) -> Result<Opened> {
    let asked = attributes(&body)?;
    if asked.contains_key("requester_id") {
        return Err(Fault::unprocessable(
            "“requester_id” belongs into a signed approval request and nowhere else. Leave it out.",
        ));
    }
    let token = match asked.get("signed_approval_request") {
        None | Some(Json::Null) => return Ok(Opened { body, approval: None }),
        Some(Json::String(token)) => token,
        Some(_) => return Err(refusal(&ErrorKind::InvalidToken)),
    };
    let approvals = approvals.ok_or_else(|| {
        Fault::unprocessable(
            "This server cannot verify signed approval requests. Give it the environment's secret (“env_secret”, or \
             LEVERS_ENV_SECRET), or run the action without an approval.",
        )
    })?;
    let body = approvals.payload(token)?;
    let requester = match attributes(&body)?.get("requester_id") {
        Some(Json::Number(id)) => id.to_string(),
        Some(Json::String(id)) if !id.trim().is_empty() => id.clone(),
        _ => return Err(Fault::validation("The signed approval request does not say who asked (“requester_id”).")),
    };
    Ok(Opened { body, approval: Some(Approval { requester_id: requester }) })
}

impl Opened {
    /// Makes sure that an approval is for this action: its token could be sent to the
    /// address of any other.
    ///
    /// # Errors
    /// 422 when it names another collection or action, or no action.
    pub(crate) fn check_is_for(&self, collection: &str, action: &str) -> Result<()> {
        if self.approval.is_none() {
            return Ok(());
        }
        let approved = attributes(&self.body)?;
        let text = |key: &str| approved.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
        let id = text("smart_action_id").ok_or_else(|| {
            Fault::unprocessable(
                "The signed approval request does not say which action was approved (“smart_action_id”). Ask for the \
                 approval again.",
            )
        })?;
        let other = text("collection_name")
            .filter(|name| *name != collection)
            .or_else(|| Some(id).filter(|id| !names_action(id, collection, action)));
        other.map_or(Ok(()), |other| {
            Err(Fault::unprocessable(format!(
                "What was approved is “{}”, not “{action}” of “{collection}”. Ask for an approval of this action.",
                shortened(other)
            )))
        })
    }
}

fn refusal(kind: &ErrorKind) -> Fault {
    let reason = match kind {
        ErrorKind::ExpiredSignature => "it has expired. Ask for the approval again",
        ErrorKind::ImmatureSignature => "it is not valid yet. Check the clocks of both machines",
        ErrorKind::InvalidSignature => "it was signed with another secret than this server's “env_secret”",
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => "it must be signed with HS256",
        _ => "it cannot be read. It must be a JSON Web Token signed with the environment's secret",
    };
    Fault::validation(format!("The signed approval request is not accepted: {reason}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp};
    use serde_json::json;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn sign(algorithm: Algorithm, secret: &[u8], claims: &Json) -> String {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    fn approved(requester: &Json, exp: Option<u64>) -> Json {
        let mut claims = json!({ "data": { "type": "custom-action-requests", "attributes": {
            "ids": ["41"], "collection_name": "invoices", "smart_action_id": "invoices-2-send-reminder" } }, "iat": 1 });
        if !requester.is_null() {
            claims["data"]["attributes"]["requester_id"] = requester.clone();
        }
        if let Some(exp) = exp {
            claims["exp"] = json!(exp);
        }
        claims
    }

    fn with_token(token: &Json) -> Result<Opened> {
        let body = json!({ "data": { "attributes": { "ids": ["666"], "signed_approval_request": token } } });
        open(body, Some(&Approvals::new(SECRET)))
    }

    fn refused(result: Result<Opened>) -> (u16, String) {
        match result {
            Err(Fault::Api { status, detail, .. }) => (status, detail),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_approved_takes_the_place_of_what_was_sent() {
        for (requester, exp) in [(json!(12), None), (json!("12"), Some(get_current_timestamp() + 60))] {
            let opened = with_token(&json!(sign(Algorithm::HS256, SECRET, &approved(&requester, exp)))).unwrap();
            assert_eq!(opened.approval, Some(Approval { requester_id: "12".into() }));
            assert_eq!(opened.body["data"]["attributes"]["ids"], json!(["41"]));
        }
    }

    #[test]
    fn a_body_without_approval_stays_as_it_is() {
        for token in [json!({}), json!({ "signed_approval_request": null })] {
            let body = json!({ "data": { "attributes": token } });
            assert_eq!(open(body.clone(), None), Ok(Opened { body, approval: None }));
        }
    }

    #[test]
    fn every_bad_approval_is_refused_with_what_is_wrong() {
        let good = approved(&json!(12), None);
        // {"alg":"none","typ":"JWT"}
        let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", payload_of(&good));
        let tokens = [
            json!(sign(Algorithm::HS256, b"another secret", &good)),
            json!(sign(Algorithm::HS256, SECRET, &approved(&json!(12), Some(get_current_timestamp() - 2)))),
            json!(sign(Algorithm::HS512, SECRET, &good)),
            json!(none),
            json!(sign(Algorithm::HS256, SECRET, &approved(&Json::Null, None))),
            json!(sign(Algorithm::HS256, SECRET, &approved(&json!(" "), None))),
            json!(sign(Algorithm::HS256, SECRET, &approved(&json!([12]), None))),
            json!(sign(Algorithm::HS256, SECRET, &json!({ "requester_id": 12 }))),
            json!(sign(Algorithm::HS256, SECRET, &json!({ "data": good["data"], "exp": "tomorrow" }))),
            json!(sign(
                Algorithm::HS256,
                SECRET,
                &json!({ "data": good["data"], "nbf": get_current_timestamp() + 60 })
            )),
            json!("a.b.c"),
            json!(""),
            json!({ "token": 1 }),
        ];
        insta::assert_json_snapshot!(tokens.iter().map(|token| refused(with_token(token))).collect::<Vec<_>>());
    }

    /// The middle of a token.
    fn payload_of(claims: &Json) -> String {
        let token = sign(Algorithm::HS256, SECRET, claims);
        token.split('.').nth(1).unwrap().to_owned()
    }

    #[test]
    fn a_server_without_the_secret_says_what_it_needs() {
        let token = sign(Algorithm::HS256, SECRET, &approved(&json!(12), None));
        let body = json!({ "data": { "attributes": { "signed_approval_request": token } } });
        let (status, detail) = refused(open(body, None));
        assert_eq!(status, 422);
        assert!(detail.contains("LEVERS_ENV_SECRET"), "{detail}");
    }

    #[test]
    fn a_requester_in_clear_is_refused() {
        for requester in [json!(1), json!(null)] {
            let body = json!({ "data": { "attributes": { "requester_id": requester } } });
            assert_eq!(refused(open(body, Some(&Approvals::new(SECRET)))).0, 422);
        }
    }

    #[test]
    fn an_approval_runs_no_other_action() {
        let opened = with_token(&json!(sign(Algorithm::HS256, SECRET, &approved(&json!(12), None)))).unwrap();
        assert_eq!(opened.check_is_for("invoices", "Send reminder"), Ok(()));
        for (collection, action) in [("invoices", "Delete"), ("orders", "Send reminder")] {
            assert!(opened.check_is_for(collection, action).is_err(), "{collection} {action}");
        }
        for missing in [json!(null), json!(""), json!(7)] {
            let mut nameless = approved(&json!(12), None);
            nameless["data"]["attributes"]["smart_action_id"] = missing;
            let opened = with_token(&json!(sign(Algorithm::HS256, SECRET, &nameless))).unwrap();
            assert!(opened.check_is_for("invoices", "Send reminder").is_err());
        }
        let clear = open(json!({ "data": { "attributes": { "collection_name": "x" } } }), None).unwrap();
        assert_eq!(clear.check_is_for("invoices", "Delete"), Ok(()));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", Approvals::new(SECRET)), "Approvals { .. }");
    }
}
