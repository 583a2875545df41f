//! Take back what a key made: after it was stolen.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use usher_domain::{
    Action, Actor, Caller, Completion, Credential, CredentialId, Subject, TaskId, Timestamp, User,
    UserId,
};

use crate::{
    access::{
        credentials::{CredentialError, ManageCredentials},
        fate::Fate,
        sources::{Source, Sources, is_left},
    },
    ports::{
        Ports,
        error::StoreError,
        invitations::Filter,
        ledger::Changes,
        tasks::TaskRange,
        users::{Documents, UserCondition},
    },
    shared::{
        audit_trail::Trail, bounds::commit_for, commit::Decision, core::Core,
        orphans::OrphanedInvitations,
    },
};

/// Revokes keys with what they made.
pub struct TakeBack {
    core: Arc<Core>,
    credentials: ManageCredentials,
    orphans: OrphanedInvitations,
}

/// What is to be taken back of a key.
#[derive(Clone, Copy, Debug)]
pub struct TakeBackOrder {
    /// What it made from then on; all that it ever made, if there is none.
    pub since: Option<Timestamp>,
    /// Only tell what it would be: nothing is written, and the key is not revoked.
    pub rehearsal: bool,
}

/// What was taken back, or would be in a rehearsal, and what nobody can take back but a person who looks at it.
#[derive(Clone, Debug)]
pub struct TakenBack {
    pub credential: Credential,
    pub rehearsal: bool,
    /// The keys that were made with it, directly or by way of others.
    pub keys: Vec<Credential>,
    /// How many tasks were ended.
    pub tasks: u64,
    /// How many pending invitations were revoked.
    pub invitations: u64,
    /// How many memberships ended.
    pub ended: u64,
    /// How many memberships and accounts have lost roles, a pin or an authority.
    pub reduced: u64,
    /// How many accounts were disabled.
    pub disabled: u64,
    /// Accounts that it made, or opened by a link that it was shown, which others gave something since;
    /// accounts that had authority from it; and accounts that a person's bound key may have made, which
    /// belong to nothing any more: the first hundred of them.
    pub users: Vec<UserId>,
    /// How many those are.
    pub users_in_all: u64,
    /// What else was done with it, and how often.
    pub acts: BTreeMap<&'static str, u64>,
}

/// One page of what somebody gave.
struct Page<K, T> {
    changes: Changes,
    /// After what the next page begins; none after the last one.
    next: Option<K>,
    /// What becomes of those who are on it.
    fates: T,
}

impl TakenBack {
    fn of(credential: Credential, rehearsal: bool) -> Self {
        Self {
            credential,
            rehearsal,
            keys: Vec::new(),
            tasks: 0,
            invitations: 0,
            ended: 0,
            reduced: 0,
            disabled: 0,
            users: Vec::new(),
            users_in_all: 0,
            acts: BTreeMap::new(),
        }
    }

    /// The same before all is looked at once more: what was written is not there any more to be counted.
    fn begun_again(self) -> Self {
        let blank = Self::of(self.credential.clone(), self.rehearsal);
        if self.rehearsal {
            return blank;
        }
        let Self { tasks, invitations, ended, reduced, disabled, .. } = self;
        Self { tasks, invitations, ended, reduced, disabled, ..blank }
    }

    fn count(&mut self, it: &Fate) {
        self.ended += it.joined.len() as u64;
        self.disabled += u64::from(it.is_disabled_now());
        self.reduced += u64::from(it.is_changed() && !it.is_disabled_now());
        self.users_in_all += u64::from(it.is_to_look_at());
        if it.is_to_look_at() && self.users.len() < NAMED {
            self.users.push(it.after.id.clone());
        }
    }
}

/// What is read at once, and written in one commit.
const PAGE: u64 = 100;
/// How many users are named.
const NAMED: usize = 100;
/// How many entries of the audit are read at once.
const ENTRIES: u64 = 500;
/// Acts that are counted are written so much later than they were done.
const LATE: TimeDelta = TimeDelta::minutes(5);

