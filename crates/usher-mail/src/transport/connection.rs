//! A connection to the mail server, and how a letter goes over it.

use std::{mem, time::Duration};

use lettre::transport::smtp::{
    Error,
    client::AsyncSmtpConnection,
    commands::{self, Data, Rcpt, Rset},
    extension::{Extension, MailBodyParameter, MailParameter},
    response::{Response, Severity},
};
use tokio::time::timeout;

use crate::message::Mail;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

pub(crate) enum Failure {
    /// Before a letter was spoken of. Even a 5xx is about us, and once that is mended the letter
    /// goes out.
    Line(Error),
    Letter(Error),
    NoUtf8,
    NoTls,
    /// An answer was to something else.
    Confused,
    Late,
    Closed,
}

impl Failure {
    pub(crate) fn is_hang_up(&self) -> bool {
        let (Self::Line(error) | Self::Letter(error)) = self else { return false };
        error.status().is_none_or(|it| u16::from(it) == 421)
    }
}

/// A connection to the server.
pub(crate) struct Line {
    pub(crate) connection: AsyncSmtpConnection,
    /// Commands may be sent before the answers to those ahead of them are in.
    pipelining: bool,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Fresh,
    /// A letter was refused: the next one begins with RSET.
    Used,
    /// The server waits for a letter that will not come.
    Stuck,
}

impl Line {
    pub(crate) fn new(connection: AsyncSmtpConnection, pipelining: bool) -> Self {
        Self { connection, pipelining, state: State::Fresh }
    }

    /// Says from whom and to whom.
    pub(crate) async fn announce(&mut self, mail: &Mail) -> Result<(), Failure> {
        let mut parameters = Vec::new();
        if !mail.to.to_string().is_ascii() {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Failure::NoUtf8);
            }
            // RFC 6531 has servers that offer the one offer the other.
            parameters.push(MailParameter::SmtpUtfEight);
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if mem::replace(&mut self.state, State::Fresh) == State::Used {
            done(self.connection.command(Rset).await)?;
        }
        let from = commands::Mail::new(Some(mail.from.clone()), parameters);
        let to = Rcpt::new(mail.to.clone(), Vec::new());
        if self.pipelining {
            let from = self.connection.command(format!("{from}{to}{Data}")).await;
            let to = self.connection.read_response().await;
            let data = self.connection.read_response().await;
            let refused = from.is_err() || to.is_err();
            if refused && data.is_ok() {
                self.state = State::Stuck;
            }
            done(from)?;
            done(to)?;
            go_on(data)?;
        } else {
            done(self.connection.command(from).await)?;
            done(self.connection.command(to).await)?;
            go_on(self.connection.command(Data).await)?;
        }
        Ok(())
    }

    /// Hands over the letter itself: in one piece, for a last line of its own would wait until the
    /// lines before it are acknowledged.
    pub(crate) async fn dictate(&mut self, mail: &Mail) -> Result<Response, Failure> {
        let stuffed = format!("{}.\r\n", mail.content.replace("\r\n.", "\r\n.."));
        done(self.connection.command(stuffed).await)
    }

    /// Whether it can carry another letter.
    pub(crate) fn outlives(&mut self, sent: &Result<Response, Failure>) -> bool {
        match sent {
            Ok(_) | Err(Failure::NoUtf8) => true,
            Err(Failure::Confused) => false,
            Err(failure) if failure.is_hang_up() || self.state == State::Stuck => false,
            Err(_) => {
                self.state = State::Used;
                true
            }
        }
    }

    pub(crate) async fn hang_up(mut self) {
        timeout(GOODBYE, self.connection.quit()).await.ok();
    }
}

fn done(reply: Result<Response, Error>) -> Result<Response, Failure> {
    in_order(reply, Severity::PositiveCompletion)
}

fn go_on(reply: Result<Response, Error>) -> Result<Response, Failure> {
    in_order(reply, Severity::PositiveIntermediate)
}

/// The library takes both for a yes. One in place of the other is the answer to another command,
/// such as one that somebody slipped in before TLS began.
fn in_order(reply: Result<Response, Error>, expected: Severity) -> Result<Response, Failure> {
    let reply = reply.map_err(Failure::Letter)?;
    if reply.code().severity == expected { Ok(reply) } else { Err(Failure::Confused) }
}
