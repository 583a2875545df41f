//! What becomes of invitations when what they rest on goes: their inviter, a role, an organization.

use std::{collections::HashSet, sync::Arc};

use usher_domain::{
    Action, Actor, Caller, Invitation, Inviter, OrphanPolicy, State, Subject, Timestamp, UserId,
};

use crate::{
    ports::{
        error::StoreError,
        invitations::{Cursor, Filter, InvitationCondition, Page},
        ledger::Changes,
    },
    shared::{audit_trail::Trail, core::Core},
};

/// Finds such invitations, and does with them what the policy says.
#[derive(Clone)]
pub(crate) struct OrphanedInvitations {
    core: Arc<Core>,
}

/// The most that are read at once.
const PAGE: u64 = 1_000;
/// After how many no more of one estate are read: the rest stays as it is.
const MOST: usize = 10_000;
/// The most users that one filter names.
const NAMES: usize = 100;

impl OrphanedInvitations {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The pending invitations of the tenant that match.
    pub(crate) async fn left_by(
        &self,
        caller: &Caller,
        filter: Filter,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        let filter =
            Filter::And(vec![filter, Filter::Is(InvitationCondition::State(State::Pending))]);
        let mut all: Vec<Invitation> = Vec::new();
        loop {
            let after = all.last().map(|it| Cursor { issued_at: it.issued_at, id: it.id });
            let page = Page { after, skip: 0, limit: PAGE };
            let found = self.core.ports.invitations.list(caller.tenant, &filter, page, now).await?;
            let is_last = (found.len() as u64) < PAGE;
            all.extend(found);
            if is_last || all.len() >= MOST {
                return Ok(all);
            }
        }
    }

    /// Those that any of these users issued, or that are in their names.
    pub(crate) async fn invited_by(
        &self,
        caller: &Caller,
        users: &[UserId],
        filter: &Filter,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        for some in users.chunks(NAMES) {
            let theirs = Filter::Or(some.iter().flat_map(in_the_name_of).collect());
            let theirs = Filter::And(vec![filter.clone(), theirs]);
            let found = self.left_by(caller, theirs, now).await?;
            all.extend(found.into_iter().filter(|it| seen.insert(it.id)));
            if all.len() >= MOST {
                break;
            }
        }
        Ok(all)
    }

    /// Keeps them, revokes them, or has them go on as `transfer` makes them. What cannot go on is
    /// revoked.
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

/// Issued by this user, or in their name.
fn in_the_name_of(user: &UserId) -> [Filter; 2] {
    [
        InvitationCondition::Creator(Actor::User(user.clone())),
        InvitationCondition::Inviter(user.clone()),
    ]
    .map(Filter::Is)
}

/// The same invitation, the caller's from now on; none of what they could not invite to.
pub(crate) fn taken_over_by(caller: &Caller, mut it: Invitation) -> Option<Invitation> {
    it.creator = caller.actor.clone();
    it.offer.inviter = caller.name.clone().map(|name| Inviter { user: None, name });
    caller.may_offer(&it.offer).then_some(it)
}
