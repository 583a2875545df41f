//! Letters that the tests write.

use usher_domain::{InvitationId, Letter, LetterKind, Locale, Mailbox, Matter, MembershipId};
use uuid::Uuid;

pub(crate) const LINK: &str =
    "https://invite.example/accept?invitation=AZqL0u7EfwCAAAAAAAAAAQEBAQEBAQEBAQEBAQEBAQ_-";

pub(crate) const SIGN_IN: &str = "https://invite.example/pin?tenant=default&organization=acme";

/// With everything that an invitation can have.
pub(crate) fn letter(locale: &str) -> Letter {
    Letter {
        name: Some("Ada".to_owned()),
        inviter: Some("The night team".to_owned()),
        roles: vec!["Editor".to_owned(), "Reviewer".to_owned()],
        message: Some("We keep the night schedule here.\n\nGlad to have you.".to_owned()),
        ..bare(locale)
    }
}

/// To a member with roles and this pin.
pub(crate) fn welcome(locale: &str, pin: Option<&str>) -> Letter {
    Letter {
        matter: Matter::Membership(MembershipId(Uuid::from_u128(0x2b))),
        inviter: None,
        message: None,
        kind: LetterKind::Welcome { pin: pin.map(str::to_owned) },
        link: SIGN_IN.to_owned(),
        ..letter(locale)
    }
}

/// To a member whose pin this is now.
pub(crate) fn new_pin(locale: &str, pin: &str) -> Letter {
    Letter { kind: LetterKind::NewPin { pin: pin.to_owned() }, ..welcome(locale, None) }
}

/// With no more than it must.
pub(crate) fn bare(locale: &str) -> Letter {
    Letter {
        matter: Matter::Invitation(InvitationId(Uuid::from_u128(0x1a))),
        number: 1,
        to: Mailbox::parse("ada@example.org").unwrap(),
        name: None,
        inviter: None,
        place: "Acme Observatory".to_owned(),
        roles: Vec::new(),
        message: None,
        locale: Locale::parse(locale).unwrap(),
        template: None,
        written_at: "2026-11-23T18:00:00.5Z".parse().unwrap(),
        kind: LetterKind::Invitation { expires_at: "2026-11-30T18:00:00Z".parse().unwrap() },
        link: LINK.to_owned(),
    }
}
