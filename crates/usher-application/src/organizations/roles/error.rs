//! Why a role is not as it was asked for.

use usher_domain::InvalidText;

use crate::{ports::error::StoreError, shared::bounds::OutOfBounds};

/// Why a role was not shown, defined or removed.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    #[error("the caller may not do this with roles")]
    Forbidden,
    /// Or the caller may not see it.
    #[error("there is no role with this id")]
    Unknown,
    #[error("there is no organization with the id that the role is for")]
    UnknownOrganization,
    #[error(
        "there is a role with this id already, or one with this name for the same organization"
    )]
    Exists,
    #[error("the tenant has {most} roles, which is as many as there may be: remove some first")]
    TooMany { most: usize },
    #[error(transparent)]
    Text(#[from] InvalidText),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OutOfBounds> for RoleError {
    fn from(_: OutOfBounds) -> Self {
        Self::Forbidden
    }
}
