//! Who asks: keys, passwords, pins and sessions.

pub(crate) mod account_letters;
pub(crate) mod attempts;
pub(crate) mod authenticate;
pub(crate) mod candidate;
pub(crate) mod change_password;
pub(crate) mod confirm_mailbox;
pub(crate) mod credentials;
pub(crate) mod describe_sign_in;
pub(crate) mod error;
pub(crate) mod fate;
pub(crate) mod new_password;
pub(crate) mod pin_sign_in;
pub(crate) mod recognize_browser;
pub(crate) mod reset_password;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod sources;
pub(crate) mod take_back;

use std::sync::Arc;

use crate::{
    access::{
        authenticate::Authenticate, change_password::ChangePassword,
        confirm_mailbox::ConfirmMailbox, credentials::ManageCredentials,
        describe_sign_in::DescribeSignIn, pin_sign_in::PinSignIn,
        recognize_browser::RecognizeBrowser, reset_password::ResetPassword,
        session::ResolveSession, sign_in::SignIn, take_back::TakeBack,
    },
    shared::core::Core,
};

/// Everything that proves or ends an identity.
pub struct AccessUseCases {
    pub authenticate: Authenticate,
    pub credentials: ManageCredentials,
    pub take_back: TakeBack,
    pub describe_sign_in: DescribeSignIn,
    pub recognize_browser: RecognizeBrowser,
    pub sign_in: SignIn,
    pub pin_sign_in: PinSignIn,
    pub sessions: ResolveSession,
    pub change_password: ChangePassword,
    pub reset_password: ResetPassword,
    pub confirm_mailbox: ConfirmMailbox,
}

impl AccessUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            authenticate: Authenticate::new(core),
            credentials: ManageCredentials::new(core),
            take_back: TakeBack::new(core),
            describe_sign_in: DescribeSignIn::new(core),
            recognize_browser: RecognizeBrowser::new(core),
            sign_in: SignIn::new(core),
            pin_sign_in: PinSignIn::new(core),
            sessions: ResolveSession::new(core),
            change_password: ChangePassword::new(core),
            reset_password: ResetPassword::new(core),
            confirm_mailbox: ConfirmMailbox::new(core),
        }
    }
}
