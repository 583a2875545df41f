use chrono::TimeDelta;
use usher_domain::{AccountLetter, JobKind, Pin, UserStatus};

use super::*;
use crate::{
    policy::Policy,
    testing::{active, core, fake_store::FakeStore, mailbox, membership, noon, tenant, user},
};

const NEW: &str = "nine otters sing here";

/// What happens to an account meanwhile.
type Change = fn(User) -> User;

struct Case {
    world: FakeStore,
    reset: ResetPassword,
}

fn of(users: Vec<User>) -> Case {
    let world = FakeStore::of(users, vec![]);
    let reset = ResetPassword::new(&core(&world.ports, &Policy::at("http://usher.test")));
    Case { world, reset }
}

/// The latest letter with a link to choose another password.
fn of_kind(user: &User) -> AccountLetter {
    user.letters.as_ref().unwrap().of(AccountLetterKind::Reset).unwrap()
}

impl Case {
    async fn ask(&self, name: &str) {
        self.reset.request("default", name).await.unwrap();
    }

    /// The token in the link of the letter that was decided on last.
    fn token(&self) -> String {
        let ada = self.world.state().users[0].clone();
        let link = self.reset.links.account(&ada, &of_kind(&ada), &tenant());
        link.strip_prefix("http://usher.test/reset?tenant=default&token=").unwrap().to_owned()
    }

    async fn assert_void(&self, token: &str) {
        assert!(self.reset.look_up(token).await.unwrap().is_none());
        let error = self.reset.run(token, NEW, &UserAgent::default()).await.unwrap_err();
        assert!(matches!(error, ResetPasswordError::Void), "{error}");
    }
}

#[tokio::test]
async fn a_link_is_mailed_once_in_a_minute_to_whoever_is_in() {
    let it = of(vec![active("ada")]);
    for name in ["nobody@example.org", "ada", "", "x@"] {
        it.ask(name).await;
    }
    it.reset.request("elsewhere", "ada@example.org").await.unwrap();
    assert_eq!(it.world.written(), []);
    it.ask("ADA@example.org").await;
    it.ask("ada@example.org").await;
    let letters = it.world.state().users[0].letters.clone().unwrap();
    let changes = it.world.once_written();
    assert_eq!(changes.jobs[0].kind, JobKind::MailAccount { letters: letters.id, letter: 1 });
    it.world.pass(TimeDelta::minutes(1));
    it.ask("ada@example.org").await;
    assert_eq!(it.world.written().len(), 2);

    let disabled = User { status: UserStatus::Disabled, ..active("ada") };
    for away in [user("ada"), disabled] {
        let it = of(vec![away]);
        it.ask("ada@example.org").await;
        assert_eq!(it.world.written(), []);
    }
}

#[tokio::test]
async fn the_link_replaces_the_password_once_and_proves_the_mailbox() {
    let it = of(vec![User { mailbox_proven_at: None, ..active("ada") }]);
    let pin = Some(Pin { digest: vec![1], seed: None });
    it.world.state().memberships.push(Membership { pin, ..membership("ada", "team") });
    it.ask("ada@example.org").await;
    let token = it.token();
    assert_eq!(it.reset.look_up(&token).await.unwrap().unwrap().0.id.as_str(), "ada");
    it.world.pass(TimeDelta::minutes(59));
    let signed_in = it.reset.run(&token, NEW, &UserAgent::default()).await.unwrap();
    let ada = it.world.state().users[0].clone();
    assert_eq!(ada.password, Some(format!("$argon2id$plain${NEW}")));
    assert_eq!(ada.mailbox_proven_at, Some(signed_in.session.created_at));
    assert_eq!(ada.void_before, Some(signed_in.session.created_at));
    let kinds: Vec<_> = ada.letters.unwrap().latest.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [AccountLetterKind::PasswordChanged], "the link is used up");
    let actions: Vec<_> =
        it.world.written().pop().unwrap().audit.iter().map(|it| it.action).collect();
    assert_eq!(actions, [Action::PasswordChanged, Action::MailboxProven, Action::AccountRecovered]);
    assert_eq!(it.world.state().memberships[0].pin, None, "a pin was another way in");
    it.assert_void(&token).await;
}

#[tokio::test]
async fn a_link_ends_after_an_hour_and_with_the_mailbox_or_the_password_that_it_was_made_for() {
    let it = of(vec![active("ada")]);
    it.ask("ada@example.org").await;
    let token = it.token();
    it.world.pass(TimeDelta::hours(1));
    it.assert_void(&token).await;

    let changes: [Change; 4] = [
        |it| User { mailbox: Some(mailbox("other@example.org")), ..it },
        |it| User { password: Some("$argon2id$plain$x".to_owned()), ..it },
        |it| User { status: UserStatus::Disabled, ..it },
        |it| User { letters: None, ..it },
    ];
    for change in changes {
        let it = of(vec![active("ada")]);
        it.ask("ada@example.org").await;
        let token = it.token();
        let ada = it.world.state().users[0].clone();
        it.world.state().users[0] = change(ada);
        it.assert_void(&token).await;
    }
    for junk in ["", "x", &"A".repeat(64)] {
        of(vec![active("ada")]).assert_void(junk).await;
    }
}

#[tokio::test]
async fn a_weak_password_uses_up_no_link() {
    let it = of(vec![active("ada")]);
    it.ask("ada@example.org").await;
    let token = it.token();
    let error = it.reset.run(&token, "short", &UserAgent::default()).await.unwrap_err();
    assert!(matches!(error, ResetPasswordError::Weak(_)), "{error}");
    it.reset.run(&token, NEW, &UserAgent::default()).await.unwrap();
}

#[tokio::test]
async fn whoever_asks_for_links_voids_none_and_keeps_none_good_for_longer() {
    let it = of(vec![active("ada")]);
    it.ask("ada@example.org").await;
    let token = it.token();
    for _ in 0..29 {
        it.world.pass(TimeDelta::minutes(2));
        it.ask("ada@example.org").await;
        assert_eq!(it.token(), token);
        assert!(it.reset.look_up(&token).await.unwrap().is_some());
    }
    // The mailbox gets no more letters than there may be.
    assert_eq!(it.world.written().len(), 3);
    it.world.pass(TimeDelta::minutes(2));
    it.assert_void(&token).await;
    it.ask("ada@example.org").await;
    assert_ne!(it.token(), token);
}

#[tokio::test]
async fn nobody_can_tell_from_what_is_done_afterwards_whether_there_is_an_account() {
    let it = of(vec![active("ada")]);
    let (now, mut dues) = (noon(), Vec::new());
    for n in 1..=3 {
        it.ask("ada@example.org").await;
        let due_at = it.world.written().last().unwrap().jobs[0].due_at;
        dues.push(due_at - now - TimeDelta::minutes(n - 1));
        it.world.pass(TimeDelta::minutes(1));
    }
    let most = TimeDelta::seconds(20);
    assert!(dues.iter().all(|it| *it > TimeDelta::zero() && *it <= most), "{dues:?}");
    assert!(dues[0] != dues[1] && dues[1] != dues[2], "{dues:?}");
    // Where there is none, something is written too: a count that says nothing.
    assert_eq!(it.world.attempts.count_records(), 0);
    it.ask("nobody@example.org").await;
    assert_eq!((it.world.written().len(), it.world.attempts.count_records()), (3, 1));
}
