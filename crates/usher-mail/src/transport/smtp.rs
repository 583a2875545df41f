//! A mail server, and the lines to it that are kept open.
//!
//! The library's own pool is not used: it takes back a connection whose letter was given up half
//! way, and the next letter would read the answers to that one. Here a line is kept only after its
//! conversation came to its end.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    commands::{self, Data, Ehlo, Noop, Rcpt, Rset},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    response::{Response, Severity},
};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use usher_application::DeliveryError;

use crate::{
    message::Mail,
    settings::{InvalidSetting, Settings, SmtpUrl, Tls},
    transport::reply,
};

/// How long a line is kept without a letter.
const IDLE: Duration = Duration::from_secs(30);

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

pub(crate) struct Smtp {
    server: Server,
    pool: u32,
    turns: Semaphore,
    idle: Arc<Idle>,
    timeout: Duration,
}

impl Smtp {
    pub(crate) fn new(url: &SmtpUrl, settings: &Settings) -> Result<Self, InvalidSetting> {
        let pool = u32::try_from(settings.pool.clamp(1, 10_000)).unwrap_or(1);
        Ok(Self {
            server: Server::new(url, settings)?,
            pool,
            turns: Semaphore::new(pool as usize),
            idle: Arc::new(Idle { waiting: Mutex::default(), limit: IDLE }),
            timeout: settings.timeout,
        })
    }

    pub(crate) async fn deliver(&self, mail: &Mail) -> Result<String, DeliveryError> {
        let sent = timeout(self.timeout, self.hand_over(mail)).await;
        match sent.unwrap_or(Err(Failure::Late)) {
            Ok(taken) => Ok(reply::of(&taken, &mail.to)),
            Err(failure) => Err(self.told(&failure, Some(mail))),
        }
    }

    /// Says hello and goodbye.
    pub(crate) async fn check(&self) -> Result<String, DeliveryError> {
        let greeted = timeout(self.timeout, async {
            let mut line = self.server.call().await?;
            let response = line.connection.command(Noop).await.map_err(Failure::Line)?;
            line.hang_up().await;
            Ok(reply::plain(&response))
        });
        greeted.await.unwrap_or(Err(Failure::Late)).map_err(|it| self.told(&it, None))
    }

    /// Waits for the letters in hand and hangs up.
    pub(crate) async fn close(&self) {
        // An error says that it was closed before.
        let all = self.turns.acquire_many(self.pool).await;
        self.turns.close();
        drop(all);
        self.idle.take_all(Duration::ZERO).hang_up().await;
    }

    async fn hand_over(&self, mail: &Mail) -> Result<Response, Failure> {
        let _turn = self.turns.acquire().await.map_err(|_| Failure::Closed)?;
        loop {
            let kept = self.idle.take();
            let was_kept = kept.is_some();
            let mut line = match kept {
                Some(line) => line,
                None => self.server.call().await?,
            };
            let sent = match line.announce(mail).await {
                // The server hung up while nobody spoke: nothing has been handed over yet.
                Err(failure) if was_kept && failure.is_hang_up() => continue,
                Ok(()) => line.dictate(mail).await,
                Err(failure) => Err(failure),
            };
            if line.outlives(&sent) {
                self.idle.keep(line);
            }
            return sent;
        }
    }

    fn told(&self, failure: &Failure, mail: Option<&Mail>) -> DeliveryError {
        let words = |error| reply::to(error, mail.map(|it| &it.to));
        match failure {
            Failure::Letter(error) if error.is_permanent() && !speaks_of_us(error) => {
                DeliveryError::Refused(words(error))
            }
            Failure::Letter(error) | Failure::Line(error) => DeliveryError::Later(words(error)),
            Failure::NoUtf8 => DeliveryError::Refused(
                "the mail server takes no address that is not ASCII before the @ (SMTPUTF8)".to_owned(),
            ),
            Failure::NoTls => DeliveryError::Later(
                "the mail server offers no STARTTLS, and `mail.url` demands it or has credentials, which are not sent in the clear".to_owned(),
            ),
            Failure::Confused => {
                DeliveryError::Later("the mail server's answers are out of order".to_owned())
            }
            Failure::Late => {
                DeliveryError::Later(format!("the mail server took longer than {:?}", self.timeout))
            }
            Failure::Closed => DeliveryError::Later("usher is shutting down".to_owned()),
        }
    }
}

enum Failure {
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
    fn is_hang_up(&self) -> bool {
        let (Self::Line(error) | Self::Letter(error)) = self else { return false };
        error.status().is_none_or(|it| u16::from(it) == 421)
    }
}

/// Codes that ask for a login or for TLS, wherever they come: 503 is what some servers say instead.
fn speaks_of_us(error: &Error) -> bool {
    error.status().is_some_and(|it| matches!(u16::from(it), 503 | 530 | 534 | 535 | 538))
}

struct Server {
    host: String,
    port: u16,
    tls: Tls,
    trust: TlsParameters,
    credentials: Option<Credentials>,
    hello: ClientId,
    connect_timeout: Duration,
}

