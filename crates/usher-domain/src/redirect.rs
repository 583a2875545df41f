//! Where a browser may be sent after accepting: only where the tenant allows it.

use std::fmt;

use url::{Host, Url};

/// Where invitations of a tenant may lead: an origin, and the beginning of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectRule(Url);

/// Why a text is not a redirect, or not one that is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum InvalidRedirect {
    #[error("must be an absolute URL without a name, a password or a backslash in it")]
    Form,
    #[error("must begin with https:// unless it leads to localhost")]
    Insecure,
    #[error("must not have a query or a fragment")]
    Rule,
    #[error("leads to where the tenant does not allow")]
    NotAllowed,
}

impl RedirectRule {
    /// Reads an origin and the beginning of a path, such as `https://app.example/welcome`.
    pub fn parse(text: &str) -> Result<Self, InvalidRedirect> {
        let url = read(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidRedirect::Rule);
        }
        Ok(Self(url))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The same origin, and a path that is the rule's or stands below it.
    fn allows(&self, url: &Url) -> bool {
        let root = self.0.path().trim_end_matches('/');
        let below = url.path().strip_prefix(root);
        self.0.origin() == url.origin()
            && below.is_some_and(|it| it.is_empty() || it.starts_with('/'))
    }
}

impl fmt::Display for RedirectRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads the address to go to after accepting, in the normal form of the URL standard.
pub fn redirect(text: &str, rules: &[RedirectRule]) -> Result<String, InvalidRedirect> {
    let url = read(text)?;
    if !rules.iter().any(|it| it.allows(&url)) {
        return Err(InvalidRedirect::NotAllowed);
    }
    Ok(url.into())
}

/// Refuses all that browsers and libraries read differently from each other.
fn read(text: &str) -> Result<Url, InvalidRedirect> {
    let is_odd = |it: char| it.is_whitespace() || it.is_control() || it == '\\';
    if text.len() > 2_048 || text.contains(is_odd) {
        return Err(InvalidRedirect::Form);
    }
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    if scheme.is_none() || rest.starts_with('/') {
        return Err(InvalidRedirect::Form);
    }
    let url = Url::parse(text).map_err(|_| InvalidRedirect::Form)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let path = url.path().to_ascii_lowercase();
    let is_hidden = ["%2f", "%5c", "%2e", "%00", "//"].iter().any(|it| path.contains(it));
    if authority.contains(['@', '%']) || is_hidden {
        return Err(InvalidRedirect::Form);
    }
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err(InvalidRedirect::Form),
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        _ => Err(InvalidRedirect::Insecure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(all: &[&str]) -> Vec<RedirectRule> {
        all.iter().map(|it| RedirectRule::parse(it).unwrap()).collect()
    }

    #[test]
    fn an_origin_and_what_stands_below_its_path_is_allowed() {
        let rules = rules(&[
            "https://app.example/welcome",
            "http://localhost:3000",
            "https://bücher.example",
        ]);
        for (text, read) in [
            ("https://app.example/welcome", "https://app.example/welcome"),
            ("https://app.example/welcome?a=1&b=%20#x", "https://app.example/welcome?a=1&b=%20#x"),
            ("HTTPS://APP.example:443/welcome/in", "https://app.example/welcome/in"),
            ("https://app.example/x/../welcome/", "https://app.example/welcome/"),
            ("http://localhost:3000/any?where", "http://localhost:3000/any?where"),
            ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
            (
                "https://app.example/welcome?next=https://evil.example",
                "https://app.example/welcome?next=https://evil.example",
            ),
        ] {
            assert_eq!(redirect(text, &rules).as_deref(), Ok(read), "{text}");
        }
    }

    #[test]
    fn nothing_else_is() {
        let rules = rules(&["https://app.example/welcome"]);
        for text in [
            "//evil.example",
            "///evil.example",
            "https:evil.example",
            "https:/evil.example",
            "https:///evil.example",
            "\\\\evil.example",
            "/\\evil.example",
            "https:\\\\evil.example",
            "https://app.example\\@evil.example/welcome",
            "https://app.example@evil.example/welcome",
            "https://app.example:x@evil.example/welcome",
            "https://a%40b@app.example/welcome",
            "https://app.example%2eevil.example/welcome",
            "https://app.example%00.evil.example/welcome",
            "https://app.example/welcome%2f..%2f..%2fevil",
            "https://app.example/welcome/%2e%2e/evil",
            "https://app.example/welcome/..%5cevil",
            "https://app.example/welcome//evil.example",
            "https://app.example/welcome/../evil",
            "https://app.example/WELCOME",
            "https://app.example/welcomed",
            "https://app.example/",
            "https://app.example.evil.example/welcome",
            "https://evil-app.example/welcome",
            "https://xn--pp-8cd.example/welcome",
            "https://аpp.example/welcome",
            "https://app.example:8443/welcome",
            "https://app。example。evil/welcome",
            "http://app.example/welcome",
            "javascript:alert(1)//https://app.example/welcome",
            "data:text/html,x",
            "ftp://app.example/welcome",
            "blob:https://app.example/welcome",
            "https://app.example/wel\tcome",
            "https://app.example/welcome\r\nSet-Cookie: a=b",
            " https://app.example/welcome",
            "",
            "welcome",
            "https://",
            "https://?",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
        ] {
            assert!(redirect(text, &rules).is_err(), "{text:?}");
        }
        assert!(redirect("https://app.example/welcome", &[]).is_err());
        assert!(
            redirect(&format!("https://app.example/welcome?{}", "a".repeat(2_048)), &rules)
                .is_err()
        );
    }

    #[test]
    fn a_rule_is_secure_and_bare() {
        assert_eq!(RedirectRule::parse("http://app.example"), Err(InvalidRedirect::Insecure));
        assert_eq!(RedirectRule::parse("https://app.example/?a"), Err(InvalidRedirect::Rule));
        assert_eq!(RedirectRule::parse("https://app.example/#"), Err(InvalidRedirect::Rule));
        assert_eq!(RedirectRule::parse("*"), Err(InvalidRedirect::Form));
        assert_eq!(
            RedirectRule::parse("https://app.example").unwrap().as_str(),
            "https://app.example/"
        );
    }
}
