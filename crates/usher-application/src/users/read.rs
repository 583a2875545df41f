//! Read users: one, or many page by page.

use std::{collections::HashSet, sync::Arc};

use usher_domain::{Caller, Purpose, User, UserId, UserRef, UserStatus};

use crate::{
    ports::{
        error::StoreError,
        invitations::Filter,
        users::{Documents, UserCondition, UserOrder, UserWithStatus},
    },
    shared::{core::Core, sight},
};

/// Reads users: by [`Self::search`] all there are, otherwise active and disabled ones.
pub struct ReadUsers {
    core: Arc<Core>,
}

/// One page.
#[derive(Debug)]
pub struct UserListing {
    /// Maybe fewer than asked for, even when there is a next page.
    pub users: Vec<User>,
    /// Leads to the next page; none on the last one.
    pub next: Option<String>,
}

/// Why there is no user, or no page of them.
#[derive(Debug, thiserror::Error)]
pub enum ReadUsersError {
    #[error("the caller may not read users")]
    Forbidden,
    #[error("there is no user with this id")]
    Unknown,
    #[error("the page token was not made for this list: start again without one")]
    PageToken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReadUsers {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Whether the caller may read users at all: see [`Caller::may_read_users`].
    pub fn allowed(caller: &Caller) -> Result<(), ReadUsersError> {
        caller.may_read_users().then_some(()).ok_or(ReadUsersError::Forbidden)
    }

    /// What the caller may not see does not exist for them.
    pub async fn find(&self, caller: &Caller, id: UserId) -> Result<User, ReadUsersError> {
        Self::allowed(caller)?;
        let found = self.core.ports.users.find(caller.tenant, &UserRef::Id(id)).await?;
        let found = found.into_iter().collect();
        self.visible(caller, found).await?.pop().ok_or(ReadUsersError::Unknown)
    }

    /// Up to `limit` users in the order of their ids, without their documents, from `page_token` on;
    /// empty for the first page.
    pub async fn list(
        &self,
        caller: &Caller,
        page_token: &str,
        limit: u64,
    ) -> Result<UserListing, ReadUsersError> {
        Self::allowed(caller)?;
        let context = [b"users ", caller.tenant.0.as_bytes().as_slice()].concat();
        let after = match page_token {
            "" => None,
            token => {
                let bytes = self.core.keyring.open(Purpose::Page, &context, token);
                let id = bytes.and_then(|it| UserId::parse(&String::from_utf8(it).ok()?).ok());
                Some(id.ok_or(ReadUsersError::PageToken)?)
            }
        };
        let users = &self.core.ports.users;
        let mut users = users.list(caller.tenant, after, limit + 1, Documents::Without).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = users.len() > limit;
        users.truncate(limit);
        let last = users.last().filter(|_| more);
        let next = last
            .map(|it| self.core.keyring.seal(Purpose::Page, &context, it.id.as_str().as_bytes()));
        Ok(UserListing { users: self.visible(caller, users).await?, next })
    }

    /// Those who match, whatever their status is: `limit` of them after the first `skip`, in this
    /// order and then by id. A bound key sees the people of its organization, and of those right below;
    /// see [`sight::as_seen_by`] for how much of them.
    pub async fn search(
        &self,
        caller: &Caller,
        filter: Filter<UserCondition>,
        order: &[UserOrder],
        skip: u64,
        limit: u64,
    ) -> Result<Vec<UserWithStatus>, ReadUsersError> {
        Self::allowed(caller)?;
        let (filter, now) = (seen(caller, filter), self.core.ports.clock.now());
        let users = &self.core.ports.users;
        let found = users.search(caller.tenant, &filter, order, skip, limit, now).await?;
        let (people, invited): (Vec<_>, Vec<_>) =
            found.into_iter().map(|it| (it.user, it.invited)).unzip();
        let people = sight::as_seen_by(&self.core, caller, people).await?;
        let with_status = |(user, invited)| UserWithStatus { user, invited };
        Ok(people.into_iter().zip(invited).map(with_status).collect())
    }

    /// How many match.
    pub async fn count(
        &self,
        caller: &Caller,
        filter: Filter<UserCondition>,
    ) -> Result<u64, ReadUsersError> {
        Self::allowed(caller)?;
        let (filter, now) = (seen(caller, filter), self.core.ports.clock.now());
        Ok(self.core.ports.users.count(caller.tenant, &filter, now).await?)
    }

    /// The active and the disabled ones; for a bound key those who belong to its organization.
    async fn visible(&self, caller: &Caller, users: Vec<User>) -> Result<Vec<User>, StoreError> {
        let was_active = |it: &User| match it.status {
            UserStatus::Active | UserStatus::Disabled => true,
            UserStatus::Unregistered | UserStatus::Pending => false,
        };
        let users: Vec<_> = users.into_iter().filter(was_active).collect();
        let Some(organization) = &caller.organization else { return Ok(users) };
        let ids: Vec<_> = users.iter().map(|it| it.id.clone()).collect();
        let memberships = self.core.ports.organizations.memberships(caller.tenant, &ids).await?;
        let ours = memberships.into_iter().filter(|it| it.organization == *organization);
        let ours: HashSet<_> = ours.map(|it| it.user).collect();
        let ours = users.into_iter().filter(|it| ours.contains(&it.id)).collect();
        sight::as_seen_by(&self.core, caller, ours).await
    }
}

/// The filter, narrowed to whom the caller may see.
fn seen(caller: &Caller, filter: Filter<UserCondition>) -> Filter<UserCondition> {
    match &caller.organization {
        None => filter,
        Some(it) => Filter::And(vec![filter, Filter::Is(UserCondition::Within(it.clone()))]),
    }
}

#[cfg(test)]
mod tests {
    use usher_domain::Authority;

