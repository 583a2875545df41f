//! The errors of this API: a `google.rpc.Status` with details, without an envelope.

mod use_cases;

use std::{
    collections::BTreeMap,
    fmt::{Display, Write as _},
};

use axum::{
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Json, Response},
};
use usher_application::{
    AcceptError, AuthenticateError, FindError, ManageError, ReadUsersError, StoreError,
};
use usher_domain::{Closed, InvalidText, InvitationId, Refusal, UsedUp, UserId};

use super::{
    rights::{CREATE, READ, Right},
    status::{Code, Detail, Precondition, Status, Violation},
};
use crate::{
    dialect::state::NotAdmitted, guard::Unanswered, problem::chain, rate_limit::TooManyRequests,
    request::BodyError,
};

pub(super) type Result<T> = std::result::Result<T, Fault>;

/// The domain of all reasons, in `ErrorInfo`.
const DOMAIN: &str = "iam.usher";

const INVITATION: &str = "iam.confidence.dev/UserInvitation";
const USER: &str = "iam.confidence.dev/User";

const BEARER: HeaderValue = HeaderValue::from_static("Bearer");

const KEY_EXPIRED: &str = "The key has expired: use another one.";

/// Why a request failed.
#[derive(Debug)]
pub(super) struct Fault(Box<Words>);

