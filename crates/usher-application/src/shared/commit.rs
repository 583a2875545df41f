//! Commit what a use case decided, and let it decide again when somebody else was first.

use crate::ports::{
    error::StoreError,
    ledger::{Changes, CommitError, Conflict, Ledger},
};

/// How often a use case may decide before it gives up. Each time the store knows more, and whoever
/// was first has finished: only a steady stream of others can make all of them fail.
pub(crate) const ATTEMPTS: usize = 16;

/// What a use case decided in one attempt.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is taken apart at once"
)]
pub(crate) enum Decision<T> {
    /// Write these changes, and then answer this.
    Commit(Changes, T),
    /// There is nothing to write: answer this.
    Done(T),
}

/// How many commits met with a conflict and were decided again, by the use case (`what`).
const LOST_COMMITS: &str = "usher_lost_commits_total";

/// Calls `decide` until what it decided is written, [`ATTEMPTS`] times at most.
///
/// `decide` is given what the attempt before conflicted with, nothing at first. It reads the store
/// again and decides again; it may also end with an error of its own. State that outlives an
/// attempt is held in a `tokio::sync::Mutex` outside.
///
/// `name` names the use case: in the log, in the span `commit` (whose field `attempts` says how
/// many it took), and in the label `what` of the counter `usher_lost_commits_total`.
///
/// # Errors
/// What `decide` ends with; [`StoreError`] when the store fails; [`StoreError::busy`] when every
/// attempt met with a conflict.
#[tracing::instrument(name = "commit", level = "debug", skip_all, fields(use_case = name, attempts))]
pub(crate) async fn commit<T, E, F>(
    ledger: &dyn Ledger,
    name: &'static str,
    mut decide: impl FnMut(Vec<Conflict>) -> F,
) -> Result<T, E>
where
    E: From<StoreError>,
    F: Future<Output = Result<Decision<T>, E>>,
{
    let mut conflicts = Vec::new();
    for attempt in 1..=ATTEMPTS {
        tracing::Span::current().record("attempts", attempt);
        let (changes, answer) = match decide(conflicts).await? {
            Decision::Done(answer) => return Ok(answer),
            Decision::Commit(changes, answer) => (changes, answer),
        };
        match write(ledger, &changes).await {
            Ok(()) => return Ok(answer),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(CommitError::Conflict(met)) => {
                metrics::counter!(LOST_COMMITS, "what" => name).increment(1);
                tracing::debug!(use_case = name, attempt, conflicts = met.len(), "decides again");
                conflicts = met;
            }
        }
    }
    tracing::warn!(use_case = name, attempts = ATTEMPTS, "every attempt met with a conflict");
    Err(StoreError::busy().into())
}

/// Writes these changes, where whoever was first has decided and there is nothing to decide again.
/// Returns whether they were written; a conflict means that nothing was.
///
/// # Errors
/// [`StoreError`] when the store fails.
pub(crate) async fn commit_once(
    ledger: &dyn Ledger,
    changes: &Changes,
) -> Result<bool, StoreError> {
    match write(ledger, changes).await {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict(_)) => Ok(false),
        Err(CommitError::Store(error)) => Err(error),
    }
}

/// Writes these changes, unless they have letters mailed that nobody counted. Everything that a use
/// case writes is written here.
///
/// # Errors
/// As [`Ledger::commit`].
pub(crate) async fn write(ledger: &dyn Ledger, changes: &Changes) -> Result<(), CommitError> {
    if !changes.count_their_letters() {
        return Err(StoreError::new("a letter was decided on that nobody counted").into());
    }
    ledger.commit(changes).await
}

#[cfg(test)]
mod tests;
