//! API credentials: a client id and its secret.

use std::{fmt, str::FromStr};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{
    authority::{Actor, Authority},
    id::{CredentialId, InvalidId, OrganizationId, TenantId, UserId},
    organization::Organization,
    timestamp::Timestamp,
};

/// A key for the APIs. Only the SHA-256 of its secret is stored. A slow hash is not needed, because
/// the secret is random.
#[derive(Clone, PartialEq)]
pub struct Credential {
    pub id: CredentialId,
    pub tenant: TenantId,
    /// The SHA-256 of the secret.
    pub secret_digest: [u8; 32],
    pub authority: Authority,
    /// The user whose key it is; none for a machine's.
    pub user: Option<UserId>,
    /// The one organization it is bound to.
    pub organization: Option<OrganizationId>,
    pub made_by: Actor,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// From then on it opens nothing; `None`: it is good until it is revoked.
    pub expires_at: Option<Timestamp>,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

/// What a program calls itself: the id of its key, and the tenant that the key belongs to and is looked
/// up in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientId {
    pub tenant: TenantId,
    pub key: CredentialId,
}

/// 64 hexadecimal digits, lower case: the tenant, and then the key.
impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}{}", self.tenant, self.key))
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientId({self})")
    }
}

/// Reads what `Display` writes and nothing else, so that one client has one id.
impl FromStr for ClientId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (tenant, key) = text.split_at_checked(32).ok_or(InvalidId)?;
        Ok(Self { tenant: tenant.parse()?, key: key.parse()? })
    }
}

/// A client secret in plain text: shown once, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialSecret(String);

impl CredentialSecret {
    /// The secret that a client presents.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The SHA-256 of the secret, which is stored.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// A new secret of 256 random bits.
impl From<[u8; 32]> for CredentialSecret {
    fn from(bits: [u8; 32]) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(bits))
    }
}

impl fmt::Debug for CredentialSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialSecret(…)")
    }
}

impl Credential {
    /// The shortest and the longest time for which a key can be made.
    pub const LIVES: (TimeDelta, TimeDelta) = (TimeDelta::hours(1), TimeDelta::days(3650));
    /// How long before its end a key is said to expire soon.
    pub const SOON: TimeDelta = TimeDelta::days(14);

