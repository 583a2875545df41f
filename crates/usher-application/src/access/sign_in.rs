//! Sign in, sign out, and tell who is signed in.

use std::{fmt, sync::Arc};

use chrono::TimeDelta;
use usher_domain::{
    Action, Actor, Entry, EntryId, Keyring, Mailbox, Membership, Organization, PasswordRules,
    Purpose, Session, SessionId, SignInRecord, Subject, Tenant, TenantId, Timestamp, Token, User,
    UserRef, UserStatus,
};

use crate::{
    policy::Policy,
    ports::{
        Ports, StoreError,
        clock::Clock,
        entropy::Entropy,
        ledger::{Changes, CommitError, Ledger},
        organizations::Organizations,
        passwords::Passwords,
        sessions::Sessions,
        tenants::Tenants,
        users::Users,
    },
    shared::role_names::RoleNames,
};

/// Makes the cookies that stand for sessions.
#[derive(Clone)]
pub struct SessionCookies {
    entropy: Arc<dyn Entropy>,
    keyring: Keyring,
    life: TimeDelta,
}

/// A session and the cookie that stands for it.
#[derive(Clone)]
pub struct SignedIn {
    pub session: Session,
    /// Secret.
    pub cookie: String,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("session", &self.session.id).finish_non_exhaustive()
    }
}

impl SessionCookies {
    #[must_use]
    pub fn new(ports: &Ports, keyring: &Keyring, policy: &Policy) -> Self {
        let entropy = ports.entropy.clone();
        Self { entropy, keyring: keyring.clone(), life: policy.session }
    }

    /// A new session. It holds once it is committed.
    pub(crate) fn open(&self, user: &User, now: Timestamp) -> SignedIn {
        let id = SessionId(self.entropy.id());
        let session = Session::open(id, user.tenant, user.id.clone(), now, self.life);
        SignedIn { session, cookie: self.keyring.token(Purpose::Session, id.0, 1) }
    }

    fn read(&self, cookie: &str) -> Option<SessionId> {
        let token = Token::parse(cookie)?;
        self.keyring.proves(Purpose::Session, &token, 1).then_some(SessionId(token.id))
    }
}

/// Signs a person in with a password.
pub struct SignIn {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    tenants: Arc<dyn Tenants>,
    users: Arc<dyn Users>,
    passwords: Arc<dyn Passwords>,
    ledger: Arc<dyn Ledger>,
    cookies: SessionCookies,
}

