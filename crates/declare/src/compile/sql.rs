//! `sql`: statements, and what the names in them stand for.

use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{FieldPath, FieldType, Scope as ActionScope};
use levers_ports::ParameterUse;
use levers_rules::Escape;

use super::around::{Around, CALLER};
use super::{Compiler, Known};
use crate::handlers::parameters::Parameter;
use crate::handlers::sql::{Presentation, Sql};
use crate::mistake::did_you_mean;
use crate::shape::walk::short;
use crate::text::Span;
use crate::tree::Node;

/// What is said of a name, and what to write instead.
type Fault = (String, Option<String>);

impl<'a> Compiler<'a> {
    pub(super) fn sql(&mut self, around: &Around<'a>, node: &'a Node) -> Option<Sql> {
        let per_record = node.text("per") == Some("record");
        if per_record && around.action == ActionScope::Global {
            let span = node.get("per").map_or(node.span, |per| per.span);
            self.report.error(span, "An action with scope global has no records to run for.");
        }
        let scripts = around.known.source.scripts();
        if scripts.is_none() {
            let message = format!("The data source of {} runs no SQL statements.", around.known.schema.name);
            self.report.error(node.span, message);
        }
        let (scripts, mut parameters, mut texts) = (scripts?, IndexMap::new(), Vec::new());
        for statement in statements(node) {
            let text = statement.as_text().unwrap_or_default();
            texts.push(Arc::from(text));
            match scripts.parameters(text) {
                Err(mistake) => {
                    let span = self.within(statement, mistake.offset, 1);
                    self.report.error(span, mistake.message);
                }
                Ok(uses) => {
                    for used in uses {
                        let span = self.within(statement, used.offset, used.name.len() + 1);
                        if let Some(parameter) = self.parameter(around, per_record, &used, span) {
                            parameters.insert(used.name, parameter);
                        }
                    }
                }
            }
        }
        let result = match node.text("result") {
            Some("table") => Some(Presentation::Table),
            Some("csv") => Some(Presentation::Csv),
            Some("xlsx") => Some(Presentation::Xlsx),
            _ => None,
        };
        let file_name = node.get("file_name");
        if let (Some(name), None | Some(Presentation::Table)) = (file_name, result) {
            let hint = Some("Add result = \"csv\" or result = \"xlsx\".".to_owned());
            self.report.hinted(name.span, "There is a “file_name” and no file.", hint);
        }
        let file_name = file_name.and_then(|name| self.template(name, around, &around.texts, Escape::Text));
        Some(Sql { statements: texts, per_record, parameters, result, file_name })
    }

    /// All statements of the file, with the collections on which they are declared.
    pub(super) fn statements(&self) -> Vec<(Known<'a>, &'a Node)> {
        let mut found = Vec::new();
        for (name, entry) in self.root.get("collections").and_then(Node::as_table).into_iter().flatten() {
            let Some(known) = self.collections.get(name.as_str()).copied() else { continue };
            for action in entry.node.get("actions").map_or(&[][..], Node::items) {
                found.extend(action.get("sql").into_iter().flat_map(statements).map(|statement| (known, statement)));
            }
        }
        found
    }

    fn parameter(
        &mut self,
        around: &Around<'a>,
        per_record: bool,
        used: &ParameterUse,
        span: Span,
    ) -> Option<Parameter> {
        let one = per_record || around.action == ActionScope::Single;
        let resolved = match used.name.split('.').collect::<Vec<_>>().as_slice() {
            ["id", column @ ..] => key(around, one, column).map(Parameter::Key),
            ["ids"] => keys(around, per_record).map(Parameter::Keys),
            ["values", field] => value(around, field),
            ["caller", name, rest @ ..] if rest.is_empty() || (*name == "tags" && rest.len() == 1) => {
                caller(name, rest)
            }
            ["record", path @ ..] if !path.is_empty() => return self.of_record(around, one, path, span),
            ["count"] if around.action != ActionScope::Global => Ok(Parameter::Count),
            ["now"] => Ok(Parameter::Now),
            _ => {
                let known = ["id", "ids", "values.…", "caller.…", "record.…", "count", "now"];
                Err((
                    format!("Nothing is called “:{}”.", short(&used.name)),
                    did_you_mean(&used.name, known, "There is"),
                ))
            }
        };
        let resolved = resolved.and_then(|parameter| several(&parameter, used).map(|()| parameter));
        match resolved {
            Ok(parameter) => Some(parameter),
            Err((message, hint)) => {
                self.report.hinted(span, message, hint);
                None
            }
        }
    }