    /// Whether its time was over at that moment. That says nothing of whether it was revoked.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|it| now >= it)
    }

    /// Whether it is good now and will not be for much longer.
    #[must_use]
    pub fn expires_soon(&self, now: Timestamp) -> bool {
        let is_good = self.revoked_at.is_none() && !self.has_expired(now);
        is_good && self.has_expired(now + Self::SOON)
    }

    /// Whether it has any power in this organization, or in the tenant itself (`None`), of which each
    /// has a part: it is bound to none, to this one, or to the one right above it.
    #[must_use]
    pub fn has_power_in(&self, organization: Option<&Organization>) -> bool {
        let Some((bound, place)) = self.organization.as_ref().zip(organization) else {
            return true;
        };
        *bound == place.id || Some(bound) == place.parent.as_ref()
    }

    /// Whether this is its secret and it was not revoked. Takes the same time for each wrong one.
    #[must_use]
    pub fn opens_with(&self, secret: &CredentialSecret) -> bool {
        self.revoked_at.is_none() && bool::from(self.secret_digest.ct_eq(&secret.digest()))
    }

    /// What a program calls itself that has it.
    #[must_use]
    pub fn client_id(&self) -> ClientId {
        ClientId { tenant: self.tenant, key: self.id }
    }

    /// Client id and secret as one: 128 hexadecimal digits. Secret.
    #[must_use]
    pub fn key(id: ClientId, secret: &CredentialSecret) -> Option<String> {
        let secret = BASE64_URL_SAFE_NO_PAD.decode(secret.reveal()).ok()?;
        let digits = secret.iter().flat_map(|it| [it >> 4, it & 15]);
        let digits = digits.filter_map(|it| char::from_digit(it.into(), 16));
        (secret.len() == 32).then(|| id.to_string().chars().chain(digits).collect())
    }

    /// Reads what [`Self::key`] writes, in either case.
    #[must_use]
    pub fn read_key(text: &str) -> Option<(ClientId, CredentialSecret)> {
        if text.len() != 128 || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
            return None;
        }
        let (id, secret) = text.split_at_checked(64)?;
        let byte = |at: usize| u8::from_str_radix(secret.get(2 * at..2 * at + 2)?, 16).ok();
        let secret: Vec<_> = (0..32).map(byte).collect::<Option<_>>()?;
        let secret: [u8; 32] = secret.try_into().ok()?;
        Some((id.to_ascii_lowercase().parse().ok()?, secret.into()))
    }

    /// The same credential, revoked now unless it was revoked before.
    #[must_use]
    pub fn revoked(self, now: Timestamp) -> Self {
        Self { revoked_at: self.revoked_at.or(Some(now)), version: self.version + 1, ..self }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("id", &self.id)
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_key_is_the_id_and_the_secret_and_nothing_else_is_one() {
        let key = CredentialId(Uuid::from_u128(7));
        let id = ClientId { tenant: TenantId(Uuid::from_u128(0xa)), key };
        let secret = CredentialSecret::from([9; 32]);
        let key = Credential::key(id, &secret).unwrap();
        assert_eq!(key, format!("{0}a{0}7{1}", "0".repeat(31), "09".repeat(32)));
        assert_eq!(Credential::read_key(&key.to_uppercase()), Some((id, secret)));
        for bad in ["", &key[1..], &format!("{key}0"), &key.replace('7', "g"), &"ü".repeat(64)] {
            assert_eq!(Credential::read_key(bad), None);
        }
        assert_eq!(Credential::key(id, &CredentialSecret::presented("short")), None);
    }

    #[test]
    fn a_client_id_is_the_tenant_and_the_key_and_has_one_spelling() {
        let it = Credential {
            id: CredentialId(Uuid::from_u128(0xc)),
            tenant: TenantId(Uuid::from_u128(0xa)),
            ..key(None)
        };
        let text = it.client_id().to_string();
        assert_eq!(text, format!("{0}a{0}c", "0".repeat(31)));
        assert_eq!(text.parse(), Ok(it.client_id()));
        for bad in ["", &text[32..], &text[1..], &text.to_uppercase(), &"ü".repeat(32)] {
            assert_eq!(bad.parse::<ClientId>(), Err(InvalidId), "{bad}");
        }
    }

    #[test]
    fn a_key_ends_at_its_time_and_says_so_two_weeks_before() {
        let made_at = Timestamp::UNIX_EPOCH;
        let until = made_at + TimeDelta::days(90);
        let of = |days| {
            let now = made_at + TimeDelta::days(days);
            (key(Some(until)).has_expired(now), key(Some(until)).expires_soon(now))
        };
        assert_eq!(
            [75, 76, 89, 90].map(of),
            [(false, false), (false, true), (false, true), (true, false)]
        );
        assert!(!key(None).has_expired(Timestamp::MAX_UTC));
        assert!(!key(Some(until)).revoked(made_at).expires_soon(until - TimeDelta::days(1)));
    }

    #[test]
    fn a_key_has_power_where_it_is_bound_and_right_below_and_in_the_tenant() {
        let id = |it: &str| OrganizationId::parse(it).unwrap();
        let place = |it: &str, parent: Option<&str>| Organization {
            parent: parent.map(id),
            ..Organization::new(id(it), TenantId(Uuid::nil()), it.to_owned(), Timestamp::UNIX_EPOCH)
        };
        let all = [place("top", None), place("team", Some("top")), place("far", Some("team"))];
        for (bound, expected) in [
            (None, [true, true, true]),
            (Some("top"), [true, true, false]),
            (Some("team"), [false, true, true]),
            (Some("far"), [false, false, true]),
        ] {
            let key = Credential { organization: bound.map(id), ..key(None) };
            let there = [0, 1, 2].map(|it| key.has_power_in(Some(&all[it])));
            assert_eq!(there, expected, "{bound:?}");
            assert!(key.has_power_in(None), "{bound:?}");
        }
    }

    fn key(expires_at: Option<Timestamp>) -> Credential {
        Credential {
            id: CredentialId(Uuid::nil()),
            tenant: TenantId(Uuid::nil()),
            secret_digest: [0; 32],
            authority: Authority::Reader,
            user: None,
            organization: None,
            made_by: Actor::System,
            created_at: Timestamp::UNIX_EPOCH,
            revoked_at: None,
            expires_at,
            version: 1,
        }
    }
}
