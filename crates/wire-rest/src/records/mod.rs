//! Records: reading them, and the three conveniences that change them by
//! submitting the built-in actions.

mod aggregate;
mod count;
mod get;
mod list;
mod related;
mod view;
mod write;

use levers_engine::{CollectionEntry, ListQuery};
use levers_model::{Error, Page, Projection, Result, Sort, SortClause};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::filter::{ConditionTree, Narrowed, Schemas};
use crate::limits;

pub(crate) use view::{RecordPage, RecordView};

/// The routes of this module.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_records, write::create_record))
        .routes(routes!(list::query_records))
        .routes(routes!(count::count_records, count::count_query))
        .routes(routes!(aggregate::aggregate_records))
        .routes(routes!(get::get_record, write::update_record, write::delete_record))
        .routes(routes!(related::list_related))
        .routes(routes!(related::count_related))
}

/// What to read, on the query string.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// A condition as JSON, percent-encoded. Long ones go to `POST …/query`.
    #[param(example = r#"{"field":"status","operator":"equal","value":"live"}"#)]
    filter: Option<String>,
    /// A text to look for.
    #[param(max_length = 1000)]
    search: Option<String>,
    /// Whether to search in related records too.
    search_extended: bool,
    /// The name of a segment.
    segment: Option<String>,
    /// Fields to order by, with commas between, most important first; `-` before a field turns its order round.
    #[param(example = "-created_at,company:name")]
    sort: Option<String>,
    /// Which page, from 1 on.
    #[param(minimum = 1, example = 1)]
    page: Option<u64>,
    /// Records of a page; 50 when nothing is said.
    #[param(minimum = 1, maximum = 1000, example = 50)]
    page_size: Option<u64>,
    /// Columns to read, with commas between; through to-one relations as `company:name`. All of
    /// the record and of its to-one relations when nothing is said. The key is always there.
    #[param(example = "name,company:name")]
    fields: Option<String>,
}

/// What to read, in a body.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "filter": { "field": "status", "operator": "equal", "value": "live" },
    "sort": ["-created_at"], "page": 1, "page_size": 50, "fields": ["name", "company:name"]
}))]
pub(crate) struct ListBody {
    /// A tree of conditions.
    filter: Option<ConditionTree>,
    /// A text to look for.
    #[schema(max_length = 1000)]
    search: Option<String>,
    /// Whether to search in related records too.
    #[serde(default)]
    search_extended: bool,
    /// The name of a segment.
    segment: Option<String>,
    /// Fields to order by, most important first; `-` before a field turns its order round.
    #[schema(max_items = 16)]
    #[serde(default)]
    sort: Vec<String>,
    /// Which page, from 1 on.
    #[schema(minimum = 1)]
    page: Option<u64>,
    /// Records of a page; 50 when nothing is said.
    #[schema(minimum = 1, maximum = 1000)]
    page_size: Option<u64>,
    /// Columns to read; all when nothing is said.
    #[schema(max_items = 500)]
    fields: Option<Vec<String>>,
}

/// What to count, on the query string.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct NarrowParams {
    /// A condition as JSON, percent-encoded.
    #[param(example = r#"{"field":"status","operator":"equal","value":"live"}"#)]
    filter: Option<String>,
    /// A text to look for.
    #[param(max_length = 1000)]
    search: Option<String>,
    /// Whether to search in related records too.
    search_extended: bool,
    /// The name of a segment.
    segment: Option<String>,
}

impl NarrowParams {
    pub(crate) fn parse(self) -> Result<Narrowed> {
        Ok(Narrowed {
            filter: self.filter.filter(|text| !text.is_empty()).map(|text| ConditionTree::parse(&text)).transpose()?,
            search: self.search,
            search_extended: self.search_extended,
            segment: self.segment.filter(|name| !name.is_empty()),
        })
    }
}

impl ListParams {
    pub(crate) fn parse(self) -> Result<ListBody> {
        let names =
            |text: String| text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        Ok(ListBody {
            filter: self.filter.filter(|text| !text.is_empty()).map(|text| ConditionTree::parse(&text)).transpose()?,
            search: self.search,
            search_extended: self.search_extended,
            segment: self.segment.filter(|name| !name.is_empty()),
            sort: self.sort.map(names).unwrap_or_default(),
            page: self.page,
            page_size: self.page_size,
            fields: self.fields.map(names).filter(|names| !names.is_empty()),
        })
    }
}

impl ListBody {
    /// Types it against the collection.
    pub(crate) fn translate(self, schemas: &Schemas<'_>, entry: &CollectionEntry) -> Result<ListQuery> {
        let page = page(self.page, self.page_size)?;
        let sort = sort(&self.sort, schemas, entry)?;
        let projection = self.fields.map(|fields| projection(&fields, schemas, entry)).transpose()?;
        let narrowed = Narrowed {
            filter: self.filter,
            search: self.search,
            search_extended: self.search_extended,
            segment: self.segment,
        };
        Ok(ListQuery { filter: narrowed.translate(schemas, entry)?, projection, sort, page: Some(page), parent: None })
    }
}

fn page(number: Option<u64>, size: Option<u64>) -> Result<Page> {
    let size = size.unwrap_or(limits::PAGE_SIZE);
    if !(1..=limits::LARGEST_PAGE).contains(&size) {
        return Err(Error::invalid(format!("“page_size” must lie between 1 and {}.", limits::LARGEST_PAGE)));
    }
    let number = number.unwrap_or(1);
    // Databases count what they skip with 63 bits.
    let skip =
        number.checked_sub(1).and_then(|before| before.checked_mul(size)).filter(|skip| i64::try_from(*skip).is_ok());
    let skip = skip.ok_or_else(|| Error::invalid("“page” must be a page's number, from 1 on."))?;
    Ok(Page { skip, limit: size })
}

fn sort(names: &[String], schemas: &Schemas<'_>, entry: &CollectionEntry) -> Result<Sort> {
    limits::at_most("fields to order by", names.len(), limits::MOST_CRITERIA)?;
    let clause = |name: &String| {
        // A column whose own name begins with a dash is meant by its name.
        let (name, ascending) = match name.strip_prefix('-') {
            Some(rest) if entry.schema().column(name).is_none() => (rest, false),
            _ => (name.as_str(), true),
        };
        schemas.column(entry, name).map(|(field, _)| SortClause { field, ascending })
    };
    names.iter().map(clause).collect::<Result<_>>().map(Sort)
}

/// The columns of a projection, each checked.
pub(crate) fn projection(names: &[String], schemas: &Schemas<'_>, entry: &CollectionEntry) -> Result<Projection> {
    limits::at_most("fields", names.len(), limits::MOST_FIELDS)?;
    let paths: Vec<_> =
        names.iter().map(|name| schemas.column(entry, name).map(|(path, _)| path)).collect::<Result<_>>()?;
    Ok(Projection::new(paths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_begin_at_one_and_have_bounds() {
        assert_eq!(page(None, None).unwrap(), Page { skip: 0, limit: 50 });
        assert_eq!(page(Some(3), Some(20)).unwrap(), Page { skip: 40, limit: 20 });
        for (number, size) in [(Some(0), None), (Some(u64::MAX), Some(1_000)), (None, Some(0)), (None, Some(1_001))] {
            assert!(page(number, size).is_err());
        }
    }
}
