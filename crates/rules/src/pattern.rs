//! The regular expressions of `matches`.
//!
//! CEL's are those of RE2: linear in time, and `\d`, `\w`, `\s` and `\b` mean ASCII. The
//! regex crate is linear too but reads those as Unicode, and knows some more syntax, so
//! they are written out in ASCII and what only one of both knows is refused.
//!
//! Rejected: the evaluator's own `matches`, which compiles the pattern at every call and
//! differs from what a browser's implementation answers.

use regex::{Regex, RegexBuilder};

/// The largest compiled pattern, in bytes; `(a{100}){100}` is larger.
const LARGEST: usize = 512 * 1024;
/// The longest pattern, in bytes.
const LONGEST: usize = 1_000;

/// Compiles a pattern.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > LONGEST {
        return Err(format!("A pattern has at most {LONGEST} characters."));
    }
    let ascii = ascii(pattern)?;
    RegexBuilder::new(&ascii).size_limit(LARGEST).dfa_size_limit(LARGEST).nest_limit(32).build().map_err(|error| {
        match error {
            regex::Error::CompiledTooBig(_) => "This pattern is too large: it repeats too much.".to_owned(),
            error => {
                // The crate draws the pattern; its last line says what is wrong.
                let said = error.to_string();
                let last = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
                format!("This pattern is wrong: {last}.")
            }
        }
    })
}

/// The pattern with RE2's classes written out.
fn ascii(pattern: &str) -> Result<String, String> {
    let refused = |what: &str| Err(format!("`{what}` cannot stand in a pattern here."));
    let mut written = String::with_capacity(pattern.len());
    let mut in_class = false;
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('d') => written.push_str("[0-9]"),
                Some('D') => written.push_str("[^0-9]"),
                Some('w') => written.push_str("[0-9A-Za-z_]"),
                Some('W') => written.push_str("[^0-9A-Za-z_]"),
                Some('s') => written.push_str(r"[\t\n\x0C\r ]"),
                Some('S') => written.push_str(r"[^\t\n\x0C\r ]"),
                Some('b') if !in_class && letters.peek() != Some(&'{') => written.push_str(r"(?-u:\b)"),
                Some(same @ ('A' | 'z')) if !in_class => written.extend(['\\', same]),
                Some(same @ ('p' | 'P' | 'x' | 'n' | 't' | 'r' | 'f' | 'v' | 'a')) => written.extend(['\\', same]),
                Some(sign) if sign.is_ascii_punctuation() && !matches!(sign, '<' | '>') => written.extend(['\\', sign]),
                Some(other) => return refused(&format!("\\{other}")),
                None => return Err("This pattern ends with a lone `\\`.".to_owned()),
            },
            '[' if in_class && letters.peek() != Some(&':') => return refused("[ within […]"),
            '[' if in_class => {
                // A named class, like [:alpha:], is the same in both.
                written.push('[');
                for inner in letters.by_ref() {
                    written.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
            }
            '[' => {
                in_class = true;
                written.push('[');
                if letters.next_if_eq(&'^').is_some() {
                    written.push('^');
                }
                if letters.next_if_eq(&']').is_some() {
                    written.push_str(r"\]");
                }
            }
            ']' => {
                in_class = false;
                written.push(']');
            }
            '&' | '-' | '~' if in_class && letters.peek() == Some(&letter) => {
                return refused(&format!("{letter}{letter}"));
            }
            '(' if !in_class && letters.peek() == Some(&'?') => {
                let flags: String =
                    letters.clone().skip(1).take_while(|flag| !matches!(flag, ':' | ')' | '<')).collect();
                if !flags.chars().all(|flag| matches!(flag, 'i' | 'm' | 's' | 'U' | '-' | 'P')) {
                    return refused(&format!("(?{flags}"));
                }
                written.push('(');
            }
            other => written.push(other),
        }
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_ascii() {
        let digits = compile(r"^\d+$").unwrap();
        assert!(digits.is_match("42"));
        assert!(!digits.is_match("٤٢"));
        assert!(compile(r"\bcaf\b").unwrap().is_match("café"));
        assert!(compile(r"^[\w.-]+@[\w-]+\.[a-z]{2,}$").unwrap().is_match("ada@example.org"));
        assert!(compile(r"^[^]a]$").unwrap().is_match("b"));
    }

    #[test]
    fn what_only_one_implementation_knows_is_refused() {
        for pattern in [r"\B", r"\h", r"\u{41}", r"[a&&b]", "[a[b]]", "(?x)a b", "(?R)a", r"\b{start}", "[a--b]", "\\"]
        {
            compile(pattern).expect_err(pattern);
        }
    }

    #[test]
    fn mistakes_are_told_in_a_sentence() {
        insta::assert_snapshot!(compile("(a").unwrap_err(), @"This pattern is wrong: unclosed group.");
        insta::assert_snapshot!(compile("((a{100}){100}){100}").unwrap_err(), @"This pattern is too large: it repeats too much.");
    }
}
