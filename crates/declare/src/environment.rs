//! `${env:NAME}` and `${file:/path}`: how secrets stay out of the file.
//!
//! They are read where secrets belong (sources, endpoints, headers, secrets) and
//! nowhere else: a template that could read the environment would show it to
//! whoever presses the button.

use std::io;
use std::path::{Path, PathBuf};

use crate::mistake::Report;
use crate::shape::walk::short;
use crate::text::Span;

/// Where variables and files are looked up; a test brings its own.
pub trait Lookup {
    /// The value of an environment variable.
    fn variable(&self, name: &str) -> Option<String>;

    /// The text of a file.
    ///
    /// # Errors
    /// What reading it says.
    fn file(&self, path: &Path) -> io::Result<String>;
}

/// The process's environment and the machine's files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Process;

impl Lookup for Process {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        const LARGEST: u64 = 64 * 1024;
        if std::fs::metadata(path)?.len() > LARGEST {
            return Err(io::Error::other("it is larger than 64 KiB"));
        }
        std::fs::read_to_string(path)
    }
}

/// What a text came to.
pub(crate) struct Expanded {
    pub(crate) text: String,
    /// The files that were read.
    pub(crate) files: Vec<PathBuf>,
    /// Whether anything came from outside.
    pub(crate) from_outside: bool,
}

/// Puts in what the text names; what cannot be found is reported, and left out.
pub(crate) fn expand(text: &str, span: Span, lookup: &dyn Lookup, report: &mut Report) -> Expanded {
    let mut expanded = Expanded { text: String::new(), files: Vec::new(), from_outside: false };
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            expanded.text.push_str(before);
            expanded.text.push_str("${");
            rest = &from[2..];
            continue;
        }
        expanded.text.push_str(before);
        let Some((name, after)) = from[2..].split_once('}') else {
            report.hinted(span, "A “${” has no “}” after it.", Some("Write $${ for the two signs themselves.".into()));
            return expanded;
        };
        rest = after;
        expanded.put(name, span, lookup, report);
    }
    expanded.text.push_str(rest);
    expanded
}

impl Expanded {
    fn put(&mut self, name: &str, span: Span, lookup: &dyn Lookup, report: &mut Report) {
        match name.split_once(':') {
            Some(("env", name)) => match lookup.variable(name) {
                Some(value) if !value.is_empty() => {
                    self.from_outside = true;
                    self.text.push_str(&value);
                }
                found => {
                    let how = if found.is_some() { "is empty" } else { "is not set" };
                    report.hinted(
                        span,
                        format!("The environment variable {} {how}.", short(name)),
                        Some(format!("Set it where Levers is started: export {}=…", short(name))),
                    );
                }
            },
            Some(("file", path)) => match lookup.file(Path::new(path)) {
                Ok(value) => {
                    self.from_outside = true;
                    self.files.push(path.into());
                    self.text.push_str(value.trim_end_matches(['\r', '\n']));
                }
                Err(error) => report.error(span, format!("The file {} cannot be read: {error}.", short(path))),
            },
            _ => report.hinted(
                span,
                format!("“${{{}}}” says neither which environment variable nor which file.", short(name)),
                Some("Write ${env:NAME} or ${file:/path}; $${ for the two signs themselves.".into()),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Files;

    struct Few;

    impl Lookup for Few {
        fn variable(&self, name: &str) -> Option<String> {
            (name == "HOST").then(|| "db".to_owned())
        }

        fn file(&self, path: &Path) -> io::Result<String> {
            if path == Path::new("/run/password") {
                Ok("hunter2\n".into())
            } else {
                Err(io::Error::other("no such file"))
            }
        }
    }

    fn expanded(text: &str) -> (String, Vec<String>) {
        let mut report = Report::default();
        let expanded = expand(text, Span::new(0, 0..0), &Few, &mut report);
        let files = Files::new(vec![("f".into(), String::new())]);
        (expanded.text, report.finish(&files).into_iter().map(|mistake| mistake.message).collect())
    }

    #[test]
    fn variables_and_files_are_put_in() {
        let (text, mistakes) = expanded("postgres://u:${file:/run/password}@${env:HOST}/$${env:HOST}");
        assert_eq!((text.as_str(), mistakes.len()), ("postgres://u:hunter2@db/${env:HOST}", 0));
    }

    #[test]
    fn what_is_missing_is_named() {
        let faults = |text| expanded(text).1.join(" ");
        assert_eq!(faults("${env:PORT}"), "The environment variable PORT is not set.");
        assert_eq!(faults("${file:/nowhere}"), "The file /nowhere cannot be read: no such file.");
        assert_eq!(faults("${HOST}"), "“${HOST}” says neither which environment variable nor which file.");
        assert_eq!(faults("${env:HOST"), "A “${” has no “}” after it.");
    }
}
