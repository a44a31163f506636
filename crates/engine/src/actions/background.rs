//! What is different about an action that nobody waits for.
//!
//! Its file has no answer to travel in, so all of it is kept with the job. A file
//! that is too large for that fails the job: half a file, or none, must not look
//! like a success.

use std::panic::AssertUnwindSafe;

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use levers_model::{Error, Job, Outcome, Result};
use levers_ports::{FileBody, Reply, StoredFile};

/// What a caller is told at the beginning.
pub(super) fn started(job: &Job) -> Outcome {
    Outcome::success(format!("Started “{}”. What comes of it will be in {}.", job.action_name, job.id))
}

/// The reply with its file read to the end.
pub(super) async fn whole(reply: Reply) -> Result<Reply> {
    let Reply { outcome, file } = reply;
    let file = match file {
        Some(body) => Some(FileBody::Bytes(collect(body).await?)),
        None => None,
    };
    Ok(Reply { outcome, file })
}

async fn collect(body: FileBody) -> Result<Bytes> {
    let stream = match body {
        FileBody::Bytes(bytes) => return fitting(bytes.len()).map(|()| bytes),
        FileBody::Stream(stream) => stream,
    };
    // A panic while the file is read is the handler's own.
    let mut stream = AssertUnwindSafe(stream).catch_unwind();
    let mut content = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.unwrap_or_else(|_| Err(Error::internal("a file's stream panicked")))?;
        fitting(content.len() + chunk.len())?;
        content.extend_from_slice(&chunk);
    }
    Ok(content.freeze())
}

fn fitting(size: usize) -> Result<()> {
    if size <= StoredFile::LARGEST {
        return Ok(());
    }
    Err(Error::too_large(format!(
        "The file is larger than {} MB, the most that is kept with a job. What the action did otherwise is done. An \
         action that makes files of this size must run in the foreground.",
        StoredFile::LARGEST / (1024 * 1024)
    )))
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    fn streamed(chunks: usize) -> FileBody {
        let chunk = Bytes::from(vec![0; 1024 * 1024]);
        FileBody::Stream(Box::pin(stream::iter(std::iter::repeat_n(chunk, chunks).map(Ok))))
    }

    #[tokio::test]
    async fn a_file_is_kept_whole_or_not_at_all() {
        assert_eq!(collect(streamed(16)).await.unwrap().len(), StoredFile::LARGEST);
        assert!(collect(streamed(17)).await.unwrap_err().to_string().contains("larger than 16 MB"));
        assert!(collect(FileBody::Bytes(vec![0; StoredFile::LARGEST + 1].into())).await.is_err());
        let breaks = FileBody::Stream(Box::pin(stream::once(async { panic!("boom") })));
        assert!(!collect(breaks).await.unwrap_err().to_string().contains("boom"));
    }
}
