//! What a new password brings with it, however it was chosen.

use std::sync::Arc;

use usher_domain::{
    AccountLetterKind, Action, Actor, Browser, Mailbox, Subject, Timestamp, User, WeakPassword,
};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes, passwords::HashPlace},
    shared::{
        audit_trail::Trail,
        budget::{Budget, Item},
        core::Core,
        letter_jobs::account_letter,
        session_cookies::{SessionCookies, SignedIn},
    },
};

/// Makes new passwords.
#[derive(Clone)]
pub(crate) struct NewPassword {
    core: Arc<Core>,
    cookies: SessionCookies,
}

/// Why a password is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NewPasswordError {
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NewPassword {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), cookies: SessionCookies::new(core) }
    }

    /// The hash of a password that obeys the operator's rules.
    pub(crate) async fn hash(
        &self,
        place: &HashPlace,
        user: &User,
        chosen: &str,
    ) -> Result<String, NewPasswordError> {
        let Core { policy, ports, .. } = &*self.core;
        let typed = user.mailbox.as_ref().map_or("", Mailbox::typed);
        let username = user.username.as_deref().unwrap_or_default();
        let good = policy.passwords.check(chosen, &[&user.full_name(), typed, username])?;
        Ok(ports.passwords.hash(place, &good).await?)
    }

    /// The user with that password: their sessions and keys from before are void, they have a new
    /// session, and a letter tells them.
    ///
    /// Whoever has proven their mailbox is told of it in any case, however many letters others had sent
    /// to it before. An unproven one may be somebody else's, to whom a stranger has these letters sent: it
    /// gets no more of them than of all that is sent on request.
    pub(crate) async fn changes(
        &self,
        user: User,
        hash: String,
        browser: Browser,
        now: Timestamp,
    ) -> Result<(Changes, SignedIn), StoreError> {
        let Ports { entropy, postman, .. } = &self.core.ports;
        let actor = Actor::User(user.id.clone());
        let trail = Trail::by(&actor, user.tenant, now, &**entropy);
        let user = user.with_password(hash, now);
        let note = trail.note(Action::PasswordChanged, Subject::User(user.id.clone()));
        let signed_in = self.cookies.open(&user, browser, now);
        let (mut user, mut job, mut spent) = (user, None, Vec::new());
        if let Some(mailbox) = user.mailbox.clone().filter(|_| postman.delivers()) {
            let kind = AccountLetterKind::PasswordChanged;
            let budget = Budget::of_request(&self.core, &user, kind, now).await?;
            let is_theirs = user.mailbox_proven_at.is_some();
            let mut budget = if is_theirs { budget.without_bounds() } else { budget };
            match budget.spend(Item::letter(&mailbox)) {
                Ok(()) => {
                    let (told, letter) = account_letter(&**entropy, user, kind, now);
                    (user, job, spent) = (told, Some(letter), budget.spent());
                }
                Err(why) => {
                    tracing::warn!(user = %user.id, %why, "no letter tells of a new password");
                }
            }
        }
        let changes = Changes {
            users: vec![user],
            sessions: vec![signed_in.session.clone()],
            jobs: job.into_iter().collect(),
            spent,
            audit: vec![note],
            ..Changes::default()
        };
        Ok((changes, signed_in))
    }
}

#[cfg(test)]
mod tests;
