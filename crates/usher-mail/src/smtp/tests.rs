use std::{collections::VecDeque, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::Mutex,
    time::sleep,
};
use usher_application::{DeliveryError, Postman as _};
use usher_domain::{Letter, Mailbox};

use crate::{
    PostOffice, Settings,
    samples::{bare, letter},
};

/// What the server does when it hears a verb, once.
#[derive(Clone, Copy)]
enum Act {
    Say(&'static str),
    HangUp,
    Wait(Duration),
}

/// A mail server that follows a script, and what it heard.
#[derive(Clone)]
struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    script: Arc<Mutex<VecDeque<(&'static str, Act)>>>,
    offers: &'static str,
}

impl Server {
    /// `GREETING`, a verb, or `LETTER` for what follows DATA; all else is answered with 250.
    async fn start(offers: &'static str, script: &[(&'static str, Act)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            heard: Arc::default(),
            script: Arc::new(Mutex::new(script.iter().copied().collect())),
            offers,
        };
        let it = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let it = it.clone();
                tokio::spawn(async move { it.converse(stream).await.ok() });
            }
        });
        server
    }

    async fn act(&self, verb: &str) -> Option<Act> {
        self.heard.lock().await.push(verb.to_owned());
        let mut script = self.script.lock().await;
        let at = script.iter().position(|(it, _)| *it == verb)?;
        script.remove(at).map(|(_, act)| act)
    }

    async fn converse(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.split();
        let mut lines = BufReader::new(read).lines();
        let mut verb = "GREETING".to_owned();
        loop {
            let reply = match verb.as_str() {
                "GREETING" => "220 test ESMTP".to_owned(),
                "EHLO" => format!("250-test\r\n{}250 8BITMIME", self.offers),
                "DATA" => "354 go on".to_owned(),
                "LETTER" => "250 2.0.0 Ok: queued as 7F".to_owned(),
                "AUTH" => "235 welcome".to_owned(),
                "QUIT" => "221 bye".to_owned(),
                _ => "250 Ok".to_owned(),
            };
            let reply = match self.act(&verb).await {
                None => reply,
                Some(Act::Say(words)) => words.to_owned(),
                Some(Act::HangUp) => return Ok(()),
                Some(Act::Wait(long)) => {
                    sleep(long).await;
                    reply
                }
            };
            write.write_all(format!("{reply}\r\n").as_bytes()).await?;
            if verb == "DATA" && reply.starts_with("354") {
                let mut letter = Vec::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    letter.push(line);
                }
                self.heard.lock().await.push(format!("{} lines", letter.len()));
                verb = "LETTER".to_owned();
                continue;
            }
            let Some(line) = lines.next_line().await? else { return Ok(()) };
            verb = line.split_whitespace().next().unwrap_or_default().to_uppercase();
            if line.contains(' ') && !line.starts_with("EHLO") {
                self.heard.lock().await.push(line);
            }
        }
    }

    async fn heard(&self, what: &str) -> usize {
        self.heard.lock().await.iter().filter(|it| *it == what).count()
    }

    fn office(&self) -> PostOffice {
        self.office_with("smtp://HOST", Duration::from_secs(10))
    }

    fn office_with(&self, url: &str, timeout: Duration) -> PostOffice {
        let url = url.replace("HOST", &self.address.to_string()).parse().unwrap();
        let from = "usher <noreply@usher.example>".parse().unwrap();
        let settings = Settings::new(url, from);
        PostOffice::new(&Settings { timeout, pool: 4, ..settings }).unwrap()
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
async fn the_servers_answer_is_told_and_the_line_kept() {
    for offers in ["", PIPELINING] {
        let server = Server::start(offers, &[]).await;
        let office = server.office();
        for _ in 0..3 {
            let answer = office.deliver(&letter("en")).await.unwrap();
            assert_eq!(answer, "250 2.0.0 Ok: queued as 7F");
        }
        assert_eq!(server.heard("GREETING").await, 1);
        assert_eq!(server.heard("MAIL FROM:<noreply@usher.example>").await, 3);
        assert_eq!(server.heard("RCPT TO:<ada@example.org>").await, 3);
        office.close().await;
        assert_eq!(server.heard("QUIT").await, 1);
        assert_eq!(later(office.deliver(&letter("en")).await), "usher is shutting down");
    }
}

#[tokio::test]
async fn a_refusal_for_good_is_told_without_the_address_and_spoils_no_line() {
    let words = "550-5.1.1 <ada@example.org>: Recipient\r\n550 5.1.1 rejected: Ada is \x07unknown";
    for offers in ["", PIPELINING] {
        let script = [("RCPT", Act::Say(words)), ("DATA", Act::Say("503 no recipients"))];
        let server = Server::start(offers, &script[..=usize::from(!offers.is_empty())]).await;
        let office = server.office();
        assert_eq!(
            refused(office.deliver(&bare("en")).await),
            "550 5.1.1 <…@example.org>: Recipient rejected: … is unknown"
        );
        office.deliver(&bare("en")).await.unwrap();
        assert_eq!((server.heard("GREETING").await, server.heard("RSET").await), (1, 1));
    }
}

#[tokio::test]
async fn a_server_that_waits_for_a_letter_it_refused_gets_none() {
    let server = Server::start(PIPELINING, &[("RCPT", Act::Say("550 no"))]).await;
    let office = server.office();
    assert_eq!(refused(office.deliver(&bare("en")).await), "550 no");
    office.deliver(&bare("en")).await.unwrap();
    assert_eq!(server.heard("GREETING").await, 2);
}

#[tokio::test]
async fn a_refusal_for_now_is_tried_later() {
    for (verb, words) in [
        ("RCPT", "450 4.2.1 mailbox busy"),
        ("MAIL", "451 4.3.0 try again"),
        ("LETTER", "452 4.3.1 no space"),
        ("RCPT", "421 4.7.0 too many"),
    ] {
        let server = Server::start("", &[(verb, Act::Say(words))]).await;
        let office = server.office();
        assert_eq!(later(office.deliver(&bare("en")).await), words);
        office.deliver(&bare("en")).await.unwrap();
    }
}

#[tokio::test]
async fn a_letter_refused_at_its_end_is_refused() {
    let server = Server::start("", &[("LETTER", Act::Say("554 5.7.1 looks like spam"))]).await;
    assert_eq!(refused(server.office().deliver(&bare("en")).await), "554 5.7.1 looks like spam");
}

#[tokio::test]
async fn who_refuses_us_does_not_refuse_the_letter() {
    for (verb, words) in [
        ("GREETING", "554 5.7.1 not from there"),
        ("AUTH", "535 5.7.8 wrong password"),
        ("MAIL", "530 5.7.0 authenticate first"),
    ] {
        let server = Server::start("250-AUTH PLAIN LOGIN\r\n", &[(verb, Act::Say(words))]).await;
        let office = server.office_with("smtp://u:p@HOST", Duration::from_secs(10));
        assert_eq!(later(office.deliver(&bare("en")).await), words);
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_is_called_again() {
    // Between two letters it is nobody's loss.
    for act in [Act::HangUp, Act::Say("421 4.4.2 idle for too long")] {
        let server = Server::start("", &[]).await;
        let office = server.office();
        office.deliver(&bare("en")).await.unwrap();
        server.script.lock().await.push_back(("MAIL", act));
        office.deliver(&bare("en")).await.unwrap();
        assert_eq!((server.heard("GREETING").await, server.heard("LETTER").await), (2, 2));
    }
    // In the middle of one, the letter waits.
    for verb in ["GREETING", "DATA", "LETTER"] {
        let server = Server::start("", &[(verb, Act::HangUp)]).await;
        let office = server.office();
        later(office.deliver(&bare("en")).await);
        assert_eq!(server.heard("GREETING").await, 1, "{verb}");
        office.deliver(&bare("en")).await.unwrap();
    }
}

#[tokio::test]
async fn a_slow_server_is_given_up_and_its_late_answer_never_heard() {
    for verb in ["GREETING", "RCPT", "LETTER"] {
        let slow = Act::Wait(Duration::from_millis(600));
        let server = Server::start("", &[(verb, slow), ("RCPT", Act::Say("550 no"))]).await;
        let office = server.office_with("smtp://HOST", Duration::from_millis(300));
        if verb != "RCPT" {
            server.script.lock().await.truncate(1);
        }
        let words = later(office.deliver(&bare("en")).await);
        assert_eq!(words, "the mail server took longer than 300ms", "{verb}");
        sleep(Duration::from_millis(400)).await;
        let next = office.deliver(&bare("en")).await;
        assert_eq!(next.is_ok(), verb != "RCPT", "{verb}");
        assert_eq!(server.heard("GREETING").await, 2);
    }
}

#[tokio::test]
async fn nobody_there_is_told_at_once() {
    let server = Server::start("", &[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = listener.local_addr().unwrap().to_string();
    drop(listener);
    let office = server.office_with(&format!("smtp://{gone}"), Duration::from_secs(10));
    let words = later(office.deliver(&bare("en")).await);
    assert!(words.contains("refused"), "{words}");
    assert!(office.check().await.is_err());
}

#[tokio::test]
async fn letters_travel_at_once_on_as_many_lines_as_there_may_be() {
    let slow = ("LETTER", Act::Wait(Duration::from_millis(200)));
    let server = Server::start(PIPELINING, &[slow; 4]).await;
    let office = Arc::new(server.office());
    let letters = (0..12).map(|_| {
        let office = office.clone();
        async move { office.deliver(&bare("en")).await.map_err(|it| it.to_string()) }
    });
    let sent = letters.collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    assert_eq!(server.heard("GREETING").await, 4);
    office.close().await;
    assert_eq!(server.heard("QUIT").await, 4);
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_a_server_that_takes_it() {
    let letter = Letter { to: Mailbox::parse("jürgen@bücher.example").unwrap(), ..bare("de") };
    let server = Server::start("", &[]).await;
    assert_eq!(
        refused(server.office().deliver(&letter).await),
        "the mail server takes no address that is not ASCII before the @ (SMTPUTF8)"
    );
    assert_eq!(server.heard("MAIL").await, 0);

    let server = Server::start("250-SMTPUTF8\r\n", &[]).await;
    server.office().deliver(&letter).await.unwrap();
    let said = "MAIL FROM:<noreply@usher.example> SMTPUTF8 BODY=8BITMIME";
    assert_eq!(server.heard(said).await, 1);
    assert_eq!(server.heard("RCPT TO:<jürgen@xn--bcher-kva.example>").await, 1);
}

#[tokio::test]
async fn a_domain_beyond_ascii_is_taken_by_every_server() {
    let letter = Letter { to: Mailbox::parse("ada@bücher.example").unwrap(), ..bare("de") };
    let server = Server::start("", &[]).await;
    server.office().deliver(&letter).await.unwrap();
    assert_eq!(server.heard("RCPT TO:<ada@xn--bcher-kva.example>").await, 1);
}

#[tokio::test]
async fn what_was_to_be_encrypted_is_not_sent_in_the_clear() {
    let server = Server::start("250-AUTH PLAIN\r\n", &[]).await;
    let office = server.office_with("smtp://u:p@HOST?tls=required", Duration::from_secs(10));
    let words = later(office.deliver(&bare("en")).await);
    assert!(words.starts_with("the mail server offers no STARTTLS"), "{words}");
    assert_eq!((server.heard("AUTH").await, server.heard("MAIL").await), (0, 0));
}

#[tokio::test]
async fn a_check_says_hello_and_logs_in_and_sends_nothing() {
    let server = Server::start("250-AUTH PLAIN LOGIN\r\n", &[]).await;
    let office = server.office_with("smtp://u:p%40ss@HOST", Duration::from_secs(10));
    assert_eq!(office.check().await.unwrap(), "250 Ok");
    for (verb, times) in [("AUTH", 1), ("NOOP", 1), ("QUIT", 1), ("MAIL", 0)] {
        assert_eq!(server.heard(verb).await, times, "{verb}");
    }
    // "\0u\0p@ss"
    assert_eq!(server.heard("AUTH PLAIN AHUAcEBzcw==").await, 1);
}

#[tokio::test]
async fn a_login_may_be_asked_for_word_by_word() {
    let script = [("AUTH", Act::Say("334 VXNlcm5hbWU6")), ("DQ==", Act::Say("235 in"))];
    let server = Server::start("250-AUTH LOGIN\r\n", &script).await;
    server.script.lock().await.push_back(("DQ==", Act::Say("235 in")));
    // What is not a verb is a word of the login: user, then password.
    server.script.lock().await.push_back(("DQ==", Act::HangUp));
    let office = server.office_with("smtp://u:p@HOST", Duration::from_secs(10));
    assert!(office.check().await.is_ok());
    assert_eq!(server.heard("AUTH LOGIN").await, 1);
}

#[tokio::test]
async fn lines_of_the_letter_that_begin_with_a_dot_arrive() {
    let letter = Letter { message: Some(".\n..\n.x".to_owned()), ..bare("en") };
    let server = Server::start("", &[]).await;
    let office = server.office();
    office.deliver(&letter).await.unwrap();
    let expected =
        crate::message::compose(&letter, &"usher <noreply@usher.example>".parse().unwrap());
    let lines = expected.unwrap().content.lines().count();
    assert_eq!(server.heard(&format!("{lines} lines")).await, 1);
}
