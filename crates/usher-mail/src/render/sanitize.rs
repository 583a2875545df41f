//! Makes what people wrote safe to put into a mail: the words stay, what mail clients would act on
//! goes.

use usher_domain::{is_control, is_hidden, is_host_dot, is_in_host_label};

/// Word joiner: no one sees it, and it ends what mail clients take for a host or an address.
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

/// One line whose hosts and addresses no mail client makes links of, and which keeps its own
/// direction to itself.
pub(crate) fn defused(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let mut characters = single_line(text).chars().collect::<Vec<_>>().into_iter().peekable();
    let mut before = ' ';
    while let Some(it) = characters.next() {
        let within = is_in_host_label(before)
            && characters.peek().is_some_and(|next| is_in_host_label(*next));
        match it {
            it if is_host_dot(it) && within => safe.extend([it, JOINER]),
            '@' => safe.extend([JOINER, it, JOINER]),
            ':' if characters.peek() == Some(&'/') => safe.extend([it, JOINER]),
            it => safe.push(it),
        }
        before = it;
    }
    isolated(safe)
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
            ("https://evil.example/x", "https:\u{2060}//evil.\u{2060}example/x"),
            ("пример。рф", "пример。\u{2060}рф"),
            ("a․b﹒c．d｡e", "a․\u{2060}b﹒\u{2060}c．\u{2060}d｡\u{2060}e"),
            ("ev\u{338}.example", "ev\u{338}.\u{2060}example"),
            ("Dr. Smith, Acme Inc.", "Dr. Smith, Acme Inc."),
        ] {
            assert_eq!(defused(text), safe);
        }
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
