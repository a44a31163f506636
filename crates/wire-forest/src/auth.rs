//! Who asks: the token in the cookie or the header (specification, section 2.2).

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use levers_model::Door;

use crate::agent::Agent;
use crate::call::correlated;
use crate::error::{Fault, Result};

const COOKIE_NAME: &str = "forest_session_token";

/// Lets only requests with a good token through, and hands the caller on.
pub(crate) async fn authenticate(State(agent): State<Agent>, mut request: Request, next: Next) -> Response {
    let caller = token(request.headers()).and_then(|token| {
        // What is wrong with a token is nobody's business but the log's.
        agent.tokens.verify(token, Door::Forest).map_err(|error| {
            tracing::debug!(reason = error.message(), "a token was refused");
            Fault::unauthorized("Authentication Error")
        })
    });
    match caller {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            correlated(next.run(request).await)
        }
        Err(fault) => fault.into_response(),
    }
}

/// The cookie goes before the header, even a bad cookie before a good header.
fn token(headers: &HeaderMap) -> Result<&str> {
    if let Some(token) = cookie(headers) {
        return Ok(token);
    }
    let header = headers.get(AUTHORIZATION).ok_or_else(|| Fault::unauthorized("Authentication Error"))?;
    let mut words = header.to_str().unwrap_or_default().split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(scheme), Some(token), None) if scheme.eq_ignore_ascii_case("bearer") => Ok(token),
        _ => Err(Fault::unauthorized("Bad Authorization header format. Format is \"Authorization: Bearer <token>\"")),
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, token)| token.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_cookie_wins() {
        let both = headers(&[("cookie", "a=b; forest_session_token=one"), ("authorization", "Bearer two")]);
        assert_eq!(token(&both), Ok("one"));
        assert_eq!(token(&headers(&[("authorization", "bearer two")])), Ok("two"));
    }

    #[test]
    fn other_schemes_are_told_the_format() {
        for value in ["Basic YTpi", "Bearer", "Bearer a b", ""] {
            let fault = token(&headers(&[("authorization", value)])).unwrap_err();
            assert!(format!("{fault:?}").contains("Bad Authorization header format"), "{value}");
        }
        assert_eq!(token(&HeaderMap::new()), Err(Fault::unauthorized("Authentication Error")));
    }
}
