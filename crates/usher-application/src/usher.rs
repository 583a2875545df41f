//! All use cases, put together.

use std::{sync::Arc, time::Duration};

use usher_domain::{Keyring, Lane, Timestamp};
use uuid::Uuid;

use crate::{
    access::AccessUseCases,
    invitations::InvitationUseCases,
    letters::LetterUseCases,
    members::MemberUseCases,
    organizations::OrganizationUseCases,
    policy::Policy,
    ports::{Ports, clock::Clock, entropy::Entropy},
    shared::{core::Core, counted_acts::CountedActs, links::Links, nonces::FormNonces},
    tasks::TaskUseCases,
    tenants::TenantUseCases,
    transfer::TransferUseCases,
    users::UserUseCases,
};

/// Every use case, made once from the ports, by the noun that it is about.
pub struct Usher {
    pub policy: Policy,
    ports: Ports,
    /// What was refused or exported, until it is written to the audit.
    pub acts: CountedActs,
    pub links: Links,
    pub forms: FormNonces,
    pub access: AccessUseCases,
    pub invitations: InvitationUseCases,
    pub letters: LetterUseCases,
    pub members: MemberUseCases,
    pub organizations: OrganizationUseCases,
    pub tasks: TaskUseCases,
    pub tenants: TenantUseCases,
    pub transfer: TransferUseCases,
    pub users: UserUseCases,
}

impl Usher {
    #[must_use]
    pub fn new(ports: &Ports, keyring: &Keyring, policy: &Policy) -> Self {
        let core = Core::new(ports, keyring, policy);
        Self {
            policy: policy.clone(),
            ports: ports.clone(),
            acts: core.acts.clone(),
            links: Links::new(&core),
            forms: FormNonces::new(&core),
            access: AccessUseCases::new(&core),
            invitations: InvitationUseCases::new(&core),
            letters: LetterUseCases::new(&core),
            members: MemberUseCases::new(&core),
            organizations: OrganizationUseCases::new(&core),
            tasks: TaskUseCases::new(&core),
            tenants: TenantUseCases::new(&core),
            transfer: TransferUseCases::new(&core),
            users: UserUseCases::new(&core),
        }
    }

    /// The time, by the clock that all use cases read.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// The clock that all use cases read, for an adapter that measures time itself.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.ports.clock.clone()
    }

    /// The source of chance that all use cases draw from, for an adapter that makes ids itself.
    #[must_use]
    pub fn entropy(&self) -> Arc<dyn Entropy> {
        self.ports.entropy.clone()
    }

    /// A new id, which nobody can guess and no other node makes.
    #[must_use]
    pub fn random_id(&self) -> Uuid {
        self.ports.entropy.id()
    }

    /// 256 random bits, which nobody can guess.
    #[must_use]
    pub fn random_secret(&self) -> [u8; 32] {
        self.ports.entropy.secret()
    }

    /// Waits until there may be a job to run in this lane: because one is due, or because one was
    /// added by this node or another one. Waits no longer than `longest`, and as long as that if the
    /// store does not answer.
    pub async fn wait_for_jobs(&self, lane: Lane, longest: Duration) {
        let outbox = &self.ports.outbox;
        let due = outbox.next_due(lane).await.ok().flatten();
        let until_due = due.map(|it| (it - self.now()).to_std().unwrap_or_default());
        outbox.news(lane, until_due.unwrap_or(Duration::MAX).min(longest)).await;
    }
}
