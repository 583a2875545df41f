//! Take an invitation back.

use usher_domain::{Action, Caller, Invitation, InvitationId, Permission};

use crate::{
    invitations::edit::{InvitationEditor, ManageError},
    ports::Ports,
};

/// Takes an invitation back: its link is void, and letters still under way are not sent.
pub struct RevokeInvitation(InvitationEditor);

impl RevokeInvitation {
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        Self(InvitationEditor::new(ports))
    }

    pub async fn run(&self, caller: &Caller, id: InvitationId) -> Result<Invitation, ManageError> {
        let revoke = |it: &Invitation, now| it.revoke(caller.actor.clone(), now);
        self.0.change(caller, id, Permission::Revoke, Action::Revoked, revoke).await
    }
}
