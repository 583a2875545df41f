//! What callers call with, and the links that they are handed, which end with it.

use uuid::Uuid;

use crate::{
    browser::Browser,
    id::{CredentialId, InvitationId, OrganizationId, SessionId, TenantId, UserId},
    session::Session,
    timestamp::Timestamp,
};

/// What somebody calls a use case with.
#[derive(Clone, Debug, PartialEq)]
pub enum Means {
    /// Access to the machine itself: the command line, or the output of the first start.
    Machine,
    /// A key for the APIs: of a program, or of a person.
    Key(CredentialId),
    /// A session of a person. What is read from a link or a task has no end of its own.
    Session(Session),
}

/// What the token in a handed-over link says: what it opens, and with what its holder called.
#[derive(Clone, Debug, PartialEq)]
pub struct HandedOver {
    /// The tenant of the invitation, and of what its holder called with.
    pub tenant: TenantId,
    pub invitation: InvitationId,
    pub generation: u32,
    pub to: Means,
}

const MACHINE: u8 = 0;
const KEY: u8 = 1;
const SESSION: u8 = 2;
/// Stands between the texts: no id contains a control character.
const SEPARATOR: char = '\0';

impl Means {
    /// The kind of the means with what it takes to look it up: for the store, and for links.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Machine => vec![MACHINE],
            Self::Key(id) => [&[KEY], id.0.as_bytes().as_slice()].concat(),
            Self::Session(it) => {
                let place = it.organization.as_ref().map_or("", OrganizationId::as_str);
                [
                    &[SESSION],
                    it.id.0.as_bytes().as_slice(),
                    it.tenant.0.as_bytes(),
                    &it.created_at.timestamp_micros().to_be_bytes(),
                    format!("{}{SEPARATOR}{place}", it.user).as_bytes(),
                ]
                .concat()
            }
        }
    }

    /// Reads what [`Self::to_bytes`] writes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        match (*kind, rest) {
            (MACHINE, []) => Some(Self::Machine),
            (KEY, id) => Some(Self::Key(CredentialId(Uuid::from_slice(id).ok()?))),
            (SESSION, rest) => Some(Self::Session(session(rest)?)),
            _ => None,
        }
    }
}

impl HandedOver {
    /// For the keyring to seal: the tenant, the invitation, the generation, and the means.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (tenant, invitation) = (self.tenant.0.as_bytes(), self.invitation.0.as_bytes());
        let generation = self.generation.to_be_bytes();
        [tenant.as_slice(), invitation, &generation, &self.to.to_bytes()].concat()
    }

    /// Reads what [`Self::to_bytes`] writes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (tenant, rest) = bytes.split_at_checked(16)?;
        let (id, rest) = rest.split_at_checked(16)?;
        let (generation, to) = rest.split_at_checked(4)?;
        let generation = u32::from_be_bytes(generation.try_into().ok()?);
        let tenant = TenantId(Uuid::from_slice(tenant).ok()?);
        let invitation = InvitationId(Uuid::from_slice(id).ok()?);
        Some(Self { tenant, invitation, generation, to: Means::from_bytes(to)? })
    }
}

fn session(bytes: &[u8]) -> Option<Session> {
    let (id, rest) = bytes.split_at_checked(16)?;
    let (tenant, rest) = rest.split_at_checked(16)?;
    let (at, texts) = rest.split_at_checked(8)?;
    let created_at = Timestamp::from_timestamp_micros(i64::from_be_bytes(at.try_into().ok()?))?;
    let (user, place) = str::from_utf8(texts).ok()?.split_once(SEPARATOR)?;
    let place = (!place.is_empty()).then(|| OrganizationId::parse(place));
    Some(Session {
        id: SessionId(Uuid::from_slice(id).ok()?),
        tenant: TenantId(Uuid::from_slice(tenant).ok()?),
        user: UserId::parse(user).ok()?,
        organization: place.transpose().ok()?,
        browser: Browser::default(),
        created_at,
        expires_at: Timestamp::MAX_UTC,
        version: 1,
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_a_link_says_is_read_as_it_was_written() {
        let at = Timestamp::UNIX_EPOCH + TimeDelta::microseconds(1_767_355_200_000_001);
        let id = |it| UserId::parse(it).unwrap();
        let session = |user, organization: Option<&str>| Session {
            organization: organization.map(|it| OrganizationId::parse(it).unwrap()),
            expires_at: Timestamp::MAX_UTC,
            ..Session::open(
                SessionId(Uuid::from_u128(5)),
                TenantId(Uuid::from_u128(6)),
                id(user),
                at,
                TimeDelta::zero(),
            )
        };
        for to in [
            Means::Machine,
            Means::Key(CredentialId(Uuid::from_u128(7))),
            Means::Session(session("zoë/1", None)),
            Means::Session(session("ann", Some("Ünïon"))),
        ] {
            let it = HandedOver {
                tenant: TenantId(Uuid::from_u128(6)),
                invitation: InvitationId(Uuid::from_u128(u128::MAX)),
                generation: 77,
                to,
            };
            let bytes = it.to_bytes();
            assert_eq!(HandedOver::from_bytes(&bytes), Some(it.clone()));
            for shorter in 0..bytes.len() {
                assert_ne!(HandedOver::from_bytes(&bytes[..shorter]), Some(it.clone()));
            }
        }
        assert_eq!(HandedOver::from_bytes(&[9; 56]), None);
    }
}
