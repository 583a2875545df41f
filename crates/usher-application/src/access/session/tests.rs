use chrono::TimeDelta;
use usher_domain::{Purpose, SessionId, UserStatus};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    testing::{
        MockPorts, active, core,
        fake_store::{FakeStore, place, with_pin},
        keyring, membership, noon, role, tenant,
    },
};

#[tokio::test]
async fn a_cookie_names_its_user_until_the_session_ends() {
    let session =
        |life| Session::open(SessionId(Uuid::from_u128(5)), tenant().id, ada().id, noon(), life);
    for (life, user, expected) in [
        (TimeDelta::hours(1), ada(), true),
        (TimeDelta::zero(), ada(), false),
        (TimeDelta::hours(1), User { status: UserStatus::Disabled, ..ada() }, false),
        (TimeDelta::hours(1), User { void_before: Some(noon()), ..ada() }, true),
        (
            TimeDelta::hours(1),
            User { void_before: Some(noon() + TimeDelta::seconds(1)), ..ada() },
            false,
        ),
    ] {
        let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
        ports.sessions.expect_find().return_once(move |_, _| Ok(Some(session(life))));
        ports.users.expect_find_many().return_once(move |_, _| Ok(vec![Some(user)]));
        ports.tenants.expect_find().return_once(|_| Ok(Some(tenant())));
        let ports = ports.into();
        let cookie = keyring().token(Purpose::Session, tenant().id, Uuid::from_u128(5), 1);
        let signed_in = sessions(&ports).run(&cookie).await.unwrap();
        assert_eq!(signed_in.is_some(), expected);
    }
}

#[tokio::test]
async fn a_forged_cookie_is_nobody() {
    let ports = MockPorts::default().into();
    let other = keyring().token(Purpose::MailedLink, tenant().id, Uuid::from_u128(5), 1);
    for cookie in ["", "x", &other] {
        assert!(sessions(&ports).run(cookie).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_session_that_a_pin_opened_lasts_as_long_as_the_membership_honours_it() {
    let second = TimeDelta::seconds(1);
    let held = || with_pin("1234", membership("ada", "team"));
    for (what, membership, is_there) in [
        ("held", Some(held()), true),
        ("removed", None, false),
        ("without a pin", Some(membership("ada", "team")), false),
        ("added again", Some(Membership { joined_at: noon() + second, ..held() }), false),
    ] {
        let store = FakeStore::of(vec![ada()], membership.into_iter().collect());
        let id = SessionId(Uuid::from_u128(5));
        let session = Session::open(id, tenant().id, ada().id, noon(), TimeDelta::hours(1));
        store.state().sessions = vec![session.clone().bound(place("team"))];
        let sessions = sessions(&store.ports);
        let cookie = keyring().token(Purpose::Session, tenant().id, Uuid::from_u128(5), 1);
        assert_eq!(sessions.run(&cookie).await.unwrap().is_some(), is_there, "{what}");
        // One that a password opened does not ask.
        store.state().sessions = vec![session];
        assert!(sessions.run(&cookie).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn one_sees_the_sessions_that_still_open_the_account_and_ends_no_others() {
    let second = TimeDelta::seconds(1);
    let theirs = usher_domain::TenantId(Uuid::from_u128(0xbad));
    let session = |n, tenant, at| {
        let id = SessionId(Uuid::from_u128(n));
        Session::open(id, tenant, ada().id, at, TimeDelta::hours(1))
    };
    let ada = User { void_before: Some(noon() + second), ..ada() };
    let store = FakeStore::of(vec![ada.clone()], vec![]);
    let all = [
        session(1, tenant().id, noon()),
        session(2, tenant().id, noon() + second),
        session(3, theirs, noon() + second),
    ];
    store.state().sessions = all.to_vec();
    store.pass(second);
    let sessions = sessions(&store.ports);
    let who = SignedInUser { session: all[1].clone(), user: ada, tenant: tenant() };
    assert_eq!(sessions.all_of(&who).await.unwrap(), [all[1].clone()]);
    sessions.end(&who, all[2].id).await.unwrap();
    assert!(store.written().is_empty(), "it is of a namesake in another tenant");
    sessions.end(&who, all[1].id).await.unwrap();
    assert_eq!(store.once_written().sessions[0].id, all[1].id);
}

#[tokio::test]
async fn who_signed_in_with_a_pin_sees_that_organization_alone() {
    let joined = ["team", "top"].map(|it| membership("ada", it));
    let store = FakeStore::of(vec![ada()], joined.to_vec());
    let sessions = sessions(&store.ports);
    let id = SessionId(Uuid::from_u128(5));
    let session = Session::open(id, tenant().id, ada().id, noon(), TimeDelta::hours(1));
    for (session, expected) in [
        (session.clone(), vec!["team", "top"]),
        (session.clone().bound(place("team")), vec!["team"]),
        (session.bound(place("other")), vec![]),
    ] {
        let signed_in = SignedInUser { session, user: ada(), tenant: tenant() };
        let found = sessions.belongs_to(&signed_in).await.unwrap();
        let found: Vec<_> = found.iter().map(|(it, _)| it.id.as_str()).collect();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn what_one_belongs_to_has_the_names_that_people_read() {
    let mut joined = ["team", "top"].map(|it| membership("ada", it)).to_vec();
    joined[0].roles = ["reader", "free"].map(str::to_owned).to_vec();
    let store = FakeStore::of(vec![ada()], joined);
    let store = store
        .with("team", |it| Organization { display_name: Some("Z team".to_owned()), ..it })
        .with("top", |it| Organization { display_name: Some("A team".to_owned()), ..it });
    store.state().roles.push(role("reader"));
    let sessions = sessions(&store.ports);
    let id = SessionId(Uuid::from_u128(5));
    let session = Session::open(id, tenant().id, ada().id, noon(), TimeDelta::hours(1));
    let signed_in = SignedInUser { session, user: ada(), tenant: tenant() };
    let found = sessions.belongs_to(&signed_in).await.unwrap();
    let found: Vec<_> = found.iter().map(|(it, its)| (it.title(), its.roles.join(", "))).collect();
    let expected = [("A team", "The reader"), ("Z team", "The reader, free")];
    assert_eq!(found, expected.map(|(title, roles)| (title, roles.to_owned())));
}

fn sessions(ports: &Ports) -> ResolveSession {
    ResolveSession::new(&core(ports, &Policy::at("http://usher.test")))
}

fn ada() -> User {
    active("ada")
}
