//! The latest attempts to sign in, and how long the next one has to wait.

use chrono::TimeDelta;

use crate::timestamp::Timestamp;

/// The latest attempts to sign in. It slows down whoever guesses passwords, and locks nobody out
/// for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignInRecord {
    /// Wrong passwords since the last right one.
    pub failures: u32,
    /// Attempts before this time are refused unseen.
    pub not_before: Option<Timestamp>,
}

impl SignInRecord {
    /// How many wrong passwords there may be before the first wait.
    pub const FREE: u32 = 4;

    /// One more wrong password: from the fifth on a wait of 2 s, 4 s, … 15 minutes at most.
    #[must_use]
    pub fn failed(self, now: Timestamp) -> Self {
        let failures = self.failures.saturating_add(1);
        let wait = failures
            .checked_sub(Self::FREE)
            .filter(|it| *it > 0)
            .map(|excess| TimeDelta::seconds(1 << excess.min(10)).min(TimeDelta::minutes(15)));
        Self { failures, not_before: Some(now + wait.unwrap_or_default()) }
    }

    /// The same record, with one wrong password less for each `pause` since the last wait. No pause
    /// counts twice.
    #[must_use]
    pub fn rested(self, now: Timestamp, pause: TimeDelta) -> Self {
        let Some(since) = self.not_before.filter(|it| *it < now) else { return self };
        let pause = pause.num_milliseconds().max(1);
        let pauses = (now - since).num_milliseconds() / pause;
        let forgiven = u32::try_from(pauses).unwrap_or(u32::MAX);
        Self {
            failures: self.failures.saturating_sub(forgiven),
            not_before: Some(since + TimeDelta::milliseconds(pauses * pause)),
        }
    }

    /// The same record with one wrong password less: it was counted beforehand, and was right.
    #[must_use]
    pub fn taken_back(self) -> Self {
        Self { failures: self.failures.saturating_sub(1), ..self }
    }

    /// How long there is still to wait.
    #[must_use]
    pub fn wait(self, now: Timestamp) -> Option<TimeDelta> {
        self.not_before.map(|it| it - now).filter(|it| *it > TimeDelta::zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_gets_slower_and_never_ends_in_a_lock() {
        let now = Timestamp::UNIX_EPOCH;
        let mut record = SignInRecord::default();
        let waits: Vec<_> = (1..=30)
            .map(|_| {
                record = record.failed(now);
                record.wait(now).map_or(0, |it| it.num_seconds())
            })
            .collect();
        assert_eq!(waits[..6], [0, 0, 0, 0, 2, 4]);
        assert_eq!(waits[29], 900);
        assert_eq!(record.wait(now + TimeDelta::minutes(15)), None);
    }

    #[test]
    fn what_lies_back_is_forgiven_bit_by_bit() {
        let now = Timestamp::UNIX_EPOCH;
        let record = (0..3).fold(SignInRecord::default(), |it, _| it.failed(now));
        let left = |after| record.rested(now + after, TimeDelta::minutes(1)).failures;
        assert_eq!([59, 60, 119, 120, 900].map(TimeDelta::seconds).map(left), [3, 2, 2, 1, 0]);
    }

    #[test]
    fn no_pause_counts_twice() {
        let (now, pause) = (Timestamp::UNIX_EPOCH, TimeDelta::minutes(1));
        let record = (0..4).fold(SignInRecord::default(), |it, _| it.failed(now));
        let later = now + TimeDelta::seconds(150);
        let rested = record.rested(later, pause);
        assert_eq!(rested.failures, 2);
        assert_eq!(rested.rested(later + TimeDelta::seconds(29), pause), rested);
        assert_eq!(rested.rested(later + TimeDelta::seconds(30), pause).failures, 1);
    }

    #[test]
    fn who_waits_is_not_forgiven_yet() {
        let now = Timestamp::UNIX_EPOCH;
        let record = (0..9).fold(SignInRecord::default(), |it, _| it.failed(now));
        assert_eq!(record.rested(now + TimeDelta::seconds(31), TimeDelta::seconds(1)), record);
    }
}
