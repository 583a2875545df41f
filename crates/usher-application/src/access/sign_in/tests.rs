use usher_domain::UserStatus;

use super::*;
use crate::{
    policy::Policy,
    ports::passwords::MockPasswords,
    testing::{MockPorts, active, core, noon, tenant},
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
