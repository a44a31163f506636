//! Names of downloads (`Content-Disposition`, RFC 6266).
//!
//! Written here because what backends send is not what the RFC allows: names with
//! raw UTF-8 or Latin-1 bytes, without quotes, or both spellings at once. The
//! engine makes the name safe; here it is only found.

use hyper::header::{CONTENT_DISPOSITION, HeaderMap};
use percent_encoding::percent_decode_str;

/// The name of the file that an answer is; `None` when it is none. The name may be empty.
pub(crate) fn file_name(headers: &HeaderMap) -> Option<String> {
    let bytes = headers.get(CONTENT_DISPOSITION)?.as_bytes();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => latin1(bytes),
    };
    parse(&text)
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

fn parse(text: &str) -> Option<String> {
    let (kind, rest) = text.split_once(';').unwrap_or((text, ""));
    let (mut plain, mut extended) = (None, None);
    for (name, value) in parameters(rest) {
        match name.to_ascii_lowercase().as_str() {
            "filename" => plain = plain.or(Some(value)),
            "filename*" => extended = extended.or_else(|| decoded(&value)),
            _ => {}
        }
    }
    let name = extended.or(plain);
    if kind.trim().eq_ignore_ascii_case("attachment") { Some(name.unwrap_or_default()) } else { name }
}

/// `name=value; name="value"`, as far as that can be read.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut characters = text.chars().peekable();
    loop {
        let mut name = String::new();
        while let Some(character) = characters.next_if(|&character| character != '=' && character != ';') {
            name.push(character);
        }
        match characters.next() {
            Some('=') => found.push((name.trim().to_owned(), value(&mut characters))),
            Some(_) => {}
            None => return found,
        }
    }
}

/// A value up to its semicolon, which is taken too; within quotes a backslash keeps what follows.
fn value(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut value = String::new();
    while characters.next_if(|character| character.is_whitespace()).is_some() {}
    if characters.next_if_eq(&'"').is_none() {
        value.extend(std::iter::from_fn(|| characters.next_if(|&character| character != ';')));
        characters.next();
        return value.trim().to_owned();
    }
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            other => value.push(other),
        }
    }
    while characters.next().is_some_and(|character| character != ';') {}
    value
}

/// `UTF-8'en'a%20b.pdf`.
fn decoded(value: &str) -> Option<String> {
    let mut parts = value.splitn(3, '\'');
    let (charset, _language, text) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" => String::from_utf8(bytes).ok(),
        "iso-8859-1" => Some(latin1(&bytes)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;
    use proptest::prelude::*;

    #[test]
    fn names_are_found_in_every_spelling() {
        for (header, name) in [
            ("attachment", Some("")),
            ("inline", None),
            ("attachment; filename=a.pdf", Some("a.pdf")),
            ("ATTACHMENT ; FileName = \"a b.pdf\" ; x=y", Some("a b.pdf")),
            (r#"attachment; filename="a\"b;c.pdf""#, Some("a\"b;c.pdf")),
            ("attachment; filename=\"x.pdf\"; filename*=UTF-8''facture%20%C3%A9.pdf", Some("facture é.pdf")),
            ("attachment; filename*=utf-8'fr'a%C3%A9.txt; filename=b.txt", Some("aé.txt")),
            ("attachment; filename*=iso-8859-1''%E9.txt", Some("é.txt")),
            ("attachment; filename*=UTF-8''%ff; filename=b.txt", Some("b.txt")),
            ("attachment; filename*=broken; filename=b.txt", Some("b.txt")),
            ("inline; filename=a.pdf", Some("a.pdf")),
            ("attachment; filename=\"not closed", Some("not closed")),
            ("form-data; name=x", None),
            ("", None),
        ] {
            assert_eq!(parse(header).as_deref(), name, "{header}");
        }
    }

    #[test]
    fn raw_bytes_are_utf_8_or_else_latin_1() {
        for bytes in [&b"attachment; filename=\"\xc3\xa9.txt\""[..], b"attachment; filename=\"\xe9.txt\""] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_DISPOSITION, HeaderValue::from_bytes(bytes).unwrap());
            assert_eq!(file_name(&headers).as_deref(), Some("é.txt"));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(attachment; ?)?(filename\\*?=)?.{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn a_quoted_name_reads_back(name in "[^\\p{C}]{0,30}") {
            let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
            prop_assert_eq!(parse(&format!("attachment; filename=\"{quoted}\"; x=1")), Some(name));
        }
    }
}
