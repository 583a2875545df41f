//! Sign a member in with a pin.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{
    Action, Actor, Caller, Membership, Organization, OrganizationId, Permission, PinRules, Purpose,
    Session, SessionId, SignInRecord, Subject, TaskId, TenantId, User, UserId, UserRef, UserStatus,
};
use uuid::Uuid;

use crate::{
    access::{candidate::candidate, sign_in::SignInError},
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        audit_trail::Trail,
        commit::{Decision, commit, commit_once},
        core::Core,
        session_cookies::{SessionCookies, SignedIn},
    },
};

/// Signs members in to one organization with a pin.
///
/// Pins are short, so an attempt is counted as a wrong one before the pin is compared: of many
/// guesses at once, all but the first few must wait. Wrong pins make whoever comes next wait, up to
/// 15 minutes, and nobody is locked out for good.
pub struct PinSignIn {
    core: Arc<Core>,
    cookies: SessionCookies,
}

/// How long it takes until an organization forgets a wrong pin.
const FORGIVEN: TimeDelta = TimeDelta::minutes(1);

/// How long somebody waits whose attempt could not be counted, because of all the others.
const CROWDED: TimeDelta = TimeDelta::seconds(1);

impl PinSignIn {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), cookies: SessionCookies::new(core) }
    }

    /// Signs in the member with this name: a mailbox or a username. Wrong pins count against this
    /// one member of this one organization.
    ///
    /// Within an organization that exists and is active, as much is read, written and compared for
    /// a name that nobody has, or whose owner has no pin there, as for one whose owner has, so that
    /// the time of the answer does not say which names are known.
    #[tracing::instrument(skip_all)]
    pub async fn run(
        &self,
        tenant: &str,
        organization: &str,
        name: &str,
        pin: &str,
    ) -> Result<SignedIn, SignInError> {
        let Ports { ledger, organizations, tenants, users, .. } = &self.core.ports;
        let tenant = tenants.named(tenant).await?.ok_or(SignInError::Wrong)?.id;
        let found = organizations.named(tenant, organization).await?;
        let organization = found.filter(|it| it.active).ok_or(SignInError::Wrong)?.id;
        let user = candidate(&**users, tenant, name).await?;
        let attempted = self.counted(tenant, user.as_ref(), &organization).await?;
        let digest = attempted.as_ref().and_then(|it| it.pin.as_ref()).map(|it| &*it.digest);
        let right = self.opens(&organization, pin, digest.unwrap_or_default());
        let (Some(user), Some(attempted), true) = (user, attempted, right) else {
            return Err(SignInError::Wrong);
        };
        let forgiven = Membership { sign_in: SignInRecord::default(), ..attempted }.touched();
        let (signed_in, opened) = self.open(&user, &organization);
        let changes = Changes { memberships: vec![forgiven], ..opened.clone() };
        // Where others have counted on, nothing is forgiven.
        if !commit_once(&**ledger, &changes).await? && !commit_once(&**ledger, &opened).await? {
            return Err(StoreError::new("a session has the id of another one").into());
        }
        Ok(signed_in)
    }

    /// Signs in whoever of the organization that the caller is bound to has this pin. Wrong ones
    /// count against the organization, which forgets one a minute.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant))]
    pub async fn anyone(&self, caller: &Caller, pin: &str) -> Result<SignedIn, SignInError> {
        let organization = caller.organization.as_ref().filter(|_| caller.may(Permission::Read));
        let organization = organization.ok_or(SignInError::Wrong)?;
        let (before, attempted) = self.counted_by_all(caller.tenant, organization).await?;
        let holder = self.holder(caller.tenant, organization, pin).await?;
        let (member, user) = holder.ok_or(SignInError::Wrong)?;
        let wait = member.sign_in.wait(self.core.ports.clock.now());
        let (signed_in, opened) = self.open(&user, organization);
        let opened = if wait.is_some() { Changes::default() } else { opened };
        self.take_back(before, attempted, opened).await?;
        wait.map_or(Ok(signed_in), |it| Err(SignInError::Wait(it)))
    }

    /// A new session in the place of one that a pin opened.
    pub async fn renew(&self, caller: &Caller, refresh: &str) -> Result<SignedIn, SignInError> {
        let Ports { clock, ledger, sessions, .. } = &self.core.ports;
        let now = clock.now();
        let bytes = self.core.keyring.open(Purpose::Refresh, caller.tenant.0.as_bytes(), refresh);
        let id = bytes.and_then(|it| Uuid::from_slice(&it).ok()).ok_or(SignInError::Wrong)?;
        let session = sessions.find(SessionId(id)).await?;
        let session = session.filter(|it| {
            it.lasts(now) && it.tenant == caller.tenant && it.organization == caller.organization
        });
        let (Some(session), Some(organization)) = (session, &caller.organization) else {
            return Err(SignInError::Wrong);
        };
        let found = self.organization(caller.tenant, organization).await?;
        found.filter(|it| it.active).ok_or(SignInError::Wrong)?;
        let user = self.user(caller.tenant, UserRef::Id(session.user.clone())).await?;
        let user = user.filter(|it| it.honours(session.created_at)).ok_or(SignInError::Wrong)?;
        let member = self.member(user.tenant, &user.id, organization).await?;
        member.filter(|it| it.honours(&session)).ok_or(SignInError::Wrong)?;
        let renewed = self.cookies.open(&user, now).bound(organization.clone());
        let changes = Changes {
            sessions: vec![renewed.session.clone(), session.closed(now)],
            ..Changes::default()
        };
        // Of two who use it at once, one is late.
        commit_once(&**ledger, &changes).await?.then_some(renewed).ok_or(SignInError::Wrong)
    }

    /// What a client keeps to ask for a new session: good as long as the session is.
    #[must_use]
    pub fn refresh_token(&self, session: &Session) -> String {
        let context = session.tenant.0.as_bytes();
        self.core.keyring.seal(Purpose::Refresh, context, session.id.0.as_bytes())
    }

    /// The member as they are once the attempt counts as a wrong one; `None` where nobody with a
    /// pin has that name. Then a commit of the same kind removes a task that was never there.
    async fn counted(
        &self,
        tenant: TenantId,
        user: Option<&User>,
        organization: &OrganizationId,
    ) -> Result<Option<Membership>, SignInError> {
        let Ports { clock, entropy, ledger, .. } = &self.core.ports;
        let nobody = UserId::from(entropy.id());
        let id = user.map_or(&nobody, |it| &it.id);
        let counted = commit(&**ledger, "count pin", |_| async move {
            let member = self.member(tenant, id, organization).await?;
            let Some(member) = member.filter(|it| it.pin.is_some()) else {
                let forgotten = vec![(tenant, TaskId(entropy.id()))];
                return Ok(Decision::Commit(Changes { forgotten, ..Changes::default() }, None));
            };
            let now = clock.now();
            if let Some(wait) = member.sign_in.wait(now) {
                return Err(SignInError::Wait(wait));
            }
            let sign_in = member.sign_in.failed(now);
            let attempted = Membership { sign_in, ..member }.touched();
            let memberships = vec![attempted.clone()];
            Ok(Decision::Commit(Changes { memberships, ..Changes::default() }, Some(attempted)))
        });
        counted.await.map_err(crowded)
    }

    /// The record of the organization before the attempt, and the organization as it is once it
    /// counts as a wrong one.
    async fn counted_by_all(
        &self,
        tenant: TenantId,
        organization: &OrganizationId,
    ) -> Result<(SignInRecord, Organization), SignInError> {
        let Ports { clock, ledger, .. } = &self.core.ports;
        let counted = commit(&**ledger, "count pin of anyone", |_| async move {
            let found = self.organization(tenant, organization).await?.filter(|it| it.active);
            let found = found.ok_or(SignInError::Wrong)?;
            let now = clock.now();
            if let Some(wait) = found.sign_in.wait(now) {
                return Err(SignInError::Wait(wait));
            }
            let before = found.sign_in.rested(now, FORGIVEN);
            let version = found.version + 1;
            let attempted = Organization { sign_in: before.failed(now), version, ..found };
            let organizations = vec![attempted.clone()];
            let changes = Changes { organizations, ..Changes::default() };
            Ok(Decision::Commit(changes, (before, attempted)))
        });
        counted.await.map_err(crowded)
    }

    /// Writes these changes, and that the attempt was no wrong one: the organization is as before
    /// it or, where others have counted on, has one wrong pin less.
    async fn take_back(
        &self,
        before: SignInRecord,
        attempted: Organization,
        changes: Changes,
    ) -> Result<(), StoreError> {
        let Ports { ledger, .. } = &self.core.ports;
        let (tenant, id) = (attempted.tenant, attempted.id.clone());
        let as_before = Organization { sign_in: before, ..attempted };
        let (id, as_before, changes) = (&id, &as_before, &changes);
        let written = commit(&**ledger, "take pin back", |conflicts| async move {
            let back = if conflicts.is_empty() {
                Some(as_before.clone())
            } else {
                let found = self.organization(tenant, id).await?;
                found.map(|it| Organization { sign_in: it.sign_in.taken_back(), ..it })
            };
            let back = back.map(|it| Organization { version: it.version + 1, ..it });
            let organizations = back.into_iter().collect();
            Ok::<_, StoreError>(Decision::Commit(Changes { organizations, ..changes.clone() }, ()))
        });
        match written.await {
            // Too many others write the same organization. It forgets the wrong pin by itself.
            Err(error) if error.is_busy() => commit_once(&**ledger, changes)
                .await?
                .then_some(())
                .ok_or_else(|| StoreError::new("a session has the id of another one")),
            written => written,
        }
    }

    /// A session that is good for this organization alone, and what is written when it opens.
    fn open(&self, user: &User, organization: &OrganizationId) -> (SignedIn, Changes) {
        let Ports { clock, entropy, .. } = &self.core.ports;
        let now = clock.now();
        let signed_in = self.cookies.open(user, now).bound(organization.clone());
        let actor = Actor::User(user.id.clone());
        let trail = Trail::by(&actor, user.tenant, now, &**entropy);
        let subject = Subject::User(user.id.clone());
        let changes = Changes {
            sessions: vec![signed_in.session.clone()],
            audit: vec![trail.note_with(Action::SignedIn, subject, organization.to_string())],
            ..Changes::default()
        };
        (signed_in, changes)
    }

    fn opens(&self, organization: &OrganizationId, pin: &str, digest: &[u8]) -> bool {
        let pin = pin.trim();
        PinRules::is_pin(pin)
            && self.core.keyring.pin_digests(organization, pin).iter().any(|it| it == digest)
    }

    async fn holder(
        &self,
        tenant: TenantId,
        organization: &OrganizationId,
        pin: &str,
    ) -> Result<Option<(Membership, User)>, StoreError> {
        let pin = pin.trim();
        if !PinRules::is_pin(pin) {
            return Ok(None);
        }
        let digests = self.core.keyring.pin_digests(organization, pin);
        let found = self.core.ports.organizations.holders(tenant, organization, &digests).await?;
        // Two of them can only be of two keys; then nobody knows who it is.
        let [member] = found.as_slice() else { return Ok(None) };
        let user = self.user(tenant, UserRef::Id(member.user.clone())).await?;
        let user = user.filter(|it| it.status == UserStatus::Active);
        Ok(user.map(|user| (member.clone(), user)))
    }

    async fn organization(
        &self,
        tenant: TenantId,
        id: &OrganizationId,
    ) -> Result<Option<Organization>, StoreError> {
        self.core.ports.organizations.find(tenant, id).await
    }

    async fn member(
        &self,
        tenant: TenantId,
        user: &UserId,
        organization: &OrganizationId,
    ) -> Result<Option<Membership>, StoreError> {
        self.core.ports.organizations.membership(tenant, user, organization).await
    }

    async fn user(&self, tenant: TenantId, who: UserRef) -> Result<Option<User>, StoreError> {
        self.core.ports.users.find(tenant, &who).await
    }
}

/// An attempt that cannot be counted is not made: whoever makes it waits like all the others.
fn crowded(error: SignInError) -> SignInError {
    match error {
        SignInError::Store(error) if error.is_busy() => SignInError::Wait(CROWDED),
        error => error,
    }
}

impl SignedIn {
    /// The same, good for one organization alone.
    fn bound(self, organization: OrganizationId) -> Self {
        Self { session: self.session.bound(organization), ..self }
    }
}

#[cfg(test)]
mod tests;
