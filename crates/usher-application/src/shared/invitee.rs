//! Whom an invitation is for.

use usher_domain::{Invitation, UserRef};

/// How the directory knows the invitee.
pub(crate) fn invitee(invitation: &Invitation) -> UserRef {
    match &invitation.user {
        Some(id) => UserRef::Id(id.clone()),
        None => UserRef::Mailbox(invitation.mailbox.clone()),
    }
}
