//! Make an organization.

use std::sync::Arc;

use usher_domain::{Action, Caller, Organization, OrganizationId, Subject};

use crate::{
    organizations::{draft::OrganizationDraft, error::OrganizationError},
    ports::{Ports, ledger::Changes},
    shared::{audit_trail::Trail, bounds::commit_for, commit::Decision, core::Core},
};

/// Makes organizations.
pub struct CreateOrganization {
    core: Arc<Core>,
}

impl CreateOrganization {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Makes an organization with this id.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, organization = %id))]
    pub async fn run(
        &self,
        caller: &Caller,
        id: OrganizationId,
        draft: &OrganizationDraft,
    ) -> Result<Organization, OrganizationError> {
        if !caller.administers_tenant() {
            return Err(OrganizationError::Forbidden);
        }
        let Ports { clock, entropy, .. } = &self.core.ports;
        let now = clock.now();
        let name = draft.name.clone().ok_or(OrganizationError::Nameless)?;
        let made = draft.apply(Organization::new(id, caller.tenant, name, now))?;
        let trail = Trail::of(caller, now, &**entropy);
        let subject = Subject::Organization(made.id.clone());
        let changes = Changes {
            audit: vec![trail.note(Action::OrganizationCreated, subject)],
            organizations: vec![made.clone()],
            ..Changes::default()
        };
        let (changes, made) = (&changes, &made);
        commit_for(&self.core, caller, "create organization", |conflicts| async move {
            if !conflicts.is_empty() {
                return Err(OrganizationError::Exists);
            }
            Ok(Decision::Commit(changes.clone(), made.clone()))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
