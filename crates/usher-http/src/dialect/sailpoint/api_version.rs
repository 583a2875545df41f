//! The versions of the original's API, and where they differ.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};

/// The version of the API that a request is made to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ApiVersion {
    /// Paths without a version.
    #[default]
    Plain,
    Beta,
    V2024,
    V2025,
    V2026,
    Latest,
    /// Paths with the version behind the name of the service, such as `/identities/v1`.
    V1,
}

impl ApiVersion {
    pub(super) const ALL: [Self; 7] =
        [Self::Plain, Self::Beta, Self::V2024, Self::V2025, Self::V2026, Self::Latest, Self::V1];

    /// The name that its requests are counted under for the rate limit.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "sailpoint",
            Self::Beta => "sailpoint beta",
            Self::V2024 => "sailpoint v2024",
            Self::V2025 => "sailpoint v2025",
            Self::V2026 => "sailpoint v2026",
            Self::Latest => "sailpoint latest",
            Self::V1 => "sailpoint v1",
        }
    }

    /// The first segment of all its paths, if they have one in common.
    pub(super) fn prefix(self) -> Option<&'static str> {
        match self {
            Self::Plain | Self::V1 => None,
            Self::Beta => Some("/beta"),
            Self::V2024 => Some("/v2024"),
            Self::V2025 => Some("/v2025"),
            Self::V2026 => Some("/v2026"),
            Self::Latest => Some("/latest"),
        }
    }

    /// The path of the list of identities.
    pub(super) fn identities(self) -> String {
        self.path("/identities")
    }

    /// The path of the list of tasks.
    pub(super) fn tasks(self) -> String {
        self.path("/task-status")
    }

    fn path(self, service: &str) -> String {
        let version = if self == Self::V1 { "/v1" } else { "" };
        format!("{}{service}{version}", self.prefix().unwrap_or_default())
    }

    /// Whether inviting is marked as experimental.
    pub(super) fn is_experimental(self) -> bool {
        match self {
            Self::Plain | Self::Beta => false,
            Self::V2024 | Self::V2025 | Self::V2026 | Self::Latest | Self::V1 => true,
        }
    }

    /// Whether tasks that are not completed have a list of their own.
    pub(super) fn lists_pending(self) -> bool {
        match self {
            Self::Plain | Self::Beta | Self::V2024 | Self::V2025 => true,
            Self::V2026 | Self::Latest | Self::V1 => false,
        }
    }

    /// Whether the list of tasks has completed tasks alone, so that no filter asks for others.
    pub(super) fn lists_completed_only(self) -> bool {
        match self {
            Self::Beta | Self::V2024 => true,
            Self::Plain | Self::V2025 | Self::V2026 | Self::Latest | Self::V1 => false,
        }
    }

    /// Whether tasks can be filtered by who launched them.
    pub(super) fn filters_by_launcher(self) -> bool {
        match self {
            Self::Beta | Self::V2024 | Self::V2025 => false,
            Self::Plain | Self::V2026 | Self::Latest | Self::V1 => true,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for ApiVersion {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or_default())
    }
}
