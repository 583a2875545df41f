//! Characters that are invisible, or that change the order in which other characters are shown; and
//! those that are compared as if they were the same.

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// Whether a character ends a line or controls a device: the Unicode general categories Cc, Zl and
/// Zp. The line feed is one of them.
#[must_use]
pub fn is_control(it: char) -> bool {
    use GeneralCategory::{Control, LineSeparator, ParagraphSeparator};
    matches!(it.general_category(), Control | LineSeparator | ParagraphSeparator)
}

/// Whether a character is invisible or reorders the text around it, and no script needs it: the
/// general category Cf (direction marks, the soft hyphen, tag characters and others), the code
/// points that Unicode reserves for more of them, and letters and symbols without a shape (the Hangul
/// fillers and the blank of Braille).
///
/// Exempt are [joiners](is_joiner), and the number signs and similar marks of Arabic, Syriac and
/// Kaithi (`Prepended_Concatenation_Mark`), which are in Cf but visible.
#[must_use]
pub fn is_hidden(it: char) -> bool {
    let is_reserved =
        matches!(it, '\u{2065}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e007f}');
    let is_format = it.general_category() == GeneralCategory::Format;
    let is_blank = matches!(it, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}');
    (is_reserved || is_format || is_blank) && !is_joiner(it) && !is_visible_format(it)
}

/// Whether a character separates the labels of a host: the full stop, those that UTS 46 maps to it,
/// and those whose compatibility form (NFKC) it is.
#[must_use]
pub fn is_host_dot(it: char) -> bool {
    matches!(it, '.' | '\u{2024}' | '\u{3002}' | '\u{fe52}' | '\u{ff0e}' | '\u{ff61}')
}

/// Whether a character is a slash as whoever looks for addresses reads it: the slash, the backslash, and
/// those whose compatibility form (NFKC) they are.
#[must_use]
pub fn is_slash(it: char) -> bool {
    matches!(it, '/' | '\\' | '\u{fe68}' | '\u{ff0f}' | '\u{ff3c}')
}

/// Whether a character may be within a label of a host, as mail clients find hosts in texts:
/// letters, digits, and the marks and joiners upon them.
#[must_use]
pub fn is_in_host_label(it: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    let is_mark = matches!(it.general_category(), EnclosingMark | NonspacingMark | SpacingMark);
    it.is_alphanumeric() || is_mark || is_joiner(it)
}

/// Whether a character is invisible, but decides over the form of the letters beside it: the
/// zero-width joiner (Hindi, emoji), the zero-width non-joiner (Persian, Hindi) and the Mongolian
/// vowel separator. Names and messages may contain them, mailboxes may not.
#[must_use]
pub(crate) fn is_joiner(it: char) -> bool {
    matches!(it, '\u{180e}' | '\u{200c}' | '\u{200d}')
}

/// Whether nothing is seen of a character in a row of others: it is [hidden](is_hidden), a
/// [joiner](is_joiner), or a mark without a shape (the variation selectors and those like them).
#[must_use]
pub(crate) fn is_unseen(it: char) -> bool {
    let is_bare_mark = matches!(
        it,
        '\u{34f}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0100}'..='\u{e01ef}'
    );
    is_bare_mark || is_hidden(it) || is_joiner(it)
}

/// The property `Prepended_Concatenation_Mark`.
fn is_visible_format(it: char) -> bool {
    matches!(
        it,
        '\u{600}'
            ..='\u{605}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'
                | '\u{891}'
                | '\u{8e2}'
                | '\u{110bd}'
                | '\u{110cd}'
    )
}

/// A text as names are compared: without case, and in the form (NFKC) in which characters that look alike
/// because they are forms of one are the same.
pub(crate) fn folded(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.nfkc().collect()
}

#[cfg(test)]
mod tests;
