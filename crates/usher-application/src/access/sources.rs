//! Those whose gifts are taken back, and what they did.

use usher_domain::{
    Action, Actor, Credential, Entry, Gift, Given, Membership, OrganizationId, Task, TenantId,
    Timestamp, User,
};

use crate::ports::{
    error::StoreError,
    invitations::{Filter, InvitationCondition},
    organizations::Organizations,
    tasks::TaskCondition,
};

/// Somebody whose gifts are taken back: from then on, and where they could give anything.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) actor: Actor,
    pub(crate) since: Timestamp,
    /// None if that is everywhere, or whatever they gave is told by who they are.
    pub(crate) reach: Option<Reach>,
}

/// Where a key gives anything that is bound to an organization.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reach {
    bound: OrganizationId,
    /// Those right below it.
    below: Vec<OrganizationId>,
    /// The one right above it, where those are at home who are added to it, and are given nothing else.
    above: Option<OrganizationId>,
}

/// How many organizations are read at once.
const ORGANIZATIONS: u64 = 500;
/// The most organizations that one filter names.
const NAMES: usize = 100;

impl Reach {
    pub(crate) async fn of(
        organizations: &dyn Organizations,
        tenant: TenantId,
        bound: &OrganizationId,
    ) -> Result<Self, StoreError> {
        let mut it = Self { bound: bound.clone(), below: Vec::new(), above: None };
        let mut after = None;
        loop {
            let found = organizations.list(tenant, after, ORGANIZATIONS).await?;
            let Some(last) = found.last() else { return Ok(it) };
            after = Some(last.id.clone());
            for organization in found {
                if organization.id == it.bound {
                    it.above = organization.parent;
                } else if organization.parent.as_ref() == Some(bound) {
                    it.below.push(organization.id);
                }
            }
        }
    }

    fn places(&self) -> impl Iterator<Item = &OrganizationId> {
        [&self.bound].into_iter().chain(&self.below)
    }
}

impl Source {
    /// What a program's key did is told by the key itself, and what a person's did by the person and
    /// by where it could be done.
    pub(crate) async fn of(
        organizations: &dyn Organizations,
        key: &Credential,
        since: Timestamp,
    ) -> Result<Self, StoreError> {
        let Some(user) = key.user.clone() else {
            return Ok(Self { actor: Actor::Client(key.id), since, reach: None });
        };
        let reach = match &key.organization {
            Some(bound) => Some(Reach::of(organizations, key.tenant, bound).await?),
            None => None,
        };
        Ok(Self { actor: Actor::User(user), since, reach })
    }

    /// Filters for those that they made, and those of others for which they chose the roles.
    pub(crate) fn invitations(&self) -> Vec<Filter> {
        let theirs = || Filter::Is(InvitationCondition::Given(self.actor.clone(), self.since));
        let Some(reach) = &self.reach else { return vec![theirs()] };
        let places: Vec<_> = reach.places().cloned().collect();
        let is_in = |it: &OrganizationId| Filter::Is(InvitationCondition::Organization(it.clone()));
        let within = |some: &[OrganizationId]| Filter::Or(some.iter().map(is_in).collect());
        places.chunks(NAMES).map(|it| Filter::And(vec![theirs(), within(it)])).collect()
    }

    pub(crate) fn tasks(&self) -> Filter<TaskCondition> {
        let all = [
            TaskCondition::Creator(self.actor.clone()),
            TaskCondition::CreatedFrom(self.since),
            TaskCondition::Completion(None),
        ];
        Filter::And(all.map(Filter::Is).into())
    }

    /// Whether they submitted this task: it is told for which organization.
    pub(crate) fn submitted(&self, it: &Task) -> bool {
        let place = it.by.organization.as_ref();
        self.reach.as_ref().is_none_or(|reach| place == Some(&reach.bound))
    }

    /// Whether they made this key.
    pub(crate) fn made(&self, it: &Credential) -> bool {
        let place = it.organization.as_ref();
        self.is_by(&it.made_by, it.created_at)
            && self.reach.as_ref().is_none_or(|reach| place == Some(&reach.bound))
    }

    fn is_by(&self, by: &Actor, at: Timestamp) -> bool {
        self.actor == *by && at >= self.since
    }

    /// Whether it is a gift of theirs, wherever they gave it.
    fn is_giver(&self, gift: &Gift) -> bool {
        gift.givers().any(|(by, at)| self.is_by(by, at))
    }

    fn gave(&self, gift: &Gift, place: Option<&OrganizationId>) -> bool {
        let is_there = |reach: &Reach| place.is_some_and(|it| reach.places().any(|own| own == it));
        self.is_giver(gift) && self.reach.as_ref().is_none_or(is_there)
    }
}

/// All of them.
pub(crate) struct Sources(pub(crate) Vec<Source>);

impl Sources {
    pub(crate) fn gave(&self, gift: &Gift, place: Option<&OrganizationId>) -> bool {
        self.0.iter().any(|it| it.gave(gift, place))
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

    /// Whether anything is left of a membership whose account they made, or opened at that time: what
    /// that gave itself, as by an address at a domain, is nobody else's, and what it was given before
    /// somebody opened it was not given to them.
    pub(crate) fn outlasts_account(&self, it: &Membership, opened_at: Option<Timestamp>) -> bool {
        let own = Actor::User(it.user.clone());
        let is_taken = |gift: &Gift| {
            gift.by == own
                || opened_at.is_some_and(|it| gift.at <= it)
                || self.gave(gift, Some(&it.organization))
        };
        it.without(&is_taken).is_some()
    }

    /// Whether it is the bare home that one of them gave a new account along with a membership right
    /// below. All that is there is that it belongs to it.
    pub(crate) fn gave_home(&self, it: &Membership, user: &User) -> bool {
        let is_new = it.joined_at == user.created_at;
        let is_bare = it.roles.is_empty() && it.pin.is_none() && !it.pin_allowed;
        let is_home = user.home.as_ref() == Some(&it.organization);
        let gave = |source: &Source| {
            let above = source.reach.as_ref().and_then(|reach| reach.above.as_ref());
            let mut gifts = it.gifts.iter().peekable();
            above == Some(&it.organization)
                && gifts.peek().is_some()
                && gifts.all(|(_, gift)| source.is_giver(gift))
        };
        is_new && is_bare && is_home && self.0.iter().any(gave)
    }

    /// Whether one of them gave this, wherever that was.
    pub(crate) fn are_givers(&self, gift: &Gift) -> bool {
        self.0.iter().any(|it| it.is_giver(gift))
    }

    /// Whether one of them gave somebody this along with the membership.
    pub(crate) fn gave_along(&self, gift: &Gift, membership: &Membership) -> bool {
        let place = Some(&membership.organization);
        self.0.iter().filter(|it| it.gave(gift, place)).any(|source| {
            let is_along =
                |(what, it): &(Given, Gift)| *what == Given::Itself && source.gave(it, place);
            membership.gifts.iter().any(is_along)
        })
    }
}

/// Whether such an act is not taken back along with the key, and did something.
pub(crate) fn is_left(action: Action) -> bool {
    match action {
        // What they made is taken back, and by the others they gave nobody anything. Whoever accepts or
        // declines by a link that they were shown is told by the detail of the entry.
        Action::Invited
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
        | Action::Resent
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
        for act in [Action::MemberRemoved, Action::Exported, Action::Resent] {
            assert!(is_left(act), "{act:?}");
        }
    }
}
