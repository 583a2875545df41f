//! Rules for names and messages that people write and others read in a mail.

use unicode_normalization::UnicodeNormalization as _;

use crate::characters::{is_control, is_hidden, is_host_dot, is_in_host_label, is_joiner};

/// A text broke a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {rule}")]
pub struct InvalidText {
    pub field: &'static str,
    pub rule: TextRule,
}

/// The rule that a text broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextRule {
    #[error("must not be empty")]
    Empty,
    #[error("must not be longer than {0} characters")]
    TooLong(usize),
    #[error("must not contain line breaks, control characters or invisible characters")]
    Control,
    #[error("must not have more than {0} entries")]
    TooMany(usize),
    #[error("must not contain a link")]
    Link,
    #[error("must not contain `@`, unless it is the user's own mail address")]
    ForeignMailbox,
}

/// Reads one line: trimmed, in NFC, 1 to `max` characters, no control characters, no link.
pub fn line(field: &'static str, text: &str, max: usize) -> Result<String, InvalidText> {
    read(field, text, max, |it| is_unprintable(it) || it == '\n')
}

/// Reads one or more lines: as [`line`], but line breaks may stand between them, as `\n`.
pub fn paragraphs(field: &'static str, text: &str, max: usize) -> Result<String, InvalidText> {
    read(field, &text.replace("\r\n", "\n"), max, is_unprintable)
}

fn read(
    field: &'static str,
    text: &str,
    max: usize,
    forbidden: impl Fn(char) -> bool,
) -> Result<String, InvalidText> {
    let broken = |rule| Err(InvalidText { field, rule });
    // Bounds the work before normalization: NFC never makes one character of more than 18.
    if text.len() > max.saturating_mul(72) {
        return broken(TextRule::TooLong(max));
    }
    let text: String = text.trim().nfc().collect();
    if text.is_empty() {
        return broken(TextRule::Empty);
    }
    if text.chars().count() > max {
        return broken(TextRule::TooLong(max));
    }
    if text.chars().any(forbidden) {
        return broken(TextRule::Control);
    }
    if text.split_whitespace().any(is_link) {
        return broken(TextRule::Link);
    }
    Ok(text)
}

/// Control characters except the line feed, and characters that hide or reorder text.
fn is_unprintable(it: char) -> bool {
    (is_control(it) && it != '\n') || is_hidden(it)
}

/// Whether a word contains a scheme, `www.`, or a host followed by a path, a query, a fragment or a
/// port, in any of the forms that browsers take for the same (NFKC, the dots of UTS 46, backslashes).
fn is_link(word: &str) -> bool {
    let word: String = word
        .nfkc()
        .filter(|it| !is_joiner(*it))
        .flat_map(char::to_lowercase)
        .map(|it| match it {
            it if is_host_dot(it) => '.',
            '\\' => '/',
            it => it,
        })
        .collect();
    ["://", "www.", "mailto:", "javascript:", "data:", "tel:"].iter().any(|it| word.contains(it))
        || leads_beyond_a_host(&word)
}

/// Whether there is a host in the word, with what makes a link of it behind it.
fn leads_beyond_a_host(word: &str) -> bool {
    let is_in_host = |it: char| is_in_host_label(it) || ".-_".contains(it);
    let mut rest = word;
    while let Some(start) = rest.find(is_in_host) {
        rest = &rest[start..];
        let (host, after) = rest.split_at(rest.find(|it| !is_in_host(it)).unwrap_or(rest.len()));
        let labels = host.trim_matches('.').split('.');
        let is_host = labels.clone().count() > 1 && labels.clone().all(|it| !it.is_empty());
        if is_host && after.len() > 1 && after.starts_with(['/', '?', '#', ':']) {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_normalized() {
        assert_eq!(line("name", "  Zoe\u{308} ", 80).unwrap(), "Zoë");
        assert_eq!(line("name", "St.John O’Neill, Inc.", 80).unwrap(), "St.John O’Neill, Inc.");
    }

    #[test]
    fn each_broken_rule_is_named() {
        let rule = |text: &str| line("name", text, 10).unwrap_err().rule;
        assert_eq!(rule(" \n "), TextRule::Empty);
        assert_eq!(rule("12345678901"), TextRule::TooLong(10));
        assert_eq!(rule(&"x".repeat(10_000_000)), TextRule::TooLong(10));
        assert_eq!(rule("a\r\nBcc: x"), TextRule::Control);
        assert_eq!(rule("a\u{202e}b"), TextRule::Control);
        assert_eq!(
            line("inviter", "a\nb", 9).unwrap_err().to_string(),
            "`inviter` must not contain line breaks, control characters or invisible characters"
        );
    }

    #[test]
    fn links_are_found_in_every_form() {
        for text in [
            "see https://evil.example",
            "HTTP://EVIL.EXAMPLE",
            "www.evil.example",
            "go to evil.example/login now",
            "evil.example:8080/x",
            "evil.example?x=1",
            "javascript:alert(1)",
            "mailto:a@b.example",
            "(evil.example/x)",
            "x,evil.example/x",
            "“evil.example:443/x”",
            "evil.example#x",
            "evil.example./x",
            "evil。example/x",
            "evil．example/x",
            "evil｡example/x",
            "evil․example/x",
            "evil.example／x",
            "evil.example\\x",
            "ｗｗｗ．evil.example",
            "evil.exam\u{200d}ple/x",
            "evil.e\u{338}xample/x",
            "a@evil.example/x",
        ] {
            assert_eq!(line("message", text, 200).unwrap_err().rule, TextRule::Link, "{text}");
        }
        for text in [
            "and/or",
            "Ratio 1:2",
            "Really?",
            "v1.2.",
            "Amazon.com",
            "(Amazon.com)",
            "Dr. A. Smith: hi",
            "wait...and/or",
            "wait…and/or",
            "C#/F#",
            "№ 1/2 ½",
            "हिन्दी/उर्दू",
        ] {
            assert!(line("message", text, 200).is_ok(), "{text}");
        }
    }

    #[test]
    fn paragraphs_keep_their_line_breaks() {
        assert_eq!(paragraphs("message", "a\r\n\r\nb", 9).unwrap(), "a\n\nb");
        assert_eq!(paragraphs("message", "a\rb", 9).unwrap_err().rule, TextRule::Control);
    }
}
