//! A small store in memory, for use cases that read what they wrote and lose races.

mod finders;

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use chrono::TimeDelta;
use usher_domain::{
    Caller, Credential, Invitation, Membership, Organization, OrganizationId, Pin, Role, Session,
    State as Is, Status, Tenant, TenantId, Timestamp, User, UserId, UserRef,
};

use crate::{
    ports::{
        Ports,
        error::StoreError,
        ledger::{Changes, CommitError, Conflict},
    },
    testing::{
        ManualClock, MockPorts, attempts::AttemptsInMemory, caller, counts::CountsInMemory,
        keyring, noon, organization, tenant,
    },
};

/// Holds what there is, and every `Changes` that was written and was not empty.
pub(crate) struct FakeStore {
    pub(crate) ports: Ports,
    pub(crate) attempts: Arc<AttemptsInMemory>,
    pub(crate) clock: Arc<ManualClock>,
    state: Arc<Mutex<State>>,
}

/// What another one does at the last moment.
type Meddling = Box<dyn FnOnce(&mut State) + Send>;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) tenants: Vec<Tenant>,
    pub(crate) users: Vec<User>,
    pub(crate) roles: Vec<Role>,
    pub(crate) credentials: Vec<Credential>,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) memberships: Vec<Membership>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) invitations: Vec<Invitation>,
    counts: Arc<CountsInMemory>,
    pub(crate) mute: bool,
    pub(crate) broken: bool,
    /// Somebody else is always first.
    pub(crate) losing: bool,
    /// `commit`, `holders` and `keys` (of people), as they came.
    pub(crate) calls: Vec<&'static str>,
    written: Vec<Changes>,
    meddling: VecDeque<Meddling>,
}

