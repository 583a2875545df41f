//! What is known of one connection: what it waits for, and since when.

use std::{
    net::IpAddr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{task::AbortHandle, time::Instant};

/// How long a connection may take over something before it counts as one that does not go on. Only
/// when there is no room does it matter.
const GRACE: Duration = Duration::from_secs(1);

/// How many low bits of the state are the phase; the others are a moment.
const PHASE_BITS: u32 = 3;

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    /// The head of the first request.
    New,
    /// The rest of a later head, of which something has come.
    Head,
    /// The next request.
    Idle,
    /// usher, which has a request in hand.
    Busy,
    /// More of the body of that request.
    Body,
    /// Its end, which has been decided.
    Closing,
}

/// How long a connection may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For the head of a request: from the first byte on, that of the first request from the start.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// For taking what is written to it, once it has not taken something at once.
    pub write: Duration,
}

/// One connection. Its state is a phase and the moment when that began, in one number, so that a
/// request costs a few atomic operations on memory that nobody else writes to, and no lock.
pub(crate) struct Connection {
    /// The network that it comes from; none for a trusted proxy.
    source: Option<IpAddr>,
    epoch: Instant,
    state: AtomicU64,
    /// The response is complete, but may still have to be written.
    answered: AtomicBool,
    /// The client sends the body of its request when it is told to, which it was not so far.
    withheld: AtomicBool,
    /// When the client stopped to take what is written; 0: it takes everything.
    blocked: AtomicU64,
    task: OnceLock<AbortHandle>,
}

/// Which connection is closed first when there is no room: the smallest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    is_trusted: bool,
    class: u8,
    since: u64,
}

impl Connection {
    /// Moments are counted from `epoch` on, which is that of all connections.
    pub(crate) fn new(source: Option<IpAddr>, epoch: Instant) -> Self {
        let it = Self {
            source,
            epoch,
            state: AtomicU64::new(0),
            answered: AtomicBool::new(false),
            withheld: AtomicBool::new(false),
            blocked: AtomicU64::new(0),
            task: OnceLock::new(),
        };
        it.state.store(it.stamp(Phase::New), Relaxed);
        it
    }

    pub(crate) fn source(&self) -> Option<IpAddr> {
        self.source
    }

    /// Names the task that serves it, which ends when the connection is closed.
    pub(crate) fn is_served_by(&self, task: AbortHandle) {
        let task = self.task.get_or_init(|| task);
        if self.is_closing() {
            task.abort();
        }
    }

    /// Bytes have arrived. After an answer they begin the next head.
    pub(crate) fn reads(&self) {
        let seen = self.state.load(Relaxed);
        if phase(seen) == Phase::Idle {
            self.change(seen, Phase::Head);
        }
    }

    /// A head is complete. `false` if the connection is to be closed, and nothing is begun.
    pub(crate) fn begins_request(&self) -> bool {
        self.answered.store(false, Relaxed);
        self.withheld.store(false, Relaxed);
        self.become_unless_closing(Phase::Busy)
    }

    /// The client sends the body of its request when it is told that it is wanted.
    pub(crate) fn withholds_body(&self) {
        self.withheld.store(true, Relaxed);
    }

    /// Whoever handles the request reads its body, so that the client is told that it is wanted.
    pub(crate) fn wants_body(&self) {
        if self.withheld.load(Relaxed) {
            self.withheld.store(false, Relaxed);
        }
    }

    /// Whether the body was not wanted so far, so that the client may never send it.
    pub(crate) fn is_body_withheld(&self) -> bool {
        self.withheld.load(Relaxed)
    }

    /// Whoever handles the request waits for more of its body.
    pub(crate) fn waits_for_body(&self) {
        let seen = self.state.load(Relaxed);
        if phase(seen) == Phase::Busy {
            self.change(seen, Phase::Body);
        }
    }

    /// More of the body is there.
    pub(crate) fn has_body(&self) {
        let seen = self.state.load(Relaxed);
        if phase(seen) == Phase::Body {
            self.change(seen, Phase::Busy);
        }
    }

    /// The response is complete.
    pub(crate) fn answers(&self) {
        self.answered.store(true, Relaxed);
    }

    /// The client does not take more at the moment.
    pub(crate) fn blocks(&self) {
        if self.blocked.load(Relaxed) == 0 {
            self.blocked.store(self.now(), Relaxed);
        }
    }

    /// All that was to be written was taken.
    pub(crate) fn flushes(&self) {
        if self.blocked.load(Relaxed) != 0 {
            self.blocked.store(0, Relaxed);
        }
        if self.answered.load(Relaxed) {
            self.answered.store(false, Relaxed);
            self.become_unless_closing(Phase::Idle);
        }
    }

    pub(crate) fn is_closing(&self) -> bool {
        phase(self.state.load(Relaxed)) == Phase::Closing
    }

    /// Closes it if it has taken longer than it may. `true` if it did.
    pub(crate) fn close_if_overdue(&self, patience: &Patience) -> bool {
        let (seen, now) = (self.state.load(Relaxed), self.now());
        let limit = match phase(seen) {
            Phase::New | Phase::Head => Some(patience.head),
            Phase::Idle => Some(patience.idle),
            // How long a request may be in hand is decided where it is handled.
            Phase::Busy | Phase::Body | Phase::Closing => None,
        };
        let is_overdue = limit.is_some_and(|it| lasts(now, moment(seen)) >= it);
        let blocked = self.blocked.load(Relaxed);
        let is_stuck = blocked != 0 && lasts(now, blocked) >= patience.write;
        (is_overdue || is_stuck) && self.close(seen)
    }

