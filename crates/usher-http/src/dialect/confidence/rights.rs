//! The rights of callers of this API.

use usher_domain::Permission;

/// A right of a caller, with the dialect's name for it.
#[derive(Clone, Copy)]
pub(super) struct Right {
    pub name: &'static str,
    pub permission: Permission,
}

impl Right {
    const fn new(name: &'static str, permission: Permission) -> Self {
        Self { name, permission }
    }
}

pub(super) const CREATE: Right = Right::new("CREATE_USER_INVITATIONS", Permission::Invite);
pub(super) const LIST: Right = Right::new("LIST_USER_INVITATIONS", Permission::Read);
pub(super) const READ: Right = Right::new("READ_USER_INVITATIONS", Permission::Read);
pub(super) const DELETE: Right = Right::new("DELETE_USER_INVITATIONS", Permission::Revoke);
pub(super) const RESEND: Right = Right::new("RESEND_USER_INVITATIONS", Permission::Resend);
pub(super) const LIST_USERS: Right = Right::new("LIST_USERS", Permission::Read);
pub(super) const READ_USER: Right = Right::new("READ_USERS", Permission::Read);
