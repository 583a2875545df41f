use chrono::TimeDelta;
use usher_domain::{Authority, Quota, Session, SessionId, User};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    testing::{active, caller, core, fake_store::FakeStore, noon, organization, tenant},
};

fn unproven() -> User {
    User { mailbox_proven_at: None, ..active("ada") }
}

fn who(user: User) -> SignedInUser {
    let life = TimeDelta::hours(1);
    let id = SessionId(Uuid::from_u128(77));
    let session = Session::open(id, user.tenant, user.id.clone(), noon(), life);
    SignedInUser { session, user, tenant: tenant() }
}

fn of(world: &FakeStore) -> ConfirmMailbox {
    ConfirmMailbox::new(&core(&world.ports, &Policy::at("http://usher.test")))
}

fn ada(world: &FakeStore) -> User {
    world.state().users.iter().find(|it| it.id == unproven().id).cloned().unwrap()
}

/// The token in the link of the letter that was decided on last.
fn token(world: &FakeStore, confirm: &ConfirmMailbox) -> String {
    let ada = ada(world);
    let letter = ada.letters.as_ref().unwrap().of(AccountLetterKind::Confirmation).unwrap();
    let link = confirm.links.account(&ada, &letter, &tenant());
    link.strip_prefix("http://usher.test/confirm?tenant=default&token=").unwrap().to_owned()
}

#[tokio::test]
async fn the_link_proves_the_mailbox_once_of_whoever_is_signed_in() {
    let world = FakeStore::of(vec![unproven(), active("bob")], vec![]);
    let confirm = of(&world);
    confirm.request(&who(unproven())).await.unwrap();
    world.pass(TimeDelta::seconds(15));
    let error = confirm.request(&who(unproven())).await.unwrap_err();
    let is_right = |it: TimeDelta| it == TimeDelta::seconds(45);
    assert!(matches!(error, AccountLetterError::Recent(it) if is_right(it)), "{error}");
    let token = token(&world, &confirm);
    let error = confirm.run(&token, &who(active("bob"))).await.unwrap_err();
    assert!(matches!(error, ConfirmMailboxError::SomeoneElse), "{error}");
    world.pass(TimeDelta::hours(23) - TimeDelta::seconds(15));
    confirm.run(&token, &who(unproven())).await.unwrap();
    let proven_at = Some(noon() + TimeDelta::hours(23));
    assert_eq!(ada(&world).mailbox_proven_at, proven_at);
    let action = world.written().pop().unwrap().audit[0].action;
    assert_eq!(action, Action::MailboxProven);
    let error = confirm.run(&token, &who(unproven())).await.unwrap_err();
    assert!(matches!(error, ConfirmMailboxError::Void), "{error}");
}

#[tokio::test]
async fn the_link_proves_nothing_for_a_namesake_in_another_tenant_or_by_a_pin() {
    let world = FakeStore::of(vec![unproven()], vec![]);
    let confirm = of(&world);
    confirm.request(&who(unproven())).await.unwrap();
    let token = token(&world, &confirm);
    let theirs = usher_domain::TenantId(Uuid::from_u128(0xbad));
    let mut namesake = who(User { tenant: theirs, ..unproven() });
    namesake.tenant.id = theirs;
    let mut by_pin = who(unproven());
    by_pin.session = by_pin.session.bound(organization("team").id);
    for who in [namesake, by_pin] {
        let error = confirm.run(&token, &who).await.unwrap_err();
        assert!(matches!(error, ConfirmMailboxError::SomeoneElse), "{error}");
    }
    assert_eq!(ada(&world).mailbox_proven_at, None);
}

#[tokio::test]
async fn the_link_ends_after_a_day() {
    let world = FakeStore::of(vec![unproven()], vec![]);
    let confirm = of(&world);
    confirm.request(&who(unproven())).await.unwrap();
    let token = token(&world, &confirm);
    world.pass(TimeDelta::hours(24));
    let error = confirm.run(&token, &who(unproven())).await.unwrap_err();
    assert!(matches!(error, ConfirmMailboxError::Void), "{error}");
}

