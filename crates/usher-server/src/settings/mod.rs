//! The settings of the operator, read from their sources and checked.

mod parse;
pub(crate) mod rules;
pub(crate) mod sections;
mod source;
pub(crate) mod urls;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use url::{Host, Url};
use usher_application::Policy;

use crate::settings::{
    rules::{BadSettings, bad, ensure},
    sections::{
        Database, Http, Invitations, Keyring, Keys, Log, Mail, Passwords, Pins, Quotas, Retention,
        Tenant, Validity, Worker,
    },
    urls::{exposing_mode, is_database, with_tls},
};

/// All settings, complete and valid. There is no `Debug`, because some are secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub data_dir: PathBuf,
    public_url: String,
    pub http: Http,
    pub database: Database,
    mail: Mail,
    keyring: Keyring,
    pub tenant: Tenant,
    invitations: Invitations,
    quotas: Quotas,
    passwords: Passwords,
    pins: Pins,
    sessions: Validity,
    tokens: Validity,
    keys: Keys,
    retention: Retention,
    pub worker: Worker,
    pub log: Log,
}

impl Settings {
    /// The defaults, overridden by the file, overridden by the environment.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, BadSettings> {
        let it: Self = source::read(file, environment)?;
        it.check()?;
        Ok(it)
    }

    fn check(&self) -> Result<(), BadSettings> {
        ensure(!self.data_dir.as_os_str().is_empty(), "data_dir", "must not be empty")?;
        self.public_url()?;
        self.http.check()?;
        self.database.check()?;
        ensure(
            is_database(&self.database_url()),
            "database.url",
            "must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        )?;
        self.mail.check()?;
        self.mail()?;
        self.tenant.check()?;
        self.invitations.check()?;
        self.quotas.check()?;
        self.passwords.check()?;
        self.pins.rules()?;
        self.sessions.check("sessions.lifetime")?;
        self.tokens.check("tokens.lifetime")?;
        self.keys.check()?;
        self.retention.check()?;
        self.worker.check()?;
        self.log.check()
    }

    /// The URL at which people reach usher, without a slash at the end.
    pub(crate) fn public_url(&self) -> Result<String, BadSettings> {
        if self.public_url.is_empty() {
            ensure(
                self.http.listen.ip().is_loopback(),
                "public_url",
                "must be set when http.listen is open to other machines; links begin with it",
            )?;
            return Ok(format!("http://localhost:{}", self.http.listen.port()));
        }
        let is_valid = |it: &Url| {
            matches!(it.scheme(), "http" | "https")
                && it.has_host()
                && it.query().is_none()
                && it.fragment().is_none()
                && it.username().is_empty()
                && it.password().is_none()
        };
        let url = Url::parse(&self.public_url).ok().filter(is_valid).ok_or_else(|| {
            let rule = "must be an http or https address, such as https://invite.example.org";
            bad("public_url", rule)
        })?;
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }

    /// Whether the public URL has others than this machine send passwords and links unencrypted.
    pub(crate) fn is_unencrypted(&self) -> bool {
        let url = self.public_url().ok().and_then(|it| Url::parse(&it).ok());
        url.is_some_and(|it| {
            let is_local = match it.host() {
                Some(Host::Domain(it)) => it == "localhost" || it.ends_with(".localhost"),
                Some(Host::Ipv4(it)) => it.is_loopback(),
                Some(Host::Ipv6(it)) => it.is_loopback(),
                None => false,
            };
            it.scheme() == "http" && !is_local
        })
    }

    pub(crate) fn database_url(&self) -> String {
        if self.database.url.is_empty() {
            let path = self.data_dir.join("usher.db").display().to_string();
            // The path becomes part of a URL, in which these two characters have a meaning.
            return format!("sqlite:{}", path.replace('%', "%25").replace('?', "%3F"));
        }
        with_tls(&self.database.url)
    }

    /// What the settings let others read on the way to other machines, and what to set instead.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut all = Vec::new();
        if self.is_unencrypted() {
            all.push(
                "public_url: it is not https, so others can read invitations and passwords on the way"
                    .to_owned(),
            );
        }
        if let Some(mode) = exposing_mode(&self.database.url) {
            all.push(format!(
                "database.url: sslmode={mode} does not make sure that the database is the right one; set \
                 sslmode=verify-full, and sslrootcert=FILE if its certificate is by your own authority"
            ));
        }
        if self.mail().is_ok_and(|it| it.url.is_exposed()) {
            all.push(
                "mail.url: letters, with their links, may be sent unencrypted; set tls=required, and \
                 mail.ca_file if the server's certificate is by your own authority"
                    .to_owned(),
            );
        }
        all
    }

    /// The file of the database if that is SQLite.
    pub(crate) fn database_file(&self) -> Option<PathBuf> {
        let url = self.database_url();
        let path = url.strip_prefix("sqlite:")?.split('?').next()?.trim_start_matches("//");
        Some(PathBuf::from(path.replace("%3F", "?").replace("%25", "%")))
    }

    pub(crate) fn mail_url(&self) -> String {
        if self.mail.url.is_empty() {
            return format!("folder:{}", self.data_dir.join("mail").display());
        }
        self.mail.url.clone()
    }

    /// How many connections to the mail server there may be.
    pub(crate) fn mail_connections(&self) -> u64 {
        u64::try_from(self.mail.pool).unwrap_or(u64::MAX)
    }

    /// How letters are sent.
    pub(crate) fn mail(&self) -> Result<usher_mail::Settings, BadSettings> {
        self.mail.settings(&self.mail_url())
    }

    /// The keyring of the settings; `None` when they have no keys.
    pub(crate) fn keyring(&self) -> Option<usher_domain::Keyring> {
        usher_domain::Keyring::new(self.keyring.keys.clone()).ok()
    }

    pub(crate) fn policy(&self) -> Result<Policy, BadSettings> {
        Ok(Policy {
            tenant: self.tenant.name.clone(),
            passwords: self.passwords.rules(),
            pins: self.pins.rules()?,
            session: self.sessions.lifetime,
            access_token: self.tokens.lifetime,
            key: self.keys.lifetime(),
            retention: self.retention.policy(),
            quotas: self.quotas.bounds(),
            ..self.invitations.applied_to(Policy::at(&self.public_url()?))
        })
    }

    /// The address at which this machine reaches a server that runs with these settings.
    pub(crate) fn local_address(&self) -> SocketAddr {
        let listen = self.http.listen;
        let ip = match listen.ip() {
            IpAddr::V4(it) if it.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(it) if it.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            it => it,
        };
        SocketAddr::new(ip, listen.port())
    }
}

#[cfg(test)]
mod tests;
