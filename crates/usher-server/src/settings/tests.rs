use std::{collections::BTreeSet, fs};

use chrono::TimeDelta;
use config::{Config, File, FileFormat};
use usher_domain::{OrphanPolicy, PinRules, ResendPolicy};
use usher_http::{Experimental, Options, ProxyHeader, QuerySecrets, SourceDetail, TrustedProxies};

use super::{
    source::{DEFAULTS, names},
    urls::without_secrets,
    *,
};

const KEY: &str = "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

fn from_env(variables: &[(&str, &str)]) -> Result<Settings, BadSettings> {
    let owned = variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Settings::load(None, owned)
}

fn defaults() -> Config {
    Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml)).build().unwrap()
}

/// The names of all settings.
fn known() -> BTreeSet<String> {
    names(&defaults())
}

fn from_file(text: &str) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usher.toml");
    fs::write(&path, text).unwrap();
    let without_path =
        |it: BadSettings| it.to_string().replace(&*folder.path().to_string_lossy(), "");
    Settings::load(Some(&path), []).map_err(without_path)
}

fn error(variable: &str, value: &str) -> String {
    from_env(&[(variable, value)]).err().map(|it| it.to_string()).unwrap_or_default()
}

#[test]
fn the_defaults_are_complete_and_valid() {
    let it = from_env(&[]).unwrap();
    assert_eq!(it.public_url().unwrap(), "http://localhost:8080");
    assert_eq!(it.database_url(), "sqlite:usher-data/usher.db");
    assert_eq!(it.mail_url(), "folder:usher-data/mail");
    assert!(it.keyring().is_none());
    let mail = it.mail().unwrap();
    assert!(mail.ca_file.is_none() && mail.templates.is_none());
    assert_eq!(it.policy().unwrap(), Policy::at("http://localhost:8080"));
    assert_eq!(it.http.options(&it.log), Options { sign_in_rate: 60, ..Options::default() });
    assert_eq!(it.worker.tasks_at_once, 4);
    assert!(DEFAULTS.lines().all(|it| it.chars().count() <= 105));
}

#[test]
fn the_environment_overrides_the_file_and_the_file_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usher.toml");
    fs::write(&path, "data_dir = \"a\"\n[http]\nlisten = \"127.0.0.1:1\"\n").unwrap();
    let environment = [
        ("USHER_DATA_DIR", "b"),
        ("USHER_WORKER__ENABLED", "false"),
        ("USHER_WORKER__AT_ONCE", "3"),
        ("USHER_WORKER__TASKS_AT_ONCE", "7"),
        ("USHER_HTTP__EXPERIMENTAL_HEADER", "demand"),
        ("USHER_HTTP__QUERY_SECRETS", "refuse"),
        ("USHER_HTTP__RATE", "100"),
        ("USHER_HTTP__SIGN_IN_RATE", "7"),
        ("USHER_LOG__SOURCE", "full"),
        ("USHER_HTTP__TRUSTED_PROXIES", "10.0.0.0/8, fd00::1"),
        ("USHER_HTTP__PROXY_HEADER", "Forwarded"),
        ("USHER_RETENTION__TASKS", "30d"),
        ("USHER_RETENTION__SESSIONS", "0"),
        ("USHER_RETENTION__DEAD_JOBS", "0s"),
        ("USHER_RETENTION__AUDIT", "2w"),
        ("USHER_INVITATIONS__LIFETIME", "2d"),
        ("USHER_INVITATIONS__RESEND", "grace"),
        ("USHER_INVITATIONS__ORPHANED", "transfer"),
        ("USHER_PINS__LENGTH", "7"),
        ("USHER_TENANT__REDIRECTS", "https://a.example/x, http://localhost:3000"),
        ("USHER_TENANT__NAME", "007"),
        ("USHER_MAIL__URL", ""),
        ("USHER_MAIL__TEMPLATES", "templates"),
    ];
    let environment = environment.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let it = Settings::load(Some(&path), environment).unwrap();
    assert_eq!(it.data_dir, Path::new("b"));
    assert_eq!(it.http.listen.port(), 1);
    assert_eq!((it.worker.enabled, it.worker.at_once), (false, 3));
    assert_eq!(it.worker.tasks_at_once, 7);
    let policy = it.policy().unwrap();
    assert_eq!(policy.orphans, OrphanPolicy::Transfer);
    assert_eq!(policy.pins, PinRules::new("0123456789", 7).unwrap());
    let redirects: Vec<_> = it.tenant.plan().redirects.iter().map(ToString::to_string).collect();
    assert_eq!(redirects, ["https://a.example/x", "http://localhost:3000/"]);
    let experimental = Experimental::Demand;
    let trusted_proxies = TrustedProxies::parse(["10.0.0.0/8", "fd00::1"]).unwrap();
    let trusted_proxies = trusted_proxies.writing(ProxyHeader::Forwarded);
    let rate = Some(100);
    let source = SourceDetail::Full;
    let query_secrets = QuerySecrets::Refuse;
    let expected =
        Options { experimental, rate, sign_in_rate: 7, trusted_proxies, source, query_secrets };
    assert_eq!(it.http.options(&it.log), expected);
    let retention = usher_application::Retention {
        tasks: Some(TimeDelta::days(30)),
        sessions: None,
        dead_jobs: None,
        audit: Some(TimeDelta::days(14)),
        ..usher_application::Retention::default()
    };
    assert_eq!(it.policy().unwrap().retention, retention);
    assert_eq!(it.policy().unwrap().lifetime, TimeDelta::days(2));
    assert_eq!(it.policy().unwrap().resend, ResendPolicy::Grace);
    assert_eq!(it.tenant.name, "007");
    assert_eq!(it.mail_url(), "folder:b/mail");
    assert_eq!(it.mail().unwrap().templates.as_deref(), Some(Path::new("templates")));
}