#[derive(Debug)]
struct Words {
    /// That of the code, unless there is a better one.
    status: StatusCode,
    code: Code,
    message: String,
    reason: &'static str,
    metadata: BTreeMap<&'static str, String>,
    detail: Option<Detail>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let Words { status, code, message, reason, metadata, detail, header } = *self.0;
        let info = Detail::ErrorInfo { reason, domain: DOMAIN, metadata };
        let details = std::iter::once(info).chain(detail).collect();
        let body = Json(Status { code: code as u8, message, details });
        let mut response = (status, body).into_response();
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl Fault {
    fn new(code: Code, reason: &'static str, message: impl Display) -> Self {
        let (status, message) = (code.status(), message.to_string());
        let (metadata, detail, header) = (BTreeMap::new(), None, None);
        Self(Box::new(Words { status, code, message, reason, metadata, detail, header }))
    }

    pub(super) fn with(mut self, key: &'static str, value: impl Display) -> Self {
        self.0.metadata.insert(key, value.to_string());
        self
    }

    fn with_detail(mut self, detail: Detail) -> Self {
        self.0.detail = Some(detail);
        self
    }

    fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    fn about(self, resource_type: &'static str, resource_name: String) -> Self {
        self.with("resource", &resource_name)
            .with_detail(Detail::ResourceInfo { resource_type, resource_name })
    }

    fn unmet(self, r#type: &'static str, subject: &str) -> Self {
        let description = self.0.message.clone();
        let violations = [Precondition { r#type, subject: subject.to_owned(), description }];
        self.with("resource", subject).with_detail(Detail::PreconditionFailure { violations })
    }

    pub(super) fn no_credentials() -> Self {
        let message = "An access token is required: `Authorization: Bearer …`.";
        Self::new(Code::Unauthenticated, "CREDENTIALS_MISSING", message)
            .with_header(WWW_AUTHENTICATE, BEARER)
    }

    pub(super) fn denied(right: Right, resource: &str) -> Self {
        let name = right.name;
        let message =
            format!("Permission '{name}' denied on resource '{resource}' (or it might not exist).");
        Self::new(Code::PermissionDenied, "PERMISSION_DENIED", message)
            .with("permission", name)
            .with("resource", resource)
    }

    pub(super) fn field(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self::fields(vec![Violation::new(field, description)])
    }

    /// How many faults an answer names at most: whoever wrote a batch of them needs no more to find
    /// what is wrong, and an answer must not be many times its request.
    pub(super) const SHOWN: usize = 100;

    pub(super) fn fields(wrong: Vec<Violation>) -> Self {
        Self::bad_request("FIELD_INVALID", wrong)
    }

    /// Names the first [`Self::SHOWN`] fields, and where there are more, how many there are in all.
    fn bad_request(reason: &'static str, mut field_violations: Vec<Violation>) -> Self {
        let all = field_violations.len();
        field_violations.truncate(Self::SHOWN);
        let described =
            field_violations.iter().map(|it| format!("`{}` {}", it.field, it.description));
        let mut message = described.collect::<Vec<_>>().join("; ");
        if all > Self::SHOWN {
            let _ = write!(message, "; and {} more", all - Self::SHOWN);
        }
        let fields = field_violations.iter().map(|it| it.field.as_str()).collect::<Vec<_>>();
        let fields = fields.join(",");
        let it = Self::new(Code::InvalidArgument, reason, message)
            .with("fields", fields)
            .with_detail(Detail::BadRequest { field_violations });
        if all > Self::SHOWN { it.with("count", all) } else { it }
    }

    pub(super) fn grant() -> Self {
        let rule = "must be `client_credentials`";
        Self::bad_request("GRANT_TYPE_UNSUPPORTED", vec![Violation::new("grantType", rule)])
    }

    pub(super) fn no_token(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::KeyExpired => {
                Self::new(Code::Unauthenticated, "CLIENT_EXPIRED", KEY_EXPIRED)
                    .with_header(WWW_AUTHENTICATE, BEARER)
            }
            AuthenticateError::Invalid
            | AuthenticateError::Expired
            | AuthenticateError::NoAuthority => {
                let message = "The client id or the client secret is not valid.";
                Self::new(Code::Unauthenticated, "CLIENT_INVALID", message)
                    .with_header(WWW_AUTHENTICATE, BEARER)
            }
            AuthenticateError::Store(error) => Self::failed(&error),
        }
    }

    pub(super) fn no_json(why: impl Display) -> Self {
        let why = format!("must be a JSON object: {why}");
        Self::bad_request("JSON_INVALID", vec![Violation::new("body", why)])
    }

    pub(super) fn no_such_invitation(id: &str) -> Self {
        let name = format!("userInvitations/{id}");
        Self::new(Code::NotFound, "INVITATION_NOT_FOUND", format!("There is no `{name}`."))
            .about(INVITATION, name)
    }

    pub(super) fn no_such_user(id: &str) -> Self {
        let name = format!("users/{id}");
        Self::new(Code::NotFound, "USER_NOT_FOUND", format!("There is no `{name}`."))
            .about(USER, name)
    }

    /// The same answer for every token that is not valid, so that it tells nothing about which
    /// exist.
    fn no_such_token() -> Self {
        let message = "There is no invitation with this token.";
        Self::new(Code::NotFound, "INVITATION_TOKEN_UNKNOWN", message)
    }

    pub(super) fn unknown_path() -> Self {
        Self::new(Code::NotFound, "METHOD_NOT_FOUND", "Nothing is served at this path.")
    }

    /// Without `allowed`, the router says what is.
    pub(super) fn method_not_allowed(allowed: Option<&'static str>) -> Self {
        let message = "The path exists, but not for this method; see the header `Allow`.";
        let it = Self::new(Code::Unimplemented, "METHOD_NOT_ALLOWED", message);
        match allowed {
            Some(allowed) => it.with_header(ALLOW, HeaderValue::from_static(allowed)),
            None => it,
        }
    }

    fn too_many_requests(error: &TooManyRequests) -> Self {
        let seconds = error.retry_after();
        let message = format!("Too many requests were sent. Try again in {seconds}s.");
        Self::new(Code::ResourceExhausted, "RATE_LIMIT_EXCEEDED", message)
            .with_header(RETRY_AFTER, seconds.into())
    }

    pub(super) fn failed(error: &StoreError) -> Self {
        let in_seconds = |it: u32, reason, message| {
            Self::new(Code::Unavailable, reason, message).with_header(RETRY_AFTER, it.into())
        };
        if error.is_busy() {
            return in_seconds(1, "DATA_BUSY", "Others keep changing the same data. Try again.");
        }
        if error.is_crowded() {
            let message = "Too many passwords wait to be checked. Try again in a moment.";
            return in_seconds(1, "OVERLOADED", message);
        }
        if error.is_of_many_searches() {
            let message = "Too many searches are made at once. Try again in a moment.";
            return in_seconds(1, "OVERLOADED", message);
        }
        if error.is_too_broad() {
            return Self::field(
                "filter",
                "takes too long to search: narrow it by a range of `createTime`, by a whole \
                 `invitedEmail` or three characters of it that stand together, or by `creator`; and \
                 go on by `pageToken`, not by `skip`",
            );
        }
        tracing::error!(error = chain(error), "the store failed");
        if error.may_be_written() {
            return Self::undecided();
        }
        let message = "The service is not available at the moment. Try again later.";
        in_seconds(5, "STORE_UNAVAILABLE", message)
    }

    /// It was done, or nobody knows whether it was.
    pub(super) fn undecided() -> Self {
        let message = "It may have been done. Get or list what you wanted to change, or send the same \
            request again: an invitation that waits already is named by the answer, with 409.";
        Self::new(Code::Unavailable, "OUTCOME_UNKNOWN", message).with_header(RETRY_AFTER, 5.into())
    }

    pub(super) fn already_invited(existing: Option<InvitationId>) -> Self {
        let message = "A pending invitation to this address exists.";
        let it = Self::new(Code::AlreadyExists, "INVITATION_ALREADY_EXISTS", message);
        match existing {
            Some(id) => it.about(INVITATION, format!("userInvitations/{id}")),
            None => it,
        }
    }

    fn already_in(user: Option<&UserId>) -> Self {
        let message = "A user with this address exists.";
        let it = Self::new(Code::AlreadyExists, "USER_ALREADY_EXISTS", message);
        match user {
            Some(id) => it.about(USER, format!("users/{id}")),
            None => it,
        }
    }

    /// `path` is the prefix of the names of the fields.
    pub(super) fn refused(refusal: Refusal, path: &str) -> Self {
        let field = |field: &str, rule: &str| Self::field(format!("{path}{field}"), rule);
        match refusal {
            Refusal::UnknownUser | Refusal::NoMailbox => {
                field("invitedEmail", "leads to nobody who could be invited")
            }
            Refusal::UnknownOrganization => Self::new(
                Code::FailedPrecondition,
                "ORGANIZATION_GONE",
                "The organization that the access token is bound to does not exist any more.",
            ),
            Refusal::UnknownInviter => field("inviter", "names no known user"),
            Refusal::AlreadyInvited(id) => Self::already_invited(Some(id)),
            Refusal::SharedMailbox => Self::already_invited(None),
            Refusal::AlreadyMember(user) | Refusal::AtHome(user) => Self::already_in(user.as_ref()),
            Refusal::UnprovenMailbox => {
                field("invitedEmail", "is of an account whose user nobody has proven to read it")
            }
            Refusal::NotMember(_) => field("invitedEmail", "leads to no member"),
            Refusal::NoPin => {
                let message = "All pins of the organization are in use.";
                Self::new(Code::FailedPrecondition, "PINS_USED_UP", message)
            }
            Refusal::Disabled => {
                let message = "A user with this address exists and is blocked.";
                Self::new(Code::AlreadyExists, "USER_BLOCKED", message)
            }
            Refusal::Lifetime { min, max } => {
                let (min, max) = (min.num_seconds(), max.num_seconds());
                field("ttl", &format!("must be between {min}s and {max}s"))
                    .with("min", format!("{min}s"))
                    .with("max", format!("{max}s"))
            }
            Refusal::Text(InvalidText { field: name, rule }) => field(name, &rule.to_string()),
            Refusal::UnknownRole(_) | Refusal::ForeignRole(_) | Refusal::RoleLikeness(_) => {
                field("roles", &format!("must be roles that can be given there: {refusal}"))
            }
            Refusal::RoleAuthority(_) => {
                field("roles", &format!("must be yours to give: {refusal}"))
            }
            Refusal::InactiveOrganization => Self::unmet_organization(),
            Refusal::NoSeat => Self::no_seat(),
            Refusal::Domain => field("invitedEmail", "is of a domain that may not belong there"),
            Refusal::Redirect(why) => field("redirect", &why.to_string()),
            Refusal::Authority | Refusal::UserAuthority(_) | Refusal::SelfByPin => {
                Self::denied(CREATE, "userInvitations")
            }
            Refusal::Quota(it) => Self::used_up(&it),
        }
    }

    /// There are as many letters or invitations as there may be.
    fn used_up(it: &UsedUp) -> Self {
        let message = format!("Too many letters or invitations: {it}.");
        Self::new(Code::ResourceExhausted, "QUOTA_EXCEEDED", message)
            .with("quota", it.quota.as_str())
            .with("limit", it.most)
            .with_header(RETRY_AFTER, it.wait().into())
    }

    fn no_seat() -> Self {
        let message = "The organization has no seat left.";
        Self::new(Code::FailedPrecondition, "SEATS_USED_UP", message)
    }

    fn unmet_organization() -> Self {
        let message = "The organization is not active.";
        Self::new(Code::FailedPrecondition, "ORGANIZATION_INACTIVE", message)
    }

    /// The token is valid, but its invitation is closed. `subject` names the invitation.
    pub(super) fn closed(closed: Closed, subject: &str) -> Self {
        let (reason, message) = match closed {
            Closed::Expired => ("INVITATION_EXPIRED", "The invitation has expired."),
            Closed::Accepted => ("INVITATION_ACCEPTED", "The invitation was accepted already."),
            Closed::Declined => ("INVITATION_DECLINED", "The invitation was declined."),
            Closed::Revoked => ("INVITATION_REVOKED", "The invitation was revoked."),
            Closed::Superseded => {
                ("INVITATION_SUPERSEDED", "A newer link to this invitation was sent.")
            }
            Closed::Void => (
                "INVITATION_LINK_VOID",
                "The link is not good any more. The one in the mailed invitation may be.",
            ),
            Closed::Readdressed => (
                "INVITATION_READDRESSED",
                "The invitee has another address now: the invitation is not good any more.",
            ),
        };
        Self::new(Code::FailedPrecondition, reason, message).unmet("INVITATION", subject)
    }

    pub(super) fn not_accepted(error: AcceptError, subject: &str) -> Self {
        let unmet = |reason, message| {
            Self::new(Code::FailedPrecondition, reason, message).unmet("USER", subject)
        };
        match error {
            AcceptError::Unknown => Self::no_such_token(),
            AcceptError::Closed(closed) => Self::closed(closed, subject),
            AcceptError::SignInFirst => {
                unmet("SIGN_IN_REQUIRED", "The invitee must sign in, at the invitation's URI.")
            }
            AcceptError::MailFirst => unmet(
                "MAILED_LINK_REQUIRED",
                "The invitee must sign in at the invitation's URI, or use the link in its letter.",
            ),
            AcceptError::SomeoneElse => {
                unmet("SOMEONE_ELSE", "The invitation is for someone else.")
            }
            AcceptError::Disabled => unmet("USER_BLOCKED", "The invitee is blocked."),
            AcceptError::Inactive => Self::unmet_organization(),
            AcceptError::Domain => {
                unmet("DOMAIN_NOT_ALLOWED", "Addresses of that domain may not belong there.")
            }
            AcceptError::Name(InvalidText { rule, .. }) => {
                Self::field("fullName", rule.to_string())
            }
            AcceptError::Password(weak) => Self::field("password", weak.to_string()),
            AcceptError::Store(error) => Self::failed(&error),
        }
    }

    pub(super) fn not_managed(error: ManageError, right: Right, id: &str) -> Self {
        match error {
            ManageError::Forbidden => Self::denied(right, &format!("userInvitations/{id}")),
            // This API does not show invitations that are closed.
            ManageError::Unknown
            | ManageError::Closed(
                Closed::Expired
                | Closed::Accepted
                | Closed::Declined
                | Closed::Revoked
                | Closed::Superseded
                | Closed::Void
                | Closed::Readdressed,
            ) => Self::no_such_invitation(id),
            ManageError::NoSeat => Self::no_seat(),
            ManageError::Quota(it) => Self::used_up(&it),
            ManageError::Store(error) => Self::failed(&error),
        }
    }

    pub(super) fn not_found(error: FindError, id: &str) -> Self {
        match error {
            FindError::Forbidden => Self::denied(READ, &format!("userInvitations/{id}")),
            FindError::Unknown => Self::no_such_invitation(id),
            FindError::Store(error) => Self::failed(&error),
        }
    }

    pub(super) fn not_read(error: ReadUsersError, right: Right, id: &str) -> Self {
        match error {
            ReadUsersError::Forbidden => Self::denied(right, &format!("users/{id}")),
            ReadUsersError::Unknown => Self::no_such_user(id),
            ReadUsersError::PageToken => Self::page_token(),
            ReadUsersError::Store(error) => Self::failed(&error),
        }
    }

    fn page_token() -> Self {
        Self::field("pageToken", "must come from the page before, with the same filter")
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
        let (reason, message) = match error {
            AuthenticateError::Invalid => {
                ("ACCESS_TOKEN_INVALID", "The credentials are not valid.")
            }
            AuthenticateError::Expired => {
                ("ACCESS_TOKEN_EXPIRED", "The access token has expired: request a new one.")
            }
            AuthenticateError::KeyExpired => ("CLIENT_EXPIRED", KEY_EXPIRED),
            AuthenticateError::NoAuthority => {
                let message = "Whoever is signed in has no authority.";
                return Self::new(Code::PermissionDenied, "AUTHORITY_MISSING", message);
            }
            AuthenticateError::Store(error) => return Self::failed(&error),
        };
        Self::new(Code::Unauthenticated, reason, message).with_header(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer error=\"invalid_token\""),
        )
    }
}

impl From<Unanswered> for Fault {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::Hostless => Self::new(Code::InvalidArgument, "HOST_INVALID", why.text()),
            Unanswered::Overdue => Self::new(Code::Unavailable, "TIMED_OUT", why.text())
                .with_header(RETRY_AFTER, 5.into()),
            Unanswered::Broken => Self::new(Code::Internal, "INTERNAL", why.text()),
        }
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => {
                let message = "The body is too large.";
                let mut it = Self::new(Code::ResourceExhausted, "BODY_TOO_LARGE", message);
                it.0.status = StatusCode::PAYLOAD_TOO_LARGE;
                it
            }
            BodyError::Interrupted => Self::no_json("it broke off"),
        }
    }
}
