//! Organizations are found by id, code and name, and tell who is in them.

use usher_domain::{Membership, Organization, OrganizationId, Pin, PinSeed, SignInRecord, UserId};
use uuid::Uuid;

use super::{
    ANY_TEXT, OTHER, commit, elsewhere, holder, membership, membership_id, memberships,
    organization_id,
};
use crate::{
    Changes, Ledger, Organizations,
    testing::{TENANT, noon, organization, user_id},
};

fn organizations(organizations: Vec<Organization>) -> Changes {
    Changes { organizations, ..Changes::default() }
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
    let outside = Some(Pin { digest: vec![0, 255], seed: None });
    let changed = Membership { pin: outside, version: 3, ..membership("zoë", "Ünïon/1") };
    commit(&store, memberships(vec![changed.clone()])).await;
    assert!(found().await.unwrap() == [changed], "each part takes its place, or goes");
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

fn seat((user, organization): &(&str, &str)) -> (UserId, OrganizationId) {
    (user_id(user), organization_id(organization))
}

pub async fn seats_are_told_in_the_order_asked(store: impl Ledger + Organizations) {
    let ours = [("ada", "x"), ("ada", "y"), ("bob", "x")];
    let all = ours.map(|(user, place)| membership(user, place));
    let abroad = [elsewhere(&membership("ada", "z")), elsewhere(&all[2])];
    commit(&store, memberships([&all[..], &abroad].concat())).await;
    let asked = [
        ("bob", "x"),
        // Each of these is known, and somewhere else.
        ("bob", "y"),
        ("ada", "z"),
        ("ada", "y"),
        ("nobody", "x"),
        ("ada", "X"),
        ("bob", "x"),
        ("ada", "x"),
    ];
    let asked: Vec<_> = asked.iter().map(seat).collect();
    let found = store.seats(TENANT, &asked).await.unwrap();
    let [ada_x, ada_y, bob] = all.map(Some);
    assert!(found == [bob.clone(), None, None, ada_y, None, None, bob, ada_x]);
    let found = store.seats(OTHER, &asked[..3]).await.unwrap();
    let [ada, bob] = abroad.map(Some);
    assert!(found == [bob, None, ada]);
    assert!(store.seats(TENANT, &[]).await.unwrap().is_empty());
}

pub async fn many_seats_are_told(store: impl Ledger + Organizations) {
    let seat = |n: u32| (user_id(&format!("u{n}")), organization_id(&(n % 7).to_string()));
    let all = (0..10_000).step_by(2).map(seat);
    let all = all.map(|(user, place)| membership(user.as_str(), place.as_str())).collect();
    commit(&store, memberships(all)).await;
    let asked: Vec<_> = (0..10_000).map(seat).collect();
    let found = store.seats(TENANT, &asked).await.unwrap();
    assert_eq!(found.len(), 10_000);
    for (n, (it, asked)) in (0..).zip(found.into_iter().zip(asked)) {
        let expected = (n % 2 == 0).then_some(asked);
        assert_eq!(it.map(|it| (it.user, it.organization)), expected);
    }
}

fn people(found: Vec<Membership>) -> Vec<String> {
    let mut people: Vec<_> = found.into_iter().map(|it| it.user.to_string()).collect();
    people.sort();
    people
}

pub async fn holders_are_found_by_the_digests_of_their_pins(store: impl Ledger + Organizations) {
    let all = vec![
        holder("ada", "x", 1),
        holder("bob", "x", 2),
        holder("cyd", "x", 3),
        holder("dan", "y", 1),
        holder("eve", "y", 4),
        membership("fay", "x"),
        elsewhere(&holder("gus", "x", 1)),
        elsewhere(&holder("hal", "x", 5)),
    ];
    commit(&store, memberships(all.clone())).await;
    let holders = async |tenant, place, pins: &[u8]| {
        let digests: Vec<_> = pins.iter().map(|it| vec![*it; 32]).collect();
        people(store.holders(tenant, &organization_id(place), &digests).await.unwrap())
    };
    assert_eq!(holders(TENANT, "x", &[1]).await, ["ada"]);
    assert_eq!(holders(TENANT, "x", &[3, 9, 1, 4, 5, 1]).await, ["ada", "cyd"]);
    assert_eq!(holders(TENANT, "y", &[1, 2, 3, 4]).await, ["dan", "eve"]);
    assert_eq!(holders(TENANT, "X", &[1]).await, [""; 0]);
    assert_eq!(holders(TENANT, "x", &[]).await, [""; 0]);
    assert_eq!(holders(OTHER, "x", &[1, 2, 5]).await, ["gus", "hal"]);
    assert_eq!(holders(OTHER, "y", &[1]).await, [""; 0]);
    // What only begins like one is none, and neither is nothing.
    let parts = [vec![1; 31], vec![1; 33], Vec::new()];
    assert!(store.holders(TENANT, &organization_id("x"), &parts).await.unwrap().is_empty());
    let found = store.holders(TENANT, &organization_id("x"), &[vec![2; 32]]).await.unwrap();
    assert!(found == all[1..2]);
}

pub async fn many_holders_are_found(store: impl Ledger + Organizations) {
    let digest = |n: u32| [n.to_be_bytes(); 8].concat();
    let all = (0..10_000).step_by(3).map(|n| Membership {
        pin: Some(Pin { digest: digest(n), seed: None }),
        ..membership(&format!("u{n}"), "x")
    });
    commit(&store, memberships(all.collect())).await;
    let digests: Vec<_> = (0..10_000).map(digest).collect();
    let found = store.holders(TENANT, &organization_id("x"), &digests).await.unwrap();
    assert_eq!(found.len(), 3_334);
    let is_its_own = |it: &Membership| {
        let n: u32 = it.user.as_str()[1..].parse().unwrap();
        it.pin.as_ref().unwrap().digest == digest(n)
    };
    assert!(found.iter().all(is_its_own));
}

pub async fn what_is_proven_is_found_in_order(store: impl Ledger + Organizations) {
    let ours = [membership("ada", "x"), membership("ada", "y"), membership("bob", "x")];
    let abroad = elsewhere(&ours[0]);
    commit(&store, memberships([&ours[..], std::slice::from_ref(&abroad)].concat())).await;
    let ids = [ours[2].id, membership_id(1), abroad.id, ours[0].id, ours[2].id];
    let found = store.proven(&ids).await.unwrap();
    let [ada, _, bob] = ours.map(Some);
    assert!(found == [bob.clone(), None, Some(abroad), ada, bob]);
    assert!(store.proven(&[]).await.unwrap().is_empty());
    let many: Vec<_> = (1..=10_000).map(membership_id).collect();
    assert!(store.proven(&many).await.unwrap() == vec![None; 10_000]);
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
