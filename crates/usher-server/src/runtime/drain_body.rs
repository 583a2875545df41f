//! The body of a request, of which the rest is read even if the handler does not want it.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::timeout;

use crate::runtime::connection::Connection;

/// A body that is drained when it is dropped. Most clients send a whole request before they read the
/// response. If the server closes the connection before that, as after a body that is refused for its
/// size, they report a broken pipe and not the reason. So the rest of the body is read and discarded,
/// up to [`LONGEST`] bytes and for [`LONGEST_TIME`]; but not if the client withholds it until it is
/// wanted, for to read it is to say so. Its connection learns when it is waited for.
pub(crate) struct DrainBody {
    body: Option<Incoming>,
    connection: Arc<Connection>,
}

/// In bytes.
const LONGEST: usize = 32 << 20;
const LONGEST_TIME: Duration = Duration::from_secs(10);

impl DrainBody {
    pub(crate) fn new(body: Incoming, connection: Arc<Connection>) -> Self {
        Self { body: Some(body), connection }
    }
}

impl Body for DrainBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        self.connection.wants_body();
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = Pin::new(body).poll_frame(context);
        if frame.is_pending() {
            self.connection.waits_for_body();
        } else {
            self.connection.has_body();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for DrainBody {
    fn drop(&mut self) {
        let rest = self.body.take_if(|it| !it.is_end_stream());
        if let Some(rest) = rest.filter(|_| !self.connection.is_body_withheld()) {
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
