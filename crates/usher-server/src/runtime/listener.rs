//! Accepts connections and serves HTTP/1.1 on them, and bounds what a slow client may cost.
//!
//! It uses hyper directly, because `axum::serve` can set neither the timeout for the head of a request
//! nor the case of header names. `axum-server` can, but it includes HTTP/2, discards the errors of
//! connections, pauses also when a client merely closed its connection before it was accepted, and takes
//! as many lines to set up as the loop in [`serve`] has.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::ConnectInfo,
    http::{
        HeaderValue, Request, Version,
        header::{CONNECTION, EXPECT},
    },
};
use hyper::{Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::runtime::{
    connection::{Connection, Patience},
    connections::{Connections, Limits},
    drain_body::DrainBody,
    watched::{WatchedBody, WatchedStream},
};

/// What a client may take. It may be idle for longer than the minute for which common proxies keep an
/// idle connection, so that the proxy closes it first and no request gets lost on a connection that
/// is being closed. Its answer waits in buffers of about half a megabyte, each of which it takes
/// within a minute, once they are full.
pub(crate) const PATIENCE: Patience = Patience {
    head: Duration::from_secs(10),
    idle: Duration::from_secs(75),
    write: Duration::from_mins(1),
};

/// How long to wait after a failed accept, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until `stop` is cancelled, and then until the requests in hand are answered. Idle
/// connections are closed at once, and those within a head after a second.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
) {
    let connections = Connections::new(limits);
    tokio::select! {
        () = connections.sweep() => {}
        () = accept_all(listener, router, &connections, &stop) => {}
    }
}

async fn accept_all(
    listener: TcpListener,
    router: Router,
    connections: &Arc<Connections>,
    stop: &CancellationToken,
) {
    let mut builder = http1::Builder::new();
    // How long a head may take is counted by `Connection`, together with all else that takes time.
    builder.header_read_timeout(None);
    // HTTP ignores the case of header names, but some clients look for `X-Total-Count` literally.
    builder.title_case_headers(true);
    let graceful = GracefulShutdown::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        let room = stop.run_until_cancelled(connections.room_for(peer.ip())).await;
        let Some(place) = room.flatten() else { continue };
        let connection = place.connection.clone();
        let (router, watching) = (router.clone(), connection.clone());
        let service =
            service_fn(move |request| respond(router.clone(), peer, watching.clone(), request));
        let stream = WatchedStream::new(without_delay(stream), connection.clone());
        let serving = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        let task = tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::debug!(%error, "a connection ended with an error");
            }
            drop(place);
        });
        connection.is_served_by(task.abort_handle());
    }
    drop(listener);
    connections.stop();
    graceful.shutdown().await;
}

async fn respond(
    router: Router,
    peer: SocketAddr,
    connection: Arc<Connection>,
    mut request: Request<Incoming>,
) -> io::Result<Response<WatchedBody>> {
    if !connection.begins_request() {
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    if asks_first(&request) {
        connection.withholds_body();
    }
    request.extensions_mut().insert(ConnectInfo(peer));
    let request = request.map(|it| Body::new(DrainBody::new(it, connection.clone())));
    let Ok(mut response) = router.oneshot(request).await;
    if connection.is_body_withheld() {
        // Nobody knows whether what comes next is that body or another request.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|it| WatchedBody::new(it, connection)))
}

/// Whether a client wants to be told that the body is wanted before it sends it (RFC 9110, section
/// 10.1.1). hyper tells it as soon as somebody reads from the body.
fn asks_first(request: &Request<Incoming>) -> bool {
    let expects = request.headers().get(EXPECT);
    request.version() >= Version::HTTP_11
        && !request.body().is_end_stream()
        && expects.is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Sets `TCP_NODELAY`: responses are small, and each is sent as soon as it is complete.
fn without_delay(stream: TcpStream) -> TcpStream {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY cannot be set");
    }
    stream
}

/// Waits, unless it was only the client that closed the connection before it was accepted.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "cannot accept a connection; trying again");
        sleep(ACCEPT_PAUSE).await;
    }
}

#[cfg(test)]
mod tests;
