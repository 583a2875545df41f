//! Decline an invitation.

use std::sync::Arc;

use usher_domain::{Action, Actor, Closed, Entrance, Invitation, LinkKind, Session, Subject};

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
    /// The link was handed over, and the invitee has an account.
    #[error("the invitee must sign in first")]
    SignInFirst,
    /// The link was handed over, and only one that was mailed opens the account that the invitee has.
    #[error("the link was handed over, so it declines for no account: have the invitation mailed")]
    MailFirst,
    #[error("the invitee's account is disabled")]
    Disabled,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DeclineInvitation {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), links: Links::new(core) }
    }

    /// Declines the invitation that this token opens. A link that was handed over declines only what it
    /// could accept: for somebody who has an account, that one must be signed in.
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
            if opened.kind == LinkKind::HandedOver && !by.is_some_and(|it| opened.is_for(it)) {
                match self.links.entrance(&opened).await? {
                    Entrance::SignIn => return Err(DeclineError::SignInFirst),
                    Entrance::Mail => return Err(DeclineError::MailFirst),
                    Entrance::Shut => return Err(DeclineError::Disabled),
                    Entrance::Join | Entrance::Return | Entrance::Recover => {}
                }
            }
            let declined = opened.invitation.decline(now)?;
            let actor = declined.user.clone().map_or(Actor::System, Actor::User);
            let trail = Trail::by(&actor, declined.tenant, now, &**entropy);
            let changes = Changes {
                invitations: vec![declined.clone()],
                audit: vec![trail.note(Action::Declined, Subject::Invitation(declined.id))],
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, declined))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
