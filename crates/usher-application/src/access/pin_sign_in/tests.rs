use chrono::TimeDelta;
use usher_domain::{Counter, CredentialId, Key, Keyring, Pin, PinSeed, Quotas};

use super::*;
use crate::{
    policy::Policy,
    ports::attempts::{Attempts as _, MockAttempts},
    testing::{
        MockPorts, TENANT, active,
        attempts::AttemptsInMemory,
        caller, core, core_with,
        fake_store::{FakeStore, bound_to, from, place, with_pin},
        keyring, membership, noon, organization, tenant, user, user_id,
    },
};

#[tokio::test]
async fn the_right_pin_opens_a_session_for_that_organization_alone() {
    for name in ["ada", " ADA@example.org "] {
        let store = FakeStore::of(vec![active("ada")], vec![held()]);
        let signed_in = by_name(&store, name, " 1234 ").await.unwrap();
        let session = &signed_in.session;
        assert_eq!((&session.user, session.tenant), (&user_id("ada"), TENANT));
        assert_eq!(session.organization, Some(place("team")));
        assert_eq!(session.expires_at, noon() + TimeDelta::hours(12));
        let opened = store.once_written();
        assert_eq!(opened.sessions, std::slice::from_ref(session));
        let [entry] = &opened.audit[..] else { panic!("one entry") };
        assert_eq!((entry.action, &entry.actor), (Action::SignedIn, &Actor::User(user_id("ada"))));
        assert_eq!(entry.detail.as_deref(), Some("team"));
    }
}

#[tokio::test]
async fn where_there_are_as_many_sessions_as_may_be_the_oldest_ends() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    let quotas = Quotas { sessions: 3, ..Quotas::default() };
    let policy = Policy { quotas, ..Policy::at("http://usher.test") };
    let sign_in = PinSignIn::new(&core(&store.ports, &policy));
    let mut opened = Vec::new();
    for round in 0..6 {
        store.pass(TimeDelta::seconds(1));
        let signed_in = if round % 2 == 0 {
            sign_in.run("default", "team", "ada", "1234", &UserAgent::default()).await
        } else {
            sign_in.anyone(&bound_to("team"), "1234").await
        };
        opened.push(signed_in.unwrap().session.id);
    }
    let now = store.ports.clock.now();
    let state = store.state();
    let lasting = state.sessions.iter().filter(|it| it.lasts(now)).map(|it| it.id);
    let mut lasting: Vec<_> = lasting.collect();
    lasting.sort_unstable();
    assert_eq!(lasting, opened[3..]);
}

#[tokio::test]
async fn an_attempt_is_counted_before_anybody_knows_whether_it_is_right() {
    // Where it cannot be counted, nobody learns anything.
    for pin in ["1234", "4321"] {
        let store = FakeStore::of(vec![active("ada")], vec![held()]);
        let mut attempts = MockAttempts::new();
        attempts.expect_count().times(2).returning(|_, _, _| Err(StoreError::new("broken")));
        let ports = Ports { attempts: Arc::new(attempts), ..store.ports.clone() };
        let sign_in = PinSignIn::new(&core(&ports, &Policy::at("http://usher.test")));
        let outcome = sign_in.run("default", "team", "ada", pin, &UserAgent::default()).await;
        assert!(matches!(outcome, Err(SignInError::Store(_))));
        let outcome = sign_in.anyone(&bound_to("team"), pin).await;
        assert!(matches!(outcome, Err(SignInError::Store(_))));
        assert_eq!(store.state().calls, [""; 0]);
    }
}

#[tokio::test]
async fn a_wrong_pin_is_counted_and_the_waits_grow_and_end() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    let mut waits = Vec::new();
    for _ in 0..20 {
        assert!(matches!(by_name(&store, "ada", "4321").await, Err(SignInError::Wrong)));
        let wait = store.attempts.record(TENANT, &of_name("ada")).wait(store.ports.clock.now());
        waits.push(wait.unwrap_or_default());
        if let Some(wait) = wait {
            // Not even the right one is looked at.
            let error = by_name(&store, "ada", "1234").await.unwrap_err();
            assert!(matches!(error, SignInError::Wait(it) if it == wait));
            store.pass(wait);
        }
    }
    let waits: Vec<_> = waits.iter().map(TimeDelta::num_seconds).collect();
    assert_eq!((&waits[..6], waits[19]), (&[0, 0, 0, 0, 2, 4][..], 900));
    // Nobody is locked out for good. A success takes itself back, and forgives no guess.
    let before = store.attempts.record(TENANT, &of_name("ada"));
    by_name(&store, "ada", "1234").await.unwrap();
    assert!(store.attempts.record(TENANT, &of_name("ada")).failures + 1 >= before.failures);
    assert!(before.failures > 10);
}

