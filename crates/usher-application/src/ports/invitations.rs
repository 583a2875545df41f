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
    /// The invitation with this id, whatever state it is in.
    async fn find(
        &self,
        tenant: TenantId,
        id: InvitationId,
    ) -> Result<Option<Invitation>, StoreError>;

    /// Invitations of several tenants. Only for tenants and ids that come from a token of this keyring
    /// or from jobs of the outbox: no caller names them. The answers are in the order of `ids`, `None`
    /// for unknown ones. One round trip.
    async fn proven(
        &self,
        ids: &[(TenantId, InvitationId)],
    ) -> Result<Vec<Option<Invitation>>, StoreError>;

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

/// A position in a list: that of this invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub issued_at: Timestamp,
    pub id: InvitationId,
}

/// Which of them to read: a formula over conditions. Without another type of conditions, a filter
/// of invitations.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Filter<T = InvitationCondition> {
    #[default]
    Everything,
    And(Vec<Filter<T>>),
    Or(Vec<Filter<T>>),
    Not(Box<Filter<T>>),
    Is(T),
}

/// A condition that an invitation fulfils or not. A field without a value fulfils
/// [`TextMatch::Absent`] and nothing else; a [`Filter::Not`] around a comparison with it does not
/// hold either.
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
    /// Has expired, and another one has taken its place: a part of [`State::Expired`].
    Lapsed,
    Organization(OrganizationId),
    /// Offers this role.
    Role(String),
    /// For this user, where it is known whom it is for.
    Invitee(UserId),
    /// Made in the name of this user.
    Inviter(UserId),
    /// Exactly this actor answers for it: see [`Invitation::answers`].
    Answered(Actor),
    /// Exactly this actor made it, or chose the roles that it offers, and had a hand in it from then on.
    Given(Actor, Timestamp),
}

/// A field that holds text. Case is ignored: mailboxes are compared by their folded form, other
/// fields ignore the case of ASCII letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextField {
    /// 32 hexadecimal digits.
    Id,
    Mailbox,
    /// The inviter's name.
    Inviter,
    /// `u` and the user's id, `c` and the key's id, or `s`: see [`Actor`].
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

/// A condition on a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextMatch {
    Equals(String),
    /// These pieces in this order, with any characters between them, from the first character of
    /// the text to the last: `["a", ""]` is a text that starts with `a`, `["", "a", ""]` one that
    /// contains it.
    Like(Vec<String>),
    Present,
    Absent,
}
