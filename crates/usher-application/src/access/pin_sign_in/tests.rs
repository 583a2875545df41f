use usher_domain::{Key, Keyring, Pin, PinSeed};

use super::*;
use crate::{
    policy::Policy,
    shared::commit::ATTEMPTS,
    testing::{
        MockPorts, TENANT, active, caller, core, core_with,
        fake_store::{FakeStore, bound_to, from, place, with_pin, wrong},
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
        let [_, opened] = &store.written()[..] else { panic!("an attempt and a success") };
        assert_eq!(opened.sessions, std::slice::from_ref(session));
        let [entry] = &opened.audit[..] else { panic!("one entry") };
        assert_eq!((entry.action, &entry.actor), (Action::SignedIn, &Actor::User(user_id("ada"))));
        assert_eq!(entry.detail.as_deref(), Some("team"));
    }
}

#[tokio::test]
async fn an_attempt_is_counted_before_anybody_knows_whether_it_is_right() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    by_name(&store, "ada", "1234").await.unwrap();
    let attempt = &store.written()[0];
    let counted = Membership { sign_in: wrong(1), version: 2, ..held() };
    assert_eq!(*attempt, Changes { memberships: vec![counted], ..Changes::default() });
    // Where it cannot be counted, nobody learns anything.
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    store.state().broken = true;
    for pin in ["1234", "4321"] {
        assert!(matches!(by_name(&store, "ada", pin).await, Err(SignInError::Store(_))));
        assert!(matches!(anyone(&store, pin).await, Err(SignInError::Store(_))));
    }
    assert!(!store.state().calls.contains(&"holders"));
}

#[tokio::test]
async fn a_wrong_pin_is_counted_and_the_waits_grow_and_end() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    let mut waits = Vec::new();
    for _ in 0..20 {
        assert!(matches!(by_name(&store, "ada", "4321").await, Err(SignInError::Wrong)));
        let wait = store.member("ada", "team").unwrap().sign_in.wait(store.ports.clock.now());
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
    // Nobody is locked out for good, and a success forgets it all.
    by_name(&store, "ada", "1234").await.unwrap();
    assert_eq!(store.member("ada", "team").unwrap().sign_in, SignInRecord::default());
}

#[tokio::test]
async fn of_many_guesses_at_once_those_wait_that_come_after_the_free_ones() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    // Five others are quicker.
    for _ in 0..5 {
        store.before_next_commit(|it| {
            let guessed = |it: Membership| Membership { sign_in: it.sign_in.failed(noon()), ..it };
            it.rewrite("ada", "team", guessed);
        });
    }
    let error = by_name(&store, "ada", "1234").await.unwrap_err();
    assert!(matches!(error, SignInError::Wait(it) if it == TimeDelta::seconds(2)));
    assert_eq!(store.written(), []);
}

#[tokio::test]
async fn whoever_never_gets_to_be_counted_waits() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    store.state().losing = true;
    let error = by_name(&store, "ada", "1234").await.unwrap_err();
    assert!(matches!(error, SignInError::Wait(it) if it == TimeDelta::seconds(1)));
    assert_eq!(store.state().calls.len(), ATTEMPTS);
    let error = anyone(&store, "1234").await.unwrap_err();
    assert!(matches!(error, SignInError::Wait(it) if it == TimeDelta::seconds(1)));
    assert_eq!(store.state().calls.len(), 2 * ATTEMPTS);
}

#[tokio::test]
async fn nothing_is_forgiven_where_others_have_counted_on() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    store.before_next_commit(|_| ());
    store.before_next_commit(|it| {
        let guessed = |it: Membership| Membership { sign_in: it.sign_in.failed(noon()), ..it };
        it.rewrite("ada", "team", guessed);
    });
    let signed_in = by_name(&store, "ada", "1234").await.unwrap();
    assert_eq!(store.member("ada", "team").unwrap().sign_in.failures, 2);
    assert_eq!(store.state().sessions, [signed_in.session]);
}

