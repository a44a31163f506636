//! Where a call goes to, checked before any call is made.
//!
//! `url` reads addresses as browsers do, so `http://0x7f.1/` is known to be
//! `127.0.0.1` before anybody decides whether it may be called.

use std::fmt;

use levers_model::{Error, Result};
use url::{Host, Url};

/// An http or https URL without credentials.
#[derive(Clone)]
pub(crate) struct Target {
    url: Url,
    host: Host<String>,
    port: u16,
}

impl Target {
    /// Reads an endpoint: an absolute URL, or a path below the base.
    ///
    /// # Errors
    /// `Invalid`. The text of the endpoint is never repeated: addresses of webhooks are secrets.
    pub(crate) fn parse(base: Option<&str>, endpoint: &str) -> Result<Self> {
        let lower = endpoint.get(..8).unwrap_or(endpoint).to_ascii_lowercase();
        if lower.starts_with("http://") || lower.starts_with("https://") {
            return Self::absolute(endpoint);
        }
        if endpoint.split(['/', '?', '#']).next().is_some_and(|start| start.contains(':')) {
            return Err(not_http());
        }
        let base = base.ok_or_else(|| {
            Error::invalid(
                "The endpoint is a path, and nothing says of which backend. Set “endpoint” under [http] to the \
                 backend's address (“https://backend.example.org”), or write the whole address here.",
            )
        })?;
        let base = Self::absolute(base)?;
        if base.url.query().is_some() {
            return Err(Error::invalid("The backend's address has a query (“?…”), so no path can follow it."));
        }
        Self::absolute(&format!("{}/{}", base.url.as_str().trim_end_matches('/'), endpoint.trim_start_matches('/')))
    }

    fn absolute(text: &str) -> Result<Self> {
        let mut url = Url::parse(text).map_err(|_| not_http())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(not_http());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::invalid(
                "The endpoint has a user name or a password in its address. Send credentials in a header instead.",
            ));
        }
        url.set_fragment(None);
        let (Some(host), Some(port)) = (url.host().map(|host| host.to_owned()), url.port_or_known_default()) else {
            return Err(not_http());
        };
        Ok(Self { url, host, port })
    }

    /// The same target with more at the end of its path.
    pub(crate) fn below(&self, path: &str) -> Self {
        let mut below = self.clone();
        below.url.set_path(&format!("{}{path}", self.url.path().trim_end_matches('/')));
        below
    }

    /// The same target with one more pair in its query.
    pub(crate) fn with_query(&self, name: &str, value: &str) -> Self {
        let mut with = self.clone();
        with.url.query_pairs_mut().append_pair(name, value);
        with
    }

    /// The host alone.
    pub(crate) const fn host(&self) -> &Host<String> {
        &self.host
    }

    /// The port, given or the scheme's.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection is encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Host and port as they stand in a `Host` header and in sentences.
    pub(crate) fn authority(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.to_string(),
        }
    }

    /// What stands in the request line.
    pub(crate) fn path_and_query(&self) -> &str {
        &self.url[url::Position::BeforePath..url::Position::AfterQuery]
    }
}

/// Shows host and port: path and query may be secrets.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.authority())
    }
}

fn not_http() -> Error {
    Error::invalid("The endpoint is neither a path (“/forest/actions/mark-as-live”) nor an http or https address.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(base: Option<&str>, endpoint: &str) -> String {
        let target = Target::parse(base, endpoint).unwrap();
        format!("{} {}", target.authority(), target.path_and_query())
    }

    #[test]
    fn paths_stand_below_the_base() {
        let base = Some("http://backend.internal:8000/app/");
        for (endpoint, expected) in [
            ("/forest/actions/x", "backend.internal:8000 /app/forest/actions/x"),
            ("forest/actions/x?a=1#f", "backend.internal:8000 /app/forest/actions/x?a=1"),
            ("/forest/actions/émettre!", "backend.internal:8000 /app/forest/actions/%C3%A9mettre!"),
            ("https://other.org", "other.org /"),
            ("HTTPS://other.org:443/y", "other.org /y"),
            ("", "backend.internal:8000 /app/"),
        ] {
            assert_eq!(whole(base, endpoint), expected, "{endpoint}");
        }
        let target = Target::parse(base, "/x?a=1").unwrap().below("/hooks/load").with_query("timezone", "Europe/Paris");
        assert_eq!(target.path_and_query(), "/app/x/hooks/load?a=1&timezone=Europe%2FParis");
    }

    #[test]
    fn odd_spellings_of_an_address_are_that_address() {
        for spelling in ["0x7f.1", "2130706433", "0177.0.0.1", "127.1", "127.0.0.1."] {
            let target = Target::parse(None, &format!("http://{spelling}/")).unwrap();
            assert_eq!(*target.host(), Host::<String>::Ipv4(std::net::Ipv4Addr::LOCALHOST), "{spelling}");
        }
    }

    #[test]
    fn what_is_no_place_to_call_is_refused() {
        let base = Some("https://backend.org");
        let refusals: Vec<String> = [
            (None, "/forest/actions/x"),
            (base, "ftp://x/y"),
            (base, "file:///etc/passwd"),
            (base, "javascript:alert(1)"),
            (base, "https://user:hunter2@x.org/"),
            (base, "https://"),
            (base, "http://a b/"),
            (Some("ftp://backend"), "/x"),
            (Some("https://backend.org/?a=1"), "/x"),
        ]
        .into_iter()
        .map(|(base, endpoint)| Target::parse(base, endpoint).unwrap_err().to_string())
        .collect();
        insta::assert_json_snapshot!(refusals);
    }

    #[test]
    fn debug_shows_no_path() {
        let target = Target::parse(None, "https://hooks.example.org/secret?token=1").unwrap();
        assert_eq!(format!("{target:?}"), "Target(hooks.example.org)");
    }

    proptest! {
        #[test]
        fn any_endpoint_is_read_or_refused(endpoint in ".{0,40}", base in "(https?://)?.{0,20}") {
            for base in [None, Some(base.as_str())] {
                if let Ok(target) = Target::parse(base, &endpoint) {
                    prop_assert!(target.path_and_query().starts_with('/'));
                }
            }
        }
    }
}
