//! How records are called.

use std::sync::Arc;

use levers_engine::{ListQuery, Permission, Policy};
use levers_model::{Caller, Projection, Record, Value};
use levers_ports::{CollectionDeclaration, RecordTitle};

use crate::world::World;

fn named() -> CollectionDeclaration {
    let text = |record: &Record, path: &str| record.get(path).map_or_else(|| "–".to_owned(), Value::to_text);
    let title = RecordTitle {
        template: "{name} of {company:name}".into(),
        fields: vec!["name".into(), "company:name".into()],
        render: Arc::new(move |record| format!("{} of {}", text(record, "name"), text(record, "company:name"))),
    };
    CollectionDeclaration {
        title: Some(title),
        label: Some("Our customers".into()),
        ..CollectionDeclaration::default()
    }
}

fn only(fields: &[&str]) -> ListQuery {
    ListQuery { projection: Some(Projection::new(fields.iter().copied())), ..ListQuery::default() }
}

#[tokio::test]
async fn a_title_is_made_of_what_nobody_asked_for() {
    let world = World::with(|builder| builder.customize("customers", named())).await;
    let cx = world.cx();
    let entry = world.engine.collection(&cx, "customers").unwrap();
    assert_eq!(
        (entry.label(), entry.title().unwrap().template.as_str()),
        (Some("Our customers"), "{name} of {company:name}")
    );
    for (query, columns) in
        [(only(&["company_id"]), vec!["company_id", "id"]), (only(&["company:name"]), vec!["company:name", "id"])]
    {
        let titled = world.engine.list_titled(&cx, "customers", query).await.unwrap();
        assert_eq!(titled[0].title.as_deref(), Some("Xi of Ada"));
        assert_eq!(titled[0].record.columns().iter().map(levers_model::FieldPath::as_str).collect::<Vec<_>>(), columns);
        assert_eq!(titled[0].record.values().len(), 2);
    }
    let id = world.id("customers", "3");
    let titled = world.engine.get_titled(&cx, "customers", &id, Some(Projection::new(["id"]))).await.unwrap();
    assert_eq!((titled.title.as_deref(), titled.record.columns().len()), (Some("Zoe of Bit"), 1));
    let untitled = world.engine.list_titled(&cx, "companies", only(&["name"])).await.unwrap();
    assert!(untitled.iter().all(|titled| titled.title.is_none()));
}

struct NoCompanies;

impl Policy for NoCompanies {
    fn allows(&self, _caller: &Caller, permission: Permission<'_>) -> bool {
        permission != (Permission::Read { collection: "companies" })
    }
}

#[tokio::test]
async fn a_title_does_not_tell_what_its_reader_may_not_read() {
    let world = World::with(|builder| builder.customize("customers", named()).policy(Arc::new(NoCompanies))).await;
    let titled = world.engine.list_titled(&world.cx(), "customers", only(&["id"])).await.unwrap();
    assert_eq!(titled[0].title.as_deref(), Some("Xi of –"));
}
