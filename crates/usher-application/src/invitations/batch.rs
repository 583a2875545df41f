//! A batch of invitations on its way: what is offered to each, and what was decided so far.

use std::collections::HashSet;

use usher_domain::{
    Caller, Invitation, InvitationId, Invite, Invitee, Mailbox, Offer, Organization,
    OrganizationId, Refusal, RowOutcome, Timestamp, User, UserId, UserRef,
};

use crate::{
    ports::{directory::InviteeQuery, ledger::Conflict},
    shared::admission::OpenSeats,
};

/// What each of a batch came to, in the order of the batch.
pub type Outcomes = Vec<Result<Invitation, Refusal>>;

/// A batch on its way: what is offered to each, and what was decided so far.
pub(crate) struct Batch<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) invites: &'a [Invite],
    /// All that are invited to.
    pub(crate) organizations: Vec<Organization>,
    pub(crate) doors: OpenSeats,
    pub(crate) offers: Vec<Result<Offer, Refusal>>,
    pub(crate) decided: Vec<Option<Result<Issued, Refusal>>>,
    pub(crate) now: Timestamp,
}

/// A new invitation and what it brings along.
pub(crate) struct Issued {
    pub(crate) invitation: Invitation,
    /// The expired one whose place it takes.
    pub(crate) lapsed: Option<Invitation>,
    /// The user who is pending from now on.
    pub(crate) user: Option<User>,
}

/// Only one live invitation has it.
pub(crate) type Place = (Option<OrganizationId>, Mailbox);

/// The invitation that holds a place, and the user whom it is known to be for.
pub(crate) type Held = (InvitationId, Option<UserId>);

pub(crate) fn place(it: &Invitation) -> Place {
    (it.offer.organization.clone(), it.mailbox.clone())
}

pub(crate) fn held(it: &Invitation) -> (Place, Held) {
    (place(it), (it.id, it.user.clone()))
}

/// What to tell a user whose place a live invitation holds.
pub(crate) fn taken(held: InvitationId, holder: Option<&UserId>, user: Option<&User>) -> Refusal {
    match holder.zip(user) {
        Some((holder, user)) if *holder != user.id => Refusal::SharedMailbox,
        _ => Refusal::AlreadyInvited(held),
    }
}

impl Batch<'_> {
    pub(crate) fn places(&self) -> impl Iterator<Item = (Place, Held)> {
        self.decided.iter().flatten().flatten().map(|it| held(&it.invitation))
    }

    /// Who is to be decided: at first everybody, later those who met with these conflicts, and
    /// their doubles in the batch. What was decided about them is forgotten. Returns their indices.
    pub(crate) fn reopened(&mut self, conflicts: &[Conflict]) -> Vec<usize> {
        let lost: HashSet<_> = conflicts.iter().collect();
        let is_lost = |it: &Issued| {
            lost.contains(&Conflict::Invitation(it.invitation.id))
                || it.lapsed.as_ref().is_some_and(|it| lost.contains(&Conflict::Invitation(it.id)))
                || it.user.as_ref().is_some_and(|it| lost.contains(&Conflict::User(it.id.clone())))
                || it
                    .invitation
                    .offer
                    .organization
                    .as_ref()
                    .is_some_and(|it| lost.contains(&Conflict::Seat(it.clone())))
        };
        let ids: HashSet<_> = self
            .decided
            .iter()
            .flatten()
            .flatten()
            .filter(|it| is_lost(it))
            .map(|it| it.invitation.id)
            .collect();
        let again = |it: &Option<Result<Issued, Refusal>>| match it {
            Some(Ok(it)) => ids.contains(&it.invitation.id),
            Some(Err(Refusal::AlreadyInvited(id))) => ids.contains(id),
            // Maybe by one who lost: decided anew, it costs nothing.
            Some(Err(Refusal::SharedMailbox | Refusal::NoSeat)) => !ids.is_empty(),
            Some(Err(_)) => false,
            None => true,
        };
        let open: Vec<_> = (0..self.decided.len()).filter(|it| again(&self.decided[*it])).collect();
        for number in &open {
            self.decided[*number] = None;
        }
        open
    }

    pub(crate) fn row_outcomes(&self) -> Vec<RowOutcome> {
        let outcome = |it: &Result<Issued, _>| match it {
            Ok(it) => RowOutcome::Invited(Some(it.invitation.id)),
            Err(refusal) => RowOutcome::from(refusal),
        };
        self.decided.iter().flatten().map(outcome).collect()
    }

    pub(crate) fn outcomes(self) -> Outcomes {
        self.decided.into_iter().flatten().map(|it| it.map(|it| it.invitation)).collect()
    }
}

pub(crate) fn question(invite: &Invite) -> InviteeQuery {
    let who = match &invite.who {
        Invitee::User(who) => who.clone(),
        Invitee::Mailbox { mailbox, .. } => UserRef::Mailbox(mailbox.clone()),
    };
    InviteeQuery { who, organization: invite.organization.clone() }
}
