//! Export: streams all records that match the selection's filter as CSV.

use async_trait::async_trait;
use futures::StreamExt as _;
use levers_model::{
    Collection, ColumnType, Condition, Error, FieldError, FieldPath, Outcome, OutcomeKind, Projection, Result, Sort,
    SortClause, Values,
};
use levers_ports::{
    ActionContext, FieldDeclaration, FileBody, FormDeclaration, Handler, Query, Records, Reply, TypeDeclaration,
};
use serde_json::Value as Json;

use super::csv_text::CsvText;
use super::fields::{elements, text_list};
use super::only;

pub(super) struct Export;

const KNOWN: [&str; 4] = ["fields", "header", "filename", "sort"];

pub(super) fn form() -> FormDeclaration {
    let filename = FieldDeclaration {
        description: Some("What the file is called.".to_owned().into()),
        ..FieldDeclaration::new("filename", TypeDeclaration::String)
    };
    let fields = [
        text_list("fields", "The columns, such as name or company:name; all when empty."),
        text_list("header", "The columns' titles; their names when empty."),
        filename,
        text_list("sort", "What to sort by, most important first; -name for descending."),
    ];
    FormDeclaration::Elements(elements(fields.into_iter()))
}

/// What is to be exported, and how.
pub(super) struct Request {
    fields: Vec<FieldPath>,
    header: Vec<String>,
    filename: String,
    sort: Sort,
}

impl Request {
    /// Reads the form's values. Whether the paths lead anywhere is checked with the query.
    pub(super) fn read(schema: &Collection, values: &Values) -> Result<Self> {
        only(values, &KNOWN)?;
        let mut fields: Vec<FieldPath> = texts(values, "fields")?.into_iter().map(FieldPath::from).collect();
        if fields.is_empty() {
            // Bytes are nothing that a spreadsheet could show.
            let columns = schema.columns().filter(|(_, column)| column.column_type != ColumnType::Binary);
            fields = columns.map(|(name, _)| FieldPath::from(name)).collect();
        }
        let mut header = texts(values, "header")?;
        if header.is_empty() {
            header = fields.iter().map(ToString::to_string).collect();
        }
        let mut sort = Sort(texts(values, "sort")?.iter().map(|text| clause(text)).collect());
        if sort.0.is_empty() {
            sort.0.extend(schema.primary_key.iter().map(|key| clause(key)));
        }
        let filename = match values.get("filename") {
            None | Some(Json::Null) => format!("{}.csv", schema.name),
            Some(Json::String(name)) if name.trim().is_empty() => format!("{}.csv", schema.name),
            Some(Json::String(name)) if name.to_lowercase().ends_with(".csv") => name.clone(),
            Some(Json::String(name)) => format!("{name}.csv"),
            Some(_) => return Err(wrong("filename", "Expected a text.")),
        };
        Ok(Self { fields, header, filename, sort })
    }
}

fn clause(text: &str) -> SortClause {
    match text.strip_prefix('-') {
        Some(field) => SortClause { field: field.into(), ascending: false },
        None => SortClause { field: text.into(), ascending: true },
    }
}

fn texts(values: &Values, name: &str) -> Result<Vec<String>> {
    let items = match values.get(name) {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Array(items)) => items,
        Some(_) => return Err(wrong(name, "Expected a list of texts.")),
    };
    let text = |item: &Json| item.as_str().map(str::to_owned).ok_or_else(|| wrong(name, "Expected a list of texts."));
    items.iter().map(text).collect()
}

fn wrong(field: &str, message: &str) -> Error {
    Error::invalid_fields(vec![FieldError::new(field, message)])
}

#[async_trait]
impl Handler for Export {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        let Request { fields, header, filename, sort } = Request::read(&cx.collection, &cx.values)?;
        let text = CsvText::new(&header)?;
        let body = stream(cx.records.as_ref(), &cx.collection, cx.condition.clone(), fields, sort, text).await?;
        let outcome = Outcome::from(OutcomeKind::File { name: filename, mime: "text/csv; charset=utf-8".into() });
        Ok(Reply { outcome, file: Some(body) })
    }
}

async fn stream(
    records: &dyn Records,
    collection: &Collection,
    condition: Condition,
    fields: Vec<FieldPath>,
    sort: Sort,
    mut text: CsvText,
) -> Result<FileBody> {
    let query = Query { condition, projection: Projection::new(fields.iter().cloned()), sort, page: None };
    let mut rows = records.stream(&collection.name, query).await?;
    Ok(FileBody::Stream(Box::pin(async_stream::try_stream! {
        let mut places: Option<Vec<usize>> = None;
        while let Some(record) = rows.next().await {
            let record = record?;
            // All records of an answer share their columns, so one look is enough.
            let places = places.get_or_insert_with(|| {
                let place = |field| record.columns().iter().position(|column| column == field).unwrap_or(usize::MAX);
                fields.iter().map(place).collect()
            });
            text.row(&record, places)?;
            if let Some(chunk) = text.full() {
                yield chunk;
            }
        }
        yield text.rest()?;
    })))
}