#[tokio::test]
async fn whoever_cannot_be_is_as_wrong_as_anybody_else_and_is_not_counted() {
    let disabled = User { status: UserStatus::Disabled, ..active("dora") };
    let people =
        vec![active("ada"), disabled, user("una"), active("bob"), from("team", active("hal"))];
    let joined = vec![
        held(),
        with_pin("1234", membership("dora", "other")),
        with_pin("1234", membership("una", "far")),
        membership("bob", "team"),
    ];
    let store = FakeStore::of(people, joined);
    let sign_in = sign_in(&store);
    for (tenant, organization, name) in [
        ("elsewhere", "team", "ada"),
        ("default", "nowhere", "ada"),
        ("default", "other", "ada"),
        ("default", "team", "nobody"),
        ("default", "other", "dora"),
        ("default", "far", "una"),
        ("default", "team", "bob"),
        ("default", "team", "hal"),
    ] {
        let outcome = sign_in.run(tenant, organization, name, "1234").await;
        assert!(matches!(outcome, Err(SignInError::Wrong)), "{tenant} {organization} {name}");
    }
    // All that was written is that tasks are forgotten which were never there.
    let is_nothing =
        |it: &Changes| *it == Changes { forgotten: it.forgotten.clone(), ..Changes::default() };
    assert!(store.written().iter().all(is_nothing));
}

#[tokio::test]
async fn a_name_that_nobody_has_costs_as_many_calls_as_one_that_somebody_has() {
    let without_pin = || membership("ada", "team");
    for (what, user, member) in [
        ("known", Some(active("ada")), Some(held())),
        ("without a pin", Some(active("ada")), Some(without_pin())),
        ("no member", Some(active("ada")), None),
        ("disabled", Some(User { status: UserStatus::Disabled, ..active("ada") }), None),
        ("unknown", None, None),
    ] {
        // A mock that is not called just once panics.
        let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
        ports.tenants.expect_named().once().returning(|_| Ok(Some(tenant())));
        ports.organizations.expect_named().once().returning(|_, _| Ok(Some(organization("team"))));
        ports.users.expect_find_many().once().returning(move |_, _| Ok(vec![user.clone()]));
        ports.organizations.expect_seats().once().returning(move |_, _| Ok(vec![member.clone()]));
        let is_something = |it: &Changes| *it != Changes::default();
        ports.ledger.expect_commit().once().withf(is_something).returning(|_| Ok(()));
        let sign_in = PinSignIn::new(&core(&ports.into(), &Policy::at("http://usher.test")));
        let outcome = sign_in.run("default", "team", "ada", "4321").await;
        assert!(matches!(outcome, Err(SignInError::Wrong)), "{what}");
    }
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
        assert_eq!(sign_in.run("default", "team", "ada", "1234").await.is_ok(), is_good);
        assert_eq!(sign_in.anyone(&bound_to("team"), "1234").await.is_ok(), is_good);
    }
}

#[tokio::test]
async fn anyone_of_the_organization_signs_in_and_the_organization_is_as_before() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    let signed_in = anyone(&store, "1234 ").await.unwrap();
    assert_eq!(signed_in.session.user, user_id("ada"));
    assert_eq!(signed_in.session.organization, Some(place("team")));
    let [attempt, opened] = &store.written()[..] else { panic!("an attempt and a success") };
    assert_eq!((attempt.organizations[0].version, attempt.organizations[0].sign_in), (2, wrong(1)));
    assert!(attempt.sessions.is_empty());
    assert_eq!(opened.sessions, [signed_in.session]);
    assert_eq!(opened.audit[0].action, Action::SignedIn);
    assert_eq!(store.organization("team").sign_in, SignInRecord::default());
    assert_eq!(store.state().calls, ["commit", "holders", "commit"]);
    // The member has nothing to do with it.
    assert_eq!(store.member("ada", "team"), Some(held()));
}

#[tokio::test]
async fn a_wrong_pin_of_anyone_slows_the_organization_down() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    for n in 1..=5 {
        assert!(matches!(anyone(&store, "4321").await, Err(SignInError::Wrong)));
        assert_eq!(store.organization("team").sign_in, wrong(n));
    }
    let error = anyone(&store, "1234").await.unwrap_err();
    assert!(matches!(error, SignInError::Wait(it) if it == TimeDelta::seconds(2)));
    store.pass(TimeDelta::seconds(2));
    // A right pin makes no wrong one right.
    anyone(&store, "1234").await.unwrap();
    assert_eq!(store.organization("team").sign_in, wrong(5));
    assert_eq!(store.organization("other").sign_in, SignInRecord::default());
}

