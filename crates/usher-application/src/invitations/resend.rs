//! Send an invitation again.

use std::sync::Arc;

use usher_domain::{Action, Caller, Invitation, InvitationId, Permission, ResendPolicy};

use crate::{
    invitations::edit::{InvitationEditor, ManageError},
    shared::core::Core,
};

/// Sends an invitation again.
pub struct ResendInvitation {
    core: Arc<Core>,
    editor: InvitationEditor,
}

impl ResendInvitation {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), editor: InvitationEditor::new(core) }
    }

    /// Writes another letter, and makes another link if the policy says so; without a policy the
    /// operator's holds. An invitation that has expired begins anew. A quiet invitation is not quiet
    /// any more.
    pub async fn run(
        &self,
        caller: &Caller,
        id: InvitationId,
        policy: Option<ResendPolicy>,
    ) -> Result<Invitation, ManageError> {
        let policy = policy.unwrap_or(self.core.policy.resend);
        let resend = |it: &Invitation, now| {
            let mut again = it.resend(policy, caller.actor.clone(), now)?;
            again.offer.quiet = false;
            Ok(again)
        };
        self.editor.change(caller, id, Permission::Resend, &[Action::Resent], resend).await
    }

    /// As [`Self::run`] with [`ResendPolicy::Rotate`]. The invitation lasts at least as long as a new
    /// one from now on.
    pub async fn renew(
        &self,
        caller: &Caller,
        id: InvitationId,
    ) -> Result<Invitation, ManageError> {
        let renew = |it: &Invitation, now| {
            let mut again = it.resend(ResendPolicy::Rotate, caller.actor.clone(), now)?;
            again.expires_at = again.expires_at.max(now + again.offer.lifetime);
            again.offer.quiet = false;
            Ok(again)
        };
        self.editor.change(caller, id, Permission::Resend, &[Action::Resent], renew).await
    }
}

#[cfg(test)]
mod tests;
