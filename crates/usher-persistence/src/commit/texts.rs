//! The texts of what was written at once before.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// A kind of rows. Tables are told by their place in [`Statements::tables`].
///
/// [`Statements::tables`]: crate::commit::statements::Statements::tables
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Replaced(usize),
    Inserted(usize),
    Jobs,
    Audit,
    Counts,
}

/// What was written at once before, by the kinds of rows that it writes: there are few of them.
#[derive(Default)]
pub(super) struct Texts(Mutex<HashMap<Vec<Kind>, Arc<str>>>);

impl Texts {
    /// The text that writes these kinds of rows, which is made when it is asked for the first time.
    pub(super) fn of(&self, kinds: Vec<Kind>, make: impl FnOnce(&[Kind]) -> String) -> Arc<str> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = known.get(&kinds) {
            return text.clone();
        }
        let text: Arc<str> = make(&kinds).into();
        known.insert(kinds, text.clone());
        text
    }
}
