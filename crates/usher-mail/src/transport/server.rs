//! The mail server: how to connect to it.

use std::time::Duration;

use lettre::transport::smtp::{
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{
        AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters, TlsParametersBuilder,
    },
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
        let tls_parameters = tls(url, settings)?.build().map_err(|it| {
            let setting = if settings.ca_file.is_some() { "mail.ca_file" } else { "mail.url" };
            InvalidSetting { setting, rule: format!("cannot be used: {it}").into() }
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

/// Whom the certificate of the server must prove it to be: a public authority says so, or those of
/// `mail.ca_file` in place of them.
fn tls(url: &SmtpUrl, settings: &Settings) -> Result<TlsParametersBuilder, InvalidSetting> {
    let parameters = TlsParameters::builder(url.host.clone());
    let Some(path) = &settings.ca_file else { return Ok(parameters) };
    let invalid = |it: &dyn std::fmt::Display| InvalidSetting {
        setting: "mail.ca_file",
        rule: format!("cannot be read: {it}").into(),
    };
    let pem = std::fs::read(path).map_err(|it| invalid(&it))?;
    if !pem.windows(27).any(|it| it == b"-----BEGIN CERTIFICATE-----") {
        return Err(invalid(&"it holds no PEM certificate (-----BEGIN CERTIFICATE-----)"));
    }
    let authorities = Certificate::from_pem(&pem).map_err(|it| invalid(&it))?;
    Ok(parameters.certificate_store(CertificateStore::None).add_root_certificate(authorities))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::settings::url::MailUrl;

    #[test]
    fn an_authority_of_ones_own_is_trusted_in_place_of_the_public_ones() {
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        let key = KeyPair::generate().unwrap();
        let authority = CertificateParams::default().self_signed(&key).unwrap();
        std::fs::write(&ca_file, authority.pem()).unwrap();
        let MailUrl::Smtp(url) = "smtps://mail.example".parse().unwrap() else { panic!() };
        let from = "usher <noreply@usher.example>".parse().unwrap();
        let settings = Settings::new(MailUrl::Smtp(url.clone()), from);
        for (ca_file, trusted) in [(None, "Default"), (Some(ca_file), "None")] {
            let settings = Settings { ca_file, ..settings.clone() };
            // Nothing else tells it: nobody here has a certificate of a public authority.
            let built = format!("{:?}", tls(&url, &settings).unwrap());
            assert!(built.contains(&format!("cert_store: {trusted}")), "{built}");
        }
    }
}
