use crate::{mailbox::Mailbox, text::line};

/// Where a character may stand.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Allowed {
    /// In names, messages and mailboxes.
    Anywhere,
    /// In names and messages.
    Text,
    Nowhere,
}

#[test]
fn names_and_mailboxes_refuse_what_is_invisible_or_reorders() {
    use Allowed::{Anywhere, Nowhere, Text};
    let table: &[(&[char], Allowed)] = &[
        (&['\0', '\t', '\n', '\r', '\u{7f}', '\u{85}'], Nowhere),
        // Line and paragraph separators.
        (&['\u{2028}', '\u{2029}'], Nowhere),
        // Soft hyphen, zero-width space, word joiner, invisible operators, byte order mark.
        (&['\u{ad}', '\u{200b}', '\u{2060}', '\u{2061}', '\u{2064}', '\u{feff}'], Nowhere),
        // Direction marks, embeddings, overrides and isolates.
        (&['\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}'], Nowhere),
        (&['\u{2069}'], Nowhere),
        // Deprecated format characters, reserved code points, interlinear annotation.
        (&['\u{2065}', '\u{206a}', '\u{206f}', '\u{fff0}', '\u{fff9}', '\u{fffb}'], Nowhere),
        // Tag characters.
        (&['\u{e0000}', '\u{e0001}', '\u{e0020}', '\u{e0041}', '\u{e007f}'], Nowhere),
        // Invisible characters of musical notation and shorthand.
        (&['\u{1d173}', '\u{1bca0}'], Nowhere),
        // Letters and symbols without a shape: Hangul fillers, the blank of Braille.
        (&['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}', '\u{2800}'], Nowhere),
        // Joiners: they decide over the form of letters.
        (&['\u{200c}', '\u{200d}', '\u{180e}'], Text),
        // Visible, though their category is Cf.
        (&['\u{600}', '\u{6dd}', '\u{110bd}'], Anywhere),
        (&['a', 'é', 'ß', '字', 'ع', 'क', '\u{301}', '’', '·', '😀', '\u{fe0f}'], Anywhere),
    ];
    for (characters, expected) in table {
        for it in *characters {
            let in_name = line("name", &format!("a{it}b"), 80).is_ok();
            let in_mailbox = Mailbox::parse(&format!("a{it}b@example.org")).is_ok();
            let allowed = match (in_name, in_mailbox) {
                (true, true) => Anywhere,
                (true, false) => Text,
                (false, _) => Nowhere,
            };
            assert_eq!(allowed, *expected, "U+{:04X}", u32::from(*it));
        }
    }
}

#[test]
fn names_that_need_joiners_are_taken() {
    for name in ["علی‌رضا", "क्‍ष", "👩‍👩‍👧", "ᠬᠠᠳᠠ᠎ᠠ"] {
        assert_eq!(line("name", name, 80).as_deref(), Ok(name));
    }
}
