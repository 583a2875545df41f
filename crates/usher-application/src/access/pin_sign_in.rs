//! Sign a member in with a pin.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{
    Action, Actor, Caller, Entry, EntryId, Membership, Organization, OrganizationId, Permission,
    PinRules, Purpose, Session, SessionId, SignInRecord, Subject, TenantId, User, UserRef,
    UserStatus,
};
use uuid::Uuid;

use crate::{
    access::{candidate::candidate, sign_in::SignInError},
    ports::{
        error::StoreError,
        ledger::{Changes, CommitError},
    },
    shared::{
        core::Core,
        session_cookies::{SessionCookies, SignedIn},
    },
};

/// Signs members in to one organization with a pin.
///
/// Pins are short, so guesses are counted before they are looked at: of many at once, all but the
/// first few wait. Wrong ones slow down whoever comes next, up to 15 minutes, and nobody is locked
/// out for good.
pub struct PinSignIn {
    core: Arc<Core>,
    cookies: SessionCookies,
}

/// How often an attempt gives way to others before it is told to wait.
const ROUNDS: usize = 16;

/// How long it takes until an organization forgets a wrong pin.
const FORGIVEN: TimeDelta = TimeDelta::minutes(1);

impl PinSignIn {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), cookies: SessionCookies::new(core) }
    }

    /// Signs in who says their name: a mailbox or a username. Wrong pins count against this one
    /// member of this one organization.
    #[tracing::instrument(skip_all)]
    pub async fn run(
        &self,
        tenant: &str,
        organization: &str,
        name: &str,
        pin: &str,
    ) -> Result<SignedIn, SignInError> {
        let tenant = self.core.ports.tenants.named(tenant).await?.ok_or(SignInError::Wrong)?.id;
        let place = self.core.ports.organizations.named(tenant, organization).await?;
        let place = place.filter(|it| it.active).ok_or(SignInError::Wrong)?.id;
        let user =
            candidate(&*self.core.ports.users, tenant, name).await?.ok_or(SignInError::Wrong)?;
        let attempted = self.counted(&user, &place).await?;
        let right = attempted.pin.as_ref().is_some_and(|it| self.opens(&place, pin, &it.digest));
        if !right {
            return Err(SignInError::Wrong);
        }
        let forgiven = Membership { sign_in: SignInRecord::default(), ..attempted }.touched();
        let (signed_in, opened) = self.open(&user, &place);
        let changes = Changes { memberships: vec![forgiven], ..opened.clone() };
        // Where others have counted on, nothing is forgiven.
        if !self.committed(&changes).await? && !self.committed(&opened).await? {
            return Err(StoreError::new("a session's id is taken").into());
        }
        Ok(signed_in)
    }

    /// Signs in whoever of the organization that the caller is bound to has this pin. Wrong ones
    /// count against the organization, which forgets one a minute.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant))]
    pub async fn anyone(&self, caller: &Caller, pin: &str) -> Result<SignedIn, SignInError> {
        let place = caller.organization.as_ref().filter(|_| caller.may(Permission::Read));
        let place = place.ok_or(SignInError::Wrong)?;
        let (before, attempted) = self.counted_by_all(caller.tenant, place).await?;
        let (member, user) =
            self.holder(caller.tenant, place, pin).await?.ok_or(SignInError::Wrong)?;
        let wait = member.sign_in.wait(self.core.ports.clock.now());
        let (signed_in, opened) = self.open(&user, place);
        let opened = if wait.is_some() { Changes::default() } else { opened };
        self.take_back(before, attempted, opened).await?;
        wait.map_or(Ok(signed_in), |it| Err(SignInError::Wait(it)))
    }

    /// A new session in the place of one that a pin opened.
    pub async fn renew(&self, caller: &Caller, refresh: &str) -> Result<SignedIn, SignInError> {
        let now = self.core.ports.clock.now();
        let bytes = self.core.keyring.open(Purpose::Refresh, caller.tenant.0.as_bytes(), refresh);
        let id = bytes.and_then(|it| Uuid::from_slice(&it).ok()).ok_or(SignInError::Wrong)?;
        let session = self.core.ports.sessions.find(SessionId(id)).await?;
        let session = session.filter(|it| {
            it.lasts(now) && it.tenant == caller.tenant && it.organization == caller.organization
        });
        let (Some(session), Some(place)) = (session, &caller.organization) else {
            return Err(SignInError::Wrong);
        };
        let is_active = self.place(caller.tenant, place).await?.is_some_and(|it| it.active);
        is_active.then_some(()).ok_or(SignInError::Wrong)?;
        let user = self.user(caller.tenant, UserRef::Id(session.user.clone())).await?;
        let user = user.filter(|it| it.honours(session.created_at)).ok_or(SignInError::Wrong)?;
        let member = self.seat(&user, place).await?.filter(|it| it.honours(&session));
        member.ok_or(SignInError::Wrong)?;
        let renewed = self.cookies.open(&user, now).bound(place.clone());
        let changes = Changes {
            sessions: vec![renewed.session.clone(), session.closed(now)],
            ..Changes::default()
        };
        // Of two who use it at once, one is late.
        self.committed(&changes).await?.then_some(renewed).ok_or(SignInError::Wrong)
    }

    /// What a client keeps to ask for a new session: good as long as the session is.
    #[must_use]
    pub fn refresh_token(&self, session: &Session) -> String {
        let context = session.tenant.0.as_bytes();
        self.core.keyring.seal(Purpose::Refresh, context, session.id.0.as_bytes())
    }

    /// The member as they are once the attempt counts as a wrong one.
    async fn counted(
        &self,
        user: &User,
        place: &OrganizationId,
    ) -> Result<Membership, SignInError> {
        for _ in 0..ROUNDS {
            let member = self.seat(user, place).await?.filter(|it| it.pin.is_some());
            let member = member.ok_or(SignInError::Wrong)?;
            let now = self.core.ports.clock.now();
            if let Some(wait) = member.sign_in.wait(now) {
                return Err(SignInError::Wait(wait));
            }
            let sign_in = member.sign_in.failed(now);
            let attempted = Membership { sign_in, ..member }.touched();
            let memberships = vec![attempted.clone()];
            if self.committed(&Changes { memberships, ..Changes::default() }).await? {
                return Ok(attempted);
            }
        }
        Err(SignInError::Wait(TimeDelta::seconds(1)))
    }

    /// The record of the organization before the attempt, and the organization as it is once it
    /// counts as a wrong one.
    async fn counted_by_all(
        &self,
        tenant: TenantId,
        place: &OrganizationId,
    ) -> Result<(SignInRecord, Organization), SignInError> {
        for _ in 0..ROUNDS {
            let found = self.place(tenant, place).await?.filter(|it| it.active);
            let found = found.ok_or(SignInError::Wrong)?;
            let now = self.core.ports.clock.now();
            if let Some(wait) = found.sign_in.wait(now) {
                return Err(SignInError::Wait(wait));
            }
            let before = found.sign_in.rested(now, FORGIVEN);
            let version = found.version + 1;
            let attempted = Organization { sign_in: before.failed(now), version, ..found };
            let organizations = vec![attempted.clone()];
            if self.committed(&Changes { organizations, ..Changes::default() }).await? {
                return Ok((before, attempted));
            }
        }
        Err(SignInError::Wait(TimeDelta::seconds(1)))
    }

    /// Writes these changes, and that the attempt was no wrong one: the organization is as before
    /// it or, where others have counted on, has one wrong pin less.
    async fn take_back(
        &self,
        before: SignInRecord,
        attempted: Organization,
        changes: Changes,
    ) -> Result<(), StoreError> {
        let (tenant, id) = (attempted.tenant, attempted.id.clone());
        let mut back = Some(Organization { sign_in: before, ..attempted });
        for _ in 0..ROUNDS {
            let Some(it) = back else { break };
            let organizations = vec![Organization { version: it.version + 1, ..it }];
            if self.committed(&Changes { organizations, ..changes.clone() }).await? {
                return Ok(());
            }
            let found = self.place(tenant, &id).await?;
            back = found.map(|it| Organization { sign_in: it.sign_in.taken_back(), ..it });
        }
        // Too many others write the same organization: it forgets by itself.
        let is_open = self.committed(&changes).await?;
        is_open.then_some(()).ok_or_else(|| StoreError::new("a session's id is taken"))
    }

    /// A session that is good for this organization alone, and what is written when it opens.
    fn open(&self, user: &User, place: &OrganizationId) -> (SignedIn, Changes) {
        let now = self.core.ports.clock.now();
        let signed_in = self.cookies.open(user, now).bound(place.clone());
        let entry = Entry {
            id: EntryId(self.core.ports.entropy.id()),
            tenant: user.tenant,
            at: now,
            actor: Actor::User(user.id.clone()),
            action: Action::SignedIn,
            subject: Subject::User(user.id.clone()),
            detail: Some(place.to_string()),
        };
        let sessions = vec![signed_in.session.clone()];
        (signed_in, Changes { sessions, audit: vec![entry], ..Changes::default() })
    }

    /// Whether it was written: not when something of it was lost.
    async fn committed(&self, changes: &Changes) -> Result<bool, StoreError> {
        match self.core.ports.ledger.commit(changes).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict(_)) => Ok(false),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    fn opens(&self, place: &OrganizationId, pin: &str, digest: &[u8]) -> bool {
        let pin = pin.trim();
        PinRules::is_pin(pin)
            && self.core.keyring.pin_digests(place, pin).iter().any(|it| it == digest)
    }

    async fn holder(
        &self,
        tenant: TenantId,
        place: &OrganizationId,
        pin: &str,
    ) -> Result<Option<(Membership, User)>, StoreError> {
        let pin = pin.trim();
        if !PinRules::is_pin(pin) {
            return Ok(None);
        }
        let digests = self.core.keyring.pin_digests(place, pin);
        let found = self.core.ports.organizations.holders(tenant, place, &digests).await?;
        // Two of them can only be of two keys; then nobody knows who it is.
        let [member] = found.as_slice() else { return Ok(None) };
        let user = self.user(tenant, UserRef::Id(member.user.clone())).await?;
        let user = user.filter(|it| it.status == UserStatus::Active);
        Ok(user.map(|user| (member.clone(), user)))
    }

    async fn place(
        &self,
        tenant: TenantId,
        id: &OrganizationId,
    ) -> Result<Option<Organization>, StoreError> {
        let found =
            self.core.ports.organizations.find_many(tenant, std::slice::from_ref(id)).await?;
        Ok(found.into_iter().flatten().next())
    }

    async fn seat(
        &self,
        user: &User,
        place: &OrganizationId,
    ) -> Result<Option<Membership>, StoreError> {
        let seat = [(user.id.clone(), place.clone())];
        Ok(self
            .core
            .ports
            .organizations
            .seats(user.tenant, &seat)
            .await?
            .into_iter()
            .flatten()
            .next())
    }

    async fn user(&self, tenant: TenantId, who: UserRef) -> Result<Option<User>, StoreError> {
        Ok(self.core.ports.users.find_many(tenant, &[who]).await?.into_iter().flatten().next())
    }
}

impl SignedIn {
    /// The same, good for one organization alone.
    fn bound(self, place: OrganizationId) -> Self {
        Self { session: self.session.bound(place), ..self }
    }
}

#[cfg(test)]
mod tests;
