//! Create: adds a record; values by column.

use async_trait::async_trait;
use levers_model::{Collection, Error, FieldError, Outcome, Patch, Result, Values};
use levers_ports::{ActionContext, FieldDeclaration, FormDeclaration, Handler, Reply};

use super::fields;

pub(super) struct Create;

pub(super) fn form(schema: &Collection) -> FormDeclaration {
    let field = |(name, column)| FieldDeclaration {
        required: levers_model::Column::required(column).into(),
        default: fields::literal_default(column).map(Into::into),
        ..fields::of_column(schema, name, column)
    };
    FormDeclaration::Elements(fields::elements(fields::writable(schema).map(field)))
}

/// Reads the values of a new record; names every column that is wrong or missing.
pub(super) fn read(schema: &Collection, values: &Values) -> Result<Patch> {
    let missing = schema.columns().filter(|(name, column)| column.required() && !values.contains_key(*name));
    let missing: Vec<FieldError> = missing.map(|(name, _)| FieldError::new(name, "A value is required.")).collect();
    match Patch::from_pairs(values, schema) {
        Ok(patch) if missing.is_empty() => Ok(patch),
        Ok(_) => Err(Error::invalid_fields(missing)),
        Err(error) => Err(Error::invalid_fields(error.fields().iter().cloned().chain(missing).collect())),
    }
}

#[async_trait]
impl Handler for Create {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        let patch = read(&cx.collection, &cx.values)?;
        let created = cx.records.create(&cx.collection.name, vec![patch]).await?;
        let record = created.first().ok_or_else(|| Error::internal("a source created a record and returned none"))?;
        Ok(Outcome::success(format!("Record {} created.", record.id(&cx.collection)?)).into())
    }
}
