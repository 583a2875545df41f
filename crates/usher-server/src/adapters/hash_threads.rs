//! Threads that hash passwords.

use std::{
    collections::VecDeque,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use tokio::sync::oneshot;
use usher_application::StoreError;

type Work = Box<dyn FnOnce() + Send>;

/// Threads that do one piece of work each. A thread goes from one to the next by itself: if a task of the
/// runtime had to hand it over, a core would be idle until that task had its turn, which took a tenth
/// of the time of a hash where all cores are busy with hashes.
#[derive(Clone)]
pub(super) struct HashThreads(Arc<Running>);

/// Where work waits. Of each, it is done in the order in which it came; where there is work of both, it
/// is done by turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    Known,
    Others,
}

/// The threads end when this is dropped.
struct Running(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    lanes: Mutex<Lanes>,
    changed: Condvar,
}

#[derive(Default)]
struct Lanes {
    known: VecDeque<Work>,
    others: VecDeque<Work>,
    /// The work that was taken last was of somebody who is known.
    was_known: bool,
    is_over: bool,
}

impl HashThreads {
    /// Starts so many threads, which end when nobody holds this any more.
    pub(super) fn start(count: usize) -> Self {
        let waiting = Arc::<Waiting>::default();
        for _ in 0..count {
            let waiting = waiting.clone();
            thread::spawn(move || {
                while let Some(work) = waiting.next() {
                    // Whoever waits for work that panics learns it from the channel of the answer.
                    let _ = catch_unwind(AssertUnwindSafe(work));
                }
            });
        }
        Self(Arc::new(Running(waiting)))
    }

    /// Does the work when its turn comes. Work that nobody waits for any more by then is not done.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let work = move || {
            if !answer.is_closed() {
                let _ = answer.send(work());
            }
        };
        let waiting = &self.0.0;
        waiting.lanes().of(lane).push_back(Box::new(work));
        waiting.changed.notify_one();
        answered.await.map_err(StoreError::new)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.lanes().is_over = true;
        self.0.changed.notify_all();
    }
}

impl Waiting {
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next work, as soon as there is some; `None` when there will be no more.
    fn next(&self) -> Option<Work> {
        let mut lanes = self.lanes();
        loop {
            if let Some(work) = lanes.next() {
                return Some(work);
            }
            if lanes.is_over {
                return None;
            }
            lanes = self.changed.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Lanes {
    fn of(&mut self, lane: Lane) -> &mut VecDeque<Work> {
        match lane {
            Lane::Known => &mut self.known,
            Lane::Others => &mut self.others,
        }
    }

    fn next(&mut self) -> Option<Work> {
        if mem::take(&mut self.was_known)
            && let Some(work) = self.others.pop_front()
        {
            return Some(work);
        }
        let known = self.known.pop_front();
        self.was_known = known.is_some();
        known.or_else(|| self.others.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Barrier, mpsc},
        time::Duration,
    };

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn as_much_work_is_done_at_once_as_there_are_threads() {
        let threads = HashThreads::start(2);
        let both = Arc::new(Barrier::new(2));
        let meet = || {
            let both = both.clone();
            threads.run(Lane::Known, move || both.wait().is_leader())
        };
        let (first, second) = tokio::join!(meet(), meet());
        assert!(first.unwrap() != second.unwrap());
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_and_the_thread_goes_on() {
        let threads = HashThreads::start(1);
        let panicked =
            threads.run(Lane::Others, || -> u8 { std::panic::resume_unwind(Box::new("planted")) });
        assert!(panicked.await.is_err());
        assert_eq!(threads.run(Lane::Others, || 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_not_done() {
        let threads = HashThreads::start(1);
        let (release, released) = mpsc::channel::<()>();
        let (done, was_done) = mpsc::channel::<u8>();
        let say = |number| {
            let done = done.clone();
            move || done.send(number)
        };
        let mut busy = Box::pin(threads.run(Lane::Others, move || released.recv()));
        let mut left = Box::pin(threads.run(Lane::Others, say(1)));
        let mut last = Box::pin(threads.run(Lane::Others, say(2)));
        assert!(timeout(Duration::ZERO, &mut busy).await.is_err());
        assert!(timeout(Duration::ZERO, &mut left).await.is_err());
        assert!(timeout(Duration::ZERO, &mut last).await.is_err());
        drop(left);
        release.send(()).unwrap();
        last.await.unwrap().unwrap();
        assert_eq!(was_done.try_iter().collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn those_who_are_known_and_others_have_their_turns() {
        let (done, was_done) = mpsc::channel();
        let mut lanes = Lanes::default();
        for (lane, count) in [(Lane::Others, 4), (Lane::Known, 3)] {
            for number in 1..=count {
                let done = done.clone();
                lanes.of(lane).push_back(Box::new(move || done.send((lane, number)).unwrap()));
            }
        }
        while let Some(work) = lanes.next() {
            work();
        }
        let (known, other) = (|it| (Lane::Known, it), |it| (Lane::Others, it));
        let order: Vec<_> = was_done.try_iter().collect();
        assert_eq!(order, [known(1), other(1), known(2), other(2), known(3), other(3), other(4)]);
    }

    #[tokio::test]
    async fn the_threads_end_when_nobody_has_work_for_them() {
        let threads = HashThreads::start(2);
        let waiting = Arc::downgrade(&threads.0.0);
        drop(threads);
        while waiting.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    }
}
