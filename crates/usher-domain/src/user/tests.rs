use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::id::AccountLettersId;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn ada() -> User {
    let new = User::new(UserId::parse("ada").unwrap(), TenantId(Uuid::nil()), NOW);
    let mailbox = Mailbox::parse("ada@example.org").ok();
    User { status: UserStatus::Active, mailbox, ..new }
}

const RESET: AccountLetterKind = AccountLetterKind::Reset;

fn written_to() -> AccountLetters {
    AccountLetters::none(AccountLettersId(Uuid::nil())).with_next(RESET, NOW)
}

#[test]
fn one_letter_of_a_kind_is_sent_in_a_minute_to_whoever_is_in() {
    let written = User { letters: Some(written_to()), ..ada() };
    let seconds = |it| Some(TimeDelta::seconds(it));
    assert_eq!(ada().wait_for_letter(RESET, NOW), seconds(0));
    assert_eq!(written.wait_for_letter(RESET, NOW + TimeDelta::seconds(59)), seconds(1));
    assert_eq!(written.wait_for_letter(RESET, NOW + TimeDelta::minutes(2)), seconds(0));
    assert_eq!(written.wait_for_letter(AccountLetterKind::Confirmation, NOW), seconds(0));
    let away = User { status: UserStatus::Disabled, ..ada() };
    let unreachable = User { mailbox: None, ..ada() };
    for it in [away, unreachable] {
        assert_eq!(it.wait_for_letter(RESET, NOW), None);
    }
}

#[test]
fn usernames_that_look_alike_are_one() {
    for (one, other) in [
        ("Ada", "ada"),
        ("\u{ff21}da", "ada"),
        // A letter of mathematics has no lower case before it is a plain one.
        ("\u{1d400}da", "ada"),
        // Here the lower case alone has its marks in another order.
        ("I\u{327}\u{307}", "i\u{327}\u{307}"),
    ] {
        assert_eq!(User::folded_username(one), User::folded_username(other), "{one} {other}");
    }
    assert_ne!(User::folded_username("ada"), User::folded_username("\u{e4}da"));
}

#[test]
fn what_changes_the_account_changes_what_a_link_is_bound_to() {
    let letter = written_to().latest[0];
    let state = ada().bound_state(&letter);
    let others = [
        User { id: UserId::parse("bob").unwrap(), ..ada() },
        User { mailbox: Mailbox::parse("a@example.org").ok(), ..ada() },
        User { password: Some("hash".to_owned()), ..ada() },
        ada().proven(NOW + TimeDelta::seconds(1)),
        User { void_before: Some(NOW + TimeDelta::seconds(1)), ..ada() },
    ];
    for it in others {
        assert_ne!(it.bound_state(&letter), state);
    }
    assert_ne!(ada().bound_state(&AccountLetter { link: 2, ..letter }), state);
    let typed = User { mailbox: Mailbox::parse("ADA@Example.org").ok(), ..ada() };
    assert_eq!(typed.bound_state(&AccountLetter { number: 2, ..letter }), state);
}

#[test]
fn links_end_for_good_with_the_address_the_password_and_their_use() {
    let before = User { letters: Some(written_to()), ..ada() };
    let left = |it: User| it.letters.unwrap().latest.len();
    let elsewhere = User { mailbox: Mailbox::parse("a@example.org").ok(), ..before.clone() };
    let hashed = User { password: Some("hash".to_owned()), ..before.clone() };
    for changed in [elsewhere, hashed] {
        let there = changed.changed_from(&before, NOW);
        let back = before.clone();
        let back = User { letters: there.letters.clone(), ..back }.changed_from(&there, NOW);
        assert_eq!((left(there), left(back)), (0, 0));
    }
    for used in [
        before.clone().proven(NOW),
        before.clone().with_password("hash".to_owned(), NOW),
        before.clone().reset(NOW),
    ] {
        assert_eq!(left(used), 0);
    }
    let named = User { first_name: Some("Ada".to_owned()), ..before.clone() };
    assert_eq!(left(named.changed_from(&before, NOW)), 1);
}

