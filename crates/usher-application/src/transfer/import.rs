//! Bring users and organizations in from elsewhere, and take users out again.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use chrono::TimeDelta;
use usher_domain::{
    Action, Address, Caller, Document, Domain, Entry, EntryId, InvalidText, Invite, Invitee,
    Locale, Mailbox, Membership, MembershipId, Organization, OrganizationId, Permission, Pin,
    PinRules, Policies, Profile, ProfileId, Role, RoleId, Row, Subject, TaskKind, Timestamp, User,
    UserId, UserRef, UserStatus, is_hash, is_permitted, line,
};

use crate::{
    ports::{
        error::StoreError,
        invitations::Filter,
        ledger::{Changes, CommitError, Conflict},
        users::UserCondition,
    },
    shared::core::Core,
    tasks::{plan::whole_task, submit::SubmitTask},
};

/// Inserts or updates profiles, organizations and users by id.
pub struct Import {
    core: Arc<Core>,
    submit: SubmitTask,
}

/// An organization as it is brought in. What is `None` stays as it is.
#[derive(Clone, Debug)]
pub struct OrganizationRecord {
    pub id: OrganizationId,
    pub code: Option<String>,
    pub name: Option<String>,
    pub display_name: Option<String>,
    /// An https address.
    pub logo_url: Option<String>,
    pub domains: Option<Vec<Domain>>,
    /// Domains as [`Domain::parse`] writes them.
    pub only: Option<Vec<String>>,
    pub deny: Option<Vec<String>>,
    pub join: Option<bool>,
    pub metadata: Option<Document>,
    pub active: Option<bool>,
    /// `Some(None)`: any number.
    pub seats: Option<Option<u32>>,
    pub parent: Option<OrganizationId>,
}

impl OrganizationRecord {
    /// An organization of which nothing is said.
    #[must_use]
    pub fn of(id: OrganizationId) -> Self {
        Self {
            id,
            code: None,
            name: None,
            display_name: None,
            logo_url: None,
            domains: None,
            only: None,
            deny: None,
            join: None,
            metadata: None,
            active: None,
            seats: None,
            parent: None,
        }
    }
}

/// A role as it is brought in. What is `None` stays as it is.
#[derive(Clone, Debug)]
pub struct RoleRecord {
    pub id: RoleId,
    pub name: Option<String>,
    /// The one that it is for; of a role that is there already it cannot be changed.
    pub organization: Option<OrganizationId>,
    pub description: Option<String>,
    pub permissions: Option<Vec<String>>,
}

/// A profile as it is brought in. What is `None` stays as it is.
#[derive(Clone, Debug)]
pub struct ProfileRecord {
    pub id: ProfileId,
    pub address: Option<Address>,
    /// `Some(None)`: as long as the operator's policy has it.
    pub lifetime: Option<Option<TimeDelta>>,
    /// `Some(None)`: the one that comes with usher.
    pub template: Option<Option<String>>,
    pub locale: Option<Option<Locale>>,
    pub automatic: Option<bool>,
    pub new_only: Option<bool>,
    pub repeat: Option<bool>,
}

/// A user as they are brought in. What is `None` stays as it is; memberships are added to those
/// there are, or replace the one in the same organization.
#[derive(Clone)]
pub struct UserRecord {
    pub id: UserId,
    pub username: Option<String>,
    pub mailbox: Option<Mailbox>,
    pub personal_mailbox: Option<Mailbox>,
    pub phone: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub display_name: Option<String>,
    pub locale: Option<Locale>,
    pub status: Option<UserStatus>,
    /// A PHC string of argon2, or bcrypt's form.
    pub password: Option<String>,
    pub home: Option<OrganizationId>,
    pub invitation_profile: Option<ProfileId>,
    pub profile: Option<Document>,
    pub attributes: Option<Document>,
    pub memberships: Vec<MembershipRecord>,
}

/// A membership as it is brought in.
#[derive(Clone)]
pub struct MembershipRecord {
    pub organization: OrganizationId,
    pub roles: Vec<String>,
    /// In the clear; only its keyed digest is kept.
    pub pin: Option<String>,
    pub pin_allowed: bool,
}

