//! What roles are called.

use std::{collections::HashMap, sync::Arc};

use usher_domain::{Role, RoleId, TenantId};

use crate::{ports::error::StoreError, shared::core::Core};

/// Looks up what roles are called.
#[derive(Clone)]
pub(crate) struct RoleNames {
    core: Arc<Core>,
}

/// Names by the ids of roles.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Names(HashMap<String, String>);

impl RoleNames {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The names of these roles, as far as they are defined. One round trip, or none.
    pub(crate) async fn of<'a>(
        &self,
        tenant: TenantId,
        roles: impl Iterator<Item = &'a String> + Send,
    ) -> Result<Names, StoreError> {
        let mut ids: Vec<_> = roles.filter_map(|it| RoleId::parse(it).ok()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Names::default());
        }
        let found = self.core.ports.roles.find_many(tenant, &ids).await?;
        let named = |it: Role| (it.id.to_string(), it.name);
        Ok(Names(found.into_iter().flatten().map(named).collect()))
    }
}

impl Names {
    /// What people read: the name, or the role as it is.
    pub(crate) fn read(&self, roles: &[String]) -> Vec<String> {
        roles.iter().map(|it| self.0.get(it).unwrap_or(it).clone()).collect()
    }
}
