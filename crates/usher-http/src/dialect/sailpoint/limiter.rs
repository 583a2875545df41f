//! How often a key may ask.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use usher_domain::{CredentialId, Timestamp};

use super::api_version::Edition;

/// Counts what each key asks of each version of the API, in windows that begin with a request.
pub(super) struct Limiter {
    most: u32,
    windows: Mutex<HashMap<(CredentialId, Edition), Window>>,
}

struct Window {
    began: Timestamp,
    asked: u32,
}

impl Limiter {
    /// How long a window is.
    const SPAN: TimeDelta = TimeDelta::seconds(10);
    /// The most windows that are remembered at a time. More keys than that are not counted.
    const ROOM: usize = 10_000;

    /// Lets `most` requests pass in a window.
    pub(super) fn new(most: u32) -> Self {
        Self { most, windows: Mutex::default() }
    }

    /// Counts a request, or says how many seconds there are to wait.
    pub(super) fn admit(
        &self,
        key: CredentialId,
        edition: Edition,
        now: Timestamp,
    ) -> Result<(), i64> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= Self::ROOM && !windows.contains_key(&(key, edition)) {
            windows.retain(|_, it| it.is_open(now));
            if windows.len() >= Self::ROOM {
                return Ok(());
            }
        }
        let window =
            windows.entry((key, edition)).or_insert_with(|| Window { began: now, asked: 0 });
        if !window.is_open(now) {
            *window = Window { began: now, asked: 0 };
        }
        if window.asked >= self.most {
            let wait = window.began + Self::SPAN - now;
            return Err((wait.num_milliseconds() + 999) / 1000);
        }
        window.asked += 1;
        Ok(())
    }
}

impl Window {
    /// A clock that was set back ends it as well.
    fn is_open(&self, now: Timestamp) -> bool {
        (self.began..self.began + Limiter::SPAN).contains(&now)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds)
    }

    fn key(n: u128) -> CredentialId {
        CredentialId(Uuid::from_u128(n))
    }

    #[test]
    fn each_key_has_its_share_of_each_version() {
        let limiter = Limiter::new(2);
        let ask = |n, edition, ms| limiter.admit(key(n), edition, at(ms));
        assert_eq!([0, 1].map(|ms| ask(1, Edition::Beta, ms)), [Ok(()), Ok(())]);
        assert_eq!(ask(1, Edition::Beta, 1), Err(10));
        assert_eq!(ask(1, Edition::Beta, 9_000), Err(1));
        assert_eq!(ask(1, Edition::Beta, 9_999), Err(1));
        assert_eq!(ask(1, Edition::V2026, 1), Ok(()));
        assert_eq!(ask(2, Edition::Beta, 1), Ok(()));
        assert_eq!(ask(1, Edition::Beta, 10_000), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let limiter = Limiter::new(1);
        assert_eq!(limiter.admit(key(1), Edition::V1, at(1_000_000)), Ok(()));
        assert_eq!(limiter.admit(key(1), Edition::V1, at(0)), Ok(()));
        assert_eq!(limiter.admit(key(1), Edition::V1, at(0)), Err(10));
    }

    #[test]
    fn it_remembers_no_more_than_there_is_room_for() {
        let limiter = Limiter::new(1);
        let room = Limiter::ROOM as u128;
        for n in 0..room + 100 {
            assert_eq!(limiter.admit(key(n), Edition::V1, at(0)), Ok(()));
        }
        assert_eq!(limiter.windows.lock().unwrap().len(), Limiter::ROOM);
        assert_eq!(limiter.admit(key(0), Edition::V1, at(0)), Err(10), "those in it are counted");
        limiter.admit(key(room), Edition::V1, at(10_000)).unwrap();
        assert_eq!(limiter.windows.lock().unwrap().len(), 1);
    }
}