#[tokio::test]
async fn whoever_cannot_be_is_as_wrong_as_anybody_else_and_waits_as_long() {
    let disabled = User { status: UserStatus::Disabled, ..active("dora") };
    let people =
        vec![active("ada"), disabled, user("una"), active("bob"), from("team", active("hal"))];
    let joined = vec![
        held(),
        with_pin("1234", membership("dora", "other")),
        with_pin("1234", membership("una", "far")),
        membership("bob", "team"),
    ];
    let store = FakeStore::of(people, joined).with("top", shut);
    let sign_in = sign_in(&store);
    for (tenant, organization, name) in [
        ("elsewhere", "team", "ada"),
        ("default", "nowhere", "ada"),
        ("default", "top", "ada"),
        ("default", "other", "ada"),
        ("default", "team", "nobody"),
        ("default", "other", "dora"),
        ("default", "far", "una"),
        ("default", "team", "bob"),
        ("default", "team", "hal"),
    ] {
        for n in 0..7 {
            let rested = store.clock.rested();
            let outcome =
                sign_in.run(tenant, organization, name, "1234", &UserAgent::default()).await;
            let what = format!("{tenant} {organization} {name} {n}");
            if n < 5 {
                assert!(matches!(outcome, Err(SignInError::Wrong)), "{what}");
                let late = store.clock.rested() - rested;
                assert_eq!(late, TimeDelta::milliseconds(400), "{what}");
            } else {
                let is_two = |it: &TimeDelta| *it == TimeDelta::seconds(2);
                assert!(matches!(outcome, Err(SignInError::Wait(it)) if is_two(&it)), "{what}");
            }
        }
    }
    assert_eq!(store.written(), []);
    // One name in one organization has nothing to do with the others.
    assert!(by_name(&store, "ada", "1234").await.is_ok());
}

#[tokio::test]
async fn a_name_that_nobody_has_costs_as_many_calls_as_one_that_somebody_has() {
    let without_pin = || membership("ada", "team");
    let team = || Some(organization("team"));
    for (what, place, user, member) in [
        ("known", team(), Some(active("ada")), Some(held())),
        ("without a pin", team(), Some(active("ada")), Some(without_pin())),
        ("no member", team(), Some(active("ada")), None),
        ("disabled", team(), Some(User { status: UserStatus::Disabled, ..active("ada") }), None),
        ("unknown", team(), None, None),
        ("nowhere", None, Some(active("ada")), None),
        ("shut", team().map(shut), Some(active("ada")), None),
    ] {
        // A mock that is not called just once panics.
        let mut attempts = MockAttempts::new();
        let counted = AttemptsInMemory::default().count(TENANT, &[of_name("ada")], noon()).await;
        attempts.expect_count().once().return_once(|_, _, _| counted);
        let mut ports = MockPorts { attempts: Arc::new(attempts), ..MockPorts::default() };
        ports.tenants.expect_named().once().returning(|_| Ok(Some(tenant())));
        ports.organizations.expect_named().once().return_once(move |_, _| Ok(place));
        ports.users.expect_find_many().once().returning(move |_, _| Ok(vec![user.clone()]));
        ports.organizations.expect_seats().once().returning(move |_, _| Ok(vec![member.clone()]));
        let sign_in = PinSignIn::new(&core(&ports.into(), &Policy::at("http://usher.test")));
        let outcome = sign_in.run("default", "team", "ada", "4321", &UserAgent::default()).await;
        assert!(matches!(outcome, Err(SignInError::Wrong)), "{what}");
    }
}

#[tokio::test]
async fn a_browser_that_signed_in_before_waits_by_itself() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    let device = by_name(&store, "ada", "1234").await.unwrap().device;
    for _ in 0..5 {
        assert!(by_name(&store, "ada", "4321").await.is_err());
    }
    assert!(matches!(by_name(&store, "ada", "1234").await, Err(SignInError::Wait(_))));
    let again = |pin| {
        let sign_in = sign_in(&store);
        let device = device.clone();
        async move {
            let agent = UserAgent { device: Some(&device), ..UserAgent::default() };
            sign_in.run("default", "team", "ada", pin, &agent).await
        }
    };
    assert!(again("1234").await.is_ok());
    for _ in 0..5 {
        assert!(matches!(again("4321").await, Err(SignInError::Wrong)));
    }
    assert!(matches!(again("1234").await, Err(SignInError::Wait(_))));
}