    use super::*;
    use crate::policy::Policy;
    use crate::testing::core;
    use crate::testing::{MockPorts, active, caller, membership, organization, user, user_id};

    fn people() -> Vec<User> {
        let disabled = User { status: UserStatus::Disabled, ..active("bob") };
        vec![active("ada"), disabled, user("cyd"), active("dan")]
    }

    #[tokio::test]
    async fn pages_show_who_is_in_and_lead_on_whoever_is_not() {
        let mut ports = MockPorts::default();
        ports.users.expect_list().times(2).returning(|_, after, limit, documents| {
            assert_eq!(documents, Documents::Without);
            let from =
                people().into_iter().filter(|it| after.as_ref().is_none_or(|id| it.id > *id));
            Ok(from.take(usize::try_from(limit).unwrap()).collect())
        });
        let read = ReadUsers::new(&core(&ports.into(), &Policy::at("http://usher.test")));
        let ids = |it: &UserListing| it.users.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        let first = read.list(&caller(), "", 3).await.unwrap();
        assert_eq!(ids(&first), [user_id("ada"), user_id("bob")]);
        let token = first.next.unwrap();
        let second = read.list(&caller(), &token, 3).await.unwrap();
        assert_eq!((ids(&second), second.next), (vec![user_id("dan")], None));
        let abroad = Caller::system(usher_domain::TenantId(uuid::Uuid::nil()));
        for (caller, token) in [(abroad, token.as_str()), (caller(), "junk")] {
            let error = read.list(&caller, token, 3).await.unwrap_err();
            assert!(matches!(error, ReadUsersError::PageToken));
        }
    }

    #[tokio::test]
    async fn a_bound_key_sees_its_members_and_an_inviter_nobody() {
        let mut ports = MockPorts::default();
        ports.users.expect_find_many().returning(|_, who| {
            let found = |it: &UserRef| {
                people().into_iter().find(|user| *it == UserRef::Id(user.id.clone()))
            };
            Ok(who.iter().map(found).collect())
        });
        ports.organizations.expect_memberships().returning(|_, users| {
            let member = |it: &UserId| membership(it.as_str(), "acme");
            Ok(users.iter().filter(|it| it.as_str() == "ada").map(member).collect())
        });
        ports
            .organizations
            .expect_find_many()
            .returning(|_, ids| Ok(ids.iter().map(|it| Some(organization(it.as_str()))).collect()));
        let read = ReadUsers::new(&core(&ports.into(), &Policy::at("http://usher.test")));
        let bound = Caller { organization: Some(organization("acme").id), ..caller() };
        assert_eq!(read.find(&bound, user_id("ada")).await.unwrap().id, user_id("ada"));
        for (caller, id) in [(&bound, "dan"), (&caller(), "cyd"), (&caller(), "nobody")] {
            let error = read.find(caller, user_id(id)).await.unwrap_err();
            assert!(matches!(error, ReadUsersError::Unknown), "{id}");
        }
        let inviter = Caller { authority: Authority::Inviter, ..caller() };
        let error = read.find(&inviter, user_id("ada")).await.unwrap_err();
        assert!(matches!(error, ReadUsersError::Forbidden));
    }
}
