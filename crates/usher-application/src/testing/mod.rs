//! For tests of this crate and of the adapters: mocks, sample people, and the store's contract.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

pub mod attempts;
pub mod contract;
pub mod counts;
#[cfg(test)]
pub(crate) mod fake_store;

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::TimeDelta;
use usher_domain::{
    Actor, Authority, Caller, HandedOver, Invitation, InvitationId, Key, Keyring, Locale, Mailbox,
    Means, Membership, MembershipId, Offer, Organization, OrganizationId, Purpose, Role, RoleId,
    Tenant, TenantId, Timestamp, User, UserId, UserStatus,
};
use uuid::Uuid;

use crate::{
    ports::{
        Ports,
        attempts::Attempts,
        audit::MockAudit,
        clock::Clock,
        counts::Counts,
        credentials::MockCredentials,
        directory::MockDirectory,
        entropy::Entropy,
        error::StoreError,
        invitations::MockInvitations,
        ledger::MockLedger,
        organizations::MockOrganizations,
        outbox::MockOutbox,
        passwords::{HashPlace, HashedFor, Passwords},
        postman::MockPostman,
        profiles::MockProfiles,
        purges::MockPurges,
        roles::MockRoles,
        sessions::MockSessions,
        tasks::MockTasks,
        tenants::MockTenants,
        users::MockUsers,
    },
    testing::{attempts::AttemptsInMemory, counts::CountsInMemory},
};

/// Every port, mocked. A call that no test expected panics.
pub struct MockPorts {
    pub now: Timestamp,
    pub attempts: Arc<dyn Attempts>,
    pub audit: MockAudit,
    pub counts: Arc<dyn Counts>,
    pub credentials: MockCredentials,
    pub directory: MockDirectory,
    pub invitations: MockInvitations,
    pub ledger: MockLedger,
    pub organizations: MockOrganizations,
    pub outbox: MockOutbox,
    pub postman: MockPostman,
    pub profiles: MockProfiles,
    pub purges: MockPurges,
    pub roles: MockRoles,
    pub sessions: MockSessions,
    pub tasks: MockTasks,
    pub tenants: MockTenants,
    pub users: MockUsers,
}

impl MockPorts {
    #[must_use]
    pub fn at(now: &str) -> Self {
        Self {
            now: now.parse().unwrap(),
            attempts: Arc::new(AttemptsInMemory::default()),
            audit: MockAudit::new(),
            counts: Arc::new(CountsInMemory::default()),
            credentials: MockCredentials::new(),
            directory: MockDirectory::new(),
            invitations: MockInvitations::new(),
            ledger: MockLedger::new(),
            organizations: MockOrganizations::new(),
            outbox: MockOutbox::new(),
            postman: MockPostman::new(),
            profiles: MockProfiles::new(),
            purges: MockPurges::new(),
            roles: MockRoles::new(),
            sessions: MockSessions::new(),
            tasks: MockTasks::new(),
            tenants: MockTenants::new(),
            users: MockUsers::new(),
        }
    }
}

impl Default for MockPorts {
    fn default() -> Self {
        Self::at("2026-01-01T00:00:00Z")
    }
}

impl From<MockPorts> for Ports {
    fn from(it: MockPorts) -> Self {
        Self {
            attempts: it.attempts,
            audit: Arc::new(it.audit),
            clock: Arc::new(ManualClock::at(it.now)),
            counts: it.counts,
            credentials: Arc::new(it.credentials),
            directory: Arc::new(it.directory),
            entropy: Arc::new(SequentialIds::default()),
            invitations: Arc::new(it.invitations),
            ledger: Arc::new(it.ledger),
            organizations: Arc::new(it.organizations),
            outbox: Arc::new(it.outbox),
            passwords: Arc::new(PlainPasswords),
            postman: Arc::new(it.postman),
            profiles: Arc::new(it.profiles),
            purges: Arc::new(it.purges),
            roles: Arc::new(it.roles),
            sessions: Arc::new(it.sessions),
            tasks: Arc::new(it.tasks),
            tenants: Arc::new(it.tenants),
            users: Arc::new(it.users),
        }
    }
}

/// A clock that moves only when it is told to. Whoever rests by it goes on at once.
pub struct ManualClock {
    now: AtomicI64,
    rested: AtomicI64,
}

impl ManualClock {
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { now: AtomicI64::new(now.timestamp_micros()), rested: AtomicI64::new(0) }
    }

    pub fn advance(&self, by: TimeDelta) {
        self.now.fetch_add(by.num_microseconds().unwrap(), Ordering::SeqCst);
    }

    /// How long somebody rested, all in all.
    pub fn rested(&self) -> TimeDelta {
        TimeDelta::microseconds(self.rested.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp_micros(self.now.load(Ordering::SeqCst)).unwrap()
    }

    async fn rest(&self, time: Duration) {
        self.rested.fetch_add(time.as_micros().try_into().unwrap(), Ordering::SeqCst);
    }
}

/// Chance that counts 1, 2, 3.
#[derive(Default)]
pub struct SequentialIds(AtomicU64);

