//! Records with the titles that their collection gives them.
//!
//! A title may be made of fields that the caller did not ask for. They are read with the
//! others and taken away again; those that the caller may not read, through a relation to
//! a collection that is closed to them, are absent, and the title does without.

use std::sync::Arc;

use levers_model::{FieldPath, Projection, Record, RecordId, Result};
use levers_ports::RecordTitle;

use crate::context::OpContext;
use crate::engine::Engine;
use crate::records::ListQuery;
use crate::records::check::Checker;

/// A record and how it is called.
#[derive(Debug, Clone, PartialEq)]
pub struct Titled {
    /// The record, with the fields that were asked for.
    pub record: Record,
    /// Its title, where the collection says how its records are called.
    pub title: Option<String>,
}

impl Engine {
    /// As [`Engine::list`], with titles.
    ///
    /// # Errors
    /// Those of [`Engine::list`].
    pub async fn list_titled(&self, cx: &OpContext, collection: &str, query: ListQuery) -> Result<Vec<Titled>> {
        let entry = self.readable(cx, collection)?;
        let mut query = self.compile_list(cx, entry, query).await?;
        let wanted = query.projection.clone();
        self.add_title(cx, collection, &mut query.projection)?;
        let records = entry.source.list(&cx.query_context(), collection, &query).await?;
        Ok(titled(records, entry.title(), &wanted))
    }

    /// As [`Engine::get`], with the title.
    ///
    /// # Errors
    /// Those of [`Engine::get`].
    pub async fn get_titled(
        &self,
        cx: &OpContext,
        collection: &str,
        id: &RecordId,
        projection: Option<Projection>,
    ) -> Result<Titled> {
        let entry = self.readable(cx, collection)?;
        let Some(title) = entry.title() else {
            return Ok(Titled { record: self.get(cx, collection, id, projection).await?, title: None });
        };
        let query = ListQuery { projection, ..ListQuery::default() };
        let wanted = self.compile_list(cx, entry, query).await?.projection;
        let mut whole = wanted.clone();
        self.add_title(cx, collection, &mut whole)?;
        let record = self.get(cx, collection, id, Some(whole)).await?;
        let title = Some((title.render)(&record));
        let record = Narrowing::new(&record, &wanted).narrow(record);
        Ok(Titled { record, title })
    }

    /// Adds what the collection's title is made of, as far as the caller may read it.
    fn add_title(&self, cx: &OpContext, collection: &str, projection: &mut Projection) -> Result<()> {
        let entry = self.entry(collection)?;
        let checker = Checker::for_caller(&self.inner, &cx.caller);
        for path in entry.title().into_iter().flat_map(|title| &title.fields) {
            let alone = Projection(vec![path.clone()]);
            if checker.projection(&entry.schema, &alone).is_ok() {
                projection.add(path.clone());
            }
        }
        Ok(())
    }
}

fn titled(records: Vec<Record>, title: Option<&RecordTitle>, wanted: &Projection) -> Vec<Titled> {
    let Some(title) = title else {
        return records.into_iter().map(|record| Titled { record, title: None }).collect();
    };
    // All records of an answer share their columns, so one look is enough.
    let Some(narrowing) = records.first().map(|first| Narrowing::new(first, wanted)) else { return Vec::new() };
    let with_title = |record: Record| {
        let title = (title.render)(&record);
        Titled { record: narrowing.narrow(record), title: Some(title) }
    };
    records.into_iter().map(with_title).collect()
}

/// Which of a record's columns are kept.
struct Narrowing {
    columns: Arc<[FieldPath]>,
    places: Vec<usize>,
}

impl Narrowing {
    fn new(record: &Record, wanted: &Projection) -> Self {
        let columns = record.columns().iter().enumerate();
        let kept: Vec<_> = columns.filter(|(_, column)| wanted.0.contains(column)).collect();
        Self {
            places: kept.iter().map(|(place, _)| *place).collect(),
            columns: kept.into_iter().map(|(_, column)| column.clone()).collect(),
        }
    }

    fn narrow(&self, record: Record) -> Record {
        if self.columns.len() == record.columns().len() {
            return record;
        }
        let values = self.places.iter().filter_map(|place| record.values().get(*place).cloned()).collect();
        Record::new(self.columns.clone(), values)
    }
}
