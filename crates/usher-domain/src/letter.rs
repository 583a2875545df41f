//! Letters: what a mail says, before it is rendered.

use std::fmt;

use uuid::Uuid;

use crate::{
    account_letter::AccountLetter,
    id::{AccountLettersId, InvitationId, MembershipId},
    invitation::Invitation,
    locale::Locale,
    mailbox::Mailbox,
    membership::Membership,
    organization::Organization,
    tenant::Tenant,
    timestamp::Timestamp,
    user::User,
};

/// A letter to one person. It is made again for every attempt to deliver it, with the same content.
#[derive(Clone, PartialEq)]
pub struct Letter {
    pub matter: Matter,
    /// Which letter about it, from 1. Together with `matter` it is the `Message-ID`, so that mail
    /// programs recognize a second copy.
    pub number: u32,
    pub to: Mailbox,
    /// The recipient's name, where known.
    pub name: Option<String>,
    /// The name of the inviter.
    pub inviter: Option<String>,
    /// What they are invited to: the name of the organization, or of the tenant.
    pub place: String,
    pub roles: Vec<String>,
    pub message: Option<String>,
    pub locale: Locale,
    /// The name of a custom template; none: the built-in one.
    pub template: Option<String>,
    /// When the letter was decided on; its `Date`.
    pub written_at: Timestamp,
    pub kind: LetterKind,
    /// The address of the page to accept on, or to sign in on.
    pub link: String,
}

/// What a letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Matter {
    Invitation(InvitationId),
    Membership(MembershipId),
    Account(AccountLettersId),
}

impl Matter {
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Invitation(id) => id.0,
            Self::Membership(id) => id.0,
            Self::Account(id) => id.0,
        }
    }
}

/// The id: 32 hexadecimal digits.
impl fmt::Display for Matter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().as_simple().fmt(f)
    }
}

/// What kind of letter it is, and what only this kind contains.
#[derive(Clone, PartialEq, Eq)]
pub enum LetterKind {
    /// An invitation, to be accepted or declined.
    Invitation { expires_at: Timestamp },
    /// Tells a new member that they belong to the organization, with the pin if any.
    Welcome { pin: Option<String> },
    /// Tells a member their new pin; the pin before is not valid any more.
    NewPin { pin: String },
    /// Asks a user to prove that they read their mailbox.
    Confirmation { expires_at: Timestamp },
    /// Lets a user choose another password.
    PasswordReset { expires_at: Timestamp },
    /// Tells a user that their password was changed.
    PasswordChanged,
}

/// Leaves out what the letter says.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("matter", &self.matter)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Letter {
    /// The letter of an invitation.
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

    /// A letter to a member; `None` if they have no mailbox.
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

    /// A letter to a user about their account; `None` if they have no mailbox, or
    /// were never written to.
    #[must_use]
    pub fn to_user(
        user: &User,
        letter: &AccountLetter,
        tenant: &Tenant,
        kind: LetterKind,
        link: String,
    ) -> Option<Self> {
        Some(Self {
            matter: Matter::Account(user.letters.as_ref()?.id),
            number: letter.number,
            to: user.mailbox.clone()?,
            name: user.called(),
            inviter: None,
            place: tenant.display_name.clone(),
            roles: Vec::new(),
            message: None,
            locale: user.locale.clone().unwrap_or_else(|| tenant.locale.clone()),
            template: None,
            written_at: letter.at,
            kind,
            link,
        })
    }
}
