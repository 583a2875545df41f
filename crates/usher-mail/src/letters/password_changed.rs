//! The letter that tells a user that their password was changed.

use usher_domain::LetterKind;

use crate::letters::{
    account::without_end,
    definition::{Definition, Texts},
};

pub(super) fn define() -> Definition {
    let texts = Texts {
        subject: "changed-subject",
        subject_alone: "changed-subject",
        preview: "changed-note",
        note: Some("changed-note"),
        button: "changed-button",
        link_here: "changed-link-here",
        not_you: "changed-was-you",
        keep_it: None,
    };
    without_end("password-changed", texts)
}

pub(super) fn samples() -> Vec<LetterKind> {
    vec![LetterKind::PasswordChanged]
}
