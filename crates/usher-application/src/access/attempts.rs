//! Attempts to sign in: counted before they are looked at, and answered no earlier than all others.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use usher_domain::{
    Action, Actor, AttemptRecord, Attempted, OrganizationId, PasswordRules, Subject, TenantId, User,
};
use uuid::Uuid;

use crate::{
    access::error::SignInError,
    ports::{
        attempts::{Counted, CountedAttempt},
        clock::Clock,
        error::StoreError,
        passwords::{HashPlace, HashedFor},
    },
    shared::{
        core::Core,
        counted_acts::{CountedAct, CountedActs},
    },
};

/// The tenant under which attempts count that are made at a tenant which does not exist.
pub(crate) const NO_TENANT: TenantId = TenantId(Uuid::nil());

/// How long it takes at least until somebody is told that a password or pin is wrong: longer than any
/// hash that usher takes over is likely to need, so that the time tells neither the kind of a hash
/// nor whether there is one.
const FLOOR: Duration = Duration::from_millis(400);

/// Counts attempts to sign in.
#[derive(Clone)]
pub(crate) struct AttemptCounter {
    core: Arc<Core>,
}

/// Who tries to sign in as whom, as far as the audit may know: what was typed and belongs to nobody is
/// not told.
pub(crate) struct Suspect {
    pub actor: Actor,
    pub subject: Subject,
    /// The organization that it is about, if it is about one.
    pub organization: Option<OrganizationId>,
}

impl Suspect {
    /// Somebody tries to sign in under the name of this user, or under one that nobody has.
    pub(crate) fn of(user: Option<&User>, organization: Option<OrganizationId>) -> Self {
        let subject = user.map_or(Subject::Tenant, |it| Subject::User(it.id.clone()));
        Self { actor: Actor::Nobody, subject, organization }
    }

    fn act(&self, tenant: TenantId, action: Action) -> CountedAct {
        let Self { actor, subject, organization } = self;
        let detail = organization.as_ref().map(ToString::to_string);
        CountedAct { tenant, actor: actor.clone(), action, subject: subject.clone(), detail }
    }
}

/// An attempt that counts as a wrong one until it is taken back. If it is dropped without that, the
/// audit hears of it.
pub(crate) struct Attempt {
    tenant: TenantId,
    counted: Vec<CountedAttempt>,
    suspect: Suspect,
    acts: CountedActs,
    is_taken_back: AtomicBool,
}

impl Drop for Attempt {
    fn drop(&mut self) {
        // At a tenant that there is not, nobody reads the audit.
        if self.tenant != NO_TENANT && !*self.is_taken_back.get_mut() {
            self.acts.count(self.suspect.act(self.tenant, Action::SignInFailed));
        }
    }
}

impl AttemptCounter {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Counts an attempt as a wrong one, unless it has to wait.
    pub(crate) async fn count(
        &self,
        tenant: TenantId,
        of: &[Attempted<'_>],
        suspect: Suspect,
    ) -> Result<Attempt, SignInError> {
        let counters: Vec<_> = of.iter().map(|it| self.core.keyring.counter(it)).collect();
        let now = self.core.ports.clock.now();
        match self.core.ports.attempts.count(tenant, &counters, now).await? {
            Counted::Attempt(counted) => Ok(Attempt {
                tenant,
                counted,
                suspect,
                acts: self.core.acts.clone(),
                is_taken_back: AtomicBool::new(false),
            }),
            Counted::Wait(wait) => {
                self.tell(tenant, &suspect, Action::Throttled);
                Err(SignInError::Wait(wait))
            }
        }
    }

    /// A place to have the password of an attempt looked at. It is taken before the attempt is counted:
    /// whoever finds none has not tried.
    pub(crate) fn place(
        &self,
        tenant: TenantId,
        suspect: &Suspect,
        whom: HashedFor,
    ) -> Result<HashPlace, StoreError> {
        self.core.ports.passwords.place(whom).inspect_err(|_| {
            self.tell(tenant, suspect, Action::Crowded);
        })
    }

    /// Tells the audit why somebody's attempt was not made. At a tenant that there is not, nobody reads
    /// it.
    fn tell(&self, tenant: TenantId, suspect: &Suspect, action: Action) {
        if tenant != NO_TENANT {
            self.core.acts.count(suspect.act(tenant, action));
        }
    }

    /// Whether the password of a counted attempt is that of the hash; without a hash it is not, and
    /// takes as long. An attempt that nobody gets to look at is taken back.
    pub(crate) async fn verify(
        &self,
        place: &HashPlace,
        attempt: &Attempt,
        password: &str,
        hash: Option<&str>,
    ) -> Result<bool, StoreError> {
        // Whatever is longer was never accepted, and is not worth the hashing.
        let fits = password.len() <= PasswordRules::MAX * 4;
        let password = PasswordRules::normalized(if fits { password } else { "" });
        match self.core.ports.passwords.verify(place, &password, hash).await {
            Ok(is_right) => Ok(is_right && fits),
            Err(error) => {
                self.undo(attempt).await?;
                Err(error)
            }
        }
    }

    /// The attempt was right. Under a count that is nobody else's (`own`) all wrong ones before it are
    /// forgiven. Where others count too, it takes back itself alone: whoever may sign in now and then
    /// does not open the way for those who guess meanwhile.
    pub(crate) async fn succeeded(&self, attempt: &Attempt, own: bool) -> Result<(), StoreError> {
        if own { self.forgive(attempt).await } else { self.undo(attempt).await }
    }

    /// The attempt was right, and all wrong ones before it are forgiven.
    pub(crate) async fn forgive(&self, attempt: &Attempt) -> Result<(), StoreError> {
        self.take_back(attempt, |_| AttemptRecord::default()).await
    }

    /// The attempt was right, and the wrong ones before it count as before.
    pub(crate) async fn undo(&self, attempt: &Attempt) -> Result<(), StoreError> {
        self.take_back(attempt, |it| it.before).await
    }

    async fn take_back(
        &self,
        attempt: &Attempt,
        to: impl Fn(&CountedAttempt) -> AttemptRecord,
    ) -> Result<(), StoreError> {
        attempt.is_taken_back.store(true, Ordering::Relaxed);
        for it in &attempt.counted {
            self.core.ports.attempts.take_back(attempt.tenant, it, to(it)).await?;
        }
        Ok(())
    }
}

/// What the attempt comes to. That it is wrong is told no earlier than [`FLOOR`] after it began.
pub(crate) async fn told_late<T>(
    clock: &dyn Clock,
    attempt: impl Future<Output = Result<T, SignInError>>,
) -> Result<T, SignInError> {
    let begun = clock.now();
    let outcome = attempt.await;
    if matches!(outcome, Err(SignInError::Wrong)) {
        let taken = (clock.now() - begun).to_std().unwrap_or_default();
        clock.rest(FLOOR.saturating_sub(taken)).await;
    }
    outcome
}

#[cfg(test)]
mod tests;
