//! The invitee's pages: accept, sign in, and who is signed in. No script, and nothing from elsewhere.

mod accept;
mod assets;
mod me;
mod next;
mod pin;
mod sign_in;
pub(crate) mod site;

use std::sync::Arc;

use axum::{
    Router,
    extract::{
        DefaultBodyLimit, FromRequest, FromRequestParts, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderValue, header},
    routing::{get, post},
};
use tower::ServiceBuilder;
use tower_http::{csrf::CsrfLayer, set_header::SetResponseHeaderLayer};

use self::site::Site;
use crate::problem::Problem;

/// The most that a form may have.
const FORM: usize = 16 << 10;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Within the site, so that browsers tell us where a form comes from; to others nothing.
const REFERRER: HeaderValue = HeaderValue::from_static("same-origin");

pub(crate) fn router(site: Arc<Site>) -> Router {
    let mut csrf = CsrfLayer::new();
    // A proxy may call us by another name than browsers do.
    if let Some(origin) = &site.origin
        && let Ok(trusting) = csrf.clone().add_trusted_origin(origin)
    {
        csrf = trusting;
    }
    Router::new()
        .route("/", get(async |State(site): State<Arc<Site>>| site.to("/me")))
        .route("/accept", get(accept::show).post(accept::answer))
        .route("/signin", get(sign_in::show).post(sign_in::sign_in))
        .route("/pin", get(pin::show).post(pin::sign_in))
        .route("/signout", post(sign_in::sign_out))
        .route("/me", get(me::show))
        .layer(
            ServiceBuilder::new()
                .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, NO_STORE))
                .layer(SetResponseHeaderLayer::overriding(header::REFERRER_POLICY, REFERRER))
                .layer(csrf)
                .layer(DefaultBodyLimit::max(FORM)),
        )
        .merge(assets::router())
        .with_state(site)
}

/// The fields of a form; those that nobody asked for are passed over.
#[derive(FromRequest)]
#[from_request(via(axum::Form), rejection(Problem))]
struct Fields<T>(T);

/// What stands behind the `?`.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
struct Query<T>(T);

impl From<FormRejection> for Problem {
    fn from(rejection: FormRejection) -> Self {
        Self::new(rejection.status())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status())
    }
}

#[cfg(test)]
mod tests;
