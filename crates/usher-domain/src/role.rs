//! Roles: what members may do in the product.

use crate::{
    authority::Authority,
    id::{OrganizationId, RoleId, TenantId},
    text::{InvalidText, TextRule, line},
    timestamp::Timestamp,
};

/// A role that is defined in usher. Memberships and offers name roles by their ids; a text that is
/// not the id of a defined role is a role too, of which nothing else is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    pub id: RoleId,
    pub tenant: TenantId,
    /// The one organization that it is for; none: all of the tenant.
    pub organization: Option<OrganizationId>,
    /// Unique within the tenant, or within its organization, compared without case.
    pub name: String,
    pub description: Option<String>,
    /// The permissions that the client gave it; usher only stores them.
    pub permissions: Vec<String>,
    /// Which authority a caller needs at least to give it.
    pub given_by: Authority,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

impl Role {
    /// A role of all of the tenant, which everybody who may invite may give.
    #[must_use]
    pub fn new(id: RoleId, tenant: TenantId, name: String, now: Timestamp) -> Self {
        Self {
            id,
            tenant,
            organization: None,
            name,
            description: None,
            permissions: Vec::new(),
            given_by: Authority::Inviter,
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

    /// Whether callers of this authority may give it.
    #[must_use]
    pub fn is_given_by(&self, authority: Authority) -> bool {
        authority <= self.given_by
    }

    /// The same role, changed once more.
    #[must_use]
    pub fn touched(self, now: Timestamp) -> Self {
        Self { updated_at: now, version: self.version + 1, ..self }
    }
}

/// Reads roles that are given to members or offered to invitees: as [`line`] reads a text, each once.
///
/// # Errors
/// When there are more than 50, or one has more than 100 characters or breaks another rule of a line.
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

/// The roles that are held, then those of `more` that are not held yet.
#[must_use]
pub fn merge_roles(mut held: Vec<String>, more: &[String]) -> Vec<String> {
    for it in more {
        if !held.contains(it) {
            held.push(it.clone());
        }
    }
    held
}

/// Checks the permissions of a role, which are kept as given: at most 500, of 200 characters each.
pub fn check_permissions(permissions: &[String]) -> Result<(), InvalidText> {
    if permissions.len() > 500 {
        return Err(InvalidText { field: "permissions", rule: TextRule::TooMany(500) });
    }
    permissions.iter().try_for_each(|it| line("permissions", it, 200).map(drop))
}