/// What came of an import.
#[derive(Debug, Default)]
pub struct Imported {
    /// How many records were written: all that were given, all but the bad ones, or none.
    pub written: usize,
    /// The number of each bad record, counted from 0, and what is wrong with it.
    pub bad: BTreeMap<usize, BadRecord>,
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    #[error("`id` is the same as in an earlier record")]
    Double,
    #[error("`{0}` is missing, and there is none yet")]
    Missing(&'static str),
    #[error("`{0}` names an organization that does not exist")]
    UnknownOrganization(&'static str),
    #[error("`invitationProfile` names a profile that does not exist")]
    UnknownProfile,
    #[error("`template` names a template that does not exist")]
    UnknownTemplate,
    #[error("`lifetime` must be between {} s and {} s", .min.num_seconds(), .max.num_seconds())]
    Lifetime { min: TimeDelta, max: TimeDelta },
    #[error("`{0}` is taken by another one")]
    Taken(&'static str),
    #[error("`organization` of a role cannot be changed")]
    Moved,
    #[error("`passwordHash` is neither a PHC string of argon2 nor a bcrypt hash")]
    PasswordHash,
    #[error("`pin` must be 4 to 12 letters or digits")]
    Pin,
    #[error(transparent)]
    Text(#[from] InvalidText),
}

/// Why nothing was imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the caller may not import")]
    Forbidden,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Import {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), submit: SubmitTask::new(core) }
    }

    /// Writes profiles. With a bad one among them nothing is written, unless `keep_going`. Where
    /// one becomes automatic, and not for new users only, a task is submitted with it for all of
    /// its users who are unregistered.
    pub async fn profiles(
        &self,
        caller: &Caller,
        records: &[ProfileRecord],
        keep_going: bool,
    ) -> Result<Imported, ImportError> {
        if !caller.may(Permission::Administer) || caller.organization.is_some() {
            return Err(ImportError::Forbidden);
        }
        let now = self.core.ports.clock.now();
        let ids: Vec<_> = records.iter().map(|it| it.id.clone()).collect();
        let held = self.core.ports.profiles.find_many(caller.tenant, &ids).await?;
        let (mut imported, mut sound) = (Imported::default(), Vec::new());
        let mut seen = HashSet::new();
        for (number, (record, held)) in records.iter().zip(held).enumerate() {
            let made = if seen.insert(&record.id) {
                self.profile(caller, record, held.as_ref(), now)
            } else {
                Err(BadRecord::Double)
            };
            match made {
                Ok(profile) => sound.push((number, profile, held)),
                Err(bad) => drop(imported.bad.insert(number, bad)),
            }
        }
        if !imported.bad.is_empty() && !keep_going {
            return Ok(imported);
        }
        for (number, profile, held) in sound {
            match self.put(caller, &profile, held.as_ref(), now).await {
                Ok(()) => imported.written += 1,
                Err(CommitError::Conflict(_)) => {
                    imported.bad.insert(number, BadRecord::Taken("id"));
                }
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Ok(imported)
    }

    fn profile(
        &self,
        caller: &Caller,
        record: &ProfileRecord,
        held: Option<&Profile>,
        now: Timestamp,
    ) -> Result<Profile, BadRecord> {
        let it = record.clone();
        let base = match held {
            Some(held) => Profile { updated_at: now, version: held.version + 1, ..held.clone() },
            None => Profile::new(it.id.clone(), caller.tenant, now),
        };
        let (min, max) = self.core.policy.lifetimes;
        if it.lifetime.flatten().is_some_and(|it| !(min..=max).contains(&it)) {
            return Err(BadRecord::Lifetime { min, max });
        }
        let unknown = |it: &String| !self.core.ports.postman.has_template(it);
        if it.template.as_ref().and_then(Option::as_ref).is_some_and(unknown) {
            return Err(BadRecord::UnknownTemplate);
        }
        Ok(Profile {
            address: it.address.unwrap_or(base.address),
            lifetime: it.lifetime.unwrap_or(base.lifetime),
            template: it.template.unwrap_or(base.template),
            locale: it.locale.unwrap_or(base.locale),
            automatic_since: match it.automatic {
                Some(true) => base.automatic_since.or(Some(now)),
                Some(false) => None,
                None => base.automatic_since,
            },
            new_only: it.new_only.unwrap_or(base.new_only),
            repeat: it.repeat.unwrap_or(base.repeat),
            ..base
        })
    }

    /// Writes a profile, together with the task for those whom it invites from now on.
    async fn put(
        &self,
        caller: &Caller,
        profile: &Profile,
        held: Option<&Profile>,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let invites_all = |it: &Profile| it.automatic_since.is_some() && !it.new_only;
        let changes = Changes {
            profiles: vec![profile.clone()],
            audit: vec![Entry {
                id: EntryId(self.core.ports.entropy.id()),
                tenant: caller.tenant,
                at: now,
                actor: caller.actor.clone(),
                action: Action::ProfileChanged,
                subject: Subject::Profile(profile.id.clone()),
                detail: None,
            }],
            ..Changes::default()
        };
        if !invites_all(profile) || held.is_some_and(invites_all) {
            return self.core.ports.ledger.commit(&changes).await;
        }
        let filter = Filter::And(vec![
            Filter::Is(UserCondition::Profile(profile.id.clone())),
            Filter::Is(UserCondition::InviteeState(UserStatus::Unregistered)),
            Filter::Is(UserCondition::Reachable),
        ]);
        self.submit.everybody(caller, TaskKind::Automatic, &filter, changes).await
    }

    /// Writes organizations, all in one commit. With a bad one among them nothing is written,
    /// unless `keep_going`. A parent may stand anywhere in the same import.
    pub async fn organizations(
        &self,
        caller: &Caller,
        records: &[OrganizationRecord],
        keep_going: bool,
    ) -> Result<Imported, ImportError> {
        if !caller.may(Permission::Administer) || caller.organization.is_some() {
            return Err(ImportError::Forbidden);
        }
        let now = self.core.ports.clock.now();
        let ids: Vec<_> = records.iter().map(|it| it.id.clone()).collect();
        let held = self.core.ports.organizations.find_many(caller.tenant, &ids).await?;
        let parents: Vec<_> = records.iter().filter_map(|it| it.parent.clone()).collect();
        let known = self.known(caller, &parents).await?;

        let mut plan = Plan::default();
        // A bad parent makes its children bad, so the sound ones are found until none falls away.
        let mut sound: HashSet<_> = ids.iter().cloned().collect();
        loop {
            let before = plan.bad.len();
            plan.sound.clear();
            let (mut seen, mut codes) = (HashSet::new(), HashSet::new());
            for (number, (record, held)) in records.iter().zip(&held).enumerate() {
                let parent = record.parent.as_ref();
                let parent_known = parent.is_none_or(|it| known.contains(it) || sound.contains(it));
                let made = if !seen.insert(&record.id) {
                    Err(BadRecord::Double)
                } else if !parent_known {
                    Err(BadRecord::UnknownOrganization("parent"))
                } else if record.code.as_ref().is_some_and(|it| !codes.insert(it)) {
                    Err(BadRecord::Taken("code"))
                } else {
                    organization(caller, record, held.as_ref(), now)
                };
                match made {
                    Ok(it) => plan.sound.push((number, it)),
                    Err(bad) => {
                        sound.remove(&record.id);
                        plan.bad.insert(number, bad);
                    }
                }
            }
            if plan.bad.len() == before {
                break;
            }
        }
        self.write(
            plan,
            keep_going,
            |sound| {
                let organizations = sound.iter().map(|(_, it)| it.clone()).collect();
                Changes { organizations, ..Changes::default() }
            },
            |loss, it| *loss == Conflict::Organization(it.id.clone()),
        )
        .await
        .map_err(Into::into)
    }

    /// Writes roles, all in one commit. With a bad one among them nothing is written, unless
    /// `keep_going`.
    pub async fn roles(
        &self,
        caller: &Caller,
        records: &[RoleRecord],
        keep_going: bool,
    ) -> Result<Imported, ImportError> {
        if !caller.may(Permission::Administer) || caller.organization.is_some() {
            return Err(ImportError::Forbidden);
        }
        let now = self.core.ports.clock.now();
        let ids: Vec<_> = records.iter().map(|it| it.id.clone()).collect();
        let held = self.core.ports.roles.find_many(caller.tenant, &ids).await?;
        let places: Vec<_> = records.iter().filter_map(|it| it.organization.clone()).collect();
        let known = self.known(caller, &places).await?;
        let mut plan = Plan::default();
        let (mut seen, mut names) = (HashSet::new(), HashSet::new());
        for (number, (record, held)) in records.iter().zip(&held).enumerate() {
            let made = if !seen.insert(&record.id) {
                Err(BadRecord::Double)
            } else if record.organization.as_ref().is_some_and(|it| !known.contains(it)) {
                Err(BadRecord::UnknownOrganization("organization"))
            } else {
                role(caller, record, held.as_ref(), now)
            };
            let made = made.and_then(|it| {
                let is_new = names.insert((it.organization.clone(), it.name.to_lowercase()));
                if is_new { Ok(it) } else { Err(BadRecord::Taken("name")) }
            });
            match made {
                Ok(it) => plan.sound.push((number, it)),
                Err(bad) => drop(plan.bad.insert(number, bad)),
            }
        }
        self.write(
            plan,
            keep_going,
            |sound| {
                let roles = sound.iter().map(|(_, it)| it.clone()).collect();
                Changes { roles, ..Changes::default() }
            },
            |loss, it| *loss == Conflict::Role(it.id.clone()),
        )
        .await
        .map_err(Into::into)
    }

    /// Writes users with their memberships, all in one commit. With a bad one among them nothing
    /// is written, unless `keep_going`.
    pub async fn users(
        &self,
        caller: &Caller,
        records: &[UserRecord],
        keep_going: bool,
    ) -> Result<Imported, ImportError> {
        if !caller.may(Permission::Administer) || caller.organization.is_some() {
            return Err(ImportError::Forbidden);
        }
        let now = self.core.ports.clock.now();
        let ids: Vec<_> = records.iter().map(|it| it.id.clone()).collect();
        let refs: Vec<_> = ids.iter().cloned().map(UserRef::Id).collect();
        let held = self.core.ports.users.find_many(caller.tenant, &refs).await?;
        let memberships = self.core.ports.organizations.memberships(caller.tenant, &ids).await?;
        let memberships: HashMap<_, _> = memberships
            .into_iter()
            .map(|it| ((it.user.clone(), it.organization.clone()), it))
            .collect();
        let named: Vec<_> = records
            .iter()
            .flat_map(|it| it.home.iter().chain(it.memberships.iter().map(|it| &it.organization)))
            .cloned()
            .collect();
        let known = self.known(caller, &named).await?;
        let profiles = self.profiles_of(caller, records, &held).await?;

        let mut plan = Plan::default();
        let mut seen = HashSet::new();
        let (mut mailboxes, mut usernames) = (HashSet::new(), HashSet::new());
        for (number, (record, held)) in records.iter().zip(held).enumerate() {
            let joins = &mut record.memberships.iter();
            let made = if !seen.insert(&record.id) {
                Err(BadRecord::Double)
            } else if record.home.as_ref().is_some_and(|it| !known.contains(it)) {
                Err(BadRecord::UnknownOrganization("organization"))
            } else if joins.any(|it| !known.contains(&it.organization)) {
                Err(BadRecord::UnknownOrganization("memberships"))
            } else if record
                .invitation_profile
                .as_ref()
                .is_some_and(|it| !profiles.contains_key(it))
            {
                Err(BadRecord::UnknownProfile)
            } else if record.mailbox.as_ref().is_some_and(|it| !mailboxes.insert(it)) {
                Err(BadRecord::Taken("email"))
            } else if record
                .username
                .as_ref()
                .is_some_and(|it| !usernames.insert(it.to_lowercase()))
            {
                Err(BadRecord::Taken("username"))
            } else {
                self.user(caller, record, held, &memberships, now)
            };
            match made {
                Ok(it) => plan.sound.push((number, it)),
                Err(bad) => drop(plan.bad.insert(number, bad)),
            }
        }
        self.write(
            plan,
            keep_going,
            |sound| self.user_changes(caller, sound, &profiles, now),
            |loss, (it, _)| {
                *loss == Conflict::User(it.id.clone())
                    || matches!(loss, Conflict::Membership(user, _) if *user == it.id)
            },
        )
        .await
        .map_err(Into::into)
    }

    fn user_changes(
        &self,
        caller: &Caller,
        sound: &[(usize, (User, Vec<Membership>))],
        profiles: &HashMap<ProfileId, Profile>,
        now: Timestamp,
    ) -> Changes {
        let mut changes = Changes::default();
        for (_, (user, memberships)) in sound {
            changes.audit.push(Entry {
                id: EntryId(self.core.ports.entropy.id()),
                tenant: caller.tenant,
                at: now,
                actor: caller.actor.clone(),
                action: Action::Imported,
                subject: Subject::User(user.id.clone()),
                detail: None,
            });
            changes.users.push(user.clone());
            changes.memberships.extend_from_slice(memberships);
        }
        let is_invited = |it: &User| {
            let profile = it.invitation_profile.as_ref().and_then(|id| profiles.get(id));
            let unregistered = it.status == UserStatus::Unregistered;
            unregistered
                && profile
                    .is_some_and(|profile| profile.invites(it) && profile.address.of(it).is_some())
        };
        let users = sound.iter().map(|(_, (user, _))| user).filter(|it| is_invited(it));
        let rows: Vec<_> = users
            .zip(1..)
            .map(|(it, line)| {
                Row::invite(line, Invite::new(Invitee::User(UserRef::Id(it.id.clone()))))
            })
            .collect();
        if !rows.is_empty() {
            let (_, task) =
                whole_task(&*self.core.ports.entropy, caller, TaskKind::Automatic, rows, now);
            changes.tasks.extend(task.tasks);
            changes.slices.extend(task.slices);
            changes.jobs.extend(task.jobs);
            changes.audit.extend(task.audit);
        }
        changes
    }

    /// The profiles that the records name, and those that the users have already.
    async fn profiles_of(
        &self,
        caller: &Caller,
        records: &[UserRecord],
        held: &[Option<User>],
    ) -> Result<HashMap<ProfileId, Profile>, StoreError> {
        let named = records.iter().filter_map(|it| it.invitation_profile.clone());
        let had = held.iter().flatten().filter_map(|it| it.invitation_profile.clone());
        let ids: HashSet<_> = named.chain(had).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<_> = ids.into_iter().collect();
        let found = self.core.ports.profiles.find_many(caller.tenant, &ids).await?;
        Ok(found.into_iter().flatten().map(|it| (it.id.clone(), it)).collect())
    }

    fn user(
        &self,
        caller: &Caller,
        record: &UserRecord,
        held: Option<User>,
        memberships: &HashMap<(UserId, OrganizationId), Membership>,
        now: Timestamp,
    ) -> Result<(User, Vec<Membership>), BadRecord> {
        let it = record.clone();
        if it.password.as_deref().is_some_and(|it| !is_hash(it)) {
            return Err(BadRecord::PasswordHash);
        }
        let name = |field, given: Option<String>| given.map(|it| line(field, &it, 120)).transpose();
        let base = match held {
            Some(held) => held.touched(now),
            None => User::new(it.id.clone(), caller.tenant, now),
        };
        let user = User {
            status: it.status.unwrap_or(base.status),
            username: name("username", it.username)?.or(base.username),
            mailbox: it.mailbox.or(base.mailbox),
            personal_mailbox: it.personal_mailbox.or(base.personal_mailbox),
            phone: name("phone", it.phone)?.or(base.phone),
            first_name: name("firstName", it.first_name)?.or(base.first_name),
            last_name: name("lastName", it.last_name)?.or(base.last_name),
            display_name: name("displayName", it.display_name)?.or(base.display_name),
            locale: it.locale.or(base.locale),
            password: it.password.or(base.password),
            home: it.home.or(base.home),
            invitation_profile: it.invitation_profile.or(base.invitation_profile),
            profile: it.profile.unwrap_or(base.profile),
            attributes: it.attributes.unwrap_or(base.attributes),
            ..base
        };
        if user.username.is_none() && user.mailbox.is_none() {
            return Err(BadRecord::Missing("email"));
        }
        let mut seen = HashSet::new();
        let mut joined = Vec::new();
        for it in &record.memberships {
            if !seen.insert(&it.organization) {
                return Err(BadRecord::Taken("memberships"));
            }
            let pin = it.pin.as_deref().map(|pin| self.pin(&it.organization, pin)).transpose()?;
            let roles = it
                .roles
                .iter()
                .map(|role| line("memberships.roles", role, 100))
                .collect::<Result<_, _>>()?;
            let held = memberships.get(&(user.id.clone(), it.organization.clone()));
            let base = if let Some(held) = held {
                held.clone().touched()
            } else {
                let (id, place) =
                    (MembershipId(self.core.ports.entropy.id()), it.organization.clone());
                Membership::new(id, caller.tenant, user.id.clone(), place, now)
            };
            let pin = pin.or(base.pin);
            joined.push(Membership { roles, pin, pin_allowed: it.pin_allowed, ..base });
        }
        Ok((user, joined))
    }

    /// A pin is compared within its organization.
    fn pin(&self, organization: &OrganizationId, pin: &str) -> Result<Pin, BadRecord> {
        if !PinRules::is_pin(pin) {
            return Err(BadRecord::Pin);
        }
        Ok(Pin { digest: self.core.keyring.pin_digest(organization, pin), seed: None })
    }

    async fn known(
        &self,
        caller: &Caller,
        ids: &[OrganizationId],
    ) -> Result<HashSet<OrganizationId>, StoreError> {
        let ids: Vec<_> = ids.iter().collect::<HashSet<_>>().into_iter().cloned().collect();
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let found = self.core.ports.organizations.find_many(caller.tenant, &ids).await?;
        Ok(found.into_iter().flatten().map(|it| it.id).collect())
    }

    /// Writes the sound ones. Who loses to something that is there already is bad as well.
    async fn write<T>(
        &self,
        mut plan: Plan<T>,
        keep_going: bool,
        changes: impl Fn(&[(usize, T)]) -> Changes,
        is_about: impl Fn(&Conflict, &T) -> bool,
    ) -> Result<Imported, StoreError> {
        loop {
            if (!keep_going && !plan.bad.is_empty()) || plan.sound.is_empty() {
                return Ok(Imported { written: 0, bad: plan.bad });
            }
            match self.core.ports.ledger.commit(&changes(&plan.sound)).await {
                Ok(()) => return Ok(Imported { written: plan.sound.len(), bad: plan.bad }),
                Err(CommitError::Store(error)) => return Err(error),
                Err(CommitError::Conflict(losses)) => {
                    let before = plan.sound.len();
                    let lost = |it: &T| losses.iter().any(|loss| is_about(loss, it));
                    let (gone, sound): (Vec<_>, _) =
                        plan.sound.into_iter().partition(|(_, it)| lost(it));
                    plan.sound = sound;
                    let taken = BadRecord::Taken("email, username, code, name or pin");
                    plan.bad.extend(gone.into_iter().map(|(number, _)| (number, taken.clone())));
                    if plan.sound.len() == before {
                        return Err(StoreError::new("a loss that names nothing that was sent"));
                    }
                }
            }
        }
    }
}

/// The records by their numbers, sound and bad.
struct Plan<T> {
    sound: Vec<(usize, T)>,
    bad: BTreeMap<usize, BadRecord>,
}

impl<T> Default for Plan<T> {
    fn default() -> Self {
        Self { sound: Vec::new(), bad: BTreeMap::new() }
    }
}

fn organization(
    caller: &Caller,
    record: &OrganizationRecord,
    held: Option<&Organization>,
    now: Timestamp,
) -> Result<Organization, BadRecord> {
    let text = |field, given: &Option<String>, max| {
        given.as_deref().map(|it| line(field, it, max)).transpose()
    };
    let name = text("name", &record.name, 120)?;
    let base = if let Some(held) = held {
        held.clone().touched(now)
    } else {
        let name = name.clone().ok_or(BadRecord::Missing("name"))?;
        Organization::new(record.id.clone(), caller.tenant, name, now)
    };
    let it = record.clone();
    let policies = Policies {
        only: it.only.unwrap_or(base.policies.only),
        deny: it.deny.unwrap_or(base.policies.deny),
        join: it.join.unwrap_or(base.policies.join),
        foreign: base.policies.foreign,
    };
    Ok(Organization {
        name: name.unwrap_or(base.name),
        code: text("code", &record.code, 64)?.or(base.code),
        display_name: text("displayName", &record.display_name, 120)?.or(base.display_name),
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

fn role(
    caller: &Caller,
    record: &RoleRecord,
    held: Option<&Role>,
    now: Timestamp,
) -> Result<Role, BadRecord> {
    let text = |field, given: &Option<String>, max| {
        given.as_deref().map(|it| line(field, it, max)).transpose()
    };
    let name = text("name", &record.name, 120)?;
    let base = if let Some(held) = held {
        held.clone().touched(now)
    } else {
        let name = name.clone().ok_or(BadRecord::Missing("name"))?;
        let new = Role::new(record.id.clone(), caller.tenant, name, now);
        Role { organization: record.organization.clone(), ..new }
    };
    let moved = record.organization.is_some() && record.organization != base.organization;
    if moved {
        return Err(BadRecord::Moved);
    }
    let permissions = record.permissions.clone().unwrap_or(base.permissions);
    is_permitted(&permissions)?;
    Ok(Role {
        name: name.unwrap_or(base.name),
        description: text("description", &record.description, 500)?.or(base.description),
        permissions,
        ..base
    })
}

#[cfg(test)]
mod tests;
