//! What becomes of pending invitations when what they rest on goes: their inviter, a role, an
//! organization.

use std::{collections::HashSet, sync::Arc};

use usher_domain::{
    Action, Actor, Caller, Invitation, Inviter, OrganizationId, OrphanPolicy, State, Subject,
    Timestamp, UserId,
};

use crate::{
    ports::{
        error::StoreError,
        invitations::{Cursor, Filter, InvitationCondition, Page},
        ledger::{Changes, Conflict, Seated},
    },
    shared::{
        audit_trail::Trail, bounds::commit_for, commit::Decision, core::Core,
        defined_roles::Defined,
    },
};

/// Finds such invitations, and does with them what the policy says.
#[derive(Clone)]
pub(crate) struct OrphanedInvitations {
    core: Arc<Core>,
    most: usize,
}

/// The most invitations that are read, or settled in a commit of their own, at once.
const PAGE: usize = 1_000;
/// The most invitations that are settled in the commit that removes what they rest on.
const MOST: usize = 10_000;
/// The most users that one filter names.
const NAMES: usize = 100;

/// What becomes of orphaned invitations, where the policy is to transfer them.
pub(crate) struct Transfer<'a, F> {
    pub(crate) policy: OrphanPolicy,
    /// The organization that they are transferred to, if it is another one: it needs a seat for
    /// each of them, and none of them is transferred if it has not.
    pub(crate) to: Option<&'a OrganizationId>,
    /// Whether those stay as they are that the caller may not edit, because they could not make them.
    pub(crate) is_edit: bool,
    /// The invitation as it goes on; `None` for one that is revoked.
    pub(crate) how: F,
}

