//! An error of a route outside the dialects: a status, and what to tell whoever asked.

use std::error::Error;

use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use usher_application::StoreError;

/// An error without a body. `error_pages` adds the body, in the format that the client accepts.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub status: StatusCode,
    /// What is wrong, for clients that read problem details; browsers get the text of the status.
    pub detail: Option<&'static str>,
}

/// Seconds after which another try may succeed.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("5");

impl Problem {
    pub(crate) fn new(status: StatusCode) -> Self {
        Self { status, detail: None }
    }

    pub(crate) fn with_detail(self, detail: &'static str) -> Self {
        Self { detail: Some(detail), ..self }
    }
}

/// The error goes to the log. The client learns only that it may try again.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = chain(&error), "the store failed");
        Self::new(StatusCode::SERVICE_UNAVAILABLE)
    }
}

/// An error and all its sources, for the log.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |it| (*it).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS);
        }
        response.extensions_mut().insert(self);
        response
    }
}
