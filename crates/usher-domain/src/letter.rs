//! What a mail says, before it is words.

use std::fmt;

use uuid::Uuid;

use crate::{
    id::{InvitationId, MembershipId},
    invitation::Invitation,
    locale::Locale,
    mailbox::Mailbox,
    membership::Membership,
    organization::Organization,
    tenant::Tenant,
    timestamp::Timestamp,
    user::User,
};

/// A letter to one person. Made anew at every attempt, and each time the same.
#[derive(Clone, PartialEq)]
pub struct Letter {
    pub matter: Matter,
    /// Which letter about it, from 1. With `matter` it makes the `Message-ID`, so that a second
    /// copy is known for one.
    pub number: u32,
    pub to: Mailbox,
    /// The recipient's name, where known.
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
    pub kind: LetterKind,
    /// Opens the accept page, or the one to sign in.
    pub link: String,
}

/// What a letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Matter {
    Invitation(InvitationId),
    Membership(MembershipId),
}

impl Matter {
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Invitation(id) => id.0,
            Self::Membership(id) => id.0,
        }
    }
}

/// The id: 32 hexadecimal digits.
impl fmt::Display for Matter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().as_simple().fmt(f)
    }
}

/// What a letter tells.
#[derive(Clone, PartialEq, Eq)]
pub enum LetterKind {
    /// You are invited: accept or decline.
    Invitation { expires_at: Timestamp },
    /// You belong to it already; this is your pin, if you have one.
    Welcome { pin: Option<String> },
    /// You have a new pin; the one before is void.
    NewPin { pin: String },
}

/// Shows which letter it is, and nothing of what it says.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("matter", &self.matter)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Letter {
    /// Asks someone in.
    #[must_use]
    pub fn new(
        invitation: &Invitation,
        tenant: &Tenant,
        organization: Option<&Organization>,
        link: String,
    ) -> Self {
        let offer = &invitation.offer;
        Self {
            matter: Matter::Invitation(invitation.id),
            number: invitation.letters,
            to: invitation.mailbox.clone(),
            name: invitation.name.clone(),
            inviter: offer.inviter.as_ref().map(|it| it.name.clone()),
            place: organization.map_or(&*tenant.display_name, Organization::title).to_owned(),
            roles: offer.roles.clone(),
            message: offer.message.clone(),
            locale: offer.locale.clone().unwrap_or_else(|| tenant.locale.clone()),
            template: offer.template.clone(),
            written_at: invitation.mailed_at,
            kind: LetterKind::Invitation { expires_at: invitation.expires_at },
            link,
        }
    }

    /// Tells a member something; `None` when they have no mailbox.
    #[must_use]
    pub fn to_member(
        membership: &Membership,
        user: &User,
        tenant: &Tenant,
        organization: &Organization,
        kind: LetterKind,
        link: String,
    ) -> Option<Self> {
        Some(Self {
            matter: Matter::Membership(membership.id),
            number: membership.letters,
            to: user.mailbox.clone()?,
            name: user.called(),
            inviter: None,
            place: organization.title().to_owned(),
            roles: membership.roles.clone(),
            message: None,
            locale: user.locale.clone().unwrap_or_else(|| tenant.locale.clone()),
            template: None,
            written_at: membership.mailed_at,
            kind,
            link,
        })
    }
}
