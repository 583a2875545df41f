use chrono::TimeDelta;
use usher_domain::{Counter, Quotas, Session, SessionId, UserStatus};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    ports::{
        attempts::{Attempts, Counted, MockAttempts},
        clock::Clock as _,
        passwords::{HashPlace, HashedFor, MockPasswords},
    },
    testing::{
        ManualClock, MockPorts, TENANT, active, attempts::AttemptsInMemory, core,
        fake_store::FakeStore, keyring, noon, tenant,
    },
};

const PASSWORD: &str = "seven llamas dance";

#[tokio::test]
async fn the_right_password_opens_a_session_and_is_no_failure() {
    let store = FakeStore::of(vec![active("ada")], vec![]);
    let signed_in = sign_in(&store, "ADA@example.org", PASSWORD, None).await.unwrap();
    assert_eq!(signed_in.session.expires_at, noon() + TimeDelta::hours(12));
    assert_eq!(store.once_written().sessions, [signed_in.session]);
    assert_eq!(store.attempts.count_records(), 0);
}

#[tokio::test]
async fn where_there_are_as_many_sessions_as_may_be_the_oldest_ends() {
    let store = FakeStore::of(vec![active("ada"), active("bob")], vec![]);
    let quotas = Quotas { sessions: 3, ..Quotas::default() };
    let policy = Policy { quotas, ..Policy::at("http://usher.test") };
    let sign_in = SignIn::new(&core(&store.ports, &policy));
    sign_in.run("default", "bob", PASSWORD, &UserAgent::default()).await.unwrap();
    let mut opened = Vec::new();
    for _ in 0..6 {
        store.pass(TimeDelta::seconds(1));
        let signed_in =
            sign_in.run("default", "ada", PASSWORD, &UserAgent::default()).await.unwrap();
        opened.push(signed_in.session.id);
    }
    let now = store.clock.now();
    let lasting = |user: &str| {
        let state = store.state();
        let all = state.sessions.iter().filter(|it| it.user.as_str() == user && it.lasts(now));
        let mut ids: Vec<_> = all.map(|it| it.id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(lasting("ada"), opened[3..]);
    assert_eq!(lasting("bob").len(), 1);
    // Of two who end the same one, the one who is late decides again.
    let meanwhile = opened[3];
    store.before_next_commit(move |state| {
        let now = noon() + TimeDelta::seconds(6);
        let end = |it: Session| if it.id == meanwhile { it.closed(now) } else { it };
        state.sessions = std::mem::take(&mut state.sessions).into_iter().map(end).collect();
    });
    store.pass(TimeDelta::seconds(1));
    sign_in.run("default", "ada", PASSWORD, &UserAgent::default()).await.unwrap();
    let now = store.clock.now();
    assert_eq!(store.state().sessions.iter().filter(|it| it.lasts(now)).count(), 4);
}

#[tokio::test]
async fn many_sessions_that_begin_at_once_end_no_session_twice() {
    let store = FakeStore::of(vec![active("ada")], vec![]);
    let quotas = Quotas { sessions: 1, ..Quotas::default() };
    let policy = Policy { quotas, ..Policy::at("http://usher.test") };
    let sign_in = SignIn::new(&core(&store.ports, &policy));
    sign_in.run("default", "ada", PASSWORD, &UserAgent::default()).await.unwrap();
    let now = noon() + TimeDelta::seconds(1);
    for n in 0..20 {
        // Somebody else is always first, and begins one in the place of the one that there is.
        store.before_next_commit(move |state| {
            let end = |it: Session| if it.lasts(now) { it.closed(now) } else { it };
            state.sessions = std::mem::take(&mut state.sessions).into_iter().map(end).collect();
            let user = active("ada").id;
            let id = SessionId(Uuid::from_u128(n));
            state.sessions.push(Session::open(id, TENANT, user, now, TimeDelta::hours(1)));
        });
    }
    store.pass(TimeDelta::seconds(1));
    sign_in.run("default", "ada", PASSWORD, &UserAgent::default()).await.unwrap();
    let lasting = store.state().sessions.iter().filter(|it| it.lasts(now)).count();
    assert_eq!(lasting, 2, "the next one that begins ends the one that is too many");
}

#[tokio::test]
async fn the_session_of_the_browser_ends_once_where_it_makes_room_too() {
    let store = FakeStore::of(vec![active("ada")], vec![]);
    let quotas = Quotas { sessions: 1, ..Quotas::default() };
    let policy = Policy { quotas, ..Policy::at("http://usher.test") };
    let sign_in = SignIn::new(&core(&store.ports, &policy));
    let first = sign_in.run("default", "ada", PASSWORD, &UserAgent::default()).await.unwrap();
    store.pass(TimeDelta::seconds(1));
    let agent = UserAgent { session: Some(&first.cookie), ..UserAgent::default() };
    let second = sign_in.run("default", "ada", PASSWORD, &agent).await.unwrap();
    let ended = first.session.closed(store.clock.now());
    assert_eq!(store.written().last().unwrap().sessions, [second.session, ended]);
}

#[tokio::test]
async fn an_attempt_is_counted_before_anybody_looks_at_the_password() {
    // Where it cannot be counted, or must wait, the password is not even looked at.
    for outcome in [Err(StoreError::new("broken")), Ok(Counted::Wait(TimeDelta::seconds(30)))] {
        let mut attempts = MockAttempts::new();
        attempts.expect_count().once().return_once(|_, _, _| outcome);
        let ports = Ports { passwords: Arc::new(hashing()), ..knowing(attempts).into() };
        let sign_in = SignIn::new(&core(&ports, &Policy::at("http://usher.test")));
        let error =
            sign_in.run("default", "ada", PASSWORD, &UserAgent::default()).await.unwrap_err();
        assert!(matches!(error, SignInError::Wait(_) | SignInError::Store(_)));
    }
}

#[tokio::test]
async fn whoever_guesses_waits_under_a_name_that_is_not_there_as_under_one_that_is() {
    let disabled = User { status: UserStatus::Disabled, ..active("eve") };
    let foreign = User { password: Some("$2b$elsewhere".to_owned()), ..active("kim") };
    let store = FakeStore::of(vec![active("ada"), disabled, foreign], vec![]);
    let mut all = Vec::new();
    for name in ["ada", "ADA@example.org", "nobody", "no@body.example", "eve", "kim", ""] {
        let mut waits = Vec::new();
        for _ in 0..9 {
            let rested = store.clock.rested();
            waits.push(match sign_in(&store, name, "wrong", None).await.unwrap_err() {
                SignInError::Wrong => (0, store.clock.rested() - rested),
                SignInError::Wait(wait) => (wait.num_seconds(), store.clock.rested() - rested),
                SignInError::Store(error) => panic!("{error}"),
            });
        }
        all.push(waits);
    }
    let floor = TimeDelta::milliseconds(400);
    assert_eq!(all[0][..6], [[(0, floor); 5].as_slice(), &[(2, TimeDelta::zero())]].concat());
    all.dedup();
    assert_eq!(all.len(), 1);
    // Whatever is guessed: the right password waits as well.
    let error = sign_in(&store, " Ada ", PASSWORD, None).await.unwrap_err();
    assert!(matches!(error, SignInError::Wait(it) if it == TimeDelta::seconds(2)));
}

#[tokio::test]
async fn a_tenant_that_is_not_there_counts_and_waits_as_well() {
    let store = FakeStore::of(vec![active("ada")], vec![]);
    let sign_in = SignIn::new(&core(&store.ports, &Policy::at("http://usher.test")));
    for _ in 0..5 {
        let error =
            sign_in.run("elsewhere", "ada", PASSWORD, &UserAgent::default()).await.unwrap_err();
        assert!(matches!(error, SignInError::Wrong));
    }
    let error = sign_in.run("elsewhere", "ada", PASSWORD, &UserAgent::default()).await.unwrap_err();
    assert!(matches!(error, SignInError::Wait(_)));
    assert!(sign_in.run("default", "ada", PASSWORD, &UserAgent::default()).await.is_ok());
}

#[tokio::test]
async fn a_name_that_nobody_has_costs_as_many_calls_as_one_that_somebody_has() {
    let disabled = User { status: UserStatus::Disabled, ..active("ada") };
    for user in [Some(active("ada")), Some(disabled), None] {
        // A mock that is not called just once panics.
        let mut attempts = MockAttempts::new();
        let memory = AttemptsInMemory::default();
        let counted = memory.count(TENANT, &[of("ada")], noon()).await.unwrap();
        attempts.expect_count().once().return_once(|_, _, _| Ok(counted));
        let mut ports = MockPorts { attempts: Arc::new(attempts), ..MockPorts::default() };
        ports.tenants.expect_named().once().return_once(|_| Ok(Some(tenant())));
        ports.users.expect_find_many().once().return_once(move |_, _| Ok(vec![user]));
        let mut passwords = hashing();
        passwords.expect_verify().once().returning(|_, _, _| Ok(false));
        let ports = Ports { passwords: Arc::new(passwords), ..ports.into() };
        let sign_in = SignIn::new(&core(&ports, &Policy::at("http://usher.test")));
        let outcome = sign_in.run("default", "ada", "wrong", &UserAgent::default()).await;
        assert!(matches!(outcome, Err(SignInError::Wrong)));
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_no_earlier_than_after_the_floor() {
    let clock = Arc::new(ManualClock::at(noon()));
    for (taken, rest) in [(0, 400), (150, 250), (400, 0), (900, 0)] {
        let before = clock.rested();
        let slow = async {
            clock.advance(TimeDelta::milliseconds(taken));
            Err::<(), _>(SignInError::Wrong)
        };
        assert!(told_late(&*clock, slow).await.is_err());
        assert_eq!(clock.rested() - before, TimeDelta::milliseconds(rest), "{taken}");
    }
}

#[tokio::test]
async fn whoever_finds_no_place_to_be_hashed_has_not_tried_and_the_audit_says_why() {
    let store = FakeStore::of(vec![active("ada")], vec![]);
    let mut passwords = MockPasswords::new();
    let stranger = mockall::predicate::eq(HashedFor::Stranger);
    passwords.expect_place().with(stranger).times(9).returning(|_| Err(StoreError::crowded()));
    // An attempt is not even counted: a mock that is not expected to be called panics.
    let attempts = Arc::new(MockAttempts::new());
    let ports = Ports { passwords: Arc::new(passwords), attempts, ..store.ports.clone() };
    let core = core(&ports, &Policy::at("http://usher.test"));
    for _ in 0..9 {
        let sign_in = SignIn::new(&core);
        let error =
            sign_in.run("default", "ada", PASSWORD, &UserAgent::default()).await.unwrap_err();
        assert!(matches!(error, SignInError::Store(it) if it.is_crowded()));
    }
    core.acts.write().await.unwrap();
    let told: Vec<_> = store.written().into_iter().flat_map(|it| it.audit).collect();
    let told: Vec<_> = told.iter().map(|it| (it.action, it.count)).collect();
    assert_eq!(told, [(Action::Crowded, 9)]);
}

#[tokio::test]
async fn success_takes_itself_back_and_forgives_what_is_of_the_same_browser() {
    let store = FakeStore::of(vec![active("ada")], vec![]);
    for _ in 0..3 {
        assert!(sign_in(&store, "ada", "wrong", None).await.is_err());
    }
    assert_eq!(store.attempts.record(TENANT, &of("ada")).failures, 3);
    let signed_in = sign_in(&store, "ada", PASSWORD, None).await.unwrap();
    assert_eq!(store.attempts.record(TENANT, &of("ada")).failures, 3, "of whoever guesses");
    let device = Some(&*signed_in.device);
    for _ in 0..3 {
        assert!(sign_in(&store, "ada", "wrong", device).await.is_err());
    }
    assert_eq!(store.attempts.count_records(), 2);
    sign_in(&store, "ada", PASSWORD, device).await.unwrap();
    assert_eq!(store.attempts.count_records(), 1);
    assert_eq!(store.attempts.record(TENANT, &of("ada")).failures, 3);
}

#[tokio::test]
async fn success_renews_a_foreign_hash() {
    let foreign = User { password: Some("$2b$elsewhere".to_owned()), ..active("ada") };
    let store = FakeStore::of(vec![foreign], vec![]);
    let mut passwords = hashing();
    passwords.expect_verify().once().returning(|_, _, hash| Ok(hash == Some("$2b$elsewhere")));
    passwords.expect_hash().once().returning(|_, _| Ok("$argon2id$new".to_owned()));
    let ports = Ports { passwords: Arc::new(passwords), ..store.ports.clone() };
    let sign_in = SignIn::new(&core(&ports, &Policy::at("http://usher.test")));
    sign_in.run("default", "ada", PASSWORD, &UserAgent::default()).await.unwrap();
    assert_eq!(store.state().users[0].password.as_deref(), Some("$argon2id$new"));
}

#[tokio::test]
async fn a_browser_that_signed_in_before_waits_by_itself() {
    let store = FakeStore::of(vec![active("ada"), active("bob")], vec![]);
    let signed_in = sign_in(&store, "ada", PASSWORD, None).await.unwrap();
    let device = Some(&*signed_in.device);
    // Strangers guess until everybody else waits.
    for _ in 0..6 {
        assert!(sign_in(&store, "ada", "wrong", None).await.is_err());
    }
    let error = sign_in(&store, "ada", PASSWORD, None).await.unwrap_err();
    assert!(matches!(error, SignInError::Wait(_)));
    sign_in(&store, "ada", PASSWORD, device).await.unwrap();
    // That the owner is in forgives nobody else.
    let error = sign_in(&store, "ada", PASSWORD, None).await.unwrap_err();
    assert!(matches!(error, SignInError::Wait(_)));
    // It is no licence to guess, and none at all for another name.
    let five = async |name, device| {
        for _ in 0..5 {
            assert!(sign_in(&store, name, "wrong", device).await.is_err());
        }
        matches!(sign_in(&store, name, PASSWORD, device).await, Err(SignInError::Wait(_)))
    };
    assert!(five("ada", device).await);
    assert!(five("bob", device).await);
    assert!(matches!(sign_in(&store, "bob", PASSWORD, None).await, Err(SignInError::Wait(_))));
}

#[tokio::test]
async fn an_endless_password_is_wrong_and_not_hashed() {
    let store = FakeStore::of(vec![active("ada")], vec![]);
    let endless = "x".repeat(PasswordRules::MAX * 4 + 1);
    let mut passwords = hashing();
    passwords.expect_verify().once().withf(|_, it, _| it.is_empty()).returning(|_, _, _| Ok(true));
    let ports = Ports { passwords: Arc::new(passwords), ..store.ports.clone() };
    let sign_in = SignIn::new(&core(&ports, &Policy::at("http://usher.test")));
    let outcome = sign_in.run("default", "ada", &endless, &UserAgent::default()).await;
    assert!(matches!(outcome, Err(SignInError::Wrong)));
}

/// Passwords that always have a place.
fn hashing() -> MockPasswords {
    let mut passwords = MockPasswords::new();
    passwords.expect_place().returning(|_| Ok(HashPlace::holding(())));
    passwords
}

/// What attempts with a password under this name count under.
fn of(name: &str) -> Counter {
    let (tenant, organization, device) = ("default", None, None);
    keyring().counter(&Attempted::Name { tenant, organization, name, device })
}

fn knowing(attempts: MockAttempts) -> MockPorts {
    let mut ports = MockPorts { now: noon(), attempts: Arc::new(attempts), ..MockPorts::default() };
    ports.tenants.expect_named().return_once(|_| Ok(Some(tenant())));
    ports.users.expect_find_many().return_once(move |_, _| Ok(vec![Some(active("ada"))]));
    ports
}

async fn sign_in(
    store: &FakeStore,
    name: &str,
    password: &str,
    device: Option<&str>,
) -> Result<SignedIn, SignInError> {
    let sign_in = SignIn::new(&core(&store.ports, &Policy::at("http://usher.test")));
    let agent = UserAgent { device, ..UserAgent::default() };
    sign_in.run("default", name, password, &agent).await
}
