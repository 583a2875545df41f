//! Roles: what members may do in the product.

use unicode_normalization::UnicodeNormalization as _;

use crate::{
    authority::Authority,
    characters::is_unseen,
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

    /// Whether people would take this text for the role, by its id or its name: it differs at most by
    /// case, by forms of the same characters, or by characters that nobody sees.
    #[must_use]
    pub fn looks_like(&self, text: &str) -> bool {
        let text = Self::folded(text);
        text == Self::folded(self.id.as_str()) || text == Self::folded(&self.name)
    }

    /// A text as people compare it by sight: see [`Self::looks_like`]. What some clients write before the
    /// id of a role, `roles/`, is not part of it.
    #[must_use]
    pub fn folded(text: &str) -> String {
        let seen = text.nfkc().filter(|it| !is_unseen(*it));
        let folded: String = seen.flat_map(char::to_lowercase).nfkc().collect();
        let folded = folded.split_whitespace().collect::<Vec<_>>().join(" ");
        folded.trim_start_matches("roles/").to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_would_take_for_a_role_looks_like_it() {
        let id = RoleId::parse("role_1").unwrap();
        let role = Role::new(
            id,
            TenantId(uuid::Uuid::nil()),
            "Shift Lead".to_owned(),
            Timestamp::UNIX_EPOCH,
        );
        for text in [
            "role_1",
            "ROLE_1",
            "ｒｏｌｅ_1",
            "Shift Lead",
            "shift lead",
            "Shift\u{a0}Lead",
            "Shift  Lead",
            "Shi\u{200d}ft Lead",
            "Shift Lead\u{fe0f}",
            "Shift Lea\u{34f}d",
            "Ｓｈｉｆｔ Ｌｅａｄ",
            "roles/role_1",
            "Roles/roles/shift lead",
        ] {
            assert!(role.looks_like(text), "{text:?}");
        }
        for text in ["role_2", "Shift Leads", "ShiftLead", "Shíft Lead", ""] {
            assert!(!role.looks_like(text), "{text:?}");
        }
    }
}
