//! Write to users about their accounts, when somebody asks for it.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{AccountLetterKind, Caller, Job, TenantId, Timestamp, User, UserRef};

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

impl AccountLetters {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Has a letter of this kind mailed to a user at the request of anybody, after `delay`. Whether one
    /// is mailed.
    pub(crate) async fn send(
        &self,
        tenant: TenantId,
        who: &UserRef,
        kind: AccountLetterKind,
        delay: TimeDelta,
    ) -> Result<bool, StoreError> {
        self.send_for(None, tenant, who, kind, delay).await
    }

    /// The same at the request of a caller, with whose letters it is counted then, and at once.
    pub(crate) async fn send_by(
        &self,
        caller: &Caller,
        who: &UserRef,
        kind: AccountLetterKind,
    ) -> Result<bool, StoreError> {
        self.send_for(Some(caller), caller.tenant, who, kind, TimeDelta::zero()).await
    }

    async fn send_for(
        &self,
        caller: Option<&Caller>,
        tenant: TenantId,
        who: &UserRef,
        kind: AccountLetterKind,
        delay: TimeDelta,
    ) -> Result<bool, StoreError> {
        let Ports { clock, entropy, ledger, users, .. } = &self.core.ports;
        commit(&**ledger, "write about an account", |_| async move {
            let now = clock.now();
            let found = users.find(tenant, who).await?;
            let Some(user) = found else { return Ok(Decision::Done(false)) };
            let Some(spent) = self.may_send(caller, &user, kind, now).await? else {
                return Ok(Decision::Done(false));
            };
            let (user, job) = account_letter(&**entropy, user.touched(now), kind, now);
            let job = Job { due_at: job.due_at + delay, ..job };
            let changes =
                Changes { users: vec![user], jobs: vec![job], spent, ..Changes::default() };
            Ok(Decision::Commit(changes, true))
        })
        .await
    }

    /// Whether this user may be written to on request, and what is counted then: here all limits on
    /// such letters are asked.
    async fn may_send(
        &self,
        caller: Option<&Caller>,
        user: &User,
        kind: AccountLetterKind,
        now: Timestamp,
    ) -> Result<Option<Vec<Spending>>, StoreError> {
        let may_be_sent = self.core.ports.postman.delivers() && user.may_be_written_to(kind, now);
        let Some(mailbox) = user.mailbox.as_ref().filter(|_| may_be_sent) else { return Ok(None) };
        let mut budget = match caller {
            Some(caller) => Budget::of_caller(&self.core, caller, now, [mailbox]).await?,
            None => Budget::of_request(&self.core, user.tenant, now, mailbox).await?,
        };
        Ok(budget.spend(Item::letter(mailbox)).ok().map(|()| budget.spent()))
    }
}
