//! `levers actions`: what can be run, and on how many records.

use levers_server::App;
use serde_json::{Value as Json, json};

use crate::args::{ActionsArgs, GlobalArgs};
use crate::exit::Failure;
use crate::output::say;
use crate::setup::{self, Purpose};
use crate::table;

pub(crate) async fn actions(args: ActionsArgs, global: &GlobalArgs, app: App) -> Result<(), Failure> {
    let mut target = args.target;
    let mut only = args.collection;
    // `levers actions sqlite:shop.db` is what people type first.
    if only.as_deref().is_some_and(|text| text.contains(':')) && target.database.is_none() && target.server.is_none() {
        target.database = only.take();
    }
    let api = setup::api(&target, global, app, Purpose::Describe).await?;
    let collections: Vec<Json> = match &only {
        Some(name) => vec![api.get_json(&format!("/api/v1/collections/{}", setup::segment(name))).await?],
        None => match api.get_json("/api/v1/collections").await?["collections"].take() {
            Json::Array(collections) => collections,
            _ => Vec::new(),
        },
    };
    if global.json {
        let of = |collection: &Json| json!({ "name": collection["name"], "actions": collection["actions"] });
        say(format_args!("{:#}", json!({ "collections": collections.iter().map(of).collect::<Vec<_>>() })))?;
        return Ok(());
    }
    table::print(&["Collection", "Action", "Id", "Scope", "Description"], collections.iter().flat_map(rows))?;
    say(format_args!("Run one: {} run COLLECTION ACTION --id ID --set FIELD=VALUE", crate::program()))?;
    Ok(())
}

/// Declared actions a line each, built-in ones together in one.
fn rows(collection: &Json) -> Vec<Vec<String>> {
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    let actions = || collection["actions"].as_array().into_iter().flatten();
    let is_built_in = |action: &Json| action["built_in"] == true;
    let mut rows: Vec<Vec<String>> = actions()
        .filter(|action| !is_built_in(action))
        .map(|action| {
            let also = [("file", action["generates_file"] == true), ("background", action["mode"] == "background")];
            let also: Vec<&str> = also.iter().filter(|(_, is)| *is).map(|(word, _)| *word).collect();
            let also = if also.is_empty() { String::new() } else { format!(" ({})", also.join(", ")) };
            vec![
                text(&collection["name"]),
                text(&action["name"]),
                text(&action["id"]),
                format!("{}{also}", text(&action["scope"])),
                text(&action["description"]),
            ]
        })
        .collect();
    let built_in: Vec<String> =
        actions().filter(|action| is_built_in(action)).map(|action| text(&action["name"])).collect();
    if !built_in.is_empty() {
        let name = text(&collection["name"]);
        rows.push(vec![name, built_in.join(", "), String::new(), "built-in".into(), String::new()]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_actions_have_a_line_each_and_built_ins_share_one() {
        let collection = json!({ "name": "companies", "actions": [
            { "id": "mark-as-live", "name": "Mark as Live", "scope": "single", "generates_file": false, "built_in": false },
            { "id": "invoice", "name": "Invoice", "scope": "bulk", "generates_file": true, "mode": "background", "built_in": false, "description": "As PDF" },
            { "id": "create", "name": "Create", "scope": "global", "generates_file": false, "built_in": true },
            { "id": "update", "name": "Update", "scope": "bulk", "generates_file": false, "built_in": true },
        ]});
        insta::assert_debug_snapshot!(rows(&collection));
    }
}
