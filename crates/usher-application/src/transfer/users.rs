//! Import users with their memberships.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use usher_domain::{
    Action, Caller, Invite, Invitee, Membership, MembershipId, OrganizationId, Pin, PinRules,
    Profile, ProfileId, Row, Subject, TaskKind, Timestamp, User, UserId, UserRef, UserStatus,
    check_password_hash, line,
};

use crate::{
    ports::{
        Ports,
        error::StoreError,
        ledger::{Changes, Conflict},
        users::Users,
    },
    shared::{
        audit_trail::Trail,
        commit::write,
        core::Core,
        user_names::{as_ids, as_username},
    },
    tasks::plan::whole_task,
    transfer::{
        import::{Checked, ImportError, Imported, allowed, document, existing, text},
        records::{BadRecord, MembershipRecord, RecordField, UserRecord},
    },
};

/// Inserts or updates users by id.
pub struct ImportUsers {
    core: Arc<Core>,
}

/// A user as they are written, with their memberships that are written.
type Written = (User, Vec<Membership>);

/// What the store knows about the users of an import, and about what they name.
struct Known {
    memberships: HashMap<(UserId, OrganizationId), Membership>,
    organizations: HashSet<OrganizationId>,
    profiles: HashMap<ProfileId, Profile>,
}

/// Who bears names that could be taken for those of an import: by the id or username as it is compared.
#[derive(Default)]
struct Names {
    ids: HashMap<String, Vec<UserId>>,
    usernames: HashMap<String, Vec<UserId>>,
}

impl Names {
    /// Those of the records, and those of the store.
    async fn of(
        users: &dyn Users,
        caller: &Caller,
        records: &[UserRecord],
    ) -> Result<Self, StoreError> {
        let mut names = Self::default();
        let given = records.iter().filter_map(|it| it.username.as_deref().map(as_ids));
        let asked: Vec<_> =
            given.flatten().chain(records.iter().map(|it| as_username(&it.id))).collect();
        for it in users.find_many(caller.tenant, &asked).await?.into_iter().flatten() {
            names.add(&it.id, it.username.as_deref());
        }
        for it in records {
            names.add(&it.id, it.username.as_deref());
        }
        Ok(names)
    }

    fn add(&mut self, id: &UserId, username: Option<&str>) {
        let folded = User::folded_username;
        self.ids.entry(folded(id.as_str())).or_default().push(id.clone());
        if let Some(username) = username {
            self.usernames.entry(folded(username)).or_default().push(id.clone());
        }
    }

    /// Whether the username is no id of somebody else, and the id no username.
    fn check(&self, record: &UserRecord) -> Result<(), BadRecord> {
        let is_others = |names: &HashMap<String, Vec<UserId>>, name: &str| {
            let bearers = names.get(&User::folded_username(name));
            bearers.is_some_and(|it| it.iter().any(|it| *it != record.id))
        };
        if record.username.as_deref().is_some_and(|it| is_others(&self.ids, it)) {
            return Err(BadRecord::Taken(RecordField::Username));
        }
        if is_others(&self.usernames, record.id.as_str()) {
            return Err(BadRecord::Taken(RecordField::Id));
        }
        Ok(())
    }
}

impl ImportUsers {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Writes users with their memberships, all in one commit. With a bad one among them nothing
    /// is written, unless `keep_going`. Unregistered users whose profile invites by itself are
    /// invited by a task in the same commit. Whoever imports vouches for the mailboxes that a record
    /// brings, unless the record says when it was proven.
    pub async fn run(
        &self,
        caller: &Caller,
        records: &[UserRecord],
        keep_going: bool,
    ) -> Result<Imported, ImportError> {
        allowed(caller)?;
        let Ports { clock, ledger, users, .. } = &self.core.ports;
        let now = clock.now();
        let refs: Vec<_> = records.iter().map(|it| UserRef::Id(it.id.clone())).collect();
        let held = users.find_many(caller.tenant, &refs).await?;
        let known = self.known(caller, records, &held).await?;
        let names = Names::of(&**users, caller, records).await?;
        let (mut mailboxes, mut usernames) = (HashSet::new(), HashSet::new());
        let checked = Checked::of(records, |number, record| {
            refers_to_existing(record, &known)?;
            if record.mailbox.as_ref().is_some_and(|it| !mailboxes.insert(it)) {
                return Err(BadRecord::Taken(RecordField::Mailbox));
            }
            if record
                .username
                .as_ref()
                .is_some_and(|it| !usernames.insert(User::folded_username(it)))
            {
                return Err(BadRecord::Taken(RecordField::Username));
            }
            names.check(record)?;
            let user = user(caller, record, held[number].clone(), now)?;
            let memberships = self.memberships(caller, record, &known, now)?;
            Ok((user, memberships))
        });
        let commit = async |all: &[(usize, Written)]| {
            write(&**ledger, &self.changes(caller, all, &known.profiles, now)).await
        };
        let is_about = |conflict: &Conflict, (it, _): &Written| match conflict {
            Conflict::User(id) | Conflict::Membership(id, _) => *id == it.id,
            _ => false,
        };
        Ok(checked.write(keep_going, commit, is_about).await?)
    }