#[tokio::test]
async fn a_pin_is_no_more_than_its_characters() {
    let store =
        FakeStore::of(vec![active("ada")], vec![with_pin("aB12", membership("ada", "team"))]);
    for pin in ["ab12", "AB12", "aB1", "aB122", "", "aB 12", "aB12\0"] {
        assert!(matches!(by_name(&store, "ada", pin).await, Err(SignInError::Wrong)), "{pin}");
        store.pass(TimeDelta::hours(1));
    }
    assert!(by_name(&store, "ada", "aB12").await.is_ok());
}

#[tokio::test]
async fn the_pin_of_one_organization_opens_no_other_one() {
    let elsewhere = with_pin("5678", membership("ada", "other"));
    let store = FakeStore::of(vec![active("ada")], vec![held(), elsewhere]);
    assert!(matches!(by_name(&store, "ada", "5678").await, Err(SignInError::Wrong)));
    assert!(matches!(anyone(&store, "5678").await, Err(SignInError::Wrong)));
}

#[tokio::test]
async fn a_pin_kept_by_an_old_key_is_good_as_long_as_the_key_is_there() {
    let old = Key::new("old", [1; 32]);
    let digest = Keyring::new(vec![old.clone()]).unwrap().pin_digest(&place("team"), "1234");
    let kept = Membership { pin: Some(Pin { digest, seed: None }), ..membership("ada", "team") };
    let both = Keyring::new(vec![Key::new("new", [2; 32]), old]).unwrap();
    for (keyring, is_good) in [(both, true), (keyring(), false)] {
        let store = FakeStore::of(vec![active("ada")], vec![kept.clone()]);
        let sign_in = with_keys(&store, &keyring);
        assert_eq!(
            sign_in.run("default", "team", "ada", "1234", &UserAgent::default()).await.is_ok(),
            is_good
        );
        assert_eq!(sign_in.anyone(&bound_to("team"), "1234").await.is_ok(), is_good);
    }
}

#[tokio::test]
async fn anyone_of_the_organization_signs_in_and_nothing_is_counted() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    let signed_in = anyone(&store, "1234 ").await.unwrap();
    assert_eq!(signed_in.session.user, user_id("ada"));
    assert_eq!(signed_in.session.organization, Some(place("team")));
    let opened = store.once_written();
    assert_eq!(opened.sessions, [signed_in.session]);
    assert_eq!(opened.audit[0].action, Action::SignedIn);
    assert_eq!(store.attempts.count_records(), 0);
    assert_eq!(store.state().calls, ["holders", "commit"]);
}

#[tokio::test]
async fn whoever_guesses_pins_waits_and_no_other_key_of_the_organization_does() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    let other_key = Caller { actor: Actor::System, ..bound_to("team") };
    for _ in 0..5 {
        assert!(matches!(anyone(&store, "4321").await, Err(SignInError::Wrong)));
    }
    let error = anyone(&store, "1234").await.unwrap_err();
    assert!(matches!(error, SignInError::Wait(it) if it == TimeDelta::seconds(2)));
    assert!(sign_in(&store).anyone(&other_key, "1234").await.is_ok());
    // Nor does the page, where pins have names.
    assert!(by_name(&store, "ada", "1234").await.is_ok());
    store.pass(TimeDelta::seconds(2));
    // A right pin makes no wrong one right.
    anyone(&store, "1234").await.unwrap();
    assert_eq!(store.attempts.record(TENANT, &by_key()).failures, 5);
}

#[tokio::test]
async fn whose_name_was_guessed_at_does_not_wait_at_a_terminal() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    for _ in 0..5 {
        assert!(by_name(&store, "ada", "4321").await.is_err());
    }
    assert!(anyone(&store, "1234").await.is_ok());
}

#[tokio::test]
async fn many_keys_together_wait_after_two_hundred_wrong_pins() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    let key = |n: u128| Caller {
        actor: Actor::Client(CredentialId(Uuid::from_u128(n))),
        ..bound_to("team")
    };
    for n in 0..201 {
        let outcome = sign_in(&store).anyone(&key(n), "4321").await;
        assert!(matches!(outcome, Err(SignInError::Wrong)), "{n}");
    }
    let error = sign_in(&store).anyone(&key(300), "1234").await.unwrap_err();
    assert!(matches!(error, SignInError::Wait(it) if it == TimeDelta::seconds(2)));
    let elsewhere = Caller { organization: Some(place("other")), ..key(300) };
    assert!(matches!(sign_in(&store).anyone(&elsewhere, "1").await, Err(SignInError::Wrong)));
}

