//! Reads what is known about people who are to be invited.

use async_trait::async_trait;
use usher_domain::{
    Address, Invitation, Mailbox, OrganizationId, Profile, TenantId, User, UserRef,
};

use crate::ports::error::StoreError;

/// Who is to be invited, and to what.
#[derive(Clone, Debug, PartialEq)]
pub struct InviteeQuery {
    pub who: UserRef,
    /// None: the tenant itself.
    pub organization: Option<OrganizationId>,
}

/// What is known about an invitee at the moment of asking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InviteeState {
    /// The user that `who` names. A mailbox names the user whose (not personal) mailbox it is.
    pub user: Option<User>,
    /// That user's profile: how users of their kind are invited.
    pub profile: Option<Profile>,
    /// Whether that user is a member of the organization asked about.
    pub member: bool,
    /// The pending invitation (expired or not) to the same organization for the same mailbox, of
    /// which there is one at most. The mailbox is the one asked about, or that one of the user's
    /// which their profile names.
    pub pending: Option<Invitation>,
}

/// Knows who people are, what they are members of, and what they are invited to.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Directory: Send + Sync {
    /// Looks up many invitees at once. The answers are in the order of `queries`. The number of
    /// round trips does not grow with the number of queries.
    async fn resolve(
        &self,
        tenant: TenantId,
        queries: &[InviteeQuery],
    ) -> Result<Vec<InviteeState>, StoreError>;
}

impl InviteeState {
    /// The mailbox that an invitation goes to: the one asked about, or the user's which their
    /// profile names. `None` if they have no such mailbox.
    #[must_use]
    pub fn mailbox(&self, asked: &UserRef) -> Option<Mailbox> {
        match asked {
            UserRef::Mailbox(mailbox) => Some(mailbox.clone()),
            UserRef::Id(_) | UserRef::Username(_) => {
                let address = self.profile.as_ref().map_or(Address::Work, |it| it.address);
                address.of(self.user.as_ref()?).cloned()
            }
        }
    }
}
