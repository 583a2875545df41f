use std::fs;

use super::*;

const KEY: &str = "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

fn from_env(variables: &[(&str, &str)]) -> Result<Settings, BadSettings> {
    let owned = variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Settings::load(None, owned)
}

fn from_file(text: &str) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usher.toml");
    fs::write(&path, text).unwrap();
    let told = |it: BadSettings| it.to_string().replace(&*folder.path().to_string_lossy(), "");
    Settings::load(Some(&path), []).map_err(told)
}

fn complaint(variable: &str, value: &str) -> String {
    from_env(&[(variable, value)]).err().map(|it| it.to_string()).unwrap_or_default()
}

#[test]
fn the_defaults_are_complete_and_sound() {
    let it = from_env(&[]).unwrap();
    assert_eq!(it.public_url().unwrap(), "http://localhost:8080");
    assert_eq!(it.database_url(), "sqlite:usher-data/usher.db");
    assert_eq!(it.mail_url(), "folder:usher-data/mail");
    assert!(it.keyring().is_none());
    let mail = it.mail().unwrap();
    assert!(mail.ca_file.is_none() && mail.templates.is_none());
    assert_eq!(it.policy().unwrap(), Policy::at("http://localhost:8080"));
    assert_eq!(it.options(), Options::default());
    assert_eq!(it.worker.tasks_at_once, 4);
    assert!(DEFAULTS.lines().all(|it| it.chars().count() <= 105));
}

#[test]
fn the_environment_overrules_the_file_and_the_file_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usher.toml");
    fs::write(&path, "data_dir = \"a\"\n[http]\nlisten = \"127.0.0.1:1\"\n").unwrap();
    let environment = [
        ("USHER_DATA_DIR", "b"),
        ("USHER_WORKER__ENABLED", "false"),
        ("USHER_WORKER__AT_ONCE", "3"),
        ("USHER_WORKER__TASKS_AT_ONCE", "7"),
        ("USHER_HTTP__EXPERIMENTAL_HEADER", "demand"),
        ("USHER_HTTP__RATE", "100"),
        ("USHER_TASKS__RETENTION", "30d"),
        ("USHER_INVITATIONS__LIFETIME", "2d"),
        ("USHER_INVITATIONS__RESEND", "grace"),
        ("USHER_INVITATIONS__ORPHANED", "transfer"),
        ("USHER_PINS__LENGTH", "6"),
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
    assert_eq!(policy.pins, PinRules::new("0123456789", 6).unwrap());
    let redirects: Vec<_> = it.foundation().redirects.iter().map(ToString::to_string).collect();
    assert_eq!(redirects, ["https://a.example/x", "http://localhost:3000/"]);
    let experimental = Experimental::Demand;
    assert_eq!(it.options(), Options { experimental, rate: Some(100) });
    assert_eq!(it.policy().unwrap().retention, TimeDelta::days(30));
    assert_eq!(it.policy().unwrap().lifetime, TimeDelta::days(2));
    assert_eq!(it.policy().unwrap().resend, ResendPolicy::Grace);
    assert_eq!(it.tenant.name, "007");
    assert_eq!(it.mail_url(), "folder:b/mail");
    assert_eq!(it.mail().unwrap().templates.as_deref(), Some(Path::new("templates")));
}

#[test]
fn what_is_not_a_setting_is_refused_by_its_name() {
    assert_eq!(
        complaint("USHER_HTTP__LISEN", "x"),
        "the variable USHER_HTTP__LISEN is no setting; there are http.experimental_header, http.listen, \
         http.rate, http.shutdown"
    );
    assert_eq!(
        complaint("USHER_DATADIR", "x"),
        "the variable USHER_DATADIR is no setting; there are data_dir, public_url"
    );
    assert!(complaint("USHER_SMTP__URL", "").contains("there are sections database, http,"));
    assert_eq!(
        from_file("[worker]\nenabled = true\nthreads = 3\n").err().unwrap(),
        "`worker.threads` in /usher.toml is no setting; \
         there are worker.at_once, worker.batch, worker.enabled, worker.tasks_at_once"
    );
    assert!(from_file("[wroker]\nenabled = true\n").is_err());
    assert!(from_file("http = 3\n").is_err());
}

