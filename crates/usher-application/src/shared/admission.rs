//! What an organization asks of those who come: their addresses' domains, and a seat.

use std::{collections::HashMap, sync::Arc};

use usher_domain::{Mailbox, Organization, OrganizationId, Refusal, TenantId, Timestamp};

use crate::{
    ports::{error::StoreError, ledger::Seated},
    shared::core::Core,
};

/// Knows what organizations ask.
#[derive(Clone)]
pub(crate) struct Admission {
    core: Arc<Core>,
}

/// The doors of some organizations, at a moment.
#[derive(Default)]
pub(crate) struct OpenSeats(HashMap<OrganizationId, Door>);

/// The door of one organization.
struct Door {
    organization: Organization,
    /// How many seats are left; none: any number.
    left: Option<u64>,
    /// Whether anybody takes one.
    taken: bool,
}

/// Whether someone with this address may come in at all. Who has none may, unless only some domains
/// may.
pub(crate) fn admits(place: &Organization, mailbox: Option<&Mailbox>) -> Result<(), Refusal> {
    if !place.active {
        return Err(Refusal::InactiveOrganization);
    }
    let admits = mailbox.map_or(place.policies.only.is_empty(), |it| place.admits(it));
    admits.then_some(()).ok_or(Refusal::Domain)
}

impl Admission {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The doors of these organizations. Seats are counted only where they are numbered.
    pub(crate) async fn doors(
        &self,
        tenant: TenantId,
        organizations: Vec<Organization>,
        now: Timestamp,
    ) -> Result<OpenSeats, StoreError> {
        let numbered: Vec<_> =
            organizations.iter().filter(|it| it.seats.is_some()).map(|it| it.id.clone()).collect();
        let taken = match numbered.as_slice() {
            [] => Vec::new(),
            ids => self.core.ports.organizations.taken(tenant, ids, now).await?,
        };
        let taken: HashMap<_, _> = numbered.into_iter().zip(taken).collect();
        let door = |organization: Organization| {
            let taken = taken.get(&organization.id).copied().unwrap_or(0);
            let left = organization.seats.map(|it| u64::from(it).saturating_sub(taken));
            (organization.id.clone(), Door { organization, left, taken: false })
        };
        Ok(OpenSeats(organizations.into_iter().map(door).collect()))
    }
}

impl OpenSeats {
    /// Whether someone with this address may come in: see [`admits`].
    pub(crate) fn admit(
        &self,
        organization: &OrganizationId,
        mailbox: Option<&Mailbox>,
    ) -> Result<(), Refusal> {
        let door = self.0.get(organization).ok_or(Refusal::UnknownOrganization)?;
        admits(&door.organization, mailbox)
    }

    /// Takes a seat for whoever was admitted.
    pub(crate) fn seat(&mut self, organization: &OrganizationId) -> Result<(), Refusal> {
        let door = self.0.get_mut(organization).ok_or(Refusal::UnknownOrganization)?;
        if let Some(left) = &mut door.left {
            *left = left.checked_sub(1).ok_or(Refusal::NoSeat)?;
        }
        door.taken = true;
        Ok(())
    }

    /// Keeps the seat of whoever was given one before: the commit has the last word on it.
    pub(crate) fn keep(&mut self, organization: &OrganizationId) {
        if let Some(door) = self.0.get_mut(organization) {
            door.left = door.left.map(|it| it.saturating_sub(1));
            door.taken = true;
        }
    }

    /// What the commit has to count again.
    pub(crate) fn seated(&self, tenant: TenantId, now: Timestamp) -> Vec<Seated> {
        let doors = self.0.iter().filter(|(_, it)| it.taken && it.left.is_some());
        let seated =
            |(id, _): (&OrganizationId, &Door)| Seated { tenant, organization: id.clone(), now };
        doors.map(seated).collect()
    }
}

#[cfg(test)]
mod tests;
