//! The errors of this API: codes and their texts, in an envelope.

use std::borrow::Cow;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use serde::Serialize;
use usher_application::{
    AddMyselfError, AddUserError, AuthenticateError, ChangeMemberError, MembersError,
    ReadUsersError, SignInError, StoreError,
};
use usher_domain::{Document, InvalidText, Refusal, whole_seconds};

use super::envelope::answer;
use crate::{
    dialect::state::NotAdmitted, guard::Unanswered, problem::chain, rate_limit::TooManyRequests,
    request::BodyError,
};

pub(super) type Result<T> = std::result::Result<T, Fault>;

/// The text for every failure of the store. Its cause is logged and not shown.
const STORE: &str = "Model error: the store is unavailable";
/// The text where the store did not say whether it has written.
const UNDECIDED: &str =
    "Model error: it may have been done, look before you send the same request again";
/// The text where too many passwords wait to be hashed.
const CROWDED: &str = "Model error: too many passwords wait to be checked, try again in a moment";
/// The text where too many others search.
const SEARCHES: &str = "Model error: too many searches are made at once, try again in a moment";
/// The text where every attempt to write met with the changes of others.
const BUSY: &str = "Model error: others keep changing the same data, try again";
/// The caller has too little authority. The original's text goes on with a full stop.
const DENIED: &str = "You do not belong to a group with access to this System API";
/// No user has the id, and it is not in the original's format.
pub(super) const MALFORMED: &str = "Model error: A valid ID is required";
/// The request names no user whose pin is to be changed.
const NAMELESS_PIN: &str = "Model error: User: user [id | username | email], status, pin and \
    tenant information are required.";
/// The request names no user.
pub(super) const NAMELESS: &str = "Model error: User: user [id | username | email], status, and \
    tenant information are required.";

/// Why a request failed.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    details: Vec<Detail>,
    /// The time after which another attempt may succeed.
    wait: Option<TimeDelta>,
    /// The error code of OAuth 2, where a token was requested.
    oauth: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Detail {
    code: u16,
    message: Cow<'static, str>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    result: bool,
    errors: Errors<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<&'a str>,
}

#[derive(Serialize)]
struct Errors<'a> {
    codes: Vec<u16>,
    details: &'a [Detail],
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        // They are in the order of their codes, each code once.
        let codes = self.details.iter().map(|it| it.code).collect();
        let described = self.details.first().filter(|_| self.oauth.is_some());
        let body = Envelope {
            result: false,
            errors: Errors { codes, details: &self.details },
            error: self.oauth,
            error_description: described.map(|it| it.message.as_ref()),
        };
        let mut response = answer(self.status, &body);
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.wait {
            response.headers_mut().insert(RETRY_AFTER, whole_seconds(wait).into());
        }
        response
    }
}

impl Fault {
    fn new(status: StatusCode, code: u16, message: impl Into<Cow<'static, str>>) -> Self {
        let details = vec![Detail { code, message: message.into() }];
        Self { status, details, wait: None, oauth: None }
    }

