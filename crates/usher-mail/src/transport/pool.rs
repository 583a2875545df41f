//! The connections that are kept open between letters.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::transport::connection::Line;

/// Lines that no letter is on.
pub(crate) struct Idle {
    waiting: Mutex<Waiting>,
    /// How long they are kept.
    limit: Duration,
}

#[derive(Default)]
struct Waiting {
    /// And since when.
    lines: Vec<(Instant, Line)>,
    /// Whether a task looks after them.
    watched: bool,
}

impl Idle {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { waiting: Mutex::default(), limit }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that was used last: the others are those that may be hung up.
    pub(crate) fn take(&self) -> Option<Line> {
        self.lock().lines.pop().map(|(_, line)| line)
    }

    pub(crate) fn keep(self: &Arc<Self>, line: Line) {
        let mut waiting = self.lock();
        waiting.lines.push((Instant::now(), line));
        if !mem::replace(&mut waiting.watched, true) {
            tokio::spawn(watch(Arc::downgrade(self), self.limit));
        }
    }

    /// Those that have waited for at least so long.
    pub(crate) fn take_all(&self, waited: Duration) -> Leaving {
        let mut waiting = self.lock();
        let leaving = waiting.lines.extract_if(.., |(since, _)| since.elapsed() >= waited);
        Leaving(leaving.map(|(_, line)| line).collect())
    }
}

/// Hangs up lines that nobody needs, for as long as there are any.
async fn watch(idle: Weak<Idle>, limit: Duration) {
    loop {
        sleep(limit).await;
        let Some(idle) = idle.upgrade() else { return };
        idle.take_all(limit).hang_up().await;
        let mut waiting = idle.lock();
        if waiting.lines.is_empty() {
            waiting.watched = false;
            return;
        }
    }
}

pub(crate) struct Leaving(Vec<Line>);

impl Leaving {
    pub(crate) async fn hang_up(self) {
        self.0.into_iter().map(Line::hang_up).collect::<JoinSet<_>>().join_all().await;
    }
}
