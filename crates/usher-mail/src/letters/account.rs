//! What the letters to users about their accounts have in common. Their texts:
//! `locales/*/account.ftl`.

use usher_domain::Timestamp;

use crate::letters::definition::{Definition, Fact, Field, Texts};

/// A letter with a link that is good until then, in a template of this name.
pub(super) fn with_link(template: &'static str, expires_at: Timestamp, texts: Texts) -> Definition {
    Definition {
        facts: &[Fact::Until],
        expires_at: Some(expires_at),
        ..without_end(template, texts)
    }
}

/// A letter whose link does not end.
pub(super) fn without_end(template: &'static str, texts: Texts) -> Definition {
    Definition {
        template: Some(template),
        fields: &[Field::Name],
        facts: &[],
        expires_at: None,
        pin: None,
        texts,
        link_declines: false,
    }
}