impl Server {
    fn new(url: &SmtpUrl, settings: &Settings) -> Result<Self, InvalidSetting> {
        let bad = |setting, rule: String| InvalidSetting { setting, rule: rule.into() };
        let mut trust = TlsParameters::builder(url.host.clone());
        if let Some(path) = &settings.ca_file {
            let bad =
                |it: &dyn std::fmt::Display| bad("mail.ca_file", format!("cannot be read: {it}"));
            let pem = std::fs::read(path).map_err(|it| bad(&it))?;
            if !pem.windows(27).any(|it| it == b"-----BEGIN CERTIFICATE-----") {
                return Err(bad(&"it holds no PEM certificate"));
            }
            trust = trust.add_root_certificate(Certificate::from_pem(&pem).map_err(|it| bad(&it))?);
        }
        let trust = trust.build().map_err(|it| {
            let setting = if settings.ca_file.is_some() { "mail.ca_file" } else { "mail.url" };
            bad(setting, format!("cannot be used: {it}"))
        })?;
        // Some servers want a full name. The sender's domain is one where the machine's is not.
        let hello = match ClientId::default() {
            ClientId::Domain(name) if name.contains('.') => ClientId::Domain(name),
            _ => ClientId::Domain(settings.from.mailbox.domain().to_owned()),
        };
        Ok(Self {
            host: url.host.clone(),
            port: url.port,
            tls: url.tls,
            trust,
            credentials: url.credentials.clone().map(Credentials::from),
            hello,
            connect_timeout: settings.connect_timeout,
        })
    }

    /// A new line, ready for letters.
    async fn call(&self) -> Result<Line, Failure> {
        let implicit = (self.tls == Tls::Implicit).then(|| self.trust.clone());
        let limit = Some(self.connect_timeout);
        let place = (&*self.host, self.port);
        let dialled =
            AsyncSmtpConnection::connect_tokio1(place, limit, &self.hello, implicit, None);
        let mut connection = dialled.await.map_err(Failure::Line)?;
        match self.tls {
            Tls::Required if !connection.can_starttls() => return Err(Failure::NoTls),
            Tls::Opportunistic | Tls::Required if connection.can_starttls() => {
                let encrypted = connection.starttls(self.trust.clone(), &self.hello);
                encrypted.await.map_err(Failure::Line)?;
            }
            _ => {}
        }
        // The library has asked already, but does not tell of this extension.
        let extensions = connection.command(Ehlo::new(self.hello.clone())).await;
        let extensions = extensions.map_err(Failure::Line)?;
        let pipelining = extensions.message().any(|it| it.eq_ignore_ascii_case("PIPELINING"));
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(Failure::Line)?;
        }
        Ok(Line { connection, pipelining, state: State::Fresh })
    }
}

/// A connection to the server.
struct Line {
    connection: AsyncSmtpConnection,
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
    /// Says from whom and to whom.
    async fn announce(&mut self, mail: &Mail) -> Result<(), Failure> {
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
    async fn dictate(&mut self, mail: &Mail) -> Result<Response, Failure> {
        let stuffed = format!("{}.\r\n", mail.content.replace("\r\n.", "\r\n.."));
        done(self.connection.command(stuffed).await)
    }

    /// Whether it can carry another letter.
    fn outlives(&mut self, sent: &Result<Response, Failure>) -> bool {
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

    async fn hang_up(mut self) {
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

/// Lines that no letter is on.
struct Idle {
    waiting: Mutex<Waiting>,
    /// How long they are kept.
    limit: Duration,
}

#[derive(Default)]
struct Waiting {
    /// And since when.
    lines: Vec<(Instant, Line)>,
    /// Whether a task looks after them.
    watched: bool,
}

impl Idle {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that was used last: the others are those that may be hung up.
    fn take(&self) -> Option<Line> {
        self.lock().lines.pop().map(|(_, line)| line)
    }

    fn keep(self: &Arc<Self>, line: Line) {
        let mut waiting = self.lock();
        waiting.lines.push((Instant::now(), line));
        if !mem::replace(&mut waiting.watched, true) {
            tokio::spawn(watch(Arc::downgrade(self), self.limit));
        }
    }

    /// Those that have waited for at least so long.
    fn take_all(&self, waited: Duration) -> Leaving {
        let mut waiting = self.lock();
        let leaving = waiting.lines.extract_if(.., |(since, _)| since.elapsed() >= waited);
        Leaving(leaving.map(|(_, line)| line).collect())
    }
}

/// Hangs up lines that nobody needs, for as long as there are any.
async fn watch(idle: Weak<Idle>, limit: Duration) {
    loop {
        sleep(limit).await;
        let Some(idle) = idle.upgrade() else { return };
        idle.take_all(limit).hang_up().await;
        let mut waiting = idle.lock();
        if waiting.lines.is_empty() {
            waiting.watched = false;
            return;
        }
    }
}

struct Leaving(Vec<Line>);

impl Leaving {
    async fn hang_up(self) {
        self.0.into_iter().map(Line::hang_up).collect::<JoinSet<_>>().join_all().await;
    }
}

#[cfg(test)]
mod tests;
