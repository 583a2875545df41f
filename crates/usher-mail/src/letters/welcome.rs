//! The welcome to a new member, who need not accept anything. Some bring a pin.

use usher_domain::LetterKind;

use crate::letters::{
    definition::{Definition, Fact},
    member::{FIELDS, SAMPLE_PIN, texts},
};

pub(super) fn define(pin: Option<&str>) -> Definition {
    Definition {
        template: Some("welcome"),
        fields: FIELDS,
        facts: &[Fact::Roles, Fact::Pin],
        expires_at: None,
        pin: pin.map(str::to_owned),
        texts: texts("welcome-subject", "welcome-note", pin.is_some()),
        link_declines: false,
    }
}

pub(super) fn samples() -> Vec<LetterKind> {
    [None, Some(SAMPLE_PIN.to_owned())].map(|pin| LetterKind::Welcome { pin }).to_vec()
}
