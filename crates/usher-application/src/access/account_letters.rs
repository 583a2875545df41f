//! Write to users about their accounts, when somebody asks for it.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{AccountLetterKind, Caller, Job, TenantId, Timestamp, UsedUp, User, UserRef};

use crate::{
    ports::{
        Ports,
        error::StoreError,
        ledger::{Changes, Spending},
    },
    shared::{
        budget::{Budget, Item},
        commit::{Decision, commit},
        core::Core,
        letter_jobs::account_letter,
    },
};

/// Sends letters about accounts on request.
#[derive(Clone)]
pub(crate) struct AccountLetters {
    core: Arc<Core>,
}

/// Why no letter about an account is mailed.
#[derive(Debug, thiserror::Error)]
pub enum AccountLetterError {
    #[error("they are not active or have no address, or usher sends no mail (mail.url)")]
    Nowhere,
    /// How long from now there may be another one of the same kind.
    #[error("they got one a short while ago; try again in {} s", .0.num_seconds())]
    Recent(TimeDelta),
    #[error(transparent)]
    UsedUp(#[from] UsedUp),
    #[error("the caller may not have letters sent to users")]
    Forbidden,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AccountLetters {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Has a letter of this kind mailed to a user at the request of anybody, after `delay`.
    pub(crate) async fn send(
        &self,
        tenant: TenantId,
        who: &UserRef,
        kind: AccountLetterKind,
        delay: TimeDelta,
    ) -> Result<(), AccountLetterError> {
        self.send_for(None, tenant, who, kind, delay).await
    }

    /// The same at the request of a caller, with whose letters it is counted then, and at once.
    pub(crate) async fn send_by(
        &self,
        caller: &Caller,
        who: &UserRef,
        kind: AccountLetterKind,
    ) -> Result<(), AccountLetterError> {
        self.send_for(Some(caller), caller.tenant, who, kind, TimeDelta::zero()).await
    }

    async fn send_for(
        &self,
        caller: Option<&Caller>,
        tenant: TenantId,
        who: &UserRef,
        kind: AccountLetterKind,
        delay: TimeDelta,
    ) -> Result<(), AccountLetterError> {
        let Ports { clock, entropy, ledger, users, .. } = &self.core.ports;
        commit(&**ledger, "write about an account", |_| async move {
            let now = clock.now();
            let found = users.find(tenant, who).await?;
            let user = found.ok_or(AccountLetterError::Nowhere)?;
            let spent = self.may_send(caller, &user, kind, now).await?;
            let (user, job) = account_letter(&**entropy, user.touched(now), kind, now);
            let job = Job { due_at: job.due_at + delay, ..job };
            let changes =
                Changes { users: vec![user], jobs: vec![job], spent, ..Changes::default() };
            Ok(Decision::Commit(changes, ()))
        })
        .await
    }

    /// What is counted when this user is written to on request, if they may be: here all limits on such
    /// letters are asked.
    async fn may_send(
        &self,
        caller: Option<&Caller>,
        user: &User,
        kind: AccountLetterKind,
        now: Timestamp,
    ) -> Result<Vec<Spending>, AccountLetterError> {
        let wait = user.wait_for_letter(kind, now);
        let wait = wait.filter(|_| self.core.ports.postman.delivers());
        let (Some(wait), Some(mailbox)) = (wait, &user.mailbox) else {
            return Err(AccountLetterError::Nowhere);
        };
        if wait > TimeDelta::zero() {
            return Err(AccountLetterError::Recent(wait));
        }
        let mut budget = match caller {
            Some(caller) => Budget::of_caller(&self.core, caller, now, [mailbox]).await?,
            None => Budget::of_request(&self.core, user.tenant, now, mailbox).await?,
        };
        budget.spend(Item::letter(mailbox))?;
        Ok(budget.spent())
    }
}
