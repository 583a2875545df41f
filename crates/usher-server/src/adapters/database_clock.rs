//! The clock of the database, by which all nodes that share it go.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::TimeDelta;
use usher_application::{Clock, StoreError};
use usher_domain::Timestamp;
use usher_persistence::SqlStore;

use crate::adapters::system::SystemClock;

/// How far the time may be off until it is set: less is how long the way to the database takes.
const TOLERANCE: TimeDelta = TimeDelta::milliseconds(50);

/// The time that the database told, and what has passed since then. Nodes whose own clocks differ
/// agree on what is due, and setting the clock of a machine changes nothing here.
pub(crate) struct DatabaseClock(Mutex<Told>);

#[derive(Clone, Copy)]
struct Told {
    time: Timestamp,
    at: Instant,
}

impl Told {
    fn now(self) -> Timestamp {
        self.time + TimeDelta::from_std(self.at.elapsed()).unwrap_or_default()
    }
}

impl DatabaseClock {
    /// As the database tells the time now; none: it has no clock of its own.
    pub(crate) async fn read(store: &SqlStore) -> Result<Option<Self>, StoreError> {
        Ok(ask(store).await?.map(|told| Self(Mutex::new(told))))
    }

    /// Asks again, for clocks run differently, and another server may have taken over.
    pub(crate) async fn set(&self, store: &SqlStore) -> Result<(), StoreError> {
        if let Some(told) = ask(store).await? {
            let mut known = self.told();
            if (told.now() - known.now()).abs() > TOLERANCE {
                *known = told;
            }
        }
        Ok(())
    }

    /// How far the clock of this machine is ahead of the database's; negative: behind it.
    pub(crate) fn machine_is_ahead(&self) -> TimeDelta {
        SystemClock.now() - self.now()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// It was told halfway between the question and the answer.
async fn ask(store: &SqlStore) -> Result<Option<Told>, StoreError> {
    let asked = Instant::now();
    let time = store.time().await?;
    Ok(time.map(|time| Told { time, at: asked + asked.elapsed() / 2 }))
}

#[async_trait]
impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        let now = self.told().now();
        chrono::SubsecRound::trunc_subsecs(now, 6)
    }

    async fn rest(&self, time: Duration) {
        SystemClock.rest(time).await;
    }
}
