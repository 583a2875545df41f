//! What the operator may say, where they may say it, and what is wrong with what they said.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Display,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use chrono::TimeDelta;
use config::{Config, ConfigError, Environment, File, FileFormat, Value, ValueKind};
use serde::{Deserialize, Deserializer, de::Error as _};
use url::Url;
use usher_application::{Policy, TenantPlan};
use usher_domain::{
    InvalidPinRules, Key, Keyring, Locale, Mailbox, OrphanPolicy, PasswordRules, PinRules,
    RedirectRule, ResendPolicy,
};
use usher_http::{Experimental, Options};
use usher_mail::InvalidSetting;

use crate::{
    duration,
    telemetry::{self, LogFormat},
};

/// Every setting, with its default and what it means.
pub(crate) const DEFAULTS: &str = include_str!("../../usher.default.toml");

const PREFIX: &str = "USHER_";

/// Variables with our prefix that are not settings: `--config`'s own, those of the compose file and
/// of the tests, and those that Kubernetes sets for a service called usher.
const NOT_SETTINGS: [&str; 3] = ["CONFIG", "IMAGE", "PORT"];
const NOT_SETTINGS_EITHER: [&str; 3] = ["TEST_", "PORT_", "SERVICE_"];

/// All settings, complete and sound. No `Debug`: some are secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub data_dir: PathBuf,
    public_url: String,
    pub http: Http,
    pub database: Database,
    mail: Mail,
    keyring: Keys,
    pub tenant: Tenant,
    invitations: Invitations,
    passwords: Passwords,
    pins: Pins,
    sessions: Lifetime,
    tokens: Lifetime,
    tasks: Tasks,
    pub worker: Worker,
    pub log: Log,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Http {
    #[serde(deserialize_with = "listen")]
    pub listen: SocketAddr,
    #[serde(deserialize_with = "std_duration")]
    pub shutdown: Duration,
    #[serde(deserialize_with = "experimental_header")]
    experimental_header: Experimental,
    rate: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    url: String,
    pub max_connections: u32,
    #[serde(deserialize_with = "std_duration")]
    pub connect_wait: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mail {
    url: String,
    from: String,
    pool: usize,
    #[serde(deserialize_with = "std_duration")]
    timeout: Duration,
    ca_file: String,
    templates: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(deserialize_with = "keys")]
    keys: Vec<Key>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tenant {
    pub name: String,
    display_name: String,
    #[serde(deserialize_with = "locale")]
    locale: Locale,
    #[serde(deserialize_with = "mailbox")]
    administrator: Mailbox,
    #[serde(deserialize_with = "redirects")]
    redirects: Vec<RedirectRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invitations {
    #[serde(deserialize_with = "span")]
    lifetime: TimeDelta,
    #[serde(deserialize_with = "span")]
    lifetime_min: TimeDelta,
    #[serde(deserialize_with = "span")]
    lifetime_max: TimeDelta,
    batch: usize,
    #[serde(deserialize_with = "parsed")]
    resend: ResendPolicy,
    #[serde(deserialize_with = "parsed")]
    orphaned: OrphanPolicy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Passwords {
    min_length: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pins {
    characters: String,
    length: usize,
}

impl Pins {
    fn rules(&self) -> Result<PinRules, BadSettings> {
        PinRules::new(&self.characters, self.length).map_err(|why| {
            let name = match why {
                InvalidPinRules::Length => "pins.length",
                InvalidPinRules::Characters => "pins.characters",
            };
            BadSettings(format!("{name}: {why}"))
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lifetime {
    #[serde(deserialize_with = "span")]
    lifetime: TimeDelta,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tasks {
    #[serde(deserialize_with = "span")]
    retention: TimeDelta,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Worker {
    pub enabled: bool,
    pub at_once: usize,
    pub batch: usize,
    pub tasks_at_once: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    pub level: String,
    pub format: LogFormat,
}

/// What is wrong with the settings, as the operator is told: the setting and the rule, never the
/// value, for it may be secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadSettings(String);

impl Settings {
    /// The defaults, overruled by the file, overruled by the environment.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, BadSettings> {
        let defaults = File::from_str(DEFAULTS, FileFormat::Toml);
        let known = names(&Config::builder().add_source(defaults.clone()).build()?);
        let mut all = Config::builder().add_source(defaults);
        if let Some(path) = file {
            let source = File::from(path).format(FileFormat::Toml);
            let given = Config::builder().add_source(source.clone()).build();
            let given = given.map_err(|it| unreadable(path, &it))?;
            if let Some(name) = names(&given).difference(&known).next() {
                return Err(unknown(&format!("`{name}` in {}", path.display()), name, &known));
            }
            all = all.add_source(source);
        }
        let variables: HashMap<_, _> =
            environment.into_iter().filter(|(it, _)| is_setting(it)).collect();
        for variable in variables.keys() {
            let name = variable[PREFIX.len()..].to_lowercase().replace("__", ".");
            if !known.contains(&name) {
                return Err(unknown(&format!("the variable {variable}"), &name, &known));
            }
        }
        let environment = Environment::with_prefix("USHER")
            .prefix_separator("_")
            .separator("__")
            .ignore_empty(true)
            .source(Some(variables));
        let it: Self = all.add_source(environment).build()?.try_deserialize()?;
        it.check()?;
        Ok(it)
    }

    /// The rules that no type can express.
    fn check(&self) -> Result<(), BadSettings> {
        let holds = |name: &str, holds: bool, rule: &str| {
            if holds { Ok(()) } else { Err(bad(name, rule)) }
        };
        let bounded = |name: &str, value: usize, max: usize| {
            holds(name, (1..=max).contains(&value), &format!("must be between 1 and {max}"))
        };
        let Invitations { lifetime, lifetime_min: min, lifetime_max: max, batch, .. } =
            &self.invitations;
        let second = TimeDelta::seconds(1);
        self.public_url()?;
        holds("data_dir", !self.data_dir.as_os_str().is_empty(), "must not be empty")?;
        holds(
            "database.url",
            is_database(&self.database_url()),
            "must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        )?;
        bounded("database.max_connections", self.database.max_connections as usize, 1000)?;
        self.mail()?;
        bounded("mail.pool", self.mail.pool, 1000)?;
        holds("mail.timeout", self.mail.timeout <= Duration::from_secs(90), "must be 90s at most")?;
        holds("mail.timeout", !self.mail.timeout.is_zero(), "must be longer than nothing")?;
        holds("tenant.name", is_name(&self.tenant.name), "must be 1 to 64 of a-z, 0-9, - and _")?;
        usher_domain::line("tenant.display_name", &self.tenant.display_name, 120)
            .map_err(|it| bad("tenant.display_name", it.rule))?;
        holds("invitations.lifetime_min", *min >= second, "must be 1s at least")?;
        holds("invitations.lifetime_max", *max <= TimeDelta::days(3650), "must be 3650d at most")?;
        holds(
            "invitations.lifetime",
            (min..=max).contains(&lifetime),
            "must be between invitations.lifetime_min and invitations.lifetime_max",
        )?;
        bounded("invitations.batch", *batch, 100_000)?;
        holds(
            "passwords.min_length",
            (8..=64).contains(&self.passwords.min_length),
            "must be between 8 and 64",
        )?;
        self.pins.rules()?;
        for (name, life) in [("sessions", &self.sessions), ("tokens", &self.tokens)] {
            let fits = (TimeDelta::minutes(1)..=TimeDelta::days(3650)).contains(&life.lifetime);
            holds(&format!("{name}.lifetime"), fits, "must be between 1m and 3650d")?;
        }
        holds("http.rate", self.http.rate <= 1_000_000, "must be 1000000 at most")?;
        let kept = (TimeDelta::days(1)..=TimeDelta::days(3650)).contains(&self.tasks.retention);
        holds("tasks.retention", kept, "must be between 1d and 3650d")?;
        bounded("worker.at_once", self.worker.at_once, 1000)?;
        bounded("worker.batch", self.worker.batch, 10_000)?;
        bounded("worker.tasks_at_once", self.worker.tasks_at_once, 100)?;
        telemetry::filter(&self.log.level).map_err(|it| bad("log.level", it))?;
        Ok(())
    }

    /// Where people reach usher.
    pub(crate) fn public_url(&self) -> Result<String, BadSettings> {
        let name = "public_url";
        if self.public_url.is_empty() {
            if !self.http.listen.ip().is_loopback() {
                let rule = "must be set when http.listen is open to other machines: it is what links begin with";
                return Err(bad(name, rule));
            }
            return Ok(format!("http://localhost:{}", self.http.listen.port()));
        }
        let url = Url::parse(&self.public_url);
        let sound = url.ok().filter(|it| {
            matches!(it.scheme(), "http" | "https")
                && it.has_host()
                && it.query().is_none()
                && it.fragment().is_none()
                && it.username().is_empty()
                && it.password().is_none()
        });
        let url = sound.ok_or_else(|| {
            bad(name, "must be an http or https address, such as https://invite.example.org")
        })?;
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }

    /// Whether what people send to usher travels in the clear beyond this machine.
    pub(crate) fn is_in_the_clear(&self) -> bool {
        let url = self.public_url().ok().and_then(|it| Url::parse(&it).ok());
        url.is_some_and(|it| {
            let is_local = match it.host() {
                Some(url::Host::Domain(it)) => it == "localhost" || it.ends_with(".localhost"),
                Some(url::Host::Ipv4(it)) => it.is_loopback(),
                Some(url::Host::Ipv6(it)) => it.is_loopback(),
                None => false,
            };
            it.scheme() == "http" && !is_local
        })
    }

    /// What the APIs demand of their clients.
    pub(crate) fn options(&self) -> Options {
        let rate = Some(self.http.rate).filter(|it| *it > 0);
        Options { experimental: self.http.experimental_header, rate }
    }

    pub(crate) fn database_url(&self) -> String {
        if self.database.url.is_empty() {
            let path = self.data_dir.join("usher.db").display().to_string();
            // It is read as an address, in which these two mean something.
            return format!("sqlite:{}", path.replace('%', "%25").replace('?', "%3F"));
        }
        self.database.url.clone()
    }

    /// The file of an SQLite database.
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

    /// How letters travel.
    pub(crate) fn mail(&self) -> Result<usher_mail::Settings, BadSettings> {
        let Mail { from, pool, timeout, ca_file, templates, .. } = &self.mail;
        let path = |it: &String| (!it.is_empty()).then(|| PathBuf::from(it));
        Ok(usher_mail::Settings {
            pool: *pool,
            timeout: *timeout,
            ca_file: path(ca_file),
            templates: path(templates),
            ..usher_mail::Settings::new(self.mail_url().parse()?, from.parse()?)
        })
    }

    /// The keys of the settings; `None` when they have none.
    pub(crate) fn keyring(&self) -> Option<Keyring> {
        Keyring::new(self.keyring.keys.clone()).ok()
    }

    pub(crate) fn policy(&self) -> Result<Policy, BadSettings> {
        Ok(Policy {
            lifetime: self.invitations.lifetime,
            lifetimes: (self.invitations.lifetime_min, self.invitations.lifetime_max),
            batch: self.invitations.batch,
            resend: self.invitations.resend,
            orphans: self.invitations.orphaned,
            passwords: PasswordRules { min: self.passwords.min_length },
            pins: self.pins.rules()?,
            session: self.sessions.lifetime,
            access_token: self.tokens.lifetime,
            retention: self.tasks.retention,
            ..Policy::at(&self.public_url()?)
        })
    }

    pub(crate) fn foundation(&self) -> TenantPlan {
        TenantPlan {
            name: self.tenant.name.clone(),
            display_name: self.tenant.display_name.trim().to_owned(),
            locale: self.tenant.locale.clone(),
            administrator: self.tenant.administrator.clone(),
            redirects: self.tenant.redirects.clone(),
        }
    }

    /// Where this machine reaches the server that these settings describe.
    pub(crate) fn local_address(&self) -> SocketAddr {
        let listen = self.http.listen;
        let ip = match listen.ip() {
            IpAddr::V4(it) if it.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(it) if it.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
            it => it,
        };
        SocketAddr::new(ip, listen.port())
    }
}

/// An address without what is secret in it.
pub(crate) fn shown(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else {
        return url.split(':').next().unwrap_or("").to_owned();
    };
    if url.has_host() {
        url.set_query(None);
        let _ = url.set_password(None);
    }
    url.to_string()
}

fn is_setting(variable: &str) -> bool {
    variable.strip_prefix(PREFIX).is_some_and(|it| {
        !NOT_SETTINGS.contains(&it)
            && !NOT_SETTINGS_EITHER.iter().any(|other| it.starts_with(other))
    })
}

/// The dotted names of all values.
fn names(config: &Config) -> BTreeSet<String> {
    fn walk(value: &Value, name: &str, names: &mut BTreeSet<String>) {
        match &value.kind {
            ValueKind::Table(table) => {
                for (key, value) in table {
                    let dot = if name.is_empty() { "" } else { "." };
                    walk(value, &format!("{name}{dot}{key}"), names);
                }
            }
            _ => drop(names.insert(name.to_owned())),
        }
    }
    let mut all = BTreeSet::new();
    walk(&config.cache, "", &mut all);
    all
}

fn unknown(what: &str, name: &str, known: &BTreeSet<String>) -> BadSettings {
    let section = name.split_once('.').map_or("", |(section, _)| section);
    let siblings = |section: &str| {
        let within = |it: &&String| it.split_once('.').map_or("", |(it, _)| it) == section;
        known.iter().filter(within).map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    let here = Some(siblings(section)).filter(|it| !it.is_empty());
    let sections: BTreeSet<_> =
        known.iter().filter_map(|it| it.split_once('.')).map(|(it, _)| it).collect();
    let there = || format!("sections {}", sections.into_iter().collect::<Vec<_>>().join(", "));
    BadSettings(format!("{what} is no setting; there are {}", here.unwrap_or_else(there)))
}

fn bad(name: &str, rule: impl Display) -> BadSettings {
    BadSettings(format!("{name}: {rule}"))
}

/// Where and what, without the line itself.
fn unreadable(path: &Path, error: &ConfigError) -> BadSettings {
    let told = match error {
        ConfigError::FileParse { cause, .. } => cause.to_string(),
        error => error.to_string(),
    };
    let lines: Vec<_> = told.lines().filter(|it| !it.contains('|')).collect();
    bad(&path.display().to_string(), lines.join(": "))
}

fn is_database(url: &str) -> bool {
    match url.split_once(':') {
        Some(("sqlite", path)) => !path.is_empty(),
        Some(("postgres" | "postgresql", _)) => Url::parse(url).is_ok(),
        _ => false,
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-_".contains(&it);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

impl From<InvalidSetting> for BadSettings {
    fn from(it: InvalidSetting) -> Self {
        bad(it.setting, it.rule)
    }
}

/// The setting and the rule; the value stays untold.
impl From<ConfigError> for BadSettings {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Type { key: Some(key), expected, .. } => {
                bad(&key, format!("must be {expected}"))
            }
            ConfigError::At { error, key: Some(key), .. } => bad(&key, told(&error)),
            error => Self(error.to_string()),
        }
    }
}

fn told(error: &ConfigError) -> String {
    match error {
        ConfigError::Type { expected, .. } => format!("must be {expected}"),
        ConfigError::At { error, .. } => told(error),
        error => error.to_string(),
    }
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(from: D) -> Result<T, D::Error> {
    String::deserialize(from)?.trim().parse().map_err(D::Error::custom)
}

fn listen<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let rule = "must be an address and a port, such as 127.0.0.1:8080 or [::]:8080";
    String::deserialize(from)?.trim().parse().map_err(|_| D::Error::custom(rule))
}

fn span<'de, D: Deserializer<'de>>(from: D) -> Result<TimeDelta, D::Error> {
    duration::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn std_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    span(from)?.to_std().map_err(D::Error::custom)
}

fn experimental_header<'de, D: Deserializer<'de>>(from: D) -> Result<Experimental, D::Error> {
    match String::deserialize(from)?.trim() {
        "accept" => Ok(Experimental::Accept),
        "demand" => Ok(Experimental::Demand),
        _ => Err(D::Error::custom("not one of accept, demand")),
    }
}

fn locale<'de, D: Deserializer<'de>>(from: D) -> Result<Locale, D::Error> {
    Locale::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn mailbox<'de, D: Deserializer<'de>>(from: D) -> Result<Mailbox, D::Error> {
    Mailbox::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn keys<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Key>, D::Error> {
    listed(from, Key::parse)
}

fn redirects<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<RedirectRule>, D::Error> {
    listed(from, RedirectRule::parse)
}

/// A list, or a text with commas between.
fn listed<'de, D: Deserializer<'de>, T, E: Display>(
    from: D,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        Listed(Vec<String>),
        Joined(String),
    }
    let shape = |_| D::Error::custom("must be a list of texts");
    let texts = match Texts::deserialize(from).map_err(shape)? {
        Texts::Listed(it) => it,
        Texts::Joined(it) => it.split(',').map(str::to_owned).collect(),
    };
    let given = texts.iter().map(|it| it.trim()).filter(|it| !it.is_empty());
    given.map(parse).collect::<Result<_, _>>().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests;
