//! `levers run`: runs an action and prints what came of it.
//!
//! `confirm` asks what the action wants to have agreed to, `follow` waits for actions
//! that run in the background.

mod confirm;
mod follow;

use std::fs::File;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use levers_model::{ActionId, FileValue};
use levers_server::App;
use serde_json::{Map, Value as Json, json};

use crate::api::{Api, ApiAnswer, ApiRequest};
use crate::args::{GlobalArgs, RunArgs};
use crate::exit::Failure;
use crate::output::say;
use crate::setup::{self, Purpose};
use follow::Ended;

pub(crate) async fn run(args: RunArgs, global: &GlobalArgs, app: App) -> Result<(), Failure> {
    let selection = selection(&args)?;
    let texts = args.set.iter().map(|text| pair(text, "--set", "FIELD=VALUE")).collect::<Result<Vec<_>, _>>()?;
    let mut values = files(&args)?;
    if args.no_wait && args.target.server.is_none() {
        return Err(Failure::usage(
            "--no-wait needs --server: without one the action runs in this process, and would end with it.",
        ));
    }
    let api = setup::api(&args.target, global, app, Purpose::Run).await?;
    let action = ActionId::from_name(&args.action);
    let path =
        format!("/api/v1/collections/{}/actions/{}", setup::segment(&args.collection), setup::segment(action.as_str()));
    let timezone = format!("timezone={}", setup::segment(&args.target.timezone));
    let form = Form { api: &api, path: format!("{path}/form?{timezone}"), selection: &selection };
    if !texts.is_empty() {
        form.type_texts(&texts, &mut values).await?;
    }
    if !args.yes {
        confirm::ask(&form.with(&values).await?)?;
    }
    let body = json!({ "selection": selection, "values": values });
    let mut request = ApiRequest::post(format!("{path}?{timezone}"), body);
    request.headers.extend(args.idempotency_key.iter().map(|key| ("idempotency-key", key.clone())));
    let answer = api.send(request).await?;
    if !answer.is_json() {
        return save(answer, &args, global.json).await;
    }
    let answer = answer.json().await?;
    if args.no_wait || !follow::has_begun(&answer) {
        return report(&answer, global.json);
    }
    match follow::to_the_end(&api, &answer).await? {
        Ended::Outcome(answer) => report(&answer, global.json),
        Ended::File(answer) => save(answer, &args, global.json).await,
    }
}

fn selection(args: &RunArgs) -> Result<Json, Failure> {
    let mut selection = Map::new();
    if args.all {
        selection.insert("all".into(), json!(true));
    } else if !args.ids.is_empty() {
        selection.insert("ids".into(), json!(args.ids));
    }
    if let Some(filter) = &args.filter {
        let tree: Json = serde_json::from_str(filter)
            .map_err(|error| Failure::usage(format!("--filter is not JSON: {error}. Put it in single quotes.")))?;
        selection.insert("filter".into(), tree);
    }
    for (name, value) in [("search", &args.search), ("segment", &args.segment)] {
        if let Some(value) = value {
            selection.insert(name.into(), json!(value));
        }
    }
    Ok(Json::Object(selection))
}

fn files(args: &RunArgs) -> Result<Map<String, Json>, Failure> {
    let mut values = Map::new();
    for text in &args.files {
        let (field, path) = pair(text, "--file", "FIELD=PATH")?;
        values.insert(field.to_owned(), json!(data_uri(Path::new(path))?));
    }
    Ok(values)
}

/// The action's form on the selected records.
struct Form<'a> {
    api: &'a Api,
    path: String,
    selection: &'a Json,
}