    /// An error of the service. The original answers all of them with the status 500.
    fn service(code: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, message)
    }

    /// An error of OAuth 2: its code is the status.
    fn oauth(status: StatusCode, message: &'static str) -> Self {
        Self::new(status, status.as_u16(), message)
    }

    pub(super) fn no_key() -> Self {
        Self::service(153, "Unable to load provision information for the provided key.")
    }

    pub(super) fn bad_key() -> Self {
        Self::service(148, "Unable to load the key information")
    }

    /// The key was good until its time was over.
    pub(super) fn expired_key() -> Self {
        Self::service(148, "Unable to load the key information: the key has expired")
    }

    /// The operator wants no secrets where proxies write them down.
    pub(super) fn key_in_query() -> Self {
        let text = "Unable to load the key information: this server takes no key from the query, send it \
             in the header key";
        Self::service(148, text)
    }

    /// The same for an access token.
    pub(super) fn token_in_query() -> Self {
        let text = "This server takes no access token from the query: send it in the header Authorization.";
        Self::oauth(StatusCode::BAD_REQUEST, text)
    }

    /// The key is good, but stands for no organization.
    pub(super) fn unbound_key() -> Self {
        let text = "A valid key is needed to access any API.";
        Self::new(StatusCode::FORBIDDEN, 132, text)
    }

    pub(super) fn forbidden() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 160, format!("{DENIED}."))
    }

    pub(super) fn bad_token() -> Self {
        Self::oauth(StatusCode::UNAUTHORIZED, "The access token provided is invalid.")
    }

    pub(super) fn malformed_authorization() -> Self {
        Self::oauth(StatusCode::BAD_REQUEST, "Malformed auth header")
    }

    pub(super) fn many_tokens() -> Self {
        // Both blanks are part of the original's text.
        let text = "Only one method may be used to authenticate at a time (Auth header,  GET or \
            POST).";
        Self::oauth(StatusCode::BAD_REQUEST, text)
    }

    pub(super) fn unknown_path() -> Self {
        let text = "You are trying to reach an unknown rest service!";
        Self::new(StatusCode::BAD_REQUEST, 151, text)
    }

    /// A body that cannot be parsed, or an internal error.
    pub(super) fn internal_error() -> Self {
        Self::service(164, "Unknown error @ rest core!")
    }

    /// These fields are missing, and these are not as they should be; the first with the reasons.
    pub(super) fn input(missing: &[&str], invalid: &[(&str, Vec<String>)]) -> Self {
        let mut details = Vec::new();
        if !missing.is_empty() {
            let message = format!("Missing required field: {}", missing.join(", ")).into();
            details.push(Detail { code: 172, message });
        }
        if let Some(((first, reasons), others)) = invalid.split_first() {
            let mut parts = vec![format!("Validation failed for field: {first}")];
            let described = |it| format!("The parameter '{first}' failed due to: {it}");
            parts.extend(reasons.iter().map(described));
            let mut parts = vec![parts.join(" -> ")];
            parts.extend(others.iter().map(|(it, _)| (*it).to_owned()));
            let message = parts.join(", ").into();
            details.push(Detail { code: 173, message });
        }
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, details, wait: None, oauth: None }
    }

    pub(super) fn missing(field: &'static str) -> Self {
        Self::input(&[field], &[])
    }

    pub(super) fn field(field: &str, reason: String) -> Self {
        Self::input(&[], &[(field, vec![reason])])
    }

    fn text(InvalidText { field, rule }: InvalidText) -> Self {
        let field = match field {
            "roles" => "groups",
            "first_name" => "firstName",
            "last_name" => "lastName",
            other => other,
        };
        Self::field(field, format!("instance {rule}"))
    }

    pub(super) fn no_user() -> Self {
        let (code, text) = words(&Refusal::UnknownUser);
        Self::service(code, text)
    }

    /// No user has the id, and it is not in the original's format.
    pub(super) fn malformed_id() -> Self {
        Self::service(602, MALFORMED)
    }

    pub(super) fn nameless() -> Self {
        Self::service(602, NAMELESS)
    }

    pub(super) fn nameless_pin() -> Self {
        Self::service(602, NAMELESS_PIN)
    }

    pub(super) fn no_pin_change() -> Self {
        Self::service(602, "Model error: User: pin [code or allowed] is required.")
    }

    /// There is no such organization, or the caller has nothing to do with it.
    pub(super) fn no_tenant() -> Self {
        Self::service(602, "Model error: Tenant: there is no such tenant.")
    }

    pub(super) fn no_person() -> Self {
        Self::service(527, "username or id is required to invite user.")
    }

    pub(super) fn unknown_grant() -> Self {
        let text = "Invalid or missing grant_type parameter";
        let oauth = Some("unsupported_grant_type");
        Self { oauth, ..Self::oauth(StatusCode::BAD_REQUEST, text) }
    }

    /// Signing in with a pin failed.
    pub(super) fn not_signed_in(error: SignInError) -> Self {
        let unavailable = |text| Self {
            oauth: Some("invalid_grant"),
            ..Self::oauth(StatusCode::SERVICE_UNAVAILABLE, text)
        };
        match error {
            SignInError::Wrong => unavailable("Unable to log in. Credential error or mismatch"),
            SignInError::Wait(wait) => Self {
                wait: Some(wait),
                ..unavailable("Unable to log in. There were too many wrong pins")
            },
            SignInError::Store(error) => error.into(),
        }
    }

    /// Going on with a refresh token failed.
    pub(super) fn not_renewed(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self {
                oauth: Some("invalid_grant"),
                ..Self::oauth(StatusCode::BAD_REQUEST, "Invalid refresh token")
            },
            waits @ SignInError::Wait(_) => Self::not_signed_in(waits),
            SignInError::Store(error) => error.into(),
        }
    }

    /// The key is not valid, or has sent too many requests.
    pub(super) fn key(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Unauthenticated(
                AuthenticateError::Invalid | AuthenticateError::Expired,
            ) => Self::bad_key(),
            NotAdmitted::Unauthenticated(AuthenticateError::KeyExpired) => Self::expired_key(),
            NotAdmitted::Unauthenticated(
                other @ (AuthenticateError::NoAuthority | AuthenticateError::Store(_)),
            ) => Self::token(other),
            NotAdmitted::TooOften(error) => Self::too_many_requests(&error),
        }
    }

    /// The original has no such limit: its gateway answers for others with the status as the code.
    fn too_many_requests(error: &TooManyRequests) -> Self {
        let (status, seconds) = (StatusCode::TOO_MANY_REQUESTS, error.retry_after());
        let text = "Too many requests were sent, try again later.";
        let wait = TimeDelta::try_seconds(seconds.try_into().unwrap_or(i64::MAX));
        Self { wait, ..Self::new(status, status.as_u16(), text) }
    }

    /// The access token that came with the key is not valid.
    pub(super) fn token(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Invalid => Self::bad_token(),
            AuthenticateError::Expired | AuthenticateError::KeyExpired => {
                Self::oauth(StatusCode::UNAUTHORIZED, "The access token provided has expired.")
            }
            AuthenticateError::NoAuthority => Self::forbidden(),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

/// The code of a refusal, and its text.
fn words(refusal: &Refusal) -> (u16, Cow<'static, str>) {
    match refusal {
        Refusal::UnknownUser => (520, "Unable to find user.".into()),
        Refusal::AlreadyMember(_) => (529, "User has already been invited.".into()),
        Refusal::AtHome(_) => (536, "User is already in the tenant tenancy.".into()),
        Refusal::NoPin => (525, "Unable to generate pin at this time.".into()),
        Refusal::Text(it) => (602, format!("Model error: groups {}", it.rule).into()),
        Refusal::RoleAuthority(_) | Refusal::UserAuthority(_) | Refusal::Authority => {
            (160, format!("{DENIED}: {refusal}").into())
        }
        // The original knows none of these reasons, so it has no words for them.
        Refusal::UnknownOrganization
        | Refusal::UnknownInviter
        | Refusal::AlreadyInvited(_)
        | Refusal::NotMember(_)
        | Refusal::SharedMailbox
        | Refusal::Disabled
        | Refusal::NoMailbox
        | Refusal::UnprovenMailbox
        | Refusal::Lifetime { .. }
        | Refusal::UnknownRole(_)
        | Refusal::ForeignRole(_)
        | Refusal::RoleLikeness(_)
        | Refusal::SelfByPin
        | Refusal::InactiveOrganization
        | Refusal::NoSeat
        | Refusal::Domain
        | Refusal::Redirect(_)
        | Refusal::Quota(_) => (602, format!("Model error: {refusal}").into()),
    }
}

/// Why one of many was not invited.
pub(super) fn reason(refusal: &Refusal) -> Cow<'static, str> {
    if *refusal == Refusal::NoPin {
        return "Failed to generate pin at this.".into();
    }
    words(refusal).1
}

