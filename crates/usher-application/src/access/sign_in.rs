//! Sign in, sign out, and tell who is signed in.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{
    Action, Actor, Entry, EntryId, PasswordRules, SignInRecord, Subject, Timestamp, User,
};

use crate::{
    access::candidate::candidate,
    ports::{
        error::StoreError,
        ledger::{Changes, CommitError},
    },
    shared::{
        core::Core,
        session_cookies::{SessionCookies, SignedIn},
    },
};

/// Signs a person in with a password.
pub struct SignIn {
    core: Arc<Core>,
    cookies: SessionCookies,
}

/// Why someone is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No such person, no password, not in, or another password: nobody is told which.
    #[error("that is not right")]
    Wrong,
    #[error("too many wrong passwords: wait {} s", .0.num_seconds())]
    Wait(TimeDelta),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SignIn {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), cookies: SessionCookies::new(core) }
    }

    /// `name` is a mailbox or a username. Someone who does not exist takes as long as someone who
    /// does. A password that was imported under another scheme is hashed anew.
    #[tracing::instrument(skip_all)]
    pub async fn run(
        &self,
        tenant: &str,
        name: &str,
        password: &str,
    ) -> Result<SignedIn, SignInError> {
        let now = self.core.ports.clock.now();
        let user = self.candidate(tenant, name).await?;
        if let Some(wait) = user.as_ref().and_then(|it| it.sign_in.wait(now)) {
            return Err(SignInError::Wait(wait));
        }
        // Whatever is longer was never accepted, and is not worth the hashing.
        let fits = password.len() <= PasswordRules::MAX * 4;
        let password = PasswordRules::normalized(if fits { password } else { "" });
        let hash = user.as_ref().and_then(|it| it.password.as_deref());
        let right = self.core.ports.passwords.verify(&password, hash).await? && fits;
        let Some(user) = user else { return Err(SignInError::Wrong) };
        if !right {
            let sign_in = user.sign_in.failed(now);
            let changed = User { sign_in, ..user.touched(now) };
            self.commit(Changes { users: vec![changed], ..Changes::default() }).await?;
            return Err(SignInError::Wrong);
        }
        let signed_in = self.cookies.open(&user, now);
        let entry = Entry {
            id: EntryId(self.core.ports.entropy.id()),
            tenant: user.tenant,
            at: now,
            actor: Actor::User(user.id.clone()),
            action: Action::SignedIn,
            subject: Subject::User(user.id.clone()),
            detail: None,
        };
        self.commit(Changes {
            sessions: vec![signed_in.session.clone()],
            audit: vec![entry],
            ..Changes::default()
        })
        .await?;
        self.refresh(user, &password, now).await?;
        Ok(signed_in)
    }

    /// The user who could sign in under that name.
    async fn candidate(&self, tenant: &str, name: &str) -> Result<Option<User>, StoreError> {
        match self.core.ports.tenants.named(tenant).await? {
            Some(tenant) => candidate(&*self.core.ports.users, tenant.id, name).await,
            None => Ok(None),
        }
    }

    /// Forgets wrong passwords, and replaces a hash of another scheme than ours.
    async fn refresh(&self, user: User, password: &str, now: Timestamp) -> Result<(), StoreError> {
        let outdated = user.password.as_ref().is_some_and(|it| !it.starts_with("$argon2id$"));
        if !outdated && user.sign_in == SignInRecord::default() {
            return Ok(());
        }
        let hash =
            if outdated { Some(self.core.ports.passwords.hash(password).await?) } else { None };
        let password = hash.or_else(|| user.password.clone());
        let changed = User { password, sign_in: SignInRecord::default(), ..user.touched(now) };
        self.commit(Changes { users: vec![changed], ..Changes::default() }).await
    }

    /// A race over the record of attempts is nobody's loss.
    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        match self.core.ports.ledger.commit(&changes).await {
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
