//! Addresses of databases and mail servers.

use url::Url;

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

/// Whether this is the URL of a database of a kind that usher supports.
pub(crate) fn is_database(url: &str) -> bool {
    match url.split_once(':') {
        Some(("sqlite", path)) => !path.is_empty(),
        Some(("postgres" | "postgresql", _)) => Url::parse(url).is_ok(),
        _ => false,
    }
}
