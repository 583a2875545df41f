//! Takes connections, for as long as usher runs, and bounds what a slow one may cost.

use std::{convert::Infallible, io, net::SocketAddr, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
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

use crate::runtime::drain_body::Lingering;

/// How long a client may take over the head of a request, or wait before the next one: longer than
/// the minute for which common proxies keep a connection, so that they are the ones to close it.
const HEAD: Duration = Duration::from_secs(75);

/// Serves until told to stop, and then until the requests in hand are answered.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    // Case means nothing here, but some clients look for `X-Total-Count` and take no other.
    builder.title_case_headers(true);
    let in_hand = GracefulShutdown::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let (stream, peer) = match accepted {
            Ok(it) => it,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        let router = router.clone();
        let service = service_fn(move |request| answer(router.clone(), request, peer));
        let connection = builder.serve_connection(TokioIo::new(undelayed(stream)), service);
        let connection = in_hand.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    }
    drop(listener);
    in_hand.shutdown().await;
}

async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<axum::response::Response, Infallible> {
    let mut request = request.map(|it| Body::new(Lingering::new(it)));
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}

/// Answers are small: each is sent as soon as it is there.
fn undelayed(stream: TcpStream) -> TcpStream {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY cannot be set");
    }
    stream
}

/// A client that went away again is no reason to wait; running out of file descriptors is.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "cannot take another connection");
        sleep(Duration::from_millis(200)).await;
    }
}

#[cfg(test)]
mod tests {
    use axum::{http::StatusCode, routing::get};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::commands::check::ready;

    #[tokio::test]
    async fn requests_in_hand_are_answered_before_it_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let slowly = async || sleep(Duration::from_millis(200)).await;
        let router = Router::new().route("/readyz", get(slowly));
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, router, stop.clone()));
        let request = tokio::spawn(ready(address));
        let idle = TcpStream::connect(address).await.unwrap();
        sleep(Duration::from_millis(50)).await;
        stop.cancel();
        assert_eq!(request.await.unwrap().unwrap(), "200");
        serving.await.unwrap();
        assert!(ready(address).await.is_err());
        drop(idle);
    }

    #[tokio::test]
    async fn who_sends_too_much_still_learns_of_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let refuse = async || StatusCode::PAYLOAD_TOO_LARGE;
        let router = Router::new().fallback(refuse);
        tokio::spawn(serve(listener, router, CancellationToken::new()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let body = vec![b'x'; 10 << 20];
        let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        assert_eq!(answers.matches("HTTP/1.1 413 ").count(), 2, "{answers}");
    }

    #[tokio::test]
    async fn headers_are_spelled_as_people_spell_them() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(async || [("x-total-count", "1")]);
        tokio::spawn(serve(listener, router, CancellationToken::new()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("\r\nX-Total-Count: 1\r\n"), "{answer}");
    }
}
