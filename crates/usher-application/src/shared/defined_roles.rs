//! Which roles are defined, where they can be given, and by whom.

use std::collections::HashMap;

use usher_domain::{Caller, OrganizationId, Refusal, Role, RoleId, TenantId};

use crate::ports::{error::StoreError, roles::Roles};

/// Some roles of a tenant, as far as they are defined.
pub(crate) struct Defined(HashMap<String, Role>);

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
            return Ok(Self(HashMap::new()));
        }
        let found = roles.find_many(tenant, &ids).await?;
        Ok(Self(found.into_iter().flatten().map(|it| (it.id.to_string(), it)).collect()))
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
            let role = self.0.get(it).ok_or(Refusal::UnknownRole)?;
            may_give(caller, role, organization)?;
        }
        Ok(())
    }

    /// As [`Self::fit`], where roles are words: one that is not defined may be given anywhere.
    pub(crate) fn fit_words(
        &self,
        caller: &Caller,
        roles: &[String],
        organization: Option<&OrganizationId>,
    ) -> Result<(), Refusal> {
        let mut defined = roles.iter().filter_map(|it| self.0.get(it));
        defined.try_for_each(|it| may_give(caller, it, organization))
    }

    /// Whether the caller may take each of these from whoever holds it: who could not give a role does
    /// not take it either. Where it fits does not matter, nor whether it is defined.
    ///
    /// # Errors
    /// [`Refusal::RoleAuthority`].
    pub(crate) fn may_be_taken_by(&self, caller: &Caller, roles: &[String]) -> Result<(), Refusal> {
        let mut defined = roles.iter().filter_map(|it| self.0.get(it));
        defined.try_for_each(|it| may_handle(caller, it))
    }
}

fn may_give(
    caller: &Caller,
    role: &Role,
    organization: Option<&OrganizationId>,
) -> Result<(), Refusal> {
    if !role.fits(organization) {
        let is_seen = caller.reaches(role.organization.as_ref());
        return Err(if is_seen { Refusal::ForeignRole } else { Refusal::UnknownRole });
    }
    may_handle(caller, role)
}

fn may_handle(caller: &Caller, role: &Role) -> Result<(), Refusal> {
    let may = role.is_given_by(caller.authority);
    may.then_some(()).ok_or_else(|| Refusal::RoleAuthority(role.id.clone()))
}
