//! The errors of this API: a code, a message and a description, with a status.

mod use_cases;

use std::borrow::Cow;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONNECTION, RETRY_AFTER},
    },
    response::{IntoResponse, Json, Response},
};
use serde::Serialize;
use usher_application::{AuthenticateError, StoreError};
use usher_domain::{Closed, InvalidText, Refusal, UsedUp};

use crate::{
    dialect::state::NotAdmitted, guard::Unanswered, problem::chain, rate_limit::TooManyRequests,
    request::BodyError,
};

/// The largest body, in bytes.
pub(super) const MAX_BODY: usize = 1 << 20;

pub(super) type Result<T> = std::result::Result<T, Fault>;

/// Why a request failed.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    words: Words,
    /// Whether to close the connection, because unread bytes of this request may follow on it.
    close: bool,
    /// The number of seconds after which another attempt may succeed.
    retry_after: Option<u64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Words {
    error_code: u16,
    message: &'static str,
    description: Cow<'static, str>,
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.words)).into_response();
        if self.close {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl Fault {
    fn new(
        status: StatusCode,
        error_code: u16,
        message: &'static str,
        about: &'static str,
    ) -> Self {
        let words = Words { error_code, message, description: about.into() };
        Self { status, words, close: false, retry_after: None }
    }

    fn described(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.words.description = description.into();
        self
    }

    fn invalid_body() -> Self {
        let about = "Please use a valid post body in JSON format.";
        Self::new(StatusCode::BAD_REQUEST, 7914, "Post body is invalid", about)
    }

    /// A client may have counted characters where bytes count: the rest of the body is still to
    /// come, and would be taken for the next request.
    pub(super) fn not_json() -> Self {
        Self { close: true, ..Self::invalid_body() }
    }

    fn too_long() -> Self {
        let about = format!("The body must not be longer than {MAX_BODY} bytes.");
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self { status, close: true, ..Self::invalid_body().described(about) }
    }

    /// That a member of the body breaks a rule.
    pub(super) fn member(name: &str, rule: &str) -> Self {
        Self::invalid_body().described(format!("{name} {rule}."))
    }

    fn text(InvalidText { field, rule }: InvalidText) -> Self {
        let name = match field {
            "roles" => "RoleIds",
            "name" => "Name",
            "display_name" => "Display.Name",
            "description" => "Description",
            "permissions" => "Permissions",
            other => other,
        };
        Self::member(name, &rule.to_string())
    }

    /// That a parameter of the query or the path breaks a rule.
    pub(super) fn parameter(about: &'static str) -> Self {
        let message = "A parameter is not formatted correctly";
        Self::new(StatusCode::BAD_REQUEST, 908, message, about)
    }

    pub(super) fn no_invitation_id() -> Self {
        Self::parameter("The invitation id is required.")
    }

    pub(super) fn no_role_id() -> Self {
        let about = "Role id is required, Please provide Role id.";
        Self::new(StatusCode::BAD_REQUEST, 8126, "Role id is required", about)
    }

    pub(super) fn no_organization_id() -> Self {
        let about = "Organization id is required, Please provide organization id.";
        Self::new(StatusCode::BAD_REQUEST, 8129, "Organization id is required", about)
    }

    pub(super) fn no_user_id() -> Self {
        let about = "User id is required, Please provide user id.";
        Self::new(StatusCode::BAD_REQUEST, 8131, "User id is required", about)
    }

    pub(super) fn unauthorized() -> Self {
        let about = "Access Unauthorized, please use valid authorization to access this endpoint.";
        Self::new(StatusCode::UNAUTHORIZED, 6002, "Access Unauthorized", about)
    }

    /// The key was good until its time was over.
    fn expired() -> Self {
        Self::unauthorized().described("The key has expired, please use another one.")
    }

    /// The operator wants no secrets where proxies write them down.
    pub(super) fn secret_in_query() -> Self {
        Self::unauthorized().described(
            "This server takes no key and no secret from the query: send them in the headers \
             X-LoginRadius-ApiKey and X-LoginRadius-ApiSecret.",
        )
    }

    pub(super) fn foreign_role(id: &str) -> Self {
        let fault = Self::new(StatusCode::FORBIDDEN, 8143, "Role does not belong to tenant", "");
        fault.described(format!(
            "RoleIds: the role {id:?} does not belong to tenant or to that organization, Please \
             provide valid Role id."
        ))
    }

    fn inactive() -> Self {
        let about = "Organization is not active, Please provide valid organization id.";
        Self::new(StatusCode::FORBIDDEN, 8180, "Organization is not active", about)
    }

    pub(super) fn no_organization() -> Self {
        let about = "The entered organization or its configuration does not exist.";
        Self::new(StatusCode::NOT_FOUND, 8118, "Organization not found", about)
    }

    pub(super) fn no_role() -> Self {
        let about = "Role does not exist, Please provide valid Role id.";
        Self::new(StatusCode::NOT_FOUND, 8125, "Role does not exist", about)
    }

    fn no_such_role(id: &str) -> Self {
        Self::no_role().described(format!(
            "RoleIds: the role {id:?} does not exist, Please provide valid Role id."
        ))
    }

    pub(super) fn no_user() -> Self {
        let about = "User does not exist, Please provide valid user id.";
        Self::new(StatusCode::NOT_FOUND, 8132, "User does not exist", about)
    }

    pub(super) fn no_invitation() -> Self {
        let about = "Invitation not found, Please provide valid invitation id.";
        Self::new(StatusCode::NOT_FOUND, 8169, "Invitation not found", about)
    }

    fn role_exists() -> Self {
        let about = "Duplicate Role name, Please provide valid Role name.";
        Self::new(StatusCode::CONFLICT, 8123, "Duplicate Role name", about)
    }

    fn roles_held() -> Self {
        let about = "User Role already exists, Please provide valid Role id.";
        Self::new(StatusCode::CONFLICT, 8130, "User Role already exists", about)
    }

    fn already_updated() -> Self {
        let about = "Status already updated, Please provide valid status.";
        Self::new(StatusCode::CONFLICT, 8166, "Status already updated", about)
    }

    /// The user is a member, or has an invitation that the caller may not see.
    pub(super) fn user_exists() -> Self {
        let about = "User already exist in an organization, Please provide correct email id.";
        Self::new(StatusCode::CONFLICT, 8170, "User already exist in an organization", about)
    }

    // The codes from here to `unknown_path` are those of the legacy API: there are no newer ones.

    fn no_seat() -> Self {
        let about = "The organization has no seat left.";
        Self::new(StatusCode::CONFLICT, 1122, "You have reached a limit", about)
    }

    fn domain() -> Self {
        let message = "Email id domain is not allowed to register";
        let about = "Addresses of that domain may not belong to the organization.";
        Self::new(StatusCode::FORBIDDEN, 1247, message, about)
    }

    fn disabled() -> Self {
        let about = "The user is disabled.";
        Self::new(StatusCode::FORBIDDEN, 1056, "Email is not allowed to register", about)
    }

    fn redirect(refusal: &Refusal) -> Self {
        let fault = Self::new(StatusCode::FORBIDDEN, 1249, "The invitation_url is invalid", "");
        fault.described(format!("{refusal}."))
    }

    pub(super) fn unknown_path() -> Self {
        let message = "Your LoginRadius site does not have permission to access this endpoint";
        Self::new(StatusCode::NOT_FOUND, 909, message, "There is no such endpoint.")
    }

    pub(super) fn method_not_allowed() -> Self {
        let fault = Self::unknown_path().described("The endpoint does not have that method.");
        Self { status: StatusCode::METHOD_NOT_ALLOWED, ..fault }
    }

    fn too_many_requests(error: &TooManyRequests) -> Self {
        let seconds = error.retry_after();
        let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, 429, "Too many requests", "");
        let about = format!("Too many requests were sent, try again in {seconds} seconds.");
        Self { retry_after: Some(seconds), ..fault.described(about) }
    }

    /// There are as many letters or invitations as there may be. The original has no such error, and
    /// its clients know this status.
    fn used_up(it: &UsedUp) -> Self {
        let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, 429, "Too many requests", "");
        let about = format!("Too many letters or invitations: {it}.");
        Self { retry_after: Some(it.wait()), ..fault.described(about) }
    }

    /// The original has no such error. Its code is the status, as that of [`Self::too_often`] is.
    fn busy() -> Self {
        let about = "Others keep changing the same data, please try again.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { retry_after: Some(1), ..Self::new(status, 503, "The data is busy", about) }
    }

    /// The original has no such error either.
    fn crowded() -> Self {
        let about = "Too many passwords wait to be checked, please try again in a moment.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { retry_after: Some(1), ..Self::new(status, 503, "Too much load", about) }
    }

    /// It was done, or nobody knows whether it was. The original has no such error.
    pub(super) fn undecided() -> Self {
        let about = "It may have been done. Get or list what you wanted to change before you try again: an \
            invitation that waits already stays the same, and is mailed again.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { retry_after: Some(5), ..Self::new(status, 503, "The outcome is unknown", about) }
    }

    pub(super) fn internal_error() -> Self {
        let message = "Operation failed due to an internal error.";
        let about = "An unknown internal error occurred, please try again in a few minutes or \
            contact your system administrator.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, 7909, message, about)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownUser | Refusal::UnknownInviter | Refusal::NotMember(_) => {
                Self::no_user()
            }
            Refusal::UnknownOrganization => Self::no_organization(),
            Refusal::AlreadyInvited(_)
            | Refusal::AlreadyMember(_)
            | Refusal::AtHome(_)
            | Refusal::SharedMailbox => Self::user_exists(),
            Refusal::UnknownRole(id) => Self::no_such_role(&id),
            Refusal::RoleLikeness(_) => Self::no_role().described(format!("RoleIds: {refusal}.")),
            Refusal::ForeignRole(id) => Self::foreign_role(&id),
            Refusal::InactiveOrganization => Self::inactive(),
            Refusal::NoSeat => Self::no_seat(),
            Refusal::Domain => Self::domain(),
            Refusal::Redirect(_) => Self::redirect(&refusal),
            Refusal::Disabled => Self::disabled(),
            Refusal::Lifetime { min, max } => Self::member(
                "ExpirationDate",
                &format!("must be {} to {} seconds away", min.num_seconds(), max.num_seconds()),
            ),
            Refusal::Text(it) => Self::text(it),
            Refusal::Authority | Refusal::UserAuthority(_) | Refusal::SelfByPin => {
                Self::unauthorized()
            }
            Refusal::RoleAuthority(_) => {
                Self::unauthorized().described(format!("RoleIds: {refusal}."))
            }
            Refusal::Quota(it) => Self::used_up(&it),
            Refusal::NoPin | Refusal::NoMailbox | Refusal::UnprovenMailbox => {
                tracing::error!(refusal = refusal.key(), "nobody asked for that here");
                Self::internal_error()
            }
        }
    }
}

