//! Why one invitee was not invited.

use chrono::TimeDelta;

use crate::{
    id::{InvitationId, RoleId, UserId},
    quota::UsedUp,
    redirect::InvalidRedirect,
    text::InvalidText,
};

/// A rule of the domain refuses an invitee. This is not a failure: the rest of the batch goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no such user")]
    UnknownUser,
    #[error("no such organization")]
    UnknownOrganization,
    #[error("the inviter is not a known user")]
    UnknownInviter,
    /// An open invitation to the same organization waits for the same mailbox.
    #[error("already invited")]
    AlreadyInvited(InvitationId),
    /// The user is a member already: of the organization, or, without one, of the tenant. Callers who
    /// may not read users are not told which one.
    #[error("already a member")]
    AlreadyMember(Option<UserId>),
    /// The organization is the user's home organization. Callers who may not read users are not told
    /// which one it is.
    #[error("the organization is the user's home")]
    AtHome(Option<UserId>),
    #[error("the user is no member of the organization")]
    NotMember(UserId),
    #[error("there is no role {0:?}")]
    UnknownRole(String),
    /// The role belongs to another organization.
    #[error("the role {0:?} cannot be given there")]
    ForeignRole(String),
    /// It is no role's id, and people would take it for this role: see
    /// [`Role::looks_like`](crate::role::Role::looks_like).
    #[error(
        "the role is not defined and looks like the one with the id `{0}`: give that one by its id"
    )]
    RoleLikeness(RoleId),
    /// The role says who may give it, or somebody would give it to themselves.
    #[error("the role {0:?} can be given and taken only by callers with more authority")]
    RoleAuthority(String),
    /// Whoever changes somebody, or takes something from them, has at least their authority.
    #[error("the user can be changed only by callers with at least their authority")]
    UserAuthority(UserId),
    /// What they would get outlives the pin.
    #[error(
        "whoever a pin signed in does not invite themselves: use a key of your own, or have somebody \
         else invite you"
    )]
    SelfByPin,
    #[error("the organization is not active")]
    InactiveOrganization,
    /// The organization has as many members and open invitations as it may have.
    #[error("the organization has no seat left")]
    NoSeat,
    #[error("addresses of that domain may not belong to the organization")]
    Domain,
    #[error("the place to go to after accepting {0}")]
    Redirect(#[from] InvalidRedirect),
    /// All pins of the organization are in use.
    #[error("no pin is left")]
    NoPin,
    /// The open invitation that waits for the mailbox is another user's.
    #[error("the mailbox is used for somebody else's invitation")]
    SharedMailbox,
    #[error("the user is disabled")]
    Disabled,
    #[error("the user has no mailbox")]
    NoMailbox,
    /// The user was named by an address that nobody has proven to read, so that somebody else may use
    /// the account.
    #[error(
        "nobody has proven that whoever uses the account reads that address: name the user by id or \
         username, or have the address confirmed"
    )]
    UnprovenMailbox,
    #[error("the lifetime must be between {} s and {} s", .min.num_seconds(), .max.num_seconds())]
    Lifetime { min: TimeDelta, max: TimeDelta },
    #[error(transparent)]
    Text(#[from] InvalidText),
    #[error("an authority can be granted only by those who have it")]
    Authority,
    /// There were as many letters or invitations as there may be.
    #[error(transparent)]
    Quota(#[from] UsedUp),
}

impl Refusal {
    /// One word for programs: it stays the same in every version.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::UnknownOrganization => "unknown_organization",
            Self::UnknownInviter => "unknown_inviter",
            Self::AlreadyInvited(_) => "already_invited",
            Self::AlreadyMember(_) => "already_member",
            Self::AtHome(_) => "at_home",
            Self::NotMember(_) => "not_member",
            Self::UnknownRole(_) => "unknown_role",
            Self::ForeignRole(_) => "foreign_role",
            Self::RoleLikeness(_) => "role_likeness",
            Self::RoleAuthority(_) => "role_authority",
            Self::UserAuthority(_) => "user_authority",
            Self::SelfByPin => "self_by_pin",
            Self::InactiveOrganization => "inactive_organization",
            Self::NoSeat => "no_seat",
            Self::Domain => "domain",
            Self::Redirect(_) => "redirect",
            Self::NoPin => "no_pin",
            Self::SharedMailbox => "shared_mailbox",
            Self::Disabled => "disabled",
            Self::NoMailbox => "no_mailbox",
            Self::UnprovenMailbox => "unproven_mailbox",
            Self::Lifetime { .. } => "lifetime",
            Self::Text(_) => "text",
            Self::Authority => "authority",
            Self::Quota(_) => "quota",
        }
    }

    /// Whether there was nothing to do, rather than something wrong: the user is a member or invited
    /// already.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::AlreadyInvited(_) | Self::AlreadyMember(_) | Self::AtHome(_))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn there_is_nothing_to_do_only_for_who_is_in_or_on_their_way() {
        let ada = UserId::parse("ada").unwrap();
        let settled =
            [Refusal::AlreadyInvited(InvitationId(Uuid::nil())), Refusal::AlreadyMember(Some(ada))];
        assert!(settled.iter().all(Refusal::is_settled));
        let wrong = [
            Refusal::UnknownUser,
            Refusal::SharedMailbox,
            Refusal::Disabled,
            Refusal::NoMailbox,
            Refusal::UnprovenMailbox,
            Refusal::Authority,
        ];
        assert!(!wrong.iter().any(Refusal::is_settled));
    }
}
