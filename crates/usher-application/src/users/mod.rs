//! Use cases of the users of a tenant.

pub(crate) mod add;
pub(crate) mod read;
pub(crate) mod reset;

use std::sync::Arc;

use crate::{
    shared::core::Core,
    users::{add::AddUser, read::ReadUsers, reset::ResetUser},
};

/// Everything that can be done with users.
pub struct UserUseCases {
    pub add: AddUser,
    pub read: ReadUsers,
    pub reset: ResetUser,
}

impl UserUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { add: AddUser::new(core), read: ReadUsers::new(core), reset: ResetUser::new(core) }
    }
}
