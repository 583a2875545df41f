//! The letter to a member whose pin was replaced.

use usher_domain::LetterKind;

use crate::letters::{
    definition::{Definition, Fact},
    member::{FIELDS, SAMPLE_PIN, texts},
};

pub(super) fn define(pin: &str) -> Definition {
    Definition {
        template: Some("new-pin"),
        fields: FIELDS,
        facts: &[Fact::Pin],
        expires_at: None,
        pin: Some(pin.to_owned()),
        texts: texts("new-pin-subject", "new-pin-note", true),
        link_declines: false,
    }
}

pub(super) fn samples() -> Vec<LetterKind> {
    vec![LetterKind::NewPin { pin: SAMPLE_PIN.to_owned() }]
}
