//! The mail server: how to connect to it.

use std::time::Duration;

use lettre::transport::smtp::{
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    commands::Ehlo,
    extension::ClientId,
};

use crate::{
    settings::{
        Settings,
        invalid_setting::InvalidSetting,
        url::{SmtpUrl, Tls},
    },
    transport::connection::{Connection, Failure},
};

pub(crate) struct Server {
    host: String,
    port: u16,
    tls: Tls,
    tls_parameters: TlsParameters,
    credentials: Option<Credentials>,
    hello: ClientId,
    connect_timeout: Duration,
}

impl Server {
    pub(crate) fn new(url: &SmtpUrl, settings: &Settings) -> Result<Self, InvalidSetting> {
        let invalid = |setting, rule: String| InvalidSetting { setting, rule: rule.into() };
        let mut tls_parameters = TlsParameters::builder(url.host.clone());
        if let Some(path) = &settings.ca_file {
            let invalid = |it: &dyn std::fmt::Display| {
                invalid("mail.ca_file", format!("cannot be read: {it}"))
            };
            let pem = std::fs::read(path).map_err(|it| invalid(&it))?;
            if !pem.windows(27).any(|it| it == b"-----BEGIN CERTIFICATE-----") {
                return Err(invalid(&"it holds no PEM certificate (-----BEGIN CERTIFICATE-----)"));
            }
            tls_parameters = tls_parameters
                .add_root_certificate(Certificate::from_pem(&pem).map_err(|it| invalid(&it))?);
        }
        let tls_parameters = tls_parameters.build().map_err(|it| {
            let setting = if settings.ca_file.is_some() { "mail.ca_file" } else { "mail.url" };
            invalid(setting, format!("cannot be used: {it}"))
        })?;
        // Some servers want a fully qualified name in EHLO. The sender's domain is one, where the
        // machine's name is not.
        let hello = match ClientId::default() {
            ClientId::Domain(name) if name.contains('.') => ClientId::Domain(name),
            _ => ClientId::Domain(settings.from.mailbox.domain().to_owned()),
        };
        Ok(Self {
            host: url.host.clone(),
            port: url.port,
            tls: url.tls,
            tls_parameters,
            credentials: url.credentials.clone().map(Credentials::from),
            hello,
            connect_timeout: settings.connect_timeout,
        })
    }

    /// Opens a connection that is ready for letters: encrypted and logged in, as the settings have
    /// it.
    pub(crate) async fn connect(&self) -> Result<Connection, Failure> {
        let implicit = (self.tls == Tls::Implicit).then(|| self.tls_parameters.clone());
        let limit = Some(self.connect_timeout);
        let address = (&*self.host, self.port);
        let smtp = AsyncSmtpConnection::connect_tokio1(address, limit, &self.hello, implicit, None);
        let mut smtp = smtp.await.map_err(Failure::Connection)?;
        match self.tls {
            Tls::Required if !smtp.can_starttls() => return Err(Failure::NoStartTls),
            Tls::Opportunistic | Tls::Required if smtp.can_starttls() => {
                let encrypted = smtp.starttls(self.tls_parameters.clone(), &self.hello);
                encrypted.await.map_err(Failure::Connection)?;
            }
            _ => {}
        }
        // lettre has asked already, but does not tell of this extension.
        let extensions = smtp.command(Ehlo::new(self.hello.clone())).await;
        let extensions = extensions.map_err(Failure::Connection)?;
        let pipelining = extensions.message().any(|it| it.eq_ignore_ascii_case("PIPELINING"));
        if let Some(credentials) = &self.credentials {
            smtp.auth(DEFAULT_MECHANISMS, credentials).await.map_err(Failure::Connection)?;
        }
        Ok(Connection::new(smtp, pipelining))
    }
}
