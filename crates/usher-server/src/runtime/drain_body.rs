//! A request's body that is read to its end although nobody wants it.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::timeout;

/// Most clients send all of a request before they look at the answer. When a connection is closed
/// under them, as after a body that is refused for its size, they learn of a broken pipe and never
/// of the reason. So what is left is read and thrown away, up to a limit of length and time.
pub(crate) struct Lingering(Option<Incoming>);

const LONGEST: usize = 32 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

impl Lingering {
    pub(crate) fn new(body: Incoming) -> Self {
        Self(Some(body))
    }
}

impl Body for Lingering {
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

impl Drop for Lingering {
    fn drop(&mut self) {
        if let Some(rest) = self.0.take_if(|it| !it.is_end_stream()) {
            tokio::spawn(timeout(PATIENCE, throw_away(rest)));
        }
    }
}

async fn throw_away(mut body: Incoming) {
    let mut length = 0;
    while let Some(Ok(frame)) = poll_fn(|it| Pin::new(&mut body).poll_frame(it)).await {
        length += frame.data_ref().map_or(0, Bytes::len);
        if length > LONGEST {
            break;
        }
    }
}
