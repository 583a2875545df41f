//! The fields of forms, and the nonces that distinguish one form from another.

use axum::extract::{
    FromRequest, FromRequestParts,
    rejection::{FormRejection, QueryRejection},
};
use usher_domain::SessionId;

use super::site::Site;
use crate::problem::Problem;

/// The most bytes that a form may have.
pub(super) const MAX_FORM: usize = 16 << 10;

/// The fields of a form. Fields that the handler does not name are ignored.
#[derive(FromRequest)]
#[from_request(via(axum::Form), rejection(Problem))]
pub(super) struct Fields<T>(pub T);

/// The parameters of the query. Parameters that the handler does not name are ignored.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub(super) struct Query<T>(pub T);

impl From<FormRejection> for Problem {
    fn from(rejection: FormRejection) -> Self {
        Self::new(rejection.status())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status())
    }
}

/// The form that a nonce is made for. No other form accepts the nonce.
#[derive(Clone, Copy)]
pub(super) enum FormId<'a> {
    /// The answer to the invitation that this token opens.
    Accept(&'a str),
    SignIn,
    PinSignIn,
    /// What whoever is signed in by this session does with their account, signing out among it.
    Account(SessionId),
    Forgot,
    /// The new password that this token lets somebody choose.
    Reset(&'a str),
    /// The mailbox that this token proves.
    Confirm(&'a str),
}

impl FormId<'_> {
    pub(super) fn nonce(self, site: &Site) -> String {
        site.usher.forms.nonce(&self.context())
    }

    /// Whether the nonce was made for this form, and not too long ago.
    pub(super) fn accepts(self, site: &Site, nonce: &str) -> bool {
        site.usher.forms.accepts(&self.context(), nonce)
    }

    fn context(self) -> String {
        match self {
            Self::Accept(token) => format!("accept {token}"),
            Self::SignIn => "signin".to_owned(),
            Self::PinSignIn => "pin".to_owned(),
            Self::Account(session) => format!("account {session}"),
            Self::Forgot => "forgot".to_owned(),
            Self::Reset(token) => format!("reset {token}"),
            Self::Confirm(token) => format!("confirm {token}"),
        }
    }
}
