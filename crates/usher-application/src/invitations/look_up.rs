//! Look up the invitation that a link opens.

use std::sync::Arc;

use futures_util::future::try_join;
use usher_domain::{
    Closed, Entrance, Invitation, LinkKind, Membership, Organization, Tenant, User, UserStatus,
};

use crate::{
    ports::{Ports, error::StoreError},
    shared::{
        core::Core,
        links::{Links, OpenedLink},
        places::Places,
        role_names::RoleNames,
    },
};

/// Looks up what a link opens, and changes nothing.
pub struct LookUpInvitation {
    core: Arc<Core>,
    names: RoleNames,
    links: Links,
    places: Places,
}

/// What a link opens.
#[derive(Clone, Debug)]
pub struct LookedUp {
    pub invitation: Invitation,
    pub tenant: Tenant,
    pub organization: Option<Organization>,
    /// The names of the roles that are offered.
    pub roles: Vec<String>,
    pub kind: LinkKind,
    /// The active user whom it is for, if there is one. Whoever only has the link is not told.
    pub user: Option<User>,
    /// What the link lets somebody do who is not signed in. Of a handed-over link [`Entrance::Join`]
    /// always, because its holder is not told who has an account.
    pub entrance: Entrance,
    /// What the account has already that would be taken back: organizations, and the membership in
    /// each with its roles by name. Empty unless that is the [`Entrance`].
    pub held: Vec<(Organization, Membership)>,
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
        Self {
            core: core.clone(),
            names: RoleNames::new(core),
            links: Links::new(core),
            places: Places::new(core),
        }
    }

    /// The invitation that this token opens, in whatever state it is.
    ///
    /// # Errors
    /// [`LookUpError::Unknown`] for a token that was never made with these keys.
    pub async fn run(&self, token: &str) -> Result<LookedUp, LookUpError> {
        let Ports { clock, organizations, tenants, .. } = &self.core.ports;
        let opened = self.links.opened_by(token, clock.now()).await?;
        let OpenedLink { invitation, kind, known, open, .. } =
            opened.ok_or(LookUpError::Unknown)?;
        let tenant = tenants.find(invitation.tenant).await?.ok_or(LookUpError::Unknown)?;
        let organization = async {
            match &invitation.offer.organization {
                None => Ok(None),
                Some(id) => organizations.find(tenant.id, id).await,
            }
        };
        let entrance = match kind {
            LinkKind::HandedOver => Entrance::Join,
            LinkKind::Mailed => kind.entrance(&invitation, known.as_ref(), &[]),
        };
        let held = async {
            match &known {
                Some(user) if entrance == Entrance::Recover => {
                    self.places.of(tenant.id, &user.id, None).await
                }
                _ => Ok(Vec::new()),
            }
        };
        let (organization, held) = try_join(organization, held).await?;
        let user = known.filter(|it| it.status == UserStatus::Active);
        let offered = &invitation.offer.roles;
        let roles = self.names.of(tenant.id, offered.iter()).await?.read(offered);
        Ok(LookedUp { invitation, tenant, organization, roles, kind, user, entrance, held, open })
    }
}

#[cfg(test)]
mod tests;
