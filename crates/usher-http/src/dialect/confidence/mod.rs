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
    http::{HeaderValue, header::CACHE_CONTROL},
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get, post},
};
use tower_http::set_header::SetResponseHeaderLayer;

use self::fault::Fault;
use super::state::DialectState;
use crate::{
    body_limit::body_limit,
    guard::guarded,
    request::MAX_KEYLESS_BODY,
    source::{SourceLimit, each, each_unauthorized},
};

pub(crate) fn router(limit: &SourceLimit) -> Router<DialectState> {
    let limited = from_fn_with_state(limit.clone(), each::<Fault>);
    let keyless = body_limit(MAX_KEYLESS_BODY);
    let issue = post(token::issue).layer(keyless.clone()).route_layer(limited.clone());
    let accept = post(invitations::accept).layer(keyless).route_layer(limited.clone());
    let one = get(invitations::find).delete(invitations::revoke).post(invitations::resend);
    Router::new()
        .route("/v1/oauth/token", issue)
        .route("/v1/userInvitations", get(invitations::list).post(invitations::create))
        .route("/v1/userInvitations:accept", accept)
        .route("/v1/userInvitations:batchCreate", post(invitations::create_many))
        .route("/v1/userInvitations:lookup", get(invitations::look_up).route_layer(limited))
        .route("/v1/userInvitations/{name}", one.fallback(invitations::misdirected))
        .route("/v1/users", get(users::list))
        .route("/v1/users/{name}", get(users::find))
        .method_not_allowed_fallback(async || Fault::method_not_allowed(None))
        .route("/v1/userInvitations{*rest}", any(unknown_path))
        .route("/v1/users{*rest}", any(unknown_path))
        .layer(from_fn_with_state(limit.clone(), each_unauthorized::<Fault>))
        .layer(from_fn(guarded::<Fault>))
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