impl Form<'_> {
    /// The form as it stands with these values.
    async fn with(&self, values: &Map<String, Json>) -> Result<Json, Failure> {
        let body = json!({ "selection": self.selection, "values": values });
        self.api.send(ApiRequest::post(&*self.path, body)).await?.json().await
    }

    /// Reads the texts of `--set` by the types of the form's fields. A field that only
    /// appears once others have values is found by asking again with those.
    async fn type_texts(&self, texts: &[(&str, &str)], values: &mut Map<String, Json>) -> Result<(), Failure> {
        let mut left: Vec<&(&str, &str)> = texts.iter().collect();
        loop {
            let form = self.with(values).await?;
            let before = left.len();
            left.retain(|(field, text)| {
                let known = form["fields"].as_array().into_iter().flatten().find(|known| known["id"] == **field);
                known.is_none_or(|known| {
                    values.insert((*field).to_owned(), typed(text, known["type"].as_str().unwrap_or_default()));
                    false
                })
            });
            if left.is_empty() || left.len() == before {
                break;
            }
        }
        // The form does not have these; the answer will say so, with their names.
        values.extend(left.into_iter().map(|(field, text)| ((*field).to_owned(), reading(text))));
        Ok(())
    }
}

/// Reads a text as a value of a field of this type. Numbers, lists and JSON are
/// read as JSON; a text without quotes is a list of one.
fn typed(text: &str, field_type: &str) -> Json {
    match field_type {
        "string" | "enum" | "date" | "dateonly" | "time" | "collection" | "file" => json!(text),
        "string_list" | "enum_list" | "file_list" => match reading(text) {
            list @ Json::Array(_) => list,
            _ => json!([text]),
        },
        _ => reading(text),
    }
}

fn pair<'a>(text: &'a str, option: &str, form: &str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=').ok_or_else(|| Failure::usage(format!("{option} {text} is not of the form {form}.")))
}

/// JSON where the text reads as JSON (`42`, `true`, `["a"]`), else the text itself.
/// A text that looks like JSON can be given in its quotes: `'"42"'`.
fn reading(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_owned()))
}

fn data_uri(path: &Path) -> Result<String, Failure> {
    let content = std::fs::read(path)
        .map_err(|error| Failure::usage(format!("The file {} cannot be read: {error}.", path.display())))?;
    let name = path.file_name().map_or_else(|| "file".to_owned(), |name| name.to_string_lossy().into_owned());
    Ok(FileValue { mime: "application/octet-stream".into(), name, charset: None, content }.to_data_uri())
}

fn report(answer: &Json, as_json: bool) -> Result<(), Failure> {
    if as_json {
        say(format_args!("{answer:#}"))?;
    } else {
        say(in_words(answer))?;
    }
    match answer["outcome"]["kind"].as_str() {
        Some("error") => {
            let message = answer["outcome"]["message"].as_str().unwrap_or("The action reports an error.");
            Err(Failure::new(Failure::FAILED, message))
        }
        _ => Ok(()),
    }
}

/// Markup as a terminal shows it. What cannot be laid out is shown as it is.
fn plain(html: &str) -> String {
    const WIDTH: usize = 100;
    let laid_out = html2text::from_read(html.as_bytes(), WIDTH);
    laid_out.map_or_else(|_| html.to_owned(), |text| text.trim_end().to_owned())
}

/// What came of it, for people: the message, what changed, the job's id.
fn in_words(answer: &Json) -> String {
    let outcome = &answer["outcome"];
    let text = |key: &str| outcome[key].as_str();
    let mut lines: Vec<String> = Vec::new();
    match text("kind") {
        Some("success") => lines.push(text("message").unwrap_or("Done.").to_owned()),
        Some("redirect") => {
            lines.extend(text("message").map(str::to_owned));
            lines.push(format!("Continue at {}", text("to").unwrap_or_default()));
        }
        Some("webhook") => {
            let call = format!("{} {}", text("method").unwrap_or_default(), text("url").unwrap_or_default());
            lines.push(format!("The action asks its client for a call, which was not made: {call}"));
        }
        _ => {}
    }
    lines.extend(text("html").map(plain));
    for count in answer["job"]["changed"].as_array().into_iter().flatten() {
        let word = |key: &str| count[key].as_str().unwrap_or_default();
        lines.push(format!("{} {} in {}", count["count"], word("kind").replace('_', " "), word("collection")));
    }
    // What has only begun says its id itself.
    let id = answer["job"]["id"].as_str().unwrap_or_default();
    if !lines.iter().any(|line| line.contains(id)) {
        lines.push(format!("Job {id}"));
    }
    lines.join("\n")
}

