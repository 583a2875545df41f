//! Send the letters whose jobs are due.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::{StreamExt as _, future::join, stream};
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    time::sleep,
};
use usher_domain::{
    AccountLetterKind, Delivery, DeliveryId, DeliveryOutcome, Invitation, Job, JobKind, Lane,
    Letter, LetterKind, Membership, State, Timestamp, User, UserStatus,
};

use crate::{
    letters::facts::LetterFacts,
    ports::{
        error::StoreError,
        outbox::{Settlement, Verdict},
        postman::DeliveryError,
    },
    shared::{core::Core, links::Links, pins::Pins, role_names::RoleNames},
};

/// Sends the letters whose jobs are due. Each turn claims jobs, runs them and settles them; the
/// caller decides when to take the next turn.
pub struct DeliverLetters {
    core: Arc<Core>,
    links: Links,
    pins: Pins,
    names: RoleNames,
}

/// How long the jobs of a turn belong to this worker. Then another worker may claim them.
const LEASE: TimeDelta = TimeDelta::minutes(5);

/// No letter is begun with less than this left of the lease: more than its delivery ever takes.
const LONGEST_DELIVERY: TimeDelta = TimeDelta::minutes(2);

/// For how long a letter to a member is tried: as long as mail servers commonly try.
const LONGEST_TRYING: TimeDelta = TimeDelta::days(5);

/// The most jobs that are settled together. A crash repeats no more letters than these and those
/// being delivered.
const SETTLED_AT_ONCE: usize = 64;

/// The waits between two attempts to settle jobs while the store does not answer.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

