//! How records are imported, whatever they are: check all, then write the good ones.

use std::{
    collections::{BTreeMap, HashSet},
    mem,
};

use usher_domain::{Caller, Document, OrganizationId, TenantId, line};

use crate::{
    ports::{
        error::StoreError,
        ledger::{CommitError, Conflict},
        organizations::Organizations,
    },
    transfer::records::{BadRecord, Record, RecordField},
};

/// What came of an import.
#[derive(Debug, Default)]
pub struct Imported {
    /// How many records were written: all that were given, all but the bad ones, or none.
    pub written: usize,
    /// The number of each bad record, counted from 0, and what is wrong with it.
    pub bad: BTreeMap<usize, BadRecord>,
}

/// Why nothing was imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the caller may not import")]
    Forbidden,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks that a document is no longer than usher keeps.
pub(crate) fn document(field: RecordField, given: Option<&Document>) -> Result<(), BadRecord> {
    let is_too_long = given.is_some_and(Document::is_too_long);
    if is_too_long { Err(BadRecord::Document(field)) } else { Ok(()) }
}

/// Only an administrator of the whole tenant may import.
pub(crate) fn allowed(caller: &Caller) -> Result<(), ImportError> {
    caller.administers_tenant().then_some(()).ok_or(ImportError::Forbidden)
}

/// Records that were checked, by their numbers: what the good ones are to be written as, and what
/// is wrong with the others.
pub(crate) struct Checked<T> {
    good: Vec<(usize, T)>,
    bad: BTreeMap<usize, BadRecord>,
}

impl<T> Checked<T> {
    /// Checks each record in its turn. One that has the id of an earlier one is bad.
    pub(crate) fn of<'a, R: Record>(
        records: &'a [R],
        mut check: impl FnMut(usize, &'a R) -> Result<T, BadRecord>,
    ) -> Self {
        let mut seen = HashSet::new();
        let mut checked = Self { good: Vec::new(), bad: BTreeMap::new() };
        for (number, record) in records.iter().enumerate() {
            let is_first = seen.insert(record.id());
            match if is_first { check(number, record) } else { Err(BadRecord::Double) } {
                Ok(it) => checked.good.push((number, it)),
                Err(bad) => drop(checked.bad.insert(number, bad)),
            }
        }
        checked
    }

    /// The numbers of those that are bad.
    pub(crate) fn bad(&self) -> impl Iterator<Item = usize> {
        self.bad.keys().copied()
    }

    /// Writes all that are good in one commit, or nothing where one is bad, unless `keep_going`.
    /// Those that a conflict is about are bad too, for something in the store has what they take.
    pub(crate) async fn write(
        self,
        keep_going: bool,
        commit: impl AsyncFn(&[(usize, T)]) -> Result<(), CommitError>,
        is_about: impl Fn(&Conflict, &T) -> bool,
    ) -> Result<Imported, StoreError> {
        let Self { mut good, mut bad } = self;
        // Each conflict leaves some of them out, so this ends after as many turns as there are
        // records. They are not decided again: what is taken stays taken.
        while !good.is_empty() && (keep_going || bad.is_empty()) {
            let conflicts = match commit(&good).await {
                Ok(()) => return Ok(Imported { written: good.len(), bad }),
                Err(CommitError::Store(error)) => return Err(error),
                Err(CommitError::Conflict(conflicts)) => conflicts,
            };
            let before = good.len();
            let is_taken = |it: &T| conflicts.iter().any(|conflict| is_about(conflict, it));
            let (taken, rest): (Vec<_>, _) =
                mem::take(&mut good).into_iter().partition(|(_, it)| is_taken(it));
            good = rest;
            bad.extend(taken.into_iter().map(|(number, _)| (number, BadRecord::Conflict)));
            if good.len() == before {
                return Err(StoreError::new("a conflict is about nothing that was to be written"));
            }
        }
        Ok(Imported { written: 0, bad })
    }

    /// The same with a commit for each, for those that are written with more than fits into one.
    pub(crate) async fn write_each(
        self,
        keep_going: bool,
        commit: impl AsyncFn(&T) -> Result<(), CommitError>,
    ) -> Result<Imported, StoreError> {
        let Self { good, bad } = self;
        let mut imported = Imported { written: 0, bad };
        if !imported.bad.is_empty() && !keep_going {
            return Ok(imported);
        }
        for (number, it) in good {
            match commit(&it).await {
                Ok(()) => imported.written += 1,
                Err(CommitError::Conflict(_)) => {
                    imported.bad.insert(number, BadRecord::Taken(RecordField::Id));
                }
                Err(CommitError::Store(error)) => return Err(error),
            }
        }
        Ok(imported)
    }
}

/// Reads a text of one line that may be missing.
pub(crate) fn text(
    field: RecordField,
    given: Option<&str>,
    max: usize,
) -> Result<Option<String>, BadRecord> {
    let read = |it| line(field.as_str(), it, max).map_err(BadRecord::text(field));
    given.map(read).transpose()
}

/// Which of these organizations exist.
pub(crate) async fn existing(
    organizations: &dyn Organizations,
    tenant: TenantId,
    ids: impl Iterator<Item = &OrganizationId> + Send,
) -> Result<HashSet<OrganizationId>, StoreError> {
    let ids: Vec<_> = ids.collect::<HashSet<_>>().into_iter().cloned().collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let found = organizations.find_many(tenant, &ids).await?;
    Ok(found.into_iter().flatten().map(|it| it.id).collect())
}

#[cfg(test)]
pub(crate) mod tests;
