//! What members may do in the product, by name.

use crate::{
    id::{OrganizationId, RoleId, TenantId},
    text::{InvalidText, TextRule, line},
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

/// Each once, and within bounds.
pub fn parse_roles(given: &[String]) -> Result<Vec<String>, InvalidText> {
    if given.len() > 50 {
        return Err(InvalidText { field: "roles", rule: TextRule::TooMany(50) });
    }
    let mut roles = Vec::with_capacity(given.len());
    for it in given {
        let role = line("roles", it, 100)?;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(roles)
}

/// Those that are held and those that come: a role that is held already does not come.
pub fn merge_roles(mut held: Vec<String>, more: &[String]) -> Vec<String> {
    for it in more {
        if !held.contains(it) {
            held.push(it.clone());
        }
    }
    held
}

/// Roles are the client's own words: they are looked at, and kept as they are.
pub fn check_roles(roles: &[String]) -> Result<(), InvalidText> {
    if roles.len() > 50 {
        return Err(InvalidText { field: "roles", rule: TextRule::TooMany(50) });
    }
    roles.iter().try_for_each(|it| line("roles", it, 100).map(drop))
}

/// Permissions are for programs: they are kept as given, within bounds.
pub fn check_permissions(permissions: &[String]) -> Result<(), InvalidText> {
    if permissions.len() > 500 {
        return Err(InvalidText { field: "permissions", rule: TextRule::TooMany(500) });
    }
    permissions.iter().try_for_each(|it| line("permissions", it, 200).map(drop))
}
