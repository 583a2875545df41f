//! The invitation, to be accepted or declined. Its texts: `locales/*/invitation.ftl`.

use usher_domain::{LetterKind, Timestamp};

use crate::letters::definition::{Definition, Fact, Field, Texts};

pub(super) fn define(expires_at: Timestamp) -> Definition {
    Definition {
        template: None,
        fields: &[Field::Name, Field::Inviter, Field::Roles, Field::Message],
        facts: &[Fact::Roles, Fact::Until],
        expires_at: Some(expires_at),
        pin: None,
        texts: Texts {
            subject: "subject",
            subject_alone: "subject-alone",
            preview: "preview",
            note: None,
            button: "button",
            link_here: "link-here",
            not_you: "not-you",
            keep_it: Some("keep-it"),
        },
        link_declines: true,
    }
}

pub(super) fn samples() -> Vec<LetterKind> {
    vec![LetterKind::Invitation { expires_at: Timestamp::UNIX_EPOCH }]
}
