//! Makes what people wrote safe to put into a mail: the words stay, what mail clients would act on
//! goes.

use usher_domain::{is_control, is_hidden, is_host_dot, is_in_host_label, is_slash};

/// Word joiner: no one sees it, and it ends what mail clients take for a host, a scheme or an address.
const JOINER: char = '\u{2060}';

/// One line: without control characters and marks that reorder or hide text, and without what a
/// header's reader would decode.
pub(crate) fn single_line(text: &str) -> String {
    let visible = text.chars().filter(|it| !is_hidden(*it));
    let spaced: String = visible.map(|it| if is_control(it) { ' ' } else { it }).collect();
    on_one_line(&spaced)
}

/// One line, of text that is safe already.
pub(crate) fn on_one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").replace("=?", "= ?")
}

/// One line of whose hosts, schemes and addresses no mail client makes links, and which keeps its own
/// direction to itself.
pub(crate) fn defused(text: &str) -> String {
    isolated(unlinked(text))
}

/// The name of a recipient, for the header `To`: one line, or nothing if there is anything in it like a
/// host, a link or an address. Mail clients show it as the one whom the letter is for, and some people
/// chose their names to be seen there.
pub(crate) fn recipient_name(text: &str) -> Option<String> {
    let line = single_line(text);
    (!line.is_empty() && unlinked(&line) == line).then_some(line)
}

/// The name of the sender, which the operator chose, for the header `From`.
pub(crate) fn sender_name(text: &str) -> Option<String> {
    Some(unlinked(text)).filter(|it| !it.is_empty())
}

/// One line of whose hosts, schemes and addresses no mail client makes links. What a scheme is differs
/// from one to the next, so each colon behind a letter counts that has something behind it. Two slashes
/// may begin the name of a host of the reader's network.
fn unlinked(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let mut characters = single_line(text).chars().collect::<Vec<_>>().into_iter().peekable();
    let mut before = ' ';
    while let Some(it) = characters.next() {
        let next = characters.peek().copied().unwrap_or(' ');
        let is_within_a_host =
            is_host_dot(it) && is_in_host_label(before) && is_in_host_label(next);
        let ends_a_scheme =
            it == ':' && (is_slash(next) || (before.is_alphabetic() && !next.is_whitespace()));
        let is_one_of_two_slashes = is_slash(it) && is_slash(next);
        if it == '@' {
            safe.push(JOINER);
        }
        safe.push(it);
        if it == '@' || is_within_a_host || ends_a_scheme || is_one_of_two_slashes {
            safe.push(JOINER);
        }
        before = it;
    }
    safe
}

/// Between Unicode isolates when some of it runs from right to left, so that it does not reorder
/// the sentence around it.
fn isolated(text: String) -> String {
    if text.contains(runs_right_to_left) { format!("\u{2068}{text}\u{2069}") } else { text }
}

/// The blocks of the scripts that do.
fn runs_right_to_left(it: char) -> bool {
    matches!(it, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_addresses_fall_apart_and_read_the_same() {
        for (text, safe) in [
            ("evil.example", "evil.\u{2060}example"),
            ("a@evil.example", "a\u{2060}@\u{2060}evil.\u{2060}example"),
            ("https://evil.example/x", "https:\u{2060}/\u{2060}/evil.\u{2060}example/x"),
            (r"\\evil\share", "\\\u{2060}\\evil\\share"),
            (r"see \\\evil", "see \\\u{2060}\\\u{2060}\\evil"),
            ("＼＼evil", "＼\u{2060}＼evil"),
            ("a//evil/share", "a/\u{2060}/evil/share"),
            ("HTTP:evil", "HTTP:\u{2060}evil"),
            ("(tel:+49123)", "(tel:\u{2060}+49123)"),
            ("sms:123, onenote:x", "sms:\u{2060}123, onenote:\u{2060}x"),
            ("请看:evil", "请看:\u{2060}evil"),
            ("пример。рф", "пример。\u{2060}рф"),
            ("a․b﹒c．d｡e", "a․\u{2060}b﹒\u{2060}c．\u{2060}d｡\u{2060}e"),
            ("ev\u{338}.example", "ev\u{338}.\u{2060}example"),
        ] {
            assert_eq!(defused(text), safe);
        }
        for text in
            ["Dr. Smith, Acme Inc.", "Team: Sales", "10:30", "and/or", r"a\b", "Tel:", ":-)"]
        {
            assert_eq!(defused(text), text);
        }
    }

    #[test]
    fn a_recipient_with_a_link_for_a_name_has_no_name() {
        for name in
            ["Ada", "Dr. Smith, Acme Inc.", "O'Neill, \"Ada\" <x>", "עדה", "Zoë", "Team: Sales"]
        {
            assert_eq!(recipient_name(name).as_deref(), Some(name));
        }
        for name in [
            "",
            " ",
            "evil.example",
            "Win at evil。example",
            "x@y",
            "go: https://e/x",
            r"\\evil\share",
            "sms:123",
        ] {
            assert_eq!(recipient_name(name), None, "{name}");
        }
        assert_eq!(recipient_name("a\r\nBcc: x").as_deref(), Some("a Bcc: x"));
        assert_eq!(sender_name("Acme.com").as_deref(), Some("Acme.\u{2060}com"));
        assert_eq!((sender_name("Acme").as_deref(), sender_name(" ")), (Some("Acme"), None));
    }

    #[test]
    fn a_line_stays_one() {
        assert_eq!(single_line("a\r\nBcc: x\u{2028}y\u{0}z"), "a Bcc: x y z");
        assert_eq!(single_line("=?utf-8?q?x?="), "= ?utf-8?q?x?=");
        assert_eq!(single_line("  \t "), "");
    }

    #[test]
    fn no_text_reorders_what_is_around_it() {
        assert_eq!(single_line("a\u{202e}b\u{2067}c\u{200f}"), "abc");
        assert_eq!(single_line("a\u{61c}b\u{1d173}c\u{e0041}"), "abc");
        assert_eq!(single_line("علی\u{200c}رضا"), "علی\u{200c}رضا");
        assert_eq!(defused("עדה"), "\u{2068}עדה\u{2069}");
    }
}