#[test]
fn what_belongs_to_others_is_passed_over() {
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
fn each_complaint_names_the_setting_and_the_rule() {
    let table = [
        (
            "USHER_HTTP__LISTEN=8080",
            "http.listen: must be an address and a port, such as 127.0.0.1:8080 or [::]:8080",
        ),
        (
            "USHER_HTTP__LISTEN=0.0.0.0:8080",
            "public_url: must be set when http.listen is open to other machines: it is what links begin with",
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
            "USHER_DATABASE__URL=mysql://hush@host/x",
            "database.url: must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        ),
        (
            "USHER_DATABASE__URL=postgres://a:b@[x",
            "database.url: must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        ),
        (
            "USHER_MAIL__URL=pigeon://x",
            "mail.url: must be smtp://[USER:PASSWORD@]HOST[:PORT], smtps://…, folder:PATH or none",
        ),
        ("USHER_MAIL__URL=smtp:", "mail.url: must have a valid host and port: smtp://HOST:PORT"),
        ("USHER_DATABASE__MAX_CONNECTIONS=many", "database.max_connections: must be an integer"),
        (
            "USHER_DATABASE__MAX_CONNECTIONS=0",
            "database.max_connections: must be between 1 and 1000",
        ),
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
            "invitations.lifetime_max: must be 3650d at most",
        ),
        ("USHER_INVITATIONS__RESEND=never", "invitations.resend: not one of rotate, keep, grace"),
        ("USHER_PASSWORDS__MIN_LENGTH=4", "passwords.min_length: must be between 8 and 64"),
        ("USHER_SESSIONS__LIFETIME=1s", "sessions.lifetime: must be between 1m and 3650d"),
        (
            "USHER_HTTP__EXPERIMENTAL_HEADER=maybe",
            "http.experimental_header: not one of accept, demand",
        ),
        ("USHER_HTTP__RATE=-1", "http.rate: must be an integer"),
        ("USHER_HTTP__RATE=1000001", "http.rate: must be 1000000 at most"),
        ("USHER_TASKS__RETENTION=12h", "tasks.retention: must be between 1d and 3650d"),
        ("USHER_TASKS__RETENTION=3651d", "tasks.retention: must be between 1d and 3650d"),
        ("USHER_WORKER__TASKS_AT_ONCE=0", "worker.tasks_at_once: must be between 1 and 100"),
        ("USHER_WORKER__ENABLED=perhaps", "worker.enabled: must be a boolean"),
        (
            "USHER_LOG__LEVEL=loud=very",
            "log.level: must be error, warn, info, debug or trace, for all or by module",
        ),
    ];
    complains(&table);
    let told = complaint("USHER_LOG__FORMAT", "xml");
    assert!(told.starts_with("log.format: "), "{told}");
}

#[test]
fn pins_redirects_and_orphans_have_their_rules() {
    complains(&[
        ("USHER_PINS__LENGTH=3", "pins.length: a pin has 4 to 12 characters"),
        (
            "USHER_PINS__CHARACTERS=00",
            "pins.characters: the characters are 2 to 62 letters and digits of ASCII, each once",
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

fn complains(table: &[(&str, &str)]) {
    for (given, expected) in table {
        let (variable, value) = given.split_once('=').unwrap();
        assert_eq!(complaint(variable, value), *expected, "{given}");
    }
}

#[test]
fn a_complaint_keeps_secrets() {
    let told = from_file("[keyring]\nkeys = [\"k1:hush-hush\n").err().unwrap();
    assert!(told.starts_with("/usher.toml: TOML parse error at line 2"), "{told}");
    assert!(!told.contains("hush"), "{told}");
    let told = from_file("[keyring]\nkeys = { hush = 1 }\n").err().unwrap();
    assert!(told.contains("keyring.keys.hush"), "{told}");
    assert_eq!(
        shown("postgres://usher:hush@db.example:5432/usher?password=hush"),
        "postgres://usher@db.example:5432/usher"
    );
    assert_eq!(shown("sqlite:usher-data/usher.db"), "sqlite:usher-data/usher.db");
    assert_eq!(shown("smtp://mail:hush@[bad"), "smtp");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let told = Settings::load(Some(Path::new("no-such.toml")), []).err().unwrap().to_string();
    assert!(told.contains("no-such.toml"), "{told}");
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
    assert!(!it("https://a.example").unwrap().is_in_the_clear());
    assert!(!it("http://localhost:80").unwrap().is_in_the_clear());
    assert!(it("http://a.example").unwrap().is_in_the_clear());
    assert_eq!(it("http://a.example").unwrap().local_address().to_string(), "127.0.0.1:80");
}
