//! Organizations are found by id, code and name, and tell who is in them.

use usher_domain::{Membership, Organization, Pin, PinSeed, SignInRecord};
use uuid::Uuid;

use super::{ANY_TEXT, OTHER, commit, membership, organization_id};
use crate::{
    Changes, Ledger, Organizations,
    testing::{TENANT, noon, organization, user_id},
};

fn organizations(organizations: Vec<Organization>) -> Changes {
    Changes { organizations, ..Changes::default() }
}

fn memberships(memberships: Vec<Membership>) -> Changes {
    Changes { memberships, ..Changes::default() }
}

pub async fn every_field_round_trips(store: impl Ledger + Organizations) {
    let full = Organization {
        code: Some("ÜN".to_owned()),
        name: ANY_TEXT.to_owned(),
        parent: Some(organization_id("πάνω")),
        sign_in: SignInRecord { failures: 3, not_before: Some(noon()) },
        created_at: "2026-01-02T12:00:00.000001Z".parse().unwrap(),
        ..organization("Ünïon/1")
    };
    let bare = Organization { code: None, parent: None, ..organization("bare") };
    commit(&store, organizations(vec![full.clone(), bare.clone()])).await;
    let ids = [full.id.clone(), bare.id.clone()];
    let found = store.find_many(TENANT, &ids).await.unwrap();
    assert_eq!(found, [Some(full.clone()), Some(bare)]);
    let renamed = Organization { name: "New".to_owned(), code: None, version: 2, ..full };
    commit(&store, organizations(vec![renamed.clone()])).await;
    assert_eq!(store.find_many(TENANT, &ids[..1]).await.unwrap(), [Some(renamed)]);

    let full = Membership {
        roles: vec!["b".to_owned(), "a".to_owned(), ANY_TEXT.to_owned()],
        pin: Some(Pin {
            digest: (0..=255).collect(),
            seed: Some(PinSeed { id: Uuid::from_u128(7), step: u32::MAX }),
        }),
        sign_in: SignInRecord { failures: 7, not_before: Some(noon()) },
        letters: 2,
        mailed_at: "2026-01-03T12:00:00.000001Z".parse().unwrap(),
        pin_allowed: true,
        joined_at: "2026-01-02T12:00:00.000001Z".parse().unwrap(),
        ..membership("zoë", "Ünïon/1")
    };
    commit(&store, memberships(vec![full.clone()])).await;
    let found = || store.memberships(TENANT, std::slice::from_ref(&full.user));
    assert!(found().await.unwrap() == std::slice::from_ref(&full));
    let changed = Membership { pin: None, roles: Vec::new(), version: 2, ..full.clone() };
    commit(&store, memberships(vec![changed.clone()])).await;
    assert!(found().await.unwrap() == [changed]);
}

pub async fn answers_are_in_the_order_of_the_ids(store: impl Ledger + Organizations) {
    commit(&store, organizations(["a", "b", "c"].map(organization).to_vec())).await;
    let ids = ["c", "x", "a", "A", "c"].map(organization_id);
    let found = store.find_many(TENANT, &ids).await.unwrap();
    let c = Some(organization("c"));
    assert_eq!(found, [c.clone(), None, Some(organization("a")), None, c]);
    assert_eq!(store.find_many(TENANT, &[]).await.unwrap(), []);
    let many: Vec<_> = (0..10_000).map(|it| organization_id(&it.to_string())).collect();
    assert_eq!(store.find_many(TENANT, &many).await.unwrap(), vec![None; 10_000]);
}

pub async fn a_name_is_an_id_first_then_a_code_then_a_name(store: impl Ledger + Organizations) {
    let by = |id: &str, code: &str, name: &str| Organization {
        code: Some(code.to_owned()),
        name: name.to_owned(),
        ..organization(id)
    };
    let (one, two, three) = (by("x", "1", "q"), by("2", "x", "z"), by("3", "y", "x"));
    let all = [three.clone(), two.clone(), one.clone()];
    commit(&store, organizations(all.to_vec())).await;
    let named = async |text| store.named(TENANT, text).await.unwrap();
    assert_eq!(named("x").await, Some(one));
    assert_eq!(named("y").await, Some(three));
    assert_eq!(named("z").await, Some(two));
    assert_eq!(named("Z").await, None);
    assert_eq!(store.named(OTHER, "x").await.unwrap(), None);
}

pub async fn a_list_is_in_the_order_of_ids(store: impl Ledger + Organizations) {
    let mut all = ["b", "a", "Z", "ä", "a b", "日", "😀", "\u{fffd}"]
        .map(|it| Organization { code: None, ..organization(it) });
    commit(&store, organizations(all.to_vec())).await;
    all.sort_by(|a, b| a.id.cmp(&b.id));
    let first = store.list(TENANT, None, 3).await.unwrap();
    let rest = store.list(TENANT, Some(first[2].id.clone()), u64::MAX).await.unwrap();
    assert_eq!([first, rest].concat(), all);
}

pub async fn memberships_come_by_user_and_organization(store: impl Ledger + Organizations) {
    let all = [("b", "x"), ("a", "y"), ("a", "Z"), ("c", "x"), ("a", "ä")];
    commit(&store, memberships(all.map(|(u, o)| membership(u, o)).to_vec())).await;
    let users = ["b", "a", "nobody", "a"].map(user_id);
    let found = store.memberships(TENANT, &users).await.unwrap();
    let found: Vec<_> =
        found.iter().map(|it| (it.user.as_str(), it.organization.as_str())).collect();
    assert_eq!(found, [("a", "Z"), ("a", "y"), ("a", "ä"), ("b", "x")]);
    assert!(store.memberships(TENANT, &[]).await.unwrap().is_empty());
}

pub async fn a_tenant_never_sees_anothers_organizations(store: impl Ledger + Organizations) {
    let theirs = Organization { tenant: OTHER, ..organization("x") };
    let member = Membership { tenant: OTHER, ..membership("ada", "x") };
    commit(&store, organizations(vec![theirs.clone()])).await;
    commit(&store, memberships(vec![member])).await;
    assert_eq!(store.find_many(TENANT, &[organization_id("x")]).await.unwrap(), [None]);
    assert_eq!(store.list(TENANT, None, 10).await.unwrap(), []);
    for text in ["x", "X", "The x team"] {
        assert_eq!(store.named(TENANT, text).await.unwrap(), None);
        assert_eq!(store.named(OTHER, text).await.unwrap().as_ref(), Some(&theirs));
    }
    assert!(store.memberships(TENANT, &[user_id("ada")]).await.unwrap().is_empty());
}
