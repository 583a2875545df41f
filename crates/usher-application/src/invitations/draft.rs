//! What shall become different about an invitation, and whether it may.

use usher_domain::{Actor, Caller, Gift, Invitation, Refusal, Timestamp, parse_roles, redirect};

use crate::{
    invitations::edit::ManageError,
    ports::{Ports, error::StoreError},
    shared::{
        core::Core,
        defined_roles::{Defined, check_gift_to},
    },
};

/// What shall become different about an invitation. What is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InvitationDraft {
    /// Instead of those there are: at most 50. Each must be defined, and fit the organization.
    pub roles: Option<Vec<String>>,
    /// At least and at most as far from now as the operator allows lifetimes to be.
    pub expires_at: Option<Timestamp>,
    /// An address that the tenant allows.
    pub redirect: Option<String>,
}

/// Why an invitation was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Manage(#[from] ManageError),
}

impl From<StoreError> for ChangeError {
    fn from(it: StoreError) -> Self {
        Self::Manage(it.into())
    }
}

impl InvitationDraft {
    /// The draft as it is to be stored, if the caller may change this invitation so.
    pub(crate) async fn checked(
        self,
        core: &Core,
        caller: &Caller,
        invitation: &Invitation,
    ) -> Result<Self, ChangeError> {
        let Ports { clock, roles: defined_roles, tenants, .. } = &core.ports;
        let roles = match &self.roles {
            None => None,
            Some(given) => {
                let given = parse_roles(given).map_err(Refusal::from)?;
                let defined = Defined::of(&**defined_roles, caller.tenant, given.iter()).await?;
                defined.fit(caller, &given, invitation.offer.organization.as_ref())?;
                if let Some(user) = &invitation.user {
                    check_gift_to(caller, user, &given)?;
                }
                Some(given)
            }
        };
        let redirect = match &self.redirect {
            None => None,
            Some(it) => {
                let tenant = tenants.find(caller.tenant).await?;
                let allowed = tenant.map(|it| it.redirects).unwrap_or_default();
                Some(redirect(it, &allowed).map_err(Refusal::from)?)
            }
        };
        if let Some(expires_at) = self.expires_at {
            let (min, max) = core.policy.lifetimes;
            if !(min..=max).contains(&(expires_at - clock.now())) {
                return Err(Refusal::Lifetime { min, max }.into());
            }
        }
        Ok(Self { roles, redirect, ..self })
    }

    /// The invitation with what the draft says, one version later.
    pub(crate) fn apply(&self, it: &Invitation, by: Actor, now: Timestamp) -> Invitation {
        let mut after = it.touched(by.clone(), now);
        after.expires_at = self.expires_at.unwrap_or(after.expires_at);
        if let Some(roles) = self.roles.clone() {
            after = after.with_roles(roles, &Gift::new(by, now));
        }
        after.offer.redirect = self.redirect.clone().or(after.offer.redirect);
        after
    }
}
