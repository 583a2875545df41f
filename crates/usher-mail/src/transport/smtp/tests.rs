use std::{
    collections::VecDeque,
    io::{self, Error},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    sync::Mutex,
    time::sleep,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};
use usher_application::{DeliveryError, Postman as _};
use usher_domain::{Letter, Mailbox};

use super::Smtp;
use crate::{
    mailer::Mailer,
    render::custom::Templates,
    settings::{Settings, sender::Sender, url::MailUrl},
    test_letters::{bare, letter},
    transport::pool::Pool,
};

/// What the server does when it hears a verb, once.
#[derive(Clone, Copy)]
enum Act {
    Say(&'static str),
    Disconnect,
    Wait(Duration),
}

/// A mail server that follows a script, and what it heard.
#[derive(Clone)]
struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    script: Arc<Mutex<VecDeque<(&'static str, Act)>>>,
    offers: &'static str,
    tls: Option<TlsAcceptor>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

type Talk = BufReader<Box<dyn Stream>>;

impl Server {
    /// `GREETING`, a verb, or `LETTER` for what follows DATA; the reply to all else is 250.
    async fn start(offers: &'static str, script: &[(&'static str, Act)]) -> Self {
        Self::listen(offers, script, None, false).await
    }

    async fn listen(
        offers: &'static str,
        script: &[(&'static str, Act)],
        tls: Option<TlsAcceptor>,
        implicit: bool,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            heard: Arc::default(),
            script: Arc::new(Mutex::new(script.iter().copied().collect())),
            offers,
            tls,
        };
        let it = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let it = it.clone();
                tokio::spawn(async move {
                    let mut talk: Talk = BufReader::new(Box::new(stream));
                    if implicit {
                        talk = it.encrypted(talk).await?;
                    }
                    it.converse(talk).await
                });
            }
        });
        server
    }

    async fn encrypted(&self, talk: Talk) -> io::Result<Talk> {
        let tls = self.tls.as_ref().ok_or_else(|| Error::other("no certificate"))?;
        Ok(BufReader::new(Box::new(tls.accept(talk.into_inner()).await?)))
    }

    async fn act(&self, verb: &str) -> Option<Act> {
        self.heard.lock().await.push(verb.to_owned());
        let mut script = self.script.lock().await;
        let at = script.iter().position(|(it, _)| *it == verb)?;
        script.remove(at).map(|(_, act)| act)
    }

    async fn converse(&self, mut talk: Talk) -> io::Result<()> {
        let mut verb = "GREETING".to_owned();
        loop {
            let reply = match verb.as_str() {
                "GREETING" => "220 test ESMTP".to_owned(),
                "EHLO" => format!("250-test\r\n{}250 8BITMIME", self.offers),
                "STARTTLS" => "220 go on".to_owned(),
                "DATA" => "354 go on".to_owned(),
                "LETTER" => "250 2.0.0 Ok: queued as 7F".to_owned(),
                "AUTH" => "235 welcome".to_owned(),
                "QUIT" => "221 bye".to_owned(),
                _ => "250 Ok".to_owned(),
            };
            let reply = match self.act(&verb).await {
                None => reply,
                Some(Act::Say(words)) => words.to_owned(),
                Some(Act::Disconnect) => return Ok(()),
                Some(Act::Wait(long)) => {
                    sleep(long).await;
                    reply
                }
            };
            talk.write_all(format!("{reply}\r\n").as_bytes()).await?;
            talk.flush().await?;
            if verb == "STARTTLS" {
                talk = self.encrypted(talk).await?;
            }
            if verb == "DATA" && reply.starts_with("354") {
                let mut letter = String::new();
                loop {
                    let line = line(&mut talk).await?;
                    if line == "." {
                        break;
                    }
                    letter.push_str(line.strip_prefix('.').unwrap_or(&line));
                    letter.push_str("\r\n");
                }
                self.heard.lock().await.push(letter);
                verb = "LETTER".to_owned();
                continue;
            }
            let said = line(&mut talk).await?;
            verb = said.split_whitespace().next().unwrap_or_default().to_uppercase();
            if said.contains(' ') && verb != "EHLO" {
                self.heard.lock().await.push(said);
            }
        }
    }

    async fn heard(&self, what: &str) -> usize {
        self.heard.lock().await.iter().filter(|it| *it == what).count()
    }

    fn mailer(&self) -> Mailer {
        self.mailer_with("smtp://HOST", Duration::from_secs(10))
    }

    fn mailer_with(&self, url: &str, timeout: Duration) -> Mailer {
        self.trusting(url, timeout, None)
    }

    fn trusting(&self, url: &str, timeout: Duration, ca_file: Option<PathBuf>) -> Mailer {
        let url = url.replace("HOST", &self.address.to_string()).parse().unwrap();
        let from = "usher <noreply@usher.example>".parse().unwrap();
        let settings = Settings::new(url, from);
        Mailer::new(&Settings { timeout, ca_file, pool: 4, ..settings }).unwrap()
    }
}

