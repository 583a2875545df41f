//! Letters that the tests write.

use usher_domain::{AccountLettersId, Letter, LetterKind, Locale, Matter, MembershipId, Timestamp};
use uuid::Uuid;

use crate::{
    letters::{define, definition::Field},
    samples::with,
};

pub(crate) const SIGN_IN: &str = "https://invite.example/pin?tenant=default&organization=acme";

/// With everything that an invitation can have.
pub(crate) fn letter(locale: &str) -> Letter {
    invitation(define(&bare(locale).kind).fields, locale)
}

/// An invitation with no more than it must have.
pub(crate) fn bare(locale: &str) -> Letter {
    invitation(&[], locale)
}

/// To a member with roles and this pin.
pub(crate) fn welcome(locale: &str, pin: Option<&str>) -> Letter {
    to_member(LetterKind::Welcome { pin: pin.map(str::to_owned) }, locale)
}

/// To a member whose pin this is now.
pub(crate) fn new_pin(locale: &str, pin: &str) -> Letter {
    to_member(LetterKind::NewPin { pin: pin.to_owned() }, locale)
}

/// To a user about their account: the link is good until 30 November 2026, if it ends.
pub(crate) fn account(locale: &str, kind: LetterKind) -> Letter {
    let id = AccountLettersId(Uuid::from_u128(0x3c));
    let letter = Letter { matter: Matter::Account(id), ..to_member(kind, locale) };
    Letter { link: "https://invite.example/here?tenant=default".to_owned(), ..letter }
}

/// When links in samples end.
pub(crate) fn end() -> Timestamp {
    "2026-11-30T18:00:00Z".parse().unwrap()
}

fn invitation(fields: &[Field], locale: &str) -> Letter {
    dated(with(
        fields,
        LetterKind::Invitation { expires_at: end() },
        Locale::parse(locale).unwrap(),
    ))
}

fn to_member(kind: LetterKind, locale: &str) -> Letter {
    let fields = define(&kind).fields;
    Letter {
        matter: Matter::Membership(MembershipId(Uuid::from_u128(0x2b))),
        link: SIGN_IN.to_owned(),
        ..dated(with(fields, kind, Locale::parse(locale).unwrap()))
    }
}

fn dated(letter: Letter) -> Letter {
    Letter { written_at: "2026-11-23T18:00:00.5Z".parse().unwrap(), ..letter }
}
