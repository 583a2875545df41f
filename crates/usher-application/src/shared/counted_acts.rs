//! Acts that may come in any number, because they were refused or change nothing: they are counted in
//! memory, and written to the audit once a minute.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use usher_domain::{Action, Actor, Caller, Entry, EntryId, Subject, TenantId, Timestamp};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{commit::commit_once, request_scope},
};

/// How many different acts of one tenant are told apart until they are written.
const OF_A_TENANT: usize = 200;
/// How many of all tenants.
const OF_ALL: usize = 10_000;
/// How many entries are written in one commit.
const AT_ONCE: usize = 1_000;

/// Counts acts. Cheap to clone: all clones count together.
///
/// Each act is counted exactly once, and acts that differ in nothing but their time share one entry
/// for each minute. A tenant that has too many different ones within a minute has the rest counted
/// without their actor, subject and source: an attacker fills neither memory nor the audit, and
/// hides nobody else's acts. What was counted in the last minute is lost if the process is killed.
#[derive(Clone)]
pub struct CountedActs {
    ports: Ports,
    counted: Arc<Mutex<Counted>>,
}

/// An act, apart from when it was and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CountedAct {
    pub tenant: TenantId,
    pub actor: Actor,
    pub action: Action,
    pub subject: Subject,
    pub detail: Option<String>,
}

type Key = (CountedAct, Option<Arc<str>>);

#[derive(Default)]
struct Counted {
    acts: HashMap<Key, Times>,
    of_tenant: HashMap<TenantId, usize>,
}

/// How often it was, and when for the first time.
#[derive(Clone, Copy)]
struct Times {
    count: u32,
    first: Timestamp,
}

impl CountedAct {
    /// What this caller did to the organization that they are bound to, or to the tenant.
    pub(crate) fn of(caller: &Caller, action: Action, detail: Option<String>) -> Self {
        let subject = caller.organization.clone().map_or(Subject::Tenant, Subject::Organization);
        Self { tenant: caller.tenant, actor: caller.actor.clone(), action, subject, detail }
    }

    /// All that is told of an act once there are too many different ones.
    fn without_particulars(self) -> Self {
        let detail = Some("others".to_owned());
        Self { actor: Actor::Nobody, subject: Subject::Tenant, detail, ..self }
    }
}

impl CountedActs {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { ports: ports.clone(), counted: Arc::default() }
    }

    /// The caller had too little authority for this, or asked for what is beyond them. `what` names
    /// the route, or the command.
    pub fn denied(&self, caller: &Caller, what: String, source: Option<Arc<str>>) {
        self.count_from(CountedAct::of(caller, Action::Denied, Some(what)), source);
    }

    /// The caller asked for this too often, and has to wait.
    pub fn throttled(&self, caller: &Caller, what: String, source: Option<Arc<str>>) {
        self.count_from(CountedAct::of(caller, Action::Throttled, Some(what)), source);
    }

    /// Counts an act of the request at hand, from its source.
    pub(crate) fn count(&self, act: CountedAct) {
        request_scope::noted();
        self.count_from(act, request_scope::source());
    }

    fn count_from(&self, act: CountedAct, source: Option<Arc<str>>) {
        let times = Times { count: 1, first: self.ports.clock.now() };
        self.lock().add((act, source), times);
    }

    /// Writes what was counted since the last time.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails; then it is written the next time.
    pub async fn write(&self) -> Result<(), StoreError> {
        let mut left: Vec<_> = mem::take(&mut *self.lock()).acts.into_iter().collect();
        left.sort_by_key(|(_, times)| times.first);
        while !left.is_empty() {
            let some: Vec<_> = left.drain(..left.len().min(AT_ONCE)).collect();
            let audit = some.iter().map(|(key, times)| self.entry(key, *times)).collect();
            let changes = Changes { audit, ..Changes::default() };
            if let Err(error) = commit_once(&*self.ports.ledger, &changes).await {
                let mut counted = self.lock();
                some.into_iter().chain(left).for_each(|(key, times)| counted.add(key, times));
                return Err(error);
            }
        }
        Ok(())
    }

    fn entry(&self, (act, source): &Key, times: Times) -> Entry {
        let CountedAct { tenant, actor, action, subject, detail } = act.clone();
        Entry {
            id: EntryId(self.ports.entropy.id()),
            tenant,
            at: times.first,
            actor,
            action,
            subject,
            detail,
            source: source.as_deref().map(str::to_owned),
            count: times.count,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn add(&mut self, key: Key, times: Times) {
        if let Some(known) = self.acts.get_mut(&key) {
            known.count = known.count.saturating_add(times.count);
            known.first = known.first.min(times.first);
            return;
        }
        let of_tenant = self.of_tenant.entry(key.0.tenant).or_default();
        let is_full = *of_tenant >= OF_A_TENANT || self.acts.len() >= OF_ALL;
        let rest = (key.0.clone().without_particulars(), None);
        if is_full && key != rest {
            self.add(rest, times);
            return;
        }
        *of_tenant += 1;
        self.acts.insert(key, times);
    }
}

#[cfg(test)]
mod tests;
