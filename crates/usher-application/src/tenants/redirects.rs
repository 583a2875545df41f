//! Say where a tenant's invitations may lead.

use std::sync::Arc;

use usher_domain::{Action, Caller, RedirectRule, Subject, Tenant};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        audit_trail::Trail,
        bounds::{OutOfBounds, commit_for},
        commit::Decision,
        core::Core,
    },
};

/// Shows and changes the caller's own tenant.
pub struct ManageTenant {
    core: Arc<Core>,
}

/// Why a tenant stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    #[error("the caller may not manage the tenant")]
    Forbidden,
    #[error("there is no such rule")]
    Unknown,
    #[error("a tenant has {} rules at most", ManageTenant::MOST)]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OutOfBounds> for TenantError {
    fn from(_: OutOfBounds) -> Self {
        Self::Forbidden
    }
}

impl ManageTenant {
    /// The most rules of a tenant.
    pub const MOST: usize = 100;

    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    pub async fn show(&self, caller: &Caller) -> Result<Tenant, TenantError> {
        if !caller.administers_tenant() {
            return Err(TenantError::Forbidden);
        }
        let found = self.core.ports.tenants.find(caller.tenant).await?;
        Ok(found.ok_or_else(|| StoreError::new("the caller's tenant is gone"))?)
    }

    /// Lets invitations lead there, too. Known on other nodes within seconds.
    pub async fn allow(&self, caller: &Caller, rule: &RedirectRule) -> Result<Tenant, TenantError> {
        self.change(caller, |rules| {
            if rules.contains(rule) {
                return Ok(());
            }
            if rules.len() >= Self::MOST {
                return Err(TenantError::TooMany);
            }
            rules.push(rule.clone());
            Ok(())
        })
        .await
    }

    /// Lets no new invitations lead there. Those that were sent still do.
    pub async fn forbid(
        &self,
        caller: &Caller,
        rule: &RedirectRule,
    ) -> Result<Tenant, TenantError> {
        self.change(caller, |rules| {
            let before = rules.len();
            rules.retain(|it| it != rule);
            if rules.len() < before { Ok(()) } else { Err(TenantError::Unknown) }
        })
        .await
    }

    async fn change(
        &self,
        caller: &Caller,
        change: impl Fn(&mut Vec<RedirectRule>) -> Result<(), TenantError> + Send + Sync,
    ) -> Result<Tenant, TenantError> {
        let Ports { clock, entropy, .. } = &self.core.ports;
        let change = &change;
        commit_for(&self.core, caller, "change tenant", |_| async move {
            let held = self.show(caller).await?;
            let mut after = Tenant { version: held.version + 1, ..held.clone() };
            change(&mut after.redirects)?;
            if after.redirects == held.redirects {
                return Ok(Decision::Done(held));
            }
            let trail = Trail::of(caller, clock.now(), &**entropy);
            let changes = Changes {
                tenants: vec![after.clone()],
                audit: vec![trail.note(Action::TenantChanged, Subject::Tenant)],
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, after))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