    async fn known(
        &self,
        caller: &Caller,
        records: &[UserRecord],
        held: &[Option<User>],
    ) -> Result<Known, StoreError> {
        let Ports { organizations, profiles, .. } = &self.core.ports;
        let ids: Vec<_> = records.iter().map(|it| it.id.clone()).collect();
        let memberships = organizations.memberships(caller.tenant, &ids).await?;
        let of = |it: Membership| ((it.user.clone(), it.organization.clone()), it);
        let memberships = memberships.into_iter().map(of).collect();
        let named = records
            .iter()
            .flat_map(|it| it.home.iter().chain(it.memberships.iter().map(|it| &it.organization)));
        let organizations = existing(&**organizations, caller.tenant, named).await?;
        // The profiles that the records name, and those that the users have already.
        let named = records.iter().filter_map(|it| it.invitation_profile.clone());
        let had = held.iter().flatten().filter_map(|it| it.invitation_profile.clone());
        let ids: Vec<_> = named.chain(had).collect::<HashSet<_>>().into_iter().collect();
        let profiles = match &ids[..] {
            [] => HashMap::new(),
            ids => {
                let found = profiles.find_many(caller.tenant, ids).await?;
                found.into_iter().flatten().map(|it| (it.id.clone(), it)).collect()
            }
        };
        Ok(Known { memberships, organizations, profiles })
    }

    /// The memberships that the record adds or replaces.
    fn memberships(
        &self,
        caller: &Caller,
        record: &UserRecord,
        known: &Known,
        now: Timestamp,
    ) -> Result<Vec<Membership>, BadRecord> {
        let (mut seen, gift) = (HashSet::new(), caller.gift(now));
        let membership = |it: &MembershipRecord| {
            if !seen.insert(it.organization.clone()) {
                return Err(BadRecord::Taken(RecordField::Memberships));
            }
            let pin = it.pin.as_deref().map(|pin| self.pin(&it.organization, pin)).transpose()?;
            let field = RecordField::MembershipRoles;
            let role = |it: &String| line(field.as_str(), it, 100).map_err(BadRecord::text(field));
            let roles = it.roles.iter().map(role).collect::<Result<_, _>>()?;
            let held = known.memberships.get(&(record.id.clone(), it.organization.clone()));
            let base = if let Some(held) = held {
                held.clone().touched()
            } else {
                let id = MembershipId(self.core.ports.entropy.id());
                let (user, organization) = (record.id.clone(), it.organization.clone());
                Membership::new(id, caller.tenant, user, organization, now).given(&gift)
            };
            let with_roles = base.with_roles(roles, &gift);
            let with_pin = match pin {
                Some(pin) => with_roles.with_pin(pin, &gift),
                None => with_roles,
            };
            Ok(with_pin.with_pin_allowed(it.pin_allowed, &gift))
        };
        record.memberships.iter().map(membership).collect()
    }

    /// A pin is compared within its organization.
    fn pin(&self, organization: &OrganizationId, pin: &str) -> Result<Pin, BadRecord> {
        if !PinRules::is_pin(pin) {
            return Err(BadRecord::Pin);
        }
        Ok(Pin { digest: self.core.keyring.pin_digest(organization, pin), seed: None })
    }

