//! Rules for names and messages that people write and others read in a mail.

use unicode_normalization::UnicodeNormalization as _;

use crate::characters::{
    is_control, is_hidden, is_host_dot, is_in_host_label, is_joiner, is_slash,
};

/// The schemes of which mail programs make links, or which systems open with programs of their own:
/// `tel:` and the like need no slashes behind them. Those that begin with `ms-` are as many again.
const SCHEMES: [&str; 36] = [
    "callto",
    "data",
    "facetime",
    "facetime-audio",
    "file",
    "ftp",
    "ftps",
    "gopher",
    "http",
    "https",
    "irc",
    "ircs",
    "javascript",
    "ldap",
    "ldaps",
    "magnet",
    "mailto",
    "news",
    "nntp",
    "onenote",
    "search-ms",
    "sftp",
    "sip",
    "sips",
    "skype",
    "smb",
    "sms",
    "smsto",
    "ssh",
    "tel",
    "telnet",
    "vbscript",
    "webcal",
    "whatsapp",
    "xmpp",
    "zoommtg",
];

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

/// Whether a word contains an address as programs find it in texts: `www.`, a [scheme](SCHEMES), a host of
/// a network (`\\host`), or a host followed by a path, a query, a fragment or a port, in any of the forms
/// that browsers take for the same (NFKC, the dots of UTS 46, backslashes).
fn is_link(word: &str) -> bool {
    let word: String = word
        .nfkc()
        .filter(|it| !is_joiner(*it))
        .flat_map(char::to_lowercase)
        .map(|it| match it {
            it if is_host_dot(it) => '.',
            it if is_slash(it) => '/',
            it => it,
        })
        .collect();
    ["://", "www."].iter().any(|it| word.contains(it))
        || has_a_scheme(&word)
        || names_a_network_host(&word)
        || leads_beyond_a_host(&word)
}

/// Whether a scheme stands in the word with something behind it. It may stand after other characters, but
/// is no end of another word: `Hotel:5` has none.
fn has_a_scheme(word: &str) -> bool {
    let begins = |before: &str| !ends_within_a_word(before);
    word.match_indices(':').any(|(at, _)| {
        let (head, tail) = (&word[..at], &word[at..]);
        let is_known = SCHEMES.iter().any(|it| head.strip_suffix(it).is_some_and(begins));
        let is_of_windows = || {
            let in_scheme = |it: char| it.is_ascii_alphanumeric() || it == '-';
            head[head.trim_end_matches(in_scheme).len()..].starts_with("ms-")
        };
        tail.contains(is_in_host_label) && (is_known || is_of_windows())
    })
}

/// Whether two slashes stand in the word with a host behind them, and no word before them: `and//or` has
/// none.
fn names_a_network_host(word: &str) -> bool {
    word.match_indices("//")
        .any(|(at, _)| !ends_within_a_word(&word[..at]) && word[at..].contains(is_in_host_label))
}

/// Whether a text ends with a digit or with a letter of a script that has words of such letters. Scripts
/// without capitals are often written without spaces, and programs find a link after their letters too.
fn ends_within_a_word(text: &str) -> bool {
    text.ends_with(|it: char| it.is_lowercase() || it.is_numeric())
}

/// Whether there is a host in the word, with what makes a link of it behind it: one of several labels, or
/// this machine.
fn leads_beyond_a_host(word: &str) -> bool {
    let is_in_host = |it: char| is_in_host_label(it) || ".-_".contains(it);
    let mut rest = word;
    while let Some(start) = rest.find(is_in_host) {
        rest = &rest[start..];
        let (host, after) = rest.split_at(rest.find(|it| !is_in_host(it)).unwrap_or(rest.len()));
        let labels = host.trim_matches('.').split('.');
        let is_host = labels.clone().eq(["localhost"])
            || (labels.clone().count() > 1 && labels.clone().all(|it| !it.is_empty()));
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
            r"\\evil\share",
            r"see \\evil",
            r"(\\evil\share)",
            r"\\\evil\share",
            r"\\?\UNC\evil\share",
            r"\/evil",
            "//evil/share",
            "//[2001:db8::1]/x",
            "＼＼evil＼share",
            "﹨﹨evil",
            "／／evil",
            "请看//evil",
            "HTTP:evil",
            "https:evil",
            "ftp:evil",
            "file:c",
            "sms:123",
            "SmS:123",
            "ſms:123",
            "s\u{200d}ms:123",
            "ｓｍｓ：123",
            "tel:+49123",
            "(tel:+49123)",
            "callto:evil",
            "s\u{212a}ype:evil?call",
            "mailto:evil",
            "data:,x",
            "x-data:,x",
            "sip:evil",
            "news:evil",
            "ms-settings:x",
            "search-ms:query=x",
            "请看http:evil",
            "localhost/x",
            "LOCALHOST:8080",
            "localhost./x",
            r"localhost\x",
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
            "Team: Sales",
            "Team:Sales",
            "Data: 5",
            "Tel: 555 1234",
            "(Tel:)",
            "Hotel:5",
            "Hôtel:5",
            "Hotel: Berlin",
            "Bigdata:X",
            "Terms-a:b",
            "10:30",
            "and//or",
            "// note",
            "//---//",
            r"C:\Dir",
            r"¯\_(ツ)_/¯",
            r"a\b",
            "Localhost?",
            "my-localhost/x",
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
