//! Tell who a browser belongs to, and sign it out.

use std::sync::Arc;

use usher_domain::{
    Action, Actor, Entry, EntryId, Membership, Organization, Session, Subject, Tenant, User,
    UserRef,
};

use crate::{
    ports::{
        error::StoreError,
        ledger::{Changes, CommitError},
        organizations::Organizations,
    },
    shared::{core::Core, role_names::RoleNames, session_cookies::SessionCookies},
};

/// Tells who a browser belongs to, and signs it out.
pub struct ResolveSession {
    core: Arc<Core>,
    names: RoleNames,
    cookies: SessionCookies,
}

/// Whether the membership that a session is bound to still honours it; one that is bound to none
/// needs no honouring.
pub(crate) async fn still_there(
    organizations: &dyn Organizations,
    session: &Session,
) -> Result<bool, StoreError> {
    let Some(place) = &session.organization else { return Ok(true) };
    let seat = [(session.user.clone(), place.clone())];
    let found = organizations.seats(session.tenant, &seat).await?;
    Ok(found.iter().flatten().any(|it| it.honours(session)))
}

/// A signed-in person.
#[derive(Clone, Debug)]
pub struct SignedInUser {
    pub session: Session,
    pub user: User,
    pub tenant: Tenant,
}

impl ResolveSession {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), names: RoleNames::new(core), cookies: SessionCookies::new(core) }
    }

    /// Who the cookie stands for; `None` for no one, or for someone who is no longer in.
    pub async fn run(&self, cookie: &str) -> Result<Option<SignedInUser>, StoreError> {
        let Some(id) = self.cookies.read(cookie) else { return Ok(None) };
        let now = self.core.ports.clock.now();
        let found = self.core.ports.sessions.find(id).await?;
        let Some(session) = found.filter(|it| it.lasts(now)) else { return Ok(None) };
        let who = UserRef::Id(session.user.clone());
        let user = self
            .core
            .ports
            .users
            .find_many(session.tenant, &[who])
            .await?
            .into_iter()
            .flatten()
            .next();
        let tenant = self.core.ports.tenants.find(session.tenant).await?;
        let user = user.filter(|it| it.honours(session.created_at));
        if !still_there(&*self.core.ports.organizations, &session).await? {
            return Ok(None);
        }
        Ok(user.zip(tenant).map(|(user, tenant)| SignedInUser { session, user, tenant }))
    }

    /// What a visitor belongs to and with which roles, by the names of both: where a pin signed them
    /// in, that organization alone.
    pub async fn belongs_to(
        &self,
        visitor: &SignedInUser,
    ) -> Result<Vec<(Organization, Membership)>, StoreError> {
        let of = std::slice::from_ref(&visitor.user.id);
        let mut memberships =
            self.core.ports.organizations.memberships(visitor.tenant.id, of).await?;
        if let Some(bound) = &visitor.session.organization {
            memberships.retain(|it| it.organization == *bound);
        }
        let ids: Vec<_> = memberships.iter().map(|it| it.organization.clone()).collect();
        let found = self.core.ports.organizations.find_many(visitor.tenant.id, &ids).await?;
        let roles = memberships.iter().flat_map(|it| &it.roles);
        let names = self.names.of(visitor.tenant.id, roles).await?;
        let told = |it: Membership| Membership { roles: names.read(&it.roles), ..it };
        let mut all: Vec<_> = found
            .into_iter()
            .zip(memberships)
            .filter_map(|(organization, membership)| Some((organization?, told(membership))))
            .collect();
        all.sort_by(|(a, _), (b, _)| a.title().cmp(b.title()));
        Ok(all)
    }

    /// Ends the session. The cookie is void from now on, on every node.
    pub async fn sign_out(&self, visitor: &SignedInUser) -> Result<(), StoreError> {
        let now = self.core.ports.clock.now();
        let entry = Entry {
            id: EntryId(self.core.ports.entropy.id()),
            tenant: visitor.tenant.id,
            at: now,
            actor: Actor::User(visitor.user.id.clone()),
            action: Action::SignedOut,
            subject: Subject::User(visitor.user.id.clone()),
            detail: None,
        };
        let changes = Changes {
            sessions: vec![visitor.session.clone().closed(now)],
            audit: vec![entry],
            ..Changes::default()
        };
        match self.core.ports.ledger.commit(&changes).await {
            // Signed out already, in another tab.
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}
