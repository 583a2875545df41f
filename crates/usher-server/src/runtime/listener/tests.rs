use std::net::Ipv4Addr;

use axum::{
    http::StatusCode,
    routing::{get, post},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpSocket,
    sync::Notify,
    time::{Instant, timeout},
};
use usher_http::TrustedProxies;

use super::*;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const LAST_REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// So many connections, all of which may come from this machine.
fn limits(connections: usize) -> Limits {
    Limits {
        connections,
        per_source: connections,
        trusted: TrustedProxies::default(),
        patience: PATIENCE,
    }
}

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
    let serving = tokio::spawn(serve(listener, router, limits(100), stop.clone()));

    // Connections are accepted in their order: once the request has arrived, both are there.
    let idle = TcpStream::connect(address).await.unwrap();
    let mut busy = TcpStream::connect(address).await.unwrap();
    busy.write_all(REQUEST).await.unwrap();
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
    tokio::spawn(serve(listener, router, limits(100), CancellationToken::new()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = vec![b'x'; 10 << 20];
    let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    stream.write_all(LAST_REQUEST).await.unwrap();
    let answers = answers(stream).await;
    assert_eq!(answers.matches("HTTP/1.1 413 ").count(), 2, "{answers}");
}

/// Clients that ask first send the body when they are told to, or after a while.
#[tokio::test]
async fn who_asks_first_is_told_to_send_a_body_only_if_it_is_read() {
    let (listener, address) = listen().await;
    let router = Router::new()
        .route("/read", post(async |body: String| body))
        .fallback(async || StatusCode::PAYLOAD_TOO_LARGE);
    tokio::spawn(serve(listener, router, limits(100), CancellationToken::new()));
    let head = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        )
    };

    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head("/read").as_bytes()).await.unwrap();
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hello").await.unwrap();
    stream.write_all(LAST_REQUEST).await.unwrap();
    let answered = answers(stream).await;
    assert!(answered.starts_with("HTTP/1.1 200 ") && answered.contains("\r\nhello"), "{answered}");
    assert_eq!(answered.matches("HTTP/1.1 413 ").count(), 1, "the connection goes on: {answered}");

    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head("/refused").as_bytes()).await.unwrap();
    let mut answered = String::new();
    let read = timeout(Duration::from_secs(2), stream.read_to_string(&mut answered)).await;
    read.expect("nobody waits for a body that nobody asked for").unwrap();
    assert!(answered.starts_with("HTTP/1.1 413 "), "{answered}");
    assert!(answered.contains("\r\nConnection: close\r\n"), "{answered}");
    assert_eq!(answered.matches("HTTP/1.1 ").count(), 1, "{answered}");
}

#[tokio::test]
async fn header_names_begin_with_capitals() {
    let (listener, address) = listen().await;
    let router = Router::new().fallback(async || [("x-total-count", "1")]);
    tokio::spawn(serve(listener, router, limits(100), CancellationToken::new()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(LAST_REQUEST).await.unwrap();
    let answers = answers(stream).await;
    assert!(answers.contains("\r\nX-Total-Count: 1\r\n"), "{answers}");
}

#[tokio::test]
async fn chunks_end_a_request_whatever_its_length_says() {
    let (listener, address) = listen().await;
    let router = Router::new().fallback(async |body: String| format!("[{body}]"));
    tokio::spawn(serve(listener, router, limits(100), CancellationToken::new()));
    let hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    for (lengths, expected) in [
        // What follows the last chunk is not taken for a body, nor for what the length says.
        ("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", Some("[ab]")),
        ("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", Some("[ab]")),
        ("Content-Length: 4\r\nContent-Length: 5\r\n", None),
        ("Transfer-Encoding: chunked, identity\r\n", None),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let sent =
            format!("POST / HTTP/1.1\r\nHost: x\r\n{lengths}\r\n2\r\nab\r\n0\r\n\r\n{hidden}");
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{lengths}: {answer}");
        match expected {
            Some(body) => assert!(answer.ends_with(body), "{lengths}: {answer}"),
            None => assert!(answer.starts_with("HTTP/1.1 400 "), "{lengths}: {answer}"),
        }
    }
}

#[tokio::test]
async fn what_is_no_request_is_answered_without_content_and_ends_the_connection() {
    let address = start(limits(100)).await;
    let many = "X: y\r\n".repeat(101);
    let long = "x".repeat(1 << 16);
    for (sent, status) in [
        ("NO REQUEST\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/7.0\r\nHost: x\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n"), 431),
        (format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), 414),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        // What follows on the connection is not taken for a request.
        let _ = stream.write_all(REQUEST).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
        assert!(answer.contains("Content-Length: 0\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n") && !answer.contains("Content-Type"), "{answer}");
    }
}

/// A server with these limits that answers every request, `GET /slow` never.
async fn start(limits: Limits) -> SocketAddr {
    let (listener, address) = listen().await;
    let router = Router::new()
        .route("/slow", get(std::future::pending::<()>))
        .route("/large", get(async || vec![b'x'; 64 << 20]))
        .fallback(async || "hello");
    tokio::spawn(serve(listener, router, limits, CancellationToken::new()));
    address
}

