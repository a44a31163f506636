//! Duplicate: copies one record. What identifies it is not copied: a key that
//! the database makes is made anew, and unique columns are left out or given.

use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt as _;
use levers_model::{Collection, Column, Error, FieldError, Outcome, Patch, Record, Result, Values};
use levers_ports::{
    ActionContext, ElementDeclaration, FieldDeclaration, FormContext, FormDeclaration, Handler, Query, Reply,
};

use super::{fields, update};

pub(super) struct Duplicate;

/// The record's values, but for those that must be its own.
pub(super) fn form(schema: &Arc<Collection>) -> FormDeclaration {
    let schema = schema.clone();
    FormDeclaration::Dynamic(Arc::new(move |cx: FormContext| elements(schema.clone(), cx).boxed()))
}

async fn elements(schema: Arc<Collection>, cx: FormContext) -> Result<Vec<ElementDeclaration>> {
    let record = update::the_one(&schema, &cx).await?;
    let field = |(name, column): (&str, &Column)| {
        let own = identifies(&schema, column);
        let copied = record.as_ref().filter(|_| !own);
        FieldDeclaration {
            required: (own && column.required()).into(),
            default: copied.and_then(|record| fields::shown(&schema, name, column, record.get(name)?)).map(Into::into),
            ..fields::of_column(&schema, name, column)
        }
    };
    Ok(fields::elements(fields::writable(&schema).map(field)))
}

/// Whether no two records may share the column's value.
pub(super) fn identifies(schema: &Collection, column: &Column) -> bool {
    column.unique || (column.primary_key && schema.primary_key.len() == 1)
}

/// What the copy is made of: given values first, then the record's own, hidden ones
/// included. What callers may not write is left to the database, where it has a
/// value of its own: a copy of what was approved is not approved.
fn copy(schema: &Collection, whole: &Collection, record: &Record, values: &Values) -> Result<Patch> {
    let mut patch = Patch::from_pairs(values, schema)?;
    let mut missing = Vec::new();
    for (name, column) in whole.columns().filter(|(_, column)| !column.read_only) {
        let protected = schema.column(name).is_some_and(|column| column.read_only);
        if patch.0.contains_key(name) || (protected && !column.required()) {
            continue;
        }
        if identifies(schema, column) || (column.primary_key && column.default.is_some()) {
            if column.required() {
                missing.push(FieldError::new(name, "It is unique, so the copy needs a value of its own."));
            }
        } else if let Some(value) = record.get(name) {
            patch.0.insert(name.to_owned(), value.clone());
        }
    }
    let same_key = |name: &String| patch.0.get(name) == record.get(name);
    if schema.primary_key.len() > 1 && schema.primary_key.iter().all(same_key) {
        missing.extend(
            schema
                .primary_key
                .iter()
                .map(|name| FieldError::new(name, "The copy needs another key: change this or the rest of it.")),
        );
    }
    if missing.is_empty() { Ok(patch) } else { Err(Error::invalid_fields(missing)) }
}

#[async_trait]
impl Handler for Duplicate {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        let collection = &cx.collection;
        let query = Query { condition: cx.condition.clone(), ..Query::default() };
        let record = cx.records.list(&collection.name, query).await?.into_iter().next();
        let record = record.ok_or_else(|| Error::not_found("The record to copy does not exist any more."))?;
        let whole = cx.records.collection(&collection.name)?;
        let patch = copy(collection, &whole, &record, &cx.values)?;
        let created = cx.records.create(&collection.name, vec![patch]).await?;
        let made = created.first().ok_or_else(|| Error::internal("a source created a record and returned none"))?;
        let (from, to) = (record.id(collection)?, made.id(collection)?);
        Ok(Outcome::success(format!("Record {from} copied as {to}.")).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use levers_model::{ColumnType, DefaultValue, FieldPath, FieldSchema, Value};
    use serde_json::json;

    fn schema(key: &[&str], columns: Vec<(&str, Column)>) -> Collection {
        let fields = columns.into_iter().map(|(name, column)| (name.to_owned(), FieldSchema::Column(column)));
        Collection {
            name: "things".into(),
            fields: fields.collect(),
            primary_key: key.iter().map(|&name| name.into()).collect(),
            read_only: false,
        }
    }

    fn record(values: &[(&str, i64)]) -> Record {
        let columns: Vec<FieldPath> = values.iter().map(|(name, _)| FieldPath::from(*name)).collect();
        Record::new(columns.into(), values.iter().map(|(_, value)| Value::Int(*value)).collect())
    }

    fn column() -> Column {
        Column { nullable: false, ..Column::new(ColumnType::Integer) }
    }

    #[test]
    fn what_identifies_is_not_copied() {
        let id = Column { primary_key: true, default: Some(DefaultValue::Computed), ..column() };
        let code = Column { unique: true, ..column() };
        let schema = schema(&["id"], vec![("id", id), ("code", code), ("size", column())]);
        let record = record(&[("id", 1), ("code", 2), ("size", 3)]);
        let error = copy(&schema, &schema, &record, &Values::new()).unwrap_err();
        insta::assert_snapshot!(error, @"code: It is unique, so the copy needs a value of its own.");
        let given: Values = [("code".to_owned(), json!(5))].into();
        let patch = copy(&schema, &schema, &record, &given).unwrap();
        assert_eq!(patch.to_json(), json!({ "code": 5, "size": 3 }));
    }

    #[test]
    fn a_composite_key_changes_in_some_part() {
        let key = || Column { primary_key: true, ..column() };
        let schema = schema(&["a", "b"], vec![("a", key()), ("b", key())]);
        let record = record(&[("a", 1), ("b", 2)]);
        assert_eq!(copy(&schema, &schema, &record, &Values::new()).unwrap_err().fields().len(), 2);
        let given: Values = [("b".to_owned(), json!(3))].into();
        assert_eq!(copy(&schema, &schema, &record, &given).unwrap().to_json(), json!({ "b": 3, "a": 1 }));
    }
}
