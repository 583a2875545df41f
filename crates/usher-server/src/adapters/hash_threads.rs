//! Threads that hash passwords.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use tokio::sync::oneshot;
use usher_application::StoreError;

type Work = Box<dyn FnOnce() + Send>;

/// Threads that do one piece of work each, in the order in which it came. A thread goes from one to the
/// next by itself: if a task of the runtime had to hand it over, a core would be idle until that task
/// had its turn, which took a tenth of the time of a hash where all cores are busy with hashes.
#[derive(Clone)]
pub(super) struct HashThreads(mpsc::Sender<Work>);

impl HashThreads {
    /// Starts so many threads, which end when nobody holds this any more.
    pub(super) fn start(count: usize) -> Self {
        let (sender, receiver) = mpsc::channel::<Work>();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..count {
            let receiver = receiver.clone();
            thread::spawn(move || {
                while let Some(work) = next(&receiver) {
                    // Whoever waits for work that panics learns it from the channel of the answer.
                    let _ = catch_unwind(AssertUnwindSafe(work));
                }
            });
        }
        Self(sender)
    }

    /// Does the work when its turn comes. Work that nobody waits for any more by then is not done.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let work = move || {
            if !answer.is_closed() {
                let _ = answer.send(work());
            }
        };
        self.0.send(Box::new(work)).map_err(|_| StoreError::new("no thread hashes passwords"))?;
        answered.await.map_err(StoreError::new)
    }
}

fn next(receiver: &Mutex<mpsc::Receiver<Work>>) -> Option<Work> {
    receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, time::Duration};

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn as_much_work_is_done_at_once_as_there_are_threads() {
        let threads = HashThreads::start(2);
        let both = Arc::new(Barrier::new(2));
        let meet = || {
            let both = both.clone();
            threads.run(move || both.wait().is_leader())
        };
        let (first, second) = tokio::join!(meet(), meet());
        assert!(first.unwrap() != second.unwrap());
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_and_the_thread_goes_on() {
        let threads = HashThreads::start(1);
        let panicked = threads.run(|| -> u8 { std::panic::resume_unwind(Box::new("planted")) });
        assert!(panicked.await.is_err());
        assert_eq!(threads.run(|| 7).await.unwrap(), 7);
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
        let mut busy = Box::pin(threads.run(move || released.recv()));
        let mut left = Box::pin(threads.run(say(1)));
        let mut last = Box::pin(threads.run(say(2)));
        assert!(timeout(Duration::ZERO, &mut busy).await.is_err());
        assert!(timeout(Duration::ZERO, &mut left).await.is_err());
        assert!(timeout(Duration::ZERO, &mut last).await.is_err());
        drop(left);
        release.send(()).unwrap();
        last.await.unwrap().unwrap();
        assert_eq!(was_done.try_iter().collect::<Vec<_>>(), [2]);
    }
}
