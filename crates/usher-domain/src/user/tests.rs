use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::{account_letter::AccountLetterKind, id::AccountLetterId};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn ada() -> User {
    let new = User::new(UserId::parse("ada").unwrap(), TenantId(Uuid::nil()), NOW);
    let mailbox = Mailbox::parse("ada@example.org").ok();
    User { status: UserStatus::Active, mailbox, ..new }
}

#[test]
fn one_letter_is_sent_in_five_minutes_to_whoever_is_in() {
    let letter =
        AccountLetter { id: AccountLetterId(Uuid::nil()), kind: AccountLetterKind::Reset, at: NOW };
    let written = User { letter: Some(letter), ..ada() };
    assert!(ada().may_be_written_to(NOW));
    assert!(!written.may_be_written_to(NOW + TimeDelta::seconds(299)));
    assert!(written.may_be_written_to(NOW + TimeDelta::seconds(300)));
    let away = User { status: UserStatus::Disabled, ..ada() };
    let unreachable = User { mailbox: None, ..ada() };
    assert!(!away.may_be_written_to(NOW) && !unreachable.may_be_written_to(NOW));
}

#[test]
fn what_changes_the_account_changes_what_a_link_is_bound_to() {
    let state = ada().bound_state();
    let others = [
        User { id: UserId::parse("bob").unwrap(), ..ada() },
        User { mailbox: Mailbox::parse("a@example.org").ok(), ..ada() },
        User { password: Some("hash".to_owned()), ..ada() },
        ada().proven(NOW + TimeDelta::seconds(1)),
        User { void_before: Some(NOW + TimeDelta::seconds(1)), ..ada() },
    ];
    for it in others {
        assert_ne!(it.bound_state(), state);
    }
    let typed = User { mailbox: Mailbox::parse("ADA@Example.org").ok(), ..ada() };
    assert_eq!(typed.bound_state(), state);
}