#[tokio::test]
async fn a_key_is_forgiven_a_wrong_pin_each_five_minutes_whoever_signs_in_meanwhile() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    for _ in 0..4 {
        assert!(matches!(anyone(&store, "4321").await, Err(SignInError::Wrong)));
    }
    for _ in 1..=11 {
        store.pass(TimeDelta::minutes(1));
        anyone(&store, "1234").await.unwrap();
    }
    assert!(matches!(anyone(&store, "4321").await, Err(SignInError::Wrong)));
    assert_eq!(store.attempts.record(TENANT, &by_key()).failures, 3);
}

#[tokio::test]
async fn a_pin_that_two_people_have_is_nobodys() {
    let old = Key::new("old", [1; 32]);
    let digest = Keyring::new(vec![old.clone()]).unwrap().pin_digest(&place("team"), "1234");
    let by_old = Membership { pin: Some(Pin { digest, seed: None }), ..membership("bob", "team") };
    let store = FakeStore::of(vec![active("ada"), active("bob")], vec![held(), by_old]);
    let keys = vec![Key::new("test", [7; 32]), old];
    let sign_in = with_keys(&store, &Keyring::new(keys).unwrap());
    let outcome = sign_in.anyone(&bound_to("team"), "1234").await;
    assert!(matches!(outcome, Err(SignInError::Wrong)));
}

#[tokio::test]
async fn only_a_bound_key_signs_anyone_in_and_nobody_who_is_not_in() {
    let disabled = User { status: UserStatus::Disabled, ..active("ada") };
    let store = FakeStore::of(vec![disabled], vec![held()]);
    assert!(matches!(anyone(&store, "1234").await, Err(SignInError::Wrong)));
    assert_eq!(store.attempts.record(TENANT, &by_key()).failures, 1);
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    for caller in [caller(), bound_to("nowhere"), bound_to("other")] {
        let outcome = sign_in(&store).anyone(&caller, "1234").await;
        assert!(matches!(outcome, Err(SignInError::Wrong)));
    }
    let stranger = Caller { tenant: TenantId(Uuid::from_u128(0xbad)), ..bound_to("team") };
    let outcome = sign_in(&store).anyone(&stranger, "1234").await;
    assert!(matches!(outcome, Err(SignInError::Wrong)));
    assert_eq!(store.state().sessions, []);
}

#[tokio::test]
async fn a_session_is_renewed_once() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    let sign_in = sign_in(&store);
    let first = by_name(&store, "ada", "1234").await.unwrap().session;
    let token = sign_in.refresh_token(&first);
    store.pass(TimeDelta::hours(11));
    let second = sign_in.renew(&bound_to("team"), &token).await.unwrap().session;
    assert_eq!((&second.user, &second.organization), (&first.user, &first.organization));
    assert_eq!(second.expires_at, noon() + TimeDelta::hours(23));
    let now = noon() + TimeDelta::hours(11);
    assert_eq!(store.state().sessions, [second.clone(), first.closed(now)]);
    let again = sign_in.renew(&bound_to("team"), &token).await;
    assert!(matches!(again, Err(SignInError::Wrong)));
    assert!(sign_in.renew(&bound_to("team"), &sign_in.refresh_token(&second)).await.is_ok());
}

#[tokio::test]
async fn of_two_who_renew_a_session_at_once_one_does() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    let session = by_name(&store, "ada", "1234").await.unwrap().session;
    let token = sign_in(&store).refresh_token(&session);
    // On another node, where the clock is a little ahead.
    let over = session.closed(noon() + TimeDelta::seconds(1));
    let theirs = over.clone();
    store.before_next_commit(move |it| it.sessions = vec![theirs]);
    let outcome = sign_in(&store).renew(&bound_to("team"), &token).await;
    assert!(matches!(outcome, Err(SignInError::Wrong)));
    let outcome = sign_in(&store).renew(&bound_to("team"), &token).await;
    assert!(matches!(outcome, Err(SignInError::Wrong)));
    assert_eq!(store.state().sessions, [over]);
}

