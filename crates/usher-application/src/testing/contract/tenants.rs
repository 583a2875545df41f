//! Tenants are found by id and by name.

use usher_domain::{Locale, RedirectRule, Tenant};

use super::{ANY_TEXT, OTHER, commit, losses, other_tenant};
use crate::{
    Changes, Ledger, Loss, Tenants,
    testing::{TENANT, tenant},
};

fn tenants(tenants: Vec<Tenant>) -> Changes {
    Changes { tenants, ..Changes::default() }
}

pub async fn every_field_round_trips(store: impl Ledger + Tenants) {
    let full = Tenant {
        name: "naïve".to_owned(),
        display_name: ANY_TEXT.to_owned(),
        locale: Locale::parse("de-AT").unwrap(),
        created_at: "2026-01-02T12:00:00.123456Z".parse().unwrap(),
        ..tenant()
    };
    commit(&store, tenants(vec![full.clone(), other_tenant()])).await;
    for _ in 0..2 {
        assert_eq!(store.find(TENANT).await.unwrap().as_ref(), Some(&full));
        assert_eq!(store.named("naïve").await.unwrap().as_ref(), Some(&full));
        assert_eq!(store.named("other").await.unwrap(), Some(other_tenant()));
    }
}

pub async fn a_new_tenant_is_found_at_once(store: impl Ledger + Tenants) {
    assert_eq!(store.find(OTHER).await.unwrap(), None);
    assert_eq!(store.named("other").await.unwrap(), None);
    commit(&store, tenants(vec![other_tenant()])).await;
    assert_eq!(store.find(OTHER).await.unwrap(), Some(other_tenant()));
    assert_eq!(store.named("other").await.unwrap(), Some(other_tenant()));
    assert_eq!(store.named("OTHER").await.unwrap(), None);
}

pub async fn a_change_is_seen_at_once(store: impl Ledger + Tenants) {
    commit(&store, tenants(vec![tenant(), other_tenant()])).await;
    let rule = |it: &str| RedirectRule::parse(it).unwrap();
    let mut last = tenant();
    for version in 2..4 {
        assert_eq!(store.find(TENANT).await.unwrap().as_ref(), Some(&last));
        assert_eq!(store.named("default").await.unwrap().as_ref(), Some(&last));
        let redirects =
            vec![rule(&format!("https://v{version}.example")), rule("http://localhost/x")];
        last = Tenant { redirects, version, ..last };
        commit(&store, tenants(vec![last.clone()])).await;
    }
    assert_eq!(store.find(TENANT).await.unwrap().as_ref(), Some(&last));
    assert_eq!(store.named("default").await.unwrap().as_ref(), Some(&last));
    assert_eq!(store.find(OTHER).await.unwrap(), Some(other_tenant()));
    let stale = Tenant { version: 2, ..last };
    assert_eq!(losses(&store, &tenants(vec![stale])).await, [Loss::Tenant(TENANT)]);
}

pub async fn a_name_that_no_database_could_keep_is_nobodys(store: impl Tenants) {
    assert_eq!(store.named("oth\0er").await.unwrap(), None);
}
