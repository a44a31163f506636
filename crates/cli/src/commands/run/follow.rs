//! Waiting for an action that runs in the background, by asking for its job.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::api::{Api, ApiAnswer, ApiRequest};
use crate::exit::Failure;

/// How long to wait before asking again: soon at first, then at most this long.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A server that does not answer so many times in a row is gone.
const PATIENCE: u32 = 5;

/// What came of a job.
pub(super) enum Ended {
    /// Job and outcome, as an action in the foreground answers.
    Outcome(Json),
    /// A file, on its way.
    File(ApiAnswer),
}

/// Whether the answer is that of a job that has only begun.
pub(super) fn has_begun(answer: &Json) -> bool {
    answer["job"]["state"] == "executing"
}

/// Asks until the job has ended.
pub(super) async fn to_the_end(api: &Api, begun: &Json) -> Result<Ended, Failure> {
    let id = begun["job"]["id"].as_str().unwrap_or_default();
    let path = format!("/api/v1/jobs/{id}");
    let (since, mut pause, mut silent) = (Instant::now(), Duration::from_millis(100), 0);
    loop {
        match api.get_json(&path).await {
            Ok(job) if job["state"] == "executing" => silent = 0,
            Ok(job) => {
                progress(None);
                return ended(api, &path, job).await;
            }
            Err(failure) => {
                silent += 1;
                if silent >= PATIENCE {
                    progress(None);
                    return Err(failure.while_running(id));
                }
            }
        }
        progress(Some((since.elapsed(), id)));
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn ended(api: &Api, path: &str, mut job: Json) -> Result<Ended, Failure> {
    if let Some(failure) = job["failure"].as_object() {
        let problem = json!({ "code": failure["code"], "detail": failure["message"], "fields": failure["fields"], "job": job["id"] });
        return Err(Failure::from_problem(500, &problem));
    }
    let outcome = job["outcome"].take();
    if outcome["kind"] == "file" {
        return Ok(Ended::File(api.send(ApiRequest::get(format!("{path}/file"))).await?));
    }
    Ok(Ended::Outcome(json!({ "job": job, "outcome": outcome })))
}

/// Says on the screen that it still runs, in one line; `None` wipes the line.
fn progress(running: Option<(Duration, &str)>) {
    let mut screen = stderr();
    if !screen.is_terminal() {
        return;
    }
    let line = running.map(|(time, id)| format!("Running for {} s as {id} …", time.as_secs())).unwrap_or_default();
    // A screen that cannot be written to is no reason to stop waiting.
    let _ = write!(screen, "\r\u{1b}[K{line}").and_then(|()| screen.flush());
}