#[tokio::test]
async fn an_organization_forgets_a_wrong_pin_a_minute_and_no_minute_counts_twice() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    for _ in 0..4 {
        assert!(matches!(anyone(&store, "4321").await, Err(SignInError::Wrong)));
    }
    store.pass(TimeDelta::seconds(150));
    for _ in 0..3 {
        anyone(&store, "1234").await.unwrap();
        assert_eq!(store.organization("team").sign_in.failures, 2);
    }
    store.pass(TimeDelta::seconds(30));
    anyone(&store, "1234").await.unwrap();
    assert_eq!(store.organization("team").sign_in.failures, 1);
}

#[tokio::test]
async fn of_two_right_pins_at_once_neither_stays_counted() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    store.before_next_commit(|_| ());
    // While the pin is looked at, another terminal counts its attempt.
    let another = |it: &mut crate::testing::fake_store::State| {
        let held = it.organizations.iter_mut().find(|it| it.id == place("team")).unwrap();
        (held.sign_in, held.version) = (held.sign_in.failed(noon()), held.version + 1);
    };
    store.before_next_commit(another);
    let signed_in = anyone(&store, "1234").await.unwrap();
    assert_eq!(store.organization("team").sign_in, wrong(1));
    assert_eq!(store.state().sessions, [signed_in.session]);
}

#[tokio::test]
async fn a_right_pin_signs_in_even_when_it_cannot_be_taken_back() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]);
    store.before_next_commit(|_| ());
    for _ in 0..ATTEMPTS {
        store.before_next_commit(|it| {
            let held = it.organizations.iter_mut().find(|it| it.id == place("team")).unwrap();
            held.version += 1;
        });
    }
    let signed_in = anyone(&store, "1234").await.unwrap();
    assert_eq!(store.state().sessions, [signed_in.session]);
    assert_eq!(store.state().calls.len(), 1 + 1 + ATTEMPTS + 1);
}

#[tokio::test]
async fn whose_name_was_guessed_at_waits_at_the_terminal_too_and_the_organization_does_not() {
    let guessed = Membership { sign_in: wrong(6), ..held() };
    let store = FakeStore::of(vec![active("ada")], vec![guessed]);
    let error = anyone(&store, "1234").await.unwrap_err();
    assert!(matches!(error, SignInError::Wait(it) if it == TimeDelta::seconds(4)));
    assert_eq!(store.organization("team").sign_in, SignInRecord::default());
    assert_eq!(store.state().sessions, []);
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
    assert_eq!(store.organization("team").sign_in, wrong(1));
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
async fn a_shut_organization_opens_to_no_pin_and_counts_none() {
    let store = FakeStore::of(vec![active("ada")], vec![held()]).with("team", shut);
    assert!(matches!(by_name(&store, "ada", "1234").await, Err(SignInError::Wrong)));
    assert!(matches!(anyone(&store, "1234").await, Err(SignInError::Wrong)));
    assert_eq!(store.state().calls, [""; 0]);
}

fn shut(it: Organization) -> Organization {
    Organization { active: false, ..it }
}

/// Ada in the team, with the pin 1234.
fn held() -> Membership {
    with_pin("1234", membership("ada", "team"))
}

fn sign_in(store: &FakeStore) -> PinSignIn {
    with_keys(store, &keyring())
}

fn with_keys(store: &FakeStore, keyring: &Keyring) -> PinSignIn {
    PinSignIn::new(&core_with(&store.ports, keyring, &Policy::at("http://usher.test")))
}

async fn by_name(store: &FakeStore, name: &str, pin: &str) -> Result<SignedIn, SignInError> {
    sign_in(store).run("default", "team", name, pin).await
}

async fn anyone(store: &FakeStore, pin: &str) -> Result<SignedIn, SignInError> {
    sign_in(store).anyone(&bound_to("team"), pin).await
}
