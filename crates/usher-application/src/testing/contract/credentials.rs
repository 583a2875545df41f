//! Credentials are found by their client id, and never after their end.

use usher_domain::{Actor, Authority, Credential};

use crate::{
    ports::{
        credentials::Credentials,
        ledger::{Changes, Ledger},
    },
    testing::{
        TENANT,
        contract::{OTHER, commit, credential, organization_id, seconds},
        user_id,
    },
};

fn credentials(credentials: Vec<Credential>) -> Changes {
    Changes { credentials, ..Changes::default() }
}

pub async fn every_field_round_trips(store: impl Ledger + Credentials) {
    let all = [Authority::OrgAdmin, Authority::Helpdesk, Authority::Inviter, Authority::Reader];
    for (n, authority) in (1..).zip(all) {
        let full = Credential {
            authority,
            secret_digest: std::array::from_fn(|it| u8::try_from(it * 8).unwrap()),
            user: Some(user_id("zoë")),
            organization: Some(organization_id("Ünïon")),
            made_by: [Actor::User(user_id("zoë")), Actor::Client(credential(7).id)]
                [(n % 2) as usize]
                .clone(),
            created_at: "2026-01-02T12:00:00.000001Z".parse().unwrap(),
            expires_at: "2026-04-02T12:00:00.000002Z".parse().ok(),
            ..credential(n)
        };
        commit(&store, credentials(vec![full.clone()])).await;
        assert!(store.find(full.client_id()).await.unwrap() == Some(full));
    }
    let plain = credential(9);
    assert_eq!(store.find(plain.client_id()).await.unwrap(), None);
    commit(&store, credentials(vec![plain.clone()])).await;
    assert!(store.find(plain.client_id()).await.unwrap() == Some(plain), "it is new, not unknown");
}

pub async fn a_revoked_credential_is_seen_at_once(store: impl Ledger + Credentials) {
    let key = credential(1);
    commit(&store, credentials(vec![key.clone()])).await;
    for _ in 0..3 {
        assert_eq!(store.find(key.client_id()).await.unwrap().unwrap().revoked_at, None);
    }
    commit(&store, credentials(vec![key.clone().revoked(seconds(1))])).await;
    let found = store.find(key.client_id()).await.unwrap().unwrap();
    assert_eq!((found.revoked_at, found.version), (Some(seconds(1)), 2));
}

pub async fn a_credential_that_is_looked_up_while_it_is_revoked_is_not_remembered_as_good(
    store: impl Ledger + Credentials,
) {
    for n in 1..=30 {
        let key = credential(n);
        commit(&store, credentials(vec![key.clone()])).await;
        let change = credentials(vec![key.clone().revoked(seconds(1))]);
        let look = async {
            for _ in 0..20 {
                store.find(key.client_id()).await.unwrap();
            }
        };
        let (revoked, ()) = tokio::join!(store.commit(&change), look);
        revoked.unwrap();
        assert!(store.find(key.client_id()).await.unwrap().unwrap().revoked_at.is_some());
    }
}

pub async fn the_keys_of_many_people_are_told_at_once(store: impl Ledger + Credentials) {
    let of = |n, name: &str, at| Credential {
        user: Some(user_id(name)),
        created_at: seconds(at),
        ..credential(n)
    };
    let theirs = Credential { tenant: OTHER, ..of(6, "ada", 0) };
    let bound = Credential { organization: Some(organization_id("team")), ..of(2, "ada", 1) };
    let all = vec![of(1, "ada", 2), bound.clone(), of(3, "bob", 3), of(4, "cyd", 4), credential(5)];
    commit(&store, credentials([all, vec![theirs, of(7, "ada", 5)]].concat())).await;
    commit(&store, credentials(vec![of(7, "ada", 5).revoked(seconds(9))])).await;
    let asked = ["bob", "ada", "nobody", "ada"].map(user_id);
    let found = store.of_users(TENANT, &asked).await.unwrap();
    assert!(found == [bound, of(1, "ada", 2), of(3, "bob", 3)]);
    let many: Vec<_> = (0..2_000).map(|it| user_id(&format!("u{it}"))).collect();
    assert!(store.of_users(TENANT, &many).await.unwrap().is_empty());
    assert!(store.of_users(TENANT, &[]).await.unwrap().is_empty());
}

pub async fn a_list_is_oldest_first_and_of_one_tenant(store: impl Ledger + Credentials) {
    let made = |n, at| Credential { created_at: seconds(at), ..credential(n) };
    let gone = made(1, 3).revoked(seconds(9));
    let theirs = Credential { tenant: OTHER, ..made(4, 0) };
    commit(&store, credentials(vec![made(1, 3), made(2, 1), made(3, 2), theirs.clone()])).await;
    commit(&store, credentials(vec![gone.clone()])).await;
    assert!(store.list(TENANT).await.unwrap() == [made(2, 1), made(3, 2), gone]);
    assert!(store.list(OTHER).await.unwrap() == [theirs]);
}
