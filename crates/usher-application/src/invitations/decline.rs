//! Decline an invitation.

use std::sync::Arc;

use usher_domain::{Action, Actor, Closed, Entry, EntryId, Invitation, Subject};

use crate::{
    invitations::edit::ROUNDS,
    ports::{
        Ports,
        clock::Clock,
        entropy::Entropy,
        error::StoreError,
        ledger::{Changes, CommitError, Ledger},
    },
    shared::links::Links,
};

/// Takes the invitee's no.
pub struct DeclineInvitation {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ledger: Arc<dyn Ledger>,
    links: Links,
}

/// Why it was not declined.
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
    #[must_use]
    pub fn new(ports: &Ports, links: &Links) -> Self {
        let Ports { clock, entropy, ledger, .. } = ports.clone();
        Self { clock, entropy, ledger, links: links.clone() }
    }

    pub async fn run(&self, token: &str) -> Result<Invitation, DeclineError> {
        for _ in 0..ROUNDS {
            let now = self.clock.now();
            let opened = self.links.opened_by(token, now).await?;
            let (invitation, link) = opened.ok_or(DeclineError::Unknown)?;
            invitation.open(now).and(link)?;
            let declined = invitation.decline(now)?;
            let entry = Entry {
                id: EntryId(self.entropy.id()),
                tenant: declined.tenant,
                at: now,
                actor: declined.user.clone().map_or(Actor::System, Actor::User),
                action: Action::Declined,
                subject: Subject::Invitation(declined.id),
                detail: None,
            };
            let changes = Changes {
                invitations: vec![declined.clone()],
                audit: vec![entry],
                ..Changes::default()
            };
            match self.ledger.commit(&changes).await {
                Ok(()) => return Ok(declined),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same invitation").into())
    }
}
