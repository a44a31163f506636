//! Records on the wire, written straight from what the database gave.
//!
//! The shape of all records of one answer is the same, so it is worked out once
//! and each record is then a walk over its values: no map is built per record.

use levers_engine::Titled;
use levers_model::{Collection, FieldPath, Value};
use serde::ser::{SerializeMap as _, SerializeSeq as _, SerializeStruct as _};
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Where the values of a record stand in its JSON.
enum Node<'a> {
    Column(&'a str, usize),
    Relation(&'a str, Vec<Node<'a>>),
}

fn shape(columns: &[FieldPath]) -> Vec<Node<'_>> {
    let mut root = Vec::new();
    for (index, path) in columns.iter().enumerate() {
        let mut here = &mut root;
        for relation in path.relations() {
            here = branch(here, relation);
        }
        here.push(Node::Column(path.column(), index));
    }
    root
}

/// The nodes under a relation, made where they are missing.
fn branch<'n, 'a>(nodes: &'n mut Vec<Node<'a>>, relation: &'a str) -> &'n mut Vec<Node<'a>> {
    let known = nodes.iter().position(|node| matches!(node, Node::Relation(name, _) if *name == relation));
    let index = known.unwrap_or_else(|| {
        nodes.push(Node::Relation(relation, Vec::new()));
        nodes.len() - 1
    });
    match &mut nodes[index] {
        Node::Relation(_, children) => children,
        Node::Column(..) => unreachable!("the index is a relation's"),
    }
}

/// Values in a shape. A relation whose values are all null is null: there is no record.
struct Shaped<'a>(&'a [Node<'a>], &'a [Value]);

impl Shaped<'_> {
    fn is_absent(&self) -> bool {
        self.0.iter().all(|node| match node {
            Node::Column(_, index) => self.1[*index].is_null(),
            Node::Relation(_, children) => Shaped(children, self.1).is_absent(),
        })
    }
}

impl Serialize for Shaped<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for node in self.0 {
            match node {
                Node::Column(name, index) => map.serialize_entry(name, &self.1[*index])?,
                Node::Relation(name, children) => {
                    let related = Shaped(children, self.1);
                    map.serialize_entry(name, &(!related.is_absent()).then_some(related))?;
                }
            }
        }
        map.end()
    }
}

struct Row<'a> {
    shape: &'a [Node<'a>],
    collection: &'a Collection,
    titled: &'a Titled,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Titled { record, title } = self.titled;
        let mut row = serializer.serialize_struct("Record", 2 + usize::from(title.is_some()))?;
        row.serialize_field("id", &record.id(self.collection).ok())?;
        match title {
            Some(title) => row.serialize_field("title", title)?,
            None => row.skip_field("title")?,
        }
        row.serialize_field("values", &Shaped(self.shape, record.values()))?;
        row.end()
    }
}

/// One record.
pub(crate) struct RecordView<'a> {
    pub(crate) collection: &'a Collection,
    pub(crate) titled: &'a Titled,
}

impl Serialize for RecordView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shape = shape(self.titled.record.columns());
        Row { shape: &shape, collection: self.collection, titled: self.titled }.serialize(serializer)
    }
}

/// A page of records.
pub(crate) struct RecordPage<'a> {
    pub(crate) collection: &'a Collection,
    pub(crate) records: &'a [Titled],
}

impl Serialize for RecordPage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut page = serializer.serialize_struct("RecordPage", 1)?;
        page.serialize_field("records", &Rows(self))?;
        page.end()
    }
}

struct Rows<'a>(&'a RecordPage<'a>);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RecordPage { collection, records } = self.0;
        let mut rows = serializer.serialize_seq(Some(records.len()))?;
        let Some(first) = records.first() else { return rows.end() };
        let shape = shape(first.record.columns());
        for titled in *records {
            rows.serialize_element(&Row { shape: &shape, collection, titled })?;
        }
        rows.end()
    }
}

fn object() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::Object))
}

impl PartialSchema for RecordView<'_> {
    fn schema() -> RefOr<Schema> {
        let id = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("The key's values joined by `|`; null when the collection has no key."));
        let title = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .description(Some("What the record is called, where the collection has a title for its records."));
        let values = object()
            .description(Some("Values by column; of to-one relations an object, or null when there is no record."))
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(true)));
        object()
            .description(Some("A record."))
            .property("id", id)
            .property("title", title)
            .property("values", values)
            .required("id")
            .required("values")
            .examples([
                serde_json::json!({ "id": "1", "values": { "id": 1, "name": "Acme", "country": { "code": "FR" } } }),
            ])
            .into()
    }
}

impl ToSchema for RecordView<'_> {
    fn name() -> std::borrow::Cow<'static, str> {
        "Record".into()
    }
}

impl PartialSchema for RecordPage<'_> {
    fn schema() -> RefOr<Schema> {
        let records = ArrayBuilder::new().items(Ref::from_schema_name("Record"));
        object().description(Some("A page of records.")).property("records", records).required("records").into()
    }
}

impl ToSchema for RecordPage<'_> {
    fn name() -> std::borrow::Cow<'static, str> {
        "RecordPage".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((RecordView::name().into_owned(), RecordView::schema()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use indexmap::IndexMap;
    use levers_model::schema::FieldSchema;
    use levers_model::{Column, ColumnType, Record};

    use super::*;

    #[test]
    fn related_values_nest_and_an_absent_record_is_null() {
        let fields = IndexMap::from([("id".to_owned(), FieldSchema::Column(Column::new(ColumnType::Integer)))]);
        let collection = Collection { name: "a".into(), fields, primary_key: vec!["id".into()], read_only: false };
        let columns: Arc<[FieldPath]> =
            ["id", "company:name", "company:country:code", "owner:id"].map(FieldPath::from).to_vec().into();
        let text = |text: &str| Value::Text(text.into());
        let records = [
            Record::new(columns.clone(), vec![Value::Int(1), text("Acme"), text("FR"), Value::Null]),
            Record::new(columns, vec![Value::Int(2), text("Blank"), Value::Null, Value::Int(7)]),
        ];
        let titles = [Some("The acme".to_owned()), None];
        let records: Vec<Titled> =
            records.into_iter().zip(titles).map(|(record, title)| Titled { record, title }).collect();
        let page = RecordPage { collection: &collection, records: &records };
        insta::assert_json_snapshot!(page);
    }
}
