//! Runs the jobs of the outbox.

use std::{collections::HashMap, sync::Arc};

use chrono::TimeDelta;
use futures_util::{StreamExt as _, future::join, stream};
use tokio::sync::mpsc;
use usher_domain::{
    Delivery, DeliveryId, DeliveryOutcome, Invitation, InvitationId, Job, JobKind, Lane, Letter,
    LetterKind, Membership, MembershipId, Organization, OrganizationId, State, Tenant, TenantId,
    Timestamp, User, UserId, UserRef,
};

use crate::{
    ports::{
        error::StoreError,
        outbox::{Settlement, Verdict},
        postman::DeliveryError,
    },
    shared::{
        core::Core,
        links::Links,
        pins::Pins,
        role_names::{Names, RoleNames},
    },
};

/// One turn claims what is due, runs it and settles it. Who calls it, and how often, is up to them.
pub struct DeliverLetters {
    core: Arc<Core>,
    links: Links,
    pins: Pins,
    names: RoleNames,
}

/// When it has passed, the worker is taken for dead and another one takes its jobs.
const LEASE: TimeDelta = TimeDelta::minutes(5);

/// No job is begun with less than this left of the lease: more than a postman ever takes.
const ERRAND: TimeDelta = TimeDelta::minutes(2);

/// How long a letter to a member is tried: as long as mail servers commonly try.
const WORTH_TRYING: TimeDelta = TimeDelta::days(5);

/// How many are settled together at the most; a crash repeats no more letters than these and
/// those in hand.
const SETTLED_AT_ONCE: usize = 64;

/// What the jobs of one turn need to know, read at once.
#[derive(Default)]
struct LetterFacts {
    invitations: HashMap<InvitationId, Invitation>,
    memberships: HashMap<MembershipId, Membership>,
    users: HashMap<(TenantId, UserId), User>,
    tenants: HashMap<TenantId, Tenant>,
    organizations: HashMap<(TenantId, OrganizationId), Organization>,
    roles: HashMap<TenantId, Names>,
}

