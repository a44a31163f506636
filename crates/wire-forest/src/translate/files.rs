//! File names in headers.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 5987 leaves as it is in `filename*`.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `attachment` with a file name: the whole one for clients that read `filename*`,
/// one of printable ASCII for all others.
pub(crate) fn content_disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|character| match character {
            '"' | '\\' => '_',
            ' '..='~' => character,
            _ => '?',
        })
        .collect();
    let mut header = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        let _ = write!(header, "; filename*=UTF-8''{}", utf8_percent_encode(name, ATTRIBUTE));
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_encoded() {
        assert_eq!(content_disposition("a b.txt"), "attachment; filename=\"a b.txt\"");
        assert_eq!(
            content_disposition("facture é\r\n.pdf"),
            "attachment; filename=\"facture ???.pdf\"; filename*=UTF-8''facture%20%C3%A9%0D%0A.pdf"
        );
        assert!(!content_disposition("a\"; x=\"b").contains("\"; x"));
    }
}
