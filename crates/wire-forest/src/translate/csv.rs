//! CSV requests (specification, section 3.5).

use levers_model::{Collection, FieldPath, Sort};

use super::query_string::QueryString;
use super::reading::asked_columns;
use super::schemas::Schemas;
use crate::error::Result;

/// The columns of a file in the order in which they were asked for; `None` when nobody said.
///
/// # Errors
/// 400 for columns that do not exist.
pub(crate) fn csv_columns(
    header: Option<&str>,
    query: &QueryString,
    collection: &Collection,
    schemas: &Schemas<'_>,
) -> Result<Option<Vec<FieldPath>>> {
    asked_columns(header, query, collection, schemas)
}

/// The columns' titles: a comma list, or a JSON array, as agent-client sends it.
pub(crate) fn csv_titles(header: Option<&str>) -> Vec<String> {
    let Some(header) = header.filter(|header| !header.is_empty()) else { return Vec::new() };
    serde_json::from_str(header).unwrap_or_else(|_| header.split(',').map(str::to_owned).collect())
}

/// An order in the built-in Export's words.
pub(crate) fn sort_texts(sort: &Sort) -> Vec<String> {
    let text =
        |clause: &levers_model::SortClause| format!("{}{}", if clause.ascending { "" } else { "-" }, clause.field);
    sort.0.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{orders, schemas};

    #[test]
    fn titles_are_a_list_or_an_array() {
        assert_eq!(csv_titles(Some("Id,Name")), ["Id", "Name"]);
        assert_eq!(csv_titles(Some(r#"["Id","A, b"]"#)), ["Id", "A, b"]);
        assert_eq!(csv_titles(None), Vec::<String>::new());
    }

    #[test]
    fn columns_keep_their_order_and_get_no_key() {
        let query = QueryString::parse("fields[orders]=note,client,id&fields[client]=name");
        let columns = csv_columns(None, &query, &orders(), &schemas()).unwrap().unwrap();
        assert_eq!(columns.iter().map(FieldPath::as_str).collect::<Vec<_>>(), ["note", "client:name", "id"]);
    }
}
