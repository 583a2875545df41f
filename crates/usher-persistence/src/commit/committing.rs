//! Whether an attempt to write that failed may have written all the same.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::DbErr;

use crate::backend::{Backend, failure::leaves_open};

/// Whether the database was told to commit, and has not said yet whether it has.
#[derive(Default)]
pub(super) struct IsCommitting(AtomicBool);

impl IsCommitting {
    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Awaits what commits. Unless its outcome becomes known, this stays set.
    pub(super) async fn during<T>(
        &self,
        backend: Backend,
        commit: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        self.0.store(true, Ordering::Relaxed);
        let outcome = commit.await;
        let is_open = outcome.as_ref().is_err_and(|it| leaves_open(backend, it));
        self.0.store(is_open, Ordering::Relaxed);
        outcome
    }
}
