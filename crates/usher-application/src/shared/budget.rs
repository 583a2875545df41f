//! The one place where it is asked whether there may be another letter or invitation, and where they
//! are counted.

use std::collections::{BTreeMap, HashMap};

use usher_domain::{
    AccountLetterKind, Actor, Caller, Invitation, InvitationId, Mailbox, Quota, QuotaCount,
    QuotaKey, QuotaOwner, TenantId, Timestamp, UsedUp, User,
};

use crate::{
    ports::{error::StoreError, ledger::Spending},
    shared::core::Core,
};

/// What is left of the quotas that one commit may use up. It is read anew for each attempt to commit,
/// or only once one has failed: the store has the last word.
pub(crate) struct Budget {
    tenant: TenantId,
    now: Timestamp,
    /// The most letters about one invitation.
    per_invitation: Option<u32>,
    mailboxes: HashMap<Mailbox, Vec<QuotaKey>>,
    invitation: Option<(InvitationId, QuotaKey)>,
    /// None for those who have no bound of their own.
    caller: Option<QuotaKey>,
    whole_tenant: QuotaKey,
    balances: BTreeMap<QuotaKey, Balance>,
}

/// One invitation that is made, one letter, or both at once.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a> {
    /// Where the letter goes; none without a letter.
    mailbox: Option<&'a Mailbox>,
    /// The invitation that is sent again, as it was before.
    again: Option<&'a Invitation>,
}

/// When it is read what was counted before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    Now,
    /// Not at all, as if nothing was, unless a quota is known to be used up. The commit finds out if
    /// there is not enough left; what is decided then is read for.
    IfUsedUp,
}

/// A mailbox, and under which count of its own a letter to it is counted.
type Share<'a> = (&'a Mailbox, QuotaOwner<'a>);

/// What was counted under a key before, and what is counted now.
struct Balance {
    quota: Quota,
    most: Option<u32>,
    before: Option<QuotaCount>,
    amount: u32,
}

impl<'a> Item<'a> {
    /// A new invitation, with its letter unless it is quiet.
    pub(crate) fn invitation(new: &'a Invitation) -> Self {
        Self { mailbox: (!new.offer.quiet).then_some(&new.mailbox), again: None }
    }

    /// Another letter about an invitation, given as it was before.
    pub(crate) fn again(before: &'a Invitation) -> Self {
        Self { mailbox: Some(&before.mailbox), again: Some(before) }
    }

    /// A letter about something else.
    pub(crate) fn letter(mailbox: &'a Mailbox) -> Self {
        Self { mailbox: Some(mailbox), again: None }
    }
}

