//! NUL, which PostgreSQL takes in no text, in whatever a route is sent with a key: it is a wrong request,
//! and no failure of the store; on both stores.

use super::*;
use crate::testing::Log;

on_both_stores!(
    in_a_path_or_a_parameter_it_is_no_failure_of_the_store,
    in_a_body_it_is_no_failure_of_the_store,
);

/// The parameters of queries that are texts, of all APIs.
const PARAMETERS: [&str; 13] = [
    "id",
    "keywords",
    "status",
    "tenantId",
    "filter",
    "filters",
    "defaultFilter",
    "sorters",
    "pageToken",
    "invitationToken",
    "email",
    "orgid",
    "invitation_url",
];

/// What a parameter may be: NUL by itself, and within what filters take.
const VALUES: [&str; 4] =
    ["ada%00", "name%20eq%20%22ada%00%22", "name%3D%22ada%00%22", "%5B%22ada%00%22%5D"];

/// Panics if something was logged that tells the operator of a failure.
#[track_caller]
fn assert_nothing_failed(log: &Log, about: &str) {
    let text = log.text();
    let failed: Vec<_> = text.lines().filter(|it| it.contains("ERROR")).collect();
    assert_eq!(failed, Vec::<&str>::new(), "{about}");
}

async fn with_key(app: &TestApp) -> Keys {
    set_up(app).await;
    keys(app, TENANT, OrgAdmin, None).await
}

async fn in_a_path_or_a_parameter_it_is_no_failure_of_the_store(app: TestApp) {
    let keys = with_key(&app).await;
    let mut routes = routes(&app);
    // What names an era or a gateway of the same API leads to the same handler.
    routes.sort_by(|a, b| (a.method.as_str(), &a.plain).cmp(&(b.method.as_str(), &b.plain)));
    routes.dedup_by(|a, b| (&a.method, &a.plain) == (&b.method, &b.plain));
    for route in routes {
        let log = Log::default();
        let _recording = log.record();
        let secrets = match &*route.plain {
            it if it.starts_with("/v2/manage") => {
                format!("apikey={}&apisecret={}&", keys.id, keys.secret)
            }
            _ => String::new(),
        };
        let named = |id: &str| {
            ["{id}", "{uid}", "{name}"].iter().fold(route.path.clone(), |it, at| it.replace(at, id))
        };
        let mut addresses = vec![format!("{}?{secrets}", named("ada%00"))];
        if route.method == Method::GET && route.who != Anybody {
            let queries =
                PARAMETERS.iter().flat_map(|name| VALUES.map(|it| format!("{name}={it}")));
            addresses.extend(queries.map(|it| format!("{}?{secrets}{it}", named("ada"))));
        }
        for address in addresses {
            let body = body(&route).to_string();
            ask_at(&app, &route, address, Some(&keys), "application/json", body.into()).await;
        }
        assert_nothing_failed(&log, &format!("{} {}", route.method, route.path));
    }
}

/// The JSON with NUL at the end of one text, for each of them.
fn with_nul(whole: &Value) -> Vec<Value> {
    fn pointers(it: &Value, at: &str, found: &mut Vec<String>) {
        match it {
            Value::String(_) => found.push(at.to_owned()),
            Value::Array(all) => {
                for (n, it) in all.iter().enumerate() {
                    pointers(it, &format!("{at}/{n}"), found);
                }
            }
            Value::Object(all) => {
                for (name, it) in all {
                    pointers(it, &format!("{at}/{name}"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    pointers(whole, "", &mut found);
    let changed = |at: &String| {
        let mut whole = whole.clone();
        let text = whole.pointer_mut(at).unwrap();
        *text = format!("{}\0", text.as_str().unwrap()).into();
        whole
    };
    found.iter().map(changed).collect()
}

async fn in_a_body_it_is_no_failure_of_the_store(app: TestApp) {
    let keys = with_key(&app).await;
    for route in routes(&app).iter().filter(|it| it.method != Method::GET) {
        let log = Log::default();
        let _recording = log.record();
        for body in with_nul(&body(route)) {
            ask(&app, route, Some(&keys), body.to_string().into()).await;
        }
        assert_nothing_failed(&log, &format!("{} {}", route.method, route.path));
    }
}
