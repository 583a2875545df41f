//! Those whose gifts are taken back, and what they did.

use usher_domain::{Action, Actor, Credential, Entry, Gift, Membership, OrganizationId, Timestamp};

use crate::ports::{
    invitations::{Filter, InvitationCondition},
    tasks::TaskCondition,
};

/// Somebody whose gifts are taken back: from then on, and in that organization if it is one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) actor: Actor,
    pub(crate) since: Timestamp,
    pub(crate) place: Option<OrganizationId>,
}

impl Source {
    pub(crate) fn of(key: &Credential, since: Timestamp) -> Self {
        let actor = key.user.clone().map_or(Actor::Client(key.id), Actor::User);
        // What a program's key did is told by the key itself.
        let place = key.organization.clone().filter(|_| key.user.is_some());
        Self { actor, since, place }
    }

    /// Those that they made, and those of others for which they chose the roles.
    pub(crate) fn invitations(&self) -> Filter {
        let theirs = InvitationCondition::Given(self.actor.clone(), self.since);
        let place = self.place.clone().map(InvitationCondition::Organization);
        Filter::And([theirs].into_iter().chain(place).map(Filter::Is).collect())
    }

    pub(crate) fn tasks(&self) -> Filter<TaskCondition> {
        let all = [
            TaskCondition::Creator(self.actor.clone()),
            TaskCondition::CreatedFrom(self.since),
            TaskCondition::Completion(None),
        ];
        Filter::And(all.map(Filter::Is).into())
    }

    pub(crate) fn did(&self, by: &Actor, at: Timestamp, place: Option<&OrganizationId>) -> bool {
        let is_there = self.place.is_none() || self.place.as_ref() == place;
        self.actor == *by && at >= self.since && is_there
    }
}

/// All of them.
pub(crate) struct Sources(pub(crate) Vec<Source>);

impl Sources {
    pub(crate) fn gave(&self, gift: &Gift, place: Option<&OrganizationId>) -> bool {
        self.0.iter().any(|it| it.did(&gift.by, gift.at, place))
    }

    pub(crate) fn add(&mut self, new: Source) {
        if !self.0.contains(&new) {
            self.0.push(new);
        }
    }

    pub(crate) fn acted(&self, it: &Entry) -> bool {
        // The audit does not say in which organization.
        self.0.iter().any(|source| source.actor == it.actor && it.at >= source.since)
    }

    /// What is left of a membership.
    pub(crate) fn left_of(&self, it: &Membership) -> Option<Membership> {
        it.without(&|gift| self.gave(gift, Some(&it.organization)))
    }
}

/// Whether such an act is not taken back along with the key, and did something.
pub(crate) fn is_left(action: Action) -> bool {
    match action {
        // What they made is taken back, and by the others they gave nobody anything.
        Action::Invited
        | Action::Resent
        | Action::TaskSubmitted
        | Action::CredentialCreated
        | Action::MemberAdded
        | Action::UserAdded
        | Action::Accepted
        | Action::Declined
        | Action::Lapsed
        | Action::InviteFailed
        | Action::SignedIn
        | Action::SignedOut
        | Action::SignInFailed
        | Action::Throttled
        | Action::Crowded
        | Action::Denied => false,
        Action::Revoked
        | Action::CredentialRevoked
        | Action::Imported
        | Action::Reset
        | Action::MailboxProven
        | Action::AccountRecovered
        | Action::PasswordChanged
        | Action::TaskCleared
        | Action::ProfileChanged
        | Action::UserDisabled
        | Action::MemberChanged
        | Action::MemberRemoved
        | Action::OrganizationCreated
        | Action::OrganizationChanged
        | Action::OrganizationRemoved
        | Action::RoleCreated
        | Action::RoleChanged
        | Action::RoleRemoved
        | Action::InvitationChanged
        | Action::TenantChanged
        | Action::Exported => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_got_to_try_is_not_told_of_a_stolen_key() {
        for idle in [Action::SignInFailed, Action::Throttled, Action::Crowded, Action::Denied] {
            assert!(!is_left(idle), "{idle:?}");
        }
        assert!(is_left(Action::MemberRemoved) && is_left(Action::Exported));
    }
}
