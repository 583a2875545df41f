//! The errors of this API, in the four forms that its clients know.

use std::fmt::Display;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Json, Response},
};
use serde::Serialize;
use serde_json::json;
use usher_application::{
    AuthenticateError, CancelTaskError, ReadTasksError, ReadUsersError, ResetUserError, StoreError,
    SubmitError,
};

use super::error_language::ErrorLanguage;
use crate::{
    dialect::state::NotAdmitted, guard::Unanswered, problem::chain, rate_limit::TooManyRequests,
    request::BodyError,
};

pub(super) type Result<T> = std::result::Result<T, Fault>;

/// Why a request failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// Without a valid access token; with the error that says so.
    Unauthenticated(&'static str),
    TooOften(TooManyRequests),
    /// While as many tasks wait or run as there may be; with the words that say so.
    Crowded(String),
    /// Without the header that marks a request as experimental, where the operator demands it.
    NotExperimental,
    /// Everything else. It is rendered by [`PendingError::render`] once the language and the id of
    /// the request are known.
    Pending(PendingError),
}

/// An error whose body is still to be rendered: it names the request, in the client's language.
#[derive(Clone, Debug)]
pub(super) struct PendingError {
    status: StatusCode,
    text: Text,
}

#[derive(Clone, Debug)]
enum Text {
    /// By its name in the locales.
    Known(&'static str),
    /// In English, because the text describes this request and is not in the locales.
    Said(String),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorResponse<'a> {
    detail_code: &'static str,
    tracking_id: &'a str,
    messages: [ErrorMessage; 1],
    causes: [ErrorMessage; 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorMessage {
    locale: String,
    locale_origin: &'static str,
    text: String,
}

impl PendingError {
    /// The body.
    pub(super) fn render(&self, language: &ErrorLanguage, tracking: &str) -> Response {
        let (language, text) = match &self.text {
            Text::Known(name) => (language, language.text(name)),
            Text::Said(text) => (&ErrorLanguage::default(), text.clone()),
        };
        let message =
            ErrorMessage { locale: language.locale(), locale_origin: language.origin(), text };
        let body = ErrorResponse {
            detail_code: detail_code(self.status),
            tracking_id: tracking,
            messages: [message],
            causes: [],
        };
        Json(body).into_response()
    }
}

fn detail_code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "400.1 Bad Request Content",
        StatusCode::FORBIDDEN => "403 Forbidden",
        StatusCode::NOT_FOUND => "404 Not found",
        StatusCode::METHOD_NOT_ALLOWED => "405 Method Not Allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "413 Content Too Large",
        StatusCode::SERVICE_UNAVAILABLE => "503 Service Unavailable",
        _ => "500.0 Internal Fault",
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthenticated(error) => {
                let how = [(WWW_AUTHENTICATE, "Bearer")];
                (StatusCode::UNAUTHORIZED, how, Json(json!({ "error": error }))).into_response()
            }
            Self::TooOften(error) => {
                let wait = [(RETRY_AFTER, HeaderValue::from(error.retry_after()))];
                // The blanks are part of the original's text.
                let body = Json(json!({ "message": " Rate Limit Exceeded " }));
                (StatusCode::TOO_MANY_REQUESTS, wait, body).into_response()
            }
            Self::Crowded(text) => {
                let wait = [(RETRY_AFTER, "60")];
                let body = Json(json!({ "message": text }));
                (StatusCode::TOO_MANY_REQUESTS, wait, body).into_response()
            }
            Self::NotExperimental => {
                let kind = [(CONTENT_TYPE, "application/json;charset=UTF-8")];
                let body = r#"{"error":"Experimental Header is missing or invalid."}"#;
                (StatusCode::BAD_REQUEST, kind, body).into_response()
            }
            Self::Pending(pending) => {
                let mut response = pending.status.into_response();
                let retry_after = match pending.status {
                    StatusCode::INTERNAL_SERVER_ERROR => Some("5"),
                    StatusCode::SERVICE_UNAVAILABLE => Some("1"),
                    _ => None,
                };
                if let Some(seconds) = retry_after {
                    let seconds = HeaderValue::from_static(seconds);
                    response.headers_mut().insert(RETRY_AFTER, seconds);
                }
                response.extensions_mut().insert(pending);
                response
            }
        }
    }
}

impl Fault {
    fn known(status: StatusCode, text: &'static str) -> Self {
        Self::Pending(PendingError { status, text: Text::Known(text) })
    }

