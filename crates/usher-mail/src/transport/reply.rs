//! A mail server's reply as text that may be kept and shown.

use lettre::{
    Address,
    transport::smtp::{Error, response::Response},
};

/// The longest text, in characters.
const MAX: usize = 500;

/// The text of a reply, without the recipient's address.
pub(crate) fn text(reply: &Response, recipient: Option<&Address>) -> String {
    let lines: Vec<_> = reply.message().collect();
    clean(&format!("{} {}", reply.code(), lines.join(" ")), recipient)
}

/// The text of a reply that refuses, or of what kept the server from replying.
pub(crate) fn error_text(error: &Error, recipient: Option<&Address>) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    match (error.status(), source) {
        (Some(code), text) => clean(&format!("{code} {}", text.unwrap_or_default()), recipient),
        (None, Some(text)) if text.contains("certificate") => {
            format!("{} (`mail.ca_file` names certificates to trust)", clean(&text, recipient))
        }
        (None, _) => clean(&error.to_string(), recipient),
    }
}

/// Whether the reply asks for a login or for TLS, and so is not about the letter, whichever command
/// it answers: 530, 534, 535 and 538 of RFC 4954, and 503, which some servers say instead.
pub(crate) fn is_about_sender(error: &Error) -> bool {
    error.status().is_some_and(|it| matches!(u16::from(it), 503 | 530 | 534 | 535 | 538))
}

/// On one line, without control characters, without addresses, and not too long.
fn clean(text: &str, recipient: Option<&Address>) -> String {
    let spaced: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let spaced: Vec<_> = spaced.split_whitespace().collect();
    let mut text = without_addresses(&spaced.join(" "));
    if let Some(recipient) = recipient {
        text = without_word(&text, recipient.user());
    }
    text.chars().take(MAX).collect()
}

/// `…@domain` for every address: what stands before an `@` is left out.
fn without_addresses(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut start = 0;
    for it in text.chars() {
        if it == '@' && masked.len() > start {
            masked.truncate(start);
            masked.push('…');
        }
        masked.push(it);
        if it.is_whitespace() || "<>()[]{},;:\"".contains(it) {
            start = masked.len();
        }
    }
    masked
}

/// `…` for every occurrence of a word on its own, in whatever case: servers name mailboxes without
/// their domain, too.
fn without_word(text: &str, word: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(it) = rest.chars().next() {
        let starts = !masked.ends_with(char::is_alphanumeric);
        let found = rest.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word));
        let ends = || !rest[word.len()..].starts_with(char::is_alphanumeric);
        if starts && found && ends() {
            masked.push('…');
            rest = &rest[word.len()..];
        } else {
            masked.push(it);
            rest = &rest[it.len_utf8()..];
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_names_who_the_letter_was_for() {
        let to = Address::new("ada.l", "example.org").unwrap();
        for (words, expected) in [
            ("550 5.1.1 <ada.l@example.org>: unknown", "550 5.1.1 <…@example.org>: unknown"),
            ("550 ADA.L@EXAMPLE.ORG unknown", "550 …@EXAMPLE.ORG unknown"),
            ("550 user Ada.L not here, adA.lx is", "550 user … not here, adA.lx is"),
            ("550 \"ada.l\"@example.org?", "550 \"…\"@example.org?"),
            ("550 it is for bea+x@corp.example now", "550 it is for …@corp.example now"),
            ("250 Ok: queued as 4Xy @ mx", "250 Ok: queued as 4Xy @ mx"),
            ("550 a\u{7}b\r\n  c", "550 a b c"),
        ] {
            assert_eq!(clean(words, Some(&to)), expected);
        }
        assert_eq!(clean(&"ä".repeat(900), Some(&to)).chars().count(), 500);
    }

    #[test]
    fn a_quoted_mailbox_is_masked_as_well() {
        let to = Address::new("\"a b\"", "example.org").unwrap();
        assert_eq!(clean("550 <\"a b\"@example.org> no", Some(&to)), "550 <…@example.org> no");
    }
}