impl Budget {
    /// Reads what is left for letters to these mailboxes, which a caller has sent.
    pub(crate) async fn of_caller<'a>(
        core: &Core,
        caller: &Caller,
        now: Timestamp,
        mailboxes: impl IntoIterator<Item = &'a Mailbox>,
    ) -> Result<Self, StoreError> {
        Self::of_callers_batch(core, caller, now, mailboxes, Reading::Now).await
    }

    /// As [`Self::of_caller`], for many letters, most of which there may be.
    pub(crate) async fn of_callers_batch<'a>(
        core: &Core,
        caller: &Caller,
        now: Timestamp,
        mailboxes: impl IntoIterator<Item = &'a Mailbox>,
        reading: Reading,
    ) -> Result<Self, StoreError> {
        let actor = Some(&caller.actor).filter(|it| **it != Actor::System);
        let by_callers = |it: &'a Mailbox| (it, QuotaOwner::Mailbox(it));
        let shares = mailboxes.into_iter().map(by_callers).collect();
        Self::read(core, caller.tenant, actor, now, shares, None, reading).await
    }

    /// As [`Self::of_caller`], for another letter about this invitation.
    pub(crate) async fn of_another_letter(
        core: &Core,
        caller: &Caller,
        now: Timestamp,
        before: &Invitation,
    ) -> Result<Self, StoreError> {
        let actor = Some(&caller.actor).filter(|it| **it != Actor::System);
        let share = (&before.mailbox, QuotaOwner::Mailbox(&before.mailbox));
        let again = Some(before.id);
        Self::read(core, caller.tenant, actor, now, vec![share], again, Reading::Now).await
    }

    /// Reads what is left for a letter of this kind that somebody has sent to a user who may be anybody:
    /// they know the address, or use an account that was opened under it. It is counted apart from what
    /// callers have sent there, so that neither uses up the other's share: see
    /// [`QuotaOwner::of_request`].
    pub(crate) async fn of_request(
        core: &Core,
        user: &User,
        kind: AccountLetterKind,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let proven = user.mailbox_proven_at.is_some();
        let owners = |mailbox| QuotaOwner::of_request(kind, mailbox, proven);
        let shares = user.mailbox.iter().flat_map(|to| owners(to).map(move |it| (to, it)));
        let shares = shares.collect();
        Self::read(core, user.tenant, None, now, shares, None, Reading::Now).await
    }

    async fn read(
        core: &Core,
        tenant: TenantId,
        actor: Option<&Actor>,
        now: Timestamp,
        shares: Vec<Share<'_>>,
        again: Option<InvitationId>,
        reading: Reading,
    ) -> Result<Self, StoreError> {
        let (quotas, mut balances) = (&core.policy.quotas, BTreeMap::new());
        let mut balance = |owner: &QuotaOwner<'_>| {
            let (key, quota) = (core.keyring.quota_key(owner), owner.quota());
            let most = quotas.most(quota);
            balances.insert(key, Balance { quota, most, before: None, amount: 0 });
            key
        };
        let whole_tenant = balance(&QuotaOwner::Tenant);
        let caller = actor.map(|it| balance(&QuotaOwner::Caller(it)));
        let invitation = again.map(|it| (it, balance(&QuotaOwner::Invitation(it))));
        let mut mailboxes: HashMap<Mailbox, Vec<QuotaKey>> = HashMap::new();
        for (mailbox, owner) in shares {
            let (key, keys) = (balance(&owner), mailboxes.entry(mailbox.clone()).or_default());
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let bounded: Vec<_> =
            balances.iter().filter(|(_, it)| it.most.is_some()).map(|(key, _)| *key).collect();
        let is_read = reading == Reading::Now || core.spent.has_any(tenant, &bounded, now);
        if is_read && !bounded.is_empty() {
            let counted = core.ports.counts.counted(tenant, &bounded, now).await?;
            for (key, count) in bounded.iter().zip(counted) {
                balances.entry(*key).and_modify(|it| it.before = count);
            }
            for (key, it) in &balances {
                if let Err(used_up) = it.has_room(now) {
                    core.spent.note(tenant, *key, used_up.until);
                }
            }
        }
        Ok(Self {
            tenant,
            now,
            per_invitation: quotas.most(Quota::Invitation),
            mailboxes,
            invitation,
            caller,
            whole_tenant,
            balances,
        })
    }

    /// The same without any bound: what is counted counts for others alone.
    pub(crate) fn without_bounds(mut self) -> Self {
        self.balances.values_mut().for_each(|it| it.most = None);
        self
    }

    /// Counts this, if there may be another one.
    pub(crate) fn spend(&mut self, item: Item<'_>) -> Result<(), UsedUp> {
        self.has_room(item)?;
        self.keep(item);
        Ok(())
    }

    /// Whether there may be another one.
    pub(crate) fn has_room(&self, item: Item<'_>) -> Result<(), UsedUp> {
        if let Some(invitation) = item.again {
            self.first_hour(invitation)?;
        }
        for key in self.keys(item) {
            if let Some(balance) = self.balances.get(&key) {
                balance.has_room(self.now)?;
            }
        }
        Ok(())
    }

    /// Counts this, whether there may be another one or not: that was asked before.
    pub(crate) fn keep(&mut self, item: Item<'_>) {
        for key in self.keys(item) {
            self.balances.entry(key).and_modify(|it| it.amount += 1);
        }
    }

    /// What is to be committed together with what was counted.
    pub(crate) fn spent(&self) -> Vec<Spending> {
        let (tenant, now) = (self.tenant, self.now);
        let used = self.balances.iter().filter(|(_, it)| it.amount > 0);
        let spending = |(key, it): (&QuotaKey, &Balance)| {
            let Balance { quota, most, amount, .. } = *it;
            Spending { tenant, quota, key: *key, amount, most, now }
        };
        used.map(spending).collect()
    }

    /// What counts in the first hour of an invitation is how many letters it has: so the first one,
    /// of which there are as many as invitations, needs no count of its own. Two commits cannot both
    /// write the same version of it.
    fn first_hour(&self, it: &Invitation) -> Result<(), UsedUp> {
        let quota = Quota::Invitation;
        let until = it.issued_at + quota.window();
        match self.per_invitation {
            Some(most) if self.now < until && it.letters >= most => {
                Err(UsedUp { quota, most, at: self.now, until })
            }
            _ => Ok(()),
        }
    }

    fn keys(&self, item: Item<'_>) -> Vec<QuotaKey> {
        let mailbox = item.mailbox.and_then(|it| self.mailboxes.get(it)).into_iter().flatten();
        let again = |it: &Invitation| self.invitation.filter(|(id, _)| *id == it.id);
        let invitation = item.again.and_then(again).map(|(_, key)| key);
        let tenant = item.mailbox.map(|_| self.whole_tenant);
        let others = [invitation, self.caller, tenant].into_iter().flatten();
        mailbox.copied().chain(others).collect()
    }
}

impl Balance {
    /// Whether one more may be counted.
    fn has_room(&self, now: Timestamp) -> Result<(), UsedUp> {
        let Some(most) = self.most else { return Ok(()) };
        let spent = self.before.map_or(0, |it| it.spent) + u64::from(self.amount);
        if spent < u64::from(most) {
            return Ok(());
        }
        let until = self.before.map_or(now + self.quota.window(), |it| it.until);
        Err(UsedUp { quota: self.quota, most, at: now, until })
    }
}

#[cfg(test)]
mod tests;
