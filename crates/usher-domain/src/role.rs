//! What members may do in the product, by name.

use crate::{
    id::{OrganizationId, RoleId, TenantId},
    timestamp::Timestamp,
};

/// A role that is defined here. Memberships and offers name roles by their ids; a text that is no
/// role's id is a role too, of which nothing else is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    pub id: RoleId,
    pub tenant: TenantId,
    /// The one organization that it is for; none: all of the tenant.
    pub organization: Option<OrganizationId>,
    /// Unique within the tenant, or within its organization, compared without case.
    pub name: String,
    pub description: Option<String>,
    /// The client's own words.
    pub permissions: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

impl Role {
    #[must_use]
    pub fn new(id: RoleId, tenant: TenantId, name: String, now: Timestamp) -> Self {
        Self {
            id,
            tenant,
            organization: None,
            name,
            description: None,
            permissions: Vec::new(),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Whether it can be given in an organization, or in the tenant itself (`None`).
    #[must_use]
    pub fn fits(&self, organization: Option<&OrganizationId>) -> bool {
        self.organization.as_ref().is_none_or(|it| organization == Some(it))
    }

    /// The same role, changed once more.
    #[must_use]
    pub fn touched(self, now: Timestamp) -> Self {
        Self { updated_at: now, version: self.version + 1, ..self }
    }
}
