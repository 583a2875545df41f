//! Profiles are found by id within their tenant.

use chrono::TimeDelta;
use usher_domain::{Address, Locale, Profile, Timestamp};

use crate::{
    ports::{
        ledger::{Changes, Ledger},
        profiles::Profiles,
    },
    testing::{
        TENANT,
        contract::{ANY_TEXT, OTHER, commit, profile, profile_id, seconds},
    },
};

fn profiles(profiles: Vec<Profile>) -> Changes {
    Changes { profiles, ..Changes::default() }
}

pub async fn every_field_round_trips(store: impl Ledger + Profiles) {
    let micro = |text: &str| text.parse::<Timestamp>().unwrap();
    let full = Profile {
        address: Address::Personal,
        lifetime: Some(TimeDelta::microseconds(1_234_567_890_123)),
        template: Some(ANY_TEXT.to_owned()),
        locale: Some(Locale::parse("zh-Hant-TW").unwrap()),
        automatic_since: Some(micro("2026-01-02T12:00:00.000001Z")),
        new_only: true,
        repeat: true,
        created_at: micro("2026-01-02T12:00:00.100000Z"),
        updated_at: micro("2026-01-02T12:00:00.999999Z"),
        ..profile("Zoë's 1st / 😀")
    };
    // What is yes in one of them is no in the other.
    let half = Profile { new_only: false, id: profile_id("half"), ..full.clone() };
    let all = [full, half, profile("bare")];
    commit(&store, profiles(all.to_vec())).await;
    for it in all {
        let found = store.find_many(TENANT, std::slice::from_ref(&it.id)).await.unwrap();
        assert_eq!(found, [Some(it)]);
    }
}

pub async fn a_change_is_seen_at_once(store: impl Ledger + Profiles) {
    let first = profile("staff");
    commit(&store, profiles(vec![first.clone(), profile("guests")])).await;
    let second = Profile {
        template: Some("warm".to_owned()),
        updated_at: seconds(1),
        version: 2,
        ..first.clone()
    };
    commit(&store, profiles(vec![second.clone()])).await;
    assert_eq!(store.list(TENANT).await.unwrap(), [profile("guests"), second]);
}

pub async fn answers_are_in_the_order_of_the_ids(store: impl Ledger + Profiles) {
    commit(&store, profiles(["a", "b", "c"].map(profile).to_vec())).await;
    let asked = ["c", "nobody", "a", "C", "c"].map(profile_id);
    let found = store.find_many(TENANT, &asked).await.unwrap();
    let [a, c] = ["a", "c"].map(|it| Some(profile(it)));
    assert_eq!(found, [c.clone(), None, a, None, c]);
    assert_eq!(store.find_many(TENANT, &[]).await.unwrap(), []);
}

pub async fn a_list_is_in_the_order_of_ids(store: impl Ledger + Profiles) {
    let mut all = ["b", "a", "Z", "ä", "a b", "a-b", "日", "B", "😀", "\u{fffd}"].map(profile);
    commit(&store, profiles(all.to_vec())).await;
    all.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(store.list(TENANT).await.unwrap(), all);
}

pub async fn those_that_repeat_are_told_for_every_tenant(store: impl Ledger + Profiles) {
    let repeat = |id: &str| Profile { repeat: true, ..profile(id) };
    let theirs = Profile { tenant: OTHER, ..repeat("a") };
    let silent = Profile { tenant: OTHER, ..profile("b") };
    let all = vec![profile("a"), repeat("b"), repeat("c"), theirs.clone(), silent];
    commit(&store, profiles(all)).await;
    let mut found = store.repeating().await.unwrap();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(found, [theirs, repeat("b"), repeat("c")]);
    let calm = Profile { version: 2, ..profile("b") };
    commit(&store, profiles(vec![calm])).await;
    assert_eq!(store.repeating().await.unwrap().len(), 2);
}

pub async fn a_tenant_never_sees_anothers_profiles(store: impl Ledger + Profiles) {
    let theirs = Profile { tenant: OTHER, new_only: true, ..profile("a") };
    let secret = Profile { tenant: OTHER, ..profile("secret") };
    commit(&store, profiles(vec![profile("a"), theirs.clone(), secret.clone()])).await;
    let asked = ["a", "secret"].map(profile_id);
    assert_eq!(store.find_many(TENANT, &asked).await.unwrap(), [Some(profile("a")), None]);
    assert_eq!(store.list(TENANT).await.unwrap(), [profile("a")]);
    let found = store.find_many(OTHER, &asked).await.unwrap();
    assert_eq!(found, [Some(theirs.clone()), Some(secret.clone())]);
    assert_eq!(store.list(OTHER).await.unwrap(), [theirs, secret]);
    // A change to the one leaves the other alone.
    let changed = Profile { repeat: true, version: 2, ..profile("a") };
    commit(&store, profiles(vec![changed])).await;
    let found = store.find_many(OTHER, &asked[..1]).await.unwrap();
    assert!(!found[0].as_ref().unwrap().repeat);
}
