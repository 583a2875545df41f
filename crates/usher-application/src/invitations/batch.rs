//! The state of a batch of invitations between two attempts to commit it.

use std::collections::{HashMap, HashSet};

use usher_domain::{
    Caller, Invitation, InvitationId, Invite, Invitee, Mailbox, Offer, Organization,
    OrganizationId, Refusal, RowOutcome, Timestamp, User, UserId, UserRef,
};

use crate::{
    ports::{
        directory::InviteeQuery,
        ledger::{Conflict, Spending},
    },
    shared::admission::OpenSeats,
};

/// The invitation or the refusal of each entry of a batch, in the order of the batch.
pub type Outcomes = Vec<Result<Invitation, Refusal>>;

/// A batch: what is offered to each invitee, and what was decided about them so far.
pub(crate) struct Batch<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) invites: &'a [Invite],
    /// All organizations that somebody is invited to.
    pub(crate) organizations: Vec<Organization>,
    /// Their seats, as the last decision left them.
    pub(crate) open_seats: OpenSeats,
    /// What those who were decided about are counted under.
    pub(crate) spent: Vec<Spending>,
    /// What each is offered, or which rule forbids it.
    pub(crate) offers: Vec<Result<Offer, Refusal>>,
    /// What was decided about each; `None` is still to be decided.
    pub(crate) decided: Vec<Option<Result<Issued, Refusal>>>,
    pub(crate) now: Timestamp,
}

/// A new invitation and what it brings along.
pub(crate) struct Issued {
    pub(crate) invitation: Invitation,
    /// The expired one that it replaces.
    pub(crate) lapsed: Option<Invitation>,
    /// The user, who was unregistered before and is pending now.
    pub(crate) user: Option<User>,
}

/// An organization (`None`: the tenant itself) and a mailbox. At most one pending invitation has the
/// same slot.
pub(crate) type Slot = (Option<OrganizationId>, Mailbox);

/// The invitation in a slot, and the user whom it is known to be for.
pub(crate) type Holder = (InvitationId, Option<UserId>);

/// Who has a slot with this invitation.
pub(crate) fn holder(it: &Invitation) -> Holder {
    (it.id, it.user.clone())
}

/// The slot that an invitation needs.
pub(crate) fn slot(it: &Invitation) -> Slot {
    (it.offer.organization.clone(), it.mailbox.clone())
}

/// The refusal for an invitee whose slot another invitation has.
pub(crate) fn claimed(by: InvitationId, holder: Option<&UserId>, user: Option<&User>) -> Refusal {
    match holder.zip(user) {
        Some((holder, user)) if *holder != user.id => Refusal::SharedMailbox,
        _ => Refusal::AlreadyInvited(by),
    }
}

impl Batch<'_> {
    /// The invitations decided so far.
    pub(crate) fn issued(&self) -> impl Iterator<Item = &Issued> {
        self.decided.iter().flatten().flatten()
    }

    /// The slots of the invitations decided so far.
    pub(crate) fn slots(&self) -> HashMap<Slot, Holder> {
        let held = |it: &Issued| (slot(&it.invitation), holder(&it.invitation));
        self.issued().map(held).collect()
    }

    /// Who is to be decided: at first everybody, later those who met with these conflicts, and
    /// their doubles in the batch. What was decided about them is forgotten. Returns their indices.
    pub(crate) fn reopened(&mut self, conflicts: &[Conflict]) -> Vec<usize> {
        let lost: HashSet<_> = conflicts.iter().collect();
        // Whose count it is, only the budget tells: all are decided about again.
        let is_used_up = conflicts.iter().any(|it| matches!(it, Conflict::Quota(_)));
        let is_lost = |it: &Issued| {
            let seat = it.invitation.offer.organization.clone().map(Conflict::Seat);
            let user = it.user.as_ref().map(|it| Conflict::User(it.id.clone()));
            let lapsed = it.lapsed.as_ref().map(|it| Conflict::Invitation(it.id));
            let own = Conflict::Invitation(it.invitation.id);
            let own = [Some(own), lapsed, user, seat];
            is_used_up || own.iter().flatten().any(|it| lost.contains(it))
        };
        let ids: HashSet<_> =
            self.issued().filter(|it| is_lost(it)).map(|it| it.invitation.id).collect();
        let again = |it: &Option<Result<Issued, Refusal>>| match it {
            Some(Ok(it)) => ids.contains(&it.invitation.id),
            Some(Err(Refusal::AlreadyInvited(id))) => ids.contains(id),
            // Perhaps because of one who lost. Deciding again costs nothing.
            Some(Err(Refusal::SharedMailbox | Refusal::NoSeat | Refusal::Quota(_))) => {
                !ids.is_empty()
            }
            Some(Err(_)) => false,
            None => true,
        };
        let open: Vec<_> = (0..self.decided.len()).filter(|it| again(&self.decided[*it])).collect();
        for index in &open {
            self.decided[*index] = None;
        }
        open
    }

    /// What was decided, as the outcomes of a task's rows.
    pub(crate) fn row_outcomes(&self) -> Vec<RowOutcome> {
        let outcome = |it: &Result<Issued, _>| match it {
            Ok(it) => RowOutcome::Invited(Some(it.invitation.id)),
            Err(refusal) => RowOutcome::from(refusal),
        };
        self.decided.iter().flatten().map(outcome).collect()
    }

    /// What was decided, as an answer to the caller.
    pub(crate) fn outcomes(self) -> Outcomes {
        self.decided.into_iter().flatten().map(|it| it.map(|it| it.invitation)).collect()
    }
}

/// What to ask the directory about an invitee.
pub(crate) fn query(invite: &Invite) -> InviteeQuery {
    let who = match &invite.who {
        Invitee::User(who) => who.clone(),
        Invitee::Mailbox { mailbox, .. } => UserRef::Mailbox(mailbox.clone()),
    };
    InviteeQuery { who, organization: invite.organization.clone() }
}
