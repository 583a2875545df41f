//! A mail server's own words, made fit to be kept and shown.

use lettre::{
    Address,
    transport::smtp::{Error, response::Response},
};

/// The longest that is kept, in characters.
const MAX: usize = 500;

/// What it said on taking the letter.
pub(crate) fn of(response: &Response, to: &Address) -> String {
    fit(&joined(response), Some(to))
}

/// What it said, with no letter in hand.
pub(crate) fn plain(response: &Response) -> String {
    fit(&joined(response), None)
}

/// What it said when it did not, or what kept it from speaking.
pub(crate) fn to(error: &Error, to: Option<&Address>) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    match (error.status(), source) {
        (Some(code), words) => fit(&format!("{code} {}", words.unwrap_or_default()), to),
        (None, Some(words)) if words.contains("certificate") => {
            format!("{} (`mail.ca_file` names certificates to trust)", fit(&words, to))
        }
        (None, _) => fit(&error.to_string(), to),
    }
}

fn joined(response: &Response) -> String {
    let lines: Vec<_> = response.message().collect();
    format!("{} {}", response.code(), lines.join(" "))
}

/// On one line, without control characters, without addresses, and not too long.
fn fit(words: &str, to: Option<&Address>) -> String {
    let spaced: String = words.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let spaced: Vec<_> = spaced.split_whitespace().collect();
    let mut words = without_addresses(&spaced.join(" "));
    if let Some(to) = to {
        words = without_word(&words, to.user());
    }
    words.chars().take(MAX).collect()
}

/// `…@domain` for every address: what stands before an `@` is left out.
fn without_addresses(words: &str) -> String {
    let mut masked = String::with_capacity(words.len());
    let mut start = 0;
    for it in words.chars() {
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
            ("250 Ok: queued as 4Xy @ mx", "250 Ok: queued as 4Xy @ mx"),
            ("550 a\u{7}b\r\n  c", "550 a b c"),
        ] {
            assert_eq!(fit(words, Some(&to)), expected);
        }
        assert_eq!(fit(&"ä".repeat(900), Some(&to)).chars().count(), 500);
    }

    #[test]
    fn a_quoted_mailbox_is_masked_as_well() {
        let to = Address::new("\"a b\"", "example.org").unwrap();
        assert_eq!(fit("550 <\"a b\"@example.org> no", Some(&to)), "550 <…@example.org> no");
    }
}