/// So that no setting is read and then passed over.
#[test]
fn each_setting_that_use_cases_heed_changes_the_policy() {
    let (usual, defaults) = (from_env(&[]).unwrap().policy().unwrap(), defaults());
    let sections =
        ["invitations", "quotas", "passwords", "pins", "sessions", "tokens", "keys", "retention"];
    for name in known() {
        if !sections.iter().any(|it| name.starts_with(&format!("{it}."))) {
            continue;
        }
        let value = match (name.as_str(), defaults.get_int(&name)) {
            ("invitations.resend", _) => "rotate".to_owned(),
            ("invitations.orphaned", _) => "revoke".to_owned(),
            ("invitations.lifetime_max", _) => "20d".to_owned(),
            ("pins.characters", _) => "abc".to_owned(),
            ("retention.audit", _) | (_, Err(_)) => "36h".to_owned(),
            (_, Ok(number)) => (number + 1).to_string(),
        };
        let variable = format!("USHER_{}", name.to_uppercase().replace('.', "__"));
        let changed = from_env(&[(&variable, &value)]).map(|it| it.policy().unwrap());
        assert_ne!(changed.as_ref(), Ok(&usual), "{name} = {value}");
        assert!(changed.is_ok(), "{name} = {value}");
    }
}

#[test]
fn what_is_not_a_setting_is_refused_by_its_name() {
    let of = |section: &str| {
        let all = known().into_iter().filter(|it| it.starts_with(section));
        all.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(
        error("USHER_HTTP__LISEN", "x"),
        format!("the variable USHER_HTTP__LISEN is not a setting; known settings: {}", of("http."))
    );
    assert_eq!(
        error("USHER_DATADIR", "x"),
        "the variable USHER_DATADIR is not a setting; known settings: data_dir, public_url"
    );
    assert!(error("USHER_SMTP__URL", "").contains("known sections: database, http,"));
    assert_eq!(
        from_file("[worker]\nenabled = true\nthreads = 3\n").err().unwrap(),
        format!(
            "`worker.threads` in /usher.toml is not a setting; known settings: {}",
            of("worker.")
        )
    );
    assert!(from_file("[wroker]\nenabled = true\n").is_err());
    assert!(from_file("http = 3\n").is_err());
}

#[test]
fn variables_that_belong_to_others_are_ignored() {
    let others = [
        "USHER_TEST_POSTGRES",
        "USHER_IMAGE",
        "USHER_PORT",
        "USHER_PORT_8080_TCP_ADDR",
        "USHER_SERVICE_HOST",
        "USHER_CONFIG",
        "USHERETTE",
        "PATH",
    ];
    assert!(from_env(&others.map(|it| (it, "x"))).is_ok());
}

#[test]
fn each_error_of_a_retention_names_it_and_the_rule() {
    let table = [
        (
            "USHER_RETENTION__TASKS=12h",
            "retention.tasks: must be between 1d and 3650d, or 0: for ever",
        ),
        (
            "USHER_RETENTION__AUDIT=3651d",
            "retention.audit: must be between 1d and 3650d, or 0: for ever",
        ),
        (
            "USHER_RETENTION__SESSIONS=7",
            "retention.sessions: must be a number and a unit, such as 500ms, 30s, 15m, 12h or 7d",
        ),
    ];
    each_is_refused(&table);
}

#[test]
fn each_error_names_the_setting_and_the_rule() {
    let table = [
        (
            "USHER_HTTP__LISTEN=8080",
            "http.listen: must be an address and a port, such as 127.0.0.1:8080 or [::]:8080",
        ),
        (
            "USHER_HTTP__LISTEN=0.0.0.0:8080",
            "public_url: must be set when http.listen is open to other machines; links begin with it",
        ),
        (
            "USHER_HTTP__SHUTDOWN=1 year",
            "http.shutdown: must be a number and a unit, such as 500ms, 30s, 15m, 12h or 7d",
        ),
        (
            "USHER_PUBLIC_URL=invite.example.org",
            "public_url: must be an http or https address, such as https://invite.example.org",
        ),
        (
            "USHER_PUBLIC_URL=https://a.example/?x",
            "public_url: must be an http or https address, such as https://invite.example.org",
        ),
        (
            "USHER_PUBLIC_URL=https://ada@a.example",
            "public_url: must be an http or https address, such as https://invite.example.org",
        ),
        (
            "USHER_MAIL__URL=pigeon://x",
            "mail.url: must be smtp://[USER:PASSWORD@]HOST[:PORT], smtps://…, folder:PATH or none",
        ),
        ("USHER_MAIL__URL=smtp:", "mail.url: must have a valid host and port: smtp://HOST:PORT"),
        (
            "USHER_KEYRING__KEYS=secret",
            "keyring.keys: a key has the form name:secret, the secret in base64url",
        ),
        ("USHER_KEYRING__KEYS=k1:c2VjcmV0", "keyring.keys: a key's secret is at least 32 bytes"),
        ("USHER_TENANT__NAME=The Tenant", "tenant.name: must be 1 to 64 of a-z, 0-9, - and _"),
        (
            "USHER_TENANT__ADMINISTRATOR=root",
            "tenant.administrator: an address has the form local@domain",
        ),
        (
            "USHER_TENANT__LOCALE=english!",
            "tenant.locale: not a language tag such as `de` or `de-AT`",
        ),
        (
            "USHER_TENANT__DISPLAY_NAME=www.evil.example",
            "tenant.display_name: must not contain a link",
        ),
        (
            "USHER_INVITATIONS__LIFETIME=0s",
            "invitations.lifetime: must be between invitations.lifetime_min and invitations.lifetime_max",
        ),
        (
            "USHER_INVITATIONS__LIFETIME_MAX=400000d",
            "invitations.lifetime_max: must be between 1s and 3650d",
        ),
        ("USHER_INVITATIONS__RESEND=never", "invitations.resend: not one of rotate, keep, grace"),
        ("USHER_PASSWORDS__MIN_LENGTH=4", "passwords.min_length: must be between 8 and 64"),
        ("USHER_KEYS__LIFETIME=1s", "keys.lifetime: must be between 1h and 3650d"),
        ("USHER_SESSIONS__LIFETIME=1s", "sessions.lifetime: must be between 1m and 3650d"),
        (
            "USHER_HTTP__EXPERIMENTAL_HEADER=maybe",
            "http.experimental_header: not one of accept, demand",
        ),
        ("USHER_HTTP__QUERY_SECRETS=no", "http.query_secrets: not one of accept, refuse"),
        (
            "USHER_HTTP__MAX_CONNECTIONS=1000001",
            "http.max_connections: must be between 0 and 1000000",
        ),
        ("USHER_HTTP__RATE=-1", "http.rate: must be an integer"),
        ("USHER_HTTP__RATE=1000001", "http.rate: must be between 0 and 1000000"),
        ("USHER_MAIL__TIMEOUT=0s", "mail.timeout: must be between 1ms and 90s"),
        ("USHER_MAIL__TIMEOUT=91s", "mail.timeout: must be between 1ms and 90s"),
        ("USHER_WORKER__TASKS_AT_ONCE=0", "worker.tasks_at_once: must be between 1 and 100"),
        ("USHER_WORKER__ENABLED=perhaps", "worker.enabled: must be a boolean"),
        (
            "USHER_LOG__LEVEL=loud=very",
            "log.level: must be error, warn, info, debug or trace, for all or by module",
        ),
        ("USHER_LOG__FORMAT=xml", "log.format: not one of text, json"),
        ("USHER_LOG__SOURCE=half", "log.source: not one of truncated, full, none"),
    ];
    each_is_refused(&table);
}

#[test]
fn each_error_about_the_database_names_the_setting_and_the_rule() {
    each_is_refused(&[
        (
            "USHER_DATABASE__URL=mysql://hush@host/x",
            "database.url: must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        ),
        (
            "USHER_DATABASE__URL=postgres://a:b@[x",
            "database.url: must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        ),
        (
            "USHER_DATABASE__URL=postgres://u:p@a.example:5432,b.example:5432/usher",
            "database.url: must name one host: usher does not try several; name a proxy or a host that \
             leads to whichever server can be written to",
        ),
        (
            "USHER_DATABASE__URL=postgres:///usher?host=a,b",
            "database.url: must name one host: usher does not try several; name a proxy or a host that \
             leads to whichever server can be written to",
        ),
        (
            "USHER_DATABASE__URL=postgres://u@a.example/usher?target_session_attrs=read-write",
            "database.url: must not have target_session_attrs: usher does not choose between servers; \
             name a proxy or a host that leads to the one that can be written to",
        ),
        (
            "USHER_DATABASE__LISTEN_URL=postgres://u@a,b/usher",
            "database.listen_url: must name one host: usher does not try several; name a proxy or a host \
             that leads to whichever server can be written to",
        ),
        (
            "USHER_DATABASE__LISTEN_URL=sqlite:usher.db",
            "database.listen_url: must be postgres://USER:PASSWORD@HOST/DATABASE, or none, or empty for \
             database.url",
        ),
        ("USHER_DATABASE__MAX_CONNECTIONS=many", "database.max_connections: must be an integer"),
        (
            "USHER_DATABASE__MAX_CONNECTIONS=0",
            "database.max_connections: must be between 1 and 1000",
        ),
    ]);
}

#[test]
fn pins_redirects_and_orphans_have_their_rules() {
    each_is_refused(&[
        ("USHER_PINS__LENGTH=3", "pins.length: a pin has 4 to 12 characters"),
        (
            "USHER_PINS__CHARACTERS=00",
            "pins.characters: the characters of pins are 2 to 62 letters and digits of ASCII, each once",
        ),
        (
            "USHER_TENANT__REDIRECTS=http://a.example",
            "tenant.redirects: must begin with https:// unless it leads to localhost",
        ),
        (
            "USHER_INVITATIONS__ORPHANED=lose",
            "invitations.orphaned: not one of keep, revoke, transfer",
        ),
    ]);
}

fn each_is_refused(table: &[(&str, &str)]) {
    for (given, expected) in table {
        let (variable, value) = given.split_once('=').unwrap();
        assert_eq!(error(variable, value), *expected, "{given}");
    }
}

#[test]
fn an_error_shows_no_secret() {
    let error = from_file("[keyring]\nkeys = [\"k1:hush-hush\n").err().unwrap();
    assert!(error.starts_with("/usher.toml: TOML parse error at line 2"), "{error}");
    assert!(!error.contains("hush"), "{error}");
    let error = from_file("[keyring]\nkeys = { hush = 1 }\n").err().unwrap();
    assert!(error.contains("keyring.keys.hush"), "{error}");
    assert_eq!(
        without_secrets("postgres://usher:hush@db.example:5432/usher?password=hush"),
        "postgres://usher@db.example:5432/usher"
    );
    assert_eq!(without_secrets("sqlite:usher-data/usher.db"), "sqlite:usher-data/usher.db");
    assert_eq!(without_secrets("smtp://mail:hush@[bad"), "smtp");
}

#[test]
fn a_missing_file_is_named() {
    let error = Settings::load(Some(Path::new("no-such.toml")), []).err().unwrap().to_string();
    assert!(error.contains("no-such.toml"), "{error}");
}

#[test]
fn keys_come_as_a_list_or_with_commas() {
    let listed = from_file(&format!("[keyring]\nkeys = [\"{KEY}\", \"{KEY}\"]\n")).unwrap();
    let joined = from_env(&[("USHER_KEYRING__KEYS", &format!("{KEY}, {KEY},"))]).unwrap();
    for it in [listed, joined] {
        assert_eq!(it.keyring.keys.len(), 2);
        assert!(it.keyring().is_some());
    }
}

#[test]
fn links_begin_with_the_public_url() {
    let it = |url| from_env(&[("USHER_HTTP__LISTEN", "0.0.0.0:80"), ("USHER_PUBLIC_URL", url)]);
    assert_eq!(
        it("https://Invite.Example.org/").unwrap().public_url().unwrap(),
        "https://invite.example.org"
    );
    assert_eq!(it("https://a.example/b/").unwrap().public_url().unwrap(), "https://a.example/b");
    assert!(!it("https://a.example").unwrap().is_unencrypted());
    assert!(!it("http://localhost:80").unwrap().is_unencrypted());
    assert!(!it("http://a.localhost").unwrap().is_unencrypted());
    assert!(it("http://a.example").unwrap().is_unencrypted());
    assert!(it("http://notlocalhost").unwrap().is_unencrypted());
    assert_eq!(it("http://a.example").unwrap().local_address().to_string(), "127.0.0.1:80");
}

#[test]
fn every_setting_refuses_a_value_of_another_type_by_its_name() {
    for name in known() {
        let (section, key) = name.split_once('.').unwrap_or(("", &name));
        let header = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
        let error = from_file(&format!("{header}{key} = [[1]]\n")).err().unwrap_or_default();
        assert!(error.starts_with(&format!("{name}: must be ")), "{name}: {error}");
    }
}

#[test]
fn every_number_has_bounds_that_its_error_names() {
    let defaults = defaults();
    for name in known().into_iter().filter(|it| {
        let value = defaults.get::<config::Value>(it).unwrap();
        matches!(value.kind, config::ValueKind::I64(_))
    }) {
        let variable = format!("USHER_{}", name.to_uppercase().replace('.', "__"));
        for value in ["-1", "4000000000"] {
            let error = error(&variable, value);
            assert!(error.starts_with(&format!("{name}: ")), "{name} = {value}: {error}");
        }
    }
}

/// So that who adds a setting documents it, and who changes a default says so.
#[test]
fn the_documentation_has_every_setting_with_its_default() {
    let documentation = include_str!("../../../../docs/configuration.md");
    let rows: Vec<Vec<_>> = documentation
        .lines()
        .filter(|it| it.starts_with("| `"))
        .map(|it| it.split('|').map(str::trim).collect())
        .collect();
    let defaults = defaults();
    for name in known() {
        let row = rows.iter().find(|it| it[1].split(", ").any(|it| it == format!("`{name}`")));
        let row = row.unwrap_or_else(|| panic!("docs/configuration.md has no row for {name}"));
        let default = defaults.get_string(&name).unwrap_or_default();
        let is_said = default.is_empty() || row[2].contains(&format!("`{default}`"));
        assert!(is_said, "docs/configuration.md: {name}: the default is {default}");
    }
}

#[test]
fn what_others_can_read_on_the_way_is_warned_of() {
    let warned = |variables: &[(&str, &str)]| -> Vec<String> {
        let all = from_env(variables).unwrap().warnings();
        all.into_iter().map(|it| it.split(':').next().unwrap().to_owned()).collect()
    };
    let (database, mail, none) = ("USHER_DATABASE__URL", "USHER_MAIL__URL", Vec::<&str>::new());
    assert_eq!(warned(&[]), none);
    assert_eq!(warned(&[("USHER_PUBLIC_URL", "http://a.example")]), ["public_url"]);
    assert_eq!(warned(&[(database, "postgres://db.example/a")]), none);
    assert_eq!(warned(&[(database, "postgres://localhost/a?sslmode=disable")]), none);
    assert_eq!(warned(&[(database, "postgres://db/a?sslmode=require")]), ["database.url"]);
    assert_eq!(warned(&[(mail, "smtp://mail.example")]), none);
    assert_eq!(warned(&[(mail, "smtp://mail.example?tls=none")]), ["mail.url"]);
    let used = from_env(&[(database, "postgres://u:p@db.example/a")]).unwrap().database_url();
    assert_eq!(used, "postgres://u:p@db.example/a?sslmode=verify-full");
}
