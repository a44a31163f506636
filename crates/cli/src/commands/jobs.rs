//! `levers jobs`: what was run, by whom, and what came of it.

use std::fmt::Write as _;

use levers_server::App;
use serde_json::{Value as Json, json};

use crate::args::{GlobalArgs, JobsArgs};
use crate::exit::Failure;
use crate::output::say;
use crate::setup::{self, Purpose};
use crate::table;

pub(crate) async fn jobs(args: JobsArgs, global: &GlobalArgs, app: App) -> Result<(), Failure> {
    let api = setup::api(&args.target, global, app, Purpose::Run).await?;
    if let Some(id) = &args.job {
        let path = format!("/api/v1/jobs/{}", setup::segment(id));
        let (job, events) = (api.get_json(&path).await?, api.get_json(&format!("{path}/events")).await?);
        if global.json {
            return say(format_args!("{:#}", json!({ "job": job, "events": events["events"] })));
        }
        return say(one(&job, &events));
    }
    let list = api.get_json(&format!("/api/v1/jobs?{}", query(&args))).await?;
    if global.json {
        return say(format_args!("{list:#}"));
    }
    let jobs = list["jobs"].as_array().map_or(&[][..], Vec::as_slice);
    if jobs.is_empty() {
        return say("There are no such jobs.");
    }
    table::print(&["Begun", "Job", "Collection", "Action", "State", "Caller", "Changed"], jobs.iter().map(row))
}

fn query(args: &JobsArgs) -> String {
    let mut query = format!("page_size={}", args.limit);
    for (name, value) in [("collection", &args.collection), ("action", &args.action), ("state", &args.state)] {
        if let Some(value) = value {
            let _ = write!(query, "&{name}={}", setup::segment(value));
        }
    }
    query
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

/// Up to the second, as the server says it: in UTC.
fn moment(json: &Json) -> String {
    text(json).chars().take(19).collect::<String>().replace('T', " ")
}

fn row(job: &Json) -> Vec<String> {
    vec![
        moment(&job["created_at"]),
        text(&job["id"]),
        text(&job["collection"]),
        text(&job["action_name"]),
        text(&job["state"]),
        text(&job["caller"]),
        changed(job).join(", "),
    ]
}

fn changed(job: &Json) -> Vec<String> {
    let counts = job["changed"].as_array().into_iter().flatten();
    counts.map(|count| format!("{} {}", count["count"], text(&count["kind"]).replace('_', " "))).collect()
}

/// A job as people read it: what, who, what came of it, what changed, and the events.
fn one(job: &Json, events: &Json) -> String {
    let mut lines = vec![
        format!("{} on {}, {}", text(&job["action_name"]), text(&job["collection"]), text(&job["state"])),
        format!("  by        {} ({})", text(&job["caller"]), text(&job["door"])),
        format!("  selection {}", job["selection"]),
    ];
    let values = job["values"].as_object().filter(|values| !values.is_empty());
    lines.extend(values.map(|_| format!("  values    {}", job["values"])));
    let said = job["failure"]["message"].as_str().or_else(|| job["outcome"]["message"].as_str());
    lines.extend(said.map(|said| format!("  said      {said}")));
    for change in job["changes"].as_array().into_iter().flatten() {
        let (kind, id) = (text(&change["kind"]), text(&change["id"]));
        lines.push(format!(
            "  {kind:<9} {} {id}: {} → {}",
            text(&change["collection"]),
            change["before"],
            change["after"]
        ));
    }
    if job["changes_truncated"] == true {
        lines.push(format!("  changed   {}, not kept one by one", changed(job).join(", ")));
    }
    for event in events["events"].as_array().into_iter().flatten() {
        lines.push(format!("  {} {} {}", moment(&event["at"]), text(&event["kind"]), event["data"]));
    }
    lines.join("\n")
}
