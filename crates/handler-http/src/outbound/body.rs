//! The bytes of an answer, with an end to waiting for them and to their number.
//!
//! Two clocks run. One is set back with every piece: a backend that stops is
//! noticed soon. The other is not: a backend that sends a byte now and then comes
//! to an end too. Both run only while somebody waits for the backend, so that a
//! slow download does not count against the backend that feeds it.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream, StreamExt as _};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use levers_model::Result as ModelResult;
use tokio::time::timeout;

use super::connect::{Driver, broken};
use super::fault::{Fault, Purpose};
use super::slots::Slot;

/// The body of an answer that is being read.
pub(crate) struct AnswerBody {
    pub(super) incoming: Incoming,
    pub(super) idle: Duration,
    /// The waiting that is left, and the whole of it for the sentence.
    pub(super) left: Duration,
    pub(super) total: Duration,
    /// What ends with the body: the connection, and the call's place.
    pub(super) _held: (Driver, Slot),
}

impl AnswerBody {
    async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        loop {
            let begun = Instant::now();
            let waited = timeout(self.idle.min(self.left), self.incoming.frame()).await;
            let Ok(frame) = waited else {
                return Some(Err(self.late()));
            };
            self.left = self.left.saturating_sub(begun.elapsed());
            match frame? {
                // A frame of trailers has no data.
                Ok(frame) => match frame.into_data() {
                    Ok(data) if data.is_empty() => {}
                    Ok(data) => return Some(Ok(data)),
                    Err(_) => {}
                },
                Err(error) => return Some(Err(broken(&error))),
            }
        }
    }

    const fn late(&self) -> Fault {
        if self.left.as_nanos() < self.idle.as_nanos() { Fault::Endless(self.total) } else { Fault::Stalled(self.idle) }
    }

    /// Whether it is known to have nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.incoming.is_end_stream()
    }

    /// Refuses at once what is announced as too large.
    fn check_size(&self, most: u64) -> Result<(), Fault> {
        if self.incoming.size_hint().lower() > most { Err(Fault::TooLarge(most)) } else { Ok(()) }
    }

    /// All of it, when it is not larger than this.
    pub(crate) async fn whole(mut self, most: u64) -> Result<Bytes, Fault> {
        self.check_size(most)?;
        let mut whole = BytesMut::new();
        while let Some(piece) = self.next().await {
            let piece = piece?;
            if (whole.len() + piece.len()) as u64 > most {
                return Err(Fault::TooLarge(most));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    /// The beginning of it, of which nobody needs to know that it is all: texts for the log.
    pub(crate) async fn beginning(mut self, most: usize) -> Bytes {
        let mut beginning = BytesMut::new();
        while beginning.len() < most
            && let Some(Ok(piece)) = self.next().await
        {
            beginning.extend_from_slice(&piece);
        }
        beginning.truncate(most);
        beginning.freeze()
    }

    /// Its pieces as they come. Whatever keeps it from being complete is the stream's last item.
    pub(crate) fn stream(self, most: u64, authority: String) -> Result<BoxStream<'static, ModelResult<Bytes>>, Fault> {
        self.check_size(most)?;
        let fault = move |fault: Fault| fault.at(&authority, Purpose::Form);
        let begin = Some((self, 0_u64));
        let pieces = stream::unfold((begin, fault), move |(state, fault)| async move {
            let (mut body, read) = state?;
            match body.next().await? {
                Ok(piece) => {
                    let read = read + piece.len() as u64;
                    if read > most {
                        return Some((Err(fault(Fault::TooLarge(most))), (None, fault)));
                    }
                    Some((Ok(piece), (Some((body, read)), fault)))
                }
                Err(late) => Some((Err(fault(late)), (None, fault))),
            }
        });
        Ok(pieces.boxed())
    }
}
