//! The sections of the settings: what each one holds, and the rules of its values.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use chrono::TimeDelta;
use serde::Deserialize;
use usher_application::{Policy, TenantPlan};
use usher_domain::{
    Credential, InvalidPinRules, Key, Locale, Mailbox, OrphanPolicy, PasswordRules, PinRules,
    RedirectRule, ResendPolicy,
};
use usher_http::{Experimental, Options, ProxyHeader, QuerySecrets, SourceDetail, TrustedProxies};
use usher_persistence::Listen;

use crate::{
    settings::{
        parse::{
            experimental_header, kept, keys, listen, locale, mailbox, networks, parsed,
            query_secrets, redirects, std_duration, time_delta,
        },
        rules::{BadSettings, bad, ensure, ensure_lasts, ensure_within},
        urls::{ignored_parameters, is_postgres, unusable, with_tls},
    },
    telemetry::{self, LogFormat},
};

/// The longest that anything lasts: ten years.
const LONGEST: TimeDelta = TimeDelta::days(3650);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Http {
    #[serde(deserialize_with = "listen")]
    pub listen: SocketAddr,
    pub max_connections: u32,
    #[serde(deserialize_with = "std_duration")]
    pub shutdown: Duration,
    #[serde(deserialize_with = "experimental_header")]
    experimental_header: Experimental,
    #[serde(deserialize_with = "query_secrets")]
    query_secrets: QuerySecrets,
    rate: u32,
    sign_in_rate: u32,
    #[serde(deserialize_with = "networks")]
    trusted_proxies: TrustedProxies,
    #[serde(deserialize_with = "parsed")]
    proxy_header: ProxyHeader,
}

