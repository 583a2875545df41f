use std::collections::HashSet;

use super::*;
use crate::{id::UserId, keyring::Key};

const NAME: Allowance = Allowance::NAME;

fn wrong(times: u32, now: Timestamp, allowance: Allowance) -> AttemptRecord {
    let (mut record, mut now) = (AttemptRecord::default(), now);
    for _ in 0..times {
        now = record.not_before.unwrap_or(now).max(now);
        record = record.attempted(now, allowance).unwrap();
    }
    record
}

#[test]
fn guessing_gets_slower_and_never_ends_in_a_lock() {
    let mut now = Timestamp::UNIX_EPOCH;
    let mut record = AttemptRecord::default();
    let waits: Vec<_> = (1..=30)
        .map(|_| {
            record = record.attempted(now, NAME).unwrap();
            let wait = record.wait(now).unwrap_or_default();
            assert_eq!(record.attempted(now, NAME).err(), record.wait(now));
            now += wait;
            wait.num_seconds()
        })
        .collect();
    assert_eq!(waits[3..6], [0, 2, 4]);
    assert_eq!(waits[29], 900);
    assert_eq!(record.wait(now), None);
    assert!(record.attempted(now, NAME).is_ok());
}

#[test]
fn what_lies_back_is_forgiven_bit_by_bit() {
    let now = Timestamp::UNIX_EPOCH;
    let record = wrong(3, now, NAME);
    let left = |after| record.rested(now + after, TimeDelta::minutes(1)).failures;
    assert_eq!([59, 60, 119, 120, 900].map(TimeDelta::seconds).map(left), [3, 2, 2, 1, 0]);
}

#[test]
fn no_pause_counts_twice() {
    let (now, pause) = (Timestamp::UNIX_EPOCH, TimeDelta::minutes(1));
    let record = wrong(4, now, NAME);
    let later = now + TimeDelta::seconds(150);
    let rested = record.rested(later, pause);
    assert_eq!(rested.failures, 2);
    assert_eq!(rested.rested(later + TimeDelta::seconds(29), pause), rested);
    assert_eq!(rested.rested(later + TimeDelta::seconds(30), pause).failures, 1);
}

#[test]
fn who_waits_is_not_forgiven_yet() {
    let now = Timestamp::UNIX_EPOCH;
    let record = wrong(9, now, NAME);
    let end = record.not_before.unwrap();
    assert_eq!(record.rested(end, TimeDelta::seconds(1)), record);
}

#[test]
fn a_record_expires_when_all_of_it_is_forgiven() {
    let now = Timestamp::UNIX_EPOCH;
    for failures in [1, 4, 7, 40] {
        let record = wrong(failures, now, NAME);
        let end = record.expires_at(NAME).unwrap();
        assert_eq!(record.rested(end, NAME.pause).failures, 0);
        assert_ne!(record.rested(end - TimeDelta::seconds(1), NAME.pause).failures, 0);
        assert!(end - record.not_before.unwrap() <= TimeDelta::minutes(15 * 14));
    }
    assert_eq!(AttemptRecord::default().expires_at(NAME), None);
}

#[test]
fn one_key_that_never_rests_does_not_make_its_organization_wait() {
    let mut now = Timestamp::UNIX_EPOCH;
    let end = now + TimeDelta::days(30);
    let (mut key, mut all) = (AttemptRecord::default(), AttemptRecord::default());
    while now < end {
        key = key.attempted(now, Allowance::KEY).unwrap();
        all = all.attempted(now, Allowance::ORGANIZATION).expect("the organization waits");
        now += key.wait(now).unwrap_or(TimeDelta::seconds(1));
    }
    // Nor does one that is as patient as the limit allows.
    for _ in 0..10_000 {
        now += Allowance::KEY.pause;
        all = all.attempted(now, Allowance::ORGANIZATION).expect("the organization waits");
    }
}

#[test]
fn many_keys_together_are_slowed_down() {
    let mut now = Timestamp::UNIX_EPOCH;
    let (end, mut all, mut guesses) = (now + TimeDelta::days(10), AttemptRecord::default(), 0);
    while now < end {
        match all.attempted(now, Allowance::ORGANIZATION) {
            Ok(record) => (all, guesses) = (record, guesses + 1),
            Err(wait) => now += wait,
        }
    }
    // Two hundred at once, and at most one in each five minutes after that.
    assert!((1_000..200 + 10 * 24 * 12).contains(&guesses), "{guesses}");
}

#[test]
fn no_two_things_are_counted_together() {
    let keys = Keyring::new(vec![Key::new("k", [1; 32])]).unwrap();
    let place = |it| OrganizationId::parse(it).unwrap();
    let (x, y) = (place("x"), place("y"));
    let name =
        |tenant, organization, name, device| Attempted::Name { tenant, organization, name, device };
    let (boss, system) = (Actor::User(UserId::parse("boss").unwrap()), Actor::System);
    let all = [
        name("t", None, "ada", None),
        name("t", None, "ada", Some(Uuid::nil())),
        name("t", None, "ada", Some(Uuid::max())),
        name("t", None, "bob", None),
        name("u", None, "ada", None),
        name("ta", None, "da", None),
        // A pin, whatever the organization is said to be.
        name("t", Some(""), "ada", None),
        name("t", Some("x"), "ada", None),
        name("t", Some("y"), "ada", None),
        name("t", Some("xa"), "da", None),
        Attempted::Key { organization: &x, caller: &boss },
        Attempted::Key { organization: &x, caller: &system },
        Attempted::Key { organization: &y, caller: &boss },
        Attempted::Organization(&x),
        Attempted::Organization(&y),
    ];
    let counted: HashSet<_> = all.iter().map(|it| keys.counter(it).key).collect();
    assert_eq!(counted.len(), all.len());
    assert_eq!(keys.counter(&all[0]), keys.counter(&all[0].clone()));
    let others = Keyring::new(vec![Key::new("k", [2; 32])]).unwrap();
    assert_ne!(keys.counter(&all[0]), others.counter(&all[0]));
}
