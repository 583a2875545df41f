//! Hashes passwords.
#![cfg_attr(feature = "testing", expect(clippy::ref_option_ref, reason = "the mock's own code"))]

use async_trait::async_trait;

use crate::ports::error::StoreError;

/// Hashes passwords, a few at a time: hashing is slow on purpose, and must not starve the rest.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Passwords: Send + Sync {
    /// A PHC string for a normalized password.
    async fn hash(&self, password: &str) -> Result<String, StoreError>;

    /// Whether the password is the one that was hashed. Reads PHC strings of argon2 and bcrypt's
    /// own form. Without a `hash` it takes as long as with one and says no, so that nobody learns
    /// who exists.
    async fn verify<'a>(&self, password: &str, hash: Option<&'a str>) -> Result<bool, StoreError>;
}
