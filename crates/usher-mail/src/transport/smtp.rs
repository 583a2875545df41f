//! A mail server, and the lines to it that are kept open.
//!
//! The library's own pool is not used: it takes back a connection whose letter was given up half
//! way, and the next letter would read the answers to that one. Here a line is kept only after its
//! conversation came to its end.

use std::{sync::Arc, time::Duration};

use lettre::transport::smtp::{Error, commands::Noop, response::Response};
use tokio::{sync::Semaphore, time::timeout};
use usher_application::DeliveryError;

use crate::{
    message::Mail,
    settings::{Settings, invalid_setting::InvalidSetting, url::SmtpUrl},
    transport::{connection::Failure, pool::Idle, reply, server::Server},
};

/// How long a line is kept without a letter.
const IDLE: Duration = Duration::from_secs(30);

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
            idle: Arc::new(Idle::new(IDLE)),
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

/// Codes that ask for a login or for TLS, wherever they come: 503 is what some servers say instead.
fn speaks_of_us(error: &Error) -> bool {
    error.status().is_some_and(|it| matches!(u16::from(it), 503 | 530 | 534 | 535 | 538))
}

#[cfg(test)]
mod tests;
