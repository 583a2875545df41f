//! Runs the errands of the outbox.

use std::{collections::HashMap, sync::Arc};

use chrono::TimeDelta;
use futures_util::{StreamExt as _, future::join, stream};
use tokio::sync::mpsc;
use usher_domain::{
    Delivery, DeliveryId, DeliveryOutcome, Errand, Invitation, InvitationId, Job, Lane, Letter,
    Organization, OrganizationId, State, Tenant, TenantId,
};

use crate::{
    Clock, DeliveryError, Entropy, Invitations, Links, Organizations, Outbox, Ports, Postman,
    Settlement, StoreError, Tenants, Verdict,
};

/// One turn claims what is due, runs it and settles it. Who calls it, and how often, is up to them.
pub struct Worker {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    invitations: Arc<dyn Invitations>,
    organizations: Arc<dyn Organizations>,
    tenants: Arc<dyn Tenants>,
    outbox: Arc<dyn Outbox>,
    postman: Arc<dyn Postman>,
    links: Links,
}

/// When it has passed, the worker is taken for dead and another one takes its jobs.
const LEASE: TimeDelta = TimeDelta::minutes(5);

/// No errand is begun with less than this left of the lease: more than a postman ever takes.
const ERRAND: TimeDelta = TimeDelta::minutes(2);

/// How many are settled together at the most; a crash repeats no more letters than these and
/// those in hand.
const SETTLED_AT_ONCE: usize = 64;

/// What the errands of one turn need to know, read at once.
#[derive(Default)]
struct Knowledge {
    invitations: HashMap<InvitationId, Invitation>,
    tenants: HashMap<TenantId, Tenant>,
    organizations: HashMap<(TenantId, OrganizationId), Organization>,
}

impl Worker {
    #[must_use]
    pub fn new(ports: &Ports, links: &Links) -> Self {
        let Ports { clock, entropy, invitations, organizations, tenants, outbox, postman, .. } =
            ports.clone();
        let links = links.clone();
        Self { clock, entropy, invitations, organizations, tenants, outbox, postman, links }
    }

    /// Claims up to `limit` jobs and runs `at_once` of them at a time. Returns how many it found:
    /// with less than `limit`, there is time to wait for news.
    pub async fn turn(&self, limit: usize, at_once: usize) -> Result<usize, StoreError> {
        let claimed_at = self.clock.now();
        let jobs = self.outbox.claim(Lane::Letters, claimed_at, LEASE, limit as u64).await?;
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
                    let in_time = self.clock.now() + ERRAND <= claimed_at + LEASE;
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
                self.outbox.settle(&chunk).await?;
                chunk.clear();
            }
            Ok::<_, StoreError>(())
        };
        let ((), settled) = join(run, settle).await;
        settled.map(|()| found)
    }

    async fn learn(&self, jobs: &[Job]) -> Result<Knowledge, StoreError> {
        let mut known = Knowledge::default();
        let ids: Vec<_> = jobs
            .iter()
            .filter_map(|it| match it.errand {
                Errand::MailInvitation { invitation, .. } => Some(invitation),
                Errand::RunTask { .. } => None,
            })
            .collect();
        let mut places: HashMap<TenantId, Vec<OrganizationId>> = HashMap::new();
        for it in self.invitations.proven(&ids).await?.into_iter().flatten() {
            places.entry(it.tenant).or_default().extend(it.offer.organization.clone());
            known.invitations.insert(it.id, it);
        }
        for (id, mut organizations) in places {
            known.tenants.extend(self.tenants.find(id).await?.map(|it| (id, it)));
            if organizations.is_empty() {
                continue;
            }
            organizations.sort_unstable();
            organizations.dedup();
            let found = self.organizations.find_many(id, &organizations).await?;
            let named = found.into_iter().flatten().map(|it| ((id, it.id.clone()), it));
            known.organizations.extend(named);
        }
        Ok(known)
    }

    async fn run(&self, job: Job, known: &Knowledge) -> Settlement {
        match job.errand {
            Errand::MailInvitation { invitation, letter } => {
                let current = known.invitations.get(&invitation).filter(|it| it.letters == letter);
                self.mail(job, current, known).await
            }
            Errand::RunTask { .. } => {
                let verdict = Verdict::Dead { why: "it is no letter".to_owned() };
                Settlement { job, verdict, delivery: None }
            }
        }
    }

    /// Nothing is mailed for an invitation that was closed meanwhile, or sent anew since.
    async fn mail(&self, job: Job, current: Option<&Invitation>, known: &Knowledge) -> Settlement {
        let settled = |job, verdict| Settlement { job, verdict, delivery: None };
        let pending = current.filter(|it| it.state(self.clock.now()) == State::Pending);
        let Some(invitation) = pending else { return settled(job, Verdict::Done) };
        let Some(tenant) = known.tenants.get(&invitation.tenant) else {
            return settled(job, Verdict::Dead { why: "its tenant is gone".to_owned() });
        };
        let organization = invitation
            .offer
            .organization
            .as_ref()
            .and_then(|it| known.organizations.get(&(invitation.tenant, it.clone())));
        let link = self.links.accept(invitation);
        let letter = Letter::new(invitation, tenant, organization, link);
        let sent = self.postman.deliver(&letter).await;

        let now = self.clock.now();
        let (outcome, verdict, answer) = match sent {
            Ok(answer) => (DeliveryOutcome::Sent, Verdict::Done, answer),
            Err(DeliveryError::Refused(why)) => {
                (DeliveryOutcome::Bounced, Verdict::Dead { why: why.clone() }, why)
            }
            Err(DeliveryError::Later(why)) => match job.retry_at(now, invitation.expires_at) {
                Some(at) => (DeliveryOutcome::Deferred, Verdict::Retry { at }, why),
                None => (DeliveryOutcome::Bounced, Verdict::Dead { why: why.clone() }, why),
            },
        };
        if outcome != DeliveryOutcome::Sent {
            tracing::warn!(invitation = %invitation.id, attempt = job.attempts, outcome = outcome.as_str(), answer, "letter not delivered");
        }
        let delivery = Delivery {
            id: DeliveryId(self.entropy.id()),
            tenant: invitation.tenant,
            invitation: invitation.id,
            letter: letter.number,
            attempt: job.attempts,
            at: now,
            outcome,
            answer: answer.chars().take(500).collect(),
        };
        Settlement { job, verdict, delivery: Some(delivery) }
    }
}

#[cfg(test)]
mod tests;
