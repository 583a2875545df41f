//! The page to redirect to after signing in or out: always one of usher's own pages.

use std::fmt;

use serde::Deserialize;

use super::paths::{ACCEPT, CONFIRM, ME};

/// One of the pages that may come next. Every other path that was asked for becomes `/me`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) enum Next {
    #[default]
    Me,
    /// The invitation with this token.
    Accept(String),
    /// The mailbox that this token proves.
    Confirm(String),
}

impl Next {
    pub(super) fn is_accept(&self) -> bool {
        matches!(self, Self::Accept(_))
    }
}

impl From<String> for Next {
    fn from(path: String) -> Self {
        let is_token = |it: &&str| {
            let fits = |it: u8| it.is_ascii_alphanumeric() || b"-_".contains(&it);
            it.len() == 64 && it.bytes().all(fits)
        };
        let token = |page, name| path.strip_prefix(page)?.strip_prefix(name).filter(is_token);
        if let Some(it) = token(ACCEPT, "?invitation=") {
            return Self::Accept(it.to_owned());
        }
        token(CONFIRM, "?token=").map_or(Self::Me, |it| Self::Confirm(it.to_owned()))
    }
}

/// The path, as [`Next::from`] reads it.
impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me => f.write_str(ME),
            Self::Accept(token) => write!(f, "{ACCEPT}?invitation={token}"),
            Self::Confirm(token) => write!(f, "{CONFIRM}?token={token}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_come_next() {
        let token = "aZ-_".repeat(16);
        let accept = format!("/accept?invitation={token}");
        assert_eq!(Next::from(accept.clone()).to_string(), accept);
        let confirm = format!("/confirm?token={token}");
        assert_eq!(Next::from(confirm.clone()).to_string(), confirm);
        for path in [
            "",
            "/",
            "/me",
            "//evil.example",
            "https://evil.example",
            "https:evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/%2f/evil.example",
            "/accept?invitation=",
            "/accept?invitation=..%2f..%2fevil",
            "/accept/../..//evil.example",
            &format!("//evil.example{accept}"),
            &format!("{accept}&next=x"),
            &format!("{accept}\r\nSet-Cookie: a=b"),
            &format!("/accept?invitation={}@", &token[1..]),
        ] {
            assert_eq!(Next::from(path.to_owned()).to_string(), "/me", "{path:?}");
        }
    }
}
