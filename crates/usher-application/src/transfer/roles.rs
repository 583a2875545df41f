//! Import roles.

use std::{collections::HashSet, sync::Arc};

use usher_domain::{Action, Caller, Role, Subject, Timestamp, check_permissions};

use crate::{
    ports::{
        Ports,
        ledger::{Changes, Conflict},
    },
    shared::{audit_trail::Trail, commit::write, core::Core},
    transfer::{
        import::{Checked, ImportError, Imported, allowed, existing, text},
        records::{BadRecord, RecordField, RoleRecord},
    },
};

/// Inserts or updates roles by id.
pub struct ImportRoles {
    core: Arc<Core>,
}

impl ImportRoles {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Writes roles, all in one commit, each with an entry of the audit. With a bad one among them nothing is written, unless
    /// `keep_going`.
    pub async fn run(
        &self,
        caller: &Caller,
        records: &[RoleRecord],
        keep_going: bool,
    ) -> Result<Imported, ImportError> {
        allowed(caller)?;
        let Ports { clock, entropy, ledger, organizations, roles, .. } = &self.core.ports;
        let now = clock.now();
        let ids: Vec<_> = records.iter().map(|it| it.id.clone()).collect();
        let held = roles.find_many(caller.tenant, &ids).await?;
        let organization_ids = records.iter().filter_map(|it| it.organization.as_ref());
        let known = existing(&**organizations, caller.tenant, organization_ids).await?;
        let mut names = HashSet::new();
        let checked = Checked::of(records, |number, record| {
            if record.organization.as_ref().is_some_and(|it| !known.contains(it)) {
                return Err(BadRecord::UnknownOrganization(RecordField::Organization));
            }
            let role = role(caller, record, held[number].as_ref(), now)?;
            let is_new = names.insert((role.organization.clone(), role.name.to_lowercase()));
            is_new.then_some(role).ok_or(BadRecord::Taken(RecordField::Name))
        });
        let trail = Trail::of(caller, now, &**entropy);
        let commit = async |all: &[(usize, Role)]| {
            let roles = all.iter().map(|(_, it)| it.clone()).collect();
            let note = |it: &Role| trail.note(Action::Imported, Subject::Role(it.id.clone()));
            let audit = all.iter().map(|(_, it)| note(it)).collect();
            write(&**ledger, &Changes { roles, audit, ..Changes::default() }).await
        };
        let is_about = |conflict: &Conflict, it: &Role| *conflict == Conflict::Role(it.id.clone());
        Ok(checked.write(keep_going, commit, is_about).await?)
    }
}

fn role(
    caller: &Caller,
    record: &RoleRecord,
    held: Option<&Role>,
    now: Timestamp,
) -> Result<Role, BadRecord> {
    let name = text(RecordField::Name, record.name.as_deref(), 120)?;
    let base = if let Some(held) = held {
        held.clone().touched(now)
    } else {
        let name = name.clone().ok_or(BadRecord::Missing(RecordField::Name))?;
        let new = Role::new(record.id.clone(), caller.tenant, name, now);
        Role { organization: record.organization.clone(), ..new }
    };
    if record.organization.is_some() && record.organization != base.organization {
        return Err(BadRecord::Moved);
    }
    let permissions = record.permissions.clone().unwrap_or(base.permissions);
    check_permissions(&permissions).map_err(BadRecord::text(RecordField::Permissions))?;
    let description = text(RecordField::Description, record.description.as_deref(), 500)?;
    Ok(Role {
        name: name.unwrap_or(base.name),
        description: description.or(base.description),
        permissions,
        given_by: record.given_by.unwrap_or(base.given_by),
        ..base
    })
}

#[cfg(test)]
mod tests;
