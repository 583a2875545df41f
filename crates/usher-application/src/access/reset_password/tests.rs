use chrono::TimeDelta;
use usher_domain::{JobKind, Pin, UserStatus};

use super::*;
use crate::{
    policy::Policy,
    testing::{active, core, fake_store::FakeStore, mailbox, membership, tenant, user},
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

impl Case {
    async fn ask(&self, name: &str) {
        self.reset.request("default", name).await.unwrap();
    }

    /// The token in the link of the letter that was decided on last.
    fn token(&self) -> String {
        let ada = self.world.state().users[0].clone();
        let link = self.reset.links.account(&ada, &ada.letter.unwrap(), &tenant());
        link.strip_prefix("http://usher.test/reset?tenant=default&token=").unwrap().to_owned()
    }

    async fn assert_void(&self, token: &str) {
        assert!(self.reset.look_up(token).await.unwrap().is_none());
        let error = self.reset.run(token, NEW, &UserAgent::default()).await.unwrap_err();
        assert!(matches!(error, ResetPasswordError::Void), "{error}");
    }
}

#[tokio::test]
async fn a_link_is_mailed_once_in_five_minutes_to_whoever_is_in() {
    let it = of(vec![active("ada")]);
    for name in ["nobody@example.org", "ada", "", "x@"] {
        it.ask(name).await;
    }
    it.reset.request("elsewhere", "ada@example.org").await.unwrap();
    assert_eq!(it.world.written(), []);
    it.ask("ADA@example.org").await;
    it.ask("ada@example.org").await;
    let letter = it.world.state().users[0].letter.unwrap();
    let changes = it.world.once_written();
    assert_eq!(changes.jobs[0].kind, JobKind::MailAccount { letter: letter.id });
    it.world.pass(TimeDelta::minutes(5));
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
    assert_eq!(ada.letter.unwrap().kind, AccountLetterKind::PasswordChanged);
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
        |it| User { letter: None, ..it },
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
