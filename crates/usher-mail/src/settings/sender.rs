//! Who letters come from: `mail.from`.

use std::str::FromStr;

use usher_domain::Mailbox;

use crate::settings::invalid_setting::InvalidSetting;

/// Who letters come from: `mail.from`, an address or `Name <address>`. Its domain stands in every
/// `Message-ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    pub(crate) name: Option<String>,
    pub(crate) mailbox: Mailbox,
}

impl FromStr for Sender {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let bad = |rule| InvalidSetting { setting: "mail.from", rule };
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|it| it.rsplit_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"').trim(), address),
            None => ("", text),
        };
        if name.contains(char::is_control) {
            return Err(bad("must not contain control characters".into()));
        }
        let mailbox = Mailbox::parse(address)
            .map_err(|it| bad(format!("must be an address or `Name <address>`: {it}").into()))?;
        // Servers without SMTPUTF8 would refuse every letter, and quotes are more than most expect.
        if !mailbox.local().is_ascii() || mailbox.local().starts_with('"') {
            return Err(bad("must be in ASCII and without quotes before the @".into()));
        }
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), mailbox })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_read_with_and_without_a_name() {
        for (text, name, address) in [
            ("noreply@usher.example", None, "noreply@usher.example"),
            ("usher <noreply@usher.example>", Some("usher"), "noreply@usher.example"),
            ("\"Acme, Inc.\" <a@acme.example>", Some("Acme, Inc."), "a@acme.example"),
            (" <a@acme.example> ", None, "a@acme.example"),
        ] {
            let it: Sender = text.parse().unwrap();
            assert_eq!((it.name.as_deref(), it.mailbox.typed()), (name, address));
        }
        for (text, words) in [
            ("usher", "must be an address or `Name <address>`: an address has the form"),
            ("usher <a@b>", "the domain is not a valid internet domain name"),
            ("a\r\nBcc: x <a@b.example>", "control characters"),
            ("jürgen@usher.example", "in ASCII and without quotes"),
            ("\"no reply\"@usher.example", "in ASCII and without quotes"),
        ] {
            let error = text.parse::<Sender>().unwrap_err().to_string();
            assert!(error.starts_with("`mail.from` ") && error.contains(words), "{text}: {error}");
        }
    }
}
