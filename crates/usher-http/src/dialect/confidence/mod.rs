//! The user invitations of Confidence's IAM service, and what its clients need beside them.

mod extract;
mod fault;
mod filter;
mod invitations;
mod json;
mod rights;
mod scalar;
mod status;
mod token;
mod users;
mod wire;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, header::CACHE_CONTROL},
    routing::{any, get, post},
};
use tower_http::set_header::SetResponseHeaderLayer;

use self::fault::Fault;
use super::state::DialectState;
use crate::request::MAX_KEYLESS_BODY;

pub(crate) fn router() -> Router<DialectState> {
    let keyless = DefaultBodyLimit::max(MAX_KEYLESS_BODY);
    let one = get(invitations::find).delete(invitations::revoke).post(invitations::resend);
    Router::new()
        .route("/v1/oauth/token", post(token::issue).layer(keyless.clone()))
        .route("/v1/userInvitations", get(invitations::list).post(invitations::create))
        .route("/v1/userInvitations:accept", post(invitations::accept).layer(keyless))
        .route("/v1/userInvitations:batchCreate", post(invitations::create_many))
        .route("/v1/userInvitations:lookup", get(invitations::look_up))
        .route("/v1/userInvitations/{name}", one.fallback(invitations::misdirected))
        .route("/v1/users", get(users::list))
        .route("/v1/users/{name}", get(users::find))
        .method_not_allowed_fallback(async || Fault::method_not_allowed(None))
        .route("/v1/userInvitations{*rest}", any(unknown_path))
        .route("/v1/users{*rest}", any(unknown_path))
        // The answers contain links and tokens.
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
}

async fn unknown_path() -> Fault {
    Fault::unknown_path()
}

#[cfg(test)]
mod tests;
