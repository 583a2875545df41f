//! `google.rpc.Status` and those of its details that are used here.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Serialize;

/// The codes of gRPC that are used here.
#[derive(Clone, Copy, Debug)]
pub(super) enum Code {
    InvalidArgument = 3,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

impl Code {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::InvalidArgument | Self::FailedPrecondition => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::AlreadyExists => StatusCode::CONFLICT,
            Self::PermissionDenied => StatusCode::FORBIDDEN,
            Self::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            // It is used for methods alone.
            Self::Unimplemented => StatusCode::METHOD_NOT_ALLOWED,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
        }
    }
}

/// One field of a request, and the rule it breaks.
#[derive(Debug, Serialize)]
pub(super) struct Violation {
    pub field: String,
    pub description: String,
}

impl Violation {
    pub(super) fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self { field: field.into(), description: description.into() }
    }
}

/// The details that are given here.
#[derive(Debug, Serialize)]
#[serde(tag = "@type", rename_all_fields = "camelCase")]
pub(super) enum Detail {
    #[serde(rename = "type.googleapis.com/google.rpc.ErrorInfo")]
    ErrorInfo {
        reason: &'static str,
        domain: &'static str,
        metadata: BTreeMap<&'static str, String>,
    },
    #[serde(rename = "type.googleapis.com/google.rpc.BadRequest")]
    BadRequest { field_violations: Vec<Violation> },
    #[serde(rename = "type.googleapis.com/google.rpc.ResourceInfo")]
    ResourceInfo { resource_type: &'static str, resource_name: String },
    #[serde(rename = "type.googleapis.com/google.rpc.PreconditionFailure")]
    PreconditionFailure { violations: [Precondition; 1] },
}

/// Something that does not hold, and must for the request to be possible.
#[derive(Debug, Serialize)]
pub(super) struct Precondition {
    pub r#type: &'static str,
    pub subject: String,
    pub description: String,
}

/// The body of an error.
#[derive(Serialize)]
pub(super) struct Status {
    pub code: u8,
    pub message: String,
    pub details: Vec<Detail>,
}