/// A connection from the address 127.0.0.N of this machine, which has sent this much.
async fn connect_from(n: u8, to: SocketAddr, sent: &[u8]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 0, n), 0).into()).unwrap();
    let mut stream = socket.connect(to).await.unwrap();
    // One that is closed at once may not even take this.
    let _ = stream.write_all(sent).await;
    stream
}

/// What is answered to a request over a connection of its own; panics if that takes long.
async fn ask_from(n: u8, to: SocketAddr) -> String {
    let mut stream = connect_from(n, to, LAST_REQUEST).await;
    let mut answer = String::new();
    let read = timeout(Duration::from_secs(2), stream.read_to_string(&mut answer)).await;
    read.expect("an answer in time").map(|_| answer).unwrap_or_default()
}

/// Whether the server closes the connection within this time.
async fn closes_within(stream: &mut TcpStream, wait: Duration) -> bool {
    let mut buffer = vec![0; 1 << 16];
    let ends = async { while stream.read(&mut buffer).await.is_ok_and(|it| it > 0) {} };
    timeout(wait, ends).await.is_ok()
}

#[tokio::test]
async fn nobody_is_shut_out_however_many_connections_are_held_open() {
    let address = start(limits(64)).await;
    let mut held = Vec::new();
    for round in 0..20 {
        for n in 0..50 {
            let sent: &[u8] = match n % 3 {
                0 => b"",
                1 => b"GET / HTTP/1.1\r\nHo",
                _ => REQUEST,
            };
            held.push(connect_from(2 + n % 8, address, sent).await);
        }
        let answer = ask_from(1, address).await;
        assert!(answer.ends_with("hello"), "round {round}: {answer}");
    }
}

#[tokio::test]
async fn one_source_takes_no_more_than_its_share() {
    let limits = Limits { per_source: 4, ..limits(16) };
    let address = start(limits).await;
    let mut mine = connect_from(1, address, REQUEST).await;
    let mut one = [0];
    mine.read_exact(&mut one).await.unwrap();
    // Idle ones make room for others of the same source, and for those alone.
    let mut idle = Vec::new();
    for _ in 0..40 {
        idle.push(connect_from(2, address, REQUEST).await);
    }
    assert!(ask_from(2, address).await.ends_with("hello"));
    assert!(closes_within(&mut idle[0], Duration::from_secs(2)).await);
    // Where there is a request in hand in each of them, the next one is refused.
    let slow = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut busy = Vec::new();
    for _ in 0..8 {
        busy.push(connect_from(3, address, slow).await);
    }
    let mut refused = 0;
    for it in &mut busy {
        refused += usize::from(closes_within(it, Duration::from_millis(100)).await);
    }
    assert_eq!(refused, 4);
    mine.write_all(LAST_REQUEST).await.unwrap();
    assert!(answers(mine).await.ends_with("hello"), "who came first is still there");
}

#[tokio::test]
async fn a_trusted_proxy_stands_for_many_people() {
    let trusted = TrustedProxies::parse(["127.0.0.2"]).unwrap();
    let limits = Limits { per_source: 4, trusted, ..limits(16) };
    let address = start(limits).await;
    let mut all = Vec::new();
    for _ in 0..12 {
        all.push(connect_from(2, address, REQUEST).await);
    }
    assert!(ask_from(2, address).await.ends_with("hello"));
    for it in &mut all {
        it.write_all(LAST_REQUEST).await.unwrap();
        let mut both = String::new();
        it.read_to_string(&mut both).await.unwrap();
        assert_eq!(both.matches("hello").count(), 2, "none of them was closed: {both}");
    }
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_not_waited_for() {
    let head = Duration::from_millis(400);
    let patience = Patience { head, ..PATIENCE };
    let address = start(Limits { patience, ..limits(16) }).await;
    for first in [&b""[..], REQUEST] {
        let mut stream = connect_from(1, address, first).await;
        if !first.is_empty() {
            // The second head begins after the first answer.
            let mut answer = vec![0; 512];
            assert!(stream.read(&mut answer).await.unwrap() > 0);
        }
        let start = Instant::now();
        let (mut read, mut write) = stream.split();
        let send = async {
            for byte in REQUEST.iter().cycle().filter(|it| **it != b'\n') {
                if write.write_all(&[*byte]).await.is_err() {
                    break;
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        let mut rest = Vec::new();
        tokio::select! {
            () = send => {}
            _ = read.read_to_end(&mut rest) => {}
        }
        assert!(start.elapsed() >= head && start.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_not_kept_for_long() {
    let patience = Patience { write: Duration::from_millis(400), ..PATIENCE };
    let address = start(Limits { patience, ..limits(16) }).await;
    let large = b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut stream = connect_from(1, address, large).await;
    sleep(Duration::from_secs(2)).await;
    let mut taken = 0;
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count) = stream.read(&mut buffer).await
        && count > 0
    {
        taken += count;
    }
    assert!(taken < 64 << 20, "the rest was not sent");
    // Who takes it gets it, however long that takes altogether.
    let answer = {
        let mut stream = connect_from(1, address, large).await;
        stream.write_all(LAST_REQUEST).await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        all.len()
    };
    assert!(answer > 64 << 20);
}
