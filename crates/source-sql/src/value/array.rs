//! PostgreSQL's text form of arrays: `{1,NULL,"a \"quoted\" text"}`.
//!
//! Rejected: the driver's arrays. They need a Rust type for each element type,
//! know no null inside, no enums and no domains; the text form knows all.

use levers_model::Value;

use super::{Kind, scalar_from_text};

/// Reads an array's text; what does not parse stays text.
pub(super) fn parse(text: &str, kind: Kind) -> Value {
    // Arrays with unusual bounds are prefixed with them: `[0:1]={1,2}`.
    let body = text.find('{').map_or(text, |start| &text[start..]);
    let mut parser = Parser { rest: body, kind };
    parser.list().filter(|_| parser.rest.is_empty()).unwrap_or_else(|| Value::Text(text.to_owned()))
}

struct Parser<'a> {
    rest: &'a str,
    kind: Kind,
}

impl Parser<'_> {
    fn eat(&mut self, expected: char) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn list(&mut self) -> Option<Value> {
        if !self.eat('{') {
            return None;
        }
        let mut items = Vec::new();
        if self.eat('}') {
            return Some(Value::List(items));
        }
        loop {
            items.push(self.item()?);
            if self.eat('}') {
                return Some(Value::List(items));
            }
            if !self.eat(',') {
                return None;
            }
        }
    }

    fn item(&mut self) -> Option<Value> {
        if self.rest.starts_with('{') {
            return self.list();
        }
        if self.eat('"') {
            return self.quoted();
        }
        let end = self.rest.find([',', '}'])?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(if text == "NULL" { Value::Null } else { scalar_from_text(text, self.kind) })
    }

    fn quoted(&mut self) -> Option<Value> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Some(scalar_from_text(&text, self.kind));
                }
                '\\' => text.push(characters.next()?.1),
                other => text.push(other),
            }
        }
        None
    }
}

/// An array's text, to be bound and cast to the array's type.
pub(crate) fn literal(items: &[Value]) -> String {
    let mut text = String::from("{");
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        match item {
            Value::Null => text.push_str("NULL"),
            Value::List(items) => text.push_str(&literal(items)),
            other => {
                text.push('"');
                for character in element(other).chars() {
                    if matches!(character, '"' | '\\') {
                        text.push('\\');
                    }
                    text.push(character);
                }
                text.push('"');
            }
        }
    }
    text.push('}');
    text
}

/// A value's text, as PostgreSQL reads it.
pub(crate) fn element(value: &Value) -> String {
    match value {
        Value::Bytes(bytes) => bytes.iter().fold(String::from("\\x"), |text, byte| text + &format!("{byte:02x}")),
        Value::Timestamp(at) => at.to_rfc3339(),
        Value::DateTime(at) => at.format("%Y-%m-%d %H:%M:%S%.f").to_string(),
        other => other.to_text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_read_back() {
        let items = [
            Value::Text("plain".into()),
            Value::Null,
            Value::Text("a \"quoted\", {braced} \\ text".into()),
            Value::Text("NULL".into()),
            Value::Text(String::new()),
        ];
        assert_eq!(parse(&literal(&items), Kind::Text), Value::List(items.to_vec()));
    }

    #[test]
    fn what_postgresql_prints_is_understood() {
        assert_eq!(parse("{}", Kind::Integer), Value::List(vec![]));
        assert_eq!(
            parse("[0:1]={{1,2},{3,NULL}}", Kind::Integer),
            Value::List(vec![
                Value::List(vec![Value::Int(1), Value::Int(2)]),
                Value::List(vec![Value::Int(3), Value::Null])
            ])
        );
        assert_eq!(parse("{1", Kind::Integer), Value::Text("{1".into()));
        assert_eq!(parse(r#"{"\\x00ff"}"#, Kind::Binary), Value::List(vec![Value::Bytes(vec![0, 255])]));
    }
}
