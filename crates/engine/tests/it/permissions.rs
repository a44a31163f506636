//! Every verb asks the policy first.

use std::collections::BTreeSet;
use std::sync::Arc;

use levers_engine::{FormRequest, JobQuery, ListQuery, Permission, Policy};
use levers_model::{Aggregation, BuiltIn, Caller, ErrorKind, JobId, Page, RequestFilter, Result, Selection};
use serde_json::json;

use crate::world::{World, submission};

struct Nobody;

impl Policy for Nobody {
    fn allows(&self, _caller: &Caller, _permission: Permission<'_>) -> bool {
        false
    }
}

/// Verbs that answer with what the caller may see, instead of refusing.
const FILTERING: [&str; 1] = ["describe"];

#[tokio::test]
async fn every_verb_is_forbidden_to_whom_nothing_is_allowed() {
    let world = World::with(|builder| builder.policy(Arc::new(Nobody))).await;
    let (engine, cx) = (&world.engine, world.engine.context(crate::world::caller()));
    let id = levers_model::RecordId(vec![1_i64.into()]);
    let (filter, page) = (RequestFilter::default(), Page { skip: 0, limit: 1 });
    let job: JobId = "job_00000000000000000000000000000001".parse().unwrap();
    let form = FormRequest {
        collection: "companies".into(),
        action: BuiltIn::Create.id(),
        selection: Selection::none(),
        values: None,
        changed: None,
        search: None,
    };
    let create = submission("companies", BuiltIn::Create, Selection::none(), json!({ "name": "x" }));
    let answers: Vec<(&str, Result<()>)> = vec![
        ("collection", engine.collection(&cx, "companies").map(drop)),
        ("list", engine.list(&cx, "companies", ListQuery::default()).await.map(drop)),
        ("stream", engine.stream(&cx, "companies", ListQuery::default()).await.map(drop)),
        ("list_titled", engine.list_titled(&cx, "companies", ListQuery::default()).await.map(drop)),
        ("get_titled", engine.get_titled(&cx, "companies", &id, None).await.map(drop)),
        ("count", engine.count(&cx, "companies", filter.clone(), None).await.map(drop)),
        ("aggregate", engine.aggregate(&cx, "companies", filter, Aggregation::count(), None).await.map(drop)),
        ("get", engine.get(&cx, "companies", &id, None).await.map(drop)),
        ("form", engine.form(&cx, form).await.map(drop)),
        ("submit", engine.submit(&cx, create).await.map(drop)),
        ("wait", engine.wait(&cx, job).await.map(drop)),
        ("job", engine.job(&cx, job).await.map(drop)),
        ("jobs", engine.jobs(&cx, JobQuery::default(), page).await.map(drop)),
        ("file", engine.file(&cx, job).await.map(drop)),
        ("events", engine.events(&cx, job).await.map(drop)),
    ];
    for (verb, answer) in &answers {
        assert_eq!(answer.as_ref().unwrap_err().kind(), ErrorKind::Forbidden, "{verb}");
    }
    assert!(engine.describe(&cx).is_empty());
    let tested: BTreeSet<&str> = answers.iter().map(|(verb, _)| *verb).chain(FILTERING).collect();
    let verbs = verbs();
    let verbs: BTreeSet<&str> = verbs.iter().map(String::as_str).collect();
    assert_eq!(tested, verbs, "every verb stands in this table");
}

/// The names of all public methods that take a context, read from the source.
fn verbs() -> BTreeSet<String> {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut verbs = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for start in ["pub async fn ", "pub fn "] {
                for rest in text.split(start).skip(1) {
                    let Some((name, arguments)) = rest.split_once('(') else { continue };
                    if arguments.trim_start().starts_with("&self, cx: &OpContext") {
                        verbs.insert(name.to_owned());
                    }
                }
            }
        }
    }
    verbs
}

/// May read everything but companies.
struct NoCompanies;

impl Policy for NoCompanies {
    fn allows(&self, _caller: &Caller, permission: Permission<'_>) -> bool {
        permission != (Permission::Read { collection: "companies" })
    }
}

#[tokio::test]
async fn relations_do_not_lead_around_a_permission() {
    let world = World::with(|builder| builder.policy(Arc::new(NoCompanies))).await;
    let cx = world.cx();
    let relation = world.schema("customers").relations().find(|(_, r)| r.target == "companies").unwrap().0.to_owned();
    let path = format!("{relation}:name");
    let projected =
        ListQuery { projection: Some(levers_model::Projection::new([path.as_str()])), ..ListQuery::default() };
    let filtered = ListQuery {
        filter: crate::world::filtered(levers_model::query::field(path.as_str()).eq("Ada")),
        ..ListQuery::default()
    };
    let related = ListQuery { parent: Some(world.parent("companies", "1", "customers")), ..ListQuery::default() };
    for query in [projected, filtered, related] {
        let error = world.engine.list(&cx, "customers", query).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden);
    }
    let records = world.engine.list(&cx, "customers", ListQuery::default()).await.unwrap();
    assert!(records[0].get(&path).is_none() && records[0].get("name").is_some());
    let export =
        world.submit("customers", BuiltIn::Export, Selection::none(), json!({ "fields": [path] })).await.unwrap();
    assert_eq!(export.reply.unwrap_err().kind(), ErrorKind::Forbidden);
}
