//! Take an invitation back, send it again, or change what it offers.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, Invitation, InvitationId, Permission, Refusal, Timestamp, parse_roles, redirect,
};

use crate::{
    invitations::edit::{InvitationEditor, ManageError},
    ports::error::StoreError,
    shared::{core::Core, defined_roles::Defined},
};

/// Changes what a pending invitation offers.
pub struct ChangeInvitation {
    core: Arc<Core>,
    editor: InvitationEditor,
}

/// What becomes different about an invitation. What is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InvitationDraft {
    /// Instead of those there are: at most 50. Each must be defined, and fit the organization.
    pub roles: Option<Vec<String>>,
    pub expires_at: Option<Timestamp>,
    pub redirect: Option<String>,
}

/// Why it was not changed.
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

impl ChangeInvitation {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), editor: InvitationEditor::new(core) }
    }

    /// Changes one that can still be accepted. Its link and its letters stay as they are.
    pub async fn run(
        &self,
        caller: &Caller,
        id: InvitationId,
        draft: InvitationDraft,
    ) -> Result<Invitation, ChangeError> {
        let found = self.editor.find(caller, id, Permission::Resend).await?;
        let roles = match &draft.roles {
            None => None,
            Some(given) => {
                let given = parse_roles(given).map_err(Refusal::from)?;
                let defined =
                    Defined::of(&*self.core.ports.roles, caller.tenant, given.iter()).await?;
                defined.fit(caller, &given, found.offer.organization.as_ref())?;
                Some(given)
            }
        };
        let redirect = match &draft.redirect {
            None => None,
            Some(it) => {
                let tenant = self.core.ports.tenants.find(caller.tenant).await?;
                let allowed = tenant.map(|it| it.redirects).unwrap_or_default();
                Some(redirect(it, &allowed).map_err(Refusal::from)?)
            }
        };
        if let Some(expires_at) = draft.expires_at {
            let (min, max) = self.core.policy.lifetimes;
            let lifetime = expires_at - self.core.ports.clock.now();
            if !(min..=max).contains(&lifetime) {
                return Err(Refusal::Lifetime { min, max }.into());
            }
        }
        let change = |it: &Invitation, now| {
            it.open(now)?;
            let mut after = it.touched(caller.actor.clone(), now);
            after.expires_at = draft.expires_at.unwrap_or(after.expires_at);
            if let Some(roles) = &roles {
                after.offer.roles.clone_from(roles);
            }
            after.offer.redirect = redirect.clone().or(after.offer.redirect);
            Ok(after)
        };
        let action = Action::InvitationChanged;
        Ok(self.editor.change(caller, id, Permission::Resend, action, change).await?)
    }
}

#[cfg(test)]
mod tests;
