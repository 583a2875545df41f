//! Why an organization is not as it was asked for.

use usher_domain::InvalidText;

use crate::{ports::error::StoreError, shared::bounds::OutOfBounds};

/// Why an organization was not shown, made, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum OrganizationError {
    #[error("the caller may not do this with organizations")]
    Forbidden,
    /// Or the caller may not see it.
    #[error("there is no organization with this id")]
    Unknown,
    #[error("there is an organization with this id already")]
    Exists,
    #[error("a new organization needs a `name`")]
    Nameless,
    #[error("`logo_url` must be an https address of at most 500 bytes without spaces and quotes")]
    LogoUrl,
    #[error("`domains` must not have more than 100 entries")]
    Domains,
    #[error("`metadata` must not be longer than 65536 bytes")]
    Metadata,
    #[error("`policies` must not be longer than 65536 bytes or name more than 1000 domains")]
    Policies,
    #[error(transparent)]
    Text(#[from] InvalidText),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OutOfBounds> for OrganizationError {
    fn from(_: OutOfBounds) -> Self {
        Self::Forbidden
    }
}
