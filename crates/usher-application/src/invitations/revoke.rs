//! Revoke an invitation.

use std::sync::Arc;

use usher_domain::{Action, Caller, Invitation, InvitationId, Permission};

use crate::{
    invitations::edit::{InvitationEditor, ManageError},
    shared::core::Core,
};

/// Revokes an invitation: its link is void, and letters that were not sent yet are not sent.
pub struct RevokeInvitation(InvitationEditor);

impl RevokeInvitation {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self(InvitationEditor::new(core))
    }

    /// Revokes an invitation that is pending, expired or not.
    ///
    /// # Errors
    /// [`ManageError::Closed`] if it is not pending any more.
    pub async fn run(&self, caller: &Caller, id: InvitationId) -> Result<Invitation, ManageError> {
        let revoke = |it: &Invitation, now| it.revoke(caller.actor.clone(), now);
        self.0.change(caller, id, Permission::Revoke, &[Action::Revoked], revoke).await
    }
}

#[cfg(test)]
mod tests;
