//! Mail addresses: kept as typed for sending, folded for comparing.

use std::{fmt, iter};

use unicode_normalization::UnicodeNormalization as _;

use crate::characters::{is_control, is_hidden, is_joiner};

/// A mailbox that mail can be sent to, after RFC 5321 and 6531. Two are equal when they fold
/// alike: without the case of ASCII, in NFC, the domain as A-labels, quotes that are not needed left
/// out. Everything else in the local part counts, such as `+`, dots, `ß` beside `ss` and `É` beside
/// `é`: only the mail server knows whether it delivers them to one person, and a letter proves the
/// address that it went to.
///
/// `Debug` shows the domain alone, so that logs cannot hold an address by accident.
#[derive(Clone)]
pub struct Mailbox {
    typed: String,
    folded: String,
}

/// Why a text is no mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMailbox {
    #[error("an address has the form local@domain")]
    NoAt,
    #[error(
        "the part before the @ is empty, longer than 64 bytes or has characters that are not allowed there"
    )]
    Local,
    #[error("the domain is not a valid internet domain name with at least one dot")]
    Domain,
    #[error("an address is at most 254 bytes long")]
    TooLong,
}

impl Mailbox {
    /// Reads an address; white space around it is not part of it.
    ///
    /// Some addresses of RFC 5321 are refused: address literals, domains without a dot, and domains
    /// that IDNA 2008 does not allow, because invitations reach nobody there; and in the local part
    /// control characters, characters that are invisible or reorder text, and other forms (NFKC) of
    /// ASCII's symbols, such as a wide `+`.
    pub fn parse(text: &str) -> Result<Self, InvalidMailbox> {
        let text = text.trim();
        if text.len() > 1024 {
            return Err(InvalidMailbox::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidMailbox::NoAt)?;
        let local: String = local.nfc().collect();
        let bare = unquoted(&local).ok_or(InvalidMailbox::Local)?;
        if local.len() > 64 {
            return Err(InvalidMailbox::Local);
        }
        let ascii = ascii_domain(domain).ok_or(InvalidMailbox::Domain)?;
        if local.len() + 1 + ascii.len() > 254 {
            return Err(InvalidMailbox::TooLong);
        }
        let folded = format!("{}@{ascii}", fold_local(&bare));
        Ok(Self { typed: format!("{local}@{}", domain.nfc()), folded })
    }

    /// As typed, in NFC.
    #[must_use]
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// The folded form, to compare and to index by.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// The part before the `@`, as typed.
    #[must_use]
    pub fn local(&self) -> &str {
        self.typed.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The domain as A-labels, in lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.folded.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl PartialEq for Mailbox {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Mailbox {}

impl std::hash::Hash for Mailbox {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox(…@{})", self.domain())
    }
}

/// IDNA, strictly: letters, digits and hyphens only, no unassigned or disallowed code point.
pub(crate) fn ascii_domain(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let labels: Vec<_> = ascii.split('.').collect();
    let top_is_a_number = labels.last()?.bytes().all(|it| it.is_ascii_digit());
    let sound = labels.len() >= 2 && labels.iter().all(|it| !it.is_empty());
    (sound && !top_is_a_number).then_some(ascii)
}

/// The local part without quotes: a dot-atom as it is, a quoted string by what it stands for.
fn unquoted(local: &str) -> Option<String> {
    if let Some(quoted) = local.strip_prefix('"') {
        let mut bare = String::new();
        let mut characters = quoted.strip_suffix('"')?.chars();
        while let Some(it) = characters.next() {
            let it = match it {
                '"' => return None,
                '\\' => characters.next()?,
                it => it,
            };
            if !(' '..='~').contains(&it) && !is_foreign(it) {
                return None;
            }
            bare.push(it);
        }
        return (!bare.is_empty()).then_some(bare);
    }
    is_dot_atom(local).then(|| local.to_owned())
}

fn is_dot_atom(local: &str) -> bool {
    let is_atext = |it: char| {
        it.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(it) || is_foreign(it)
    };
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// Beyond ASCII, and not a control character, no white space, nothing that is invisible or reorders text,
/// and no other form of one of ASCII's symbols: what looks like one address must not be another.
fn is_foreign(it: char) -> bool {
    let is_symbol = |it: char| it.is_ascii() && !it.is_ascii_alphanumeric();
    let is_shown = !is_control(it) && !it.is_whitespace() && !is_hidden(it) && !is_joiner(it);
    !it.is_ascii() && is_shown && !iter::once(it).nfkc().any(is_symbol)
}

/// Without the case of ASCII; quotes only what needs quotes.
fn fold_local(bare: &str) -> String {
    let folded = bare.to_ascii_lowercase();
    if is_dot_atom(&folded) {
        return folded;
    }
    format!("\"{}\"", folded.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests;
