//! What to read: projection, sort, page, search, segment (specification, section 3.1).

use levers_model::{
    Caller, Collection, ColumnType, FieldPath, Page, Projection, RequestFilter, Search, Sort, SortClause,
};
use levers_ports::Segment;

use super::filter::{condition, find_column};
use super::query_string::{Params, QueryString};
use super::schemas::Schemas;
use crate::error::{Fault, Result, shortened};

/// The columns that `fields[…]` names, in order; `None` when all are wanted.
///
/// # Errors
/// 400 `Invalid projection: …`.
fn columns(query: &QueryString, collection: &Collection, schemas: &Schemas<'_>) -> Result<Option<Vec<FieldPath>>> {
    let Some(names) = query.fields(&collection.name) else { return Ok(None) };
    let invalid = |reason: String| Fault::validation(format!("Invalid projection: {reason}"));
    let mut paths = Vec::new();
    for name in names {
        // `rel:column`, as agents' own projections write it, is as good as a pair of keys.
        if collection.relation(name).is_none() {
            paths.push(find_column(name, collection, schemas).map_err(invalid)?.0);
            continue;
        }
        if schemas.to_one(collection, name).is_none() {
            return Err(invalid(format!("'{}.{name}' does not lead to one other record.", collection.name)));
        }
        // Agents say 'undefined' here; the rest of the sentence says what to do.
        let columns = query.fields(name).ok_or_else(|| {
            invalid(format!("'{name}:undefined' was not found. Name the columns of '{name}' in fields[{name}]."))
        })?;
        for column in columns {
            paths.push(find_column(&format!("{name}:{column}"), collection, schemas).map_err(invalid)?.0);
        }
    }
    Ok(Some(paths))
}

/// The projection of a request, with the keys of every record on the way.
///
/// # Errors
/// As [`asked_columns`].
pub(crate) fn projection(
    header: Option<&str>,
    query: &QueryString,
    collection: &Collection,
    schemas: &Schemas<'_>,
) -> Result<Option<Projection>> {
    let paths = asked_columns(header, query, collection, schemas)?;
    Ok(paths.map(|paths| with_keys(paths, collection, schemas)))
}

/// The columns that a request asks for, in order: by the header `Forest-Projection` before `fields[…]`.
///
/// # Errors
/// 400, saying which of the two was wrong.
pub(super) fn asked_columns(
    header: Option<&str>,
    query: &QueryString,
    collection: &Collection,
    schemas: &Schemas<'_>,
) -> Result<Option<Vec<FieldPath>>> {
    match header.map(str::trim).filter(|header| !header.is_empty()) {
        Some(header) => header_columns(header, collection, schemas).map(Some),
        None => columns(query, collection, schemas),
    }
}

/// The columns that a `Forest-Projection` header names.
fn header_columns(header: &str, collection: &Collection, schemas: &Schemas<'_>) -> Result<Vec<FieldPath>> {
    let paths = header.split(',').map(str::trim).filter(|path| !path.is_empty()).map(|path| {
        find_column(path, collection, schemas)
            .map(|(path, _)| path)
            .map_err(|reason| Fault::validation(format!("Invalid Forest-Projection header: {reason}")))
    });
    paths.collect()
}

/// A record without its key has no identity on the wire, so keys are always read.
fn with_keys(paths: Vec<FieldPath>, collection: &Collection, schemas: &Schemas<'_>) -> Projection {
    let mut projection = Projection::new(collection.primary_key.iter().map(String::as_str));
    for path in &paths {
        let mut at = collection;
        let mut prefix = String::new();
        for relation in path.relations() {
            let Some((_, target)) = schemas.to_one(at, relation) else { break };
            prefix = format!("{prefix}{relation}:");
            for key in &target.primary_key {
                projection.add(format!("{prefix}{key}").into());
            }
            at = target;
        }
    }
    for path in paths {
        projection.add(path);
    }
    projection
}