impl Http {
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        ensure_within(0..=1_000_000, "http.max_connections", self.max_connections)?;
        ensure_within(0..=1_000_000, "http.rate", self.rate)?;
        ensure_within(0..=1_000_000, "http.sign_in_rate", self.sign_in_rate)
    }

    /// What the HTTP surface demands of its clients.
    pub(crate) fn options(&self, log: &Log) -> Options {
        let rate = Some(self.rate).filter(|it| *it > 0);
        Options {
            experimental: self.experimental_header,
            query_secrets: self.query_secrets,
            rate,
            sign_in_rate: self.sign_in_rate,
            trusted_proxies: self.trusted_proxies.clone().writing(self.proxy_header),
            source: log.source,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    pub url: String,
    listen_url: String,
    pub max_connections: u32,
    #[serde(deserialize_with = "std_duration")]
    pub connect_wait: Duration,
}

impl Database {
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        for (setting, url) in
            [("database.url", &self.url), ("database.listen_url", &self.listen_url)]
        {
            if let Some(rule) = unusable(url) {
                return Err(bad(setting, rule));
            }
        }
        ensure(
            ["", "none"].contains(&self.listen_url.as_str()) || is_postgres(&self.listen_url),
            "database.listen_url",
            "must be postgres://USER:PASSWORD@HOST/DATABASE, or none, or empty for database.url",
        )?;
        ensure_within(1..=1000, "database.max_connections", self.max_connections)
    }

    /// How workers hear of jobs from other nodes.
    pub(crate) fn listen(&self) -> Listen {
        match self.listen_url.as_str() {
            "" => Listen::AtDatabase,
            "none" => Listen::Never,
            url => Listen::At(with_tls(url)),
        }
    }

    /// Parameters of the URLs that mean nothing here, each with its setting.
    pub(crate) fn ignored_parameters(&self) -> Vec<(&'static str, String)> {
        let all = [("database.url", &self.url), ("database.listen_url", &self.listen_url)];
        let ignored = |(setting, url): (_, &String)| {
            ignored_parameters(url).into_iter().map(move |it| (setting, it))
        };
        all.into_iter().flat_map(ignored).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    pub url: String,
    from: String,
    pub(super) pool: usize,
    #[serde(deserialize_with = "time_delta")]
    timeout: TimeDelta,
    ca_file: String,
    templates: String,
}

impl Mail {
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        ensure_within(1..=1000, "mail.pool", self.pool)?;
        let timeouts = TimeDelta::milliseconds(1)..=TimeDelta::seconds(90);
        ensure_lasts(timeouts, "mail.timeout", self.timeout)
    }

    /// How letters are sent to `url`.
    pub(crate) fn settings(&self, url: &str) -> Result<usher_mail::Settings, BadSettings> {
        let path = |it: &String| (!it.is_empty()).then(|| PathBuf::from(it));
        Ok(usher_mail::Settings {
            pool: self.pool,
            timeout: self.timeout.to_std().map_err(|it| bad("mail.timeout", it))?,
            ca_file: path(&self.ca_file),
            templates: path(&self.templates),
            ..usher_mail::Settings::new(url.parse()?, self.from.parse()?)
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keyring {
    #[serde(deserialize_with = "keys")]
    pub keys: Vec<Key>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tenant {
    pub name: String,
    display_name: String,
    #[serde(deserialize_with = "locale")]
    locale: Locale,
    #[serde(deserialize_with = "mailbox")]
    pub administrator: Mailbox,
    #[serde(deserialize_with = "redirects")]
    redirects: Vec<RedirectRule>,
}

impl Tenant {
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        let is_allowed =
            |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-_".contains(&it);
        let is_name = (1..=64).contains(&self.name.len()) && self.name.bytes().all(is_allowed);
        ensure(is_name, "tenant.name", "must be 1 to 64 of a-z, 0-9, - and _")?;
        usher_domain::line("tenant.display_name", &self.display_name, 120)
            .map(drop)
            .map_err(|it| bad("tenant.display_name", it.rule))
    }

    /// The tenant that the first start makes.
    pub(crate) fn plan(&self) -> TenantPlan {
        TenantPlan {
            name: self.name.clone(),
            display_name: self.display_name.trim().to_owned(),
            locale: self.locale.clone(),
            administrator: self.administrator.clone(),
            redirects: self.redirects.clone(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invitations {
    #[serde(deserialize_with = "time_delta")]
    lifetime: TimeDelta,
    #[serde(deserialize_with = "time_delta")]
    lifetime_min: TimeDelta,
    #[serde(deserialize_with = "time_delta")]
    lifetime_max: TimeDelta,
    batch: usize,
    #[serde(deserialize_with = "parsed")]
    resend: ResendPolicy,
    #[serde(deserialize_with = "parsed")]
    orphaned: OrphanPolicy,
}

impl Invitations {
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        let lifetimes = TimeDelta::seconds(1)..=LONGEST;
        ensure_lasts(lifetimes.clone(), "invitations.lifetime_min", self.lifetime_min)?;
        ensure_lasts(lifetimes, "invitations.lifetime_max", self.lifetime_max)?;
        ensure(
            (self.lifetime_min..=self.lifetime_max).contains(&self.lifetime),
            "invitations.lifetime",
            "must be between invitations.lifetime_min and invitations.lifetime_max",
        )?;
        ensure_within(1..=100_000, "invitations.batch", self.batch)
    }

    pub(crate) fn applied_to(&self, policy: Policy) -> Policy {
        Policy {
            lifetime: self.lifetime,
            lifetimes: (self.lifetime_min, self.lifetime_max),
            batch: self.batch,
            resend: self.resend,
            orphans: self.orphaned,
            ..policy
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quotas {
    mailbox: u32,
    requested: u32,
    invitation: u32,
    caller: u32,
    tenant: u32,
    tasks: u32,
    sessions: u32,
}

impl Quotas {
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        ensure_within(0..=1_000_000, "quotas.mailbox", self.mailbox)?;
        ensure_within(0..=1_000_000, "quotas.requested", self.requested)?;
        ensure_within(0..=1_000_000, "quotas.invitation", self.invitation)?;
        ensure_within(0..=1_000_000_000, "quotas.caller", self.caller)?;
        ensure_within(0..=1_000_000_000, "quotas.tenant", self.tenant)?;
        ensure_within(0..=1_000_000, "quotas.tasks", self.tasks)?;
        ensure_within(0..=1_000, "quotas.sessions", self.sessions)
    }

    /// How many letters, invitations, tasks and sessions there may be.
    pub(crate) fn bounds(&self) -> usher_domain::Quotas {
        let Self { mailbox, requested, invitation, caller, tenant, tasks, sessions } = *self;
        usher_domain::Quotas { mailbox, requested, invitation, caller, tenant, tasks, sessions }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Passwords {
    min_length: usize,
}

impl Passwords {
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        ensure_within(8..=64, "passwords.min_length", self.min_length)
    }

    pub(crate) fn rules(&self) -> PasswordRules {
        PasswordRules { min: self.min_length }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pins {
    characters: String,
    length: usize,
}

impl Pins {
    pub(crate) fn rules(&self) -> Result<PinRules, BadSettings> {
        PinRules::new(&self.characters, self.length).map_err(|why| match why {
            InvalidPinRules::Length => bad("pins.length", why),
            InvalidPinRules::Characters => bad("pins.characters", why),
        })
    }
}

/// How long something is valid: a session, or an access token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Validity {
    #[serde(deserialize_with = "time_delta")]
    pub lifetime: TimeDelta,
}

impl Validity {
    pub(crate) fn check(&self, setting: &str) -> Result<(), BadSettings> {
        ensure_lasts(TimeDelta::minutes(1)..=LONGEST, setting, self.lifetime)
    }
}

/// Keys for the APIs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {
    #[serde(deserialize_with = "time_delta")]
    lifetime: TimeDelta,
}

impl Keys {
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        let (min, max) = Credential::LIVES;
        self.lifetime().map_or(Ok(()), |it| ensure_lasts(min..=max, "keys.lifetime", it))
    }

    /// How long a new key is good; `None`: until it is revoked.
    pub(crate) fn lifetime(&self) -> Option<TimeDelta> {
        Some(self.lifetime).filter(|it| !it.is_zero())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retention {
    #[serde(deserialize_with = "kept")]
    sessions: Option<TimeDelta>,
    #[serde(deserialize_with = "kept")]
    invitations: Option<TimeDelta>,
    #[serde(deserialize_with = "kept")]
    deliveries: Option<TimeDelta>,
    #[serde(deserialize_with = "kept")]
    dead_jobs: Option<TimeDelta>,
    #[serde(deserialize_with = "kept")]
    audit: Option<TimeDelta>,
    #[serde(deserialize_with = "kept")]
    tasks: Option<TimeDelta>,
}

impl Retention {
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        for (setting, kept) in [
            ("retention.sessions", self.sessions),
            ("retention.invitations", self.invitations),
            ("retention.deliveries", self.deliveries),
            ("retention.dead_jobs", self.dead_jobs),
            ("retention.audit", self.audit),
            ("retention.tasks", self.tasks),
        ] {
            let lasts = kept.is_none_or(|it| (TimeDelta::days(1)..=LONGEST).contains(&it));
            ensure(lasts, setting, "must be between 1d and 3650d, or 0: for ever")?;
        }
        Ok(())
    }

    /// How long what is over is kept.
    pub(crate) fn policy(&self) -> usher_application::Retention {
        let &Self { sessions, invitations, deliveries, dead_jobs, audit, tasks } = self;
        usher_application::Retention { sessions, invitations, deliveries, dead_jobs, audit, tasks }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Worker {
    pub enabled: bool,
    pub at_once: usize,
    pub batch: usize,
    pub tasks_at_once: usize,
}

impl Worker {
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        ensure_within(1..=1000, "worker.at_once", self.at_once)?;
        ensure_within(1..=10_000, "worker.batch", self.batch)?;
        ensure_within(1..=100, "worker.tasks_at_once", self.tasks_at_once)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    pub level: String,
    #[serde(deserialize_with = "parsed")]
    pub format: LogFormat,
    #[serde(deserialize_with = "parsed")]
    source: SourceDetail,
}

impl Log {
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        telemetry::filter(&self.level).map(drop).map_err(|it| bad("log.level", it))
    }
}
