//! Decline an invitation.

use std::sync::Arc;

use usher_domain::{Action, Actor, Closed, Invitation, LinkKind, Session, Subject};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        audit_trail::Trail,
        commit::{Decision, commit},
        core::Core,
        links::Links,
    },
};

/// Declines an invitation for its invitee.
pub struct DeclineInvitation {
    core: Arc<Core>,
    links: Links,
}

/// Why an invitation was not declined.
#[derive(Debug, thiserror::Error)]
pub enum DeclineError {
    #[error("no such link was ever sent")]
    Unknown,
    #[error(transparent)]
    Closed(#[from] Closed),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DeclineInvitation {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), links: Links::new(core) }
    }

    /// Declines the invitation that this token opens, whoever has an account: a refusal would tell whoever
    /// was handed the link. The audit names the invitee only where the link is mailed, or they are signed
    /// in.
    ///
    /// # Errors
    /// [`DeclineError::Closed`] if it cannot be accepted any more, or a newer link was sent.
    pub async fn run(&self, token: &str, by: Option<&Session>) -> Result<Invitation, DeclineError> {
        let Ports { clock, entropy, ledger, .. } = &self.core.ports;
        commit(&**ledger, "decline", |_| async move {
            let now = clock.now();
            let opened = self.links.opened_by(token, now).await?;
            let opened = opened.ok_or(DeclineError::Unknown)?;
            opened.open?;
            let detail = opened.detail();
            let is_invitee =
                opened.kind == LinkKind::Mailed || by.is_some_and(|it| opened.is_for(it));
            let declined = opened.invitation.decline(now)?;
            let invitee = declined.user.clone().filter(|_| is_invitee);
            let actor = invitee.map_or(Actor::System, Actor::User);
            let trail = Trail::by(&actor, declined.tenant, now, &**entropy);
            let subject = Subject::Invitation(declined.id);
            let changes = Changes {
                invitations: vec![declined.clone()],
                audit: vec![trail.note_with(Action::Declined, subject, detail)],
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, declined))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
