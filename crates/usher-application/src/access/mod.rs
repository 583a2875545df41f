//! Who asks: keys, passwords, pins and sessions.

pub(crate) mod attempts;
pub(crate) mod authenticate;
pub(crate) mod candidate;
pub(crate) mod credentials;
pub(crate) mod describe_sign_in;
pub(crate) mod error;
pub(crate) mod forget_attempts;
pub(crate) mod pin_sign_in;
pub(crate) mod session;
pub(crate) mod sign_in;

use std::sync::Arc;

use crate::{
    access::{
        authenticate::Authenticate, credentials::ManageCredentials,
        describe_sign_in::DescribeSignIn, forget_attempts::ForgetAttempts, pin_sign_in::PinSignIn,
        session::ResolveSession, sign_in::SignIn,
    },
    shared::core::Core,
};

/// Everything that proves or ends an identity.
pub struct AccessUseCases {
    pub authenticate: Authenticate,
    pub credentials: ManageCredentials,
    pub describe_sign_in: DescribeSignIn,
    pub forget_attempts: ForgetAttempts,
    pub sign_in: SignIn,
    pub pin_sign_in: PinSignIn,
    pub sessions: ResolveSession,
}

impl AccessUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            authenticate: Authenticate::new(core),
            credentials: ManageCredentials::new(core),
            describe_sign_in: DescribeSignIn::new(core),
            forget_attempts: ForgetAttempts::new(core),
            sign_in: SignIn::new(core),
            pin_sign_in: PinSignIn::new(core),
            sessions: ResolveSession::new(core),
        }
    }
}
