//! Which roles are defined, and where they can be given.

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

    /// Whether each of these can be given there, or in the tenant itself (`None`). What the caller
    /// may not see does not exist for them.
    pub(crate) fn fit(
        &self,
        caller: &Caller,
        roles: &[String],
        organization: Option<&OrganizationId>,
    ) -> Result<(), Refusal> {
        for it in roles {
            let role = self.0.get(it).ok_or(Refusal::UnknownRole)?;
            if !role.fits(organization) {
                let is_seen = caller.reaches(role.organization.as_ref());
                return Err(if is_seen { Refusal::ForeignRole } else { Refusal::UnknownRole });
            }
        }
        Ok(())
    }
}
