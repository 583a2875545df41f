//! Looks up tenants.

use async_trait::async_trait;
use usher_domain::{Tenant, TenantId};

use crate::ports::error::StoreError;

/// The tenants.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Tenants: Send + Sync {
    async fn find(&self, id: TenantId) -> Result<Option<Tenant>, StoreError>;

    /// By the name that commands and links use.
    async fn named(&self, name: &str) -> Result<Option<Tenant>, StoreError>;
}
