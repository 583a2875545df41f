//! Change what an invitation offers and send it again, in one commit.

use std::sync::Arc;

use usher_domain::{Action, Caller, Invitation, InvitationId, Permission, ResendPolicy};

use crate::{
    invitations::{
        draft::{ChangeError, InvitationDraft},
        edit::InvitationEditor,
    },
    shared::core::Core,
};

/// Changes what an invitation offers, and sends it again.
pub struct ChangeAndResendInvitation {
    core: Arc<Core>,
    editor: InvitationEditor,
}

impl ChangeAndResendInvitation {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), editor: InvitationEditor::new(core) }
    }

    /// Writes what is offered from now on and another letter that says so, both or neither. With an
    /// empty draft, the invitation is only sent again. Without a policy the operator's holds.
    ///
    /// # Errors
    /// [`ChangeError::Refused`] if the draft asks for what the caller could not offer.
    pub async fn run(
        &self,
        caller: &Caller,
        id: InvitationId,
        draft: InvitationDraft,
        policy: Option<ResendPolicy>,
    ) -> Result<Invitation, ChangeError> {
        let policy = policy.unwrap_or(self.core.policy.resend);
        let found = self.editor.find(caller, id, Permission::Resend).await?;
        let is_changed = draft != InvitationDraft::default();
        let draft = draft.checked(&self.core, caller, &found).await?;
        let change = |it: &Invitation, now| {
            let by = || caller.actor.clone();
            let mut again = it.resend(policy, by(), now)?;
            again.offer.quiet = false;
            // Both are one version.
            Ok(Invitation { version: again.version, ..draft.apply(&again, by(), now) })
        };
        let actions = [Action::InvitationChanged, Action::Resent];
        let actions = if is_changed { &actions[..] } else { &actions[1..] };
        Ok(self.editor.change(caller, id, Permission::Resend, actions, change).await?)
    }
}

#[cfg(test)]
mod tests;
