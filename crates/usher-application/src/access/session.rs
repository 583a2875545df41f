//! Tell who a browser belongs to, and sign it out.

use std::sync::Arc;

use usher_domain::{
    Action, Actor, Membership, Organization, Session, Subject, Tenant, User, UserRef,
};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes, organizations::Organizations},
    shared::{
        audit_trail::Trail, commit::commit_once, core::Core, role_names::RoleNames,
        session_cookies::SessionCookies,
    },
};

/// Tells who a browser belongs to, and signs it out.
pub struct ResolveSession {
    core: Arc<Core>,
    names: RoleNames,
    cookies: SessionCookies,
}

/// Whether the membership that a session is bound to still honours it; one that is bound to none
/// needs no honouring.
pub(crate) async fn is_honoured(
    organizations: &dyn Organizations,
    session: &Session,
) -> Result<bool, StoreError> {
    let Some(organization) = &session.organization else { return Ok(true) };
    let held = organizations.membership(session.tenant, &session.user, organization).await?;
    Ok(held.is_some_and(|it| it.honours(session)))
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
        let Ports { clock, organizations, sessions, tenants, users, .. } = &self.core.ports;
        let Some(id) = self.cookies.read(cookie) else { return Ok(None) };
        let now = clock.now();
        let found = sessions.find(id).await?;
        let Some(session) = found.filter(|it| it.lasts(now)) else { return Ok(None) };
        let user = users.find(session.tenant, &UserRef::Id(session.user.clone())).await?;
        let tenant = tenants.find(session.tenant).await?;
        let user = user.filter(|it| it.honours(session.created_at));
        if !is_honoured(&**organizations, &session).await? {
            return Ok(None);
        }
        Ok(user.zip(tenant).map(|(user, tenant)| SignedInUser { session, user, tenant }))
    }

    /// What somebody belongs to and with which roles, by the names of both: where a pin signed them
    /// in, that organization alone.
    pub async fn belongs_to(
        &self,
        who: &SignedInUser,
    ) -> Result<Vec<(Organization, Membership)>, StoreError> {
        let Ports { organizations, .. } = &self.core.ports;
        let tenant = who.tenant.id;
        let mut memberships = organizations.memberships_of(tenant, &who.user.id).await?;
        if let Some(bound) = &who.session.organization {
            memberships.retain(|it| it.organization == *bound);
        }
        let ids: Vec<_> = memberships.iter().map(|it| it.organization.clone()).collect();
        let found = organizations.find_many(tenant, &ids).await?;
        let roles = memberships.iter().flat_map(|it| &it.roles);
        let names = self.names.of(tenant, roles).await?;
        let with_names = |it: Membership| Membership { roles: names.read(&it.roles), ..it };
        let mut all: Vec<_> = found
            .into_iter()
            .zip(memberships)
            .filter_map(|(organization, membership)| Some((organization?, with_names(membership))))
            .collect();
        all.sort_by(|(a, _), (b, _)| a.title().cmp(b.title()));
        Ok(all)
    }

    /// Ends the session. The cookie is void from now on, on every node.
    pub async fn sign_out(&self, who: &SignedInUser) -> Result<(), StoreError> {
        let Ports { clock, entropy, ledger, .. } = &self.core.ports;
        let now = clock.now();
        let actor = Actor::User(who.user.id.clone());
        let trail = Trail::by(&actor, who.tenant.id, now, &**entropy);
        let changes = Changes {
            sessions: vec![who.session.clone().closed(now)],
            audit: vec![trail.note(Action::SignedOut, Subject::User(who.user.id.clone()))],
            ..Changes::default()
        };
        // Whoever meets a conflict is signed out already, in another tab.
        commit_once(&**ledger, &changes).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