impl From<TooManyRequests> for Fault {
    fn from(error: TooManyRequests) -> Self {
        Self::too_many_requests(&error)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        if let Refusal::Text(it) = refusal {
            return Self::text(it);
        }
        let (code, text) = words(&refusal);
        match refusal {
            Refusal::Quota(it) => Self {
                wait: TimeDelta::try_seconds(it.wait().try_into().unwrap_or(i64::MAX)),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, code, text)
            },
            Refusal::RoleAuthority(_) | Refusal::UserAuthority(_) | Refusal::Authority => {
                Self::new(StatusCode::UNAUTHORIZED, code, text)
            }
            _ => Self::service(code, text),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        if error.is_busy() || error.is_crowded() {
            let text = if error.is_busy() { BUSY } else { CROWDED };
            let wait = Some(TimeDelta::seconds(1));
            return Self { wait, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, 602, text) };
        }
        if error.is_of_many_searches() {
            let wait = Some(TimeDelta::seconds(1));
            return Self { wait, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, 602, SEARCHES) };
        }
        if error.is_too_broad() {
            let reason = "takes too long to search: give more of a name or an address, or an earlier \
                `start`, or a `scope` with fewer users";
            return Self::field("keywords", reason.to_owned());
        }
        tracing::error!(error = chain(&error), "the store failed");
        let wait = Some(TimeDelta::seconds(5));
        if error.may_be_written() {
            return Self { wait, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, 602, UNDECIDED) };
        }
        Self { wait, ..Self::service(602, STORE) }
    }
}

