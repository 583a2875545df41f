//! Connections that are held open shut nobody out.

use std::{net::Ipv4Addr, time::Duration};

use reqwest::StatusCode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use usher_tests::{Server, wait_for_folder};

/// How long anything may take while the connections are held.
const NORMAL: Duration = Duration::from_secs(10);

/// Holds so many connections from eight addresses of this machine, each of which has sent this much.
async fn hold(server: &Server, count: usize, sent: &[u8]) -> Vec<TcpStream> {
    let mut held = Vec::with_capacity(count);
    let address = (Ipv4Addr::LOCALHOST, server.port).into();
    for n in 0..count {
        let source = Ipv4Addr::new(127, 0, 0, u8::try_from(n % 8).unwrap() + 2);
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((source, 0).into()).unwrap();
        let connected = timeout(NORMAL, socket.connect(address)).await;
        let mut stream = connected.expect("it is accepted in time").unwrap();
        // Whoever is closed already cannot send.
        let _ = stream.write_all(sent).await;
        held.push(stream);
    }
    held
}

async fn they_shut_nobody_out(settings: &[(&str, &str)]) {
    let limit = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: limit, maximum: limit }).unwrap();
    assert!(limit.is_none_or(|it| it > 11_000), "the test needs 11 000 open files: ulimit -Hn");
    let mut server = Server::start(settings).await;
    let token = server.key("ORG_ADMIN").await;
    server.invite(&token, "ada@example.org").await;
    let mail =
        wait_for_folder(&server.home.path().join("usher-data/mail"), "ada@example.org").await;
    assert_eq!(server.accept(&mail.link(), "Ada").await, StatusCode::SEE_OTHER);

    let mut held = Vec::new();
    for sent in [&b""[..], b"GET / HTTP/1.1\r\nHost: exam"] {
        held.extend(hold(&server, 5000, sent).await);
        let signed_in = timeout(NORMAL, server.sign_in("ada@example.org")).await;
        assert_eq!(signed_in.expect("it is answered in time"), StatusCode::SEE_OTHER);
    }
    assert_eq!(timeout(NORMAL, server.stop()).await.expect("it ends in time"), Some(0));
}

#[tokio::test]
async fn ten_thousand_connections_shut_nobody_out() {
    they_shut_nobody_out(&[]).await;
}

#[tokio::test]
async fn ten_thousand_connections_shut_nobody_out_where_there_is_room_for_64() {
    they_shut_nobody_out(&[("USHER_HTTP__MAX_CONNECTIONS", "64")]).await;
}

/// Also where no key is shown: whoever is refused sends nothing in vain.
#[tokio::test]
async fn a_body_that_is_refused_for_its_length_is_never_asked_for() {
    let mut server = Server::start(&[]).await;
    let token = server.key("ORG_ADMIN").await;
    let key = format!("Authorization: Bearer {token}\r\n");
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    for (path, headers, status) in [
        ("/signin", form, 413),
        ("/pin", form, 413),
        // OAuth 2 has no other error for it.
        ("/v1/oauth/token", form, 400),
        ("/v1/userInvitations", &key, 413),
        ("/v1/userInvitations", "", 401),
    ] {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Expect: 100-continue\r\n\
             Content-Length: 1048577\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = timeout(NORMAL, stream.read_to_string(&mut answer)).await;
        read.expect("the connection ends without the body").unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    }
    assert_eq!(server.stop().await, Some(0));
}
