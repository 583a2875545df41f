//! A mail server that replies as a test wants it to.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::mailbox::Mail;

/// What the server replies to a letter.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    Accept,
    /// Refuses each recipient with this line.
    Refuse(&'static str),
    /// Accepts the letter, and replies after this time.
    Slow(Duration),
    /// Reads the whole letter and closes the connection without a reply.
    HangUp,
}

/// A server on a port of its own, and the letters that it accepted.
#[derive(Clone)]
pub struct Smtp {
    pub address: SocketAddr,
    mails: Arc<Mutex<Vec<Mail>>>,
    reply: Arc<Mutex<Reply>>,
}

impl Smtp {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let smtp =
            Self { address, mails: Arc::default(), reply: Arc::new(Mutex::new(Reply::Accept)) };
        let server = smtp.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                // A client that hangs up ends its own conversation only.
                tokio::spawn(async move { server.converse(stream).await.ok() });
            }
        });
        smtp
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn reply(&self, reply: Reply) {
        *self.reply.lock().expect("no panic") = reply;
    }

    /// The letters that it accepted so far.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().expect("no panic").clone()
    }

    async fn converse(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 test ESMTP\r\n").await?;
        while let Some(line) = lines.next_line().await? {
            let reply = self.reply.lock().expect("no panic").clone();
            let verb = line.split_whitespace().next().unwrap_or_default().to_uppercase();
            let line = match (verb.as_str(), &reply) {
                ("EHLO", _) => "250-test\r\n250-8BITMIME\r\n250 SMTPUTF8".to_owned(),
                ("RCPT", Reply::Refuse(line)) => (*line).to_owned(),
                ("DATA", _) => {
                    write.write_all(b"354 go on\r\n").await?;
                    let mut raw = String::new();
                    while let Some(line) = lines.next_line().await? {
                        if line == "." {
                            break;
                        }
                        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                        raw.push_str("\r\n");
                    }
                    self.mails.lock().expect("no panic").push(Mail { raw });
                    match reply {
                        Reply::HangUp => return Ok(()),
                        Reply::Slow(wait) => tokio::time::sleep(wait).await,
                        Reply::Accept | Reply::Refuse(_) => {}
                    }
                    "250 2.0.0 Ok: taken".to_owned()
                }
                ("QUIT", _) => {
                    write.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                _ => "250 Ok".to_owned(),
            };
            write.write_all(format!("{line}\r\n").as_bytes()).await?;
        }
        Ok(())
    }
}