/// Why someone is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No such person, no password, not in, or another password: nobody is told which.
    #[error("that is not right")]
    Wrong,
    #[error("too many wrong passwords: wait {} s", .0.num_seconds())]
    Wait(TimeDelta),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SignIn {
    #[must_use]
    pub fn new(ports: &Ports, cookies: &SessionCookies) -> Self {
        let Ports { clock, entropy, tenants, users, passwords, ledger, .. } = ports.clone();
        let cookies = cookies.clone();
        Self { clock, entropy, tenants, users, passwords, ledger, cookies }
    }

    /// `name` is a mailbox or a username. Someone who does not exist takes as long as someone who
    /// does. A password that was imported under another scheme is hashed anew.
    #[tracing::instrument(skip_all)]
    pub async fn run(
        &self,
        tenant: &str,
        name: &str,
        password: &str,
    ) -> Result<SignedIn, SignInError> {
        let now = self.clock.now();
        let user = self.candidate(tenant, name).await?;
        if let Some(wait) = user.as_ref().and_then(|it| it.sign_in.wait(now)) {
            return Err(SignInError::Wait(wait));
        }
        // Whatever is longer was never accepted, and is not worth the hashing.
        let fits = password.len() <= PasswordRules::MAX * 4;
        let password = PasswordRules::normalized(if fits { password } else { "" });
        let hash = user.as_ref().and_then(|it| it.password.as_deref());
        let right = self.passwords.verify(&password, hash).await? && fits;
        let Some(user) = user else { return Err(SignInError::Wrong) };
        if !right {
            let sign_in = user.sign_in.failed(now);
            let changed = User { sign_in, ..user.touched(now) };
            self.commit(Changes { users: vec![changed], ..Changes::default() }).await?;
            return Err(SignInError::Wrong);
        }
        let signed_in = self.cookies.open(&user, now);
        let entry = Entry {
            id: EntryId(self.entropy.id()),
            tenant: user.tenant,
            at: now,
            actor: Actor::User(user.id.clone()),
            action: Action::SignedIn,
            subject: Subject::User(user.id.clone()),
            detail: None,
        };
        self.commit(Changes {
            sessions: vec![signed_in.session.clone()],
            audit: vec![entry],
            ..Changes::default()
        })
        .await?;
        self.refresh(user, &password, now).await?;
        Ok(signed_in)
    }

    /// The user who could sign in under that name.
    async fn candidate(&self, tenant: &str, name: &str) -> Result<Option<User>, StoreError> {
        match self.tenants.named(tenant).await? {
            Some(tenant) => candidate(&*self.users, tenant.id, name).await,
            None => Ok(None),
        }
    }

    /// Forgets wrong passwords, and replaces a hash of another scheme than ours.
    async fn refresh(&self, user: User, password: &str, now: Timestamp) -> Result<(), StoreError> {
        let outdated = user.password.as_ref().is_some_and(|it| !it.starts_with("$argon2id$"));
        if !outdated && user.sign_in == SignInRecord::default() {
            return Ok(());
        }
        let hash = if outdated { Some(self.passwords.hash(password).await?) } else { None };
        let password = hash.or_else(|| user.password.clone());
        let changed = User { password, sign_in: SignInRecord::default(), ..user.touched(now) };
        self.commit(Changes { users: vec![changed], ..Changes::default() }).await
    }

    /// A race over the record of attempts is nobody's loss.
    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        match self.ledger.commit(&changes).await {
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

/// The user who could sign in under that name: a mailbox or a username.
pub(crate) async fn candidate(
    users: &dyn Users,
    tenant: TenantId,
    name: &str,
) -> Result<Option<User>, StoreError> {
    let who = match Mailbox::parse(name) {
        Ok(mailbox) => UserRef::Mailbox(mailbox),
        Err(_) => UserRef::Username(name.trim().chars().take(256).collect()),
    };
    let found = users.find_many(tenant, &[who]).await?.into_iter().flatten().next();
    Ok(found.filter(|it| it.status == UserStatus::Active))
}

/// Tells who a browser belongs to, and signs it out.
pub struct ResolveSession {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    tenants: Arc<dyn Tenants>,
    organizations: Arc<dyn Organizations>,
    users: Arc<dyn Users>,
    sessions: Arc<dyn Sessions>,
    ledger: Arc<dyn Ledger>,
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
    #[must_use]
    pub fn new(ports: &Ports, cookies: &SessionCookies) -> Self {
        let Ports { clock, entropy, tenants, organizations, users, sessions, ledger, .. } =
            ports.clone();
        let cookies = cookies.clone();
        let names = RoleNames::new(ports);
        Self { clock, entropy, tenants, organizations, users, sessions, ledger, names, cookies }
    }

    /// Who the cookie stands for; `None` for no one, or for someone who is no longer in.
    pub async fn run(&self, cookie: &str) -> Result<Option<SignedInUser>, StoreError> {
        let Some(id) = self.cookies.read(cookie) else { return Ok(None) };
        let now = self.clock.now();
        let found = self.sessions.find(id).await?;
        let Some(session) = found.filter(|it| it.lasts(now)) else { return Ok(None) };
        let who = UserRef::Id(session.user.clone());
        let user = self.users.find_many(session.tenant, &[who]).await?.into_iter().flatten().next();
        let tenant = self.tenants.find(session.tenant).await?;
        let user = user.filter(|it| it.honours(session.created_at));
        if !still_there(&*self.organizations, &session).await? {
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
        let mut memberships = self.organizations.memberships(visitor.tenant.id, of).await?;
        if let Some(bound) = &visitor.session.organization {
            memberships.retain(|it| it.organization == *bound);
        }
        let ids: Vec<_> = memberships.iter().map(|it| it.organization.clone()).collect();
        let found = self.organizations.find_many(visitor.tenant.id, &ids).await?;
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
        let now = self.clock.now();
        let entry = Entry {
            id: EntryId(self.entropy.id()),
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
        match self.ledger.commit(&changes).await {
            // Signed out already, in another tab.
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
