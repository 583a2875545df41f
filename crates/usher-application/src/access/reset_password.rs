//! Choose another password in place of a forgotten one.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{
    AccountLetterKind, Action, Actor, Attempted, Mailbox, Membership, Subject, Tenant, User,
    UserRef, WeakPassword,
};

use crate::{
    access::{
        account_letters::{AccountLetterError, AccountLetters},
        new_password::{NewPassword, NewPasswordError},
    },
    ports::{Ports, error::StoreError, passwords::HashedFor},
    shared::{
        audit_trail::Trail,
        commit::{Decision, commit},
        core::Core,
        links::Links,
        session_cookies::{SessionCookies, SignedIn, UserAgent},
    },
};

/// Lets whoever reads the mailbox of an active user choose another password.
pub struct ResetPassword {
    core: Arc<Core>,
    letters: AccountLetters,
    links: Links,
    passwords: NewPassword,
    cookies: SessionCookies,
}

/// The longest time after which the letter is due. The time is drawn for each letter, so that the work
/// which it makes tells whoever asked for it nothing: they cannot know when to look.
const LONGEST_DELAY: TimeDelta = TimeDelta::seconds(20);

/// Why there is no new password.
#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordError {
    /// It was never sent, was used, has ended, or the account has another mailbox or password since.
    #[error("the link is not good any more")]
    Void,
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NewPasswordError> for ResetPasswordError {
    fn from(it: NewPasswordError) -> Self {
        match it {
            NewPasswordError::Weak(weak) => weak.into(),
            NewPasswordError::Store(error) => error.into(),
        }
    }
}

impl ResetPassword {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            letters: AccountLetters::new(core),
            links: Links::new(core),
            passwords: NewPassword::new(core),
            cookies: SessionCookies::new(core),
        }
    }

    /// Has a link mailed to the active user with this mailbox, if there is one. Nobody is told
    /// whether there is: callers answer before this has run. What the answer does not tell, the time
    /// of the next one must not tell either: for an address that nobody has, as much is read and
    /// written, and a letter is due only after a time that nobody can foresee.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    #[tracing::instrument(skip_all)]
    pub async fn request(&self, tenant: &str, mailbox: &str) -> Result<(), StoreError> {
        let found = self.core.ports.tenants.named(tenant).await?;
        let (Some(tenant), Ok(mailbox)) = (found, Mailbox::parse(mailbox)) else { return Ok(()) };
        let who = UserRef::Mailbox(mailbox.clone());
        let kind = AccountLetterKind::Reset;
        match self.letters.send(tenant.id, &who, kind, self.delay()).await {
            Ok(()) => return Ok(()),
            Err(AccountLetterError::Store(error)) => return Err(error),
            Err(_) => {}
        }
        let of = Attempted::Letter { tenant: &tenant.name, name: mailbox.folded() };
        // It is counted for the work of counting alone: nobody waits for it, and it is no failure.
        let counter = self.core.keyring.counter(&of);
        self.core.ports.attempts.count(tenant.id, &[counter], self.core.ports.clock.now()).await?;
        Ok(())
    }

    fn delay(&self) -> TimeDelta {
        let [.., a, b, c, d] = self.core.ports.entropy.secret();
        let drawn = i64::from(u32::from_be_bytes([a, b, c, d]));
        TimeDelta::milliseconds(drawn % (LONGEST_DELAY.num_milliseconds() + 1))
    }

    /// Whose password the link is for, as long as it is good.
    pub async fn look_up(&self, token: &str) -> Result<Option<(User, Tenant)>, StoreError> {
        let Ports { clock, tenants, .. } = &self.core.ports;
        let found = self.links.account_of(token, AccountLetterKind::Reset, clock.now()).await?;
        let Some(user) = found else { return Ok(None) };
        Ok(tenants.find(user.tenant).await?.map(|tenant| (user, tenant)))
    }

    /// Replaces the password. The link was mailed, so it proves the mailbox too; all sessions and keys
    /// from before are void, and so is the link. If nobody had proven the mailbox before, whoever used
    /// the account until now may be somebody else, so it loses its pins too, and the name that was
    /// chosen for it. The session that the browser had until now ends, whoever it is of.
    #[tracing::instrument(skip_all)]
    pub async fn run(
        &self,
        token: &str,
        new: &str,
        agent: &UserAgent<'_>,
    ) -> Result<SignedIn, ResetPasswordError> {
        let Ports { clock, entropy, ledger, organizations, .. } = &self.core.ports;
        let opened = async || {
            let kind = AccountLetterKind::Reset;
            let found = self.links.account_of(token, kind, clock.now()).await?;
            found.ok_or(ResetPasswordError::Void)
        };
        let user = opened().await?;
        let place = self.core.ports.passwords.place(HashedFor::user(&user))?;
        let hash = self.passwords.hash(&place, &user, new).await?;
        drop(place);
        let (hash, opened) = (&hash, &opened);
        commit(&**ledger, "reset password", |met| async move {
            let (user, now) = (opened().await?, clock.now());
            let was_proven = user.mailbox_proven_at.is_some();
            let actor = Actor::User(user.id.clone());
            let trail = Trail::by(&actor, user.tenant, now, &**entropy);
            let note = |action| trail.note(action, Subject::User(user.id.clone()));
            let proof = [note(Action::MailboxProven), note(Action::AccountRecovered)];
            let held = organizations.memberships_of(user.tenant, &user.id).await?;
            let user = user.proven(now);
            let user = if was_proven { user } else { user.without_display_name() };
            let (mut changes, signed_in) =
                self.passwords.changes(user, hash.clone(), agent.browser, now).await?;
            if !was_proven {
                changes.audit.extend(proof);
                let with_pin = held.into_iter().filter(|it| it.pin.is_some());
                let pinless = with_pin.map(|it| Membership { pin: None, ..it }.touched());
                changes.memberships.extend(pinless);
            }
            let changes =
                self.cookies.replacing(agent, &signed_in.session, changes, now, &met).await?;
            Ok(Decision::Commit(changes, signed_in))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
