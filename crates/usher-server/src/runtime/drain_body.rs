//! The body of a request, of which the rest is read even if the handler does not want it.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::timeout;

/// A body that is drained when it is dropped. Most clients send a whole request before they read the
/// response. If the server closes the connection before that, as after a body that is refused for its
/// size, they report a broken pipe and not the reason. So the rest of the body is read and discarded,
/// up to [`LONGEST`] bytes and for [`LONGEST_TIME`].
pub(crate) struct DrainBody(Option<Incoming>);

/// In bytes.
const LONGEST: usize = 32 << 20;
const LONGEST_TIME: Duration = Duration::from_secs(10);

impl DrainBody {
    pub(crate) fn new(body: Incoming) -> Self {
        Self(Some(body))
    }
}

impl Body for DrainBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        match &mut self.0 {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for DrainBody {
    fn drop(&mut self) {
        if let Some(rest) = self.0.take_if(|it| !it.is_end_stream()) {
            tokio::spawn(timeout(LONGEST_TIME, drain(rest)));
        }
    }
}

async fn drain(mut body: Incoming) {
    let mut length = 0;
    while let Some(Ok(frame)) = poll_fn(|it| Pin::new(&mut body).poll_frame(it)).await {
        length += frame.data_ref().map_or(0, Bytes::len);
        if length > LONGEST {
            break;
        }
    }
}
