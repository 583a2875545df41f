//! Typed identifiers: UUIDv7 for what usher makes itself, text for what others may have named.

use std::{fmt, str::FromStr, sync::Arc};

use uuid::Uuid;

/// The text is not an identifier of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier")]
pub struct InvalidId;

macro_rules! made_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        /// 32 hexadecimal digits, lower case.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_simple().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_simple())
            }
        }

        /// Reads what `Display` writes and nothing else, so that one thing has one identifier.
        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let spelled = text.len() == 32 && !text.bytes().any(|it| it.is_ascii_uppercase());
                Uuid::try_parse(text).ok().filter(|_| spelled).map(Self).ok_or(InvalidId)
            }
        }
    )+};
}

macro_rules! given_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The longest identifier, in characters.
            pub const MAX: usize = 64;

            /// Takes over an identifier as given: 1 to [`Self::MAX`] characters, none of them a
            /// control character.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let length = text.chars().count();
                let fits = (1..=Self::MAX).contains(&length) && !text.contains(char::is_control);
                fits.then(|| Self(text.into())).ok_or(InvalidId)
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// An identifier that usher makes: 32 hexadecimal digits.
        impl From<Uuid> for $name {
            fn from(it: Uuid) -> Self {
                Self(it.as_simple().to_string().into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )+};
}

made_ids! {
    /// One tenant: the boundary that no query crosses.
    TenantId,
    /// One invitation.
    InvitationId,
    /// One job in the outbox.
    JobId,
    /// One attempt to deliver a letter.
    DeliveryId,
    /// One key for the APIs, in its tenant.
    CredentialId,
    /// One session.
    SessionId,
    /// One audit entry.
    EntryId,
    /// One task.
    TaskId,
    /// One membership.
    MembershipId,
    /// What the links and jobs of all letters to one user about their account name them by.
    AccountLettersId,
}

given_ids! {
    /// One user. Kept as given when imported.
    UserId,
    /// One organization. Kept as given when imported.
    OrganizationId,
    /// One role. Kept as given when imported.
    RoleId,
    /// One profile: a name that people gave it.
    ProfileId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_id_has_one_spelling() {
        let id = InvitationId(Uuid::from_u128(0xabc));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("ABC".repeat(10).parse::<InvitationId>(), Err(InvalidId));
        assert_eq!(id.to_string().to_uppercase().parse::<InvitationId>(), Err(InvalidId));
        assert_eq!(id.0.as_hyphenated().to_string().parse::<InvitationId>(), Err(InvalidId));
    }

    #[test]
    fn a_given_id_is_kept_and_bounded_in_characters() {
        assert_eq!(UserId::parse(&"ü".repeat(64)).unwrap().as_str(), "ü".repeat(64));
        for bad in ["", &"u".repeat(65), "a\nb"] {
            assert_eq!(UserId::parse(bad), Err(InvalidId));
        }
    }
}
