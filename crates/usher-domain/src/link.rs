//! The two kinds of links to an invitation, and what each of them opens.

use crate::{
    document::Document,
    invitation::{Invitation, Status},
    membership::Membership,
    user::{User, UserStatus},
};

/// How a link reached whoever opens it. The token in it says so, because each kind is made for a
/// purpose of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// It was mailed to the invitee, and nobody else was ever shown it: it proves the mailbox.
    Mailed,
    /// It was shown to a caller of an API or to the operator, who hands it over: it proves nothing.
    HandedOver,
}

/// What somebody who is not signed in can do with a link to an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// They become an active user: there was none.
    Join,
    /// They are active and have no password, and the link proves that it is they: they may choose
    /// one.
    Return,
    /// They are active, but nobody has proven yet that the account belongs to whoever reads the
    /// mailbox. This link proves it, so they take the account back.
    Recover,
    /// They are active: their password opens the account, and the mailed link does not.
    SignIn,
    /// There is an account, in whatever state, or something was granted to the invitee, and the link
    /// proves nothing: signing in or a mailed link opens it. Which of these it is the link does not tell.
    Mail,
    /// They are disabled.
    Shut,
}

impl LinkKind {
    /// Whether such a link to this invitation proves that the user reads their mailbox. One that was
    /// mailed to their personal mailbox does not.
    #[must_use]
    pub fn proves(self, invitation: &Invitation, user: &User) -> bool {
        self == Self::Mailed && user.mailbox.as_ref() == Some(&invitation.mailbox)
    }

    /// Whether the link opens an invitation that was accepted, because it is the way to take the account
    /// back from whoever accepted before: see [`Entrance::Recover`]. So it is with the mailed link, as
    /// long as nobody has proven that the account is theirs.
    #[must_use]
    pub fn takes_back(self, invitation: &Invitation, known: Option<&User>) -> bool {
        let is_unproven = |it: &&User| {
            it.status == UserStatus::Active
                && it.mailbox_proven_at.is_none()
                && invitation.user.as_ref() == Some(&it.id)
        };
        let accepted_by = known.filter(is_unproven);
        invitation.status == Status::Accepted
            && accepted_by.is_some_and(|it| self.proves(invitation, it))
    }

    /// What the link lets somebody do who is not signed in, given the user that the invitation is
    /// for, if there is one, and what they belong to.
    #[must_use]
    pub fn entrance(
        self,
        invitation: &Invitation,
        known: Option<&User>,
        held: &[Membership],
    ) -> Entrance {
        let Some(user) = known else { return Entrance::Join };
        match (user.status, self) {
            (UserStatus::Disabled, Self::Mailed) => Entrance::Shut,
            (UserStatus::Unregistered | UserStatus::Pending, Self::Mailed) => Entrance::Join,
            (UserStatus::Unregistered | UserStatus::Pending, Self::HandedOver) => {
                if has_more(user, held, invitation) { Entrance::Mail } else { Entrance::Join }
            }
            (UserStatus::Active | UserStatus::Disabled, Self::HandedOver) => Entrance::Mail,
            (UserStatus::Active, Self::Mailed) => {
                let is_unproven = user.mailbox_proven_at.is_none();
                match user.signs_in() {
                    _ if is_unproven && self.proves(invitation, user) => Entrance::Recover,
                    true => Entrance::SignIn,
                    false => Entrance::Return,
                }
            }
        }
    }
}

/// Whether the user has anything that the invitation does not offer: an authority, a role, a pin, a place
/// or a home elsewhere, what the product keeps with them, or a mailbox that somebody vouched for. Whoever
/// could hand over the link need not be able to give that.
fn has_more(user: &User, held: &[Membership], invitation: &Invitation) -> bool {
    let offer = &invitation.offer;
    let is_offered = |roles: &[String]| roles.iter().all(|it| offer.roles.contains(it));
    let is_within = |it: &Membership| {
        Some(&it.organization) == offer.organization.as_ref()
            && is_offered(&it.roles)
            && it.pin.is_none()
    };
    let has_roles =
        !user.roles.is_empty() && (offer.organization.is_some() || !is_offered(&user.roles));
    let is_at_home = user.home.as_ref().is_none_or(|it| Some(it) == offer.organization.as_ref());
    let has_documents =
        user.profile != Document::default() || user.attributes != Document::default();
    user.authority.is_some()
        || user.mailbox_proven_at.is_some()
        || user.phone.is_some()
        || has_documents
        || has_roles
        || !is_at_home
        || !held.iter().all(is_within)
}

#[cfg(test)]
mod tests;
