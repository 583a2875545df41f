//! Reads invitations.

use async_trait::async_trait;
use chrono::TimeDelta;
use usher_domain::{
    Actor, Delivery, Invitation, InvitationId, OrganizationId, State, TenantId, Timestamp, UserId,
};

use crate::ports::error::StoreError;

/// The invitations of a tenant.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Invitations: Send + Sync {
    async fn find(
        &self,
        tenant: TenantId,
        id: InvitationId,
    ) -> Result<Option<Invitation>, StoreError>;

    /// Any tenant's invitations, for ids that the keyring or the outbox vouches for. The answers
    /// are in the order of `ids`. One round trip.
    async fn proven(&self, ids: &[InvitationId]) -> Result<Vec<Option<Invitation>>, StoreError>;

    /// One page of those that match, newest first: by `issued_at`, then `id`, both descending.
    /// Pages by [`Page::after`] are stable under writes: what existed before the first page and
    /// still matches is seen once. `now` tells pending from expired.
    async fn list(
        &self,
        tenant: TenantId,
        filter: &Filter,
        page: Page,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError>;

    /// What became of the letters of an invitation, oldest attempt first.
    async fn deliveries(
        &self,
        tenant: TenantId,
        id: InvitationId,
    ) -> Result<Vec<Delivery>, StoreError>;
}

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Goes on after this one.
    pub after: Option<Cursor>,
    /// Leaves out this many first. Only for an API that has an offset: where invitations come or
    /// go between two pages, some are read twice or never. Everybody else goes on by `after`.
    pub skip: u64,
    pub limit: u64,
}

/// A place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub issued_at: Timestamp,
    pub id: InvitationId,
}

/// Which of them: of invitations, unless the tests are others.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Filter<T = InvitationCondition> {
    #[default]
    Everything,
    And(Vec<Filter<T>>),
    Or(Vec<Filter<T>>),
    Not(Box<Filter<T>>),
    Is(T),
}

/// One thing that holds of an invitation or not. A field without a value passes no test but
/// [`TextMatch::Absent`], and a test that compares with it does not hold, however it is negated
/// outside.
#[derive(Clone, Debug, PartialEq)]
pub enum InvitationCondition {
    Text(TextField, TextMatch),
    Label(String, TextMatch),
    /// From `from` on (included) and before `before` (excluded).
    Time(TimeField, Option<Timestamp>, Option<Timestamp>),
    /// At least `from` and less than `before`.
    Lifetime(Option<TimeDelta>, Option<TimeDelta>),
    /// Whether no letter is sent for it.
    Quiet(bool),
    State(State),
    Organization(OrganizationId),
    /// Offers this role.
    Role(String),
    /// In the name of this user.
    Inviter(UserId),
    /// Issued by this one and no other: ids know case, [`TextField::Creator`] does not.
    Creator(Actor),
}

/// A field that holds text. Compared without case: the mailbox by its folded form, the others as
/// the case folding of ASCII has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextField {
    /// 32 hexadecimal digits.
    Id,
    Mailbox,
    /// The id of the user whom it is for.
    Invitee,
    /// The inviter's name.
    Inviter,
    /// `u` and the user's id, `c` and the client id, or `s`: see [`Actor`].
    Creator,
    Updater,
}

/// A field that holds a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeField {
    Issued,
    Updated,
    Expires,
}

/// What is asked of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextMatch {
    Equals(String),
    /// Pieces with anything between them, from the first character to the last: `["a", ""]` is
    /// what starts with `a`, `["", "a", ""]` what contains it.
    Like(Vec<String>),
    Present,
    Absent,
}
