//! Import roles.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use usher_domain::{
    Action, Caller, OrganizationId, Role, RoleId, Subject, Timestamp, check_permissions,
};

use crate::{
    ports::{
        Ports,
        error::StoreError,
        invitations::{Filter, InvitationCondition, Page},
        ledger::{Changes, Conflict},
        users::{Documents, UserCondition},
    },
    shared::{audit_trail::Trail, commit::write, core::Core, orphans::not_closed},
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
    /// `keep_going`. One is bad whose id or name somebody holds as a word, for that word would be the
    /// role from then on, or be taken for it; unless whoever imports knows that and wants to `adopt` it.
    pub async fn run(
        &self,
        caller: &Caller,
        records: &[RoleRecord],
        keep_going: bool,
        adopt: bool,
    ) -> Result<Imported, ImportError> {
        allowed(caller)?;
        let Ports { clock, entropy, ledger, organizations, roles, .. } = &self.core.ports;
        let now = clock.now();
        let ids: Vec<_> = records.iter().map(|it| it.id.clone()).collect();
        let held = roles.find_many(caller.tenant, &ids).await?;
        let organization_ids = records.iter().filter_map(|it| it.organization.as_ref());
        let known = existing(&**organizations, caller.tenant, organization_ids).await?;
        let mut words = if adopt {
            HashMap::new()
        } else {
            self.held_words(caller, records, &held, now).await?
        };
        let mut names = HashSet::new();
        let checked = Checked::of(records, |number, record| {
            if record.organization.as_ref().is_some_and(|it| !known.contains(it)) {
                return Err(BadRecord::UnknownOrganization(RecordField::Organization));
            }
            let role = role(caller, record, held[number].as_ref(), now)?;
            if let Some(held) = words.remove(&number) {
                return Err(held);
            }
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

    /// What is wrong with records whose ids or names are words that somebody holds, by their numbers.
    async fn held_words(
        &self,
        caller: &Caller,
        records: &[RoleRecord],
        held: &[Option<Role>],
        now: Timestamp,
    ) -> Result<HashMap<usize, BadRecord>, StoreError> {
        let all = records.iter().zip(held).enumerate().flat_map(|(number, (record, held))| {
            words(record, held.as_ref()).into_iter().map(move |(field, word)| (number, field, word))
        });
        let all: Vec<_> = all.collect();
        let ids = all.iter().filter_map(|(_, _, word)| RoleId::parse(word).ok());
        let ids: Vec<_> = ids.collect::<HashSet<_>>().into_iter().collect();
        let defined = self.core.ports.roles.find_many(caller.tenant, &ids).await?;
        let defined: HashSet<_> =
            defined.into_iter().flatten().map(|it| it.id.to_string()).collect();
        let mut bad = HashMap::new();
        for (number, field, word) in all.iter().filter(|(_, _, word)| !defined.contains(word)) {
            let place = match &held[*number] {
                Some(role) => role.organization.as_ref(),
                None => records[*number].organization.as_ref(),
            };
            let by = self.holders(caller, word, place, now).await?;
            if !by.is_empty() {
                let held = BadRecord::Held { field: *field, word: word.clone(), by };
                bad.entry(*number).or_insert(held);
            }
        }
        Ok(bad)
    }

    /// Some of those who hold the word where the role is to be given: members, users in the tenant
    /// itself, and invitations.
    async fn holders(
        &self,
        caller: &Caller,
        word: &str,
        place: Option<&OrganizationId>,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let Ports { invitations, organizations, users, .. } = &self.core.ports;
        let bearers = organizations.bearers(caller.tenant, word).await?;
        let is_there = |it: &OrganizationId| place.is_none_or(|place| place == it);
        let bearers = bearers.iter().filter(|it| is_there(&it.organization));
        let mut by: Vec<_> = bearers
            .map(|it| format!("user `{}` in organization `{}`", it.user, it.organization))
            .take(SHOWN)
            .collect();
        if place.is_none() {
            let filter = Filter::Is(UserCondition::Role(word.to_owned()));
            let found = users.search_by_id(
                caller.tenant,
                &filter,
                None,
                SHOWN as u64,
                Documents::Without,
                now,
            );
            let found = found.await?;
            by.extend(found.iter().map(|it| format!("user `{}`", it.id)));
        }
        let there = place.cloned().map(InvitationCondition::Organization).map(Filter::Is);
        let offers = Filter::Is(InvitationCondition::Role(word.to_owned()));
        let filter = Filter::And(there.into_iter().chain([offers]).collect());
        let first = Page { after: None, skip: 0, limit: SHOWN as u64 };
        let found = invitations.list(caller.tenant, &not_closed(filter), first, now).await?;
        by.extend(found.iter().map(|it| format!("invitation `{}`", it.id)));
        by.truncate(SHOWN);
        Ok(by)
    }
}

/// How many of those who hold a word are named.
const SHOWN: usize = 5;

/// The words that would be this role from then on, or would look like it, with the field that says so.
/// What a role is called that is there already nobody was given as a word.
fn words(record: &RoleRecord, held: Option<&Role>) -> Vec<(RecordField, String)> {
    let id = Some(record.id.as_str()).filter(|_| held.is_none());
    let name = record.name.as_deref().map(str::trim);
    let name = name.filter(|it| held.is_none_or(|held| held.name != *it));
    let named = [(RecordField::Id, id), (RecordField::Name, name)].into_iter();
    let mut all: Vec<(_, String)> = Vec::new();
    for (field, word) in named.filter_map(|(field, word)| Some((field, word?))) {
        for spelling in [word.to_owned(), Role::folded(word)] {
            if all.iter().all(|(_, it)| *it != spelling) {
                all.push((field, spelling));
            }
        }
    }
    all
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
