//! Take an invitation back.

use std::sync::Arc;

use usher_domain::{Action, Caller, Invitation, InvitationId, Permission};

use crate::{
    invitations::edit::{InvitationEditor, ManageError},
    shared::core::Core,
};

/// Takes an invitation back: its link is void, and letters still under way are not sent.
pub struct RevokeInvitation(InvitationEditor);

impl RevokeInvitation {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self(InvitationEditor::new(core))
    }

    pub async fn run(&self, caller: &Caller, id: InvitationId) -> Result<Invitation, ManageError> {
        let revoke = |it: &Invitation, now| it.revoke(caller.actor.clone(), now);
        self.0.change(caller, id, Permission::Revoke, Action::Revoked, revoke).await
    }
}
