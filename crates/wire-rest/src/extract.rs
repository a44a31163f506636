//! Reading requests: caller, timezone, query string, path, body. Whatever is
//! wrong becomes a problem, never axum's own plain text.
//!
//! [`Cx`] comes first in every handler, so that nobody learns anything before
//! they proved who they are.

use axum::body::Bytes;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Json, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use chrono_tz::Tz;
use levers_engine::OpContext;
use levers_model::{Error, Result};
use serde::de::DeserializeOwned;

use crate::Api;
use crate::limits;
use crate::object::Object;
use crate::problem::Problem;

/// The header that names the caller's timezone.
pub(crate) const TIMEZONE_HEADER: &str = "levers-timezone";

/// Who asks, when and in which timezone.
pub(crate) struct Cx(pub(crate) OpContext);

impl FromRequestParts<Api> for Cx {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let mut caller = api.tokens.verify(bearer(&parts.headers)?, api.door)?;
        caller.timezone = timezone(parts)?;
        Ok(Self(api.engine.context(caller)))
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str> {
    let missing = || {
        Error::unauthenticated(
            "Send a token in the header Authorization: Bearer <token>. `levers token --email you@example.com` mints one.",
        )
    };
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(missing()) }
}

/// The timezone of the query string, else of the header, else UTC.
fn timezone(parts: &Parts) -> Result<Tz> {
    let query = parts.uri.query().unwrap_or_default();
    let asked = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "timezone").map(|(_, value)| value);
    let header = || parts.headers.get(TIMEZONE_HEADER).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let Some(name) = asked.or_else(header) else { return Ok(Tz::UTC) };
    name.parse().map_err(|_| {
        let name: String = name.chars().take(64).collect();
        Error::invalid(format!("“{name}” is not a timezone. Use a name such as Europe/Paris."))
    })
}

/// The query string, without `timezone`, which belongs to [`Cx`].
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let own: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("timezone=")).collect();
        match serde_urlencoded::from_str(&own.join("&")) {
            Ok(params) => Ok(Self(params)),
            Err(error) => Err(Error::invalid(format!("The query string cannot be read: {error}.")).into()),
        }
    }
}

/// The path's parts, percent-decoded.
pub(crate) struct Parted<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for Parted<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, api).await {
            Ok(Path(path)) => Ok(Self(path)),
            Err(PathRejection::FailedToDeserializePathParams(_)) => {
                Err(Error::invalid("The path holds something that is not percent-encoded UTF-8.").into())
            }
            Err(other) => Err(Error::internal(other).into()),
        }
    }
}

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        // A little too much is read and dropped, so that a client which is still sending sees the
        // answer; who announces far more would hold the connection for it.
        let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if announced
            .and_then(|length| length.parse::<u64>().ok())
            .is_some_and(|length| length / 2 > api.body_limit as u64)
        {
            return Err(larger_than(api.body_limit));
        }
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = match Bytes::from_request(whole, api).await {
            Ok(bytes) => bytes,
            Err(rejection) => return Err(of_rejection(&rejection.into(), api.body_limit)),
        };
        limits::values_of_body(&bytes)?;
        match Json::<Object<T>>::from_request(Request::from_parts(parts, bytes.into()), api).await {
            Ok(Json(Object(body))) => Ok(Self(body)),
            Err(rejection) => Err(of_rejection(&rejection, api.body_limit)),
        }
    }
}

fn of_rejection(rejection: &JsonRejection, limit: usize) -> Problem {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => Problem::unsupported_media_type(),
        JsonRejection::BytesRejection(bytes) if bytes.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
            larger_than(limit)
        }
        JsonRejection::BytesRejection(_) => Error::invalid("The body broke off before its end.").into(),
        JsonRejection::JsonDataError(error) => {
            Error::invalid(format!("The body cannot be read: {}.", source_of(error))).into()
        }
        JsonRejection::JsonSyntaxError(error) => {
            Error::invalid(format!("The body is not JSON: {}.", source_of(error))).into()
        }
        _ => Error::invalid("The body cannot be read.").into(),
    }
}

fn larger_than(limit: usize) -> Problem {
    Error::too_large(format!("The body is larger than {} MB.", limit >> 20)).into()
}

/// What serde said, without axum's words before it.
fn source_of(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string().trim_end_matches('.').to_owned()
}