impl FakeStore {
    /// Acme with `team` and `other`, which stand below `top`, and `far`, which stands below `team`.
    pub(crate) fn of(users: Vec<User>, memberships: Vec<Membership>) -> Self {
        let organizations = vec![
            organization("top"),
            below("team", "top"),
            below("other", "top"),
            below("far", "team"),
        ];
        let tenants = vec![tenant()];
        let state = State { tenants, users, organizations, memberships, ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let clock = Arc::new(ManualClock::at(noon()));
        let attempts = Arc::new(AttemptsInMemory::default());
        let mocks = finders::mocks(&state);
        let counts = state.lock().unwrap().counts.clone();
        let ports =
            Ports { clock: clock.clone(), attempts: attempts.clone(), counts, ..mocks.into() };
        Self { ports, attempts, clock, state }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    /// Right before the next commit that nobody meddles with yet, this happens.
    pub(crate) fn before_next_commit(&self, with: impl FnOnce(&mut State) + Send + 'static) {
        self.state().meddling.push_back(Box::new(with));
    }

    pub(crate) fn written(&self) -> Vec<Changes> {
        self.state().written.clone()
    }

    /// The only thing that was written.
    pub(crate) fn once_written(&self) -> Changes {
        let [changes] = self.written().try_into().expect("one commit");
        changes
    }

    pub(crate) fn member(&self, user: &str, organization: &str) -> Option<Membership> {
        self.state().membership(user, organization).cloned()
    }

    pub(crate) fn organization(&self, id: &str) -> Organization {
        self.state().organizations.iter().find(|it| it.id == place(id)).cloned().unwrap()
    }

    /// Something about an organization is different from the beginning on.
    pub(crate) fn with(self, id: &str, how: impl Fn(Organization) -> Organization) -> Self {
        self.state().reform(id, how);
        self
    }

    pub(crate) fn invitation(&self, n: u128) -> Invitation {
        self.state().invitations.iter().find(|it| it.id.0.as_u128() == n).cloned().unwrap()
    }
}

impl State {
    pub(crate) fn membership(&self, user: &str, organization: &str) -> Option<&Membership> {
        let is =
            |it: &&Membership| it.user.as_str() == user && it.organization == place(organization);
        self.memberships.iter().find(is)
    }

    /// Someone else writes the membership anew.
    pub(crate) fn rewrite(
        &mut self,
        user: &str,
        organization: &str,
        how: impl Fn(Membership) -> Membership,
    ) {
        let old = self.membership(user, organization).unwrap().clone();
        self.memberships.retain(|it| it.id != old.id);
        self.memberships.push(how(old).touched());
    }

    /// An organization is another, without a new version.
    pub(crate) fn reform(&mut self, id: &str, how: impl Fn(Organization) -> Organization) {
        for it in self.organizations.iter_mut().filter(|it| it.id == place(id)) {
            *it = how(it.clone());
        }
    }

    fn user(&self, tenant: TenantId, who: &UserRef) -> Option<&User> {
        self.users.iter().filter(|it| it.tenant == tenant).find(|it| match who {
            UserRef::Id(id) => it.id == *id,
            UserRef::Username(name) => {
                let folded = User::folded_username;
                it.username.as_deref().map(folded) == Some(folded(name))
            }
            UserRef::Mailbox(mailbox) => it.mailbox.as_ref() == Some(mailbox),
        })
    }

    fn commit(&mut self, changes: &Changes) -> Result<(), CommitError> {
        self.calls.push("commit");
        if let Some(before_next_commit) = self.meddling.pop_front() {
            before_next_commit(self);
        }
        if self.broken {
            return Err(StoreError::new("broken").into());
        }
        let mut losses = self.losses(changes);
        let before = (self.memberships.clone(), self.invitations.clone());
        if losses.is_empty() {
            self.write_members(changes);
            losses = self.seats_missing(changes);
        }
        if losses.is_empty() && !self.losing {
            losses = self.counts.count(&changes.spent);
        }
        if self.losing || !losses.is_empty() {
            (self.memberships, self.invitations) = before;
            return Err(CommitError::Conflict(losses));
        }
        if *changes != Changes::default() {
            self.written.push(changes.clone());
        }
        self.roles.retain(|it| !changes.removed_roles.contains(it));
        self.organizations.retain(|it| !changes.removed_organizations.contains(it));
        replace(&mut self.tenants, &changes.tenants, |it| it.id);
        replace(&mut self.organizations, &changes.organizations, |it| (it.tenant, it.id.clone()));
        replace(&mut self.users, &changes.users, |it| (it.tenant, it.id.clone()));
        replace(&mut self.roles, &changes.roles, |it| (it.tenant, it.id.clone()));
        replace(&mut self.credentials, &changes.credentials, Credential::client_id);
        replace(&mut self.sessions, &changes.sessions, |it| (it.tenant, it.id));
        Ok(())
    }

    fn write_members(&mut self, changes: &Changes) {
        let gone: HashSet<_> =
            changes.removed.iter().chain(&changes.memberships).map(|it| it.id).collect();
        let places: HashSet<_> = changes.removed_organizations.iter().map(|it| &it.id).collect();
        self.memberships.retain(|it| !gone.contains(&it.id) && !places.contains(&it.organization));
        self.memberships.extend(changes.memberships.clone());
        replace(&mut self.invitations, &changes.invitations, |it| (it.tenant, it.id));
    }

    fn seats_missing(&self, changes: &Changes) -> Vec<Conflict> {
        let is_over = |it: &&crate::ports::ledger::Seated| {
            let seats = self.organizations.iter().find(|place| place.id == it.organization);
            let seats = seats.and_then(|it| it.seats);
            seats.is_some_and(|seats| self.seats_used(&it.organization, it.now) > u64::from(seats))
        };
        let over = changes.seated.iter().filter(is_over);
        over.map(|it| Conflict::Seat(it.organization.clone())).collect()
    }

    fn seats_used(&self, id: &OrganizationId, now: Timestamp) -> u64 {
        let members = self.memberships.iter().filter(|it| it.organization == *id).count();
        let waits = |it: &&Invitation| {
            let is_member = |user| self.membership(UserId::as_str(user), id.as_str()).is_some();
            it.offer.organization.as_ref() == Some(id)
                && it.state(now) == Is::Pending
                && !it.user.as_ref().is_some_and(is_member)
        };
        (members + self.invitations.iter().filter(waits).count()) as u64
    }

    fn losses(&self, changes: &Changes) -> Vec<Conflict> {
        let mut losses = Vec::new();
        let fits = |held: Option<u32>, version: u32| held.unwrap_or(0) + 1 == version;
        for it in &changes.organizations {
            let held =
                self.organizations.iter().find(|held| held.tenant == it.tenant && held.id == it.id);
            if !fits(held.map(|it| it.version), it.version) {
                losses.push(Conflict::Organization(it.id.clone()));
            }
        }
        for it in &changes.tenants {
            let held = self.tenants.iter().find(|held| held.id == it.id);
            if !fits(held.map(|it| it.version), it.version) {
                losses.push(Conflict::Tenant(it.id));
            }
        }
        for it in &changes.removed_organizations {
            if !self.organizations.contains(it) {
                losses.push(Conflict::Organization(it.id.clone()));
            }
        }
        for it in &changes.roles {
            let held = self.roles.iter().find(|held| held.tenant == it.tenant && held.id == it.id);
            let clash = |held: &Role| {
                let is_called = held.name.to_lowercase() == it.name.to_lowercase();
                held.id != it.id && held.organization == it.organization && is_called
            };
            if !fits(held.map(|it| it.version), it.version) || self.roles.iter().any(clash) {
                losses.push(Conflict::Role(it.id.clone()));
            }
        }
        for it in &changes.removed_roles {
            if !self.roles.contains(it) {
                losses.push(Conflict::Role(it.id.clone()));
            }
        }
        for it in &changes.sessions {
            let is_it = |held: &&Session| (held.tenant, held.id) == (it.tenant, it.id);
            let held = self.sessions.iter().find(is_it);
            if !fits(held.map(|it| it.version), it.version) {
                losses.push(Conflict::Session(it.id));
            }
        }
        for it in &changes.users {
            let held = self.users.iter().find(|held| held.tenant == it.tenant && held.id == it.id);
            let clash = |held: &User| {
                held.id != it.id && it.mailbox.is_some() && held.mailbox == it.mailbox
            };
            if !fits(held.map(|it| it.version), it.version) || self.users.iter().any(clash) {
                losses.push(Conflict::User(it.id.clone()));
            }
        }
        let of = |it: &Membership| Conflict::Membership(it.user.clone(), it.organization.clone());
        for it in &changes.memberships {
            let held =
                self.memberships.iter().find(|held| held.tenant == it.tenant && held.id == it.id);
            let clash = |held: &Membership| {
                let has_pin = |a: &Pin, b: &Pin| a.digest == b.digest;
                let same_pin = held.pin.as_ref().zip(it.pin.as_ref());
                held.id != it.id
                    && held.organization == it.organization
                    && (held.user == it.user || same_pin.is_some_and(|(a, b)| has_pin(a, b)))
            };
            let mut others = self.memberships.iter().chain(&changes.memberships);
            if !fits(held.map(|it| it.version), it.version) || others.any(clash) {
                losses.push(of(it));
            }
        }
        losses.extend(changes.removed.iter().filter(|it| !self.memberships.contains(it)).map(of));
        for it in &changes.invitations {
            let held =
                self.invitations.iter().find(|held| held.tenant == it.tenant && held.id == it.id);
            if !fits(held.map(|it| it.version), it.version) {
                losses.push(Conflict::Invitation(it.id));
            }
        }
        for it in changes.invitations.iter().filter(|it| it.status == Status::Pending) {
            let makes_room = |held: &Invitation| {
                changes
                    .invitations
                    .iter()
                    .any(|it| it.id == held.id && it.status != Status::Pending)
            };
            let clash =
                |held: &Invitation| held.id != it.id && waits(held, it) && !makes_room(held);
            if self.invitations.iter().any(clash) {
                losses.push(Conflict::Invitation(it.id));
            }
        }
        losses
    }
}

fn waits(held: &Invitation, it: &Invitation) -> bool {
    held.status == Status::Pending
        && held.mailbox == it.mailbox
        && held.offer.organization == it.offer.organization
}

fn replace<T: Clone, K: PartialEq>(held: &mut Vec<T>, new: &[T], key: impl Fn(&T) -> K) {
    held.retain(|it| !new.iter().any(|new| key(it) == key(new)));
    held.extend_from_slice(new);
}

pub(crate) fn place(id: &str) -> OrganizationId {
    OrganizationId::parse(id).unwrap()
}

pub(crate) fn below(id: &str, parent: &str) -> Organization {
    Organization { parent: Some(place(parent)), ..organization(id) }
}

/// An invitation to that organization, for `name@example.org`.
pub(crate) fn invited_to(n: u128, name: &str, organization: &str) -> Invitation {
    let mut it = super::invitation(n, name);
    it.offer.organization = Some(place(organization));
    it
}

/// The boss, with a key for this organization.
pub(crate) fn bound_to(id: &str) -> Caller {
    Caller { organization: Some(place(id)), ..caller() }
}

/// The membership, with a pin that came from outside.
pub(crate) fn with_pin(pin: &str, it: Membership) -> Membership {
    let digest = keyring().pin_digest(&it.organization, pin);
    Membership { pin: Some(Pin { digest, seed: None }), ..it }
}

/// At home there.
pub(crate) fn from(home: &str, it: User) -> User {
    User { home: Some(place(home)), ..it }
}