/// The order that `sort` asks for.
///
/// # Errors
/// 400 `Invalid sort: …`.
pub(crate) fn sort(text: Option<&str>, collection: &Collection, schemas: &Schemas<'_>) -> Result<Sort> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(Sort::default()) };
    let invalid = || Fault::validation(format!("Invalid sort: {}", shortened(text)));
    let clauses = text.split(',').map(|clause| {
        let clause = clause.trim();
        let (field, ascending) = clause.strip_prefix('-').map_or((clause, true), |field| (field, false));
        // A column may have a dot in its name; only then is the dot no relation.
        let path = if collection.column(field).is_some() { field.to_owned() } else { field.replacen('.', ":", 1) };
        let (field, column) = find_column(&path, collection, schemas).map_err(|_| invalid())?;
        if is_sortable(&column.column_type) { Ok(SortClause { field, ascending }) } else { Err(invalid()) }
    });
    clauses.collect::<Result<_>>().map(Sort)
}

/// Whether values of this type have an order.
pub(crate) const fn is_sortable(column: &ColumnType) -> bool {
    !matches!(column, ColumnType::Json | ColumnType::Binary | ColumnType::List(_))
}

/// The page that `page[size]` and `page[number]` ask for.
///
/// # Errors
/// 400 when one of them is no positive whole number.
pub(crate) fn page(params: Params<'_>) -> Result<Page> {
    let size = params.get("page[size]");
    let number = params.get("page[number]");
    let (size, number) = (size.as_deref().unwrap_or("15"), number.as_deref().unwrap_or("1"));
    let positive = |text: &str| text.trim().parse::<u64>().ok().filter(|&count| count > 0);
    let (Some(limit), Some(number)) = (positive(size), positive(number)) else {
        return Err(Fault::validation(format!(
            "Invalid pagination [limit: {}, skip: {}]",
            shortened(size),
            shortened(number)
        )));
    };
    // Databases count in signed 64 bits.
    let limit = limit.min(i64::MAX.unsigned_abs());
    let skip = (number - 1).saturating_mul(limit).min(i64::MAX.unsigned_abs());
    Ok(Page { skip, limit })
}

/// What a request narrows a collection to.
///
/// # Errors
/// 400 for filters and segments that make no sense, 403 or 422 for a segment in SQL.
pub(crate) fn request_filter(
    params: Params<'_>,
    caller: &Caller,
    collection: &Collection,
    segments: &[Segment],
    schemas: &Schemas<'_>,
) -> Result<RequestFilter> {
    refuse_sql(params, caller)?;
    let condition = match params.get("filters") {
        Some(filters) => condition(&filters, collection, schemas)?,
        None => None,
    };
    let search = params.get("search").filter(|text| !text.trim().is_empty()).map(|text| Search {
        text: text.into_owned(),
        extended: params.get("searchExtended").is_some_and(|extended| !matches!(extended.as_ref(), "" | "0" | "false")),
    });
    let segment = params.get("segment").filter(|name| !name.is_empty()).map(std::borrow::Cow::into_owned);
    if let Some(name) = &segment
        && !segments.iter().any(|segment| segment.name == *name)
    {
        return Err(Fault::validation(format!("Invalid segment: \"{}\"", shortened(name))));
    }
    Ok(RequestFilter { condition, search, segment })
}