impl Entropy for SequentialIds {
    fn id(&self) -> Uuid {
        Uuid::from_u64_pair(0, self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn secret(&self) -> [u8; 32] {
        let mut bits = [0; 32];
        bits[24..].copy_from_slice(&(self.0.fetch_add(1, Ordering::Relaxed) + 1).to_be_bytes());
        bits
    }
}

/// Passwords that are "hashed" by a prefix: quick, and of no use outside tests.
pub struct PlainPasswords;

#[async_trait]
impl Passwords for PlainPasswords {
    fn place(&self, _: HashedFor) -> Result<HashPlace, StoreError> {
        Ok(HashPlace::holding(()))
    }

    async fn hash(&self, _: &HashPlace, password: &str) -> Result<String, StoreError> {
        Ok(format!("$argon2id$plain${password}"))
    }

    async fn verify<'a>(
        &self,
        _: &HashPlace,
        password: &str,
        hash: Option<&'a str>,
    ) -> Result<bool, StoreError> {
        Ok(hash.and_then(|it| it.strip_prefix("$argon2id$plain$")) == Some(password))
    }
}

pub const TENANT: TenantId = TenantId(Uuid::from_u128(0x7e));

#[must_use]
pub fn noon() -> Timestamp {
    "2026-01-02T12:00:00Z".parse().unwrap()
}

#[must_use]
pub fn keyring() -> Keyring {
    Keyring::new(vec![Key::new("test", [7; 32])]).unwrap()
}

/// The tenant `default`, called Acme.
#[must_use]
pub fn tenant() -> Tenant {
    Tenant {
        id: TENANT,
        name: "default".to_owned(),
        display_name: "Acme".to_owned(),
        locale: Locale::default(),
        redirects: Vec::new(),
        created_at: noon(),
        version: 1,
    }
}

#[must_use]
pub fn caller() -> Caller {
    Caller {
        tenant: TENANT,
        authority: Authority::OrgAdmin,
        actor: Actor::User(user_id("boss")),
        name: Some("The Boss".to_owned()),
        organization: None,
        means: None,
    }
}

#[must_use]
pub fn user_id(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

#[must_use]
pub fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap()
}

/// A user of status unregistered: `ada` is `ada`, with the username `ada` and the mailbox
/// `ada@example.org`.
#[must_use]
pub fn user(name: &str) -> User {
    User {
        username: Some(name.to_owned()),
        mailbox: Some(mailbox(&format!("{name}@example.org"))),
        ..User::new(user_id(name), TENANT, noon())
    }
}

/// The same, in since before noon, with the password `seven llamas dance` and a proven mailbox.
#[must_use]
pub fn active(name: &str) -> User {
    let password = Some("$argon2id$plain$seven llamas dance".to_owned());
    User { status: UserStatus::Active, password, ..user(name).proven(noon()) }
}

/// The token in the link that is mailed to the invitee, which no adapter can make. For the keys of
/// [`keyring`].
#[must_use]
pub fn mailed_token(invitation: &Invitation) -> String {
    let Invitation { tenant, id, generation, .. } = *invitation;
    keyring().token(Purpose::MailedLink, tenant, id.0, generation)
}

/// The token in the link that the operator is shown, to hand it over. For the keys of [`keyring`].
#[must_use]
pub fn handed_over_token(invitation: &Invitation) -> String {
    let Invitation { tenant, id, generation, .. } = *invitation;
    let said = HandedOver { tenant, invitation: id, generation, to: Means::Machine };
    keyring().seal(Purpose::HandedOverLink, b"", &said.to_bytes())
}

#[must_use]
pub fn organization(id: &str) -> Organization {
    let (name, place) = (format!("The {id} team"), OrganizationId::parse(id).unwrap());
    Organization { code: Some(id.to_uppercase()), ..Organization::new(place, TENANT, name, noon()) }
}

/// With the role `reader` and without a pin. Its id is made of both names, so that no two have one.
#[must_use]
pub fn membership(user: &str, organization: &str) -> Membership {
    let mut hasher = DefaultHasher::new();
    (user, organization).hash(&mut hasher);
    let id = MembershipId(Uuid::from_u64_pair(0x6d, hasher.finish()));
    let place = OrganizationId::parse(organization).unwrap();
    let roles = vec!["reader".to_owned()];
    Membership { roles, ..Membership::new(id, TENANT, user_id(user), place, noon()) }
}

/// A role of the whole tenant, with the permission `read`.
#[must_use]
pub fn role(id: &str) -> Role {
    let (name, id) = (format!("The {id}"), RoleId::parse(id).unwrap());
    Role { permissions: vec!["read".to_owned()], ..Role::new(id, TENANT, name, noon()) }
}

/// To the tenant, for seven days, by mail.
#[must_use]
pub fn offer() -> Offer {
    Offer::new(TimeDelta::days(7))
}

/// Pending since noon, for `name@example.org`, by [`caller`].
#[must_use]
pub fn invitation(n: u128, name: &str) -> Invitation {
    Invitation::issue(
        InvitationId(Uuid::from_u128(n)),
        TENANT,
        mailbox(&format!("{name}@example.org")),
        offer(),
        caller().actor,
        noon(),
    )
}
/// What use cases are made from, on these ports, with [`keyring`].
#[cfg(test)]
pub(crate) fn core(
    ports: &Ports,
    policy: &crate::policy::Policy,
) -> Arc<crate::shared::core::Core> {
    core_with(ports, &keyring(), policy)
}

/// As [`core`], with another keyring.
#[cfg(test)]
pub(crate) fn core_with(
    ports: &Ports,
    keyring: &Keyring,
    policy: &crate::policy::Policy,
) -> Arc<crate::shared::core::Core> {
    crate::shared::core::Core::new(ports, keyring, policy)
}
