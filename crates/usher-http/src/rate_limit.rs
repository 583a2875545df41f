//! Limits how often each of many does something.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, Reference as _},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};
use usher_application::Clock;
use usher_domain::Timestamp;

/// So many at once, and as many again within each span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub count: u32,
    pub span: Duration,
}

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, ElapsedTime, NoOpMiddleware<Duration>>;

/// Limits how often each of many (`K`) does something: so many times at once, and as many again within
/// each span (the generic cell rate algorithm). Counts in the memory of this process.
pub(crate) struct RateLimit<K: Clone + Eq + Hash>(Option<Limit<K>>);

struct Limit<K: Clone + Eq + Hash> {
    limiter: Limiter<K>,
    clock: ElapsedTime,
    span: Duration,
    /// When those with an unused limit were last removed from memory.
    swept: Mutex<Duration>,
}

/// The request came too early.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyRequests {
    /// The time until the next request is admitted.
    wait: Duration,
}

impl TooManyRequests {
    /// What the header `Retry-After` says: whole seconds, at least one.
    pub(crate) fn retry_after(&self) -> u64 {
        self.wait.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)
    }
}

impl<K: Clone + Eq + Hash> RateLimit<K> {
    /// Without a rate, or with a count of zero, there is no limit.
    pub(crate) fn new(rate: Option<Rate>, clock: Arc<dyn Clock>) -> Self {
        let limit = |Rate { count, span }| {
            let quota = Quota::with_period(span / count)?.allow_burst(NonZeroU32::new(count)?);
            let clock = ElapsedTime::new(clock);
            let limiter = RateLimiter::hashmap_with_clock(quota, clock.clone());
            Some(Limit { limiter, span, swept: Mutex::new(clock.now()), clock })
        };
        Self(rate.filter(|it| it.count > 0).and_then(limit))
    }

    /// Counts a request, unless it comes too early.
    pub(crate) fn admit(&self, key: &K) -> Result<(), TooManyRequests> {
        let Some(limit) = &self.0 else { return Ok(()) };
        limit.remove_idle();
        let too_early = |wait| TooManyRequests { wait };
        limit.limiter.check_key(key).map_err(|it| too_early(it.wait_time_from(limit.clock.now())))
    }

    #[cfg(test)]
    fn remembered(&self) -> usize {
        self.0.as_ref().map_or(0, |it| it.limiter.len())
    }
}

impl<K: Clone + Eq + Hash> Limit<K> {
    /// Removes those who have made no request for a while: memory is bounded by those of the
    /// last two spans.
    fn remove_idle(&self) {
        let now = self.clock.now();
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if Duration::from(now.duration_since(*swept)) >= self.span {
            *swept = now;
            drop(swept);
            self.limiter.retain_recent();
        }
    }
}

/// The time that has elapsed by the clock port. A clock that is set back does not reduce it: nobody
/// has to wait until the clock shows the former time again.
#[derive(Clone)]
struct ElapsedTime(Arc<Measured>);

struct Measured {
    clock: Arc<dyn Clock>,
    /// The last reading of the clock, and the time that had elapsed by then.
    last: Mutex<(Timestamp, Duration)>,
}

impl ElapsedTime {
    fn new(clock: Arc<dyn Clock>) -> Self {
        let last = Mutex::new((clock.now(), Duration::ZERO));
        Self(Arc::new(Measured { clock, last }))
    }
}

impl governor::clock::Clock for ElapsedTime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (then, elapsed) = *last;
        let now = self.0.clock.now();
        let elapsed = elapsed + (now - then).to_std().unwrap_or_default();
        *last = (now, elapsed);
        elapsed
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use usher_application::testing::{ManualClock, noon};

    use super::*;

    fn limit(count: u32) -> (RateLimit<u32>, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(noon()));
        let rate = Rate { count, span: Duration::from_secs(10) };
        (RateLimit::new(Some(rate), clock.clone()), clock)
    }

    /// Seconds to wait; 0 for none.
    fn wait(limit: &RateLimit<u32>, key: u32) -> u64 {
        limit.admit(&key).map_or_else(|it| it.retry_after(), |()| 0)
    }

    #[test]
    fn each_has_its_share() {
        let (limit, clock) = limit(2);
        assert_eq!([0, 1].map(|_| wait(&limit, 1)), [0, 0]);
        assert_eq!(wait(&limit, 1), 5);
        assert_eq!([0, 1, 2].map(|_| wait(&limit, 2)), [0, 0, 5]);
        clock.advance(TimeDelta::milliseconds(4_001));
        assert_eq!(wait(&limit, 1), 1);
        clock.advance(TimeDelta::milliseconds(999));
        assert_eq!([0, 1].map(|_| wait(&limit, 1)), [0, 5]);
        clock.advance(TimeDelta::seconds(10));
        assert_eq!([0, 1, 2].map(|_| wait(&limit, 1)), [0, 0, 5]);
    }

    #[test]
    fn without_a_rate_nothing_is_counted() {
        let none = Rate { count: 0, span: Duration::from_secs(10) };
        for rate in [None, Some(none)] {
            let limit = RateLimit::new(rate, Arc::new(ManualClock::at(noon())));
            assert_eq!(wait(&limit, 1), 0);
            assert!(limit.0.is_none());
        }
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let (limit, clock) = limit(1);
        assert_eq!(wait(&limit, 1), 0);
        clock.advance(TimeDelta::hours(-5));
        assert_eq!(wait(&limit, 1), 10);
        clock.advance(TimeDelta::seconds(10));
        assert_eq!(wait(&limit, 1), 0);
    }

    #[test]
    fn whoever_has_not_asked_for_a_while_is_forgotten() {
        let (limit, clock) = limit(1);
        for n in 0..100 {
            assert_eq!(wait(&limit, n), 0);
        }
        assert_eq!(limit.remembered(), 100);
        clock.advance(TimeDelta::seconds(21));
        assert_eq!(wait(&limit, 100), 0);
        assert_eq!(limit.remembered(), 1);
    }
}
