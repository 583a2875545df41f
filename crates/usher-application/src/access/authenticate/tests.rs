use usher_domain::{Authority, User, UserStatus};

use super::*;
use crate::{
    policy::Policy,
    testing::{
        ManualClock, MockPorts, TENANT, active, core,
        fake_store::{FakeStore, place, with_pin},
        membership, noon, user_id,
    },
};

#[tokio::test]
async fn a_secret_or_a_token_made_of_it_names_the_caller() {
    let (credential, secret) = credential(None);
    let id = credential.client_id().to_string();
    let (authenticate, _) = with(credential.clone(), None);
    let direct = authenticate.client(&id, secret.reveal()).await.unwrap();
    assert_eq!(direct.actor, Actor::Client(credential.id));
    let token = authenticate.token(&id, secret.reveal()).await.unwrap();
    assert_eq!(authenticate.bearer(&token.text).await.unwrap(), direct);
    let pair = format!("{id}.{}", secret.reveal());
    assert_eq!(authenticate.bearer(&pair).await.unwrap(), direct);
}

#[tokio::test]
async fn a_token_expires_and_says_so() {
    let (credential, secret) = credential(None);
    let (authenticate, clock) = with(credential.clone(), None);
    let token =
        authenticate.token(&credential.client_id().to_string(), secret.reveal()).await.unwrap();
    clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert!(authenticate.bearer(&token.text).await.is_ok());
    clock.advance(TimeDelta::seconds(1));
    let error = authenticate.bearer(&token.text).await.unwrap_err();
    assert!(matches!(error, AuthenticateError::Expired));
}

#[tokio::test]
async fn a_revoked_credential_opens_nothing_any_more() {
    let (live, secret) = credential(None);
    let id = live.client_id().to_string();
    let token = with(live.clone(), None).0.token(&id, secret.reveal()).await.unwrap();
    let (authenticate, _) = with(live.revoked(noon()), None);
    for error in [
        authenticate.client(&id, secret.reveal()).await.unwrap_err(),
        authenticate.bearer(&token.text).await.unwrap_err(),
    ] {
        assert!(matches!(error, AuthenticateError::Invalid));
    }
}

#[tokio::test]
async fn garbage_is_nobody() {
    let (credential, secret) = credential(None);
    let (authenticate, _) = with(credential.clone(), None);
    let id = credential.client_id().to_string();
    for text in ["", "x", ".", "a.b", &format!("{id}."), &format!("{id}.x"), &"A".repeat(9000)] {
        assert!(authenticate.bearer(text).await.is_err(), "{text}");
    }
    assert!(authenticate.client(&id.to_uppercase(), secret.reveal()).await.is_err());
}

#[tokio::test]
async fn a_persons_key_speaks_in_their_name_as_long_as_they_are_in() {
    let (credential, secret) = credential(Some("ada"));
    let id = credential.client_id().to_string();
    let named = User { display_name: Some("Ada L.".to_owned()), ..active("ada") };
    let (authenticate, _) = with(credential.clone(), Some(named));
    let caller = authenticate.client(&id, secret.reveal()).await.unwrap();
    assert_eq!(
        (caller.actor, caller.name.as_deref()),
        (Actor::User(user_id("ada")), Some("Ada L."))
    );
    let gone = User { status: UserStatus::Disabled, ..active("ada") };
    let (authenticate, _) = with(credential.clone(), Some(gone));
    assert!(authenticate.client(&id, secret.reveal()).await.is_err());
    let reset = User { void_before: Some(noon() + TimeDelta::seconds(1)), ..active("ada") };
    let (authenticate, _) = with(credential, Some(reset));
    assert!(authenticate.client(&id, secret.reveal()).await.is_err());
}

#[tokio::test]
async fn a_key_is_as_good_as_the_id_and_the_secret() {
    let (credential, secret) = credential(None);
    let key = Credential::key(credential.client_id(), &secret).unwrap();
    let (authenticate, _) = with(credential.clone(), None);
    let caller = authenticate.key(&key.to_uppercase()).await.unwrap();
    assert_eq!(caller.actor, Actor::Client(credential.id));
    let other = CredentialSecret::from([4; 32]);
    let of = |tenant, key| ClientId { tenant, key: CredentialId(Uuid::from_u128(key)) };
    let wrong = Credential::key(credential.client_id(), &other).unwrap();
    let unknown = Credential::key(of(TENANT, 9), &secret).unwrap();
    let elsewhere = Credential::key(of(TenantId(Uuid::nil()), 0xc), &secret).unwrap();
    for text in ["", "x", &key[1..], &wrong, &unknown, &elsewhere] {
        let error = authenticate.key(text).await.unwrap_err();
        assert!(matches!(error, AuthenticateError::Invalid), "{text}");
    }
    let (authenticate, _) = with(credential.revoked(noon()), None);
    assert!(matches!(authenticate.key(&key).await, Err(AuthenticateError::Invalid)));
}

#[tokio::test]
async fn who_is_signed_in_calls_in_their_own_name_within_what_they_signed_in_to() {
    let store = FakeStore::of(vec![helper()], vec![with_pin("1234", membership("ada", "team"))]);
    let authenticate = authenticate(&store);
    // Whom a pin signed in invites at most, whatever else they may do.
    let (by_password, by_pin) = (Authority::Helpdesk, Authority::Inviter);
    for (organization, authority) in [(None, by_password), (Some(place("team")), by_pin)] {
        let session =
            signed_in(&store, Session { organization: organization.clone(), ..session() });
        let caller = authenticate.bearer(&authenticate.session_token(&session).text).await;
        let caller = caller.unwrap();
        let expected = Caller {
            tenant: TENANT,
            authority,
            actor: Actor::User(user_id("ada")),
            name: Some("ada".to_owned()),
            organization,
            means: Some(usher_domain::Means::Session(session.clone())),
        };
        assert_eq!(caller, expected);
        let token = authenticate.session_token(&session).text;
        assert_eq!(authenticate.client_id(&token), None);
    }
}

