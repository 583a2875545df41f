//! Where letters go: `mail.url`.

use std::{fmt, path::PathBuf, str::FromStr};

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::settings::invalid_setting::InvalidSetting;

/// Where letters go: `mail.url`.
///
/// - `smtp://[USER:PASSWORD@]HOST[:PORT][?tls=none|opportunistic|required]`: port 587 with
///   credentials, else 25. `required` is the default, for letters have links in them, and
///   `opportunistic` to this machine: it takes STARTTLS where the server offers it; a certificate
///   that proves nothing is an error even then. Credentials are not sent in the clear, save to this
///   machine or with `tls=none`.
/// - `smtps://[USER:PASSWORD@]HOST[:PORT]`: TLS from the first byte, port 465.
/// - `folder:PATH`: a file for each letter.
/// - `none`: nothing is sent.
///
/// User and password are percent-encoded where they hold `@`, `:`, `/`, `?`, `#` or `%`. `Debug`
/// shows neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailUrl {
    Smtp(SmtpUrl),
    Folder(PathBuf),
    None,
}

/// A mail server, and how to connect to it.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: Tls,
    /// Whether it is this machine.
    pub(crate) is_local: bool,
    /// User and password.
    pub(crate) credentials: Option<(String, String)>,
}

/// When a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    /// Never.
    None,
    /// By STARTTLS, where the server offers it.
    Opportunistic,
    /// By STARTTLS, or there is none.
    Required,
    /// From the first byte.
    Implicit,
}

impl MailUrl {
    /// Whether letters, which have links in them, may be sent unencrypted to another machine.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        match self {
            Self::Smtp(it) => !it.is_local && matches!(it.tls, Tls::None | Tls::Opportunistic),
            Self::Folder(_) | Self::None => false,
        }
    }
}

impl FromStr for MailUrl {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let text = text.trim();
        if text == "none" {
            return Ok(Self::None);
        }
        match text.split_once(':') {
            Some(("folder", "")) => Err(bad_url("must name a folder after `folder:`")),
            Some(("folder", path)) => Ok(Self::Folder(path.into())),
            Some(("smtp" | "smtps", _)) => smtp(text).map(Self::Smtp).map_err(bad_url),
            _ => Err(bad_url(
                "must be smtp://[USER:PASSWORD@]HOST[:PORT], smtps://…, folder:PATH or none",
            )),
        }
    }
}

fn bad_url(rule: &'static str) -> InvalidSetting {
    InvalidSetting { setting: "mail.url", rule: rule.into() }
}

fn smtp(text: &str) -> Result<SmtpUrl, &'static str> {
    const HOST: &str = "must have a valid host and port: smtp://HOST:PORT";
    let url = Url::parse(text).map_err(|_| HOST)?;
    let host = url.host_str().filter(|it| !it.is_empty()).ok_or(HOST)?;
    // The parser leaves hosts of schemes that it does not know as they are.
    let host = Host::parse(&decoded(host).ok_or(HOST)?).map_err(|_| HOST)?;
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err("must end after host and port, save for `?tls=…`");
    }
    let mut tls = if url.scheme() == "smtps" { Tls::Implicit } else { Tls::Opportunistic };
    let mut is_given = false;
    for (key, value) in url.query_pairs() {
        if key != "tls" || is_given {
            return Err(
                "must have nothing but one `tls` after the question mark: ?tls=none, opportunistic or required",
            );
        }
        if tls == Tls::Implicit {
            return Err(
                "must not have `tls` with smtps://, which is always encrypted; use smtp:// for STARTTLS",
            );
        }
        is_given = true;
        tls = match &*value {
            "none" => Tls::None,
            "opportunistic" => Tls::Opportunistic,
            "required" => Tls::Required,
            _ => return Err("must have `tls` as none, opportunistic or required"),
        };
    }
    let credentials = match (url.username(), url.password()) {
        ("", None) => None,
        (user, Some(password)) if !user.is_empty() && !password.is_empty() => {
            let read = decoded(user).zip(decoded(password));
            Some(read.ok_or(
                "must percent-encode user and password, in UTF-8 and without control characters",
            )?)
        }
        _ => return Err("must have both user and password, or neither"),
    };
    let is_local = is_loopback(&host);
    if tls == Tls::Opportunistic && !is_local && (credentials.is_some() || !is_given) {
        tls = Tls::Required;
    }
    let port = match (url.port(), tls) {
        (Some(0), _) => return Err(HOST),
        (Some(port), _) => port,
        (None, Tls::Implicit) => 465,
        (None, _) if credentials.is_some() => 587,
        (None, _) => 25,
    };
    // Sockets and certificates name an IPv6 address without brackets.
    let host = match host {
        Host::Domain(it) => it,
        Host::Ipv4(it) => it.to_string(),
        Host::Ipv6(it) => it.to_string(),
    };
    Ok(SmtpUrl { host, port, tls, is_local, credentials })
}

fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.contains(char::is_control)).then(|| text.into_owned())
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Domain(it) => it == "localhost" || it.ends_with(".localhost"),
        Host::Ipv4(it) => it.is_loopback(),
        Host::Ipv6(it) => it.is_loopback(),
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpUrl")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("is_local", &self.is_local)
            .field("credentials", &self.credentials.as_ref().map(|_| "…"))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> SmtpUrl {
        match url.parse().unwrap() {
            MailUrl::Smtp(it) => it,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn servers_are_read_with_their_ports_and_encryption() {
        for (url, host, port, tls) in [
            ("smtp://mail", "mail", 25, Tls::Required),
            ("smtp://localhost", "localhost", 25, Tls::Opportunistic),
            ("smtp://notlocalhost", "notlocalhost", 25, Tls::Required),
            ("smtp://mail/", "mail", 25, Tls::Required),
            ("smtp://mail:1025?tls=opportunistic", "mail", 1025, Tls::Opportunistic),
            ("smtp://mail.example?tls=required", "mail.example", 25, Tls::Required),
            ("smtp://mail.example?tls=none", "mail.example", 25, Tls::None),
            ("smtps://MAIL.example", "mail.example", 465, Tls::Implicit),
            ("smtps://u:p@mail.example:2465", "mail.example", 2465, Tls::Implicit),
            ("smtp://münchen.example", "xn--mnchen-3ya.example", 25, Tls::Required),
            ("smtp://[::1]:2525", "::1", 2525, Tls::Opportunistic),
            ("smtp://192.0.2.1", "192.0.2.1", 25, Tls::Required),
        ] {
            let it = read(url);
            assert_eq!((&*it.host, it.port, it.tls), (host, port, tls), "{url}");
        }
    }

    #[test]
    fn credentials_are_encrypted_unless_the_url_says_otherwise() {
        for (url, port, tls) in [
            ("smtp://u:p@mail.example", 587, Tls::Required),
            ("smtp://u:p@mail.example:25?tls=opportunistic", 25, Tls::Required),
            ("smtp://u:p@mail.example?tls=none", 587, Tls::None),
            ("smtp://u:p@localhost", 587, Tls::Opportunistic),
            ("smtp://u:p@mail.localhost", 587, Tls::Opportunistic),
            ("smtp://u:p@127.0.0.9", 587, Tls::Opportunistic),
            ("smtp://u:p@[::1]", 587, Tls::Opportunistic),
        ] {
            let it = read(url);
            assert_eq!((it.port, it.tls), (port, tls), "{url}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_never_shown() {
        let url = "smtp://noreply%40usher.example:p%C3%A4ss%3A%2F+w@mail.example";
        let expected = ("noreply@usher.example".to_owned(), "päss:/+w".to_owned());
        assert_eq!(read(url).credentials, Some(expected));
        let shown = format!("{:?}", url.parse::<MailUrl>().unwrap());
        assert!(!shown.contains("noreply") && !shown.contains("ss:"), "{shown}");
        assert!(shown.contains("mail.example"), "{shown}");
    }

    #[test]
    fn folders_and_nothing_are_read() {
        let folder = |path: &str| Ok(MailUrl::Folder(path.into()));
        assert_eq!("folder:usher-data/mail".parse(), folder("usher-data/mail"));
        assert_eq!("folder:/var/lib/my mails".parse(), folder("/var/lib/my mails"));
        assert_eq!(" none ".parse(), Ok(MailUrl::None));
    }

    #[test]
    fn each_broken_rule_is_named_without_the_value() {
        for (url, words) in [
            ("", "must be smtp://"),
            ("mail.example:25", "must be smtp://"),
            ("http://mail.example", "must be smtp://"),
            ("folder:", "must name a folder"),
            ("smtp://", "valid host and port"),
            ("smtp:mail.example", "valid host and port"),
            ("smtp://mail:hush@[bad", "valid host and port"),
            ("smtp://mail example", "valid host and port"),
            ("smtp://mail:0", "valid host and port"),
            ("smtp://mail:99999", "valid host and port"),
            ("smtp://mail/hush", "must end after host and port"),
            ("smtp://mail#hush", "must end after host and port"),
            ("smtp://mail?tls=hush", "as none, opportunistic or required"),
            ("smtp://mail?verify=hush", "must have nothing but one `tls`"),
            ("smtp://mail?tls=none&tls=required", "one `tls`"),
            ("smtps://mail?tls=none", "must not have `tls` with smtps://"),
            ("smtp://hush@mail", "both user and password"),
            ("smtp://:hush@mail", "both user and password"),
            ("smtp://u:%FFhush@mail", "percent-encode"),
            ("smtp://u:hush%0D%0A@mail", "percent-encode"),
        ] {
            let error = url.parse::<MailUrl>().unwrap_err();
            assert_eq!(error.setting, "mail.url");
            assert!(error.to_string().contains(words), "{url}: {error}");
            assert!(!error.to_string().contains("hush"), "{url}: {error}");
        }
    }

    #[test]
    fn what_may_be_read_on_the_way_to_another_machine_is_exposed() {
        for (url, is_exposed) in [
            ("smtp://mail", false),
            ("smtp://mail?tls=required", false),
            ("smtps://mail", false),
            ("smtp://mail?tls=opportunistic", true),
            ("smtp://mail?tls=none", true),
            ("smtp://u:p@mail?tls=opportunistic", false),
            ("smtp://localhost?tls=none", false),
            ("smtp://127.0.0.1", false),
            ("folder:/tmp", false),
            ("none", false),
        ] {
            assert_eq!(url.parse::<MailUrl>().unwrap().is_exposed(), is_exposed, "{url}");
        }
    }
}
