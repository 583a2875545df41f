//! A row as it is handed to the database: JSON, with the key that the answer is matched by.

use sea_orm::{IdenStatic as _, ModelTrait};
use serde::Serialize;
use usher_application::StoreError;

use crate::entity::versioned::{Key, Versioned};

/// A row that is longer than this many bytes counts as two, and so on.
const BYTES: usize = 4_000;

pub(super) struct Row {
    pub key: Key,
    /// Inserted; otherwise it replaces the version before.
    pub is_new: bool,
    pub json: String,
}

impl Row {
    /// The rows of an aggregate, below the name of its table.
    pub(super) fn all<T: Versioned>(all: &[T]) -> Result<(&'static str, Vec<Self>), StoreError> {
        let table = <T::Row as ModelTrait>::Entity::default().as_str();
        Ok((table, all.iter().map(Self::of).collect::<Result<_, _>>()?))
    }

    fn of<T: Versioned>(it: &T) -> Result<Self, StoreError> {
        Ok(Self { key: it.key(), is_new: it.version() == 1, json: text::<_, T::Row>(it)? })
    }

    /// The number of rows that it counts as.
    pub(super) fn weight(&self) -> usize {
        1 + self.json.len() / BYTES
    }
}

/// A row as a JSON object.
pub(super) fn text<'a, T, M: From<&'a T> + Serialize>(it: &'a T) -> Result<String, StoreError> {
    serde_json::to_string(&M::from(it)).map_err(StoreError::new)
}

/// One JSON array of rows that are JSON each.
pub(super) fn json_array<'a>(rows: impl Iterator<Item = &'a String> + Clone) -> String {
    let length = rows.clone().map(|it| it.len() + 1).sum::<usize>() + 2;
    let mut text = String::with_capacity(length);
    text.push('[');
    for row in rows {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(row);
    }
    text.push(']');
    text
}

/// Splits rows into batches that weigh `limit` at the most. A row that weighs more is alone.
pub(super) fn batches<'a>(
    rows: &'a [(usize, &'a Row)],
    limit: usize,
) -> impl Iterator<Item = &'a [(usize, &'a Row)]> {
    let mut weight = rows.first().map_or(0, |(_, it)| it.weight());
    rows.chunk_by(move |_, (_, next)| {
        weight += next.weight();
        let fits = weight <= limit;
        if !fits {
            weight = next.weight();
        }
        fits
    })
}