impl DeliverLetters {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            links: Links::new(core),
            pins: Pins::new(core),
            names: RoleNames::new(core),
        }
    }

    /// Claims up to `limit` jobs and runs `at_once` of them at a time. Returns how many it found:
    /// with less than `limit`, there is time to wait for news.
    pub async fn turn(&self, limit: usize, at_once: usize) -> Result<usize, StoreError> {
        let claimed_at = self.core.ports.clock.now();
        let jobs =
            self.core.ports.outbox.claim(Lane::Letters, claimed_at, LEASE, limit as u64).await?;
        let found = jobs.len();
        if found == 0 {
            return Ok(0);
        }
        let known = self.learn(&jobs).await?;
        let known = &known;
        // While some are being settled, the next ones are on their way.
        let (done, mut to_settle) = mpsc::channel(SETTLED_AT_ONCE);
        let run = async move {
            let mut settlements = stream::iter(jobs)
                // What is not begun in time is left to whoever claims it after the lease.
                .filter(|_| {
                    let in_time = self.core.ports.clock.now() + ERRAND <= claimed_at + LEASE;
                    async move { in_time }
                })
                .map(|job| async move { self.run(job, known).await })
                .buffer_unordered(at_once.max(1))
                .boxed();
            while let Some(settlement) = settlements.next().await {
                // Nobody takes it only when settling has failed.
                if done.send(settlement).await.is_err() {
                    break;
                }
            }
        };
        let settle = async move {
            let mut chunk = Vec::with_capacity(SETTLED_AT_ONCE);
            while to_settle.recv_many(&mut chunk, SETTLED_AT_ONCE).await > 0 {
                self.core.ports.outbox.settle(&chunk).await?;
                chunk.clear();
            }
            Ok::<_, StoreError>(())
        };
        let ((), settled) = join(run, settle).await;
        settled.map(|()| found)
    }

    async fn learn(&self, jobs: &[Job]) -> Result<LetterFacts, StoreError> {
        let mut known = LetterFacts::default();
        let (mut invitations, mut memberships) = (Vec::new(), Vec::new());
        for it in jobs {
            match it.kind {
                JobKind::MailInvitation { invitation, .. } => invitations.push(invitation),
                JobKind::MailWelcome { membership, .. } | JobKind::MailPin { membership, .. } => {
                    memberships.push(membership);
                }
                JobKind::RunTask { .. } => {}
            }
        }
        let mut places: HashMap<TenantId, Vec<OrganizationId>> = HashMap::new();
        if !invitations.is_empty() {
            for it in self.core.ports.invitations.proven(&invitations).await?.into_iter().flatten()
            {
                places.entry(it.tenant).or_default().extend(it.offer.organization.clone());
                known.invitations.insert(it.id, it);
            }
        }
        if !memberships.is_empty() {
            let mut people: HashMap<TenantId, Vec<UserRef>> = HashMap::new();
            for it in
                self.core.ports.organizations.proven(&memberships).await?.into_iter().flatten()
            {
                places.entry(it.tenant).or_default().push(it.organization.clone());
                people.entry(it.tenant).or_default().push(UserRef::Id(it.user.clone()));
                known.memberships.insert(it.id, it);
            }
            for (tenant, people) in people {
                let found =
                    self.core.ports.users.find_many(tenant, &people).await?.into_iter().flatten();
                known.users.extend(found.map(|it| ((tenant, it.id.clone()), it)));
            }
        }
        for id in places.keys().copied() {
            let offered = known.invitations.values().filter(|it| it.tenant == id);
            let held = known.memberships.values().filter(|it| it.tenant == id);
            let offered = offered.flat_map(|it| &it.offer.roles);
            let roles = offered.chain(held.flat_map(|it| &it.roles));
            known.roles.insert(id, self.names.of(id, roles).await?);
        }
        for (id, mut organizations) in places {
            known.tenants.extend(self.core.ports.tenants.find(id).await?.map(|it| (id, it)));
            if organizations.is_empty() {
                continue;
            }
            organizations.sort_unstable();
            organizations.dedup();
            let found = self.core.ports.organizations.find_many(id, &organizations).await?;
            let named = found.into_iter().flatten().map(|it| ((id, it.id.clone()), it));
            known.organizations.extend(named);
        }
        Ok(known)
    }

    async fn run(&self, job: Job, known: &LetterFacts) -> Settlement {
        match job.kind {
            JobKind::MailInvitation { invitation, letter } => {
                let current = known.invitations.get(&invitation).filter(|it| it.letters == letter);
                self.mail(job, current, known).await
            }
            JobKind::MailWelcome { membership, letter }
            | JobKind::MailPin { membership, letter } => {
                let current = known.memberships.get(&membership);
                let current = current.filter(|it| it.letters == letter);
                self.mail_member(job, current, known).await
            }
            JobKind::RunTask { .. } => dead(job, "it is no letter"),
        }
    }

    /// Nothing is mailed for an invitation that was closed meanwhile, or sent anew since.
    async fn mail(
        &self,
        job: Job,
        current: Option<&Invitation>,
        known: &LetterFacts,
    ) -> Settlement {
        let pending = current.filter(|it| it.state(self.core.ports.clock.now()) == State::Pending);
        let Some(invitation) = pending else { return settled(job, Verdict::Done) };
        let Some(tenant) = known.tenants.get(&invitation.tenant) else {
            return dead(job, "its tenant is gone");
        };
        let organization = invitation
            .offer
            .organization
            .as_ref()
            .and_then(|it| known.organizations.get(&(invitation.tenant, it.clone())));
        let link = self.links.accept(invitation);
        let letter = Letter::new(invitation, tenant, organization, link);
        let letter = known.named(letter, tenant.id);
        self.deliver(job, &letter, invitation.expires_at).await
    }

    /// Nothing is mailed for a membership that is gone, or of which a later letter tells.
    async fn mail_member(
        &self,
        job: Job,
        current: Option<&Membership>,
        known: &LetterFacts,
    ) -> Settlement {
        let Some(membership) = current else { return settled(job, Verdict::Done) };
        let tenant = known.tenants.get(&membership.tenant);
        let place = (membership.tenant, membership.organization.clone());
        let user = known.users.get(&(membership.tenant, membership.user.clone()));
        let (Some(tenant), Some(place), Some(user)) =
            (tenant, known.organizations.get(&place), user)
        else {
            return dead(job, "its tenant, organization or user is gone");
        };
        let pin = match &membership.pin {
            None => None,
            Some(pin) => match self.pins.reveal(&membership.organization, pin) {
                Some(pin) => Some(pin),
                None => return dead(job, "its pin was made by other settings or keys"),
            },
        };
        let kind = match (job.kind, pin) {
            (JobKind::MailPin { .. }, Some(pin)) => LetterKind::NewPin { pin },
            // It was taken away meanwhile.
            (JobKind::MailPin { .. }, None) => return settled(job, Verdict::Done),
            (_, pin) => LetterKind::Welcome { pin },
        };
        let link = match kind {
            LetterKind::Welcome { pin: None } => self.links.sign_in(tenant),
            _ => self.links.pin(tenant, place),
        };
        match Letter::to_member(membership, user, tenant, place, kind, link) {
            Some(letter) => {
                let letter = known.named(letter, tenant.id);
                self.deliver(job, &letter, membership.mailed_at + WORTH_TRYING).await
            }
            None => settled(job, Verdict::Done),
        }
    }

    /// Delivers a letter, and tries again until then.
    async fn deliver(&self, job: Job, letter: &Letter, until: Timestamp) -> Settlement {
        let sent = self.core.ports.postman.deliver(letter).await;

        let now = self.core.ports.clock.now();
        let (outcome, verdict, answer) = match sent {
            Ok(answer) => (DeliveryOutcome::Sent, Verdict::Done, answer),
            Err(DeliveryError::Refused(why)) => {
                (DeliveryOutcome::Failed, Verdict::Dead { why: why.clone() }, why)
            }
            Err(DeliveryError::Later(why)) => match job.retry_at(now, until) {
                Some(at) => (DeliveryOutcome::Deferred, Verdict::Retry { at }, why),
                None => (DeliveryOutcome::Failed, Verdict::Dead { why: why.clone() }, why),
            },
        };
        if outcome != DeliveryOutcome::Sent {
            tracing::warn!(matter = %letter.matter, attempt = job.attempts, outcome = outcome.as_str(), answer, "letter not delivered");
        }
        let delivery = Delivery {
            id: DeliveryId(self.core.ports.entropy.id()),
            tenant: job.tenant,
            matter: letter.matter,
            letter: letter.number,
            attempt: job.attempts,
            at: now,
            outcome,
            answer: answer.chars().take(500).collect(),
        };
        Settlement { job, verdict, delivery: Some(delivery) }
    }
}

impl LetterFacts {
    /// The letter with roles by their names.
    fn named(&self, letter: Letter, tenant: TenantId) -> Letter {
        match self.roles.get(&tenant) {
            Some(names) => Letter { roles: names.read(&letter.roles), ..letter },
            None => letter,
        }
    }
}

/// Settled without a letter.
fn settled(job: Job, verdict: Verdict) -> Settlement {
    Settlement { job, verdict, delivery: None }
}

fn dead(job: Job, why: &str) -> Settlement {
    settled(job, Verdict::Dead { why: why.to_owned() })
}

#[cfg(test)]
mod tests;
