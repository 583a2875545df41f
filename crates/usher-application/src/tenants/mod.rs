//! Use cases of a tenant as a whole.

pub(crate) mod bootstrap;
pub(crate) mod find;
pub(crate) mod invite_administrator;
pub(crate) mod purge;
pub(crate) mod read_audit;
pub(crate) mod redirects;

use std::sync::Arc;

use crate::{
    shared::core::Core,
    tenants::{
        bootstrap::BootstrapTenant, find::FindTenant, invite_administrator::InviteAdministrator,
        purge::PurgeOld, read_audit::ReadAudit, redirects::ManageTenant,
    },
};

/// Everything that can be done with a tenant.
pub struct TenantUseCases {
    pub bootstrap: BootstrapTenant,
    pub find: FindTenant,
    pub invite_administrator: InviteAdministrator,
    pub redirects: ManageTenant,
    pub audit: ReadAudit,
    pub purge: PurgeOld,
}

impl TenantUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            bootstrap: BootstrapTenant::new(core),
            find: FindTenant::new(core),
            invite_administrator: InviteAdministrator::new(core),
            redirects: ManageTenant::new(core),
            audit: ReadAudit::new(core),
            purge: PurgeOld::new(core),
        }
    }
}
