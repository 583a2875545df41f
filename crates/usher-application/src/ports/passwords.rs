//! Hashes passwords.
#![cfg_attr(feature = "testing", expect(clippy::ref_option_ref, reason = "the mock's own code"))]

use std::any::Any;

use async_trait::async_trait;

use crate::ports::error::StoreError;

/// A place among those whose passwords are hashed. It is free again once this is dropped.
#[must_use]
pub struct HashPlace {
    _held: Box<dyn Any + Send + Sync>,
}

impl HashPlace {
    /// A place that is taken as long as `held` is there.
    pub fn holding(held: impl Any + Send + Sync) -> Self {
        Self { _held: Box::new(held) }
    }
}

/// Who has a password hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashedFor {
    /// Somebody who has shown before that they belong here: by a session, a key, a link, or the browser
    /// that they signed in with before.
    Known,
    /// Anybody.
    Stranger,
}

/// Hashes passwords, a few at a time: hashing is slow on purpose, and must not starve the rest.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Passwords: Send + Sync {
    /// A place, which whoever has a password hashed takes before anything is counted or written.
    ///
    /// # Errors
    /// [`StoreError::crowded`] where too many wait already. However many strangers wait, there are
    /// places left for those who are known.
    fn place(&self, whom: HashedFor) -> Result<HashPlace, StoreError>;

    /// A PHC string for a normalized password.
    async fn hash(&self, place: &HashPlace, password: &str) -> Result<String, StoreError>;

    /// Whether the password is the one that was hashed. Reads PHC strings of argon2 and bcrypt's
    /// own form. Without a `hash` it takes as long as with one and says no, so that nobody learns
    /// who exists.
    async fn verify<'a>(
        &self,
        place: &HashPlace,
        password: &str,
        hash: Option<&'a str>,
    ) -> Result<bool, StoreError>;
}
