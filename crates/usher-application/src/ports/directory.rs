//! Where those to be invited stand.

use async_trait::async_trait;
use usher_domain::{
    Address, Invitation, Mailbox, OrganizationId, Profile, TenantId, User, UserRef,
};

use crate::ports::error::StoreError;

/// Who is to be invited to what.
#[derive(Clone, Debug, PartialEq)]
pub struct InviteeQuery {
    pub who: UserRef,
    /// None: the tenant itself.
    pub organization: Option<OrganizationId>,
}

/// Where someone stands at the moment of asking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InviteeState {
    /// The user that `who` names. A mailbox names the user whose (not personal) mailbox it is.
    pub user: Option<User>,
    /// How users of their kind are invited.
    pub profile: Option<Profile>,
    /// Whether that user is a member of the organization asked about.
    pub member: bool,
    /// The invitation of status pending, lapsed or not, that holds the place: same tenant, same
    /// organization, same mailbox. The mailbox is the one asked about, or that of the user's which
    /// their profile names.
    pub pending: Option<Invitation>,
}

/// Knows where people stand.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Directory: Send + Sync {
    /// Looks up many at once; the answers are in the order of the questions. The number of round
    /// trips does not grow with the number of questions.
    async fn resolve(
        &self,
        tenant: TenantId,
        questions: &[InviteeQuery],
    ) -> Result<Vec<InviteeState>, StoreError>;
}

impl InviteeState {
    /// The mailbox that an invitation would go to.
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
