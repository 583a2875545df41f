//! Use cases of one invitation or a batch of them.

pub(crate) mod accept;
pub(crate) mod batch;
pub(crate) mod change;
pub(crate) mod change_and_resend;
pub(crate) mod decline;
pub(crate) mod draft;
pub(crate) mod edit;
pub(crate) mod find;
pub(crate) mod hand_over;
pub(crate) mod invite;
pub(crate) mod list;
pub(crate) mod look_up;
pub(crate) mod resend;
pub(crate) mod revoke;

use std::sync::Arc;

use crate::{
    invitations::{
        accept::AcceptInvitation, change::ChangeInvitation,
        change_and_resend::ChangeAndResendInvitation, decline::DeclineInvitation,
        find::FindInvitation, hand_over::HandOverLinks, invite::InviteUsers, list::ListInvitations,
        look_up::LookUpInvitation, resend::ResendInvitation, revoke::RevokeInvitation,
    },
    shared::core::Core,
};

/// Everything that can be done with invitations.
pub struct InvitationUseCases {
    pub invite: InviteUsers,
    pub find: FindInvitation,
    pub list: ListInvitations,
    pub look_up: LookUpInvitation,
    pub hand_over: HandOverLinks,
    pub accept: AcceptInvitation,
    pub decline: DeclineInvitation,
    pub change: ChangeInvitation,
    pub change_and_resend: ChangeAndResendInvitation,
    pub resend: ResendInvitation,
    pub revoke: RevokeInvitation,
}

impl InvitationUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            invite: InviteUsers::new(core),
            find: FindInvitation::new(core),
            list: ListInvitations::new(core),
            look_up: LookUpInvitation::new(core),
            hand_over: HandOverLinks::new(core),
            accept: AcceptInvitation::new(core),
            decline: DeclineInvitation::new(core),
            change: ChangeInvitation::new(core),
            change_and_resend: ChangeAndResendInvitation::new(core),
            resend: ResendInvitation::new(core),
            revoke: RevokeInvitation::new(core),
        }
    }
}
