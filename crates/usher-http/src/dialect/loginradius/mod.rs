//! Organization invitations of LoginRadius, and the organizations, roles and members that they are
//! about.

mod envelope;
mod extract;
mod fault;
mod ids;
mod invitations;
mod json;
mod members;
mod organization_wire;
mod organizations;
mod roles;
mod wire;

use axum::{
    Router,
    extract::Request,
    http::{Extensions, HeaderValue, Uri, header::CACHE_CONTROL, uri::PathAndQuery},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{any, delete, get, post, put},
};
use tower::ServiceExt as _;
use tower_http::set_header::SetResponseHeaderLayer;

use self::{
    extract::Authenticated,
    fault::{Fault, MAX_BODY},
};
use super::state::DialectState;
use crate::{body_limit::body_limit, guard::guarded, source::each_unauthorized};

/// What all paths begin with.
const ROOT: &str = "/v2/manage";

pub(crate) fn router(state: &DialectState) -> Router<DialectState> {
    let plain = operations().fallback(unknown_path).with_state(state.clone());
    let elsewhere = any(move |request| collapsed(plain.clone(), request));
    operations()
        .route(&format!("{ROOT}/{{*rest}}"), elsewhere)
        .layer(from_fn_with_state(state.source_limit.clone(), each_unauthorized::<Fault>))
        .layer(from_fn(guarded::<Fault>))
        // The answers contain personal data.
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
}

fn operations() -> Router<DialectState> {
    let mut router = Router::new();
    for (path, how) in [
        ("/invitations", get(invitations::list).post(invitations::send)),
        (
            "/invitations/{id}",
            get(invitations::find).put(invitations::update).delete(invitations::remove),
        ),
        ("/invitations/{id}/resend", post(invitations::resend)),
        ("/organizations", get(organizations::list).post(organizations::create)),
        (
            "/organizations/{id}",
            get(organizations::find).put(organizations::update).delete(organizations::remove),
        ),
        ("/organizations/{id}/policy", put(organizations::change_policy)),
        ("/organizations/{id}/orgcontext", get(members::of_organization)),
        ("/roles", get(roles::list).post(roles::create)),
        ("/roles/{id}", get(roles::find).delete(roles::remove)),
        ("/account/{uid}/orgcontext", get(members::of_user)),
        ("/account/{uid}/orgcontext/roles", put(members::give_in_tenant)),
        ("/account/{uid}/orgcontext/{id}", delete(members::remove)),
        ("/account/{uid}/orgcontext/{id}/roles", put(members::give)),
    ] {
        router = router.route(&format!("{ROOT}{path}"), how);
    }
    let mut router = router.method_not_allowed_fallback(async || Fault::method_not_allowed());
    for (path, fault) in [
        ("/invitations/", Fault::no_invitation_id as fn() -> Fault),
        ("/invitations/resend", Fault::no_invitation_id),
        ("/organizations/", Fault::no_organization_id),
        ("/roles/", Fault::no_role_id),
        ("/account/", Fault::no_user_id),
        ("/account/orgcontext", Fault::no_user_id),
    ] {
        router = router.route(&format!("{ROOT}{path}"), any(async move |_: Authenticated| fault()));
    }
    for path in [ROOT.to_owned(), format!("{ROOT}/")] {
        router = router.route(&path, any(unknown_path));
    }
    router.layer(body_limit(MAX_BODY))
}

/// Serves a path with doubled slashes as the same path with single ones: some clients put paths
/// together that way.
async fn collapsed(plain: Router, request: Request) -> Response {
    let Some(uri) = with_single_slashes(request.uri()) else {
        return Fault::unknown_path().into_response();
    };
    let (mut parts, body) = request.into_parts();
    parts.uri = uri;
    // They hold what routing found in the path before.
    parts.extensions = Extensions::new();
    let Ok(response) = plain.oneshot(Request::from_parts(parts, body)).await;
    response
}

/// None for a path that has them already.
fn with_single_slashes(uri: &Uri) -> Option<Uri> {
    if !uri.path().contains("//") {
        return None;
    }
    let mut path = String::with_capacity(uri.path().len());
    for it in uri.path().chars() {
        if it != '/' || !path.ends_with('/') {
            path.push(it);
        }
    }
    if let Some(query) = uri.query() {
        path.extend(["?", query]);
    }
    PathAndQuery::try_from(path).ok().map(Uri::from)
}

async fn unknown_path() -> Fault {
    Fault::unknown_path()
}

#[cfg(test)]
mod tests;
