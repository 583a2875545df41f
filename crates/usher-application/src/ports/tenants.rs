//! Looks up tenants.

use async_trait::async_trait;
use usher_domain::{Tenant, TenantId};

use crate::ports::error::StoreError;

/// The tenants.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Tenants: Send + Sync {
    /// The tenant with this id, if there is one.
    async fn find(&self, id: TenantId) -> Result<Option<Tenant>, StoreError>;

    /// The tenant with this name, as commands and links name it, if there is one.
    async fn named(&self, name: &str) -> Result<Option<Tenant>, StoreError>;
}
