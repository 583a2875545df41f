use usher_domain::{AccountLetterKind, Action, JobKind, Session, SessionId};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    testing::{active, core, fake_store::FakeStore, noon, organization, tenant},
};

const OLD: &str = "seven llamas dance";
const NEW: &str = "nine otters sing here";

fn who(user: User) -> SignedInUser {
    let life = TimeDelta::hours(1);
    let id = SessionId(Uuid::from_u128(77));
    let session = Session::open(id, user.tenant, user.id.clone(), noon(), life);
    SignedInUser { session, user, tenant: tenant() }
}

fn change(world: &FakeStore) -> ChangePassword {
    ChangePassword::new(&core(&world.ports, &Policy::at("http://usher.test")))
}

#[tokio::test]
async fn a_new_password_voids_what_was_before_and_is_told_by_a_letter() {
    let world = FakeStore::of(vec![active("ada")], vec![]);
    world.pass(TimeDelta::minutes(1));
    let signed_in = change(&world).run(&who(active("ada")), OLD, NEW).await.unwrap();
    let ada = world.state().users[0].clone();
    assert_eq!(ada.password, Some(format!("$argon2id$plain${NEW}")));
    assert!(!ada.honours(noon()) && ada.honours(signed_in.session.created_at));
    let letters = ada.letters.unwrap();
    assert_eq!(letters.latest[0].kind, AccountLetterKind::PasswordChanged);
    let changes = world.written().pop().unwrap();
    assert_eq!(changes.jobs[0].kind, JobKind::MailAccount { letters: letters.id, letter: 1 });
    assert_eq!(changes.sessions, [signed_in.session]);
    assert_eq!(changes.audit[0].action, Action::PasswordChanged);
}

#[tokio::test]
async fn without_the_password_until_now_nothing_changes_and_guessing_gets_slower() {
    let world = FakeStore::of(vec![active("ada")], vec![]);
    let (change, who) = (change(&world), who(active("ada")));
    for _ in 0..5 {
        let error = change.run(&who, "wrong", NEW).await.unwrap_err();
        assert!(matches!(error, ChangePasswordError::Wrong), "{error}");
    }
    let error = change.run(&who, OLD, NEW).await.unwrap_err();
    assert!(matches!(error, ChangePasswordError::Wait(_)), "{error}");
    assert_eq!(world.state().users[0].password, active("ada").password);
    world.pass(TimeDelta::minutes(1));
    change.run(&who, OLD, NEW).await.unwrap();
}

#[tokio::test]
async fn a_new_password_has_its_rules_and_a_pin_changes_none() {
    let world = FakeStore::of(vec![active("ada")], vec![]);
    let error = change(&world).run(&who(active("ada")), OLD, "short").await.unwrap_err();
    assert!(matches!(error, ChangePasswordError::Weak(WeakPassword::TooShort(15))), "{error}");
    let it = who(active("ada"));
    let session = it.session.clone().bound(organization("team").id);
    let by_pin = SignedInUser { session, ..it };
    let error = change(&world).run(&by_pin, OLD, NEW).await.unwrap_err();
    assert!(matches!(error, ChangePasswordError::Wrong), "{error}");
    assert_eq!(world.written(), []);
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_stays() {
    let world = FakeStore::of(vec![active("ada")], vec![]);
    let another = Some("$argon2id$plain$five herons wade here".to_owned());
    let changed = User { password: another.clone(), version: 2, ..active("ada") };
    world.before_next_commit(move |state| state.users = vec![changed]);
    let error = change(&world).run(&who(active("ada")), OLD, NEW).await.unwrap_err();
    assert!(matches!(error, ChangePasswordError::Wrong), "{error}");
    assert_eq!(world.state().users[0].password, another);
}
