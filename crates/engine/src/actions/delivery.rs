//! A file on its way to the caller: how that ended is an event of the job.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use levers_model::{Error, Event, EventKind, JobId, Result};
use levers_ports::FileBody;
use serde_json::json;

use super::running::Activity;
use crate::engine::Inner;

/// Watches a body on its way. Bytes are handed over whole, so their delivery is
/// noted with the job's end instead.
pub(super) fn watched(inner: &Arc<Inner>, job: JobId, by: &str, body: FileBody) -> FileBody {
    let FileBody::Stream(stream) = body else { return body };
    let activity = inner.running.activity();
    let mut delivery = Delivery { inner: inner.clone(), job, by: by.to_owned(), bytes: 0, activity: Some(activity) };
    // A panic while a file is read breaks that file off and nothing else.
    let mut stream = AssertUnwindSafe(stream).catch_unwind();
    FileBody::Stream(Box::pin(async_stream::stream! {
        while let Some(chunk) = stream.next().await {
            match chunk.unwrap_or_else(|_| Err(Error::internal("a file's stream panicked"))) {
                Ok(chunk) => {
                    delivery.bytes += chunk.len() as u64;
                    yield Ok::<Bytes, Error>(chunk);
                }
                Err(error) => {
                    tracing::error!(%job, internal = error.internal_text(), "a file broke off: {error}");
                    delivery.end(EventKind::FileBroken, Some(&error)).await;
                    yield Err(error);
                    return;
                }
            }
        }
        delivery.end(EventKind::FileDelivered, None).await;
    }))
}

/// A stream that has not been read to its end. Dropped as such, it broke off.
struct Delivery {
    inner: Arc<Inner>,
    job: JobId,
    by: String,
    bytes: u64,
    /// Taken at the end.
    activity: Option<Activity>,
}

impl Delivery {
    fn event(&self, kind: EventKind, error: Option<&Error>) -> Event {
        let mut data = json!({ "bytes": self.bytes });
        if let Some(error) = error {
            data["reason"] = error.message().into();
        }
        let clock = &self.inner.clock;
        Event { id: clock.event_id(), job: self.job, kind, at: clock.now(), by: self.by.clone(), data }
    }

    async fn end(&mut self, kind: EventKind, error: Option<&Error>) {
        let activity = self.activity.take();
        note(&self.inner, self.event(kind, error)).await;
        drop(activity);
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        let (Some(activity), Ok(runtime)) = (self.activity.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let event = self.event(EventKind::FileBroken, None);
        let inner = self.inner.clone();
        runtime.spawn(async move {
            note(&inner, event).await;
            drop(activity);
        });
    }
}

/// An answer that is already on its way cannot be taken back, so a failure is only logged.
async fn note(inner: &Inner, event: Event) {
    let noted: Result<()> = inner.store.note(&[event]).await;
    if let Err(error) = noted {
        tracing::error!(internal = error.internal_text(), "the delivery of a file could not be noted: {error}");
    }
}
