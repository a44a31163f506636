//! What can go wrong with a call, in sentences.
//!
//! Each names the backend by host and port: the path may hold a secret, the
//! resolved address and the system's words are for the log. A fault that comes
//! after the request went out says that its work may be done, because that is
//! what an operator has to know before pressing the button again.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use hyper::StatusCode;
use levers_model::{Error, ErrorKind};

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It does something.
    Action,
    /// It asks for a form; it may be asked again.
    Form,
}

/// What went wrong.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Too many calls to this backend, or in all, are under way.
    Busy(usize),
    /// No address is known for the host.
    Unknown(String),
    /// All its addresses are private, and nobody said that they may be called.
    Private(IpAddr),
    /// Nobody answers at its address.
    Down(String),
    /// Nothing came of connecting in this time.
    Unreachable(Duration),
    /// It does not speak TLS, or its certificate is not trusted.
    Tls(String),
    /// No answer began in this time.
    Silent(Duration),
    /// The answer stopped in the middle for this time.
    Stalled(Duration),
    /// The answer was not complete after this time.
    Endless(Duration),
    /// The connection ended before the answer did.
    Closed(String),
    /// What came is not HTTP.
    NotHttp(String),
    /// The head of the answer is longer than is read.
    HeadTooLarge,
    /// The answer is larger than this many bytes.
    TooLarge(u64),
    /// It answered with this redirect.
    Redirect(StatusCode),
    /// It answered in a coding that nobody asked for.
    Encoded(String),
    /// It answered with this status and no word to the operator; a text for the log.
    Status(StatusCode, String),
    /// It answered in this media type instead of JSON.
    NotJson(String),
    /// It said JSON and sent none, or not of the shape that is wanted; what is wrong with it.
    BadJson(String),
}

impl Fault {
    /// The error for the caller.
    pub(crate) fn at(&self, authority: &str, purpose: Purpose) -> Error {
        let mut message = self.sentence(authority);
        if self.is_after_sending() && purpose == Purpose::Action {
            message.push_str(" It may have done its work all the same: look before you run the action again.");
        }
        let error = Error::new(self.kind(), message);
        match self.internal() {
            Some(internal) => error.with_internal(internal),
            None => error,
        }
    }

    /// Whether the backend may have begun its work.
    pub(crate) const fn is_after_sending(&self) -> bool {
        match self {
            Self::Busy(_)
            | Self::Unknown(_)
            | Self::Private(_)
            | Self::Down(_)
            | Self::Unreachable(_)
            | Self::Tls(_) => false,
            // Some do their work and then send the browser elsewhere.
            Self::Redirect(status) => matches!(status.as_u16(), 302 | 303),
            // A refusal is an answer too: nothing was done. Of a failure nobody knows.
            Self::Status(status, _) => !matches!(status.as_u16(), 400..=499),
            Self::Silent(_)
            | Self::Stalled(_)
            | Self::Endless(_)
            | Self::Closed(_)
            | Self::NotHttp(_)
            | Self::HeadTooLarge
            | Self::TooLarge(_)
            | Self::Encoded(_)
            | Self::NotJson(_)
            | Self::BadJson(_) => true,
        }
    }

    /// Whether asking again soon may help, when asking twice does no harm.
    pub(crate) const fn is_passing(&self) -> bool {
        match self {
            Self::Down(_) | Self::Closed(_) => true,
            Self::Status(status, _) => matches!(status.as_u16(), 502..=504),
            _ => false,
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Busy(_)
            | Self::Unknown(_)
            | Self::Down(_)
            | Self::Unreachable(_)
            | Self::Status(StatusCode::TOO_MANY_REQUESTS, _) => ErrorKind::Unavailable,
            Self::Private(_) => ErrorKind::Refused,
            Self::Status(StatusCode::FORBIDDEN, _) => ErrorKind::Forbidden,
            Self::Tls(_)
            | Self::Silent(_)
            | Self::Stalled(_)
            | Self::Endless(_)
            | Self::Closed(_)
            | Self::NotHttp(_)
            | Self::HeadTooLarge
            | Self::TooLarge(_)
            | Self::Redirect(_)
            | Self::Encoded(_)
            | Self::Status(..)
            | Self::NotJson(_)
            | Self::BadJson(_) => ErrorKind::Internal,
        }
    }

