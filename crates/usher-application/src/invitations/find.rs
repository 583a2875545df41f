//! Find invitations: one, a list, or the one that a link opens.

use std::sync::Arc;

use usher_domain::{
    Authority, Caller, Closed, Delivery, Invitation, InvitationId, Keyring, Organization,
    Permission, Purpose, Tenant, Timestamp, User, UserRef,
};
use uuid::Uuid;

use crate::{
    ports::{
        Ports, StoreError,
        clock::Clock,
        invitations::{Cursor, Filter, InvitationCondition, Invitations, Page},
        organizations::Organizations,
        tenants::Tenants,
        users::Users,
    },
    shared::{links::Links, role_names::RoleNames},
};

/// Finds one invitation by its id.
pub struct FindInvitation {
    invitations: Arc<dyn Invitations>,
}

/// Why one was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error("the caller may not read invitations")]
    Forbidden,
    #[error("there is no such invitation")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FindInvitation {
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        Self { invitations: ports.invitations.clone() }
    }

    /// What the caller may not see does not exist for them.
    pub async fn run(&self, caller: &Caller, id: InvitationId) -> Result<Invitation, FindError> {
        if !caller.may(Permission::Read) {
            return Err(FindError::Forbidden);
        }
        let found = self.invitations.find(caller.tenant, id).await?;
        found.filter(|it| caller.may_with(Permission::Read, it)).ok_or(FindError::Unknown)
    }

    /// What became of its letters, oldest attempt first.
    pub async fn deliveries(
        &self,
        caller: &Caller,
        id: InvitationId,
    ) -> Result<Vec<Delivery>, FindError> {
        self.run(caller, id).await?;
        Ok(self.invitations.deliveries(caller.tenant, id).await?)
    }
}

/// Lists invitations page by page, newest first.
pub struct ListInvitations {
    clock: Arc<dyn Clock>,
    invitations: Arc<dyn Invitations>,
    keyring: Keyring,
}

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct ListRequest<'a> {
    pub filter: Filter,
    /// The filter as the client wrote it. A page token is good for the same filter only.
    pub filter_text: &'a str,
    /// From a [`Listing`] before; empty for the first page.
    pub page_token: &'a str,
    /// How many to pass over.
    pub skip: u64,
    /// At most this many.
    pub limit: u64,
}

/// One page.
#[derive(Debug)]
pub struct Listing {
    pub invitations: Vec<Invitation>,
    /// Leads to the next page; none on the last one.
    pub next: Option<String>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("the caller may not read invitations")]
    Forbidden,
    #[error("the page token is not one of this list")]
    PageToken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ListInvitations {
    #[must_use]
    pub fn new(ports: &Ports, keyring: &Keyring) -> Self {
        let Ports { clock, invitations, .. } = ports.clone();
        Self { clock, invitations, keyring: keyring.clone() }
    }

    pub async fn run(
        &self,
        caller: &Caller,
        request: ListRequest<'_>,
    ) -> Result<Listing, ListError> {
        if !caller.may(Permission::Read) {
            return Err(ListError::Forbidden);
        }
        // A token says nothing about rights, but it is bound to the tenant and the filter.
        let context = [caller.tenant.0.as_bytes(), request.filter_text.as_bytes()].concat();
        let after = match request.page_token {
            "" => None,
            token => {
                let bytes = self.keyring.open(Purpose::Page, &context, token);
                Some(bytes.and_then(|it| cursor(&it)).ok_or(ListError::PageToken)?)
            }
        };
        let filter = visible(caller, request.filter);
        let page = Page { after, skip: request.skip, limit: request.limit + 1 };
        let mut invitations =
            self.invitations.list(caller.tenant, &filter, page, self.clock.now()).await?;
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let more = invitations.len() > limit;
        invitations.truncate(limit);
        let next = invitations.last().filter(|_| more).map(|it| {
            let mut bytes = it.issued_at.timestamp_micros().to_be_bytes().to_vec();
            bytes.extend_from_slice(it.id.0.as_bytes());
            self.keyring.seal(Purpose::Page, &context, &bytes)
        });
        Ok(Listing { invitations, next })
    }
}

fn cursor(bytes: &[u8]) -> Option<Cursor> {
    let (at, id) = bytes.split_at_checked(8)?;
    let micros = i64::from_be_bytes(at.try_into().ok()?);
    let issued_at = Timestamp::from_timestamp_micros(micros)?;
    Some(Cursor { issued_at, id: InvitationId(Uuid::from_slice(id).ok()?) })
}

/// The filter, narrowed to what the caller may see.
fn visible(caller: &Caller, filter: Filter) -> Filter {
    let mut all = vec![filter];
    if let Some(organization) = &caller.organization {
        all.push(Filter::Is(InvitationCondition::Organization(organization.clone())));
    }
    if caller.authority == Authority::Inviter {
        all.push(Filter::Is(InvitationCondition::Creator(caller.actor.clone())));
    }
    Filter::And(all)
}

/// Shows what a link opens, and changes nothing.
pub struct LookUpInvitation {
    clock: Arc<dyn Clock>,
    tenants: Arc<dyn Tenants>,
    organizations: Arc<dyn Organizations>,
    users: Arc<dyn Users>,
    names: RoleNames,
    links: Links,
}

/// What a link opens.
#[derive(Clone, Debug)]
pub struct LookedUp {
    pub invitation: Invitation,
    pub tenant: Tenant,
    pub organization: Option<Organization>,
    /// What is offered, by the roles' names.
    pub roles: Vec<String>,
    /// The active user who must sign in to accept; for a newcomer none.
    pub user: Option<User>,
    /// Whether it can be accepted, and why not.
    pub open: Result<(), Closed>,
}

impl LookedUp {
    /// The name of what they are invited to.
    #[must_use]
    pub fn place(&self) -> &str {
        self.organization.as_ref().map_or(&self.tenant.display_name, Organization::title)
    }
}

/// Why a link opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    #[error("no such link was ever sent")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LookUpInvitation {
    #[must_use]
    pub fn new(ports: &Ports, links: &Links) -> Self {
        let Ports { clock, tenants, organizations, users, .. } = ports.clone();
        let (names, links) = (RoleNames::new(ports), links.clone());
        Self { clock, tenants, organizations, users, names, links }
    }

    pub async fn run(&self, token: &str) -> Result<LookedUp, LookUpError> {
        let now = self.clock.now();
        let opened = self.links.opened_by(token, now).await?;
        let (invitation, link) = opened.ok_or(LookUpError::Unknown)?;
        let tenant = self.tenants.find(invitation.tenant).await?.ok_or(LookUpError::Unknown)?;
        let organization = match &invitation.offer.organization {
            None => None,
            Some(id) => self
                .organizations
                .find_many(tenant.id, std::slice::from_ref(id))
                .await?
                .into_iter()
                .flatten()
                .next(),
        };
        let who = invitee(&invitation);
        let found = self.users.find_many(tenant.id, &[who]).await?.into_iter().flatten().next();
        let user = found.filter(User::signs_in);
        let open = invitation.open(now).and(link);
        let offered = &invitation.offer.roles;
        let roles = self.names.of(tenant.id, offered.iter()).await?.read(offered);
        Ok(LookedUp { invitation, tenant, organization, roles, user, open })
    }
}

/// How the directory knows the invitee.
pub(crate) fn invitee(invitation: &Invitation) -> UserRef {
    match &invitation.user {
        Some(id) => UserRef::Id(id.clone()),
        None => UserRef::Mailbox(invitation.mailbox.clone()),
    }
}

#[cfg(test)]
mod tests;