#[expect(clippy::print_stderr, reason = "a file that is left behind must be told of")]
async fn save(answer: ApiAnswer, args: &RunArgs, as_json: bool) -> Result<(), Failure> {
    let job = answer.header("levers-job").unwrap_or_default().to_owned();
    let path = match &args.output {
        Some(path) => path.clone(),
        None => {
            PathBuf::from(answer.header("content-disposition").and_then(file_name).unwrap_or_else(|| "file".into()))
        }
    };
    if path.as_os_str() == "-" {
        answer.copy_to(stdout()).await?;
        return Ok(());
    }
    let cannot = |error: std::io::Error| Failure::usage(format!("{} cannot be written: {error}.", path.display()));
    let mut options = File::options();
    options.write(true);
    // A name that the server chose never overwrites what is there; one that was asked for may.
    let options = if args.output.is_some() { options.create(true).truncate(true) } else { options.create_new(true) };
    let file = options.open(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::usage(format!(
            "The action ran (job {job}), but {} exists already. Run it again with --output and another name.",
            path.display()
        )),
        _ => cannot(error),
    })?;
    let written = match answer.copy_to(std::io::BufWriter::new(file)).await {
        Ok(written) => written,
        Err(failure) => {
            // Half a file would be taken for a whole one.
            if let Err(error) = std::fs::remove_file(&path) {
                eprintln!("{} is incomplete and cannot be removed: {error}.", path.display());
            }
            return Err(failure);
        }
    };
    if as_json {
        say(json!({ "file": path, "bytes": written, "job": { "id": job } }))?;
    } else {
        say(format_args!("Wrote {} ({written} bytes)\nJob {job}", path.display()))?;
    }
    stdout().flush().map_err(cannot)
}

/// The file's name without any folder: from `filename*` of RFC 5987, else `filename`.
fn file_name(disposition: &str) -> Option<String> {
    let parameter = |name: &str| disposition.split(';').find_map(|part| part.trim().strip_prefix(name));
    let decoded = parameter("filename*=UTF-8''")
        .map(|text| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned());
    let name = decoded.or_else(|| parameter("filename=").map(|text| text.trim_matches('"').to_owned()))?;
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    (!last.is_empty() && last != "." && last != "..").then(|| last.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_where_they_read_as_json() {
        for (text, json) in [
            ("42", json!(42)),
            ("true", json!(true)),
            ("\"42\"", json!("42")),
            ("[\"a\"]", json!(["a"])),
            ("live", json!("live")),
            ("", json!("")),
            ("null", Json::Null),
        ] {
            assert_eq!(reading(text), json, "{text}");
        }
    }

    #[test]
    fn texts_are_read_by_the_type_of_their_field() {
        assert_eq!(typed("4", "collection"), json!("4"));
        assert_eq!(typed("2024", "string"), json!("2024"));
        assert_eq!(typed("4", "number"), json!(4));
        assert_eq!(typed("a", "enum_list"), json!(["a"]));
        assert_eq!(typed("[\"a\",\"b\"]", "string_list"), json!(["a", "b"]));
        assert_eq!(typed("true", "boolean"), json!(true));
    }

    #[test]
    fn a_files_name_never_leaves_the_folder() {
        for (header, name) in [
            ("attachment; filename=\"a.csv\"", Some("a.csv")),
            ("attachment; filename=\"_.pdf\"; filename*=UTF-8''%C3%A9.pdf", Some("é.pdf")),
            ("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", Some("passwd")),
            ("attachment; filename=\"..\"", None),
            ("attachment", None),
        ] {
            assert_eq!(file_name(header).as_deref(), name, "{header}");
        }
    }

    #[test]
    fn outcomes_read_well() {
        let answer = json!({
            "job": { "id": "job_1", "changed": [{ "collection": "companies", "kind": "updated", "count": 2 }] },
            "outcome": { "kind": "success", "message": "Company is now live!", "html": null, "refresh": [] },
        });
        insta::assert_snapshot!(in_words(&answer), @r"
        Company is now live!
        2 updated in companies
        Job job_1
        ");
    }
}
