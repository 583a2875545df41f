//! Accepts connections and serves HTTP/1.1 on them, and bounds what a slow client may cost.
//!
//! It uses hyper directly, because `axum::serve` can set neither the timeout for the head of a request
//! nor the case of header names. `axum-server` can, but it includes HTTP/2, discards the errors of
//! connections, pauses also when a client merely closed its connection before it was accepted, and takes
//! as many lines to set up as the loop in [`serve`] has.

use std::{convert::Infallible, io, net::SocketAddr, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::runtime::drain_body::DrainBody;

/// How long a client may take to send the head of a request, or to begin the next request. It is
/// longer than the minute for which common proxies keep an idle connection, so that the proxy closes
/// it first and no request gets lost on a connection that is being closed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// How long to wait after a failed accept, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until `stop` is cancelled, and then until the requests in hand are answered. Idle
/// connections are closed at once.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    // HTTP ignores the case of header names, but some clients look for `X-Total-Count` literally.
    builder.title_case_headers(true);
    let connections = GracefulShutdown::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        let router = router.clone();
        let service = service_fn(move |request| respond(router.clone(), peer, request));
        let connection = builder.serve_connection(TokioIo::new(without_delay(stream)), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended with an error");
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
}

async fn respond(
    router: Router,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request.map(|it| Body::new(DrainBody::new(it)))).await
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
mod tests {
    use std::{net::SocketAddr, sync::Arc};

    use axum::{http::StatusCode, routing::get};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        sync::Notify,
    };

    use super::*;

    /// Listens on a free port of this machine.
    async fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// Everything that the server answers until it closes the connection.
    async fn answers(mut stream: TcpStream) -> String {
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        answers
    }

    #[tokio::test]
    async fn requests_in_hand_are_answered_before_it_ends() {
        let (listener, address) = listen().await;
        let (arrived, released) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (arrival, release) = (arrived.clone(), released.clone());
        let slow = async move || {
            arrived.notify_one();
            released.notified().await;
        };
        let stop = CancellationToken::new();
        let router = Router::new().route("/", get(slow));
        let serving = tokio::spawn(serve(listener, router, stop.clone()));

        // Connections are accepted in their order: once the request has arrived, both are there.
        let idle = TcpStream::connect(address).await.unwrap();
        let mut busy = TcpStream::connect(address).await.unwrap();
        busy.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        arrival.notified().await;
        stop.cancel();
        assert_eq!(answers(idle).await, "", "an idle connection is closed");
        assert!(!serving.is_finished(), "it waits for the request");
        assert!(TcpStream::connect(address).await.is_err(), "no connection is accepted any more");
        release.notify_one();
        assert!(answers(busy).await.starts_with("HTTP/1.1 200 "));
        serving.await.unwrap();
    }

    #[tokio::test]
    async fn who_sends_too_much_still_learns_of_it() {
        let (listener, address) = listen().await;
        let router = Router::new().fallback(async || StatusCode::PAYLOAD_TOO_LARGE);
        tokio::spawn(serve(listener, router, CancellationToken::new()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let body = vec![b'x'; 10 << 20];
        let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let answers = answers(stream).await;
        assert_eq!(answers.matches("HTTP/1.1 413 ").count(), 2, "{answers}");
    }

    #[tokio::test]
    async fn header_names_begin_with_capitals() {
        let (listener, address) = listen().await;
        let router = Router::new().fallback(async || [("x-total-count", "1")]);
        tokio::spawn(serve(listener, router, CancellationToken::new()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let answers = answers(stream).await;
        assert!(answers.contains("\r\nX-Total-Count: 1\r\n"), "{answers}");
    }
}
