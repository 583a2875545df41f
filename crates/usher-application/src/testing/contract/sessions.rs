//! Sessions are found by their id, within their tenant.

use chrono::TimeDelta;
use usher_domain::{Browser, BrowserFamily, OperatingSystem, Session, SessionId, UserId};
use uuid::Uuid;

use crate::{
    ports::{
        ledger::{Changes, Ledger},
        sessions::Sessions,
    },
    testing::{
        TENANT,
        contract::{OTHER, commit, organization_id, seconds, session},
        user_id,
    },
};

fn sessions(sessions: Vec<Session>) -> Changes {
    Changes { sessions, ..Changes::default() }
}

pub async fn every_field_round_trips(store: impl Ledger + Sessions) {
    let full = Session {
        tenant: OTHER,
        user: user_id("zoë 👩‍👩‍👧"),
        organization: Some(organization_id("Ünïon/1")),
        browser: Browser {
            family: Some(BrowserFamily::SamsungInternet),
            system: Some(OperatingSystem::ChromeOs),
        },
        created_at: "2026-01-02T12:00:00.999999Z".parse().unwrap(),
        ..session(1)
    };
    commit(&store, sessions(vec![full.clone(), session(2)])).await;
    assert_eq!(store.find(OTHER, full.id).await.unwrap(), Some(full));
    assert_eq!(store.find(TENANT, session(1).id).await.unwrap(), None);
    assert_eq!(store.find(TENANT, session(2).id).await.unwrap(), Some(session(2)));
    assert_eq!(store.find(TENANT, SessionId(Uuid::from_u128(3))).await.unwrap(), None);
}

pub async fn a_closed_session_is_seen_at_once(store: impl Ledger + Sessions) {
    let open = session(1);
    commit(&store, sessions(vec![open.clone()])).await;
    assert_eq!(store.find(TENANT, open.id).await.unwrap(), Some(open.clone()));
    let closed = open.closed(seconds(60));
    commit(&store, sessions(vec![closed.clone()])).await;
    assert_eq!(store.find(TENANT, closed.id).await.unwrap(), Some(closed));
}

pub async fn those_that_last_are_listed_newest_first(store: impl Ledger + Sessions) {
    let now = seconds(600);
    let of = |n: u128, at: i64| Session {
        created_at: seconds(at),
        expires_at: seconds(at) + TimeDelta::hours(1),
        ..session(n)
    };
    let over = Session { expires_at: now, ..of(4, 1) };
    let foreign = Session { tenant: OTHER, ..of(5, 1) };
    let of_bob = Session { user: user_id("bob"), ..of(6, 1) };
    let (ended, ended_ahead) = (of(7, 1), of(8, 1));
    let closed =
        [(&ended, 500), (&ended_ahead, 601)].map(|(it, at)| it.clone().closed(seconds(at)));
    let all = vec![of(1, 10), of(2, 30), of(3, 20), over, foreign, of_bob, ended, ended_ahead];
    let who: UserId = all[0].user.clone();
    commit(&store, sessions(all)).await;
    // One of them by a node whose clock is ahead.
    commit(&store, sessions(closed.to_vec())).await;
    let tenant = session(1).tenant;
    let found = store.list(tenant, &who, now, 10).await.unwrap();
    assert_eq!(found, [of(2, 30), of(3, 20), of(1, 10)]);
    assert_eq!(store.list(tenant, &who, now, 1).await.unwrap(), [of(2, 30)]);
}
