//! Sign a person in with a password.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{Action, Actor, PasswordRules, SignInRecord, Subject, Timestamp, User};

use crate::{
    access::candidate::candidate,
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        audit_trail::Trail,
        commit::commit_once,
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
    /// There is no such person, they may not sign in, or the password or pin is another one. It is
    /// not said which.
    #[error("the name, or the password or pin, is wrong: check them and try again")]
    Wrong,
    /// How long from now nobody can sign in with this name, whatever the password or pin is.
    #[error("too many wrong passwords or pins: wait {} s and try again", .0.num_seconds())]
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
        let Ports { clock, entropy, passwords, .. } = &self.core.ports;
        let now = clock.now();
        let user = self.candidate(tenant, name).await?;
        if let Some(wait) = user.as_ref().and_then(|it| it.sign_in.wait(now)) {
            return Err(SignInError::Wait(wait));
        }
        // Whatever is longer was never accepted, and is not worth the hashing.
        let fits = password.len() <= PasswordRules::MAX * 4;
        let password = PasswordRules::normalized(if fits { password } else { "" });
        let hash = user.as_ref().and_then(|it| it.password.as_deref());
        let right = passwords.verify(&password, hash).await? && fits;
        let Some(user) = user else { return Err(SignInError::Wrong) };
        if !right {
            let sign_in = user.sign_in.failed(now);
            let changed = User { sign_in, ..user.touched(now) };
            self.commit(Changes { users: vec![changed], ..Changes::default() }).await?;
            return Err(SignInError::Wrong);
        }
        let signed_in = self.cookies.open(&user, now);
        let actor = Actor::User(user.id.clone());
        let trail = Trail::by(&actor, user.tenant, now, &**entropy);
        self.commit(Changes {
            sessions: vec![signed_in.session.clone()],
            audit: vec![trail.note(Action::SignedIn, Subject::User(user.id.clone()))],
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

    /// Whoever meets a conflict over the record of wrong passwords is signed in, or not, all the
    /// same.
    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        commit_once(&*self.core.ports.ledger, &changes).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
