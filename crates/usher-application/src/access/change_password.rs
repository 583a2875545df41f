//! Change one's password.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{Actor, Attempted, User, UserRef, WeakPassword};

use crate::{
    access::{
        attempts::{AttemptCounter, Suspect},
        error::SignInError,
        new_password::{NewPassword, NewPasswordError},
        session::SignedInUser,
    },
    ports::{
        Ports,
        error::StoreError,
        passwords::{HashPlace, HashedFor},
    },
    shared::{
        commit::{Decision, commit},
        core::Core,
        session_cookies::SignedIn,
    },
};

/// Changes the password of somebody who is signed in and knows the one before.
pub struct ChangePassword {
    core: Arc<Core>,
    passwords: NewPassword,
    attempts: AttemptCounter,
}

/// Why a password stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// It is another one, or there is none, or a pin opened the session.
    #[error("the password until now is wrong")]
    Wrong,
    /// How long from now nobody can try, whatever the password is.
    #[error("too many wrong passwords: wait {} s and try again", .0.num_seconds())]
    Wait(TimeDelta),
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NewPasswordError> for ChangePasswordError {
    fn from(it: NewPasswordError) -> Self {
        match it {
            NewPasswordError::Weak(weak) => weak.into(),
            NewPasswordError::Store(error) => error.into(),
        }
    }
}

impl From<SignInError> for ChangePasswordError {
    fn from(it: SignInError) -> Self {
        match it {
            SignInError::Wrong => Self::Wrong,
            SignInError::Wait(wait) => Self::Wait(wait),
            SignInError::Store(error) => error.into(),
        }
    }
}

impl ChangePassword {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        let attempts = AttemptCounter::new(core);
        Self { core: core.clone(), passwords: NewPassword::new(core), attempts }
    }

    /// All sessions and keys of the user from before are void; the session that is returned is new.
    /// Each attempt counts as a wrong password until it is known to be the right one.
    #[tracing::instrument(skip_all)]
    pub async fn run(
        &self,
        who: &SignedInUser,
        old: &str,
        new: &str,
    ) -> Result<SignedIn, ChangePasswordError> {
        let Ports { clock, ledger, users, .. } = &self.core.ports;
        if who.session.organization.is_some() {
            return Err(ChangePasswordError::Wrong);
        }
        let (passwords, id) = (&self.passwords, &UserRef::Id(who.user.id.clone()));
        let found = users.find(who.tenant.id, id).await?;
        let user = found.filter(User::signs_in).ok_or(ChangePasswordError::Wrong)?;
        // First, for it is counted: whoever does not know it makes nobody hash another one.
        let place = self.verify(&user, old).await?;
        let hash = passwords.hash(&place, &user, new).await?;
        drop(place);
        let (hash, known) = (&hash, &user.password);
        commit(&**ledger, "change password", |_| async move {
            let found = users.find(who.tenant.id, id).await?;
            // Somebody else may have changed it meanwhile.
            let is_same = |it: &User| it.signs_in() && it.password == *known;
            let user = found.filter(is_same).ok_or(ChangePasswordError::Wrong)?;
            let browser = who.session.browser;
            let (changes, signed_in) =
                passwords.changes(user, hash.clone(), browser, clock.now()).await?;
            Ok(Decision::Commit(changes, signed_in))
        })
        .await
    }

    /// The place in which the password until now was found to be right, for the new one.
    async fn verify(&self, user: &User, old: &str) -> Result<HashPlace, ChangePasswordError> {
        let (of, actor) = (Attempted::Change(&user.id), Actor::User(user.id.clone()));
        let suspect = Suspect { actor, ..Suspect::of(Some(user), None) };
        let place = self.attempts.place(user.tenant, &suspect, HashedFor::user(user))?;
        let attempt = self.attempts.count(user.tenant, &[of], suspect).await?;
        let hash = user.password.as_deref();
        if !self.attempts.verify(&place, &attempt, old, hash).await? {
            return Err(ChangePasswordError::Wrong);
        }
        self.attempts.forgive(&attempt).await?;
        Ok(place)
    }
}

#[cfg(test)]
mod tests;
