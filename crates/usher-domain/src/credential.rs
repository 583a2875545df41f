//! A client id and what proves it.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{Authority, CredentialId, OrganizationId, TenantId, Timestamp, UserId};

/// A key for the APIs. Only the SHA-256 of its secret is kept: the secret is random.
#[derive(Clone, PartialEq)]
pub struct Credential {
    pub id: CredentialId,
    pub tenant: TenantId,
    pub secret: [u8; 32],
    pub authority: Authority,
    /// Whose key it is; none for a machine's.
    pub user: Option<UserId>,
    /// The one organization it is bound to.
    pub organization: Option<OrganizationId>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

/// A client secret in the clear: shown once, never kept.
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

    /// What is kept of it.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// A new secret of 256 random bits.
impl From<[u8; 32]> for CredentialSecret {
    fn from(bits: [u8; 32]) -> Self {
        use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
        Self(BASE64_URL_SAFE_NO_PAD.encode(bits))
    }
}

impl fmt::Debug for CredentialSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialSecret(…)")
    }
}

impl Credential {
    /// Whether this is its secret and it was not revoked. Takes the same time for each wrong one.
    #[must_use]
    pub fn opens_with(&self, secret: &CredentialSecret) -> bool {
        self.revoked_at.is_none() && bool::from(self.secret.ct_eq(&secret.digest()))
    }

    /// The same credential, of no more use.
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
