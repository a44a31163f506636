//! A compiled selection holds for the selected records and no others.

use std::sync::Arc;
use std::sync::Mutex;

use levers_model::query::field;
use levers_model::{Condition, Outcome, RequestFilter, Scope, Search, Selection, Targets};
use levers_ports::{CollectionDeclaration, Query, Segment};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::world::{World, action};

/// A world with an action `See` on companies, seats and tags that notes which records it was about.
async fn observed() -> (World, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let world = World::with(|mut builder| {
        for collection in ["companies", "seats", "tags"] {
            let noted = seen.clone();
            let see = action("See", Scope::Bulk, move |cx| {
                let noted = noted.clone();
                async move {
                    let query = Query { condition: cx.condition.clone(), ..Query::default() };
                    let records = cx.records.list(&cx.collection.name, query).await?;
                    let ids = records.iter().map(|record| record.id(&cx.collection).map(|id| id.to_string()));
                    *noted.lock().unwrap() = ids.collect::<Result<_, _>>()?;
                    Ok(Outcome::done().into())
                }
            });
            let segments = if collection == "companies" {
                vec![Segment { name: "Live".into(), condition: field("status").eq("live") }]
            } else {
                Vec::new()
            };
            builder = builder.customize(
                collection,
                CollectionDeclaration { segments, actions: vec![see], ..CollectionDeclaration::default() },
            );
        }
        builder
    })
    .await;
    (world, seen)
}

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a way to narrow a selection, on or off")]
struct Case {
    composite: bool,
    picked: Vec<usize>,
    except: bool,
    condition: bool,
    search: bool,
    segment: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (flags, proptest::collection::vec(0_usize..6, 0..6)).prop_map(
        |((composite, except, condition, search, segment), picked)| Case {
            composite,
            picked,
            except,
            condition,
            search,
            segment,
        },
    )
}

/// All ids, and whether each passes the condition, the search and the segment.
const COMPANIES: [(&str, bool, bool, bool); 4] =
    [("1", true, true, true), ("2", true, false, false), ("3", false, false, true), ("4", false, false, false)];
const SEATS: [(&str, bool, bool, bool); 4] =
    [("1|1", true, true, true), ("1|2", true, false, true), ("2|1", false, false, true), ("2|2", false, false, true)];

fn expected(case: &Case, ids: &[&str]) -> Vec<String> {
    let table = if case.composite { SEATS } else { COMPANIES };
    let passes = |(id, condition, search, segment): &(&str, bool, bool, bool)| {
        (ids.contains(id) != case.except)
            && (!case.condition || *condition)
            && (!case.search || *search)
            && (!case.segment || case.composite || *segment)
    };
    table.iter().filter(|row| passes(row)).map(|row| row.0.to_owned()).collect()
}

#[test]
fn selections_hold_for_what_was_picked_and_nothing_else() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (world, seen) = runtime.block_on(observed());
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let ids = |case: &Case| -> Vec<&'static str> {
        let all =
            if case.composite { ["1|1", "1|2", "2|1", "2|2", "9|9", "1|9"] } else { ["1", "2", "3", "4", "98", "99"] };
        case.picked.iter().map(|index| all[*index]).collect()
    };
    runner
        .run(&cases(), |case| {
            let ids = ids(&case);
            let collection = if case.composite { "seats" } else { "companies" };
            let picked = ids.iter().map(|id| world.id(collection, id)).collect();
            let (column, bound, text) = if case.composite { ("line", 2, "a") } else { ("id", 3, "ada") };
            let selection = Selection {
                filter: RequestFilter {
                    condition: case.condition.then(|| field(column).lt(bound)),
                    search: case.search.then(|| Search { text: text.into(), extended: false }),
                    segment: (case.segment && !case.composite).then(|| "Live".into()),
                },
                targets: if case.except { Targets::AllExcept(picked) } else { Targets::Ids(picked) },
                parent: None,
            };
            runtime.block_on(world.run(collection, "See", selection, json!({})));
            let mut seen = seen.lock().unwrap().clone();
            seen.sort();
            prop_assert_eq!(seen, expected(&case, &ids));
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn a_parent_narrows_a_selection_to_its_related_data() {
    let (world, seen) = observed().await;
    for (parent, targets, expected) in [
        ("1", Targets::AllExcept(Vec::new()), vec!["1", "2"]),
        ("1", Targets::AllExcept(vec![world.id("tags", "1")]), vec!["2"]),
        ("2", Targets::Ids(vec![world.id("tags", "1"), world.id("tags", "2")]), vec!["2"]),
        ("99", Targets::AllExcept(Vec::new()), vec![]),
    ] {
        let selection = crate::world::under(world.parent("companies", parent, "tags"), targets);
        world.run("tags", "See", selection, json!({})).await;
        let mut ids = seen.lock().unwrap().clone();
        ids.sort();
        assert_eq!(ids, expected);
    }
}

#[tokio::test]
async fn related_data_is_found_through_every_kind_of_relation() {
    let world = World::new().await;
    let mut found = Vec::new();
    for (owner, id, target) in [
        ("companies", "1", "customers"),
        ("companies", "1", "tags"),
        ("customers", "1", "companies"),
        ("customers", "4", "companies"),
        ("customers", "1", "badges"),
        ("customers", "2", "badges"),
        ("customers", "99", "badges"),
    ] {
        let ids = world.listed(target, RequestFilter::default(), Some(world.parent(owner, id, target))).await;
        let count = world
            .engine
            .count(&world.cx(), target, RequestFilter::default(), Some(world.parent(owner, id, target)))
            .await;
        assert_eq!(count.unwrap(), ids.len() as u64);
        found.push(format!("{target} of {owner} {id}: {}", ids.join(" ")));
    }
    insta::assert_debug_snapshot!(found);
}

#[tokio::test]
async fn a_tree_that_is_too_deep_is_refused() {
    let world = World::new().await;
    let deep = (0..40).fold(field("id").eq(1_i64), |tree, _| Condition::And(vec![tree]));
    let query = levers_engine::ListQuery { filter: crate::world::filtered(deep), ..Default::default() };
    let error = world.engine.list(&world.cx(), "companies", query).await.unwrap_err();
    insta::assert_snapshot!(error, @"The condition is nested more than 32 levels deep. Flatten it.");
}

#[tokio::test]
async fn keys_that_share_a_part_are_picked_by_the_thousands_and_others_within_a_bound() {
    let (world, seen) = observed().await;
    let ids = |id: fn(u32) -> String| (1..=20_000).map(|n| world.id("seats", &id(n))).collect();
    let alike = Selection::ids(ids(|n| format!("{n}|1")));
    world.run("seats", "See", alike, json!({})).await;
    assert_eq!(*seen.lock().unwrap(), ["1|1", "2|1"]);
    let strangers = Selection::ids(ids(|n| format!("{n}|{n}")));
    let error = world.submit("seats", "See", strangers, json!({})).await.unwrap_err();
    insta::assert_snapshot!(error, @"At most 2000 records of “seats” can be picked by their ids when these have no part in common; there were 20000. Select fewer, or all that match a filter.");
}

#[tokio::test]
async fn a_path_that_is_too_long_is_refused() {
    let world = World::new().await;
    let path = "company:customers:".repeat(5000) + "name";
    let query = levers_engine::ListQuery { filter: crate::world::filtered(field(path).eq("x")), ..Default::default() };
    let error = world.engine.list(&world.cx(), "customers", query).await.unwrap_err();
    insta::assert_snapshot!(error, @"A path leads through at most 8 relations.");
}
