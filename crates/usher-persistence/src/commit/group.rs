//! Commits that are written together, in one transaction.

use std::{collections::HashMap, mem, time::Duration};

use tokio::sync::{mpsc, oneshot};
use usher_application::{CommitError, Conflict};

use crate::commit::{packed::PackedCommit, row::Row};

/// The most rows in a group of more than one commit, and in a statement.
pub(super) const ROWS: usize = 2_000;
/// The most commits in a group.
const COMMITS: usize = 128;
/// How often a group is tried again after another transaction was in the way. When each try waits
/// for the write lock of SQLite, the last one fails after 24 seconds: before a request times out.
const RETRIES: u32 = 5;
/// The longest that a transaction takes for each [`ROWS`] rows before it counts as failed.
const TIME: Duration = Duration::from_secs(10);

/// A commit and whoever waits for it.
pub(super) struct QueuedCommit {
    pub packed: PackedCommit,
    pub outcome: oneshot::Sender<Result<(), CommitError>>,
}

/// Which commits of a group, by their index, met which conflicts.
pub(super) type Conflicts = HashMap<usize, Vec<Conflict>>;

pub(super) struct Group {
    pub commits: Vec<QueuedCommit>,
    /// Replaces one row after the other, to find the one that a unique index refuses.
    pub one_by_one: bool,
    /// Part of a group that could not be written as it was.
    pub is_split: bool,
    /// How often it is still tried again.
    pub retries_left: u32,
}

impl Group {
    pub(super) fn of(commits: Vec<QueuedCommit>) -> Self {
        Self { commits, one_by_one: false, is_split: false, retries_left: RETRIES }
    }

    pub(super) fn alone(commit: QueuedCommit) -> Self {
        Self { is_split: true, ..Self::of(vec![commit]) }
    }

    /// Takes along what waits in the queue. The commit that does not fit begins the next group.
    ///
    /// Two that would write the same row may well go together: one of them meets a conflict, so
    /// nothing is written, and it is written alone after the other.
    pub(super) fn gather(
        first: QueuedCommit,
        queue: &mut mpsc::Receiver<QueuedCommit>,
    ) -> (Self, Option<QueuedCommit>) {
        let mut rows = first.packed.len();
        let mut commits = vec![first];
        while commits.len() < COMMITS && rows < ROWS {
            let Ok(next) = queue.try_recv() else { break };
            rows += next.packed.len();
            if rows > ROWS {
                return (Self::of(commits), Some(next));
            }
            commits.push(next);
        }
        (Self::of(commits), None)
    }

    /// These rows of all commits, each with the index of its commit.
    pub(super) fn rows<'a>(
        &'a self,
        of: impl Fn(&'a PackedCommit) -> &'a [Row],
    ) -> Vec<(usize, &'a Row)> {
        let commits = self.commits.iter().enumerate();
        commits.flat_map(|(index, it)| of(&it.packed).iter().map(move |row| (index, row))).collect()
    }

    pub(super) fn packed(&self) -> impl Iterator<Item = &PackedCommit> + Clone {
        self.commits.iter().map(|it| &it.packed)
    }

    /// How long writing it may take.
    pub(super) fn time(&self) -> Duration {
        let rows = self.packed().map(PackedCommit::len).sum::<usize>();
        TIME * u32::try_from(1 + rows / ROWS).unwrap_or(u32::MAX)
    }

    /// Takes out the commits that met a conflict.
    pub(super) fn take(&mut self, conflicts: &Conflicts) -> Vec<QueuedCommit> {
        let commits = mem::take(&mut self.commits).into_iter().enumerate();
        let (taken, left): (Vec<_>, Vec<_>) =
            commits.partition(|(index, _)| conflicts.contains_key(index));
        self.commits = left.into_iter().map(|(_, it)| it).collect();
        self.is_split = true;
        taken.into_iter().map(|(_, it)| it).collect()
    }

    /// Tells everybody who waits.
    pub(super) fn finish(self, outcome: impl Fn() -> Result<(), CommitError>) {
        for it in self.commits {
            // Nobody may be waiting any more.
            let _ = it.outcome.send(outcome());
        }
    }
}
