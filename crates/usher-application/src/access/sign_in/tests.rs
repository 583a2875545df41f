use crate::ports::Ports;
use usher_domain::{Membership, Organization, Purpose, Session, SessionId, UserStatus};
use uuid::Uuid;

use super::*;
use crate::{
    access::session::{ResolveSession, SignedInUser},
    policy::Policy,
    ports::passwords::MockPasswords,
    testing::{
        MockPorts, active, core,
        fake_store::{FakeStore, place, with_pin},
        keyring, membership, noon, role, tenant,
    },
};

const PASSWORD: &str = "seven llamas dance";

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let mut ports = knowing(Some(ada()));
    ports.ledger.expect_commit().once().withf(|it| it.sessions.len() == 1).return_once(|_| Ok(()));
    let signed_in = run(ports, "ADA@example.org", PASSWORD).await.unwrap();
    assert_eq!(signed_in.session.expires_at, noon() + TimeDelta::hours(12));
}

#[tokio::test]
async fn a_wrong_password_is_counted() {
    let mut ports = knowing(Some(ada()));
    ports
        .ledger
        .expect_commit()
        .once()
        .withf(|it| it.users[0].sign_in.failures == 1 && it.sessions.is_empty())
        .return_once(|_| Ok(()));
    assert!(matches!(run(ports, "ada", "wrong").await, Err(SignInError::Wrong)));
}

#[tokio::test]
async fn who_must_wait_is_told_and_their_password_not_even_looked_at() {
    let not_before = Some(noon() + TimeDelta::seconds(30));
    let guessed = User { sign_in: SignInRecord { failures: 9, not_before }, ..ada() };
    let error = run(knowing(Some(guessed)), "ada", PASSWORD).await.unwrap_err();
    assert!(matches!(error, SignInError::Wait(it) if it.num_seconds() == 30));
}

#[tokio::test]
async fn nobody_learns_who_exists() {
    let disabled = User { status: UserStatus::Disabled, ..ada() };
    for known in [None, Some(disabled)] {
        let error = run(knowing(known), "ada", PASSWORD).await.unwrap_err();
        assert!(matches!(error, SignInError::Wrong));
    }
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.tenants.expect_named().return_once(|_| Ok(None));
    assert!(matches!(run(ports, "ada", PASSWORD).await, Err(SignInError::Wrong)));
}

