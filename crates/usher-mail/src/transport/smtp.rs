//! Delivers letters to a mail server over a pool of connections.
//!
//! lettre's own pool is not used: it takes back a connection whose letter was given up half way,
//! and the next letter would read the replies to that one. Here a connection returns to the pool
//! only after its conversation has come to an end.

use std::{sync::Arc, time::Duration};

use lettre::transport::smtp::{commands::Noop, response::Response};
use tokio::time::timeout;
use usher_application::DeliveryError;

use crate::{
    message::Mail,
    settings::{Settings, invalid_setting::InvalidSetting, url::SmtpUrl},
    transport::{connection::Failure, pool::Pool, reply, server::Server},
};

/// How long a connection stays open without a letter.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct Smtp {
    server: Server,
    pool: Arc<Pool>,
    timeout: Duration,
}

impl Smtp {
    /// Opens no connection yet. Fails when `mail.ca_file` cannot be used.
    pub(crate) fn new(url: &SmtpUrl, settings: &Settings) -> Result<Self, InvalidSetting> {
        Ok(Self {
            server: Server::new(url, settings)?,
            pool: Arc::new(Pool::new(settings.pool, IDLE_LIMIT)),
            timeout: settings.timeout,
        })
    }

    /// Delivers one letter within `Settings::timeout`, and returns the server's reply.
    pub(crate) async fn deliver(&self, mail: &Mail) -> Result<String, DeliveryError> {
        let sent = timeout(self.timeout, self.send(mail)).await;
        match sent.unwrap_or(Err(Failure::TimedOut)) {
            Ok(reply) => Ok(reply::text(&reply, Some(&mail.to))),
            Err(failure) => Err(self.delivery_error(&failure, Some(mail))),
        }
    }

    /// Connects, with TLS and login as the settings have it, and disconnects.
    pub(crate) async fn check(&self) -> Result<String, DeliveryError> {
        let checked = timeout(self.timeout, async {
            let mut connection = self.server.connect().await?;
            let reply = connection.command(Noop).await?;
            connection.quit().await;
            Ok(reply::text(&reply, None))
        });
        let checked = checked.await.unwrap_or(Err(Failure::TimedOut));
        checked.map_err(|it| self.delivery_error(&it, None))
    }

    /// Waits for the letters that are being delivered, and closes all connections.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    async fn send(&self, mail: &Mail) -> Result<Response, Failure> {
        let _permit = self.pool.permit().await.ok_or(Failure::ShuttingDown)?;
        loop {
            let pooled = self.pool.take();
            let was_pooled = pooled.is_some();
            let mut connection = match pooled {
                Some(connection) => connection,
                None => self.server.connect().await?,
            };
            let sent = match connection.send_envelope(mail).await {
                // The server closed the connection between two letters: nothing of this one has
                // been sent yet.
                Err(failure) if was_pooled && failure.is_disconnect() => continue,
                Ok(()) => connection.send_content(mail).await,
                Err(failure) => Err(failure),
            };
            if connection.is_reusable_after(&sent) {
                self.pool.put_back(connection);
            }
            return sent;
        }
    }

    fn delivery_error(&self, failure: &Failure, mail: Option<&Mail>) -> DeliveryError {
        let text = |error| reply::error_text(error, mail.map(|it| &it.to));
        match failure {
            Failure::Letter(error) if error.is_permanent() && !reply::is_about_sender(error) => {
                DeliveryError::Refused(text(error))
            }
            Failure::Letter(error) | Failure::Connection(error) => {
                DeliveryError::Later(text(error))
            }
            Failure::NoSmtpUtf8 => DeliveryError::Refused(
                "the mail server does not offer SMTPUTF8, which an address needs that is not ASCII before the @; use another address".to_owned(),
            ),
            Failure::NoStartTls => DeliveryError::Later(
                "the mail server offers no STARTTLS, which `mail.url` demands: tls=required holds for every other machine unless it says otherwise, and credentials are not sent unencrypted; use smtps:// or, if the server is reached by a private network alone, such as that of containers, end `mail.url` with ?tls=none".to_owned(),
            ),
            Failure::OutOfOrder => DeliveryError::Later(
                "the mail server's replies are out of order, so the connection was closed; the letter is tried again".to_owned(),
            ),
            Failure::TimedOut => {
                DeliveryError::Later(format!("the mail server took longer than {:?} (`mail.timeout`)", self.timeout))
            }
            Failure::ShuttingDown => DeliveryError::Later("usher is shutting down".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
