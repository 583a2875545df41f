//! Addresses of databases and mail servers.

use std::{borrow::Cow, net::IpAddr};

use url::{Host, Url, form_urlencoded};

/// A URL as it may be printed: without the password, and without the query, which may hold one.
pub(crate) fn without_secrets(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else {
        // What cannot be taken apart is not shown beyond its scheme.
        return url.split(':').next().unwrap_or("").to_owned();
    };
    if url.has_host() {
        url.set_query(None);
        let _ = url.set_password(None);
    }
    url.to_string()
}

/// How far the certificate of a PostgreSQL server must prove who it is, from the value of `sslmode`.
const CHECKS_EVERYTHING: &str = "verify-full";

/// What to do about an error of a PostgreSQL server with which there is no encrypted connection as its
/// URL demands one, or of a pooler that gives sessions of no use. Nothing but a setting or another
/// certificate helps then, and no waiting.
pub(crate) fn remedy(error: &str) -> Option<&'static str> {
    const UNKNOWN: &str = "the server's certificate is by no authority that usher knows; add \
        &sslrootcert=FILE to database.url, with the certificate of the authority in PEM";
    const UNPREPARED: &str = "a pooler gives its sessions to one transaction after the other, with the \
        prepared statements of whoever had them before; take PgBouncer 1.21 or later with \
        max_prepared_statements above 0 there, or have it give each client a session of its own \
        (pool_mode = session)";
    [
        (
            "server does not support TLS",
            "the server speaks no TLS, which sslmode=verify-full demands; it holds for every other machine \
             unless the URL says otherwise. Switch TLS on at the server or, if it is reached by a private \
             network alone, such as that of its containers, end database.url with ?sslmode=disable",
        ),
        ("UnknownIssuer", UNKNOWN),
        // By one that has the name of a known authority and another key.
        ("BadSignature", UNKNOWN),
        (
            "not valid for",
            "the server's certificate is for another host than that of database.url; write a name there \
             that the certificate has, or give the server another certificate",
        ),
        ("invalid peer certificate", "the server's certificate is not good; give it another one"),
        ("prepared statement", UNPREPARED),
    ]
    .into_iter()
    .find_map(|(words, remedy)| error.contains(words).then_some(remedy))
}

/// The URL of a database that is used for this one: to PostgreSQL on another machine, only a
/// connection is good whose certificate is that of the host, unless the URL says otherwise.
pub(crate) fn with_tls(url: &str) -> String {
    match postgres(url) {
        Some(mut url) if !is_here(&url) && ssl_mode(&url).is_none() => {
            url.query_pairs_mut().append_pair("sslmode", CHECKS_EVERYTHING);
            url.to_string()
        }
        _ => url.to_owned(),
    }
}

/// The value of `sslmode` in the URL of a PostgreSQL server on another machine, if others may read or
/// change what is sent there.
pub(crate) fn exposing_mode(url: &str) -> Option<String> {
    let url = postgres(url).filter(|it| !is_here(it))?;
    ssl_mode(&url).filter(|it| it != CHECKS_EVERYTHING)
}

fn postgres(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    ["postgres", "postgresql"].contains(&url.scheme()).then_some(url)
}

fn ssl_mode(url: &Url) -> Option<String> {
    let is_mode = |name: &str| ["sslmode", "ssl-mode"].contains(&name);
    url.query_pairs().filter(|(name, _)| is_mode(name)).last().map(|(_, it)| it.to_lowercase())
}

/// Whether the server is on this machine: by its name, or because it is reached by a socket. A
/// parameter of the query overrides the host.
fn is_here(url: &Url) -> bool {
    let is_host = |name: &str| ["host", "hostaddr"].contains(&name);
    let named = url.query_pairs().filter(|(name, _)| is_host(name)).last();
    let host = named.map(|(_, it)| it.into_owned()).or_else(|| url.host_str().map(str::to_owned));
    let host = host.unwrap_or_default();
    // A path stands for a socket; the parser leaves it encoded.
    let is_socket =
        host.is_empty() || host.starts_with('/') || host.to_lowercase().starts_with("%2f");
    is_socket
        || match Host::parse(&host) {
            Ok(Host::Domain(it)) => it == "localhost" || it.ends_with(".localhost"),
            Ok(Host::Ipv4(it)) => it.is_loopback(),
            Ok(Host::Ipv6(it)) => it.is_loopback(),
            Err(_) => host.parse().is_ok_and(|it: IpAddr| it.is_loopback()),
        }
}