#[tokio::test]
async fn success_forgets_failures_and_renews_a_foreign_hash() {
    let foreign = Some("$2b$elsewhere".to_owned());
    let sign_in = SignInRecord { failures: 2, not_before: None };
    let mut ports = knowing(Some(User { sign_in, password: foreign, ..ada() }));
    let mut passwords = MockPasswords::new();
    passwords.expect_verify().once().returning(|_, hash| Ok(hash == Some("$2b$elsewhere")));
    passwords.expect_hash().once().returning(|_| Ok("$argon2id$new".to_owned()));
    ports.ledger.expect_commit().withf(|it| it.sessions.len() == 1).return_once(|_| Ok(()));
    let renewed = |it: &Changes| {
        it.users.first().is_some_and(|it| {
            it.sign_in == SignInRecord::default() && it.password.as_deref() == Some("$argon2id$new")
        })
    };
    ports.ledger.expect_commit().once().withf(renewed).return_once(|_| Ok(()));
    let ports = Ports { passwords: Arc::new(passwords), ..ports.into() };
    SignIn::new(&core(&ports, &Policy::at("http://usher.test")))
        .run("default", "ada", PASSWORD)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_cookie_names_its_visitor_until_the_session_ends() {
    let session =
        |life| Session::open(SessionId(Uuid::from_u128(5)), tenant().id, ada().id, noon(), life);
    for (life, user, expected) in [
        (TimeDelta::hours(1), ada(), true),
        (TimeDelta::zero(), ada(), false),
        (TimeDelta::hours(1), User { status: UserStatus::Disabled, ..ada() }, false),
        (TimeDelta::hours(1), User { reset_at: Some(noon()), ..ada() }, true),
        (
            TimeDelta::hours(1),
            User { reset_at: Some(noon() + TimeDelta::seconds(1)), ..ada() },
            false,
        ),
    ] {
        let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
        ports.sessions.expect_find().return_once(move |_| Ok(Some(session(life))));
        ports.users.expect_find_many().return_once(move |_, _| Ok(vec![Some(user)]));
        ports.tenants.expect_find().return_once(|_| Ok(Some(tenant())));
        let ports = ports.into();
        let cookie = keyring().token(Purpose::Session, Uuid::from_u128(5), 1);
        let visitor = ResolveSession::new(&core(&ports, &Policy::at("http://usher.test")))
            .run(&cookie)
            .await
            .unwrap();
        assert_eq!(visitor.is_some(), expected);
    }
}

#[tokio::test]
async fn a_forged_cookie_is_nobody() {
    let ports = MockPorts::default().into();
    let other = keyring().token(Purpose::Invitation, Uuid::from_u128(5), 1);
    for cookie in ["", "x", &other] {
        assert!(
            ResolveSession::new(&core(&ports, &Policy::at("http://usher.test")))
                .run(cookie)
                .await
                .unwrap()
                .is_none()
        );
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
        let world = FakeStore::of(vec![ada()], membership.into_iter().collect());
        let id = SessionId(Uuid::from_u128(5));
        let session = Session::open(id, tenant().id, ada().id, noon(), TimeDelta::hours(1));
        world.state().sessions = vec![session.clone().bound(place("team"))];
        let cookies = SessionCookies::new(&core(&world.ports, &Policy::at("http://usher.test")));
        let visit = ResolveSession::new(&core(&world.ports, &Policy::at("http://usher.test")));
        let cookie = keyring().token(Purpose::Session, Uuid::from_u128(5), 1);
        assert_eq!(visit.run(&cookie).await.unwrap().is_some(), is_there, "{what}");
        // One that a password opened does not ask.
        world.state().sessions = vec![session];
        assert!(visit.run(&cookie).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn who_signed_in_with_a_pin_sees_that_organization_alone() {
    let joined = ["team", "top"].map(|it| membership("ada", it));
    let world = FakeStore::of(vec![ada()], joined.to_vec());
    let visit = ResolveSession::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let id = SessionId(Uuid::from_u128(5));
    let session = Session::open(id, tenant().id, ada().id, noon(), TimeDelta::hours(1));
    for (session, expected) in [
        (session.clone(), vec!["team", "top"]),
        (session.clone().bound(place("team")), vec!["team"]),
        (session.bound(place("other")), vec![]),
    ] {
        let visitor = SignedInUser { session, user: ada(), tenant: tenant() };
        let found = visit.belongs_to(&visitor).await.unwrap();
        let found: Vec<_> = found.iter().map(|(it, _)| it.id.as_str()).collect();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn what_one_belongs_to_is_told_by_the_names_people_read() {
    let mut joined = ["team", "top"].map(|it| membership("ada", it)).to_vec();
    joined[0].roles = ["reader", "free"].map(str::to_owned).to_vec();
    let world = FakeStore::of(vec![ada()], joined);
    let world = world
        .with("team", |it| Organization { display_name: Some("Z team".to_owned()), ..it })
        .with("top", |it| Organization { display_name: Some("A team".to_owned()), ..it });
    world.state().roles.push(role("reader"));
    let visit = ResolveSession::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let id = SessionId(Uuid::from_u128(5));
    let session = Session::open(id, tenant().id, ada().id, noon(), TimeDelta::hours(1));
    let visitor = SignedInUser { session, user: ada(), tenant: tenant() };
    let found = visit.belongs_to(&visitor).await.unwrap();
    let found: Vec<_> = found.iter().map(|(it, its)| (it.title(), its.roles.join(", "))).collect();
    let expected = [("A team", "The reader"), ("Z team", "The reader, free")];
    assert_eq!(found, expected.map(|(title, roles)| (title, roles.to_owned())));
}

fn ada() -> User {
    active("ada")
}

fn knowing(user: Option<User>) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.tenants.expect_named().return_once(|_| Ok(Some(tenant())));
    ports.users.expect_find_many().return_once(move |_, _| Ok(vec![user]));
    ports
}

async fn run(ports: MockPorts, name: &str, password: &str) -> Result<SignedIn, SignInError> {
    let ports = ports.into();
    SignIn::new(&core(&ports, &Policy::at("http://usher.test")))
        .run("default", name, password)
        .await
}
