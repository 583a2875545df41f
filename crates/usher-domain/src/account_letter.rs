//! The letters that users get about their own accounts.

use chrono::TimeDelta;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::{id::AccountLettersId, keyring::Purpose, timestamp::Timestamp};

/// The letters to a user about their account: the latest of each kind. A letter of one kind neither
/// holds back one of another kind, nor ends its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLetters {
    /// By which their links and jobs name the user.
    pub id: AccountLettersId,
    /// How many there were so far, of all kinds.
    pub count: u32,
    /// At most one of each kind.
    pub latest: Vec<AccountLetter>,
}

/// One letter to a user about their account. Another one of its kind takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountLetter {
    pub kind: AccountLetterKind,
    /// 1 for the first one to this user, whatever its kind is.
    pub number: u32,
    /// When it was decided on.
    pub at: Timestamp,
    /// The number of the first letter that has the link of this one.
    pub link: u32,
    /// When that one was decided on: from then on the link is good for its time.
    pub link_since: Timestamp,
}

/// What such a letter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum AccountLetterKind {
    /// Its link proves that they read their mailbox.
    Confirmation,
    /// Its link lets them choose another password.
    Reset,
    /// Tells them that their password is another one.
    PasswordChanged,
}

impl AccountLetterKind {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The purpose of the token in its link, and how long the link is good; none if its link needs
    /// no token.
    #[must_use]
    pub fn link(self) -> Option<(Purpose, TimeDelta)> {
        match self {
            Self::Confirmation => Some((Purpose::Confirmation, TimeDelta::hours(24))),
            Self::Reset => Some((Purpose::Reset, TimeDelta::hours(1))),
            Self::PasswordChanged => None,
        }
    }
}

impl AccountLetter {
    /// How long nobody is sent another letter of the same kind on request.
    pub const PAUSE: TimeDelta = TimeDelta::minutes(1);

    /// When the link in it ends; none for a letter whose link does not.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.kind.link().map(|(_, life)| self.link_since + life)
    }
}

impl AccountLetters {
    /// None so far.
    #[must_use]
    pub fn none(id: AccountLettersId) -> Self {
        Self { id, count: 0, latest: Vec::new() }
    }

    /// The latest one of this kind.
    #[must_use]
    pub fn of(&self, kind: AccountLetterKind) -> Option<AccountLetter> {
        self.latest.iter().copied().find(|it| it.kind == kind)
    }

    /// The one with this number, unless a later one took its place.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Option<AccountLetter> {
        self.latest.iter().copied().find(|it| it.number == number)
    }

    /// The same, with one more. As long as the link of the one before is good, it has the same link,
    /// and the link ends when it would have: whoever asks for letters to somebody else's account
    /// neither voids a link that its owner has, nor keeps one good for longer.
    #[must_use]
    pub fn with_next(self, kind: AccountLetterKind, now: Timestamp) -> Self {
        let number = self.count + 1;
        let is_good = |it: &AccountLetter| it.expires_at().is_some_and(|it| now < it);
        let (link, link_since) = match self.of(kind).filter(is_good) {
            Some(before) => (before.link, before.link_since),
            None => (number, now),
        };
        let next = AccountLetter { kind, number, at: now, link, link_since };
        let others = self.latest.into_iter().filter(|it| it.kind != kind);
        Self { id: self.id, count: number, latest: others.chain([next]).collect() }
    }

    /// The same, without those that have a link: it opens nothing any more.
    #[must_use]
    pub fn without_links(self) -> Self {
        let latest = self.latest.into_iter().filter(|it| it.kind.link().is_none()).collect();
        Self { latest, ..self }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOON: Timestamp = Timestamp::UNIX_EPOCH;

    fn none() -> AccountLetters {
        AccountLetters::none(AccountLettersId(Uuid::nil()))
    }

    #[test]
    fn a_letter_asked_for_again_has_the_same_link_until_that_ends() {
        let kind = AccountLetterKind::Reset;
        let first = none().with_next(kind, NOON);
        let again = first.clone().with_next(kind, NOON + TimeDelta::minutes(59));
        let [first, again_of] = [&first, &again].map(|it| it.of(kind).unwrap());
        assert_eq!((first.link, again_of.link, again_of.number), (1, 1, 2));
        assert_eq!(again_of.expires_at(), Some(NOON + TimeDelta::hours(1)));
        let next = again.with_next(kind, NOON + TimeDelta::hours(1)).of(kind).unwrap();
        assert_eq!((next.link, next.number), (3, 3));
        assert_eq!(next.expires_at(), Some(NOON + TimeDelta::hours(2)));
    }

    #[test]
    fn letters_of_other_kinds_stay_as_they_are() {
        let all = AccountLetterKind::ALL;
        let letters = all.iter().fold(none(), |letters, kind| letters.with_next(*kind, NOON));
        let before = letters.of(AccountLetterKind::Confirmation);
        let letters = letters.with_next(AccountLetterKind::Reset, NOON + TimeDelta::hours(3));
        assert_eq!(letters.of(AccountLetterKind::Confirmation), before);
        assert_eq!((letters.latest.len(), letters.count), (3, 4));
        assert_eq!(letters.numbered(2), None, "number 4 took its place");
        let left = letters.without_links();
        assert_eq!(left.latest.iter().map(|it| it.kind).collect::<Vec<_>>(), [all[2]]);
        assert_eq!(left.with_next(AccountLetterKind::Reset, NOON).count, 5);
    }
}
