//! Use cases of letters.

pub(crate) mod deliver;
pub(crate) mod facts;

use std::sync::Arc;

use crate::{letters::deliver::DeliverLetters, shared::core::Core};

/// Everything that can be done with letters.
pub struct LetterUseCases {
    pub deliver: DeliverLetters,
}

impl LetterUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { deliver: DeliverLetters::new(core) }
    }
}
