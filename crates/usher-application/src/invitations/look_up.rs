//! Look up the invitation that a link opens.

use std::sync::Arc;

use futures_util::future::try_join;
use usher_domain::{Closed, Invitation, Organization, Tenant, User};

use crate::{
    ports::{Ports, error::StoreError},
    shared::{core::Core, invitee::invitee, links::Links, role_names::RoleNames},
};

/// Looks up what a link opens, and changes nothing.
pub struct LookUpInvitation {
    core: Arc<Core>,
    names: RoleNames,
    links: Links,
}

/// What a link opens.
#[derive(Clone, Debug)]
pub struct LookedUp {
    pub invitation: Invitation,
    pub tenant: Tenant,
    pub organization: Option<Organization>,
    /// The names of the roles that are offered.
    pub roles: Vec<String>,
    /// The active user who must sign in to accept; for a newcomer none.
    pub user: Option<User>,
    /// Whether it can be accepted, and why not.
    pub open: Result<(), Closed>,
}

impl LookedUp {
    /// The name of the organization that they are invited to, or else of the tenant.
    #[must_use]
    pub fn title(&self) -> &str {
        self.organization.as_ref().map_or(&self.tenant.display_name, Organization::title)
    }
}

/// Why a link opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    #[error("no such link was ever sent")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LookUpInvitation {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), names: RoleNames::new(core), links: Links::new(core) }
    }

    /// The invitation that this token opens, in whatever state it is.
    ///
    /// # Errors
    /// [`LookUpError::Unknown`] for a token that was never made with these keys.
    pub async fn run(&self, token: &str) -> Result<LookedUp, LookUpError> {
        let Ports { clock, organizations, tenants, users, .. } = &self.core.ports;
        let now = clock.now();
        let opened = self.links.opened_by(token, now).await?;
        let (invitation, link) = opened.ok_or(LookUpError::Unknown)?;
        let tenant = tenants.find(invitation.tenant).await?.ok_or(LookUpError::Unknown)?;
        let organization = async {
            match &invitation.offer.organization {
                None => Ok(None),
                Some(id) => organizations.find(tenant.id, id).await,
            }
        };
        let who = invitee(&invitation);
        let (organization, user) = try_join(organization, users.find(tenant.id, &who)).await?;
        let user = user.filter(User::signs_in);
        let open = invitation.open(now).and(link);
        let offered = &invitation.offer.roles;
        let roles = self.names.of(tenant.id, offered.iter()).await?.read(offered);
        Ok(LookedUp { invitation, tenant, organization, roles, user, open })
    }
}

#[cfg(test)]
mod tests;