#[tokio::test]
async fn a_link_for_another_password_confirms_nothing() {
    let world = FakeStore::of(vec![unproven()], vec![]);
    let confirm = of(&world);
    confirm.request(&who(unproven())).await.unwrap();
    let ada = ada(&world);
    let letter = ada.letters.as_ref().unwrap().latest[0];
    let reset = usher_domain::AccountLetter { kind: AccountLetterKind::Reset, ..letter };
    let link = confirm.links.account(&ada, &reset, &tenant());
    let token = link.strip_prefix("http://usher.test/reset?tenant=default&token=").unwrap();
    let error = confirm.run(token, &who(unproven())).await.unwrap_err();
    assert!(matches!(error, ConfirmMailboxError::Void), "{error}");
}

#[tokio::test]
async fn a_pin_and_a_bound_key_send_nothing() {
    let world = FakeStore::of(vec![unproven()], vec![]);
    let confirm = of(&world);
    let it = who(unproven());
    let session = it.session.clone().bound(organization("team").id);
    let error = confirm.request(&SignedInUser { session, ..it }).await.unwrap_err();
    assert!(matches!(error, AccountLetterError::Forbidden), "{error}");
    let bound = Caller { organization: Some(organization("team").id), ..caller() };
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    for caller in [bound, helpdesk] {
        let error = confirm.request_for(&caller, &unproven().id).await.unwrap_err();
        assert!(matches!(error, AccountLetterError::Forbidden), "{error}");
    }
    assert_eq!(world.written(), []);
    confirm.request_for(&caller(), &unproven().id).await.unwrap();
}

#[tokio::test]
async fn an_administrator_has_a_link_mailed_whatever_strangers_asked_for() {
    let world = FakeStore::of(vec![unproven()], vec![]);
    let confirm = of(&world);
    let mut waits = Vec::new();
    for _ in 0..5 {
        let refused = confirm.request(&who(unproven())).await.err();
        waits.push(refused.map(|it| match it {
            AccountLetterError::UsedUp(it) => it.wait() / 60,
            other => panic!("{other}"),
        }));
        world.pass(TimeDelta::minutes(1));
    }
    assert_eq!(waits, [None, None, None, Some(57), Some(56)]);
    confirm.request_for(&caller(), &unproven().id).await.unwrap();
    let counted = world.written().pop().unwrap().spent;
    let mut quotas: Vec<_> = counted.iter().map(|it| it.quota).collect();
    quotas.sort_unstable();
    assert_eq!(quotas, [Quota::Mailbox, Quota::Caller, Quota::Tenant]);
}

#[tokio::test]
async fn letters_of_other_kinds_neither_hold_back_a_link_nor_void_it() {
    let world = FakeStore::of(vec![unproven()], vec![]);
    let (confirm, who) = (of(&world), who(unproven()));
    let letters = AccountLetters::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let tenant = who.tenant.id;
    let reset = async || {
        let who = UserRef::Id(unproven().id);
        letters.send(tenant, &who, AccountLetterKind::Reset, TimeDelta::zero()).await.unwrap();
    };
    reset().await;
    confirm.request(&who).await.unwrap();
    let token = token(&world, &confirm);
    world.pass(TimeDelta::minutes(5));
    reset().await;
    confirm.run(&token, &who).await.unwrap();
}

#[tokio::test]
async fn a_link_stays_void_when_the_address_is_the_former_one_again() {
    let world = FakeStore::of(vec![unproven()], vec![]);
    let confirm = of(&world);
    confirm.request(&who(unproven())).await.unwrap();
    let token = token(&world, &confirm);
    for address in ["other@example.org", "ada@example.org"] {
        let before = ada(&world);
        let mailbox = usher_domain::Mailbox::parse(address).ok();
        let changed = User { mailbox, ..before.clone() }.changed_from(&before, noon());
        world.state().users[0] = changed;
        let error = confirm.run(&token, &who(unproven())).await.unwrap_err();
        assert!(matches!(error, ConfirmMailboxError::Void), "{error}");
    }
    world.pass(TimeDelta::minutes(1));
    confirm.request(&who(unproven())).await.unwrap();
    let error = confirm.run(&token, &who(unproven())).await.unwrap_err();
    assert!(matches!(error, ConfirmMailboxError::Void), "{error}");
}
