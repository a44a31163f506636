//! From a place in a text's value to the place in the file.
//!
//! A rule knows only its own text. An author looks at the file, where quotes,
//! escapes and the first line break of a `"""` text stand before and between.

/// Where, in a TOML text as it is written with its quotes, the byte `offset` of its value is.
pub(crate) fn place(written: &str, offset: usize) -> usize {
    let (body, escapes) = body(written);
    let mut value = 0;
    let mut rest = &written[body..];
    while value < offset {
        let Some(first) = rest.chars().next() else { break };
        let (taken, made) = match first {
            '\\' if escapes => escape(rest),
            '\r' if rest.starts_with("\r\n") => (2, 2),
            _ => (first.len_utf8(), first.len_utf8()),
        };
        // A place inside of one character is the character's.
        if value + made > offset {
            break;
        }
        value += made;
        rest = rest.get(taken..).unwrap_or_default();
    }
    // What continues on another line begins there.
    while escapes && escape_of_line(rest).is_some() {
        rest = &rest[escape_of_line(rest).unwrap_or(rest.len())..];
    }
    written.len() - rest.len()
}

/// Where the value begins, and whether it has escapes.
fn body(written: &str) -> (usize, bool) {
    let (quotes, escapes) = match written {
        text if text.starts_with("\"\"\"") => (3, true),
        text if text.starts_with("'''") => (3, false),
        text if text.starts_with('"') => (1, true),
        text if text.starts_with('\'') => (1, false),
        _ => (0, false),
    };
    let line_break = match &written[quotes..] {
        rest if quotes == 3 && rest.starts_with("\r\n") => 2,
        rest if quotes == 3 && rest.starts_with('\n') => 1,
        _ => 0,
    };
    (quotes + line_break, escapes)
}

/// How many bytes an escape takes in the file, and how many in the value.
fn escape(rest: &str) -> (usize, usize) {
    if let Some(taken) = escape_of_line(rest) {
        return (taken, 0);
    }
    let digits = match rest.as_bytes().get(1) {
        Some(b'x') => 2,
        Some(b'u') => 4,
        Some(b'U') => 8,
        Some(_) => return (2, 1),
        None => return (1, 0),
    };
    let taken = 2 + digits;
    let code = rest.get(2..taken).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    (taken, code.and_then(char::from_u32).map_or(1, char::len_utf8))
}

/// The length of a backslash at a line's end with all the white space after it.
fn escape_of_line(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('\\')?;
    let trimmed = after.trim_start_matches([' ', '\t', '\r', '\n']);
    let skipped = &after[..after.len() - trimmed.len()];
    skipped.contains('\n').then_some(1 + skipped.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the place of `wanted` in the value is in the file.
    fn at<'a>(written: &'a str, value: &str, wanted: &str) -> &'a str {
        &written[place(written, value.find(wanted).unwrap())..]
    }

    #[test]
    fn every_kind_of_text_is_found() {
        assert_eq!(at("'a == b'", "a == b", "b"), "b'");
        assert_eq!(at(r#""a == \"x\" && b""#, "a == \"x\" && b", "b"), "b\"");
        assert_eq!(at(r#""\u00e9\U0001F600 b""#, "é😀 b", "b"), "b\"");
        assert_eq!(at("\"\"\"\na &&\nb\"\"\"", "a &&\nb", "b"), "b\"\"\"");
        assert_eq!(at("\"\"\"a \\\n   b\"\"\"", "a b", "b"), "b\"\"\"");
        assert_eq!(at("'''\r\na\r\nb'''", "a\r\nb", "b"), "b'''");
        assert_eq!(at(r#""\x41b""#, "Ab", "b"), "b\"");
    }

    proptest! {
        #[test]
        fn no_text_panics(written in r#"("|'|"""|''')?[\\a-zé"'\n\r \t0-9]{0,20}"#, offset in 0..40_usize) {
            prop_assert!(written.is_char_boundary(place(&written, offset)));
        }
    }
}
