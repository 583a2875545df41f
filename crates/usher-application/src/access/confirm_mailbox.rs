//! Prove that one reads one's mailbox.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{AccountLetterKind, Action, Actor, Caller, Subject, UserId, UserRef};

use crate::{
    access::{
        account_letters::{AccountLetterError, AccountLetters},
        session::SignedInUser,
    },
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        audit_trail::Trail,
        commit::{Decision, commit},
        core::Core,
        links::Links,
    },
};

/// Lets somebody who is signed in prove that they read their mailbox.
pub struct ConfirmMailbox {
    core: Arc<Core>,
    letters: AccountLetters,
    links: Links,
}

/// Why nothing is proven.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmMailboxError {
    /// It was never sent, was used, has ended, or the account has another mailbox or password since.
    #[error("the link is not good any more")]
    Void,
    /// Whoever reads the mailbox must be who uses the account: otherwise its owner would confirm an
    /// account that somebody else opened under their address.
    #[error("the link is for another account than the one that is signed in")]
    SomeoneElse,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConfirmMailbox {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), letters: AccountLetters::new(core), links: Links::new(core) }
    }

    /// Has a link mailed to whoever is signed in.
    pub async fn request(&self, who: &SignedInUser) -> Result<(), AccountLetterError> {
        if who.session.organization.is_some() {
            return Err(AccountLetterError::Forbidden);
        }
        let (tenant, who) = (who.tenant.id, UserRef::Id(who.user.id.clone()));
        let kind = AccountLetterKind::Confirmation;
        self.letters.send(tenant, &who, kind, TimeDelta::zero()).await
    }

    /// The same for another user, at the wish of an administrator of the tenant.
    pub async fn request_for(
        &self,
        caller: &Caller,
        user: &UserId,
    ) -> Result<(), AccountLetterError> {
        if !caller.administers_tenant() {
            return Err(AccountLetterError::Forbidden);
        }
        let who = UserRef::Id(user.clone());
        self.letters.send_by(caller, &who, AccountLetterKind::Confirmation).await
    }

    /// Whether the link is good, and for whoever is signed in.
    pub async fn look_up(
        &self,
        token: &str,
        who: &SignedInUser,
    ) -> Result<(), ConfirmMailboxError> {
        let (kind, now) = (AccountLetterKind::Confirmation, self.core.ports.clock.now());
        let found = self.links.account_of(token, kind, now).await?;
        let user = found.ok_or(ConfirmMailboxError::Void)?;
        let is_theirs = user.id == who.user.id
            && user.tenant == who.tenant.id
            && who.session.organization.is_none();
        is_theirs.then_some(()).ok_or(ConfirmMailboxError::SomeoneElse)
    }

    /// Proves the mailbox of whoever is signed in. The link is void from then on.
    #[tracing::instrument(skip_all)]
    pub async fn run(&self, token: &str, who: &SignedInUser) -> Result<(), ConfirmMailboxError> {
        let Ports { clock, entropy, ledger, .. } = &self.core.ports;
        commit(&**ledger, "confirm mailbox", |_| async move {
            self.look_up(token, who).await?;
            let (kind, now) = (AccountLetterKind::Confirmation, clock.now());
            let found = self.links.account_of(token, kind, now).await?;
            let user = found.ok_or(ConfirmMailboxError::Void)?.touched(now).proven(now);
            let actor = Actor::User(user.id.clone());
            let trail = Trail::by(&actor, user.tenant, now, &**entropy);
            let note = trail.note(Action::MailboxProven, Subject::User(user.id.clone()));
            let changes = Changes { users: vec![user], audit: vec![note], ..Changes::default() };
            Ok(Decision::Commit(changes, ()))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
