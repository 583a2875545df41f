//! Give a member other roles, or another pin.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, JobKind, Membership, MembershipId, OrganizationId, Permission, Refusal,
    SignInRecord, Timestamp, check_roles,
};

use crate::{
    members::add::entry,
    ports::{
        error::StoreError,
        ledger::{Changes, CommitError},
    },
    shared::{
        core::Core,
        letter_jobs::job,
        member_lookup::{LocatedMember, MemberLookup, MembersError, UserRefs},
        pins::Pins,
    },
};

/// Changes one membership.
pub struct ChangeMember {
    core: Arc<Core>,
    roll: MemberLookup,
    pins: Pins,
}

/// What becomes different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// These roles instead of those there are: at most 50, 100 characters each.
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
    /// Not known, not in, or no member.
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Members(#[from] MembersError),
}

const ROUNDS: usize = 8;

impl ChangeMember {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), roll: MemberLookup::new(core), pins: Pins::new(core) }
    }

    /// Changes it where they are a member, or at home. What changes nothing is not written.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant))]
    pub async fn run(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        who: &UserRefs,
        change: &MemberChange,
    ) -> Result<Membership, ChangeMemberError> {
        if let MemberChange::Roles(roles) = change {
            check_roles(roles).map_err(Refusal::from)?;
        }
        for _ in 0..ROUNDS {
            let names = std::slice::from_ref(who);
            let what = Permission::ManageMembers;
            let (_, found) = self.roll.call(caller, what, organization, names).await?;
            let found = found.into_iter().next().flatten().ok_or(Refusal::UnknownUser)?;
            let now = self.core.ports.clock.now();
            let has_mailbox = found.user.mailbox.is_some();
            let (held, is_new) = self.held(organization, found, now)?;
            let mut different = self.changed(caller, held.clone(), change).await?;
            if different == held {
                return Ok(held);
            }
            if !is_new {
                different = different.touched();
            }
            let renewed = matches!(change, MemberChange::Pin { renew: true, .. });
            if renewed && has_mailbox && self.core.ports.postman.delivers() {
                different = different.with_next_letter(now);
            }
            let kind = JobKind::MailPin { membership: different.id, letter: different.letters };
            let is_told = different.letters > held.letters;
            let changes = Changes {
                jobs: is_told
                    .then(|| job(&*self.core.ports.entropy, &different, kind))
                    .into_iter()
                    .collect(),
                audit: vec![entry(
                    &*self.core.ports.entropy,
                    caller,
                    Action::MemberChanged,
                    &different,
                    now,
                )],
                memberships: vec![different.clone()],
                ..Changes::default()
            };
            match self.core.ports.ledger.commit(&changes).await {
                Ok(()) => return Ok(different),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => {
                    return Err(MembersError::from(error).into());
                }
            }
        }
        let crowded = StoreError::new("too many others write the same membership");
        Err(MembersError::from(crowded).into())
    }

    /// The membership, and whether it has yet to be written: whoever is at home is a member.
    fn held(
        &self,
        organization: &OrganizationId,
        LocatedMember { user, membership, .. }: LocatedMember,
        now: Timestamp,
    ) -> Result<(Membership, bool), Refusal> {
        match membership {
            Some(it) => Ok((it, false)),
            None if user.home.as_ref() == Some(organization) => {
                let (id, place) =
                    (MembershipId(self.core.ports.entropy.id()), organization.clone());
                Ok((Membership::new(id, user.tenant, user.id, place, now), true))
            }
            None => Err(Refusal::NotMember(user.id)),
        }
    }

    async fn changed(
        &self,
        caller: &Caller,
        held: Membership,
        change: &MemberChange,
    ) -> Result<Membership, ChangeMemberError> {
        Ok(match change {
            MemberChange::Roles(roles) => Membership { roles: roles.clone(), ..held },
            MemberChange::RemovePin => {
                let sign_in = SignInRecord::default();
                Membership { pin: None, pin_allowed: false, sign_in, ..held }
            }
            MemberChange::Pin { renew, allowed } => {
                let pin_allowed = allowed.unwrap_or(held.pin_allowed);
                if !renew {
                    return Ok(Membership { pin_allowed, ..held });
                }
                let drawn = self.pins.draw(caller.tenant, &held.organization, 1).await;
                let mut drawn = drawn.map_err(MembersError::from)?;
                let pin = drawn.pop().flatten().ok_or(Refusal::NoPin)?;
                let sign_in = SignInRecord::default();
                Membership { pin: Some(pin), pin_allowed, sign_in, ..held }
            }
        })
    }
}

#[cfg(test)]
mod tests;
