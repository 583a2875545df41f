//! A user in an organization, with roles and maybe a pin.

use std::fmt;

use crate::{OrganizationId, TenantId, Timestamp, UserId};

/// A membership: one for each user and organization.
#[derive(Clone, PartialEq)]
pub struct Membership {
    pub tenant: TenantId,
    pub user: UserId,
    pub organization: OrganizationId,
    pub roles: Vec<String>,
    /// The keyed digest of a pin that came from outside.
    pub pin: Option<Vec<u8>>,
    pub pin_allowed: bool,
    pub joined_at: Timestamp,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership")
            .field("user", &self.user)
            .field("organization", &self.organization)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}
