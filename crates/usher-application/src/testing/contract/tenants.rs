//! Tenants are found by id and by name.

use usher_domain::{Locale, RedirectRule, Tenant};

use crate::{
    ports::{
        ledger::{Changes, Conflict, Ledger},
        tenants::Tenants,
    },
    testing::{
        TENANT,
        contract::{ANY_TEXT, OTHER, commit, losses, other_tenant},
        tenant,
    },
};

fn tenants(tenants: Vec<Tenant>) -> Changes {
    Changes { tenants, ..Changes::default() }
}

pub async fn every_field_round_trips(store: impl Ledger + Tenants) {
    let full = Tenant {
        name: "naïve".to_owned(),
        display_name: ANY_TEXT.to_owned(),
        locale: Locale::parse("de-AT").unwrap(),
        redirects: [
            "https://b.example/in",
            "http://localhost:3000/",
            "https://xn--bcher-kva.example/",
        ]
        .map(|it| RedirectRule::parse(it).unwrap())
        .to_vec(),
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

pub async fn a_change_is_seen_at_once_by_id_and_by_name(store: impl Ledger + Tenants) {
    commit(&store, tenants(vec![tenant(), other_tenant()])).await;
    let mut now = tenant();
    for n in 0..3 {
        // It is known before it changes.
        assert_eq!(store.find(TENANT).await.unwrap(), Some(now.clone()));
        assert_eq!(store.named("default").await.unwrap(), Some(now.clone()));
        now.redirects.push(RedirectRule::parse(&format!("https://{n}.example")).unwrap());
        now.version += 1;
        commit(&store, tenants(vec![now.clone()])).await;
        assert_eq!(store.find(TENANT).await.unwrap(), Some(now.clone()));
        assert_eq!(store.named("default").await.unwrap(), Some(now.clone()));
    }
    let stale = Tenant { version: 2, ..tenant() };
    assert_eq!(losses(&store, &tenants(vec![stale])).await, [Conflict::Tenant(TENANT)]);
    let renamed = Tenant { name: "new".to_owned(), version: now.version + 1, ..now };
    commit(&store, tenants(vec![renamed.clone()])).await;
    assert_eq!(store.named("default").await.unwrap(), None);
    assert_eq!(store.named("new").await.unwrap(), Some(renamed.clone()));
    // Its name is free for another one.
    let heir = Tenant { name: "default".to_owned(), version: 2, ..other_tenant() };
    commit(&store, tenants(vec![heir.clone()])).await;
    assert_eq!(store.named("default").await.unwrap(), Some(heir));
    assert_eq!(store.find(TENANT).await.unwrap(), Some(renamed));
}

pub async fn one_that_is_looked_up_while_it_changes_is_not_remembered_as_it_was(
    store: impl Ledger + Tenants,
) {
    commit(&store, tenants(vec![tenant()])).await;
    for version in 2..40 {
        let changes = tenants(vec![Tenant { version, ..tenant() }]);
        let looks = async {
            for _ in 0..20 {
                store.find(TENANT).await.unwrap();
                store.named("default").await.unwrap();
            }
        };
        let ((), outcome) = tokio::join!(looks, store.commit(&changes));
        outcome.unwrap();
        assert_eq!(store.find(TENANT).await.unwrap().unwrap().version, version);
        assert_eq!(store.named("default").await.unwrap().unwrap().version, version);
    }
}

pub async fn a_name_that_no_database_could_keep_is_nobodys(store: impl Tenants) {
    assert_eq!(store.named("oth\0er").await.unwrap(), None);
}
