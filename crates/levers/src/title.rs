//! Titles of records, as an author of Rust writes them: `"{name} ({country:code})"`.
//!
//! Text with fields in braces, and no more. Rejected: a closure over the record. The
//! engine must know which fields to read, and an author would have to name them twice.

use std::sync::Arc;

use levers_model::{FieldPath, Record, Value};
use levers_ports::RecordTitle;

enum Part {
    Text(String),
    Field(FieldPath),
}

/// Reads a title's template. A brace that is never closed is text.
pub(crate) fn parse(template: String) -> RecordTitle {
    let parts = parts(&template);
    let fields = parts.iter().filter_map(|part| match part {
        Part::Field(path) => Some(path.clone()),
        Part::Text(_) => None,
    });
    RecordTitle { template, fields: fields.collect(), render: Arc::new(move |record| render(&parts, record)) }
}

fn parts(template: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at(at);
        text.push_str(before);
        let is_open = brace.starts_with('{');
        let twice = brace.starts_with("{{") || brace.starts_with("}}");
        if let Some(end) = brace.find('}').filter(|_| is_open && !twice) {
            parts.push(Part::Text(std::mem::take(&mut text)));
            parts.push(Part::Field(brace[1..end].trim().into()));
            rest = &brace[end + 1..];
        } else {
            text.push_str(&brace[..1]);
            rest = &brace[if twice { 2 } else { 1 }..];
        }
    }
    text.push_str(rest);
    parts.push(Part::Text(text));
    parts
}

/// A field without a value, or one that the caller may not read, leaves nothing.
fn render(parts: &[Part], record: &Record) -> String {
    let mut title = String::new();
    for part in parts {
        match part {
            Part::Text(text) => title.push_str(text),
            Part::Field(path) => {
                if let Some(value) = record.get(path.as_str()).filter(|value| **value != Value::Null) {
                    title.push_str(&value.to_text());
                }
            }
        }
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_in_braces() {
        let columns: Arc<[FieldPath]> = ["name", "country:code", "note"].map(FieldPath::from).to_vec().into();
        let record = Record::new(columns, vec![Value::Text("Acme".into()), Value::Text("FR".into()), Value::Null]);
        for (template, title) in [
            ("{name} ({country:code})", "Acme (FR)"),
            ("{ name }{note}{unread}", "Acme"),
            ("{{name}} } {", "{name} } {"),
            ("", ""),
        ] {
            assert_eq!((parse(template.into()).render)(&record), title, "{template}");
        }
        let fields = parse("{name} ({country:code})".into()).fields;
        assert_eq!(fields, ["name", "country:code"].map(FieldPath::from));
    }
}
