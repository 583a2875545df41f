use std::sync::Arc;

use usher_domain::User;

use super::*;
use crate::testing::{
    HandClock, MockPorts, TENANT, active, caller, keyring, noon, organization, user_id,
};

#[tokio::test]
async fn a_secret_or_a_token_made_of_it_names_the_caller() {
    let (credential, secret) = credential(None);
    let id = credential.id.to_string();
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
    let token = authenticate.token(&credential.id.to_string(), secret.reveal()).await.unwrap();
    clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert!(authenticate.bearer(&token.text).await.is_ok());
    clock.advance(TimeDelta::seconds(1));
    let error = authenticate.bearer(&token.text).await.unwrap_err();
    assert!(matches!(error, AuthenticateError::Expired));
}

#[tokio::test]
async fn a_revoked_credential_opens_nothing_any_more() {
    let (live, secret) = credential(None);
    let id = live.id.to_string();
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
    let id = credential.id.to_string();
    for text in ["", "x", ".", "a.b", &format!("{id}."), &format!("{id}.x"), &"A".repeat(9000)] {
        assert!(authenticate.bearer(text).await.is_err(), "{text}");
    }
    assert!(authenticate.client(&id.to_uppercase(), secret.reveal()).await.is_err());
}

#[tokio::test]
async fn a_persons_key_speaks_in_their_name_as_long_as_they_are_in() {
    let (credential, secret) = credential(Some("ada"));
    let id = credential.id.to_string();
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
    let reset = User { reset_at: Some(noon() + TimeDelta::seconds(1)), ..active("ada") };
    let (authenticate, _) = with(credential, Some(reset));
    assert!(authenticate.client(&id, secret.reveal()).await.is_err());
}

#[tokio::test]
async fn only_an_administrator_issues_keys_and_within_bounds() {
    let manage = ManageCredentials::new(&MockPorts::default().into());
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let bound = Caller { organization: Some(organization("team").id), ..caller() };
    for caller in [helpdesk, bound] {
        let error = manage.create(&caller, Authority::Reader, None, None).await.unwrap_err();
        assert!(matches!(error, CredentialError::Forbidden));
    }
}

#[tokio::test]
async fn only_the_digest_of_a_new_secret_is_written() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.ledger.expect_commit().once().withf(|it| it.audit.len() == 1).return_once(|_| Ok(()));
    let manage = ManageCredentials::new(&ports.into());
    let (made, secret) = manage.create(&caller(), Authority::Inviter, None, None).await.unwrap();
    assert_eq!(made.secret, secret.digest());
    assert!(made.opens_with(&secret));
    assert_eq!(secret.reveal().len(), 43);
}

fn credential(user: Option<&str>) -> (Credential, CredentialSecret) {
    let secret = CredentialSecret::from([3; 32]);
    let credential = Credential {
        id: CredentialId(Uuid::from_u128(0xc)),
        tenant: TENANT,
        secret: secret.digest(),
        authority: Authority::Inviter,
        user: user.map(user_id),
        organization: None,
        created_at: noon(),
        revoked_at: None,
        version: 1,
    };
    (credential, secret)
}

fn with(credential: Credential, user: Option<User>) -> (Authenticate, Arc<HandClock>) {
    let mut ports = MockPorts::default();
    ports
        .credentials
        .expect_find()
        .returning(move |id| Ok((id == credential.id).then(|| credential.clone())));
    ports.users.expect_find_many().returning(move |_, _| Ok(vec![user.clone()]));
    let clock = Arc::new(HandClock::at(noon()));
    let ports = Ports { clock: clock.clone(), ..ports.into() };
    (Authenticate::new(&ports, &keyring(), &Policy::at("http://usher.test")), clock)
}