fn called(username: &str, mailbox: Option<&str>) -> User {
    let now = "2026-01-02T12:00:00Z".parse().unwrap();
    User {
        username: Some(username.to_owned()),
        mailbox: mailbox.map(|it| Mailbox::parse(it).unwrap()),
        ..User::new(UserId::parse("ada").unwrap(), TenantId(Uuid::nil()), now)
    }
}

#[test]
fn a_username_reads_as_a_mailbox_only_if_it_is_the_users_own() {
    for (username, mailbox, is_good) in [
        ("ada", None, true),
        ("ada", Some("ada@example.org"), true),
        ("ada@example.org", Some("ada@example.org"), true),
        ("Ada@EXAMPLE.org", Some("ada@example.org"), true),
        ("ceo@example.org", Some("ada@example.org"), false),
        ("ceo@example.org", None, false),
        ("ada@", Some("ada@example.org"), false),
        ("@ada", None, false),
    ] {
        let checked = called(username, mailbox).check_username();
        assert_eq!(checked.is_ok(), is_good, "{username} {mailbox:?}");
    }
}

#[test]
fn what_reads_as_a_mailbox_names_nobody_by_a_username() {
    let mailbox = Mailbox::parse("Ceo@Example.org").unwrap();
    assert_eq!(UserRef::named(" ceo@example.org"), UserRef::Mailbox(mailbox));
    for text in ["ceo", "ceo@", "@"] {
        assert_eq!(UserRef::named(text), UserRef::Username(text.to_owned()));
    }
}

#[test]
fn who_goes_out_or_gets_another_password_loses_what_was_given_before() {
    use UserStatus::{Active, Disabled, Pending};
    let now = "2026-01-02T12:00:00Z".parse().unwrap();
    let with = |status, password: Option<&str>| User {
        status,
        password: password.map(str::to_owned),
        ..called("ada", None)
    };
    for (before, after, is_void) in [
        (with(Active, Some("a")), with(Disabled, Some("a")), true),
        (with(Active, None), with(Pending, None), true),
        (with(Active, Some("a")), with(Active, Some("b")), true),
        (with(Active, None), with(Active, Some("b")), true),
        (with(Active, Some("a")), with(Active, Some("a")), false),
        (with(Disabled, Some("a")), with(Active, Some("a")), false),
        (with(Pending, None), with(Active, None), false),
    ] {
        let changed = after.changed_from(&before, now);
        assert_eq!(changed.void_before, is_void.then_some(now), "{before:?}");
    }
    let voided = User { void_before: Some(now), ..with(Disabled, None) };
    let again = User { status: Active, ..voided.clone() }.changed_from(&voided, now);
    assert_eq!(again.void_before, Some(now), "what is void stays so");
}

#[test]
fn nobody_is_addressed_by_a_name_that_somebody_else_may_have_chosen() {
    use UserStatus::{Active, Pending};
    let now = "2026-01-02T12:00:00Z".parse().unwrap();
    let user = |status, is_proven: bool, last: Option<&str>| User {
        status,
        display_name: Some("Eve".to_owned()),
        last_name: last.map(str::to_owned),
        mailbox_proven_at: is_proven.then_some(now),
        ..called("ada", Some("ada@example.org"))
    };
    for (status, is_proven, last, expected) in [
        (Active, true, None, Some("Eve")),
        (Active, false, None, None),
        (Active, false, Some("Lovelace"), Some("Lovelace")),
        // An administrator named whoever did not accept yet.
        (Pending, false, None, Some("Eve")),
    ] {
        let user = user(status, is_proven, last);
        assert_eq!(user.called().as_deref(), expected, "{status:?} {is_proven} {last:?}");
        assert_eq!(user.full_name(), "Eve");
    }
    let taken_back = user(Active, false, Some("Lovelace")).recovered(now);
    assert_eq!(taken_back.full_name(), "Lovelace");
}
