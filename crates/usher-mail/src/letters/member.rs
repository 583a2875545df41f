//! What the letters to members have in common. Their texts: `locales/*/member.ftl`.

use crate::letters::definition::{Field, Texts};

/// Nobody in particular writes to a member: there is no inviter, and no message.
pub(super) const FIELDS: &[Field] = &[Field::Name, Field::Roles];

/// The pin in samples; escaping leaves it as it is.
pub(super) const SAMPLE_PIN: &str = "k7Xq92";

/// The texts of a letter whose link opens the page to sign in.
pub(super) fn texts(subject: &'static str, note: &'static str, has_pin: bool) -> Texts {
    let (button, link_here, keep_it) = if has_pin {
        ("sign-in-with-pin", "sign-in-here-with-pin", Some("keep-pin"))
    } else {
        ("sign-in", "sign-in-here", None)
    };
    Texts {
        subject,
        subject_alone: subject,
        preview: note,
        note: Some(note),
        button,
        link_here,
        not_you: "not-expected",
        keep_it,
    }
}
