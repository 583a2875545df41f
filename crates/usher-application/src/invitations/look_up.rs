//! Look up the invitation that a link opens.

use std::sync::Arc;

use usher_domain::{Closed, Invitation, Organization, Tenant, User};

use crate::{
    ports::error::StoreError,
    shared::{core::Core, invitee::invitee, links::Links, role_names::RoleNames},
};

/// Shows what a link opens, and changes nothing.
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
    /// What is offered, by the roles' names.
    pub roles: Vec<String>,
    /// The active user who must sign in to accept; for a newcomer none.
    pub user: Option<User>,
    /// Whether it can be accepted, and why not.
    pub open: Result<(), Closed>,
}

impl LookedUp {
    /// The name of what they are invited to.
    #[must_use]
    pub fn place(&self) -> &str {
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

    pub async fn run(&self, token: &str) -> Result<LookedUp, LookUpError> {
        let now = self.core.ports.clock.now();
        let opened = self.links.opened_by(token, now).await?;
        let (invitation, link) = opened.ok_or(LookUpError::Unknown)?;
        let tenant =
            self.core.ports.tenants.find(invitation.tenant).await?.ok_or(LookUpError::Unknown)?;
        let organization = match &invitation.offer.organization {
            None => None,
            Some(id) => self
                .core
                .ports
                .organizations
                .find_many(tenant.id, std::slice::from_ref(id))
                .await?
                .into_iter()
                .flatten()
                .next(),
        };
        let who = invitee(&invitation);
        let found =
            self.core.ports.users.find_many(tenant.id, &[who]).await?.into_iter().flatten().next();
        let user = found.filter(User::signs_in);
        let open = invitation.open(now).and(link);
        let offered = &invitation.offer.roles;
        let roles = self.names.of(tenant.id, offered.iter()).await?.read(offered);
        Ok(LookedUp { invitation, tenant, organization, roles, user, open })
    }
}
