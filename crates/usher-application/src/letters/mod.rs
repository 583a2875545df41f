//! Use cases of letters.

pub(crate) mod deliver;
pub(crate) mod facts;
pub(crate) mod purge_counts;

use std::sync::Arc;

use crate::{
    letters::{deliver::DeliverLetters, purge_counts::PurgeCounts},
    shared::core::Core,
};

/// Everything that can be done with letters.
pub struct LetterUseCases {
    pub deliver: DeliverLetters,
    pub purge_counts: PurgeCounts,
}

impl LetterUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { deliver: DeliverLetters::new(core), purge_counts: PurgeCounts::new(core) }
    }
}