impl DeliverLetters {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            links: Links::new(core),
            pins: Pins::new(core),
            names: RoleNames::new(core),
        }
    }

    /// Claims up to `limit` jobs that are due, delivers the letters of `at_once` of them at a time,
    /// and settles the jobs meanwhile. Returns how many jobs it claimed: if they are fewer than
    /// `limit`, no other job is due.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer. Jobs whose result could not be written within
    /// their lease are run again after it, so that their letters may go out twice.
    pub async fn turn(&self, limit: usize, at_once: usize) -> Result<usize, StoreError> {
        let claimed_at = self.core.ports.clock.now();
        let outbox = &self.core.ports.outbox;
        let jobs = outbox.claim(Lane::Letters, claimed_at, LEASE, limit as u64).await?;
        let claimed = jobs.len();
        if claimed == 0 {
            return Ok(0);
        }
        let facts = LetterFacts::load(&self.core.ports, &self.names, &jobs).await?;
        // While some jobs are being settled, the next letters are being delivered.
        let (sender, receiver) = mpsc::channel(SETTLED_AT_ONCE);
        let run = self.run_all(jobs, &facts, at_once, claimed_at, sender);
        let ((), settled) = join(run, self.settle_all(receiver, claimed_at + LEASE)).await;
        settled.map(|()| claimed)
    }

    /// Runs jobs, and hands over how each went.
    async fn run_all(
        &self,
        jobs: Vec<Job>,
        facts: &LetterFacts,
        at_once: usize,
        claimed_at: Timestamp,
        sender: Sender<Settlement>,
    ) {
        let mut settlements = stream::iter(jobs)
            // A job that is not begun in time is left to whoever claims it after the lease.
            .filter(|_| {
                let now = self.core.ports.clock.now();
                async move { now + LONGEST_DELIVERY <= claimed_at + LEASE }
            })
            .map(|job| self.run(job, facts))
            .buffer_unordered(at_once.max(1))
            .boxed();
        while let Some(settlement) = settlements.next().await {
            // Nobody receives only after settling has failed.
            if sender.send(settlement).await.is_err() {
                break;
            }
        }
    }

    /// Settles jobs as they come, until no more come.
    async fn settle_all(
        &self,
        mut receiver: Receiver<Settlement>,
        lease_end: Timestamp,
    ) -> Result<(), StoreError> {
        let mut some = Vec::with_capacity(SETTLED_AT_ONCE);
        while receiver.recv_many(&mut some, SETTLED_AT_ONCE).await > 0 {
            self.settle(&some, lease_end).await?;
            some.clear();
        }
        Ok(())
    }

    /// Settles jobs, and tries again for as long as they belong to this worker: their letters are
    /// sent, and would be sent again by whoever claims the jobs next.
    async fn settle(&self, some: &[Settlement], lease_end: Timestamp) -> Result<(), StoreError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = self.core.ports.outbox.settle(some).await else { return Ok(()) };
            if self.core.ports.clock.now() + pause >= lease_end {
                return Err(error);
            }
            let jobs = some.len();
            tracing::warn!(jobs, %error, "the results of letters cannot be written; trying again");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Runs one job, and answers how it went.
    async fn run(&self, job: Job, facts: &LetterFacts) -> Settlement {
        match job.kind {
            JobKind::MailInvitation { invitation, letter } => {
                let current = facts.invitations.get(&(job.tenant, invitation));
                let current = current.filter(|it| it.letters == letter);
                self.mail(job, current, facts).await
            }
            JobKind::MailWelcome { membership, letter }
            | JobKind::MailPin { membership, letter } => {
                let current = facts.memberships.get(&(job.tenant, membership));
                let current = current.filter(|it| it.letters == letter);
                self.mail_member(job, current, facts).await
            }
            JobKind::MailAccount { letters, letter } => {
                let user = facts.written_to.get(&(job.tenant, letters));
                self.mail_account(job, user, letter, facts).await
            }
            JobKind::RunTask { .. } => dead(job, "it is no letter"),
        }
    }

    /// Mails the letter of an invitation; none if it was closed meanwhile, or another letter was
    /// decided on since.
    async fn mail(
        &self,
        job: Job,
        current: Option<&Invitation>,
        facts: &LetterFacts,
    ) -> Settlement {
        let pending = current.filter(|it| it.state(self.core.ports.clock.now()) == State::Pending);
        let Some(invitation) = pending else { return settled(job, Verdict::Done) };
        let Some(tenant) = facts.tenant(invitation.tenant) else {
            return dead(job, "its tenant is gone");
        };
        let organization = invitation
            .offer
            .organization
            .as_ref()
            .and_then(|it| facts.organization(invitation.tenant, it));
        let link = self.links.mailed(invitation);
        let letter = Letter::new(invitation, tenant, organization, link);
        let letter = facts.with_role_names(letter, tenant.id);
        self.deliver(job, &letter, invitation.expires_at).await
    }

    /// Mails a letter to a member; none if the membership is gone, or another letter was decided on
    /// since.
    async fn mail_member(
        &self,
        job: Job,
        current: Option<&Membership>,
        facts: &LetterFacts,
    ) -> Settlement {
        let Some(membership) = current else { return settled(job, Verdict::Done) };
        let tenant = facts.tenant(membership.tenant);
        let organization = facts.organization(membership.tenant, &membership.organization);
        let user = facts.user(membership.tenant, &membership.user);
        let (Some(tenant), Some(organization), Some(user)) = (tenant, organization, user) else {
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
            // The pin was taken away meanwhile.
            (JobKind::MailPin { .. }, None) => return settled(job, Verdict::Done),
            (_, pin) => LetterKind::Welcome { pin },
        };
        let link = match kind {
            LetterKind::Welcome { pin: None } => self.links.sign_in(tenant),
            _ => self.links.pin(tenant, organization),
        };
        match Letter::to_member(membership, user, tenant, organization, kind, link) {
            Some(letter) => {
                let letter = facts.with_role_names(letter, tenant.id);
                self.deliver(job, &letter, membership.mailed_at + LONGEST_TRYING).await
            }
            None => settled(job, Verdict::Done),
        }
    }

    /// Mails a letter to a user about their account; none if they are not in any more, have no mailbox,
    /// its link has ended, or another letter of its kind was decided on since.
    async fn mail_account(
        &self,
        job: Job,
        user: Option<&User>,
        number: u32,
        facts: &LetterFacts,
    ) -> Settlement {
        let now = self.core.ports.clock.now();
        let user = user.filter(|it| it.status == UserStatus::Active);
        let current = |it: &User| it.letters.as_ref()?.numbered(number);
        let Some((user, about)) = user.and_then(|it| Some((it, current(it)?))) else {
            return settled(job, Verdict::Done);
        };
        let Some(tenant) = facts.tenant(user.tenant) else {
            return dead(job, "its tenant is gone");
        };
        let until = about.expires_at().unwrap_or(about.at + LONGEST_TRYING);
        let kind = match about.kind {
            AccountLetterKind::Confirmation => LetterKind::Confirmation { expires_at: until },
            AccountLetterKind::Reset => LetterKind::PasswordReset { expires_at: until },
            AccountLetterKind::PasswordChanged => LetterKind::PasswordChanged,
        };
        let link = self.links.account(user, &about, tenant);
        match Letter::to_user(user, &about, tenant, kind, link) {
            Some(letter) if now < until => self.deliver(job, &letter, until).await,
            _ => settled(job, Verdict::Done),
        }
    }

    /// Hands a letter to the mail server. If it cannot take the letter now, the job is due again
    /// later, but before `until`.
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

/// How a job went for which no letter was handed to the mail server.
fn settled(job: Job, verdict: Verdict) -> Settlement {
    Settlement { job, verdict, delivery: None }
}

fn dead(job: Job, why: &str) -> Settlement {
    settled(job, Verdict::Dead { why: why.to_owned() })
}

#[cfg(test)]
mod tests;
