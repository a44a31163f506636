//! Files as data URIs, the form in which they travel in form values.
//!
//! `data:<mime>;name=<percent-encoded>;charset=<percent-encoded>;base64,<payload>`
//! is Forest's form; the `data-url` crate follows the standard, which has
//! no `name`, so the few lines are ours.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// A file that was given in a form. It reads from, and prints as, a data URI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileValue {
    /// Its media type; `application/octet-stream` when none was given.
    pub mime: String,
    /// Its name, without a path; `file` when none was given.
    pub name: String,
    /// The character set, for texts.
    pub charset: Option<String>,
    /// What is in it.
    pub content: Vec<u8>,
}

impl FileValue {
    /// Reads a data URI.
    ///
    /// # Errors
    /// A sentence that says what is wrong, with at most 32 characters of the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            let start: String = text.chars().take(32).collect();
            format!("Expected a file, got \"{start}\". A file value must be a data uri.")
        };
        let (head, payload) = text.strip_prefix("data:").and_then(|rest| rest.split_once(',')).ok_or_else(wrong)?;
        let mut parts = head.split(';');
        let mime = parts.next().filter(|mime| !mime.is_empty()).unwrap_or("application/octet-stream").to_owned();
        let (mut name, mut charset, mut base64) = (None, None, false);
        for part in parts {
            match part.split_once('=') {
                Some(("name", value)) => name = Some(decode(value).ok_or_else(wrong)?),
                Some(("charset", value)) => charset = Some(decode(value).ok_or_else(wrong)?),
                None if part == "base64" => base64 = true,
                _ => {}
            }
        }
        if !base64 {
            return Err(wrong());
        }
        let content = BASE64.decode(payload).map_err(|_| wrong())?;
        let name = name.map_or_else(|| "file".to_owned(), |name: String| file_name(&name));
        Ok(Self { mime, name, charset, content })
    }

    /// The data URI.
    pub fn to_data_uri(&self) -> String {
        let name = utf8_percent_encode(&self.name, NON_ALPHANUMERIC);
        let charset = self
            .charset
            .as_ref()
            .map(|charset| format!(";charset={}", utf8_percent_encode(charset, NON_ALPHANUMERIC)))
            .unwrap_or_default();
        format!("data:{};name={name}{charset};base64,{}", self.mime, BASE64.encode(&self.content))
    }
}

impl TryFrom<String> for FileValue {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<FileValue> for String {
    fn from(file: FileValue) -> Self {
        file.to_data_uri()
    }
}

fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// The last part of a path, so that a name never reaches out of a folder.
fn file_name(name: &str) -> String {
    match name.rsplit(['/', '\\']).next().map(str::trim) {
        None | Some("" | "." | "..") => "file".to_owned(),
        Some(name) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_data_uri_reads_back() {
        let file = FileValue {
            mime: "text/plain".into(),
            name: "a b é.txt".into(),
            charset: Some("utf-8".into()),
            content: b"hello".to_vec(),
        };
        assert_eq!(FileValue::parse(&file.to_data_uri()), Ok(file));
    }

    #[test]
    fn names_lose_their_path() {
        let parsed = FileValue::parse("data:;name=..%2F..%2Fetc%2Fpasswd;base64,aGk=").unwrap();
        assert_eq!((parsed.name.as_str(), parsed.mime.as_str()), ("passwd", "application/octet-stream"));
    }

    #[test]
    fn other_texts_are_refused_with_their_beginning() {
        for text in
            ["", "x", "data:text/plain,hello", "data:text/plain;base64", "data:;name=%ff;base64,", "data:;base64,!!"]
        {
            let message = FileValue::parse(text).unwrap_err();
            assert!(message.starts_with("Expected a file, got \"") && message.ends_with("must be a data uri."));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(data:)?.{0,60}") {
            if let Ok(file) = FileValue::parse(&text) {
                prop_assert!(!file.name.contains('/'));
                prop_assert_eq!(FileValue::parse(&file.to_data_uri()).map(|again| again.content), Ok(file.content));
            }
        }
    }
}