#[tokio::test]
async fn a_pin_makes_nobody_more_than_they_are() {
    for (own, expected) in [
        (Authority::OrgAdmin, Authority::Inviter),
        (Authority::Inviter, Authority::Inviter),
        (Authority::Reader, Authority::Reader),
    ] {
        let user = User { authority: Some(own), ..helper() };
        let store = FakeStore::of(vec![user], vec![with_pin("1234", membership("ada", "team"))]);
        let authenticate = authenticate(&store);
        let session = signed_in(&store, session().bound(place("team")));
        let caller = authenticate.bearer(&authenticate.session_token(&session).text).await;
        assert_eq!(caller.unwrap().authority, expected);
    }
}

#[tokio::test]
async fn a_session_token_is_good_for_two_hours_and_no_longer_than_the_session() {
    for (life, good) in [(12, 2), (1, 1)] {
        let store = FakeStore::of(vec![helper()], vec![]);
        let authenticate = authenticate(&store);
        let expires_at = noon() + TimeDelta::hours(life);
        let token =
            authenticate.session_token(&signed_in(&store, Session { expires_at, ..session() }));
        assert_eq!(token.expires_in, TimeDelta::hours(good));
        store.pass(TimeDelta::hours(good) - TimeDelta::seconds(1));
        assert!(authenticate.bearer(&token.text).await.is_ok());
        store.pass(TimeDelta::seconds(1));
        let error = authenticate.bearer(&token.text).await.unwrap_err();
        assert!(matches!(error, AuthenticateError::Expired));
    }
}

#[tokio::test]
async fn a_session_token_is_worth_as_much_as_who_is_signed_in() {
    type Change = fn(&mut crate::testing::fake_store::State);
    let table: [(&str, Change); 8] = [
        ("unknown", |it| it.sessions.clear()),
        ("signed out", |it| it.sessions[0].version = 2),
        ("over", |it| it.sessions[0].expires_at = noon()),
        ("disabled", |it| it.users[0].status = UserStatus::Disabled),
        ("reset", |it| it.users[0].void_before = Some(noon() + TimeDelta::seconds(1))),
        ("another tenant's", |it| it.users[0].tenant = usher_domain::TenantId(Uuid::nil())),
        ("removed", |it| it.memberships.clear()),
        ("without a pin", |it| it.memberships[0].pin = None),
    ];
    for (what, change) in table {
        let store =
            FakeStore::of(vec![helper()], vec![with_pin("1234", membership("ada", "team"))]);
        let authenticate = authenticate(&store);
        let session = signed_in(&store, session().bound(place("team")));
        let token = authenticate.session_token(&session).text;
        assert!(authenticate.bearer(&token).await.is_ok());
        change(&mut store.state());
        let error = authenticate.bearer(&token).await.unwrap_err();
        assert!(matches!(error, AuthenticateError::Invalid), "{what}: {error}");
    }
}

#[tokio::test]
async fn who_has_no_authority_is_somebody_who_may_do_nothing() {
    let store = FakeStore::of(vec![active("ada")], vec![]);
    let authenticate = authenticate(&store);
    let token = authenticate.session_token(&signed_in(&store, session()));
    let error = authenticate.bearer(&token.text).await.unwrap_err();
    assert!(matches!(error, AuthenticateError::NoAuthority));
}

/// Ada, of the helpdesk.
fn helper() -> User {
    User { authority: Some(Authority::Helpdesk), ..active("ada") }
}

/// Hers, since noon, for twelve hours.
fn session() -> Session {
    let id = SessionId(Uuid::from_u128(5));
    Session::open(id, TENANT, user_id("ada"), noon(), TimeDelta::hours(12))
}

fn signed_in(store: &FakeStore, session: Session) -> Session {
    store.state().sessions = vec![session.clone()];
    session
}

fn authenticate(store: &FakeStore) -> Authenticate {
    Authenticate::new(&core(&store.ports, &Policy::at("http://usher.test")))
}

fn credential(user: Option<&str>) -> (Credential, CredentialSecret) {
    let secret = CredentialSecret::from([3; 32]);
    let credential = Credential {
        id: CredentialId(Uuid::from_u128(0xc)),
        tenant: TENANT,
        secret_digest: secret.digest(),
        authority: Authority::Inviter,
        user: user.map(user_id),
        organization: None,
        created_at: noon(),
        made_by: Actor::System,
        revoked_at: None,
        expires_at: None,
        version: 1,
    };
    (credential, secret)
}

fn with(credential: Credential, user: Option<User>) -> (Authenticate, Arc<ManualClock>) {
    let mut ports = MockPorts::default();
    ports
        .credentials
        .expect_find()
        .returning(move |id| Ok((id == credential.client_id()).then(|| credential.clone())));
    ports.users.expect_find_many().returning(move |_, _| Ok(vec![user.clone()]));
    let clock = Arc::new(ManualClock::at(noon()));
    let ports = Ports { clock: clock.clone(), ..ports.into() };
    (Authenticate::new(&core(&ports, &Policy::at("http://usher.test"))), clock)
}
