//! Find an invitation by its id.

use std::sync::Arc;

use usher_domain::{Caller, Delivery, Invitation, InvitationId, Permission};

use crate::{ports::error::StoreError, shared::core::Core};

/// Finds one invitation by its id.
pub struct FindInvitation {
    core: Arc<Core>,
}

/// Why one was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error("the caller may not read invitations")]
    Forbidden,
    #[error("there is no such invitation")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FindInvitation {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The invitation with this id, in whatever state it is. What the caller may not see does not
    /// exist for them.
    pub async fn run(&self, caller: &Caller, id: InvitationId) -> Result<Invitation, FindError> {
        if !caller.may(Permission::Read) {
            return Err(FindError::Forbidden);
        }
        let found = self.core.ports.invitations.find(caller.tenant, id).await?;
        found.filter(|it| caller.may_with(Permission::Read, it)).ok_or(FindError::Unknown)
    }

    /// The attempts to deliver its letters, oldest first: when each was, how it ended, and what the
    /// mail server answered. None was made for a quiet invitation.
    pub async fn deliveries(
        &self,
        caller: &Caller,
        id: InvitationId,
    ) -> Result<Vec<Delivery>, FindError> {
        self.run(caller, id).await?;
        Ok(self.core.ports.invitations.deliveries(caller.tenant, id).await?)
    }
}

#[cfg(test)]
mod tests;
