//! Issue and revoke the keys of the APIs.

use std::sync::Arc;

use usher_domain::{
    Action, Authority, Caller, Credential, CredentialId, CredentialSecret, Entry, EntryId,
    OrganizationId, Permission, Subject, Timestamp, UserId, UserRef, UserStatus,
};

use crate::{
    ports::{
        error::StoreError,
        ledger::{Changes, CommitError},
    },
    shared::core::Core,
};

/// Issues, lists and revokes credentials.
pub struct ManageCredentials {
    core: Arc<Core>,
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
    #[error("there is no such credential")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ManageCredentials {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// A new credential and its secret, which is never to be seen again.
    pub async fn create(
        &self,
        caller: &Caller,
        authority: Authority,
        user: Option<UserId>,
        organization: Option<OrganizationId>,
    ) -> Result<(Credential, CredentialSecret), CredentialError> {
        let within = caller.reaches(organization.as_ref());
        if !caller.may(Permission::Administer) || !caller.may_grant(authority) || !within {
            return Err(CredentialError::Forbidden);
        }
        if let Some(id) = &user {
            let found =
                self.core.ports.users.find_many(caller.tenant, &[UserRef::Id(id.clone())]).await?;
            let active = found.iter().flatten().any(|it| it.status == UserStatus::Active);
            if !active {
                return Err(CredentialError::UnknownUser);
            }
        }
        if let Some(id) = &organization {
            let ids = std::slice::from_ref(id);
            let found = self.core.ports.organizations.find_many(caller.tenant, ids).await?;
            if found.iter().flatten().next().is_none() {
                return Err(CredentialError::UnknownOrganization);
            }
        }
        let now = self.core.ports.clock.now();
        let secret = CredentialSecret::from(self.core.ports.entropy.secret());
        let credential = Credential {
            id: CredentialId(self.core.ports.entropy.id()),
            tenant: caller.tenant,
            secret_digest: secret.digest(),
            authority,
            user,
            organization,
            created_at: now,
            revoked_at: None,
            version: 1,
        };
        self.commit(caller, credential.clone(), Action::CredentialCreated, now).await?;
        Ok((credential, secret))
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

    /// Revokes one; revoking twice is as good as once.
    pub async fn revoke(
        &self,
        caller: &Caller,
        id: CredentialId,
    ) -> Result<Credential, CredentialError> {
        let all = self.list(caller).await?;
        let found = all.into_iter().find(|it| it.id == id).ok_or(CredentialError::Unknown)?;
        if found.revoked_at.is_some() {
            return Ok(found);
        }
        let now = self.core.ports.clock.now();
        let revoked = found.revoked(now);
        self.commit(caller, revoked.clone(), Action::CredentialRevoked, now).await?;
        Ok(revoked)
    }

    async fn commit(
        &self,
        caller: &Caller,
        credential: Credential,
        action: Action,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let entry = Entry {
            id: EntryId(self.core.ports.entropy.id()),
            tenant: caller.tenant,
            at: now,
            actor: caller.actor.clone(),
            action,
            subject: Subject::Credential(credential.id),
            detail: None,
        };
        let changes =
            Changes { credentials: vec![credential], audit: vec![entry], ..Changes::default() };
        match self.core.ports.ledger.commit(&changes).await {
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}
