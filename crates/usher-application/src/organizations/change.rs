//! Change an organization.

use std::sync::Arc;

use usher_domain::{Action, Caller, Organization, OrganizationId, Permission, Subject};

use crate::{
    organizations::{draft::OrganizationDraft, error::OrganizationError, read::ReadOrganizations},
    ports::{Ports, ledger::Changes},
    shared::{audit_trail::Trail, bounds::commit_for, commit::Decision, core::Core},
};

/// Changes organizations.
pub struct ChangeOrganization {
    core: Arc<Core>,
    read: ReadOrganizations,
}

impl ChangeOrganization {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), read: ReadOrganizations::new(core) }
    }

    /// Changes what the draft names, which `draft` makes from the organization as it is. Seats,
    /// domains and whether it is active are for the tenant to give: a bound key cannot change them.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, organization = %id))]
    pub async fn run(
        &self,
        caller: &Caller,
        id: &OrganizationId,
        draft: impl Fn(&Organization) -> OrganizationDraft + Send + Sync,
    ) -> Result<Organization, OrganizationError> {
        if !caller.may(Permission::Administer) {
            return Err(OrganizationError::Forbidden);
        }
        let Ports { clock, entropy, .. } = &self.core.ports;
        let draft = &draft;
        commit_for(&self.core, caller, "change organization", |_| async move {
            let held = self.read.find(caller, id).await?;
            let now = clock.now();
            let draft = draft(&held);
            if draft.is_for_the_tenant() && caller.organization.is_some() {
                return Err(OrganizationError::Forbidden);
            }
            let after = draft.apply(held)?.touched(now);
            let subject = Subject::Organization(id.clone());
            let trail = Trail::of(caller, now, &**entropy);
            let changes = Changes {
                audit: vec![trail.note(Action::OrganizationChanged, subject)],
                organizations: vec![after.clone()],
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, after))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
