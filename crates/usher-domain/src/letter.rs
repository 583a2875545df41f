//! What a mail says, before it is words.

use std::fmt;

use crate::{Invitation, InvitationId, Locale, Mailbox, Organization, Tenant, Timestamp};

/// A letter to one invitee. Made anew at every attempt, and each time the same.
#[derive(Clone, PartialEq)]
pub struct Letter {
    pub invitation: InvitationId,
    /// Which letter of the invitation, from 1. With `invitation` it makes the `Message-ID`, so
    /// that a second copy is known for one.
    pub number: u32,
    pub to: Mailbox,
    /// The invitee's name, where known.
    pub name: Option<String>,
    /// Who invites them.
    pub inviter: Option<String>,
    /// To what: the organization's name, or the tenant's.
    pub place: String,
    pub roles: Vec<String>,
    pub message: Option<String>,
    pub locale: Locale,
    /// Which template; none: the one that comes with usher.
    pub template: Option<String>,
    /// When the letter was decided on; its `Date`.
    pub written_at: Timestamp,
    pub expires_at: Timestamp,
    /// Opens the accept page.
    pub link: String,
}

/// Shows which letter it is, and nothing of what it says.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("invitation", &self.invitation)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Letter {
    #[must_use]
    pub fn new(
        invitation: &Invitation,
        tenant: &Tenant,
        organization: Option<&Organization>,
        link: String,
    ) -> Self {
        let offer = &invitation.offer;
        Self {
            invitation: invitation.id,
            number: invitation.letters,
            to: invitation.mailbox.clone(),
            name: invitation.name.clone(),
            inviter: offer.inviter.as_ref().map(|it| it.name.clone()),
            place: organization.map_or(&tenant.display_name, |it| &it.name).clone(),
            roles: offer.roles.clone(),
            message: offer.message.clone(),
            locale: offer.locale.clone().unwrap_or_else(|| tenant.locale.clone()),
            template: offer.template.clone(),
            written_at: invitation.mailed_at,
            expires_at: invitation.expires_at,
            link,
        }
    }
}
