//! The users of SOAJS's URAC: inviting them to tenants at once, their groups and pins, and signing
//! in with a pin.

mod envelope;
mod extract;
mod fault;
mod imfv;
mod members;
mod oauth;
mod record;
mod schema;
mod users;
mod wire;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header::CACHE_CONTROL},
    middleware::{from_fn, from_fn_with_state},
    response::Response,
    routing::{MethodRouter, any, get, post, put},
};
use serde_json::json;
use tower_http::set_header::SetResponseHeaderLayer;
use usher_application::Usher;

use self::{envelope::answer, fault::Fault};
use super::state::DialectState;
use crate::{
    guard::guarded,
    source::{SourceLimit, each_unauthorized},
};

/// The prefixes that paths have behind a gateway.
const GATEWAY: [&str; 2] = ["/urac", "/urac/v3"];

pub(crate) fn router(limit: &SourceLimit) -> Router<DialectState> {
    let mut router = Router::new();
    let mut serve = |path: &str, how: MethodRouter<DialectState>| {
        let known = std::mem::take(&mut router);
        router = known.route(path, how.clone()).route(&format!("{path}/"), how);
    };
    for (path, how) in operations() {
        for prefix in GATEWAY {
            serve(&format!("{prefix}{path}"), how.clone());
        }
        serve(path, how);
    }
    for prefix in GATEWAY {
        serve(&format!("{prefix}/heartbeat"), get(heartbeat));
    }
    let mut router = router.method_not_allowed_fallback(unknown_path);
    for prefix in [GATEWAY[0], "/admin"] {
        for path in [prefix.to_owned(), format!("{prefix}/"), format!("{prefix}/{{*rest}}")] {
            router = router.route(&path, any(unknown_path));
        }
    }
    router
        .layer(from_fn_with_state(limit.clone(), each_unauthorized::<Fault>))
        .layer(from_fn(guarded::<Fault>))
        // The answers contain access tokens, pins and personal data.
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
}

fn operations() -> [(&'static str, MethodRouter<DialectState>); 13] {
    [
        ("/admin/users/invite", put(members::invite)),
        ("/admin/users/invite/tenant", put(members::invite_to)),
        ("/admin/users/uninvite", put(members::uninvite)),
        ("/admin/users/uninvite/tenant", put(members::uninvite_from)),
        ("/admin/user/self/invite", put(members::invite_myself)),
        ("/admin/user/pin", put(members::change_pin)),
        ("/admin/user/groups", put(members::change_groups)),
        ("/admin/user/invited/groups", put(members::change_groups_of)),
        ("/admin/user", get(users::find).post(users::add)),
        ("/admin/users", get(users::list)),
        ("/admin/users/count", get(users::count)),
        ("/user/tenants", get(users::tenants)),
        ("/oauth/pin", post(oauth::sign_in)),
    ]
}

async fn heartbeat(State(usher): State<Arc<Usher>>) -> Response {
    let ts = usher.now().timestamp_millis();
    let service = json!({"service": "URAC", "type": "rest", "route": "/heartbeat"});
    let body = json!({"result": true, "ts": ts, "service": service, "versions": {"urac": "3"}});
    answer(StatusCode::OK, &body)
}

async fn unknown_path() -> Fault {
    Fault::unknown_path()
}

#[cfg(test)]
mod tests;
