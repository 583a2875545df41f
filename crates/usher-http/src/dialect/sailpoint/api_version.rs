//! The versions of the original's API, and where they differ.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};

/// By which version of the API somebody asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ApiVersion {
    /// No version at all.
    #[default]
    Plain,
    Beta,
    V2024,
    V2025,
    V2026,
    Latest,
    /// The version after the name of the service.
    V1,
}

impl ApiVersion {
    pub(super) const ALL: [Self; 7] =
        [Self::Plain, Self::Beta, Self::V2024, Self::V2025, Self::V2026, Self::Latest, Self::V1];

    /// What requests to it are counted under: see [`DialectState::bearer`](crate::dialect::state::DialectState::bearer).
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

    /// What stands before every path; none where nothing does.
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

    /// Where identities are.
    pub(super) fn identities(self) -> String {
        self.path("/identities")
    }

    /// Where tasks are.
    pub(super) fn tasks(self) -> String {
        self.path("/task-status")
    }

    fn path(self, service: &str) -> String {
        let version = if self == Self::V1 { "/v1" } else { "" };
        format!("{}{service}{version}", self.prefix().unwrap_or_default())
    }

    /// Whether inviting counts as an experiment.
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

    /// Whether the list of tasks is one of completed tasks alone, and asks nothing about that.
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
