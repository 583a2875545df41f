//! A connection to the mail server, and how a letter goes over it (RFC 5321).

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

/// How long QUIT may take.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a letter was not delivered.
pub(crate) enum Failure {
    /// Before the letter was begun. Even a 5xx is about usher's access then, and once that is
    /// mended the letter goes out.
    Connection(Error),
    /// In reply to a command of the letter's.
    Letter(Error),
    /// The address needs SMTPUTF8 (RFC 6531), and the server does not offer it.
    NoSmtpUtf8,
    /// Encryption is required, and the server does not offer STARTTLS (RFC 3207).
    NoStartTls,
    /// A reply belongs to another command.
    OutOfOrder,
    TimedOut,
    ShuttingDown,
}

impl Failure {
    /// Whether the server has closed the connection, or says that it does (421).
    pub(crate) fn is_disconnect(&self) -> bool {
        let (Self::Connection(error) | Self::Letter(error)) = self else { return false };
        error.status().is_none_or(|it| u16::from(it) == 421)
    }
}

pub(crate) struct Connection {
    smtp: AsyncSmtpConnection,
    /// Commands may be sent before the replies to those ahead of them are in (RFC 2920).
    pipelining: bool,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Ready,
    /// A letter was refused: the next one begins with RSET.
    NeedsReset,
    /// The server waits for the content of a letter which it has refused.
    AwaitsContent,
}

impl Connection {
    pub(crate) fn new(smtp: AsyncSmtpConnection, pipelining: bool) -> Self {
        Self { smtp, pipelining, state: State::Ready }
    }

    /// A command that belongs to no letter.
    pub(crate) async fn command(
        &mut self,
        command: impl std::fmt::Display,
    ) -> Result<Response, Failure> {
        self.smtp.command(command).await.map_err(Failure::Connection)
    }

    /// Sends sender and recipient, up to where the server waits for the content.
    pub(crate) async fn send_envelope(&mut self, mail: &Mail) -> Result<(), Failure> {
        let mut parameters = Vec::new();
        if !mail.to.to_string().is_ascii() {
            if !self.smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Failure::NoSmtpUtf8);
            }
            // RFC 6531 has servers that offer the one offer the other.
            parameters.push(MailParameter::SmtpUtfEight);
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if mem::replace(&mut self.state, State::Ready) == State::NeedsReset {
            completed(self.smtp.command(Rset).await)?;
        }
        let from = commands::Mail::new(Some(mail.from.clone()), parameters);
        let to = Rcpt::new(mail.to.clone(), Vec::new());
        if self.pipelining {
            let from = self.smtp.command(format!("{from}{to}{Data}")).await;
            let to = self.smtp.read_response().await;
            let data = self.smtp.read_response().await;
            let refused = from.is_err() || to.is_err();
            if refused && data.is_ok() {
                self.state = State::AwaitsContent;
            }
            completed(from)?;
            completed(to)?;
            intermediate(data)?;
        } else {
            completed(self.smtp.command(from).await)?;
            completed(self.smtp.command(to).await)?;
            intermediate(self.smtp.command(Data).await)?;
        }
        Ok(())
    }

    /// Sends the letter itself: in one write, for a final line of its own would wait until the
    /// lines before it are acknowledged.
    pub(crate) async fn send_content(&mut self, mail: &Mail) -> Result<Response, Failure> {
        let stuffed = format!("{}.\r\n", mail.content.replace("\r\n.", "\r\n.."));
        completed(self.smtp.command(stuffed).await)
    }

    /// Whether it can carry another letter.
    pub(crate) fn is_reusable_after(&mut self, sent: &Result<Response, Failure>) -> bool {
        match sent {
            Ok(_) | Err(Failure::NoSmtpUtf8) => true,
            Err(Failure::OutOfOrder) => false,
            Err(it) if it.is_disconnect() || self.state == State::AwaitsContent => false,
            Err(_) => {
                self.state = State::NeedsReset;
                true
            }
        }
    }

    pub(crate) async fn quit(mut self) {
        timeout(QUIT_TIMEOUT, self.smtp.quit()).await.ok();
    }
}

fn completed(reply: Result<Response, Error>) -> Result<Response, Failure> {
    of_severity(reply, Severity::PositiveCompletion)
}

fn intermediate(reply: Result<Response, Error>) -> Result<Response, Failure> {
    of_severity(reply, Severity::PositiveIntermediate)
}

/// lettre takes both severities for success. One in place of the other is the reply to another
/// command, such as one that somebody injected before TLS began.
fn of_severity(reply: Result<Response, Error>, expected: Severity) -> Result<Response, Failure> {
    let reply = reply.map_err(Failure::Letter)?;
    if reply.code().severity == expected { Ok(reply) } else { Err(Failure::OutOfOrder) }
}