impl TakeBack {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            credentials: ManageCredentials::new(core),
            orphans: OrphanedInvitations::new(core),
        }
    }

    /// Revokes the key and those that were made with it, ends their tasks and revokes their pending
    /// invitations. What they gave goes so far as nobody else gave it too, also what was given by
    /// invitations that were accepted: memberships end, roles, pins and authorities go, and accounts
    /// are disabled unless they have anything from others. What such an account did by an authority
    /// that it had from the key is taken back as well.
    ///
    /// What was accepted by a link that the key was shown counts as given by it, whoever invited.
    ///
    /// What a person made is not told apart by their keys: it is all that they made since then, as far
    /// as the key reaches. One that is bound to an organization reaches those right below it too, and
    /// the bare home right above it that newcomers get. So what was done with a person's key that the stolen
    /// key made is not taken back, though that key is revoked.
    ///
    /// It is written in slices of a hundred. If it fails half way, running it again does the rest.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, key = %id))]
    pub async fn run(
        &self,
        caller: &Caller,
        id: CredentialId,
        TakeBackOrder { since, rehearsal }: TakeBackOrder,
    ) -> Result<TakenBack, CredentialError> {
        if !caller.administers_tenant() {
            return Err(CredentialError::Forbidden);
        }
        let key = self.credentials.find(caller, id).await?;
        let key = if rehearsal { key } else { self.credentials.revoke(caller, id).await? };
        let since = since.map_or(key.created_at, |it| it.max(key.created_at));
        let organizations = &*self.core.ports.organizations;
        let mut sources = Sources(vec![Source::of(organizations, &key, since).await?]);
        let mut told = TakenBack::of(key, rehearsal);
        // Whoever turns out to be one of them late may have given what was looked at before.
        loop {
            let known = sources.0.len();
            told = told.begun_again();
            let mut next = 0;
            while let Some(source) = sources.0.get(next).cloned() {
                self.keys(caller, &source, &mut sources, &mut told).await?;
                told.tasks += self.end_tasks(caller, &source, rehearsal).await?;
                told.invitations += self.invitations(caller, &source, rehearsal).await?;
                // Memberships tell where somebody who has no home was given the account.
                self.users(caller, &source, &mut sources, &mut told).await?;
                self.memberships(caller, &source, &sources, &mut told).await?;
                next += 1;
            }
            if sources.0.len() == known {
                break;
            }
        }
        told.acts = self.acts(caller, &sources).await?;
        Ok(told)
    }

    /// Revokes the keys that this source made.
    async fn keys(
        &self,
        caller: &Caller,
        source: &Source,
        sources: &mut Sources,
        told: &mut TakenBack,
    ) -> Result<(), CredentialError> {
        let all = self.credentials.list(caller).await?;
        for it in all.into_iter().filter(|it| source.made(it)) {
            if !told.rehearsal {
                self.credentials.revoke(caller, it.id).await?;
            }
            if it.user.is_none() {
                let organizations = &*self.core.ports.organizations;
                sources.add(Source::of(organizations, &it, it.created_at).await?);
            }
            told.keys.push(it);
        }
        Ok(())
    }

    async fn end_tasks(
        &self,
        caller: &Caller,
        source: &Source,
        rehearsal: bool,
    ) -> Result<u64, CredentialError> {
        let filter = source.tasks();
        let mut range = TaskRange { limit: PAGE, ..TaskRange::default() };
        let mut ended = 0;
        loop {
            let found = self.core.ports.tasks.list(caller.tenant, &filter, range).await?;
            range.after = found.last().map(Into::into);
            let is_last = (found.len() as u64) < PAGE;
            for it in found.iter().filter(|it| source.submitted(it)) {
                ended += u64::from(rehearsal || self.end_task(caller, it.id).await?);
            }
            if is_last {
                return Ok(ended);
            }
        }
    }

    /// Whether the task was not over already.
    async fn end_task(&self, caller: &Caller, id: TaskId) -> Result<bool, CredentialError> {
        let Ports { clock, entropy, tasks, .. } = &self.core.ports;
        commit_for(&self.core, caller, "end the task of a key", |_| async move {
            let found = tasks.find(caller.tenant, id).await?;
            let Some(task) = found.filter(|it| it.completion.is_none()) else {
                return Ok(Decision::Done(false));
            };
            let (now, how) = (clock.now(), Completion::Terminated);
            let trail = Trail::of(caller, now, &**entropy);
            let detail = how.as_str().to_owned();
            let entry = trail.note_with(Action::TaskCleared, Subject::Task(id), detail);
            let changes = Changes {
                tasks: vec![task.completed(how, now, now)],
                audit: vec![entry],
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, true))
        })
        .await
    }

    async fn invitations(
        &self,
        caller: &Caller,
        source: &Source,
        rehearsal: bool,
    ) -> Result<u64, StoreError> {
        let mut revoked = 0;
        for filter in source.invitations() {
            revoked += if rehearsal {
                self.orphans.count(caller, filter).await?
            } else {
                self.orphans.revoke_all(caller, filter).await?
            };
        }
        Ok(revoked)
    }

    /// Ends the memberships of which this source gave anything, or takes from them what it gave.
    async fn memberships(
        &self,
        caller: &Caller,
        source: &Source,
        sources: &Sources,
        told: &mut TakenBack,
    ) -> Result<(), CredentialError> {
        let Ports { clock, entropy, organizations, .. } = &self.core.ports;
        let page = |after| async move {
            let found = organizations.given_by(caller.tenant, &source.actor, after, PAGE).await?;
            let next = found.last().map(|it| (it.user.clone(), it.organization.clone()));
            let trail = Trail::of(caller, clock.now(), &**entropy);
            let mut changes = Changes::default();
            for it in found {
                let (action, left) = match sources.left_of(&it) {
                    Some(left) if left == it => continue,
                    Some(left) => (Action::MemberChanged, Some(left.touched())),
                    None => (Action::MemberRemoved, None),
                };
                changes.audit.push(trail.note_membership(action, &it));
                match left {
                    Some(left) => changes.memberships.push(left),
                    None => changes.removed.push(it),
                }
            }
            let counts = (changes.removed.len() as u64, changes.memberships.len() as u64);
            Ok(Page { changes, next, fates: counts })
        };
        let rehearsal = told.rehearsal;
        self.pages(caller, "take back memberships", rehearsal, page, |(ended, reduced)| {
            (told.ended, told.reduced) = (told.ended + ended, told.reduced + reduced);
        })
        .await
    }

    /// Takes from accounts what this source gave them, and disables those that it made.
    async fn users(
        &self,
        caller: &Caller,
        source: &Source,
        sources: &mut Sources,
        told: &mut TakenBack,
    ) -> Result<(), CredentialError> {
        let Ports { clock, users, .. } = &self.core.ports;
        let filter = &Filter::Is(UserCondition::GivenBy(source.actor.clone()));
        let known = &*sources;
        let page = |after| async move {
            let (tenant, now) = (caller.tenant, clock.now());
            let found =
                users.search_by_id(tenant, filter, after, PAGE, Documents::With, now).await?;
            let next = found.last().map(|it| it.id.clone());
            let fates = self.fates(caller, known, found).await?;
            Ok(Page { changes: self.changes(caller, &fates, now), next, fates })
        };
        let (rehearsal, mut acted) = (told.rehearsal, Vec::new());
        self.pages(caller, "take back accounts", rehearsal, page, |fates| {
            for it in fates {
                told.count(&it);
                if it.acted() {
                    let (actor, since) = (Actor::User(it.after.id), it.after.created_at);
                    acted.push(Source { actor, since, reach: None });
                }
            }
        })
        .await?;
        for it in acted {
            sources.add(it);
        }
        Ok(())
    }

    /// Writes page after page, each in a commit of its own and none in a rehearsal, and tells what
    /// becomes of those who are on it.
    async fn pages<K: Clone, T, F>(
        &self,
        caller: &Caller,
        name: &'static str,
        rehearsal: bool,
        page: impl Fn(Option<K>) -> F,
        mut tell: impl FnMut(T),
    ) -> Result<(), CredentialError>
    where
        F: Future<Output = Result<Page<K, T>, StoreError>>,
    {
        let mut after = None;
        loop {
            let written = commit_for(&self.core, caller, name, |_| {
                let page = page(after.clone());
                async move {
                    let Page { changes, next, fates } = page.await?;
                    Ok::<_, CredentialError>(if rehearsal || changes == Changes::default() {
                        Decision::Done((next, fates))
                    } else {
                        Decision::Commit(changes, (next, fates))
                    })
                }
            });
            let (next, fates) = written.await?;
            tell(fates);
            if next.is_none() {
                return Ok(());
            }
            after = next;
        }
    }

    /// What becomes of these accounts.
    async fn fates(
        &self,
        caller: &Caller,
        sources: &Sources,
        users: Vec<User>,
    ) -> Result<Vec<Fate>, StoreError> {
        let ids: Vec<_> = users.iter().map(|it| it.id.clone()).collect();
        let held = self.core.ports.organizations.memberships(caller.tenant, &ids).await?;
        let fate = |it| Fate::of(it, &held, sources);
        Ok(users.into_iter().map(fate).collect())
    }

    fn changes(&self, caller: &Caller, fates: &[Fate], now: Timestamp) -> Changes {
        let trail = Trail::of(caller, now, &*self.core.ports.entropy);
        let changed = fates.iter().filter(|it| it.is_changed());
        let note = |it: &Fate| {
            let action =
                if it.is_disabled_now() { Action::UserDisabled } else { Action::MemberChanged };
            trail.note(action, Subject::User(it.after.id.clone()))
        };
        let joined = || fates.iter().flat_map(|it| &it.joined);
        let note_end = |it| trail.note_membership(Action::MemberRemoved, it);
        Changes {
            audit: changed.clone().map(note).chain(joined().map(note_end)).collect(),
            removed: joined().cloned().collect(),
            users: changed
                .map(|it| it.after.clone().touched(now).changed_from(&it.before, now))
                .collect(),
            ..Changes::default()
        }
    }

    /// What else they did, which the audit tells: how often each.
    async fn acts(
        &self,
        caller: &Caller,
        sources: &Sources,
    ) -> Result<BTreeMap<&'static str, u64>, StoreError> {
        let (mut acts, mut after) = (BTreeMap::new(), None);
        let since = sources.0.iter().map(|it| it.since).min();
        loop {
            let found = self.core.ports.audit.list(caller.tenant, after, ENTRIES).await?;
            for it in found.iter().filter(|it| is_left(it.action) && sources.acted(it)) {
                *acts.entry(it.action.as_str()).or_default() += u64::from(it.count);
            }
            let Some(last) = found.last() else { return Ok(acts) };
            if since.is_some_and(|it| last.at < it - LATE) {
                return Ok(acts);
            }
            after = Some(last.id);
        }
    }
}
