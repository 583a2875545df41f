//! Attempts to sign in: what wrong ones are counted under, and how long the next one has to wait.

use chrono::TimeDelta;
use uuid::Uuid;

use crate::{
    authority::Actor,
    id::{OrganizationId, UserId},
    keyring::{Keyring, Purpose},
    timestamp::Timestamp,
};

/// How many wrong attempts are free, and how fast they are forgiven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many wrong attempts there may be before the first wait.
    pub free: u32,
    /// How long it takes, from the end of the last wait on, until one wrong attempt is forgiven.
    pub pause: TimeDelta,
}

impl Allowance {
    /// For passwords and pins that are tried under one name: about a hundred guesses a day.
    pub const NAME: Self = Self { free: 4, pause: TimeDelta::minutes(15) };
    /// For pins without a name that one key tries: about three hundred guesses a day.
    pub const KEY: Self = Self { free: 4, pause: TimeDelta::minutes(5) };
    /// For pins without a name that all keys of an organization try together. One key alone guesses
    /// no faster than this forgives, so that it cannot make the organization wait.
    pub const ORGANIZATION: Self = Self { free: 200, pause: TimeDelta::minutes(5) };

    /// From this many wrong attempts beyond the free ones on, the wait does not grow any more.
    const MOST: u32 = 10;
    const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(15);
}

/// What wrong attempts are counted under: a keyed digest of what was asked for, whether it exists or
/// not, so that the count does not tell which names there are, and the rows hold no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    pub key: Vec<u8>,
    pub allowance: Allowance,
}

/// What somebody tries to sign in to.
#[derive(Clone, Debug)]
pub enum Attempted<'a> {
    /// A password (or, with an organization, a pin) under this name, folded.
    Name {
        tenant: &'a str,
        organization: Option<&'a str>,
        name: &'a str,
        /// The browser that tries, if this person signed in with it before: it has a count of its
        /// own, so that wrong attempts from elsewhere do not make it wait.
        device: Option<Uuid>,
    },
    /// A pin without a name, tried with the key of this caller.
    Key { organization: &'a OrganizationId, caller: &'a Actor },
    /// A pin without a name, tried with any key.
    Organization(&'a OrganizationId),
    /// The password until now of somebody who is signed in and changes it.
    Change(&'a UserId),
    /// A letter to this address, folded, for which there is none.
    Letter { tenant: &'a str, name: &'a str },
}

impl Keyring {
    /// What wrong attempts at this are counted under. It is another one once there is another key.
    #[must_use]
    pub fn counter(&self, of: &Attempted<'_>) -> Counter {
        let (kind, allowance, parts) = match of {
            Attempted::Name { tenant, organization, name, device } => {
                let kind: &[u8] = if organization.is_some() { b"pin" } else { b"password" };
                let device = device.map(|it| it.as_simple().to_string()).unwrap_or_default();
                let place = organization.unwrap_or_default().to_owned();
                let parts = vec![(*tenant).to_owned(), place, (*name).to_owned(), device];
                (kind, Allowance::NAME, parts)
            }
            Attempted::Key { organization, caller } => {
                let parts = vec![organization.to_string(), caller.to_string()];
                (b"pin by key".as_slice(), Allowance::KEY, parts)
            }
            Attempted::Organization(organization) => {
                let parts = vec![organization.to_string()];
                (b"pin by any key".as_slice(), Allowance::ORGANIZATION, parts)
            }
            Attempted::Change(user) => {
                (b"change".as_slice(), Allowance::NAME, vec![user.to_string()])
            }
            Attempted::Letter { tenant, name } => {
                let parts = vec![(*tenant).to_owned(), (*name).to_owned()];
                (b"letter".as_slice(), Allowance::NAME, parts)
            }
        };
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Counter { key: self.digest(Purpose::Attempt, kind, &bytes), allowance }
    }
}

/// The wrong attempts under one counter. It slows down whoever guesses, and locks nobody out for
/// good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttemptRecord {
    /// Wrong attempts that are not forgiven yet.
    pub failures: u32,
    /// Attempts before this time are refused unseen.
    pub not_before: Option<Timestamp>,
}

impl AttemptRecord {
    /// The record with one more wrong attempt: beyond the free ones, each makes the next attempt wait,
    /// for 2 s, 4 s, … 15 minutes at most.
    ///
    /// # Errors
    /// How long there is still to wait. Then nothing is looked at, and nothing is counted.
    pub fn attempted(self, now: Timestamp, allowance: Allowance) -> Result<Self, TimeDelta> {
        if let Some(wait) = self.wait(now) {
            return Err(wait);
        }
        let rested = self.rested(now, allowance.pause);
        let failures = (rested.failures + 1).min(allowance.free + Allowance::MOST);
        let excess = failures.saturating_sub(allowance.free);
        let wait = match excess {
            0 => TimeDelta::zero(),
            _ => TimeDelta::seconds(1 << excess).min(Allowance::LONGEST_WAIT),
        };
        Ok(Self { failures, not_before: Some(now + wait) })
    }

    /// The same record with one wrong attempt less: it was counted beforehand, and was right.
    #[must_use]
    pub fn taken_back(self) -> Self {
        Self { failures: self.failures.saturating_sub(1), ..self }
    }

    /// How long there is still to wait.
    #[must_use]
    pub fn wait(self, now: Timestamp) -> Option<TimeDelta> {
        self.not_before.map(|it| it - now).filter(|it| *it > TimeDelta::zero())
    }

    /// When all of its wrong attempts are forgiven, and the record says no more than none does.
    #[must_use]
    pub fn expires_at(self, allowance: Allowance) -> Option<Timestamp> {
        let failures = i32::try_from(self.failures).unwrap_or(i32::MAX);
        self.not_before.map(|it| it + allowance.pause * failures)
    }

    /// The same record, with one wrong attempt less for each `pause` since the last wait. No pause
    /// counts twice.
    fn rested(self, now: Timestamp, pause: TimeDelta) -> Self {
        let Some(since) = self.not_before.filter(|it| *it < now) else { return self };
        let pause = pause.num_milliseconds().max(1);
        let pauses = (now - since).num_milliseconds() / pause;
        let forgiven = u32::try_from(pauses).unwrap_or(u32::MAX);
        Self {
            failures: self.failures.saturating_sub(forgiven),
            not_before: Some(since + TimeDelta::milliseconds(pauses * pause)),
        }
    }
}

#[cfg(test)]
mod tests;
