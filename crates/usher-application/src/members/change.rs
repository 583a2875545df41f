//! Give a member other roles, or another pin.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, Gift, Membership, MembershipId, OrganizationId, Permission, Refusal, UserRef,
    parse_roles,
};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        admission::{Admission, Newcomer, OpenSeats},
        audit_trail::Trail,
        bounds::{OutOfBounds, commit_for},
        budget::{Budget, Item},
        commit::Decision,
        core::Core,
        defined_roles::Defined,
        letter_jobs::new_pin,
        member_lookup::{LocatedMember, MemberLookup, MembersError},
        pins::Pins,
        powers::Powers,
    },
};

/// Changes one membership.
pub struct ChangeMember {
    core: Arc<Core>,
    lookup: MemberLookup,
    admission: Admission,
    pins: Pins,
}

/// What becomes different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// These roles instead of those there are: at most 50, of 100 characters each; see [`roles`].
    Roles(Vec<String>),
    /// No pin any more. What it opened is over.
    RemovePin,
    /// Another pin, which a letter tells them (what the one before opened is over), or the same one,
    /// and maybe another [`Membership::pin_allowed`].
    Pin { renew: bool, allowed: Option<bool> },
}

/// Why a member stays as they are.
#[derive(Debug, thiserror::Error)]
pub enum ChangeMemberError {
    /// Not known, not active, no member, or somebody over whom the caller has no authority.
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Members(#[from] MembersError),
}

impl From<OutOfBounds> for ChangeMemberError {
    fn from(_: OutOfBounds) -> Self {
        Self::Members(MembersError::Forbidden)
    }
}

impl From<StoreError> for ChangeMemberError {
    fn from(it: StoreError) -> Self {
        Self::Members(it.into())
    }
}

impl MemberChange {
    /// The same, with roles as they are stored.
    fn normalized(&self) -> Result<Self, Refusal> {
        Ok(match self {
            Self::Roles(given) => Self::Roles(parse_roles(given)?),
            other => other.clone(),
        })
    }
}

impl ChangeMember {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            lookup: MemberLookup::new(core),
            admission: Admission::new(core),
            pins: Pins::new(core),
        }
    }

    /// Changes the membership of someone who is a member of the organization, or at home there.
    /// What changes nothing is not written. Whoever is named by an address that nobody has proven is
    /// given nothing more: see [`UserRef::surely_means`].
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant))]
    pub async fn run(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        who: Option<&UserRef>,
        change: &MemberChange,
    ) -> Result<Membership, ChangeMemberError> {
        let Ports { clock, entropy, postman, .. } = &self.core.ports;
        let change = &change.normalized()?;
        commit_for(&self.core, caller, "change member", |_| async move {
            let what = Permission::ManageMembers;
            let names = &[who.cloned()];
            let (within, found) = self.lookup.find(caller, what, organization, names).await?;
            let found = found.into_iter().next().flatten().ok_or(Refusal::UnknownUser)?;
            // What authority somebody has is told of members alone.
            if !found.belongs_to(organization) {
                return Err(Refusal::NotMember(found.user.id).into());
            }
            let powers = Powers::of(&self.core, caller, [&found.user]).await?;
            if !powers.let_change(caller, &found.user, Some(&within)) {
                return Err(Refusal::UserAuthority(found.user.id).into());
            }
            let now = clock.now();
            let mut seats = self.admission.doors(caller.tenant, vec![within], now).await?;
            let is_sure = who.is_some_and(|it| it.surely_means(&found.user));
            let gift = caller.gift(now);
            let mailbox = found.user.mailbox.clone().filter(|_| postman.delivers());
            let (held, is_new) = self.held(organization, found, &mut seats, &gift)?;
            let mut after = self.changed(caller, held.clone(), change, &gift).await?;
            if after == held {
                return Ok(Decision::Done(held));
            }
            if !is_sure && gives_more(&held, &after) {
                return Err(Refusal::UnprovenMailbox.into());
            }
            if !is_new {
                after = after.touched();
            }
            let renewed = matches!(change, MemberChange::Pin { renew: true, .. });
            let (mut letter, mut spent) = (None, Vec::new());
            if let Some(mailbox) = mailbox.filter(|_| renewed) {
                let mut budget = Budget::of_caller(&self.core, caller, now, [&mailbox]).await?;
                budget.spend(Item::letter(&mailbox)).map_err(Refusal::from)?;
                after = after.with_next_letter(now);
                letter = Some(new_pin(&**entropy, &after));
                spent = budget.spent();
            }
            let trail = Trail::of(caller, now, &**entropy);
            let changes = Changes {
                jobs: letter.into_iter().collect(),
                audit: vec![trail.note_membership(Action::MemberChanged, &after)],
                seated: seats.seated(caller.tenant, now),
                spent,
                memberships: vec![after.clone()],
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, after))
        })
        .await
    }

    /// The membership, and whether it has yet to be written: whoever is at home is a member.
    fn held(
        &self,
        organization: &OrganizationId,
        LocatedMember { user, membership, .. }: LocatedMember,
        seats: &mut OpenSeats,
        gift: &Gift,
    ) -> Result<(Membership, bool), Refusal> {
        match membership {
            Some(it) => Ok((it, false)),
            None if user.home.as_ref() == Some(organization) => {
                let id = MembershipId(self.core.ports.entropy.id());
                let mailbox = user.mailbox.as_ref();
                let newcomer = Newcomer { id, user: &user.id, mailbox, organization };
                Ok((seats.join(newcomer, gift)?, true))
            }
            None => Err(Refusal::NotMember(user.id)),
        }
    }

    async fn changed(
        &self,
        caller: &Caller,
        held: Membership,
        change: &MemberChange,
        gift: &Gift,
    ) -> Result<Membership, ChangeMemberError> {
        Ok(match change {
            MemberChange::Roles(roles) => {
                let not_in = |these: &[String], others: &[String]| -> Vec<_> {
                    these.iter().filter(|it| !others.contains(it)).cloned().collect()
                };
                let (new, gone) = (not_in(roles, &held.roles), not_in(&held.roles, roles));
                let ports = &self.core.ports;
                let given = Defined::of_words(&*ports.roles, caller.tenant, new.iter()).await?;
                given.fit_words(caller, &new, Some(&held.organization))?;
                let taken = Defined::of(&*ports.roles, caller.tenant, gone.iter()).await?;
                taken.may_be_taken_by(caller, &gone)?;
                held.with_roles(roles.clone(), gift)
            }
            MemberChange::RemovePin => {
                Membership { pin: None, ..held }.with_pin_allowed(false, gift)
            }
            MemberChange::Pin { renew, allowed } => {
                let pin_allowed = allowed.unwrap_or(held.pin_allowed);
                if !renew {
                    return Ok(held.with_pin_allowed(pin_allowed, gift));
                }
                let mut drawn = self.pins.draw(caller.tenant, &held.organization, 1).await?;
                let pin = drawn.pop().flatten().ok_or(Refusal::NoPin)?;
                held.with_pin(pin, gift).with_pin_allowed(pin_allowed, gift)
            }
        })
    }
}

/// Whether the member has anything afterwards that they did not have before.
fn gives_more(before: &Membership, after: &Membership) -> bool {
    let has_role = after.roles.iter().any(|it| !before.roles.contains(it));
    let has_pin = after.pin.is_some() && after.pin != before.pin;
    has_role || has_pin || (after.pin_allowed && !before.pin_allowed)
}

#[cfg(test)]
mod tests;
