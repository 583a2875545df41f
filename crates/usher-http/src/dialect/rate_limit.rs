//! The rate limit for each key: the setting `http.rate`, which holds for every dialect.

use std::{
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
use usher_domain::{Actor, CredentialId, TenantId, Timestamp};

/// The time that the setting counts requests in.
const SPAN: Duration = Duration::from_secs(10);

/// Who is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Requester {
    /// Whoever uses this key, by its secret or by access tokens that it was exchanged for.
    Key(CredentialId),
    /// A person who is signed in without a key.
    Person(TenantId, Actor),
}

/// A requester, and the API that the requests are made to.
type Counted = (Requester, &'static str);

type Limiter =
    RateLimiter<Counted, HashMapStateStore<Counted>, ElapsedTime, NoOpMiddleware<Duration>>;

/// Limits how many requests each requester makes to each API: so many at once, and as many again
/// within each span (the generic cell rate algorithm). Counts in the memory of this process.
pub(crate) struct RateLimit(Option<Limit>);

struct Limit {
    limiter: Limiter,
    clock: ElapsedTime,
    /// When requesters with an unused limit were last removed from memory.
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

impl RateLimit {
    /// At most `rate` requests in ten seconds; none, or zero: any number.
    pub(crate) fn new(rate: Option<u32>, clock: Arc<dyn Clock>) -> Self {
        let quota = rate
            .and_then(NonZeroU32::new)
            .and_then(|rate| Some(Quota::with_period(SPAN / rate.get())?.allow_burst(rate)));
        Self(quota.map(|quota| {
            let clock = ElapsedTime::new(clock);
            let limiter = RateLimiter::hashmap_with_clock(quota, clock.clone());
            Limit { limiter, swept: Mutex::new(clock.now()), clock }
        }))
    }

    /// Counts a request, unless it comes too early.
    pub(crate) fn admit(
        &self,
        requester: Requester,
        api: &'static str,
    ) -> Result<(), TooManyRequests> {
        let Some(limit) = &self.0 else { return Ok(()) };
        limit.remove_idle();
        let too_early = |wait| TooManyRequests { wait };
        limit
            .limiter
            .check_key(&(requester, api))
            .map_err(|it| too_early(it.wait_time_from(limit.clock.now())))
    }

    #[cfg(test)]
    fn remembered(&self) -> usize {
        self.0.as_ref().map_or(0, |it| it.limiter.len())
    }
}

impl Limit {
    /// Removes requesters who have made no request for a while: memory is bounded by those of the
    /// last two spans.
    fn remove_idle(&self) {
        let now = self.clock.now();
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if Duration::from(now.duration_since(*swept)) >= SPAN {
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
    use usher_application::testing::{ManualClock, TENANT, noon};
    use uuid::Uuid;

    use super::*;

    fn key(n: u128) -> Requester {
        Requester::Key(CredentialId(Uuid::from_u128(n)))
    }

    fn limit(rate: u32) -> (RateLimit, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(noon()));
        (RateLimit::new(Some(rate), clock.clone()), clock)
    }

    /// Seconds to wait; 0 for none.
    fn wait(limit: &RateLimit, requester: Requester, api: &'static str) -> u64 {
        limit.admit(requester, api).map_or_else(|it| it.retry_after(), |()| 0)
    }

    #[test]
    fn each_key_has_its_share_of_each_api() {
        let (limit, clock) = limit(2);
        assert_eq!([0, 1].map(|_| wait(&limit, key(1), "a")), [0, 0]);
        assert_eq!(wait(&limit, key(1), "a"), 5);
        assert_eq!(wait(&limit, key(1), "b"), 0);
        assert_eq!(wait(&limit, key(2), "a"), 0);
        let person = Requester::Person(TENANT, Actor::System);
        assert_eq!([0, 1, 2].map(|_| wait(&limit, person.clone(), "a")), [0, 0, 5]);
        clock.advance(TimeDelta::milliseconds(4_001));
        assert_eq!(wait(&limit, key(1), "a"), 1);
        clock.advance(TimeDelta::milliseconds(999));
        assert_eq!([0, 1].map(|_| wait(&limit, key(1), "a")), [0, 5]);
        clock.advance(TimeDelta::seconds(10));
        assert_eq!([0, 1, 2].map(|_| wait(&limit, key(1), "a")), [0, 0, 5]);
    }

    #[test]
    fn without_a_rate_nothing_is_counted() {
        for rate in [None, Some(0)] {
            let limit = RateLimit::new(rate, Arc::new(ManualClock::at(noon())));
            assert_eq!(wait(&limit, key(1), "a"), 0);
            assert!(limit.0.is_none());
        }
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let (limit, clock) = limit(1);
        assert_eq!(wait(&limit, key(1), "a"), 0);
        clock.advance(TimeDelta::hours(-5));
        assert_eq!(wait(&limit, key(1), "a"), 10);
        clock.advance(TimeDelta::seconds(10));
        assert_eq!(wait(&limit, key(1), "a"), 0);
    }

    #[test]
    fn whoever_has_not_asked_for_a_while_is_forgotten() {
        let (limit, clock) = limit(1);
        for n in 0..100 {
            assert_eq!(wait(&limit, key(n), "a"), 0);
        }
        assert_eq!(limit.remembered(), 100);
        clock.advance(TimeDelta::seconds(21));
        assert_eq!(wait(&limit, key(100), "a"), 0);
        assert_eq!(limit.remembered(), 1);
    }
}