    fn of_record(&mut self, around: &Around<'a>, one: bool, path: &[&str], span: Span) -> Option<Parameter> {
        if !one {
            let message = "“:record” is one record, and the statement runs for all that are selected.";
            self.report.hinted(span, message, Some("Add per = \"record\".".to_owned()));
            return None;
        }
        let path = FieldPath::from(path.join(":"));
        self.column_at(&path, around.known.schema, span)?;
        Some(Parameter::Record(path))
    }
}

/// The statements of an action.
fn statements(node: &Node) -> Vec<&Node> {
    match (node.get("statement"), node.get("statements")) {
        (Some(statement), _) => vec![statement],
        (None, Some(statements)) => statements.items().iter().collect(),
        (None, None) => Vec::new(),
    }
}

fn key(around: &Around<'_>, one: bool, column: &[&str]) -> Result<String, Fault> {
    let keys = &around.known.schema.primary_key;
    if !one {
        return Err(match around.action {
            ActionScope::Global => ("“:id” is one record, and an action with scope global has none.".into(), None),
            ActionScope::Single | ActionScope::Bulk => (
                "“:id” is one record, and the statement runs for all that are selected.".into(),
                Some("Write “in (:ids)”, or add per = \"record\".".into()),
            ),
        });
    }
    match (column, keys.as_slice()) {
        ([], [key]) => Ok(key.clone()),
        ([], []) => Err((format!("{} has no primary key, so there is no “:id”.", around.known.schema.name), None)),
        ([], several) => {
            let names: Vec<String> = several.iter().map(|key| format!(":id.{key}")).collect();
            let message = format!("The primary key of {} has several columns.", around.known.schema.name);
            Err((message, Some(format!("Name each: {}.", names.join(", ")))))
        }
        ([name], keys) if keys.iter().any(|key| key == name) => Ok((*name).to_owned()),
        (path, keys) => {
            let message =
                format!("The primary key of {} has no column “{}”.", around.known.schema.name, short(&path.join(".")));
            Err((message, did_you_mean(&path.join("."), keys.iter().map(String::as_str), "It has")))
        }
    }
}

fn keys(around: &Around<'_>, per_record: bool) -> Result<String, Fault> {
    match around.known.schema.primary_key.as_slice() {
        _ if around.action == ActionScope::Global => {
            Err(("“:ids” are the selected records, and an action with scope global has none.".into(), None))
        }
        _ if per_record => Err((
            "The statement runs for each record, so “:ids” has no place in it.".into(),
            Some("Write “:id”, or leave out per = \"record\".".into()),
        )),
        [key] => Ok(key.clone()),
        _ => Err((
            format!("“:ids” wants a primary key of one column, and {} has another.", around.known.schema.name),
            Some("Add per = \"record\" and write “:id.<column>”.".into()),
        )),
    }
}

fn value(around: &Around<'_>, field: &str) -> Result<Parameter, Fault> {
    match around.fields.get(field) {
        Some(field_type) => Ok(Parameter::Value { field: field.to_owned(), field_type: field_type.clone() }),
        None if around.fields.is_empty() => {
            Err((format!("There is no field “{}”: the action has no form.", short(field)), None))
        }
        None => Err((
            format!("There is no field “{}” in the form.", short(field)),
            did_you_mean(field, around.fields.keys().map(String::as_str), "The fields are"),
        )),
    }
}

fn caller(name: &str, rest: &[&str]) -> Result<Parameter, Fault> {
    if !CALLER.contains(&name) {
        let message = format!("Nothing is known as “{}” of whoever asks.", short(name));
        return Err((message, did_you_mean(name, CALLER, "There is")));
    }
    if name == "tags" && rest.is_empty() {
        return Err(("“:caller.tags” are several.".into(), Some("Name one: :caller.tags.<name>.".into())));
    }
    Ok(Parameter::Caller(std::iter::once(&name).chain(rest).map(|step| (*step).to_owned()).collect()))
}

/// Several values stand where several may, and one where one may.
fn several(parameter: &Parameter, used: &ParameterUse) -> Result<(), Fault> {
    let many = match parameter {
        Parameter::Keys(_) => true,
        Parameter::Value { field_type, .. } => match field_type {
            FieldType::EnumList { .. } | FieldType::NumberList | FieldType::StringList | FieldType::FileList => true,
            FieldType::Boolean
            | FieldType::Date
            | FieldType::Dateonly
            | FieldType::Time
            | FieldType::Enum { .. }
            | FieldType::Json
            | FieldType::Number
            | FieldType::String
            | FieldType::File
            | FieldType::Collection { .. } => false,
        },
        Parameter::Key(_) | Parameter::Caller(_) | Parameter::Record(_) | Parameter::Count | Parameter::Now => false,
    };
    if many && !used.many {
        let hint = format!("Write “in (:{})”.", used.name);
        return Err((format!("“:{}” stands for several values.", used.name), Some(hint)));
    }
    Ok(())
}
