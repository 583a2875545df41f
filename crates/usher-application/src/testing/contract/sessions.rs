//! Sessions are found by their id.

use usher_domain::{Session, SessionId};
use uuid::Uuid;

use crate::{
    ports::{
        ledger::{Changes, Ledger},
        sessions::Sessions,
    },
    testing::{
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
        created_at: "2026-01-02T12:00:00.999999Z".parse().unwrap(),
        ..session(1)
    };
    commit(&store, sessions(vec![full.clone(), session(2)])).await;
    assert_eq!(store.find(full.id).await.unwrap(), Some(full));
    assert_eq!(store.find(session(2).id).await.unwrap(), Some(session(2)));
    assert_eq!(store.find(SessionId(Uuid::from_u128(3))).await.unwrap(), None);
}

pub async fn a_closed_session_is_seen_at_once(store: impl Ledger + Sessions) {
    let open = session(1);
    commit(&store, sessions(vec![open.clone()])).await;
    assert_eq!(store.find(open.id).await.unwrap(), Some(open.clone()));
    let closed = open.closed(seconds(60));
    commit(&store, sessions(vec![closed.clone()])).await;
    assert_eq!(store.find(closed.id).await.unwrap(), Some(closed));
}
