//! What becomes of invitations when what they rest on goes: their inviter, a role, an organization.

use std::sync::Arc;

use usher_domain::{
    Action, Actor, Caller, Entry, EntryId, Invitation, Inviter, Orphans, State, Subject, Timestamp,
    UserId,
};

use crate::{
    Changes, Entropy, Filter, Invitations, Page, Ports, StoreError, Test, TextField, TextTest,
};

/// Finds such invitations, and does with them what the policy says.
#[derive(Clone)]
pub(crate) struct Estate {
    entropy: Arc<dyn Entropy>,
    invitations: Arc<dyn Invitations>,
}

/// The most that are read at once.
const PAGE: u64 = 1_000;
/// The most of one estate: beyond that the rest stays as it is, and is judged when it is accepted.
const MOST: usize = 10_000;

impl Estate {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports { entropy, invitations, .. } = ports.clone();
        Self { entropy, invitations }
    }

    /// The pending invitations of the tenant that match.
    pub(crate) async fn left_by(
        &self,
        caller: &Caller,
        filter: Filter,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        let filter = Filter::And(vec![filter, Filter::Is(Test::State(State::Pending))]);
        let mut all = Vec::new();
        loop {
            let page = Page { after: None, skip: all.len() as u64, limit: PAGE };
            let found = self.invitations.list(caller.tenant, &filter, page, now).await?;
            let is_last = (found.len() as u64) < PAGE;
            all.extend(found);
            if is_last || all.len() >= MOST {
                return Ok(all);
            }
        }
    }

    /// Keeps them, revokes them, or has them go on as `transfer` makes them.
    pub(crate) fn settle(
        &self,
        caller: &Caller,
        policy: Orphans,
        orphans: Vec<Invitation>,
        now: Timestamp,
        changes: &mut Changes,
        transfer: impl Fn(Invitation) -> Invitation,
    ) {
        for it in orphans {
            let by = caller.actor.clone();
            let (action, after) = match policy {
                Orphans::Keep => continue,
                Orphans::Revoke => match it.revoke(by, now) {
                    Ok(revoked) => (Action::Revoked, revoked),
                    // It was closed this very moment.
                    Err(_) => continue,
                },
                Orphans::Transfer => (Action::InvitationChanged, transfer(it.touched(by, now))),
            };
            changes.audit.push(Entry {
                id: EntryId(self.entropy.id()),
                tenant: caller.tenant,
                at: now,
                actor: caller.actor.clone(),
                action,
                subject: Subject::Invitation(after.id),
                detail: None,
            });
            changes.invitations.push(after);
        }
    }
}

/// Issued by this user, or in their name.
pub(crate) fn invited_by(user: &UserId) -> Filter {
    let issuer = TextTest::Equals(Actor::User(user.clone()).to_string());
    Filter::Or(vec![
        Filter::Is(Test::Text(TextField::Creator, issuer)),
        Filter::Is(Test::Inviter(user.clone())),
    ])
}

/// The same invitation, the caller's from now on.
pub(crate) fn inherited(caller: &Caller, mut it: Invitation) -> Invitation {
    it.creator = caller.actor.clone();
    it.offer.inviter = caller.name.clone().map(|name| Inviter { user: None, name });
    it
}
