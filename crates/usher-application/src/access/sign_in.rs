//! Sign a person in with a password.

use std::sync::Arc;

use usher_domain::{Action, Actor, Attempted, PasswordRules, Subject, Timestamp, User};

use crate::{
    access::{
        attempts::{AttemptCounter, NO_TENANT, Suspect, told_late},
        candidate::{SignInName, candidate},
        error::SignInError,
    },
    ports::{
        Ports,
        error::StoreError,
        ledger::Changes,
        passwords::{HashPlace, HashedFor},
    },
    shared::{
        audit_trail::Trail,
        commit::{Decision, commit, commit_once},
        core::Core,
        session_cookies::{SessionCookies, SignedIn, UserAgent},
    },
};

/// Signs a person in with a password.
///
/// An attempt counts as a wrong one before the password is looked at: of many guesses at once, all
/// but the first few must wait. Attempts count under the name that was asked for, whether somebody
/// has it or not, and under a browser that its owner signed in with before by itself.
pub struct SignIn {
    core: Arc<Core>,
    cookies: SessionCookies,
    attempts: AttemptCounter,
}

impl SignIn {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        let attempts = AttemptCounter::new(core);
        Self { core: core.clone(), cookies: SessionCookies::new(core), attempts }
    }

    /// `name` is a mailbox or a username. The session that the browser had until now ends. A name that nobody has takes the same steps as one that
    /// somebody has. A password that was imported under another scheme is hashed anew.
    #[tracing::instrument(skip_all)]
    pub async fn run(
        &self,
        tenant: &str,
        name: &str,
        password: &str,
        agent: &UserAgent<'_>,
    ) -> Result<SignedIn, SignInError> {
        let attempt = self.attempt(tenant, name, password, agent);
        told_late(&*self.core.ports.clock, attempt).await
    }

    async fn attempt(
        &self,
        tenant: &str,
        name: &str,
        password: &str,
        agent: &UserAgent<'_>,
    ) -> Result<SignedIn, SignInError> {
        let Ports { clock, entropy, ledger, tenants, users, .. } = &self.core.ports;
        let found = tenants.named(tenant).await?;
        let tenant_id = found.map_or(NO_TENANT, |it| it.id);
        let name = SignInName::read(name);
        let user = candidate(&**users, tenant_id, &name).await?;
        let device = self.cookies.device(user.as_ref(), None, agent.device, clock.now());
        let of = Attempted::Name { tenant, organization: None, name: &name.folded, device };
        let suspect = Suspect::of(user.as_ref(), None);
        let known = user.as_ref().filter(|_| device.is_some());
        let whom = known.map_or(HashedFor::Stranger, HashedFor::user);
        let place = self.attempts.place(tenant_id, &suspect, whom)?;
        let attempt = self.attempts.count(tenant_id, &[of], suspect).await?;
        let hash = user.as_ref().and_then(|it| it.password.as_deref());
        let right = self.attempts.verify(&place, &attempt, password, hash).await?;
        let (Some(user), true) = (user, right) else { return Err(SignInError::Wrong) };
        let now = clock.now();
        let signed_in = self.cookies.open(&user, agent.browser, now);
        let actor = Actor::User(user.id.clone());
        let trail = Trail::by(&actor, user.tenant, now, &**entropy);
        let opening = &Changes {
            sessions: vec![signed_in.session.clone()],
            audit: vec![trail.note(Action::SignedIn, Subject::User(user.id.clone()))],
            ..Changes::default()
        };
        let opened = &signed_in.session;
        commit(&**ledger, "sign in", |met| async move {
            let opening = opening.clone();
            let changes = self.cookies.replacing(agent, opened, opening, now, &met).await?;
            Ok::<_, StoreError>(Decision::Commit(changes, ()))
        })
        .await?;
        self.attempts.succeeded(&attempt, device.is_some()).await?;
        self.renew(&place, user, password, now).await?;
        Ok(signed_in)
    }

    /// Replaces a hash of another scheme than ours.
    async fn renew(
        &self,
        place: &HashPlace,
        user: User,
        password: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if user.password.as_ref().is_none_or(|it| it.starts_with("$argon2id$")) {
            return Ok(());
        }
        let password = PasswordRules::normalized(password);
        let password = Some(self.core.ports.passwords.hash(place, &password).await?);
        let users = vec![User { password, ..user.touched(now) }];
        let changes = Changes { users, ..Changes::default() };
        // Whoever meets a conflict over a new hash is signed in all the same.
        commit_once(&*self.core.ports.ledger, &changes).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
