//! Identity invitations of SailPoint's Identity Security Cloud, the tasks that carry them out, and
//! the identities that they are for.

mod api_version;
mod error_language;
mod extract;
mod fault;
mod fields;
mod filter;
mod identities;
mod options;
mod results_csv;
mod task_patch;
mod tasks;
mod token;
mod tracking;
mod wire;

use axum::{
    Extension, Router,
    http::{HeaderValue, header::CACHE_CONTROL},
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get, post},
};
use tower_http::set_header::SetResponseHeaderLayer;

use self::{api_version::ApiVersion, fault::Fault, options::OperatorOptions};
use super::state::DialectState;
use crate::{
    guard::guarded,
    options::Experimental,
    source::{each, each_unauthorized},
};

pub(crate) fn router(state: &DialectState, experimental: Experimental) -> Router<DialectState> {
    let limit = &state.source_limit;
    let limited = from_fn_with_state(limit.clone(), each::<Fault>);
    let mut router = Router::new()
        .route("/oauth/token", post(token::issue).route_layer(limited))
        .route("/oauth/info", get(token::info));
    for version in ApiVersion::ALL {
        router = router.merge(operations(version));
    }
    let mut router = router.method_not_allowed_fallback(async || Fault::method_not_allowed());
    for prefix in ApiVersion::ALL.into_iter().filter_map(ApiVersion::prefix) {
        for path in [prefix.to_owned(), format!("{prefix}/"), format!("{prefix}/{{*rest}}")] {
            router = router.route(&path, any(unknown_path));
        }
    }
    for service in ["/identities", "/task-status", "/oauth"] {
        router = router.route(&format!("{service}{{*rest}}"), any(unknown_path));
    }
    router
        .layer(from_fn_with_state(limit.clone(), each_unauthorized::<Fault>))
        .layer(from_fn(guarded::<Fault>))
        .layer(Extension(OperatorOptions { experimental }))
        .layer(from_fn_with_state(state.usher.entropy(), tracking::render_errors))
        // The answers contain access tokens and personal data.
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
}

/// The routes of one version of the API.
fn operations(version: ApiVersion) -> Router<DialectState> {
    let (identities_path, tasks_path) = (version.identities(), version.tasks());
    let mut router = Router::new()
        .route(&identities_path, get(identities::list))
        .route(&format!("{identities_path}/invite"), post(identities::invite))
        .route(&format!("{identities_path}/{{id}}"), get(identities::find))
        .route(&format!("{identities_path}/{{id}}/reset"), post(identities::reset))
        .route(&tasks_path, get(tasks::list))
        .route(&format!("{tasks_path}/{{id}}"), get(tasks::find).patch(tasks::cancel))
        .route(&format!("{tasks_path}/{{id}}/result"), get(tasks::results));
    if version.lists_pending() {
        let pending = get(tasks::list_pending).head(tasks::count_pending);
        router = router.route(&format!("{tasks_path}/pending-tasks"), pending);
    }
    router.layer(Extension(version))
}

async fn unknown_path() -> Fault {
    Fault::unknown_path()
}

#[cfg(test)]
mod tests;
