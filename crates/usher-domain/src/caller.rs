//! Who calls a use case, and what they may do.

use crate::{
    authority::{Actor, Authority, Permission},
    gift::Gift,
    id::{OrganizationId, TenantId, UserId},
    invitation::Invitation,
    means::Means,
    offer::Offer,
    organization::Organization,
    timestamp::Timestamp,
    user::User,
};

/// Who is calling, and for which tenant: proof that credentials were checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    pub tenant: TenantId,
    pub authority: Authority,
    pub actor: Actor,
    /// The name of the person whose key or session it is.
    pub name: Option<String>,
    /// The one organization the caller is bound to.
    pub organization: Option<OrganizationId>,
    /// What they call with. Not kept with a task: whoever submitted one is shown no link.
    pub means: Option<Means>,
}

impl Caller {
    /// The operator at the command line, or usher itself: they may do everything.
    #[must_use]
    pub fn system(tenant: TenantId) -> Self {
        Self {
            tenant,
            authority: Authority::OrgAdmin,
            actor: Actor::System,
            name: None,
            organization: None,
            means: Some(Means::Machine),
        }
    }

    /// What the caller gives now.
    #[must_use]
    pub fn gift(&self, now: Timestamp) -> Gift {
        Gift::new(self.actor.clone(), now)
    }

    /// Whether the caller may do this at all.
    #[must_use]
    pub fn may(&self, what: Permission) -> bool {
        match self.authority {
            Authority::OrgAdmin => true,
            Authority::Helpdesk => what != Permission::Administer,
            Authority::Inviter => {
                !matches!(what, Permission::Administer | Permission::ManageMembers)
            }
            Authority::Reader => what == Permission::Read,
        }
    }

    /// Whether the caller may read users at all. An inviter reads what it issued itself, and it issues no
    /// users.
    #[must_use]
    pub fn may_read_users(&self) -> bool {
        self.may(Permission::Read) && self.authority != Authority::Inviter
    }

    /// This user's id, for callers who may read users.
    #[must_use]
    pub fn told(&self, user: &UserId) -> Option<UserId> {
        self.may_read_users().then(|| user.clone())
    }

    /// Whether the caller may administer the tenant itself, and not just one organization.
    #[must_use]
    pub fn administers_tenant(&self) -> bool {
        self.may(Permission::Administer) && self.organization.is_none()
    }

    /// Whether the caller may do this to that invitation: an inviter only to its own, a bound
    /// key only within its organization.
    #[must_use]
    pub fn may_with(&self, what: Permission, invitation: &Invitation) -> bool {
        let ours = self.authority != Authority::Inviter || *invitation.answers() == self.actor;
        self.may(what) && ours && self.reaches(invitation.offer.organization.as_ref())
    }

    /// Whether the caller may invite to that.
    #[must_use]
    pub fn may_offer(&self, offer: &Offer) -> bool {
        self.may(Permission::Invite)
            && self.reaches(offer.organization.as_ref())
            && offer.authority.is_none_or(|it| self.may_grant(it))
    }

    /// Whether the caller may give these roles to this person, apart from which roles they are: nobody
    /// gives themselves any who does not manage members.
    #[must_use]
    pub fn may_give_to(&self, user: &UserId, roles: &[String]) -> bool {
        let is_self = self.actor == Actor::User(user.clone());
        roles.is_empty() || !is_self || self.may(Permission::ManageMembers)
    }

    /// Whether the caller may add this person to an organization, apart from who they are there: nobody
    /// adds themselves whom a pin signed in.
    #[must_use]
    pub fn may_add(&self, user: &UserId) -> bool {
        !self.is_by_pin() || self.actor != Actor::User(user.clone())
    }

    /// Whether the caller may invite in the name of this user, apart from where they belong: in their
    /// own name, or in that of others whoever manages members.
    #[must_use]
    pub fn may_speak_for(&self, user: &UserId) -> bool {
        self.may(Permission::ManageMembers) || self.actor == Actor::User(user.clone())
    }

    /// Whether an organization, or the tenant itself (`None`), is within the caller's bounds.
    #[must_use]
    pub fn reaches(&self, organization: Option<&OrganizationId>) -> bool {
        self.organization.as_ref().is_none_or(|bound| organization == Some(bound))
    }

    /// Whether the caller's bounds are those of the other one, or wider.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.reaches(other.organization.as_ref())
    }

    /// Whether an organization is within the caller's bounds, or stands right below the one that
    /// the caller is bound to.
    #[must_use]
    pub fn oversees(&self, organization: &Organization) -> bool {
        self.reaches(Some(&organization.id)) || self.organization == organization.parent
    }

    /// Whether the caller may change, reset or remove this person, or what they hold somewhere: nobody
    /// has power over people of more authority than their own, be it the person's or that of one of
    /// their keys which have power there.
    #[must_use]
    pub fn may_change(&self, user: &User, of_keys: impl IntoIterator<Item = Authority>) -> bool {
        user.authority.into_iter().chain(of_keys).all(|it| self.authority <= it)
    }

    /// Whether a pin signed the caller in. What they do ends with the pin, so they give themselves
    /// nothing that does not.
    #[must_use]
    pub fn is_by_pin(&self) -> bool {
        matches!(&self.means, Some(Means::Session(it)) if it.organization.is_some())
    }

    /// Whether the caller may grant this authority: nobody grants more than they have.
    #[must_use]
    pub fn may_grant(&self, authority: Authority) -> bool {
        self.authority == Authority::OrgAdmin && authority >= self.authority
    }
}

#[cfg(test)]
mod tests;
