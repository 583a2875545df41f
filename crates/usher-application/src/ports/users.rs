//! Reads users.

use std::slice;

use async_trait::async_trait;
use usher_domain::{
    AccountLettersId, Actor, OrganizationId, ProfileId, TenantId, Timestamp, User, UserId, UserRef,
    UserStatus,
};

use crate::ports::{
    error::StoreError,
    invitations::{Filter, TextMatch},
};

/// The users of a tenant.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Users: Send + Sync {
    /// The users who bear these names. The answers are in the order of `who`, `None` where nobody
    /// bears the name. A mailbox names the user whose (not personal) mailbox it is. One round trip.
    async fn find_many(
        &self,
        tenant: TenantId,
        who: &[UserRef],
    ) -> Result<Vec<Option<User>>, StoreError>;

    /// The users whom these letters about accounts are to, of several tenants. Only for tenants and ids
    /// that come from a token of this keyring or from jobs of the outbox: no caller names them.
    /// The answers are in the order of `letters`, `None` for unknown ones. One round trip.
    async fn written_to(
        &self,
        letters: &[(TenantId, AccountLettersId)],
    ) -> Result<Vec<Option<User>>, StoreError>;

    /// The users with these ids, without their documents, in the order of ids; unknown ones are left
    /// out. One round trip.
    async fn without_documents(
        &self,
        tenant: TenantId,
        ids: &[UserId],
    ) -> Result<Vec<User>, StoreError>;

    /// Up to `limit` users with ids after `after`, in the order of ids.
    async fn list(
        &self,
        tenant: TenantId,
        after: Option<UserId>,
        limit: u64,
        documents: Documents,
    ) -> Result<Vec<User>, StoreError>;

    /// Up to `limit` users who match, with ids after `after`, in the order of ids. Whoever matches
    /// all the while is read once, whatever is written between two pages. `now` tells live
    /// invitations from expired ones.
    async fn search_by_id(
        &self,
        tenant: TenantId,
        filter: &Filter<UserCondition>,
        after: Option<UserId>,
        limit: u64,
        documents: Documents,
        now: Timestamp,
    ) -> Result<Vec<User>, StoreError>;

    /// Those who match, in this order and then by id: `limit` of them after the first `skip`.
    /// `now` tells live invitations from expired ones. Only for answers to people who ask for an
    /// offset: where users come or go between two pages, some are read twice or never. Whoever
    /// wants all of them reads by id.
    async fn search(
        &self,
        tenant: TenantId,
        filter: &Filter<UserCondition>,
        order: &[UserOrder],
        skip: u64,
        limit: u64,
        now: Timestamp,
    ) -> Result<Vec<UserWithStatus>, StoreError>;

    /// How many match.
    async fn count(
        &self,
        tenant: TenantId,
        filter: &Filter<UserCondition>,
        now: Timestamp,
    ) -> Result<u64, StoreError>;
}

// Not methods of the trait: a mock would want an answer of its own for each of them.
impl dyn Users + '_ {
    /// As [`Users::find_many`], for one.
    pub async fn find(&self, tenant: TenantId, who: &UserRef) -> Result<Option<User>, StoreError> {
        let found = self.find_many(tenant, slice::from_ref(who)).await?;
        Ok(found.into_iter().flatten().next())
    }
}

/// Whether users are read with their documents, which may be much longer than all the rest of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Documents {
    With,
    /// Empty ones in their place: such users are for answers, and are not written back.
    Without,
}

/// A user, and whether a live invitation waits for them.
#[derive(Clone, Debug, PartialEq)]
pub struct UserWithStatus {
    pub user: User,
    /// One to the tenant or to any organization, by their id or to their (not personal) mailbox.
    pub invited: bool,
}

impl UserWithStatus {
    /// Where they are on the way in, at this moment.
    #[must_use]
    pub fn effective_status(&self) -> UserStatus {
        self.user.effective_status(self.invited)
    }
}

/// One thing that holds of a user or not. A field without a value passes no test but
/// [`TextMatch::Absent`].
#[derive(Clone, Debug, PartialEq)]
pub enum UserCondition {
    /// Holds of nobody.
    Nothing,
    Id(UserId),
    Text(UserField, TextMatch),
    /// [`UserWithStatus::effective_status`].
    EffectiveStatus(UserStatus),
    /// The status that is stored: whoever was ever invited is pending until they are in.
    Status(UserStatus),
    Profile(ProfileId),
    /// Has this role in the tenant itself.
    Role(String),
    /// Has the address that their profile has invitations sent to.
    Reachable,
    Member(OrganizationId),
    /// Belongs to it first of all; who has no home does not.
    Home(OrganizationId),
    /// Is a member of it, or belongs to it first of all, or so with one right below it.
    Within(OrganizationId),
    /// This actor made the account, or gave it a role or an authority, or was shown the link by which it
    /// was accepted, whether it still has them or not.
    GivenBy(Actor),
    /// Known since then or later.
    CreatedFrom(Timestamp),
}

/// A field that holds text. Usernames are compared in lower case, mailboxes by their folded form,
/// the others without case as ASCII has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserField {
    /// [`User::full_name`].
    Name,
    Username,
    FirstName,
    LastName,
    Mailbox,
}

/// How users are sorted. Texts as they are compared; who has none comes last either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserOrder {
    Name {
        descending: bool,
    },
    Username {
        descending: bool,
    },
    FirstName {
        descending: bool,
    },
    /// By the name of where they stand: active, disabled, pending, unregistered.
    EffectiveStatus {
        descending: bool,
    },
}