    /// Its rank among those that may be closed to make room, and what [`Self::close_ranked`] takes;
    /// none if a request of it is in hand. First come those that have not sent a complete head, then
    /// those that are idle, for the longest time first. New ones have a second for their head, so that
    /// those who come together do not close each other. Last come those whose body does not come, or
    /// who do not take their answer.
    pub(crate) fn rank(&self) -> Option<(Rank, u64)> {
        let (seen, now) = (self.state.load(Relaxed), self.now());
        let since = moment(seen);
        let goes_on = |since| lasts(now, since) < GRACE;
        let blocked = self.blocked.load(Relaxed);
        let class = match phase(seen) {
            Phase::New | Phase::Head if goes_on(since) => 2,
            Phase::New | Phase::Head => 0,
            Phase::Idle => 1,
            Phase::Body if !goes_on(since) => 3,
            Phase::Busy if blocked != 0 && !goes_on(blocked) => 3,
            Phase::Busy | Phase::Body | Phase::Closing => return None,
        };
        Some((Rank { is_trusted: self.source.is_none(), class, since }, seen))
    }

    /// Closes it, unless it went on since it was ranked. `true` if it did.
    pub(crate) fn close_ranked(&self, seen: u64) -> bool {
        self.close(seen)
    }

    fn close(&self, seen: u64) -> bool {
        let closes = self.change(seen, Phase::Closing);
        if closes && let Some(task) = self.task.get() {
            task.abort();
        }
        closes
    }

    fn become_unless_closing(&self, next: Phase) -> bool {
        let mut seen = self.state.load(Relaxed);
        while phase(seen) != Phase::Closing {
            if self.change(seen, next) {
                return true;
            }
            seen = self.state.load(Relaxed);
        }
        false
    }

    fn change(&self, seen: u64, next: Phase) -> bool {
        let next = self.stamp(next);
        self.state.compare_exchange(seen, next, Relaxed, Relaxed).is_ok()
    }

    fn stamp(&self, phase: Phase) -> u64 {
        self.now() << PHASE_BITS | phase as u64
    }

    /// Milliseconds since the epoch, and never 0.
    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX >> PHASE_BITS).max(1)
    }
}

fn phase(state: u64) -> Phase {
    const PHASES: [Phase; 6] =
        [Phase::New, Phase::Head, Phase::Idle, Phase::Busy, Phase::Body, Phase::Closing];
    let all = PHASES.into_iter();
    let low = state & ((1 << PHASE_BITS) - 1);
    all.into_iter().find(|it| *it as u64 == low).unwrap_or(Phase::Closing)
}

fn moment(state: u64) -> u64 {
    state >> PHASE_BITS
}

fn lasts(now: u64, since: u64) -> Duration {
    Duration::from_millis(now.saturating_sub(since))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::time::advance;

    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(75),
        write: Duration::from_mins(1),
    };

    fn connection() -> Connection {
        Connection::new(Some(Ipv4Addr::LOCALHOST.into()), Instant::now())
    }

    async fn is_closed_after(it: &Connection, seconds: u64) -> bool {
        advance(Duration::from_millis(seconds * 1000 - 1)).await;
        assert!(!it.close_if_overdue(&PATIENCE), "it is too early");
        advance(Duration::from_millis(2)).await;
        it.close_if_overdue(&PATIENCE)
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_head_has_ten_seconds_however_its_bytes_come() {
        let it = connection();
        advance(Duration::from_secs(5)).await;
        it.reads();
        assert!(is_closed_after(&it, 5).await);
        assert!(!it.begins_request(), "what is being closed begins nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_head_has_ten_seconds_from_its_first_byte() {
        let it = connection();
        assert!(it.begins_request());
        it.answers();
        it.flushes();
        advance(Duration::from_secs(70)).await;
        assert!(!it.close_if_overdue(&PATIENCE));
        it.reads();
        advance(Duration::from_secs(9)).await;
        it.reads();
        assert!(is_closed_after(&it, 1).await);
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_kept_for_75_seconds() {
        let it = connection();
        assert!(it.begins_request());
        it.answers();
        it.flushes();
        assert!(is_closed_after(&it, 75).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_in_hand_is_not_closed_unless_its_answer_is_not_taken() {
        let it = connection();
        assert!(it.begins_request());
        advance(Duration::from_secs(1000)).await;
        assert!(!it.close_if_overdue(&PATIENCE) && it.rank().is_none());
        it.answers();
        it.blocks();
        advance(Duration::from_secs(30)).await;
        it.blocks();
        assert!(is_closed_after(&it, 30).await);
    }

    #[tokio::test(start_paused = true)]
    async fn those_without_a_head_go_first_and_requests_in_hand_never() {
        let epoch = Instant::now();
        let made = || Connection::new(Some(Ipv4Addr::LOCALHOST.into()), epoch);
        let idle = || {
            let it = made();
            assert!(it.begins_request());
            it.answers();
            it.flushes();
            it
        };
        let first_idle = idle();
        advance(Duration::from_secs(1)).await;
        let (half, second_idle, busy, body) = (made(), idle(), made(), made());
        assert!(busy.begins_request() && body.begins_request());
        body.waits_for_body();
        let proxy = Connection::new(None, epoch);
        advance(Duration::from_secs(2)).await;
        let new = made();
        let mut all = [&new, &body, &proxy, &second_idle, &first_idle, &half];
        all.sort_by_key(|it| it.rank().unwrap().0);
        let expected = [&half, &first_idle, &second_idle, &new, &body, &proxy];
        assert!(all.iter().zip(expected).all(|(it, other)| std::ptr::eq(*it, other)));
        assert!(busy.rank().is_none());
        let (_, seen) = first_idle.rank().unwrap();
        assert!(first_idle.begins_request());
        assert!(!first_idle.close_ranked(seen), "it went on meanwhile");
    }
}