impl From<Closed> for Fault {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Declined | Closed::Revoked => Self::no_invitation(),
            Closed::Expired
            | Closed::Accepted
            | Closed::Superseded
            | Closed::Void
            | Closed::Readdressed => Self::already_updated(),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        if error.is_busy() {
            return Self::busy();
        }
        if error.is_crowded() {
            return Self::crowded();
        }
        if error.is_of_many_searches() {
            let about = "Too many searches are made at once, please try again in a moment.";
            return Self::crowded().described(about);
        }
        if error.is_too_broad() {
            return Self::parameter(
                "The search takes too long: narrow it by orgid or email, or ask for an earlier page.",
            );
        }
        tracing::error!(error = chain(&error), "the store failed");
        if error.may_be_written() { Self::undecided() } else { Self::internal_error() }
    }
}

impl From<Unanswered> for Fault {
    fn from(why: Unanswered) -> Self {
        let status = why.status();
        match why {
            Unanswered::Hostless => Self::parameter(why.text()),
            Unanswered::Overdue => Self::undecided(),
            Unanswered::Broken => Self { status, ..Self::internal_error() },
        }
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::too_long(),
            BodyError::Interrupted => Self::not_json(),
        }
    }
}

impl From<NotAdmitted> for Fault {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Unauthenticated(error) => error.into(),
            NotAdmitted::TooOften(error) => Self::too_many_requests(&error),
        }
    }
}

impl From<TooManyRequests> for Fault {
    fn from(error: TooManyRequests) -> Self {
        Self::too_many_requests(&error)
    }
}

impl From<AuthenticateError> for Fault {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::KeyExpired => Self::expired(),
            AuthenticateError::Invalid
            | AuthenticateError::Expired
            | AuthenticateError::NoAuthority => Self::unauthorized(),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}