/// A line without its end.
async fn line(talk: &mut Talk) -> io::Result<String> {
    let mut line = String::new();
    match talk.read_line(&mut line).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}

const PIPELINING: &str = "250-PIPELINING\r\n";

fn refused(sent: Result<String, DeliveryError>) -> String {
    match sent {
        Err(DeliveryError::Refused(words)) => words,
        other => panic!("{other:?}"),
    }
}

fn later(sent: Result<String, DeliveryError>) -> String {
    match sent {
        Err(DeliveryError::Later(words)) => words,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_servers_reply_is_returned_and_the_connection_kept() {
    for offers in ["", PIPELINING] {
        let server = Server::start(offers, &[]).await;
        let mailer = server.mailer();
        for _ in 0..3 {
            let reply = mailer.deliver(&letter("en")).await.unwrap();
            assert_eq!(reply, "250 2.0.0 Ok: queued as 7F");
        }
        assert_eq!(server.heard("GREETING").await, 1);
        assert_eq!(server.heard("MAIL FROM:<noreply@usher.example>").await, 3);
        assert_eq!(server.heard("RCPT TO:<ada@example.org>").await, 3);
        mailer.close().await;
        assert_eq!(server.heard("QUIT").await, 1);
        assert_eq!(later(mailer.deliver(&letter("en")).await), "usher is shutting down");
    }
}

#[tokio::test]
async fn a_permanent_refusal_shows_no_address_and_the_connection_is_used_again() {
    let words = "550-5.1.1 <ada@example.org>: Recipient\r\n550 5.1.1 rejected: Ada is \x07unknown";
    for offers in ["", PIPELINING] {
        let script = [("RCPT", Act::Say(words)), ("DATA", Act::Say("503 no recipients"))];
        let server = Server::start(offers, &script[..=usize::from(!offers.is_empty())]).await;
        let mailer = server.mailer();
        assert_eq!(
            refused(mailer.deliver(&bare("en")).await),
            "550 5.1.1 <…@example.org>: Recipient rejected: … is unknown"
        );
        mailer.deliver(&bare("en")).await.unwrap();
        assert_eq!((server.heard("GREETING").await, server.heard("RSET").await), (1, 1));
    }
}

#[tokio::test]
async fn a_server_that_waits_for_the_content_of_a_refused_letter_gets_none() {
    let server = Server::start(PIPELINING, &[("RCPT", Act::Say("550 no"))]).await;
    let mailer = server.mailer();
    assert_eq!(refused(mailer.deliver(&bare("en")).await), "550 no");
    mailer.deliver(&bare("en")).await.unwrap();
    assert_eq!(server.heard("GREETING").await, 2);
}

#[tokio::test]
async fn a_temporary_refusal_is_tried_later() {
    for (verb, words) in [
        ("RCPT", "450 4.2.1 mailbox busy"),
        ("MAIL", "451 4.3.0 try again"),
        ("LETTER", "452 4.3.1 no space"),
        ("RCPT", "421 4.7.0 too many"),
    ] {
        let server = Server::start("", &[(verb, Act::Say(words))]).await;
        let mailer = server.mailer();
        assert_eq!(later(mailer.deliver(&bare("en")).await), words);
        mailer.deliver(&bare("en")).await.unwrap();
    }
}

#[tokio::test]
async fn a_letter_refused_at_its_end_is_refused() {
    let server = Server::start("", &[("LETTER", Act::Say("554 5.7.1 looks like spam"))]).await;
    assert_eq!(refused(server.mailer().deliver(&bare("en")).await), "554 5.7.1 looks like spam");
}

#[tokio::test]
async fn a_reply_about_our_access_does_not_refuse_the_letter() {
    for (verb, words) in [
        ("GREETING", "554 5.7.1 not from there"),
        ("AUTH", "535 5.7.8 wrong password"),
        ("MAIL", "503 5.5.1 authenticate first"),
        ("MAIL", "530 5.7.0 authenticate first"),
        ("MAIL", "534 5.7.9 mechanism too weak"),
        ("RCPT", "535 5.7.8 the login has expired"),
        ("LETTER", "538 5.7.11 encrypt first"),
    ] {
        let server = Server::start("250-AUTH PLAIN LOGIN\r\n", &[(verb, Act::Say(words))]).await;
        let mailer = server.mailer_with("smtp://u:p@HOST", Duration::from_secs(10));
        assert_eq!(later(mailer.deliver(&bare("en")).await), words);
    }
}

#[tokio::test]
async fn a_server_that_disconnects_is_connected_to_again() {
    // Between two letters it is nobody's loss.
    for act in [Act::Disconnect, Act::Say("421 4.4.2 idle for too long")] {
        let server = Server::start("", &[]).await;
        let mailer = server.mailer();
        mailer.deliver(&bare("en")).await.unwrap();
        server.script.lock().await.push_back(("MAIL", act));
        mailer.deliver(&bare("en")).await.unwrap();
        assert_eq!((server.heard("GREETING").await, server.heard("LETTER").await), (2, 2));
    }
    // In the middle of one, the letter waits.
    for verb in ["GREETING", "DATA", "LETTER"] {
        let server = Server::start("", &[(verb, Act::Disconnect)]).await;
        let mailer = server.mailer();
        later(mailer.deliver(&bare("en")).await);
        assert_eq!(server.heard("GREETING").await, 1, "{verb}");
        mailer.deliver(&bare("en")).await.unwrap();
    }
}

#[tokio::test]
async fn a_slow_server_times_out_and_its_late_reply_is_never_read() {
    for verb in ["GREETING", "RCPT", "LETTER"] {
        let slow = Act::Wait(Duration::from_millis(600));
        let server = Server::start("", &[(verb, slow), ("RCPT", Act::Say("550 no"))]).await;
        let mailer = server.mailer_with("smtp://HOST", Duration::from_millis(300));
        if verb != "RCPT" {
            server.script.lock().await.truncate(1);
        }
        let words = later(mailer.deliver(&bare("en")).await);
        assert_eq!(words, "the mail server took longer than 300ms (`mail.timeout`)", "{verb}");
        sleep(Duration::from_millis(400)).await;
        let next = mailer.deliver(&bare("en")).await;
        assert_eq!(next.is_ok(), verb != "RCPT", "{verb}");
        assert_eq!(server.heard("GREETING").await, 2);
    }
}

#[tokio::test]
async fn replies_out_of_order_take_no_letter() {
    let folder = tempfile::tempdir().unwrap();
    let (tls, ca) = certificate(folder.path());
    let offers = "250-STARTTLS\r\n";
    // Slipped in before TLS begins, it is read as the reply to the command after it.
    let slipped = [("STARTTLS", Act::Say("220 go on\r\n250 evil"))];
    let confused = [("DATA", Act::Say("250 Ok"))];
    for script in [slipped, confused] {
        let server = Server::listen(offers, &script, Some(tls.clone()), false).await;
        let mailer = server.trusting("smtp://HOST", Duration::from_secs(10), Some(ca.clone()));
        let words = later(mailer.deliver(&bare("en")).await);
        assert_eq!(
            words,
            "the mail server's replies are out of order, so the connection was closed; the letter is tried \
             again"
        );
        mailer.deliver(&bare("en")).await.unwrap();
        assert_eq!(server.heard("GREETING").await, 2);
    }
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let server = Server::start("", &[]).await;
    let url = format!("smtp://{}", server.address).parse().unwrap();
    let from: Sender = "noreply@usher.example".parse().unwrap();
    let settings = Settings::new(url, from.clone());
    let MailUrl::Smtp(url) = &settings.url else { unreachable!() };
    let mut smtp = Smtp::new(url, &settings).unwrap();
    let limit = Duration::from_millis(100);
    smtp.pool = Arc::new(Pool::new(4, limit));
    let mail = crate::message::compose(&bare("en"), &from, &Templates::default()).unwrap();
    for round in 1..=2 {
        smtp.deliver(&mail).await.unwrap();
        assert_eq!(server.heard("QUIT").await, round - 1);
        sleep(limit * 5).await;
        assert_eq!((server.heard("GREETING").await, server.heard("QUIT").await), (round, round));
    }
}

#[tokio::test]
async fn a_refused_connection_is_reported_at_once() {
    let server = Server::start("", &[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = listener.local_addr().unwrap().to_string();
    drop(listener);
    let mailer = server.mailer_with(&format!("smtp://{gone}"), Duration::from_secs(10));
    let words = later(mailer.deliver(&bare("en")).await);
    assert!(words.contains("refused"), "{words}");
    assert!(mailer.check().await.is_err());
}

#[tokio::test]
async fn letters_are_delivered_at_once_over_as_many_connections_as_the_pool_holds() {
    let slow = ("LETTER", Act::Wait(Duration::from_millis(200)));
    let server = Server::start(PIPELINING, &[slow; 4]).await;
    let mailer = Arc::new(server.mailer());
    let letters = (0..12).map(|_| {
        let mailer = mailer.clone();
        async move { mailer.deliver(&bare("en")).await.map_err(|it| it.to_string()) }
    });
    let sent = letters.collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    assert_eq!(server.heard("GREETING").await, 4);
    mailer.close().await;
    assert_eq!(server.heard("QUIT").await, 4);
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_a_server_that_takes_it() {
    let letter = Letter { to: Mailbox::parse("jürgen@bücher.example").unwrap(), ..bare("de") };
    let server = Server::start("", &[]).await;
    assert_eq!(
        refused(server.mailer().deliver(&letter).await),
        "the mail server does not offer SMTPUTF8, which an address needs that is not ASCII before the \
         @; use another address"
    );
    assert_eq!(server.heard("MAIL").await, 0);

    let server = Server::start("250-SMTPUTF8\r\n", &[]).await;
    server.mailer().deliver(&letter).await.unwrap();
    let said = "MAIL FROM:<noreply@usher.example> SMTPUTF8 BODY=8BITMIME";
    assert_eq!(server.heard(said).await, 1);
    assert_eq!(server.heard("RCPT TO:<jürgen@xn--bcher-kva.example>").await, 1);
}

#[tokio::test]
async fn a_domain_beyond_ascii_is_taken_by_every_server() {
    let letter = Letter { to: Mailbox::parse("ada@bücher.example").unwrap(), ..bare("de") };
    let server = Server::start("", &[]).await;
    server.mailer().deliver(&letter).await.unwrap();
    assert_eq!(server.heard("RCPT TO:<ada@xn--bcher-kva.example>").await, 1);
}

#[tokio::test]
async fn what_was_to_be_encrypted_is_not_sent_in_the_clear() {
    let server = Server::start("250-AUTH PLAIN\r\n", &[]).await;
    let mailer = server.mailer_with("smtp://u:p@HOST?tls=required", Duration::from_secs(10));
    let words = later(mailer.deliver(&bare("en")).await);
    assert!(words.starts_with("the mail server offers no STARTTLS"), "{words}");
    assert!(words.contains("tls=required") && words.ends_with("?tls=none"), "{words}");
    assert_eq!((server.heard("AUTH").await, server.heard("MAIL").await), (0, 0));
}

#[tokio::test]
async fn a_check_says_hello_and_logs_in_and_sends_nothing() {
    let server = Server::start("250-AUTH PLAIN LOGIN\r\n", &[]).await;
    let mailer = server.mailer_with("smtp://u:p%40ss@HOST", Duration::from_secs(10));
    assert_eq!(mailer.check().await.unwrap(), "250 Ok");
    for (verb, times) in [("AUTH", 1), ("NOOP", 1), ("QUIT", 1), ("MAIL", 0)] {
        assert_eq!(server.heard(verb).await, times, "{verb}");
    }
    // "\0u\0p@ss"
    assert_eq!(server.heard("AUTH PLAIN AHUAcEBzcw==").await, 1);
}

#[tokio::test]
async fn a_login_may_be_asked_for_word_by_word() {
    // What is heard are the words in base64, as verbs: `u`, then `p`.
    let script = [
        ("AUTH", Act::Say("334 VXNlcm5hbWU6")),
        ("DQ==", Act::Say("334 UGFzc3dvcmQ6")),
        ("CA==", Act::Say("235 in")),
    ];
    let server = Server::start("250-AUTH LOGIN\r\n", &script).await;
    let mailer = server.mailer_with("smtp://u:p@HOST", Duration::from_secs(10));
    mailer.check().await.unwrap();
    assert_eq!(server.heard("AUTH LOGIN").await, 1);
    assert!(server.script.lock().await.is_empty());
}

/// A certificate for 127.0.0.1, and the file of who signed it.
fn certificate(folder: &std::path::Path) -> (TlsAcceptor, PathBuf) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let path = folder.join("ca.pem");
    std::fs::write(&path, issuer.pem()).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), path)
}

#[tokio::test]
async fn letters_travel_encrypted_from_the_first_byte_or_from_starttls_on() {
    let folder = tempfile::tempdir().unwrap();
    let (tls, ca) = certificate(folder.path());
    for (url, starts) in [
        ("smtps://u:p@HOST", 0),
        ("smtp://u:p@HOST?tls=required", 1),
        ("smtp://u:p@HOST", 1),
        ("smtp://u:p@HOST?tls=none", 0),
    ] {
        let offers = "250-STARTTLS\r\n250-PIPELINING\r\n250-AUTH PLAIN\r\n";
        let implicit = url.starts_with("smtps");
        let server = Server::listen(offers, &[], Some(tls.clone()), implicit).await;
        let mailer = server.trusting(url, Duration::from_secs(10), Some(ca.clone()));
        mailer.deliver(&letter("de")).await.unwrap();
        mailer.deliver(&letter("en")).await.unwrap();
        assert_eq!(server.heard("STARTTLS").await, starts, "{url}");
        assert_eq!(server.heard("AUTH").await, 1, "{url}");
        mailer.close().await;
        assert_eq!(server.heard("QUIT").await, 1, "{url}");
    }
}

#[tokio::test]
async fn a_certificate_that_proves_nothing_stops_the_letter() {
    let folder = tempfile::tempdir().unwrap();
    let (tls, _) = certificate(folder.path());
    let (_, another) = certificate(folder.path());
    let unknown = [None, Some(another)];
    for (url, ca) in ["smtps://HOST", "smtp://HOST"]
        .into_iter()
        .flat_map(|url| unknown.clone().map(|ca| (url, ca)))
    {
        let offers = "250-STARTTLS\r\n";
        let implicit = url.starts_with("smtps");
        let server = Server::listen(offers, &[], Some(tls.clone()), implicit).await;
        let mailer = server.trusting(url, Duration::from_secs(10), ca);
        let words = later(mailer.deliver(&bare("en")).await);
        assert!(
            words.contains("invalid peer certificate") && words.contains("`mail.ca_file`"),
            "{words}"
        );
        assert_eq!(server.heard("MAIL").await, 0);
    }
}

#[tokio::test]
async fn lines_of_the_letter_that_begin_with_a_dot_arrive() {
    // A line of the message is quoted, and the rest of a long one begins the next line of the mail.
    let letter = Letter { message: Some(".".repeat(150)), ..bare("en") };
    let server = Server::start("", &[]).await;
    let mailer = server.mailer();
    mailer.deliver(&letter).await.unwrap();
    let expected = crate::message::compose(
        &letter,
        &"usher <noreply@usher.example>".parse().unwrap(),
        &Templates::default(),
    );
    let expected = expected.unwrap().content;
    assert!(expected.contains("\r\n.."), "{expected}");
    assert_eq!(server.heard(&expected).await, 1);
}
