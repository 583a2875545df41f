//! Sign a member in with a pin.

use std::sync::Arc;

use usher_domain::{
    Action, Actor, Attempted, Browser, Caller, Membership, Organization, OrganizationId,
    Permission, PinRules, Purpose, Session, SessionId, Subject, TenantId, User, UserId, UserRef,
    UserStatus,
};
use uuid::Uuid;

use crate::{
    access::{
        attempts::{AttemptCounter, NO_TENANT, Suspect, told_late},
        candidate::{SignInName, candidate},
        error::SignInError,
    },
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        audit_trail::Trail,
        commit::{Decision, commit, commit_once},
        core::Core,
        session_cookies::{SessionCookies, SignedIn, UserAgent},
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
    attempts: AttemptCounter,
}

impl PinSignIn {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        let attempts = AttemptCounter::new(core);
        Self { core: core.clone(), cookies: SessionCookies::new(core), attempts }
    }

    /// Signs in the member with this name: a mailbox or a username. The organization is named by its id,
    /// its code in whatever case, or its name. Wrong pins count under these two names, whether they
    /// exist or not, and under a browser that its owner signed in with before by itself. The session
    /// that the browser had until now ends.
    ///
    /// As much is read, written and compared for an organization that there is not, or a name that
    /// nobody has, or whose owner has no pin there, as for one whose owner has.
    #[tracing::instrument(skip_all)]
    pub async fn run(
        &self,
        tenant: &str,
        organization: &str,
        name: &str,
        pin: &str,
        agent: &UserAgent<'_>,
    ) -> Result<SignedIn, SignInError> {
        let attempt = self.by_name(tenant, organization, name, pin, agent);
        told_late(&*self.core.ports.clock, attempt).await
    }

    async fn by_name(
        &self,
        tenant: &str,
        organization: &str,
        name: &str,
        pin: &str,
        agent: &UserAgent<'_>,
    ) -> Result<SignedIn, SignInError> {
        let Ports { clock, entropy, organizations, tenants, users, .. } = &self.core.ports;
        let tenant_id = tenants.named(tenant).await?.map_or(NO_TENANT, |it| it.id);
        let organization = organization.trim();
        let found = organizations.named(tenant_id, organization).await?.filter(|it| it.active);
        let name = SignInName::read(name);
        let user = candidate(&**users, tenant_id, &name).await?;
        let here = found.as_ref().map(|it| &it.id);
        let device = here
            .and_then(|it| self.cookies.device(user.as_ref(), Some(it), agent.device, clock.now()));
        // If what is typed for one organization counted together, the waits would tell that there is
        // one, and which id goes with which code.
        let place = Organization::folded_code(organization);
        let of = Attempted::Name { tenant, organization: Some(&place), name: &name.folded, device };
        let suspect = Suspect::of(user.as_ref(), here.cloned());
        let attempt = self.attempts.count(tenant_id, &[of], suspect).await?;
        let nobody = UserId::from(entropy.id());
        let nowhere = OrganizationId::from(entropy.id());
        let place = found.as_ref().map_or(&nowhere, |it| &it.id);
        let member =
            self.member(tenant_id, user.as_ref().map_or(&nobody, |it| &it.id), place).await?;
        let digest = member.and_then(|it| it.pin).map(|it| it.digest);
        let right = self.opens(place, pin, &digest.unwrap_or_default());
        let (Some(user), true) = (user, right) else { return Err(SignInError::Wrong) };
        let (signed_in, opened) = self.open(&user, place, agent.browser);
        self.write(&signed_in.session, &opened, agent).await?;
        self.attempts.succeeded(&attempt, device.is_some()).await?;
        Ok(signed_in)
    }

    /// Signs in whoever of the organization that the caller is bound to has this pin. Wrong ones
    /// count under the caller, and under all callers of the organization together, where many more
    /// are free: a caller that guesses waits, and the others do not.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant))]
    pub async fn anyone(&self, caller: &Caller, pin: &str) -> Result<SignedIn, SignInError> {
        told_late(&*self.core.ports.clock, self.without_name(caller, pin)).await
    }

    async fn without_name(&self, caller: &Caller, pin: &str) -> Result<SignedIn, SignInError> {
        let organization = caller.organization.as_ref().filter(|_| caller.may(Permission::Read));
        let organization = organization.ok_or(SignInError::Wrong)?;
        let found = self.organization(caller.tenant, organization).await?;
        found.filter(|it| it.active).ok_or(SignInError::Wrong)?;
        let of = [
            Attempted::Key { organization, caller: &caller.actor },
            Attempted::Organization(organization),
        ];
        let suspect = Suspect {
            actor: caller.actor.clone(),
            subject: Subject::Organization(organization.clone()),
            organization: None,
        };
        let attempt = self.attempts.count(caller.tenant, &of, suspect).await?;
        let holder = self.holder(caller.tenant, organization, pin).await?;
        let user = holder.ok_or(SignInError::Wrong)?;
        let (signed_in, opened) = self.open(&user, organization, Browser::default());
        self.write(&signed_in.session, &opened, &UserAgent::default()).await?;
        self.attempts.undo(&attempt).await?;
        Ok(signed_in)
    }

    /// A new session in the place of one that a pin opened.
    pub async fn renew(&self, caller: &Caller, refresh: &str) -> Result<SignedIn, SignInError> {
        let Ports { clock, ledger, sessions, .. } = &self.core.ports;
        let now = clock.now();
        let bytes = self.core.keyring.open(Purpose::Refresh, caller.tenant.0.as_bytes(), refresh);
        let id = bytes.and_then(|it| Uuid::from_slice(&it).ok()).ok_or(SignInError::Wrong)?;
        let session = sessions.find(caller.tenant, SessionId(id)).await?;
        let session = session.filter(|it| it.lasts(now) && it.organization == caller.organization);
        let (Some(session), Some(organization)) = (session, &caller.organization) else {
            return Err(SignInError::Wrong);
        };
        let found = self.organization(caller.tenant, organization).await?;
        found.filter(|it| it.active).ok_or(SignInError::Wrong)?;
        let user = self.user(caller.tenant, UserRef::Id(session.user.clone())).await?;
        let user = user.filter(|it| it.honours(session.created_at)).ok_or(SignInError::Wrong)?;
        let member = self.member(user.tenant, &user.id, organization).await?;
        member.filter(|it| it.honours(&session)).ok_or(SignInError::Wrong)?;
        let renewed = self.cookies.open_in(&user, organization, session.browser, now);
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

    async fn write(
        &self,
        new: &Session,
        opened: &Changes,
        agent: &UserAgent<'_>,
    ) -> Result<(), StoreError> {
        let Ports { clock, ledger, .. } = &self.core.ports;
        commit(&**ledger, "sign in with a pin", |met| async move {
            let (opened, now) = (opened.clone(), clock.now());
            let changes = self.cookies.replacing(agent, new, opened, now, &met).await?;
            Ok(Decision::Commit(changes, ()))
        })
        .await
    }

    /// A session that is good for this organization alone, and what is written when it opens.
    fn open(
        &self,
        user: &User,
        organization: &OrganizationId,
        browser: Browser,
    ) -> (SignedIn, Changes) {
        let Ports { clock, entropy, .. } = &self.core.ports;
        let now = clock.now();
        let signed_in = self.cookies.open_in(user, organization, browser, now);
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
    ) -> Result<Option<User>, StoreError> {
        let pin = pin.trim();
        if !PinRules::is_pin(pin) {
            return Ok(None);
        }
        let digests = self.core.keyring.pin_digests(organization, pin);
        let found = self.core.ports.organizations.holders(tenant, organization, &digests).await?;
        // Two of them can only be of two keys; then nobody knows who it is.
        let [member] = found.as_slice() else { return Ok(None) };
        let user = self.user(tenant, UserRef::Id(member.user.clone())).await?;
        Ok(user.filter(|it| it.status == UserStatus::Active))
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

#[cfg(test)]
mod tests;