    /// The request cannot be understood, or asks for something that does not exist.
    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self::Pending(PendingError {
            status: StatusCode::BAD_REQUEST,
            text: Text::Said(text.into()),
        })
    }

    pub(super) fn field(name: &str, rule: impl Display) -> Self {
        Self::bad(format!("`{name}` {rule}"))
    }

    pub(super) fn forbidden() -> Self {
        Self::known(StatusCode::FORBIDDEN, "fault-forbidden")
    }

    pub(super) fn not_a_person() -> Self {
        Self::known(StatusCode::FORBIDDEN, "fault-person")
    }

    pub(super) fn no_task() -> Self {
        Self::known(StatusCode::NOT_FOUND, "fault-task")
    }

    pub(super) fn no_identity() -> Self {
        Self::known(StatusCode::NOT_FOUND, "fault-identity")
    }

    pub(super) fn unknown_path() -> Self {
        Self::known(StatusCode::NOT_FOUND, "fault-nowhere")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::known(StatusCode::METHOD_NOT_ALLOWED, "fault-method")
    }

    /// It was done, or nobody knows whether it was.
    pub(super) fn undecided() -> Self {
        Self::known(StatusCode::SERVICE_UNAVAILABLE, "fault-undecided")
    }

    pub(super) fn internal_error() -> Self {
        Self::known(StatusCode::INTERNAL_SERVER_ERROR, "fault-broken")
    }
}

/// Logs why the store failed. The cause is not sent to the client.
pub(super) fn log_store_error(error: &StoreError) {
    tracing::error!(error = chain(error), "the store failed");
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        if error.is_busy() {
            return Self::known(StatusCode::SERVICE_UNAVAILABLE, "fault-busy");
        }
        if error.is_crowded() {
            return Self::known(StatusCode::SERVICE_UNAVAILABLE, "fault-crowded");
        }
        if error.is_of_many_searches() {
            return Self::known(StatusCode::SERVICE_UNAVAILABLE, "fault-searches");
        }
        if error.is_too_broad() {
            return Self::field(
                "filters",
                "take too long to search, or `offset` leaves out too many: narrow them by `id`, or by \
                 the beginning (`sw`) or the whole (`eq`) of `alias`, `email`, `firstname` or \
                 `lastname`; and leave `count` and `sorters` away",
            );
        }
        log_store_error(&error);
        if error.may_be_written() {
            return Self::undecided();
        }
        Self::internal_error()
    }
}

impl From<Unanswered> for Fault {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::Hostless => Self::bad(why.text()),
            Unanswered::Overdue => Self::undecided(),
            Unanswered::Broken => Self::known(why.status(), "fault-broken"),
        }
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::known(StatusCode::PAYLOAD_TOO_LARGE, "fault-too-large"),
            BodyError::Interrupted => Self::bad("The body broke off."),
        }
    }
}

impl From<NotAdmitted> for Fault {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Unauthenticated(error) => error.into(),
            NotAdmitted::TooOften(error) => Self::TooOften(error),
        }
    }
}

impl From<TooManyRequests> for Fault {
    fn from(error: TooManyRequests) -> Self {
        Self::TooOften(error)
    }
}

impl From<AuthenticateError> for Fault {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Invalid => Self::Unauthenticated("JWT validation failed"),
            AuthenticateError::Expired => {
                Self::Unauthenticated("JWT validation failed: JWT is expired")
            }
            AuthenticateError::KeyExpired => {
                Self::Unauthenticated("JWT validation failed: the API client has expired")
            }
            AuthenticateError::NoAuthority => Self::forbidden(),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

impl From<SubmitError> for Fault {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Forbidden => Self::forbidden(),
            SubmitError::Unnamed => Self::known(StatusCode::FORBIDDEN, "fault-unnamed"),
            SubmitError::TooMany { limit } => {
                Self::field("ids", format_args!("must not be more than {limit}"))
            }
            error @ SubmitError::Crowded { .. } => Self::Crowded(error.to_string()),
            SubmitError::Store(error) => error.into(),
        }
    }
}

impl From<ReadTasksError> for Fault {
    fn from(error: ReadTasksError) -> Self {
        match error {
            ReadTasksError::Forbidden => Self::forbidden(),
            ReadTasksError::Unknown => Self::no_task(),
            ReadTasksError::Store(error) => error.into(),
        }
    }
}

impl From<CancelTaskError> for Fault {
    fn from(error: CancelTaskError) -> Self {
        match error {
            CancelTaskError::Forbidden => Self::forbidden(),
            CancelTaskError::Unknown => Self::no_task(),
            CancelTaskError::Completed => Self::known(StatusCode::BAD_REQUEST, "fault-completed"),
            CancelTaskError::Store(error) => error.into(),
        }
    }
}

impl From<ReadUsersError> for Fault {
    fn from(error: ReadUsersError) -> Self {
        match error {
            ReadUsersError::Forbidden => Self::forbidden(),
            ReadUsersError::Unknown => Self::no_identity(),
            // This API pages by offset and has no page tokens.
            ReadUsersError::PageToken => Self::unknown_path(),
            ReadUsersError::Store(error) => error.into(),
        }
    }
}

impl From<ResetUserError> for Fault {
    fn from(error: ResetUserError) -> Self {
        match error {
            ResetUserError::Forbidden => Self::forbidden(),
            ResetUserError::Unknown => Self::no_identity(),
            ResetUserError::Store(error) => error.into(),
        }
    }
}
