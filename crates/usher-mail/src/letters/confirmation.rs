//! The letter that asks a user to prove that they read their mailbox.

use usher_domain::{LetterKind, Timestamp};

use crate::letters::{
    account::with_link,
    definition::{Definition, Texts},
};

pub(super) fn define(expires_at: Timestamp) -> Definition {
    let texts = Texts {
        subject: "confirmation-subject",
        subject_alone: "confirmation-subject",
        preview: "confirmation-note",
        note: Some("confirmation-note"),
        button: "confirmation-button",
        link_here: "confirmation-link-here",
        not_you: "confirmation-not-you",
        keep_it: Some("keep-link"),
    };
    with_link("confirmation", expires_at, texts)
}

pub(super) fn samples() -> Vec<LetterKind> {
    vec![LetterKind::Confirmation { expires_at: Timestamp::UNIX_EPOCH }]
}
