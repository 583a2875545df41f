//! Sample letters: custom templates are tried on them, and tests write them.

use usher_domain::{InvitationId, Letter, LetterKind, Locale, Mailbox, Matter, Timestamp};
use uuid::Uuid;

use crate::letters::{define, definition::Field};

pub(crate) const LINK: &str =
    "https://invite.example/accept?invitation=AZqL0u7EfwCAAAAAAAAAAQEBAQEBAQEBAQEBAQEBAQ_-";

/// A part of the link that escaping leaves as it is.
pub(crate) const TOKEN: &str = "AZqL0u7EfwCAAAAAAAAAAQEBAQEBAQEBAQEBAQEBAQ_-";

/// A letter of this kind that holds these fields and no others.
pub(crate) fn with(fields: &[Field], kind: LetterKind, locale: Locale) -> Letter {
    let has = |it| fields.contains(&it);
    let roles = ["Editor", "Reviewer"].map(str::to_owned);
    Letter {
        matter: Matter::Invitation(InvitationId(Uuid::from_u128(0x1a))),
        number: 1,
        to: Mailbox::parse("ada@example.org").expect("every test reads this address"),
        name: has(Field::Name).then(|| "Ada".to_owned()),
        inviter: has(Field::Inviter).then(|| "The night team".to_owned()),
        place: "Acme Observatory".to_owned(),
        roles: if has(Field::Roles) { roles.into() } else { Vec::new() },
        message: has(Field::Message)
            .then(|| "We keep the night schedule here.\n\nGlad to have you.".to_owned()),
        locale,
        template: None,
        written_at: Timestamp::UNIX_EPOCH,
        kind,
        link: LINK.to_owned(),
    }
}

/// A letter of this kind for every combination of fields that it may hold.
pub(crate) fn combinations(kind: LetterKind, locale: Locale) -> impl Iterator<Item = Letter> {
    let fields = define(&kind).fields;
    (0..1_u32 << fields.len()).map(move |bits| {
        let is_chosen = |(at, _): &(usize, &Field)| bits & (1 << at) != 0;
        let chosen: Vec<_> =
            fields.iter().enumerate().filter(is_chosen).map(|(_, it)| *it).collect();
        with(&chosen, kind.clone(), locale.clone())
    })
}
