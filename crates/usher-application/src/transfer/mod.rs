//! Users, organizations, roles and profiles in and out of usher as records.

pub(crate) mod export;
pub(crate) mod import;

use std::sync::Arc;

use crate::{
    shared::core::Core,
    transfer::{export::Export, import::Import},
};

/// Imports and exports.
pub struct TransferUseCases {
    pub import: Import,
    pub export: Export,
}

impl TransferUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { import: Import::new(core), export: Export::new(core) }
    }
}
