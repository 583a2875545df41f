//! Tell who a browser belongs to, and sign it out.

use std::sync::Arc;

use usher_domain::{
    Action, Actor, Membership, Organization, Session, SessionId, Subject, Tenant, User, UserRef,
};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        audit_trail::Trail,
        commit::{ATTEMPTS, commit_once},
        core::Core,
        means::is_honoured,
        places::Places,
        request_scope,
        session_cookies::SessionCookies,
    },
};

/// Tells who a browser belongs to, and signs it out.
pub struct ResolveSession {
    core: Arc<Core>,
    places: Places,
    cookies: SessionCookies,
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
        Self { core: core.clone(), places: Places::new(core), cookies: SessionCookies::new(core) }
    }

    /// Who the cookie stands for; `None` for no one, or for someone who is no longer in.
    pub async fn run(&self, cookie: &str) -> Result<Option<SignedInUser>, StoreError> {
        let Ports { clock, organizations, sessions, tenants, users, .. } = &self.core.ports;
        let Some((tenant, id)) = self.cookies.read(cookie) else { return Ok(None) };
        let now = clock.now();
        let found = sessions.find(tenant, id).await?;
        let Some(session) = found.filter(|it| it.lasts(now)) else { return Ok(None) };
        let user = users.find(session.tenant, &UserRef::Id(session.user.clone())).await?;
        let tenant = tenants.find(session.tenant).await?;
        let user = user.filter(|it| it.honours(session.created_at));
        if !is_honoured(&**organizations, &session).await? {
            return Ok(None);
        }
        if let Some(user) = &user {
            request_scope::signed_in(&user.id);
        }
        Ok(user.zip(tenant).map(|(user, tenant)| SignedInUser { session, user, tenant }))
    }

    /// What somebody belongs to and with which roles, by the names of both: where a pin signed them
    /// in, that organization alone.
    pub async fn belongs_to(
        &self,
        who: &SignedInUser,
    ) -> Result<Vec<(Organization, Membership)>, StoreError> {
        let only = who.session.organization.as_ref();
        self.places.of(who.tenant.id, &who.user.id, only).await
    }

    /// The roles that somebody has in the tenant itself, by their names.
    pub async fn roles_of(&self, who: &SignedInUser) -> Result<Vec<String>, StoreError> {
        self.places.roles_of(who.tenant.id, &who.user).await
    }

    /// The sessions of whoever is signed in that last, newest first: [`Self::SHOWN`] at most. Those that
    /// pins opened are among them.
    pub async fn all_of(&self, who: &SignedInUser) -> Result<Vec<Session>, StoreError> {
        let Ports { clock, sessions, .. } = &self.core.ports;
        let now = clock.now();
        let mut found = sessions.list(who.tenant.id, &who.user.id, now, Self::SHOWN).await?;
        found.retain(|it| who.user.honours(it.created_at));
        Ok(found)
    }

    /// The most sessions that somebody is shown, and that are ended in one commit.
    pub const SHOWN: u64 = 100;

    /// Ends one session of whoever is signed in. Nothing happens if it is over, or somebody else's.
    pub async fn end(&self, who: &SignedInUser, id: SessionId) -> Result<(), StoreError> {
        let found = self.core.ports.sessions.find(who.tenant.id, id).await?;
        let is_theirs = |it: &Session| it.user == who.user.id;
        self.close(who, found.filter(is_theirs).into_iter().collect()).await.map(drop)
    }

    /// Ends all sessions of whoever is signed in but the one that they use.
    pub async fn end_others(&self, who: &SignedInUser) -> Result<(), StoreError> {
        let Ports { clock, sessions, .. } = &self.core.ports;
        for _ in 0..ATTEMPTS {
            let now = clock.now();
            let mut found = sessions.list(who.tenant.id, &who.user.id, now, Self::SHOWN).await?;
            found.retain(|it| it.id != who.session.id);
            if found.is_empty() {
                return Ok(());
            }
            self.close(who, found).await?;
        }
        Err(StoreError::busy())
    }

    /// Signs out those of the sessions that last. Whoever meets a conflict is first to nobody: the
    /// session is over already.
    async fn close(&self, who: &SignedInUser, some: Vec<Session>) -> Result<bool, StoreError> {
        let Ports { clock, entropy, ledger, .. } = &self.core.ports;
        let now = clock.now();
        let actor = Actor::User(who.user.id.clone());
        let trail = Trail::by(&actor, who.tenant.id, now, &**entropy);
        let lasting: Vec<_> =
            some.into_iter().filter(|it| it.lasts(now)).map(|it| it.closed(now)).collect();
        if lasting.is_empty() {
            return Ok(false);
        }
        let changes = Changes {
            sessions: lasting,
            audit: vec![trail.note(Action::SignedOut, Subject::User(who.user.id.clone()))],
            ..Changes::default()
        };
        commit_once(&**ledger, &changes).await
    }

    /// Ends the session. The cookie is void from now on, on every node.
    pub async fn sign_out(&self, who: &SignedInUser) -> Result<(), StoreError> {
        self.close(who, vec![who.session.clone()]).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
