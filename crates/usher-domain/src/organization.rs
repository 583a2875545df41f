//! A group within a tenant that people join with roles.

use crate::{OrganizationId, SignInRecord, TenantId, Timestamp};

/// An organization.
#[derive(Clone, Debug, PartialEq)]
pub struct Organization {
    pub id: OrganizationId,
    pub tenant: TenantId,
    /// A short name that people type; unique within the tenant when there is one.
    pub code: Option<String>,
    pub name: String,
    pub parent: Option<OrganizationId>,
    /// How signing in with a pin alone went lately, whoever it was.
    pub sign_in: SignInRecord,
    pub created_at: Timestamp,
    /// 1 when new; each change counts one up.
    pub version: u32,
}