/// Whether this is the URL of a database of a kind that usher supports.
pub(crate) fn is_database(url: &str) -> bool {
    match url.split_once(':') {
        Some(("sqlite", path)) => !path.is_empty(),
        _ => is_postgres(url),
    }
}

/// Whether this is the URL of a PostgreSQL database.
pub(crate) fn is_postgres(url: &str) -> bool {
    postgres(url).is_some()
}

/// The parameters of the URL of a PostgreSQL database that mean something.
const PARAMETERS: &[&str] = &[
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// The rule that the URL of a PostgreSQL database breaks by what other clients know and usher does
/// not: a choice between servers.
pub(crate) fn unusable(url: &str) -> Option<&'static str> {
    let (scheme, rest) = url.split_once("://")?;
    if !["postgres", "postgresql"].contains(&scheme) {
        return None;
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    let query = rest.split_once('?').map_or("", |(_, it)| it);
    let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let is_list = |(name, value): &(Cow<'_, str>, Cow<'_, str>)| {
        ["host", "hostaddr", "port"].contains(&name.as_ref()) && value.contains(',')
    };
    if hosts.contains(',') || parameters.iter().any(is_list) {
        return Some(
            "must name one host: usher does not try several; name a proxy or a host that leads to \
             whichever server can be written to",
        );
    }
    parameters.iter().any(|(name, _)| name == "target_session_attrs").then_some(
        "must not have target_session_attrs: usher does not choose between servers; name a proxy or a \
         host that leads to the one that can be written to",
    )
}

/// The parameters of the URL of a PostgreSQL database that mean nothing here.
pub(crate) fn ignored_parameters(url: &str) -> Vec<String> {
    let Some(url) = postgres(url) else { return Vec::new() };
    let is_known = |it: &str| PARAMETERS.contains(&it) || it.starts_with("options[");
    let names = url.query_pairs().map(|(name, _)| name.into_owned());
    names.filter(|it| !is_known(it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_asks_in_vain_is_told() {
        assert_eq!(ignored_parameters("postgres://db/a?sslmode=require&options[x]=y"), [""; 0]);
        assert_eq!(ignored_parameters("sqlite:a.db?mode=rwc"), [""; 0]);
        let ignored = "postgres://db/a?keepalives=1&user=u&connect_timeout=5";
        assert_eq!(ignored_parameters(ignored), ["keepalives", "connect_timeout"]);
    }

    #[test]
    fn certificates_are_checked_unless_the_database_is_here_or_the_url_says_otherwise() {
        for away in [
            "postgres://u:p@db.example/usher",
            "postgresql://db:5433/usher?options=x",
            "postgres://localhost/usher?hostaddr=192.0.2.1",
            "postgres://notlocalhost/usher",
        ] {
            let used = with_tls(away);
            assert!(used.starts_with(away) && used.ends_with("sslmode=verify-full"), "{used}");
            assert_eq!((exposing_mode(away), exposing_mode(&used)), (None, None));
        }
        for here in [
            "postgres://u@localhost/usher",
            "postgres://u@127.0.0.1:5432/usher",
            "postgres://u@[::1]/usher",
            "postgres:///usher",
            "postgres://%2Fvar%2Frun%2Fpostgresql/usher",
            "postgres://db.example/usher?host=/var/run/postgresql",
            "postgres://db.example/usher?hostaddr=127.0.0.1",
            "postgres://db.localhost/usher",
            "sqlite:usher.db",
        ] {
            assert_eq!((with_tls(here), exposing_mode(here)), (here.to_owned(), None), "{here}");
        }
        assert!(with_tls("postgres://localhost/usher?host=db.example").ends_with("verify-full"));
        for mode in ["disable", "prefer", "require", "verify-ca"] {
            let given = format!("postgres://db.example/usher?sslmode={mode}");
            assert_eq!(with_tls(&given), given);
            assert_eq!(exposing_mode(&given).as_deref(), Some(mode));
        }
    }
}
