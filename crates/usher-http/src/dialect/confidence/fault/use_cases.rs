//! What the errors of use cases are in this API, where nothing else has to be known of the request.

use usher_application::{InviteError, ListError, LookUpError};

use super::Fault;
use crate::dialect::confidence::rights::{CREATE, LIST};

impl From<InviteError> for Fault {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::Forbidden => Self::denied(CREATE, "userInvitations"),
            InviteError::TooMany { limit } => {
                Self::field("requests", format!("must not be more than {limit}"))
                    .with("limit", limit)
            }
            InviteError::Store(error) => Self::failed(&error),
        }
    }
}

impl From<ListError> for Fault {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Forbidden => Self::denied(LIST, "userInvitations"),
            ListError::PageToken => Self::page_token(),
            ListError::Store(error) => Self::failed(&error),
        }
    }
}

impl From<LookUpError> for Fault {
    fn from(error: LookUpError) -> Self {
        match error {
            LookUpError::Unknown => Self::no_such_token(),
            LookUpError::Store(error) => Self::failed(&error),
        }
    }
}