    fn sentence(&self, at: &str) -> String {
        match self {
            Self::Busy(most) => {
                format!("{most} calls to the backend at {at} or others are under way already. Try again in a moment.")
            }
            Self::Unknown(_) => {
                format!("The backend at {at} cannot be found: no address is known for its name. Check the endpoint.")
            }
            Self::Private(_) => format!(
                "The backend at {at} has a private address, which is not called unless that is allowed. If it is \
                 yours, add “{at}” to allow_private under [http]."
            ),
            Self::Down(_) => {
                format!("The backend at {at} is down: nobody answers at its address. Start it, or check the endpoint.")
            }
            Self::Unreachable(after) => {
                format!("The backend at {at} cannot be reached: no connection after {}.", Seconds(*after))
            }
            Self::Tls(_) => format!(
                "No secure connection to the backend at {at} can be made: it does not speak TLS there, or its \
                 certificate is not trusted."
            ),
            Self::Silent(after) => format!("The backend at {at} did not answer within {}.", Seconds(*after)),
            Self::Stalled(after) => {
                format!("The backend at {at} stopped in the middle of its answer for {}.", Seconds(*after))
            }
            Self::Endless(after) => {
                format!("The answer of the backend at {at} was not complete after {}.", Seconds(*after))
            }
            Self::Closed(_) => format!("The backend at {at} closed the connection before its answer was complete."),
            Self::NotHttp(_) => format!("The backend at {at} answered something that is not HTTP."),
            Self::HeadTooLarge => format!("The backend at {at} answered with more headers than are read."),
            Self::TooLarge(most) => format!("The answer of the backend at {at} is larger than {}.", Size(*most)),
            Self::Redirect(status) => format!(
                "The backend at {at} answered with a redirect ({}), which is not followed. Set the endpoint to where \
                 the action is; a missing or superfluous “/” at its end is often the reason.",
                status.as_u16()
            ),
            Self::Encoded(_) => format!("The backend at {at} answered in a coding that was not asked for."),
            Self::Status(status, _) => status_sentence(*status, at),
            Self::NotJson(mime) if mime.is_empty() => {
                format!("The backend at {at} answered without saying in which media type, where JSON was expected.")
            }
            Self::NotJson(mime) => format!("The backend at {at} answered with {mime}, where JSON was expected."),
            Self::BadJson(_) => {
                format!("The backend at {at} answered with JSON that cannot be understood. The log says why.")
            }
        }
    }

    /// What the system said, for the log.
    fn internal(&self) -> Option<String> {
        match self {
            Self::Unknown(text)
            | Self::Down(text)
            | Self::Tls(text)
            | Self::Closed(text)
            | Self::NotHttp(text)
            | Self::Encoded(text)
            | Self::BadJson(text) => Some(text.clone()),
            Self::Status(_, text) if !text.is_empty() => Some(text.clone()),
            Self::Private(address) => Some(format!("{address} is private")),
            Self::Status(..)
            | Self::Busy(_)
            | Self::Unreachable(_)
            | Self::Silent(_)
            | Self::Stalled(_)
            | Self::Endless(_)
            | Self::HeadTooLarge
            | Self::TooLarge(_)
            | Self::Redirect(_)
            | Self::NotJson(_) => None,
        }
    }
}

fn status_sentence(status: StatusCode, at: &str) -> String {
    let code = status.as_u16();
    match code {
        401 => format!(
            "The backend at {at} did not accept who we are ({code}). Check that both sides have the same secret."
        ),
        403 => format!(
            "The backend at {at} does not allow this ({code}). Some backends say so as well when the endpoint or the \
             shared secret is wrong."
        ),
        404 | 410 => format!("The backend at {at} has nothing at this endpoint ({code}). Check it."),
        405 => format!("The backend at {at} takes another HTTP method at this endpoint ({code})."),
        413 => format!("What was sent is more than the backend at {at} takes ({code})."),
        429 => format!("The backend at {at} has too many calls at the moment ({code}). Try again later."),
        502..=504 => format!("The backend at {at} is not available at the moment ({code})."),
        500..=599 => format!("The backend at {at} failed ({code}). Its own log says why."),
        400..=499 => format!("The backend at {at} refused the call ({code}) without saying why."),
        _ => format!("The backend at {at} answered with the status {code}, which means nothing here."),
    }
}

struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        write!(f, "{seconds} {}", if (seconds - 1.0).abs() < f64::EPSILON { "second" } else { "seconds" })
    }
}

struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MEGABYTE: u64 = 1024 * 1024;
        match self.0 {
            bytes if bytes >= MEGABYTE && bytes.is_multiple_of(MEGABYTE) => write!(f, "{} MB", bytes / MEGABYTE),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_sentence() {
        let second = Duration::from_secs(1);
        let half = Duration::from_millis(1500);
        let secret = || "10.0.0.7 hunter2".to_owned();
        let mut faults = vec![
            Fault::Busy(1024),
            Fault::Unknown(secret()),
            Fault::Private(IpAddr::from([10, 0, 0, 7])),
            Fault::Down(secret()),
            Fault::Unreachable(second),
            Fault::Tls(secret()),
            Fault::Silent(half),
            Fault::Stalled(half),
            Fault::Endless(half),
            Fault::Closed(secret()),
            Fault::NotHttp(secret()),
            Fault::HeadTooLarge,
            Fault::TooLarge(10 * 1024 * 1024),
            Fault::TooLarge(1000),
            Fault::Redirect(StatusCode::MOVED_PERMANENTLY),
            Fault::Redirect(StatusCode::FOUND),
            Fault::Encoded(secret()),
            Fault::NotJson(String::new()),
            Fault::NotJson("text/html".into()),
            Fault::BadJson(secret()),
        ];
        for code in [299, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 502, 503, 504] {
            faults.push(Fault::Status(StatusCode::from_u16(code).unwrap(), secret()));
        }
        let errors: Vec<Error> = faults.iter().map(|fault| fault.at("backend.org:8000", Purpose::Action)).collect();
        let sentences: Vec<String> = errors.iter().map(|error| format!("{}: {error}", error.kind().code())).collect();
        assert!(!sentences.iter().any(|sentence| sentence.contains("hunter2") || sentence.contains("10.0.0.7")));
        insta::assert_json_snapshot!(sentences);
    }

    #[test]
    fn asking_for_a_form_does_no_work() {
        let error = Fault::Silent(Duration::from_secs(30)).at("backend.org", Purpose::Form);
        assert_eq!(error.to_string(), "The backend at backend.org did not answer within 30 seconds.");
    }
}
