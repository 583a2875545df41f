//! Describe where somebody signs in.

use std::sync::Arc;

use usher_domain::{Locale, Organization, OrganizationId};

use crate::{
    ports::{Ports, error::StoreError},
    shared::core::Core,
};

/// Describes the tenant or organization that a sign-in page is about.
pub struct DescribeSignIn {
    core: Arc<Core>,
}

/// What a sign-in page tells strangers.
#[derive(Clone, Debug, PartialEq)]
pub struct SignInPlace {
    /// The name of the tenant, as people read it.
    pub display_name: String,
    /// The tenant's language.
    pub locale: Locale,
    /// The name of the organization, as people read it, if one was named and exists.
    pub organization_title: Option<String>,
}

impl DescribeSignIn {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The tenant of this name and the organization with this id; `None` if there is no such tenant.
    /// Names and codes of organizations are not looked up: strangers could guess them.
    pub async fn run(
        &self,
        tenant: &str,
        organization: Option<&str>,
    ) -> Result<Option<SignInPlace>, StoreError> {
        let Ports { organizations, tenants, .. } = &self.core.ports;
        let Some(tenant) = tenants.named(tenant).await? else { return Ok(None) };
        let organization = match organization.and_then(|it| OrganizationId::parse(it).ok()) {
            None => None,
            Some(id) => organizations.find(tenant.id, &id).await?,
        };
        Ok(Some(SignInPlace {
            display_name: tenant.display_name,
            locale: tenant.locale,
            organization_title: organization.as_ref().map(|it| Organization::title(it).to_owned()),
        }))
    }
}

#[cfg(test)]
mod tests;