impl OrphanedInvitations {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), most: MOST }
    }

    /// The invitations of the tenant that match, which are open or at least not closed: 10 000 at the
    /// most. Whoever may meet with more settles the others by [`Self::settle_excess`] first.
    ///
    /// # Errors
    /// [`StoreError::busy`] if there are more: others are adding them right now.
    pub(crate) async fn left_by(
        &self,
        caller: &Caller,
        filter: Filter,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        self.left(caller, &filter, now, false).await
    }

    /// As [`Self::left_by`], without those that the caller may not edit where it `is_edit`.
    async fn left(
        &self,
        caller: &Caller,
        filter: &Filter,
        now: Timestamp,
        is_edit: bool,
    ) -> Result<Vec<Invitation>, StoreError> {
        let mut all: Vec<Invitation> = Vec::new();
        let mut page = Page { after: None, skip: 0, limit: PAGE as u64 };
        loop {
            let found = self.core.ports.invitations.list(caller.tenant, filter, page, now).await?;
            let is_last = found.len() < PAGE;
            page.after = found.last().map(cursor);
            all.extend(if is_edit { self.editable(caller, found).await? } else { found });
            if all.len() > self.most {
                return Err(StoreError::busy());
            }
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Those of them that the caller may edit.
    async fn editable(
        &self,
        caller: &Caller,
        mut found: Vec<Invitation>,
    ) -> Result<Vec<Invitation>, StoreError> {
        let roles = found.iter().flat_map(|it| &it.offer.roles);
        let defined = Defined::of(&*self.core.ports.roles, caller.tenant, roles).await?;
        found.retain(|it| defined.could_be_offered_by(caller, &it.offer));
        Ok(found)
    }

    /// Those that any of these users answers for, or that are in their names, 10 000 at the most, as far
    /// as the caller may edit them. None of the caller's own where the policy is to transfer them to the
    /// caller.
    ///
    /// # Errors
    /// As [`Self::left_by`]; [`Self::settle_excess_of`] settles the others.
    pub(crate) async fn invited_by(
        &self,
        caller: &Caller,
        users: &[UserId],
        filter: &Filter,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        for theirs in self.by_each(caller, users, filter) {
            let found = self.left(caller, &open(theirs), now, true).await?;
            all.extend(found.into_iter().filter(|it| seen.insert(it.id)));
            if all.len() > self.most {
                return Err(StoreError::busy());
            }
        }
        Ok(all)
    }

    /// Settles the invitations that [`Self::left_by`] finds, but for the 10 000 newest, in commits of their
    /// own: so that the others can be settled in one commit with what they rest on. If that is not
    /// made afterwards, these stay settled.
    pub(crate) async fn settle_excess<F>(
        &self,
        caller: &Caller,
        filter: Filter,
        transfer: &Transfer<'_, F>,
    ) -> Result<(), StoreError>
    where
        F: Fn(Invitation) -> Option<Invitation> + Sync,
    {
        self.settle_but(self.most, caller, filter, transfer).await.map(drop)
    }

    /// Revokes all invitations that match and can be accepted, or could be if they were sent again,
    /// page by page, each page in a commit. Returns how many they were. Those that are made meanwhile
    /// may be left.
    pub(crate) async fn revoke_all(
        &self,
        caller: &Caller,
        filter: Filter,
    ) -> Result<u64, StoreError> {
        let policy = OrphanPolicy::Revoke;
        let transfer = Transfer { policy, to: None, is_edit: false, how: Some };
        self.settle_but(0, caller, not_closed(filter), &transfer).await
    }

    /// How many [`Self::revoke_all`] would revoke.
    pub(crate) async fn count(&self, caller: &Caller, filter: Filter) -> Result<u64, StoreError> {
        let (filter, now) = (not_closed(filter), self.core.ports.clock.now());
        let mut page = Page { after: None, skip: 0, limit: PAGE as u64 };
        let mut count = 0;
        loop {
            let found = self.core.ports.invitations.list(caller.tenant, &filter, page, now).await?;
            count += found.len() as u64;
            page.after = found.last().map(cursor);
            if found.len() < PAGE {
                return Ok(count);
            }
        }
    }

    /// As [`Self::settle_excess`], for those that [`Self::invited_by`] finds.
    pub(crate) async fn settle_excess_of<F>(
        &self,
        caller: &Caller,
        users: &[UserId],
        filter: &Filter,
        transfer: &Transfer<'_, F>,
    ) -> Result<(), StoreError>
    where
        F: Fn(Invitation) -> Option<Invitation> + Sync,
    {
        let filters = self.by_each(caller, users, filter);
        let newest = self.most / filters.len().max(1);
        for theirs in filters {
            self.settle_but(newest, caller, open(theirs), transfer).await?;
        }
        Ok(())
    }

    /// Settles those that match but for the newest, page by page, each page in a commit. Returns how
    /// many were settled.
    async fn settle_but<F>(
        &self,
        newest: usize,
        caller: &Caller,
        filter: Filter,
        transfer: &Transfer<'_, F>,
    ) -> Result<u64, StoreError>
    where
        F: Fn(Invitation) -> Option<Invitation> + Sync,
    {
        if transfer.policy == OrphanPolicy::Keep {
            return Ok(0);
        }
        let filter = &filter;
        // One that is transferred may match still, so pages go on by key.
        let mut page = Page { after: None, skip: newest as u64, limit: PAGE as u64 };
        let mut count = 0;
        loop {
            let settled = commit_for(&self.core, caller, "settle orphans", |conflicts| {
                self.page_settled(caller, filter, page, transfer, conflicts)
            });
            let Some((last, settled)) = settled.await? else { return Ok(count) };
            count += settled;
            page = Page { after: Some(last), skip: 0, ..page };
        }
    }

    /// One page settled: where it ends, and how many were; `None` if there is nothing on it.
    async fn page_settled<F>(
        &self,
        caller: &Caller,
        filter: &Filter,
        page: Page,
        transfer: &Transfer<'_, F>,
        conflicts: Vec<Conflict>,
    ) -> Result<Decision<Option<(Cursor, u64)>>, StoreError>
    where
        F: Fn(Invitation) -> Option<Invitation> + Sync,
    {
        let now = self.core.ports.clock.now();
        let found = self.core.ports.invitations.list(caller.tenant, filter, page, now).await?;
        let Some(last) = found.last().map(cursor) else { return Ok(Decision::Done(None)) };
        let found = if transfer.is_edit { self.editable(caller, found).await? } else { found };
        let full = conflicts.iter().any(|it| matches!(it, Conflict::Seat(_)));
        let policy = if full { OrphanPolicy::Revoke } else { transfer.policy };
        // In another organization, the invitee may have an invitation already.
        let in_use = |it: &Invitation| {
            transfer.to.is_some() && conflicts.contains(&Conflict::Invitation(it.id))
        };
        let how = |it: Invitation| if in_use(&it) { None } else { (transfer.how)(it) };
        let mut changes = Changes::default();
        self.settle(caller, policy, found, now, &mut changes, how);
        let is_moved = |it: &Invitation| it.offer.organization.as_ref() == transfer.to;
        let to = transfer.to.filter(|_| changes.invitations.iter().any(is_moved)).cloned();
        let tenant = caller.tenant;
        changes.seated =
            to.map(|organization| Seated { tenant, organization, now }).into_iter().collect();
        let settled = changes.invitations.len() as u64;
        Ok(Decision::Commit(changes, Some((last, settled))))
    }

    /// A filter for each so many users.
    fn by_each(&self, caller: &Caller, users: &[UserId], filter: &Filter) -> Vec<Filter> {
        let transfers = self.core.policy.orphans == OrphanPolicy::Transfer;
        let is_own = |it: &UserId| transfers && caller.actor == Actor::User(it.clone());
        let users: Vec<_> = users.iter().filter(|it| !is_own(it)).collect();
        let theirs =
            |some: &[&UserId]| Filter::Or(some.iter().copied().flat_map(in_the_name_of).collect());
        users.chunks(NAMES).map(|it| Filter::And(vec![filter.clone(), theirs(it)])).collect()
    }

    /// Adds to `changes` what the policy does with these invitations: nothing, their revocation, or
    /// what `transfer` makes of them. One that cannot be transferred is revoked.
    pub(crate) fn settle(
        &self,
        caller: &Caller,
        policy: OrphanPolicy,
        orphans: Vec<Invitation>,
        now: Timestamp,
        changes: &mut Changes,
        transfer: impl Fn(Invitation) -> Option<Invitation>,
    ) {
        let trail = Trail::of(caller, now, &*self.core.ports.entropy);
        for it in orphans {
            let by = || caller.actor.clone();
            let moved = match policy {
                OrphanPolicy::Keep => return,
                OrphanPolicy::Revoke => None,
                OrphanPolicy::Transfer => transfer(it.touched(by(), now)),
            };
            let (action, after) = match (moved, it.revoke(by(), now)) {
                (Some(moved), _) => (Action::InvitationChanged, moved),
                (None, Ok(revoked)) => (Action::Revoked, revoked),
                // Only what is pending is left.
                (None, Err(_)) => continue,
            };
            changes.audit.push(trail.note(action, Subject::Invitation(after.id)));
            changes.invitations.push(after);
        }
    }
}

/// The filter for those of them that can be accepted.
pub(crate) fn open(filter: Filter) -> Filter {
    Filter::And(vec![filter, Filter::Is(InvitationCondition::State(State::Pending))])
}

/// The filter for those of them that can be accepted, or could be if they were sent again.
pub(crate) fn not_closed(filter: Filter) -> Filter {
    let is = |it| Filter::Is(InvitationCondition::State(it));
    let lapsed = Filter::Not(Box::new(Filter::Is(InvitationCondition::Lapsed)));
    let unsettled = Filter::Or(vec![is(State::Pending), is(State::Expired)]);
    Filter::And(vec![filter, unsettled, lapsed])
}

/// Where a page that ends with this invitation ends.
fn cursor(it: &Invitation) -> Cursor {
    Cursor { issued_at: it.issued_at, id: it.id }
}

/// This user answers for it, or it is in their name.
fn in_the_name_of(user: &UserId) -> [Filter; 2] {
    [
        InvitationCondition::Answered(Actor::User(user.clone())),
        InvitationCondition::Inviter(user.clone()),
    ]
    .map(Filter::Is)
}

/// The same invitation with the caller as its inviter, who answers for it from now on; `None` if the
/// caller could not issue it.
pub(crate) fn taken_over_by(caller: &Caller, mut it: Invitation) -> Option<Invitation> {
    it.offer.inviter = caller.name.clone().map(|name| Inviter { user: None, name });
    caller.may_offer(&it.offer).then(|| it.taken_over(&caller.actor))
}

#[cfg(test)]
mod tests;