    fn changes(
        &self,
        caller: &Caller,
        all: &[(usize, Written)],
        profiles: &HashMap<ProfileId, Profile>,
        now: Timestamp,
    ) -> Changes {
        let entropy = &*self.core.ports.entropy;
        let trail = Trail::of(caller, now, entropy);
        let mut changes = Changes::default();
        for (_, (user, memberships)) in all {
            changes.audit.push(trail.note(Action::Imported, Subject::User(user.id.clone())));
            changes.users.push(user.clone());
            changes.memberships.extend_from_slice(memberships);
        }
        let is_invited = |it: &User| {
            let profile = it.invitation_profile.as_ref().and_then(|id| profiles.get(id));
            let invites =
                |profile: &Profile| profile.invites(it) && profile.address.of(it).is_some();
            it.status == UserStatus::Unregistered && profile.is_some_and(invites)
        };
        let invited = changes.users.iter().filter(|it| is_invited(it)).zip(1..);
        let row = |(it, line): (&User, u32)| {
            Row::invite(line, Invite::new(Invitee::User(UserRef::Id(it.id.clone()))))
        };
        let rows: Vec<_> = invited.map(row).collect();
        if !rows.is_empty() {
            let (_, task) = whole_task(entropy, caller, TaskKind::Automatic, rows, now);
            changes.tasks.extend(task.tasks);
            changes.slices.extend(task.slices);
            changes.jobs.extend(task.jobs);
            changes.audit.extend(task.audit);
        }
        changes
    }
}

/// Whether the organizations and the profile that a record names are there.
fn refers_to_existing(record: &UserRecord, known: &Known) -> Result<(), BadRecord> {
    if record.home.as_ref().is_some_and(|it| !known.organizations.contains(it)) {
        return Err(BadRecord::UnknownOrganization(RecordField::Home));
    }
    if record.memberships.iter().any(|it| !known.organizations.contains(&it.organization)) {
        return Err(BadRecord::UnknownOrganization(RecordField::Memberships));
    }
    if record.invitation_profile.as_ref().is_some_and(|it| !known.profiles.contains_key(it)) {
        return Err(BadRecord::UnknownProfile);
    }
    Ok(())
}

fn user(
    caller: &Caller,
    record: &UserRecord,
    held: Option<User>,
    now: Timestamp,
) -> Result<User, BadRecord> {
    let it = record.clone();
    it.password.as_deref().map_or(Ok(()), check_password_hash).map_err(BadRecord::PasswordHash)?;
    document(RecordField::Profile, it.profile.as_ref())?;
    document(RecordField::Attributes, it.attributes.as_ref())?;
    let name = |field, given: Option<String>| text(field, given.as_deref(), 120);
    let base = match &held {
        Some(held) => held.clone().touched(now),
        None => User::new(it.id, caller.tenant, now).given(&caller.gift(now)),
    };
    let mailbox_proven_at = proven_at(record, &base, now);
    let user = User {
        status: it.status.unwrap_or(base.status),
        username: name(RecordField::Username, it.username)?.or(base.username),
        mailbox: it.mailbox.or(base.mailbox),
        mailbox_proven_at,
        personal_mailbox: it.personal_mailbox.or(base.personal_mailbox),
        phone: name(RecordField::Phone, it.phone)?.or(base.phone),
        first_name: name(RecordField::FirstName, it.first_name)?.or(base.first_name),
        last_name: name(RecordField::LastName, it.last_name)?.or(base.last_name),
        display_name: name(RecordField::DisplayName, it.display_name)?.or(base.display_name),
        locale: it.locale.or(base.locale),
        password: it.password.or(base.password),
        home: it.home.or(base.home),
        invitation_profile: it.invitation_profile.or(base.invitation_profile),
        profile: it.profile.unwrap_or(base.profile),
        attributes: it.attributes.unwrap_or(base.attributes),
        ..base
    };
    if user.username.is_none() && user.mailbox.is_none() {
        return Err(BadRecord::Missing(RecordField::Mailbox));
    }
    user.check_username().map_err(BadRecord::text(RecordField::Username))?;
    Ok(match held {
        Some(held) => user.changed_from(&held, now),
        None => user,
    })
}

/// When the mailbox was proven. Whoever imports vouches for the addresses, but not for those who use
/// an account whose mailbox nobody has proven: they stay unproven, so that its owner can take it back.
fn proven_at(record: &UserRecord, base: &User, now: Timestamp) -> Option<Timestamp> {
    if let Some(given) = record.mailbox_proven_at {
        return given;
    }
    let Some(mailbox) = &record.mailbox else { return base.mailbox_proven_at };
    let is_unproven = base.mailbox_proven_at.is_none();
    let is_same = base.mailbox.as_ref() == Some(mailbox);
    match base.status {
        UserStatus::Active if is_unproven => None,
        _ if is_same && !is_unproven => base.mailbox_proven_at,
        _ => Some(now),
    }
}

#[cfg(test)]
mod tests;
