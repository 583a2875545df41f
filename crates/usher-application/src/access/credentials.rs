//! Issue and revoke the keys of the APIs.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{
    Action, Authority, Caller, Credential, CredentialId, CredentialSecret, OrganizationId,
    Permission, Subject, UserId, UserRef, UserStatus,
};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        audit_trail::Trail,
        bounds::{OutOfBounds, commit_for},
        commit::Decision,
        core::Core,
    },
};

/// Issues, lists and revokes credentials.
pub struct ManageCredentials {
    core: Arc<Core>,
}

/// A key to issue.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub authority: Authority,
    /// The person whose key it is.
    pub user: Option<UserId>,
    /// The one organization it is bound to.
    pub organization: Option<OrganizationId>,
    /// How long it is good; as long as the operator's policy says unless it is given.
    pub life: Option<TimeDelta>,
}

impl NewKey {
    /// Of a program, bound to no organization, for as long as the operator's policy says.
    #[must_use]
    pub fn of(authority: Authority) -> Self {
        Self { authority, user: None, organization: None, life: None }
    }
}

/// Why a credential was not issued or revoked.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error("the caller may not manage credentials")]
    Forbidden,
    #[error("there is no such user, or they are not active")]
    UnknownUser,
    #[error("there is no such organization")]
    UnknownOrganization,
    #[error("the user is no member of the organization that the key is to be bound to")]
    NotMember,
    #[error("a key can be made for {} h to {} d, not for a shorter or longer time", .min.num_hours(), .max.num_days())]
    Life { min: TimeDelta, max: TimeDelta },
    #[error("there is no such credential")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OutOfBounds> for CredentialError {
    fn from(_: OutOfBounds) -> Self {
        Self::Forbidden
    }
}

impl ManageCredentials {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// A new credential and its secret, which is never to be seen again. A person's key can be bound
    /// to an organization that they are a member of, and it ends with their membership.
    pub async fn issue(
        &self,
        caller: &Caller,
        new: NewKey,
    ) -> Result<(Credential, CredentialSecret), CredentialError> {
        let NewKey { authority, user, organization, life } = new;
        let (min, max) = Credential::LIVES;
        if life.is_some_and(|it| !(min..=max).contains(&it)) {
            return Err(CredentialError::Life { min, max });
        }
        let life = life.or(self.core.policy.key);
        let within = caller.reaches(organization.as_ref());
        if !caller.may(Permission::Administer) || !caller.may_grant(authority) || !within {
            return Err(CredentialError::Forbidden);
        }
        let Ports { clock, entropy, organizations, users, .. } = &self.core.ports;
        let (user, organization) = (&user, &organization);
        commit_for(&self.core, caller, "create credential", |_| async move {
            let now = clock.now();
            let mut given_at = now;
            if let Some(id) = user {
                let found = users.find(caller.tenant, &UserRef::Id(id.clone())).await?;
                let active = found.filter(|it| it.status == UserStatus::Active);
                given_at = active.ok_or(CredentialError::UnknownUser)?.given_at(now);
            }
            if let Some(id) = organization
                && organizations.find(caller.tenant, id).await?.is_none()
            {
                return Err(CredentialError::UnknownOrganization);
            }
            if let (Some(user), Some(id)) = (user, organization)
                && !self.belongs(caller, user, id).await?
            {
                return Err(CredentialError::NotMember);
            }
            let secret = CredentialSecret::from(entropy.secret());
            let credential = Credential {
                id: CredentialId(entropy.id()),
                tenant: caller.tenant,
                secret_digest: secret.digest(),
                authority,
                user: user.clone(),
                organization: organization.clone(),
                made_by: caller.actor.clone(),
                created_at: given_at,
                revoked_at: None,
                expires_at: life.map(|it| given_at + it),
                version: 1,
            };
            let subject = Subject::Credential(credential.id);
            let trail = Trail::of(caller, now, &**entropy);
            let changes = Changes {
                credentials: vec![credential.clone()],
                audit: vec![trail.note(Action::CredentialCreated, subject)],
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, (credential, secret)))
        })
        .await
    }

    /// Whether the user is a member of the organization, or at home there.
    async fn belongs(
        &self,
        caller: &Caller,
        user: &UserId,
        organization: &OrganizationId,
    ) -> Result<bool, StoreError> {
        let Ports { organizations, users, .. } = &self.core.ports;
        let found = users.find(caller.tenant, &UserRef::Id(user.clone())).await?;
        if found.is_some_and(|it| it.home.as_ref() == Some(organization)) {
            return Ok(true);
        }
        let held = organizations.membership(caller.tenant, user, organization).await?;
        Ok(held.is_some())
    }

    /// All of the tenant's, oldest first; for a bound key those that are bound to the same
    /// organization.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Credential>, CredentialError> {
        if !caller.may(Permission::Administer) {
            return Err(CredentialError::Forbidden);
        }
        let mut all = self.core.ports.credentials.list(caller.tenant).await?;
        all.retain(|it| caller.reaches(it.organization.as_ref()));
        Ok(all)
    }

    /// One that [`Self::list`] lists.
    pub(crate) async fn find(
        &self,
        caller: &Caller,
        id: CredentialId,
    ) -> Result<Credential, CredentialError> {
        let all = self.list(caller).await?;
        all.into_iter().find(|it| it.id == id).ok_or(CredentialError::Unknown)
    }

    /// Revokes one; revoking twice is as good as once.
    pub async fn revoke(
        &self,
        caller: &Caller,
        id: CredentialId,
    ) -> Result<Credential, CredentialError> {
        let Ports { clock, entropy, .. } = &self.core.ports;
        commit_for(&self.core, caller, "revoke credential", |_| async move {
            let found = self.find(caller, id).await?;
            if found.revoked_at.is_some() {
                return Ok(Decision::Done(found));
            }
            let now = clock.now();
            let revoked = found.revoked(now);
            let trail = Trail::of(caller, now, &**entropy);
            let changes = Changes {
                credentials: vec![revoked.clone()],
                audit: vec![trail.note(Action::CredentialRevoked, Subject::Credential(id))],
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, revoked))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