#[tokio::test]
async fn a_session_is_renewed_only_as_long_as_all_that_it_hangs_on_is_there() {
    type Change = fn(&mut crate::testing::fake_store::State);
    let table: [(&str, Change, bool); 9] = [
        ("nothing", |_| (), true),
        ("disabled", |it| it.users[0].status = UserStatus::Disabled, false),
        ("reset", |it| it.users[0].void_before = Some(noon() + TimeDelta::seconds(1)), false),
        ("removed", |it| it.memberships.clear(), false),
        ("shut", |it| it.reform("team", shut), false),
        ("another one shut", |it| it.reform("other", shut), true),
        ("without a pin", |it| it.memberships[0].pin = None, false),
        (
            "another pin",
            |it| {
                let id = Uuid::max();
                it.memberships[0].pin.as_mut().unwrap().seed = Some(PinSeed { id, step: 0 });
            },
            false,
        ),
        (
            "removed and added again",
            |it| it.memberships[0].joined_at = noon() + TimeDelta::seconds(1),
            false,
        ),
    ];
    for (what, change, is_renewed) in table {
        let store = FakeStore::of(vec![active("ada")], vec![held()]);
        let session = by_name(&store, "ada", "1234").await.unwrap().session;
        store.pass(TimeDelta::hours(1));
        change(&mut store.state());
        let sign_in = sign_in(&store);
        let outcome = sign_in.renew(&bound_to("team"), &sign_in.refresh_token(&session)).await;
        assert_eq!(outcome.is_ok(), is_renewed, "{what}");
    }
}

#[tokio::test]
async fn nobody_else_and_nothing_else_renews_a_session() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    let sign_in = sign_in(&store);
    let signed_in = by_name(&store, "ada", "1234").await.unwrap();
    let token = sign_in.refresh_token(&signed_in.session);
    let stranger = Caller { tenant: TenantId(Uuid::from_u128(0xbad)), ..bound_to("team") };
    for caller in [caller(), bound_to("other"), bound_to("top"), stranger.clone()] {
        let outcome = sign_in.renew(&caller, &token).await;
        assert!(matches!(outcome, Err(SignInError::Wrong)), "{caller:?}");
    }
    let unknown = Session { id: SessionId(Uuid::from_u128(0xbad)), ..signed_in.session.clone() };
    for text in ["", "x", &signed_in.cookie, &sign_in.refresh_token(&unknown)] {
        let outcome = sign_in.renew(&bound_to("team"), text).await;
        assert!(matches!(outcome, Err(SignInError::Wrong)), "{text}");
    }
    // A session that a password opened is good for more, and is not renewed.
    let unbound = Session { organization: None, ..signed_in.session.clone() };
    store.state().sessions = vec![unbound];
    for caller in [caller(), bound_to("team")] {
        assert!(matches!(sign_in.renew(&caller, &token).await, Err(SignInError::Wrong)));
    }
    let of_strangers = Session { tenant: stranger.tenant, ..signed_in.session.clone() };
    store.state().sessions = vec![of_strangers];
    let outcome = sign_in.renew(&bound_to("team"), &token).await;
    assert!(matches!(outcome, Err(SignInError::Wrong)));
    store.state().sessions = vec![signed_in.session];
    store.pass(TimeDelta::hours(12));
    let outcome = sign_in.renew(&bound_to("team"), &token).await;
    assert!(matches!(outcome, Err(SignInError::Wrong)));
}

#[tokio::test]
async fn a_shut_organization_opens_to_no_pin() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]).with("team", shut);
    assert!(matches!(by_name(&store, "ada", "1234").await, Err(SignInError::Wrong)));
    assert!(matches!(anyone(&store, "1234").await, Err(SignInError::Wrong)));
    assert_eq!(store.written(), []);
}

fn shut(it: Organization) -> Organization {
    Organization { active: false, ..it }
}

/// Ada in the team, with the pin 1234.
fn held() -> Membership {
    with_pin("1234", membership("ada", "team"))
}

/// What pins that are tried under this name in the team count under.
fn of_name(name: &str) -> Counter {
    let (tenant, organization, device) = ("default", Some("team"), None);
    keyring().counter(&Attempted::Name { tenant, organization, name, device })
}

/// What pins that are tried with the key of the boss in the team count under.
fn by_key() -> Counter {
    let caller = &bound_to("team").actor;
    keyring().counter(&Attempted::Key { organization: &place("team"), caller })
}

fn sign_in(store: &FakeStore) -> PinSignIn {
    with_keys(store, &keyring())
}

fn with_keys(store: &FakeStore, keyring: &Keyring) -> PinSignIn {
    PinSignIn::new(&core_with(&store.ports, keyring, &Policy::at("http://usher.test")))
}

async fn by_name(store: &FakeStore, name: &str, pin: &str) -> Result<SignedIn, SignInError> {
    sign_in(store).run("default", "team", name, pin, &UserAgent::default()).await
}

async fn anyone(store: &FakeStore, pin: &str) -> Result<SignedIn, SignInError> {
    sign_in(store).anyone(&bound_to("team"), pin).await
}
