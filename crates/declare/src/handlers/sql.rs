//! Runs statements on the collection's database.
//!
//! All rounds are one transaction: an action has happened as a whole or not at
//! all. Names in the statements are bound by the data source and never pasted.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use indexmap::IndexMap;
use levers_model::{Outcome, OutcomeKind, Projection, Record, Result};
use levers_ports::{ActionContext, FileBody, Reply, Script, ScriptResult, ScriptValue};
use levers_rules::Template;

use super::expression::Expression;
use super::facts::{Asker, key, selected};
use super::parameters::Parameter;
use super::rows;
use super::spoken::{Done, Work};

/// What becomes of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presentation {
    /// A table in a panel.
    Table,
    /// A CSV file.
    Csv,
    /// A spreadsheet.
    Xlsx,
}

/// Runs statements.
pub(crate) struct Sql {
    pub(crate) statements: Vec<Arc<str>>,
    /// Whether the statements run for each record.
    pub(crate) per_record: bool,
    /// What the names in them stand for.
    pub(crate) parameters: IndexMap<String, Parameter>,
    pub(crate) result: Option<Presentation>,
    pub(crate) file_name: Option<Expression<Template>>,
}

type Round = IndexMap<String, ScriptValue>;

#[async_trait]
impl Work for Sql {
    async fn work(&self, cx: &ActionContext) -> Result<Done> {
        let rounds = self.rounds(cx).await?;
        let result = if rounds.is_empty() {
            ScriptResult::default()
        } else {
            let script = Script { statements: self.statements.clone(), rounds };
            cx.records.run_script(&cx.collection.name, script).await?
        };
        // Of a statement that only reads: the rows that it found.
        let count = Some(if result.changed == 0 { result.rows.len() as u64 } else { result.changed });
        Ok(Done { reply: self.reply(cx, &result).await?, count })
    }
}

impl Sql {
    async fn rounds(&self, cx: &ActionContext) -> Result<Vec<Round>> {
        let records = self.records(cx).await?;
        let counts = self.parameters.values().any(|parameter| *parameter == Parameter::Count);
        let count = if counts { Asker::from(cx).count().await? } else { 0 };
        let mut shared = Round::new();
        for (name, parameter) in &self.parameters {
            if let Some(value) = parameter.of_all(cx, &records, count)? {
                shared.insert(name.clone(), value);
            }
        }
        if !self.per_record && !self.parameters.values().any(Parameter::is_of_record) {
            return Ok(vec![shared]);
        }
        let round = |record: &Record| {
            let own = self
                .parameters
                .iter()
                .filter_map(|(name, parameter)| parameter.of_record(record).map(|value| (name.clone(), value)));
            shared.clone().into_iter().chain(own).collect()
        };
        Ok(records.iter().map(round).collect())
    }

    /// The selected records, with what the statements want of them; none when they want nothing.
    async fn records(&self, cx: &ActionContext) -> Result<Vec<Record>> {
        let mut paths = Projection::default();
        for parameter in self.parameters.values() {
            match parameter {
                Parameter::Record(path) => paths.add(path.clone()),
                Parameter::Key(column) | Parameter::Keys(column) => paths.add(column.as_str().into()),
                Parameter::Value { .. } | Parameter::Caller(_) | Parameter::Count | Parameter::Now => {}
            }
        }
        match (paths.0.is_empty(), self.per_record) {
            (true, false) => Ok(Vec::new()),
            (true, true) => selected(cx, key(&cx.collection)).await,
            (false, _) => selected(cx, paths).await,
        }
    }

    async fn reply(&self, cx: &ActionContext, result: &ScriptResult) -> Result<Reply> {
        let Some(presentation) = self.result else { return Ok(Outcome::done().into()) };
        let (ending, mime, bytes) = match presentation {
            Presentation::Table => {
                let html = Some(rows::table(result));
                return Ok(Outcome::from(OutcomeKind::Success { message: None, html, refresh: Vec::new() }).into());
            }
            Presentation::Csv => ("csv", "text/csv; charset=utf-8", rows::csv(result)?),
            Presentation::Xlsx => {
                ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", rows::xlsx(result)?)
            }
        };
        let name = match &self.file_name {
            Some(name) => name.of.render(&name.in_action(cx).await?)?,
            None => String::new(),
        };
        let name = match name.trim() {
            "" => format!("{}.{ending}", cx.action.id),
            name if name.to_lowercase().ends_with(&format!(".{ending}")) => name.to_owned(),
            name => format!("{name}.{ending}"),
        };
        let outcome = OutcomeKind::File { name, mime: mime.to_owned() }.into();
        Ok(Reply { outcome, file: Some(FileBody::Bytes(Bytes::from(bytes))) })
    }
}
