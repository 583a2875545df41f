//! Import organizations.

use std::{collections::HashSet, sync::Arc};

use usher_domain::{Action, Caller, Organization, Policies, Subject, Timestamp};

use crate::{
    ports::{
        Ports,
        ledger::{Changes, Conflict},
    },
    shared::{audit_trail::Trail, commit::write, core::Core},
    transfer::{
        import::{Checked, ImportError, Imported, allowed, document, existing, text},
        records::{BadRecord, OrganizationRecord, RecordField},
    },
};

/// Inserts or updates organizations by id.
pub struct ImportOrganizations {
    core: Arc<Core>,
}

impl ImportOrganizations {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Writes organizations, all in one commit, each with an entry of the audit. With a bad one among them nothing is written,
    /// unless `keep_going`. A parent may stand anywhere in the same import.
    pub async fn run(
        &self,
        caller: &Caller,
        records: &[OrganizationRecord],
        keep_going: bool,
    ) -> Result<Imported, ImportError> {
        allowed(caller)?;
        let Ports { clock, entropy, ledger, organizations, .. } = &self.core.ports;
        let now = clock.now();
        let ids: Vec<_> = records.iter().map(|it| it.id.clone()).collect();
        let held = organizations.find_many(caller.tenant, &ids).await?;
        let parents = records.iter().filter_map(|it| it.parent.as_ref());
        let known = existing(&**organizations, caller.tenant, parents).await?;
        let check = |good: &HashSet<_>| {
            let mut codes = HashSet::new();
            Checked::of(records, |number, record| {
                let parent = record.parent.as_ref();
                if parent.is_some_and(|it| !known.contains(it) && !good.contains(it)) {
                    return Err(BadRecord::UnknownOrganization(RecordField::Parent));
                }
                if record.code.as_ref().is_some_and(|it| !codes.insert(it)) {
                    return Err(BadRecord::Taken(RecordField::Code));
                }
                organization(caller, record, held[number].as_ref(), now)
            })
        };
        // A bad parent makes its children bad, so they are checked until no other one falls away.
        let mut good: HashSet<_> = ids.into_iter().collect();
        let checked = loop {
            let checked = check(&good);
            let before = good.len();
            for number in checked.bad() {
                good.remove(&records[number].id);
            }
            if good.len() == before {
                break checked;
            }
        };
        let trail = Trail::of(caller, now, &**entropy);
        let commit = async |all: &[(usize, Organization)]| {
            let organizations = all.iter().map(|(_, it)| it.clone()).collect();
            let note = |it: &Organization| {
                trail.note(Action::Imported, Subject::Organization(it.id.clone()))
            };
            let audit = all.iter().map(|(_, it)| note(it)).collect();
            write(&**ledger, &Changes { organizations, audit, ..Changes::default() }).await
        };
        let is_about = |conflict: &Conflict, it: &Organization| {
            *conflict == Conflict::Organization(it.id.clone())
        };
        Ok(checked.write(keep_going, commit, is_about).await?)
    }
}

fn organization(
    caller: &Caller,
    record: &OrganizationRecord,
    held: Option<&Organization>,
    now: Timestamp,
) -> Result<Organization, BadRecord> {
    let it = record.clone();
    document(RecordField::Metadata, it.metadata.as_ref())?;
    let name = text(RecordField::Name, it.name.as_deref(), 120)?;
    let base = if let Some(held) = held {
        held.clone().touched(now)
    } else {
        let name = name.clone().ok_or(BadRecord::Missing(RecordField::Name))?;
        Organization::new(it.id, caller.tenant, name, now)
    };
    let policies = Policies {
        only: it.only.unwrap_or(base.policies.only),
        deny: it.deny.unwrap_or(base.policies.deny),
        join: it.join.unwrap_or(base.policies.join),
        foreign: base.policies.foreign,
    };
    let display_name = text(RecordField::DisplayName, it.display_name.as_deref(), 120)?;
    Ok(Organization {
        name: name.unwrap_or(base.name),
        code: text(RecordField::Code, it.code.as_deref(), 64)?.or(base.code),
        display_name: display_name.or(base.display_name),
        logo_url: it.logo_url.or(base.logo_url),
        domains: it.domains.unwrap_or(base.domains),
        policies,
        metadata: it.metadata.unwrap_or(base.metadata),
        active: it.active.unwrap_or(base.active),
        seats: it.seats.unwrap_or(base.seats),
        parent: it.parent.or(base.parent),
        ..base
    })
}

#[cfg(test)]
mod tests;
