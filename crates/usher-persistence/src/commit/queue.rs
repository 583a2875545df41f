//! Where commits queue up for their writers.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use usher_application::{CommitError, StoreError};

use crate::{
    commit::{
        group::{QueuedCommit, ROWS},
        packed::PackedCommit,
        statements::Statements,
        writer::Writer,
    },
    shared::Shared,
};

/// How many commits may wait in a queue. Whoever comes then waits for a place in it.
const LENGTH: usize = 1024;

/// The queues of commits, each with a writer. A large commit does not hold up the small ones where
/// the database can write both at once.
#[derive(Clone)]
pub(crate) struct CommitQueues {
    small: mpsc::Sender<QueuedCommit>,
    large: mpsc::Sender<QueuedCommit>,
    closing: CancellationToken,
    writers: TaskTracker,
}

impl CommitQueues {
    /// Starts the writers. They run until the last handle is gone, or the queues are closed.
    pub(crate) fn open(shared: &Arc<Shared>) -> Self {
        let statements = Arc::new(Statements::new(shared.backend));
        let closing = CancellationToken::new();
        let writers = TaskTracker::new();
        let queue = || {
            let (sender, queue) = mpsc::channel(LENGTH);
            let writer = Writer::new(shared.clone(), statements.clone());
            writers.spawn(writer.run(queue, closing.clone()));
            sender
        };
        let small = queue();
        let large = if shared.backend.has_many_writers() { queue() } else { small.clone() };
        Self { small, large, closing, writers }
    }

    /// Writes a commit together with others. It is written even when nobody waits for that any
    /// more.
    pub(crate) async fn write(&self, packed: PackedCommit) -> Result<(), CommitError> {
        let queue = if packed.len() > ROWS / 2 { &self.large } else { &self.small };
        let (sender, outcome) = oneshot::channel();
        let closed = || StoreError::new("the store is closed");
        queue.send(QueuedCommit { packed, outcome: sender }).await.map_err(|_| closed())?;
        // The writer broke off with it in hand.
        outcome.await.map_err(|_| StoreError::undecided("the store is closed"))?
    }

    /// Takes no more commits, and returns when those in hand are written.
    pub(crate) async fn close(&self) {
        self.closing.cancel();
        self.writers.close();
        self.writers.wait().await;
    }
}
