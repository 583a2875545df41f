//! The invitee's pages: accept, sign in, and who is signed in. They work without a script, run none but
//! our own, and load nothing from other sites but an organization's logo.

mod accept;
mod accept_page;
pub(crate) mod assets;
mod browser;
mod confirm;
mod destination;
mod field_errors;
mod forgot;
mod form;
mod known_browser;
mod me;
mod next;
mod opened;
mod origin;
mod password;
pub(crate) mod paths;
mod pin;
mod reset;
pub(crate) mod script;
mod sessions;
mod sign_in;
mod sign_in_form;
mod sign_out;
pub(crate) mod site;
pub(crate) mod view;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    middleware::from_fn_with_state,
    routing::{get, post},
};
use tower::ServiceBuilder;
use tower_http::set_header::SetResponseHeaderLayer;

use self::{
    form::MAX_FORM,
    paths::{
        ACCEPT, CONFIRM, FORGOT, ME, ME_CONFIRM, ME_PASSWORD, ME_SESSIONS, PIN, RESET, ROOT,
        SIGN_IN, SIGN_OUT,
    },
    site::Site,
};
use crate::{
    body_limit::body_limit,
    problem::Problem,
    source::{SourceLimit, each},
};

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Within the site browsers name the page that a form comes from; to other sites they name nothing.
const REFERRER: HeaderValue = HeaderValue::from_static("same-origin");

pub(crate) fn router(site: Arc<Site>, limit: SourceLimit) -> Router {
    // For handlers that look at a secret, or hash one.
    let limited = from_fn_with_state(limit, each::<Problem>);
    let by_password = from_fn_with_state(site.clone(), known_browser::by_password);
    let by_pin = from_fn_with_state(site.clone(), known_browser::by_pin);
    let sign_in = post(sign_in::submit).route_layer(limited.clone()).route_layer(by_password);
    let pin = post(pin::submit).route_layer(limited.clone()).route_layer(by_pin);
    Router::new()
        .route(ROOT, get(async |State(site): State<Arc<Site>>| site.redirect(ME)))
        .route(ACCEPT, post(accept::submit).route_layer(limited.clone()).get(accept::show))
        .route(SIGN_IN, sign_in.get(sign_in::show))
        .route(PIN, pin.get(pin::show))
        .route(SIGN_OUT, post(sign_out::submit))
        .route(ME, get(me::show))
        .route(ME_PASSWORD, post(password::submit).route_layer(limited.clone()))
        .route(ME_SESSIONS, post(sessions::submit))
        .route(ME_CONFIRM, post(confirm::request))
        .route(FORGOT, post(forgot::submit).route_layer(limited.clone()).get(forgot::show))
        .route(RESET, post(reset::submit).route_layer(limited.clone()).get(reset::show))
        .route(CONFIRM, post(confirm::submit).route_layer(limited).get(confirm::show))
        .layer(
            ServiceBuilder::new()
                .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, NO_STORE))
                .layer(SetResponseHeaderLayer::overriding(header::REFERRER_POLICY, REFERRER))
                .layer(SetResponseHeaderLayer::if_not_present(
                    header::CONTENT_SECURITY_POLICY,
                    script::content_policy(),
                ))
                .layer(from_fn_with_state(site.clone(), origin::from_our_pages))
                .layer(body_limit(MAX_FORM)),
        )
        .merge(assets::router())
        .with_state(site)
}

#[cfg(test)]
mod tests;
