//! Reads mails as an invitee does: whom they are for, and where their link leads.

use std::path::Path;

use crate::eventually::eventually;

/// A mail as it travelled.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    pub raw: String,
}

impl Mail {
    /// The value of a header, unfolded.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let raw = self.raw.replace("\r\n", "\n");
        let head = raw.split("\n\n").next()?.replace("\n ", " ").replace("\n\t", " ");
        let prefix = format!("{}:", name.to_lowercase());
        let line = head.lines().find(|it| it.to_lowercase().starts_with(&prefix))?;
        Some(line[prefix.len()..].trim().to_owned())
    }

    /// The body, with quoted-printable undone: soft line breaks and `=XX`.
    #[must_use]
    pub fn text(&self) -> String {
        let raw = self.raw.replace("\r\n", "\n");
        let body = raw.split_once("\n\n").map_or("", |(_, body)| body);
        let joined = body.replace("=\n", "");
        let mut bytes = Vec::with_capacity(joined.len());
        let mut rest = joined.as_bytes();
        while let [first, after @ ..] = rest {
            let code = after.get(..2).and_then(|it| std::str::from_utf8(it).ok());
            match code.and_then(|it| u8::from_str_radix(it, 16).ok()) {
                Some(byte) if *first == b'=' => {
                    bytes.push(byte);
                    rest = &after[2..];
                }
                _ => {
                    bytes.push(*first);
                    rest = after;
                }
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The link that opens the invitation.
    #[must_use]
    pub fn link(&self) -> String {
        let text = self.text();
        let at = text.find("/accept?invitation=").expect("a mail has a link");
        let start = text[..at].rfind("http").expect("a link has a scheme");
        let end = text[at..].find(|it: char| it.is_whitespace() || "\"<>".contains(it));
        text[start..end.map_or(text.len(), |it| at + it)].to_owned()
    }
}

/// The mails in a folder mailbox, oldest first.
#[must_use]
pub fn folder(path: &Path) -> Vec<Mail> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut paths: Vec<_> = entries
        .flatten()
        .map(|it| it.path())
        .filter(|it| it.extension().is_some_and(|it| it == "eml"))
        .collect();
    paths.sort();
    let read = |it| Mail { raw: std::fs::read_to_string(it).expect("a mail is UTF-8") };
    paths.into_iter().map(read).collect()
}

/// The first mail for this address that comes into the folder.
pub async fn wait_for_folder(path: &Path, address: &str) -> Mail {
    eventually("a mail in the folder", || async {
        folder(path).into_iter().find(|it| it.header("To").is_some_and(|it| it.contains(address)))
    })
    .await
}
