//! Hashes passwords.
#![cfg_attr(feature = "testing", expect(clippy::ref_option_ref, reason = "the mock's own code"))]

use std::any::Any;

use async_trait::async_trait;
use usher_domain::{Actor, TenantId, User};

use crate::ports::error::StoreError;

/// A place among those whose passwords are hashed. It is free again once this is dropped.
#[must_use]
pub struct HashPlace {
    held: Box<dyn Any + Send + Sync>,
}

impl HashPlace {
    /// A place that is taken as long as `held` is there.
    pub fn holding(held: impl Any + Send + Sync) -> Self {
        Self { held: Box::new(held) }
    }

    /// What the adapter holds, if it is of this type.
    #[must_use]
    pub fn held<T: Any>(&self) -> Option<&T> {
        self.held.downcast_ref()
    }
}

/// Who has a password hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashedFor {
    /// Somebody who has shown before that they belong here: by a session, a key, a letter about their
    /// account, or a browser that they signed in with before.
    Known(TenantId, Actor),
    /// Somebody who was invited, and has no account yet.
    Invited,
    /// Anybody.
    Stranger,
}

impl HashedFor {
    /// A user who is known, over however many browsers and sessions.
    #[must_use]
    pub fn user(user: &User) -> Self {
        Self::Known(user.tenant, Actor::User(user.id.clone()))
    }
}

/// Hashes passwords, a few at a time: hashing is slow on purpose, and must not starve the rest.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Passwords: Send + Sync {
    /// A place, which whoever has a password hashed takes before anything is counted or written.
    ///
    /// # Errors
    /// [`StoreError::crowded`] where too many wait already. However many strangers wait, there are
    /// places left for those who are known and for those who are invited; no one who is known takes
    /// more than a few of them, and they wait for each other rather than for strangers.
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
