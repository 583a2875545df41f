//! Group commit: the commits that wait in a queue at the same time share one transaction.

use std::{collections::VecDeque, future, iter, pin::pin, sync::Arc};

use sea_orm::DbErr;
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;
use usher_application::{CommitError, StoreError};

use crate::{
    backend::failure::Failure,
    commit::{
        attempt::attempt,
        committing::IsCommitting,
        group::{Conflicts, Group, QueuedCommit},
        statements::Statements,
    },
    shared::Shared,
};

/// Writes the commits of one queue.
pub(super) struct Writer {
    shared: Arc<Shared>,
    statements: Arc<Statements>,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, statements: Arc<Statements>) -> Self {
        Self { shared, statements }
    }

    pub(super) async fn run(
        self,
        mut queue: mpsc::Receiver<QueuedCommit>,
        closing: CancellationToken,
    ) {
        let mut left_over = None;
        loop {
            let next = tokio::select! {
                biased;
                next = future::ready(left_over.take()), if left_over.is_some() => next,
                // Commits that wait are still received, but no more are let in.
                () = closing.cancelled(), if !queue.is_closed() => {
                    queue.close();
                    continue;
                }
                next = queue.recv() => next,
            };
            let Some(first) = next else { return };
            let group;
            (group, left_over) = Group::gather(first, &mut queue);
            if let Err(error) = self.write(group).await {
                // The database is away, or locked for long: whoever waits would only hear the same,
                // later.
                let waiting = left_over.take().into_iter();
                let waiting = waiting.chain(iter::from_fn(|| queue.try_recv().ok()));
                Group::of(waiting.collect()).finish(|| Err(failed(&error)));
            }
        }
    }

    /// Writes a group: all of it together if there is no conflict. The commits that meet one are
    /// written alone afterwards, so that each hears of exactly its own conflicts, and only of those
    /// with what was written.
    async fn write(&self, group: Group) -> Result<(), DbErr> {
        let mut groups = VecDeque::from([group]);
        while let Some(mut group) = groups.pop_front() {
            let (error, may_be_written) = match self.attempt(&group).await {
                Ok(conflicts) if conflicts.is_empty() => {
                    group.finish(|| Ok(()));
                    continue;
                }
                Ok(conflicts) if group.commits.len() == 1 => {
                    let all: Vec<_> = conflicts.into_values().flatten().collect();
                    group.finish(|| Err(CommitError::Conflict(all.clone())));
                    continue;
                }
                Ok(conflicts) => {
                    let losers = group.take(&conflicts);
                    if !group.commits.is_empty() {
                        groups.push_front(group);
                    }
                    groups.extend(losers.into_iter().map(Group::alone));
                    continue;
                }
                Err(failed) => failed,
            };
            match Failure::of(self.shared.backend, &error) {
                failure @ (Failure::Interference | Failure::Busy) if group.retries_left > 0 => {
                    if failure == Failure::Busy {
                        let commits = group.commits.len();
                        tracing::warn!(commits, %error, "the database is locked, trying again");
                    }
                    group.retries_left -= 1;
                    groups.push_front(group);
                }
                // One of the commits has what the database refuses: the others must not fail for it.
                Failure::Unique | Failure::Content if group.commits.len() > 1 => {
                    groups.extend(group.commits.into_iter().map(Group::alone));
                }
                Failure::Unique if !group.one_by_one => {
                    group.one_by_one = true;
                    groups.push_front(group);
                }
                Failure::Content | Failure::Unique | Failure::Interference => {
                    group.finish(|| Err(failed(&error)));
                }
                Failure::Database | Failure::Busy => {
                    let error = self.shared.heeded(error).await;
                    group.finish(|| {
                        Err(if may_be_written { undecided(&error) } else { failed(&error) })
                    });
                    for it in groups {
                        it.finish(|| Err(failed(&error)));
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// One attempt, which fails when the network does not answer. An error comes with whether all may be
    /// written nevertheless.
    async fn attempt(&self, group: &Group) -> Result<Conflicts, (DbErr, bool)> {
        let committing = IsCommitting::default();
        let mut attempt = pin!(attempt(&self.shared, &self.statements, group, &committing));
        let outcome = timeout(group.time(), &mut attempt).await;
        let outcome = outcome.unwrap_or_else(|elapsed| {
            // Before the connection goes back.
            self.shared.trusts.doubt();
            Err(DbErr::Custom(elapsed.to_string()))
        });
        outcome.map_err(|error| (error, committing.get()))
    }
}

fn undecided(error: &DbErr) -> CommitError {
    CommitError::Store(StoreError::undecided(error.clone()))
}

fn failed(error: &DbErr) -> CommitError {
    CommitError::Store(StoreError::new(error.clone()))
}
