//! The letter by which a user who forgot their password chooses another one.

use usher_domain::{LetterKind, Timestamp};

use crate::letters::{
    account::with_link,
    definition::{Definition, Texts},
};

pub(super) fn define(expires_at: Timestamp) -> Definition {
    let texts = Texts {
        subject: "reset-subject",
        subject_alone: "reset-subject",
        preview: "reset-note",
        note: Some("reset-note"),
        button: "reset-button",
        link_here: "reset-link-here",
        not_you: "reset-not-you",
        keep_it: Some("keep-link"),
    };
    with_link("password-reset", expires_at, texts)
}

pub(super) fn samples() -> Vec<LetterKind> {
    vec![LetterKind::PasswordReset { expires_at: Timestamp::UNIX_EPOCH }]
}
