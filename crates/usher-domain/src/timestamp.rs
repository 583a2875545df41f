//! Points in time, and how long it is from one to another.

use chrono::TimeDelta;

/// An instant in UTC, to the microsecond. The domain takes it from its callers, and never reads a clock.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// The seconds of a wait, as they are told to whoever has to wait: none too few, and one at least.
#[must_use]
pub fn whole_seconds(wait: TimeDelta) -> u64 {
    let micros = wait.num_microseconds().unwrap_or(i64::MAX).max(1);
    micros.unsigned_abs().div_ceil(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_wait_no_second_is_too_few_and_there_is_one_at_least() {
        for (micros, seconds) in
            [(-5, 1), (0, 1), (1, 1), (999, 1), (1_000_000, 1), (1_000_001, 2), (59_000_000, 59)]
        {
            assert_eq!(whole_seconds(TimeDelta::microseconds(micros)), seconds, "{micros} µs");
        }
        assert!(whole_seconds(TimeDelta::MAX) > 1);
    }
}
