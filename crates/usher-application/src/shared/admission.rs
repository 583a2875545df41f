//! What an organization requires of new members: an address of its domains, and a free seat. Every
//! new membership is made here, but for those that the operator imports (`transfer/users.rs`).

use std::{collections::HashMap, sync::Arc};

use usher_domain::{
    Gift, Invitation, Mailbox, Membership, MembershipId, Organization, OrganizationId, Refusal,
    TenantId, Timestamp, UserId,
};

use crate::{
    ports::{error::StoreError, ledger::Seated},
    shared::core::Core,
};

/// Reads what organizations require of new members.
#[derive(Clone)]
pub(crate) struct Admission {
    core: Arc<Core>,
}

/// Some organizations and their free seats at one moment, less the seats that were given out since.
#[derive(Default)]
pub(crate) struct OpenSeats(HashMap<OrganizationId, Seats>);

/// One organization and its free seats.
struct Seats {
    organization: Organization,
    /// How many seats are free; `None`: their number is not limited.
    left: Option<u64>,
    /// Whether a seat was given out here, so that the commit must count.
    in_use: bool,
}

/// Whether the organization is active and someone with this address may be a member of it. Someone
/// without an address may, unless the organization is for some domains only.
///
/// # Errors
/// [`Refusal::InactiveOrganization`] and [`Refusal::Domain`].
pub(crate) fn admits(it: &Organization, mailbox: Option<&Mailbox>) -> Result<(), Refusal> {
    if !it.active {
        return Err(Refusal::InactiveOrganization);
    }
    let admits = mailbox.map_or(it.policies.only.is_empty(), |mailbox| it.admits(mailbox));
    admits.then_some(()).ok_or(Refusal::Domain)
}

/// Somebody who is to be a member of an organization.
#[derive(Clone, Copy)]
pub(crate) struct Newcomer<'a> {
    pub(crate) id: MembershipId,
    pub(crate) user: &'a UserId,
    pub(crate) mailbox: Option<&'a Mailbox>,
    pub(crate) organization: &'a OrganizationId,
}

/// The membership of somebody for whom their invitation has kept a seat. Whoever redeems it has
/// asked [`admits`] about the address, and hands over the invitation as it was until then.
pub(crate) fn redeemed(
    id: MembershipId,
    invitation: &Invitation,
    user: &UserId,
    organization: &OrganizationId,
    gift: &Gift,
    now: Timestamp,
) -> Membership {
    let new = Membership::new(id, invitation.tenant, user.clone(), organization.clone(), now);
    new.given(gift)
}

impl Admission {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The free seats of these organizations. Seats in use are counted only where their number is
    /// limited.
    pub(crate) async fn doors(
        &self,
        tenant: TenantId,
        organizations: Vec<Organization>,
        now: Timestamp,
    ) -> Result<OpenSeats, StoreError> {
        let limited: Vec<_> =
            organizations.iter().filter(|it| it.seats.is_some()).map(|it| it.id.clone()).collect();
        let seats_used = match limited.as_slice() {
            [] => Vec::new(),
            ids => self.core.ports.organizations.seats_used(tenant, ids, now).await?,
        };
        let seats_used: HashMap<_, _> = limited.into_iter().zip(seats_used).collect();
        let seats = |organization: Organization| {
            let used = seats_used.get(&organization.id).copied().unwrap_or(0);
            let left = organization.seats.map(|it| u64::from(it).saturating_sub(used));
            (organization.id.clone(), Seats { organization, left, in_use: false })
        };
        Ok(OpenSeats(organizations.into_iter().map(seats).collect()))
    }
}

impl OpenSeats {
    /// Whether someone with this address may be a member: see [`admits`].
    pub(crate) fn admit(
        &self,
        organization: &OrganizationId,
        mailbox: Option<&Mailbox>,
    ) -> Result<(), Refusal> {
        let seats = self.0.get(organization).ok_or(Refusal::UnknownOrganization)?;
        admits(&seats.organization, mailbox)
    }

    /// The membership of somebody who is admitted and gets a seat, as it is given now.
    ///
    /// # Errors
    /// As [`admits`], and [`Refusal::NoSeat`] if no seat is free.
    pub(crate) fn join(&mut self, who: Newcomer<'_>, gift: &Gift) -> Result<Membership, Refusal> {
        let Newcomer { id, user, mailbox, organization } = who;
        self.admit(organization, mailbox)?;
        self.seat(organization)?;
        let tenant = self.0.get(organization).ok_or(Refusal::UnknownOrganization)?;
        let tenant = tenant.organization.tenant;
        let new = Membership::new(id, tenant, user.clone(), organization.clone(), gift.at);
        Ok(new.given(gift))
    }

    /// Gives a seat to someone who was admitted.
    ///
    /// # Errors
    /// [`Refusal::NoSeat`] if none is free.
    pub(crate) fn seat(&mut self, organization: &OrganizationId) -> Result<(), Refusal> {
        let seats = self.0.get_mut(organization).ok_or(Refusal::UnknownOrganization)?;
        if let Some(left) = &mut seats.left {
            *left = left.checked_sub(1).ok_or(Refusal::NoSeat)?;
        }
        seats.in_use = true;
        Ok(())
    }

    /// Keeps a seat for someone who was given one by an earlier decision. The commit decides whether
    /// there is one.
    pub(crate) fn keep(&mut self, organization: &OrganizationId) {
        if let Some(seats) = self.0.get_mut(organization) {
            seats.left = seats.left.map(|it| it.saturating_sub(1));
            seats.in_use = true;
        }
    }

    /// The organizations whose seats the commit has to count again.
    pub(crate) fn seated(&self, tenant: TenantId, now: Timestamp) -> Vec<Seated> {
        let counted = self.0.iter().filter(|(_, it)| it.in_use && it.left.is_some());
        counted.map(|(id, _)| Seated { tenant, organization: id.clone(), now }).collect()
    }
}

#[cfg(test)]
mod tests;
