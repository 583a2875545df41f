//! Use cases of the members of an organization.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod give_roles;
pub(crate) mod read;
pub(crate) mod remove;

use std::sync::Arc;

use crate::{
    members::{
        add::AddMembers, change::ChangeMember, give_roles::GiveRoles, read::ReadMembers,
        remove::RemoveMembers,
    },
    shared::core::Core,
};

/// Everything that can be done with members.
pub struct MemberUseCases {
    pub add: AddMembers,
    pub read: ReadMembers,
    pub change: ChangeMember,
    pub remove: RemoveMembers,
    pub give_roles: GiveRoles,
}

impl MemberUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            add: AddMembers::new(core),
            read: ReadMembers::new(core),
            change: ChangeMember::new(core),
            remove: RemoveMembers::new(core),
            give_roles: GiveRoles::new(core),
        }
    }
}

#[cfg(test)]
mod tests;
