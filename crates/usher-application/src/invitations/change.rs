//! Change what an invitation offers.

use std::sync::Arc;

use usher_domain::{Action, Caller, Invitation, InvitationId, Permission};

use crate::{
    invitations::{
        draft::{ChangeError, InvitationDraft},
        edit::InvitationEditor,
    },
    shared::core::Core,
};

/// Changes what a pending invitation offers.
pub struct ChangeInvitation {
    core: Arc<Core>,
    editor: InvitationEditor,
}

impl ChangeInvitation {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), editor: InvitationEditor::new(core) }
    }

    /// Changes an invitation that can still be accepted. Its link and its letters stay as they are.
    ///
    /// # Errors
    /// [`ChangeError::Refused`] if the draft asks for what the caller could not offer.
    pub async fn run(
        &self,
        caller: &Caller,
        id: InvitationId,
        draft: InvitationDraft,
    ) -> Result<Invitation, ChangeError> {
        let found = self.editor.find(caller, id, Permission::Resend).await?;
        let draft = draft.checked(&self.core, caller, &found).await?;
        let change = |it: &Invitation, now| {
            it.open(now)?;
            Ok(draft.apply(it, caller.actor.clone(), now))
        };
        let actions = &[Action::InvitationChanged];
        Ok(self.editor.change(caller, id, Permission::Resend, actions, change).await?)
    }
}

#[cfg(test)]
mod tests;