/// Segments written in SQL are refused wherever they can be smuggled in: no connection
/// of ours takes SQL from a client.
fn refuse_sql(params: Params<'_>, caller: &Caller) -> Result<()> {
    let given = |key| params.get(key).is_some_and(|text| !text.trim().is_empty());
    if !given("segmentQuery") {
        return Ok(());
    }
    let may_write_sql = matches!(caller.permission_level.as_deref(), Some("admin" | "developer" | "editor"));
    if !may_write_sql {
        return Err(Fault::forbidden("Forbidden"));
    }
    if !given("connectionName") {
        return Err(Fault::unprocessable("Missing native query connection attribute"));
    }
    Err(Fault::unprocessable("Segments in SQL are not supported: this server has no native query connection."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{orders, schemas};
    use levers_model::{Condition, Door};

    fn query(text: &str) -> QueryString {
        QueryString::parse(text)
    }

    fn projected(header: Option<&str>, text: &str) -> Result<Vec<String>> {
        let projection = projection(header, &query(text), &orders(), &schemas())?;
        Ok(projection.unwrap_or_default().0.iter().map(ToString::to_string).collect())
    }

    fn detail<T: std::fmt::Debug>(result: Result<T>) -> String {
        match result {
            Err(Fault::Api { status, detail, .. }) => format!("{status} {detail}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn projections_hold_the_keys_and_relations() {
        assert_eq!(projected(None, ""), Ok(vec![]));
        assert_eq!(
            projected(None, "fields[orders]=note,client&fields[client]=name"),
            Ok(["id", "client:id", "note", "client:name"].map(str::to_owned).to_vec())
        );
        assert_eq!(
            projected(Some("note, client:name"), "fields[orders]=nope"),
            Ok(["id", "client:id", "note", "client:name"].map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let order = |text| sort(Some(text), &orders(), &schemas());
        let pages = |text| page(Params::of_query(&query(text)));
        insta::assert_json_snapshot!([
            detail(projected(None, "fields[orders]=nope")),
            detail(projected(None, "fields[orders]=client")),
            detail(projected(None, "fields[orders]=lines&fields[lines]=id")),
            detail(projected(Some("nope"), "")),
            detail(order("nope")),
            detail(order("data")),
            detail(order("lines.id")),
            detail(pages("page[size]=0")),
            detail(pages("page[size]=-1")),
            detail(pages("page[number]=x")),
            detail(pages("page[size]=99999999999999999999")),
        ]);
    }

    #[test]
    fn sorts_take_a_dot_or_a_colon() {
        let order = |text| sort(Some(text), &orders(), &schemas()).unwrap().0;
        assert_eq!(order("-client.name,id"), order("-client:name,id"));
        assert_eq!(order("-client.name,id").len(), 2);
        assert!(!order("-id")[0].ascending);
    }

    #[test]
    fn pages_default_and_never_overflow() {
        let read = |text| page(Params::of_query(&query(text))).unwrap();
        assert_eq!(read(""), Page { skip: 0, limit: 15 });
        assert_eq!(read("page[size]=5&page[number]=3"), Page { skip: 10, limit: 5 });
        assert_eq!(read("page[number]=9223372036854775807").skip, i64::MAX.unsigned_abs());
    }

    #[test]
    fn segments_are_known_and_never_sql() {
        let segments = [Segment { name: "Live".into(), condition: Condition::always() }];
        let read = |text: &str, level: &str| {
            let mut caller = Caller::new("a@b.c", Door::Forest);
            caller.permission_level = Some(level.into());
            request_filter(Params::of_query(&query(text)), &caller, &orders(), &segments, &schemas())
        };
        assert_eq!(read("segment=Live", "user").unwrap().segment.as_deref(), Some("Live"));
        insta::assert_json_snapshot!([
            detail(read("segment=Nope", "user")),
            detail(read("segmentQuery=select+1", "user")),
            detail(read("segmentQuery=select+1", "admin")),
            detail(read("segmentQuery=select+1&connectionName=main", "admin")),
        ]);
    }

    #[test]
    fn extended_search_is_on_unless_it_says_no() {
        let search = |text: &str| {
            let caller = Caller::new("a@b.c", Door::Forest);
            request_filter(Params::of_query(&query(text)), &caller, &orders(), &[], &schemas()).unwrap().search
        };
        assert_eq!(search("search=+"), None);
        for (text, extended) in [("0", false), ("false", false), ("", false), ("1", true), ("true", true)] {
            let found = search(&format!("search=a&searchExtended={text}")).unwrap();
            assert_eq!(found.extended, extended, "{text}");
        }
        assert!(!search("search=a").unwrap().extended);
    }
}
