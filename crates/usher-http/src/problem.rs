//! An error of a route outside the dialects: a status, and a detail for the client.

use std::error::Error;

use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use usher_application::StoreError;

use crate::rate_limit::TooManyRequests;

/// An error without a body. `error_pages` adds the body, in the format that the client accepts.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub status: StatusCode,
    /// What is wrong, for clients that read problem details; browsers get the text of the status.
    pub detail: Option<&'static str>,
    /// The name of the texts for browsers, where they are not those of the status.
    pub kind: Option<&'static str>,
    /// After how many seconds the request may be repeated, where that is known.
    pub retry_after: Option<u64>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode) -> Self {
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(5);
        Self { status, detail: None, kind: None, retry_after }
    }

    /// Nobody knows whether what was asked for was done.
    pub(crate) fn undecided(detail: &'static str) -> Self {
        let kind = Some("undecided");
        Self { kind, ..Self::new(StatusCode::SERVICE_UNAVAILABLE).with_detail(detail) }
    }

    pub(crate) fn with_detail(self, detail: &'static str) -> Self {
        Self { detail: Some(detail), ..self }
    }
}

/// The error goes to the log, unless the store works and others are in the way. The client learns no more
/// than that it may try again.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let in_the_way = |kind, detail| Self {
            kind: Some(kind),
            retry_after: Some(1),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE).with_detail(detail)
        };
        if error.is_busy() {
            return in_the_way("busy", "others keep changing the same data: try again");
        }
        if error.is_crowded() {
            let detail = "too many passwords wait to be checked: try again in a moment";
            return in_the_way("crowded", detail);
        }
        tracing::error!(error = chain(&error), "the store failed");
        if error.may_be_written() {
            return Self::undecided("it may have been done: look before you try again");
        }
        Self::new(StatusCode::SERVICE_UNAVAILABLE)
    }
}

/// Too much came from one source.
impl From<TooManyRequests> for Problem {
    fn from(error: TooManyRequests) -> Self {
        let detail = "too many attempts came from this address: wait and try again";
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS).with_detail(detail);
        Self { retry_after: Some(error.retry_after()), ..problem }
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
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_store_may_be_asked_again_at_once() {
        for (error, detail, seconds) in [
            (StoreError::busy(), Some("others keep changing the same data: try again"), "1"),
            (
                StoreError::crowded(),
                Some("too many passwords wait to be checked: try again in a moment"),
                "1",
            ),
            (StoreError::new("gone"), None, "5"),
            (
                StoreError::undecided("gone"),
                Some("it may have been done: look before you try again"),
                "5",
            ),
        ] {
            let problem = Problem::from(error);
            assert_eq!(problem.detail, detail);
            assert_eq!(problem.into_response().headers()[RETRY_AFTER], seconds);
        }
    }
}
