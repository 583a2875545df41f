//! Rules for names and messages that people write and others read in a mail.

use unicode_normalization::UnicodeNormalization as _;

use crate::characters::{is_control, is_hidden};

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

/// A scheme, `www.`, or a host followed by a path, a query or a port.
fn is_link(word: &str) -> bool {
    let word = word.to_lowercase();
    let host_then_more = || {
        let host: String =
            word.chars().take_while(|it| it.is_alphanumeric() || ".-".contains(*it)).collect();
        let rest = &word[host.len()..];
        host.trim_matches('.').contains('.') && rest.len() > 1 && rest.starts_with(['/', '?', ':'])
    };
    word.contains("://")
        || word.contains("www.")
        || ["mailto:", "javascript:", "data:", "tel:"].iter().any(|it| word.contains(it))
        || host_then_more()
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
        ] {
            assert_eq!(line("message", text, 200).unwrap_err().rule, TextRule::Link, "{text}");
        }
        for text in ["and/or", "Ratio 1:2", "Really?", "v1.2.", "Amazon.com", "Dr. A. Smith: hi"] {
            assert!(line("message", text, 200).is_ok(), "{text}");
        }
    }

    #[test]
    fn paragraphs_keep_their_line_breaks() {
        assert_eq!(paragraphs("message", "a\r\n\r\nb", 9).unwrap(), "a\n\nb");
        assert_eq!(paragraphs("message", "a\rb", 9).unwrap_err().rule, TextRule::Control);
    }
}