impl From<Unanswered> for Fault {
    fn from(why: Unanswered) -> Self {
        let status = why.status();
        match why {
            Unanswered::Hostless => Self::new(status, status.as_u16(), why.text()),
            Unanswered::Overdue => {
                let wait = why.pause().map(|it| TimeDelta::seconds(it.cast_signed()));
                Self { wait, ..Self::new(status, 602, UNDECIDED) }
            }
            Unanswered::Broken => Self { status, ..Self::internal_error() },
        }
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge | BodyError::Interrupted => Self::internal_error(),
        }
    }
}

impl From<MembersError> for Fault {
    fn from(error: MembersError) -> Self {
        match error {
            MembersError::Forbidden => Self::forbidden(),
            MembersError::UnknownOrganization => Self::no_tenant(),
            MembersError::TooMany { limit } => {
                Self::field("users", format!("instance does not meet maximum length of {limit}"))
            }
            MembersError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeMemberError> for Fault {
    fn from(error: ChangeMemberError) -> Self {
        match error {
            ChangeMemberError::Refused(refusal) => refusal.into(),
            ChangeMemberError::Members(error) => error.into(),
        }
    }
}

impl From<AddMyselfError> for Fault {
    fn from(error: AddMyselfError) -> Self {
        match error {
            AddMyselfError::NoPerson => Self::no_user(),
            AddMyselfError::Below => Self::service(535, "Sub tenant cannot self invite a user."),
            AddMyselfError::Refused(refusal) => refusal.into(),
            AddMyselfError::Members(error) => error.into(),
        }
    }
}

impl From<AddUserError> for Fault {
    fn from(error: AddUserError) -> Self {
        match error {
            AddUserError::Exists => Self::service(402, "User Already exists."),
            AddUserError::Nameless => Self::missing("username"),
            AddUserError::NoPin => Refusal::NoPin.into(),
            error @ (AddUserError::PasswordHash(_) | AddUserError::Password(_)) => {
                Self::field("password", error.to_string())
            }
            AddUserError::Profile => {
                let rule = format!("instance must not be longer than {} bytes", Document::MAX);
                Self::field("profile", rule)
            }
            AddUserError::Text(it) => Self::text(it),
            AddUserError::Refused(refusal) => refusal.into(),
            AddUserError::Members(error) => error.into(),
        }
    }
}

impl From<ReadUsersError> for Fault {
    fn from(error: ReadUsersError) -> Self {
        match error {
            ReadUsersError::Forbidden => Self::forbidden(),
            ReadUsersError::Unknown => Self::no_user(),
            // This API pages by offset and has no page tokens.
            ReadUsersError::PageToken => Self::unknown_path(),
            ReadUsersError::Store(error) => error.into(),
        }
    }
}
