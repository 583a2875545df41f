//! Which roles are defined, where they can be given, and by whom.

use std::collections::HashMap;

use usher_domain::{Caller, Offer, OrganizationId, Refusal, Role, RoleId, TenantId, UserId};

use crate::ports::{error::StoreError, roles::Roles};

/// Some roles of a tenant, as far as they are defined.
pub(crate) struct Defined {
    /// By their ids.
    named: HashMap<String, Role>,
    /// All roles, if some were named that are not defined, to tell which of them they look like.
    others: Vec<Role>,
}

impl Defined {
    /// Looks these up. One round trip, or none if none of them can be a role's id.
    pub(crate) async fn of<'a>(
        roles: &dyn Roles,
        tenant: TenantId,
        named: impl Iterator<Item = &'a String> + Send,
    ) -> Result<Self, StoreError> {
        let mut ids: Vec<_> = named.filter_map(|it| RoleId::parse(it).ok()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Self { named: HashMap::new(), others: Vec::new() });
        }
        let found = roles.find_many(tenant, &ids).await?;
        let named = found.into_iter().flatten().map(|it| (it.id.to_string(), it)).collect();
        Ok(Self { named, others: Vec::new() })
    }

    /// As [`Self::of`], for roles that somebody is to be given where roles are words. Another round
    /// trip if some of them are not defined.
    pub(crate) async fn of_words<'a>(
        roles: &dyn Roles,
        tenant: TenantId,
        words: impl Iterator<Item = &'a String> + Clone + Send,
    ) -> Result<Self, StoreError> {
        let defined = Self::of(roles, tenant, words.clone()).await?;
        let are_defined = words.clone().all(|it| defined.named.contains_key(it));
        let others = if are_defined { Vec::new() } else { roles.list(tenant).await? };
        Ok(Self { others, ..defined })
    }

    /// Whether the caller may give each of these there, or in the tenant itself (`None`). Each must be
    /// defined. What the caller may not see does not exist for them.
    ///
    /// # Errors
    /// [`Refusal::UnknownRole`], [`Refusal::ForeignRole`] and [`Refusal::RoleAuthority`].
    pub(crate) fn fit(
        &self,
        caller: &Caller,
        roles: &[String],
        organization: Option<&OrganizationId>,
    ) -> Result<(), Refusal> {
        for it in roles {
            let role = self.named.get(it).ok_or_else(|| Refusal::UnknownRole(it.clone()))?;
            may_give(caller, role, organization)?;
        }
        Ok(())
    }

    /// As [`Self::fit`], where roles are words: one that is not defined may be given anywhere, unless
    /// people would take it for a role that is defined there. That is told of roles that were read by
    /// [`Self::of_words`]; what was given before as a word stays one.
    ///
    /// # Errors
    /// As [`Self::fit`], and [`Refusal::RoleLikeness`].
    pub(crate) fn fit_words(
        &self,
        caller: &Caller,
        roles: &[String],
        organization: Option<&OrganizationId>,
    ) -> Result<(), Refusal> {
        let is_there = |role: &&Role| role.fits(organization);
        roles.iter().try_for_each(|it| match self.named.get(it) {
            Some(role) => may_give(caller, role, organization),
            None => match self.others.iter().filter(is_there).find(|role| role.looks_like(it)) {
                Some(role) => Err(Refusal::RoleLikeness(role.id.clone())),
                None => Ok(()),
            },
        })
    }

    /// Whether the caller may take each of these from whoever holds it: who could not give a role does
    /// not take it either. Where it fits does not matter, nor whether it is defined.
    ///
    /// # Errors
    /// [`Refusal::RoleAuthority`].
    pub(crate) fn may_be_taken_by(&self, caller: &Caller, roles: &[String]) -> Result<(), Refusal> {
        let mut defined = roles.iter().filter_map(|it| self.named.get(it));
        defined.try_for_each(|it| may_handle(caller, it))
    }

    /// Whether the caller could give all that this offers, and so may edit the invitation. A role that
    /// does not fit the organization any more does not keep away who could give it elsewhere: it must be
    /// possible to take it out.
    pub(crate) fn could_be_offered_by(&self, caller: &Caller, offer: &Offer) -> bool {
        caller.may_offer(offer) && self.may_be_taken_by(caller, &offer.roles).is_ok()
    }
}

fn may_give(
    caller: &Caller,
    role: &Role,
    organization: Option<&OrganizationId>,
) -> Result<(), Refusal> {
    if !role.fits(organization) {
        let is_seen = caller.reaches(role.organization.as_ref());
        let id = role.id.to_string();
        return Err(if is_seen { Refusal::ForeignRole(id) } else { Refusal::UnknownRole(id) });
    }
    may_handle(caller, role)
}

/// Refuses the first of the roles that the caller may not give to this person.
///
/// # Errors
/// [`Refusal::RoleAuthority`], as [`Caller::may_give_to`] says.
pub(crate) fn check_gift_to(
    caller: &Caller,
    user: &UserId,
    roles: &[String],
) -> Result<(), Refusal> {
    let first = roles.first().filter(|_| !caller.may_give_to(user, roles));
    first.map_or(Ok(()), |it| Err(Refusal::RoleAuthority(it.clone())))
}

fn may_handle(caller: &Caller, role: &Role) -> Result<(), Refusal> {
    let may = role.is_given_by(caller.authority);
    may.then_some(()).ok_or_else(|| Refusal::RoleAuthority(role.id.to_string()))
}

#[cfg(test)]
mod tests;
