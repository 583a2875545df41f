use chrono::TimeDelta;
use usher_domain::Quotas;

use super::*;
use crate::{
    policy::Policy,
    ports::ledger::Changes,
    testing::{caller, core, fake_store::FakeStore, invitation, mailbox, noon},
};

fn policy(quotas: Quotas) -> Policy {
    Policy { quotas, ..Policy::at("http://usher.test") }
}

fn few() -> Policy {
    policy(Quotas { mailbox: 3, caller: 5, ..Quotas::NONE })
}

/// How many letters to this mailbox fit, and what the next one is refused for.
fn fill(budget: &mut Budget, to: &Mailbox) -> (u32, UsedUp) {
    let mut count = 0;
    loop {
        match budget.spend(Item::letter(to)) {
            Ok(()) => count += 1,
            Err(why) => return (count, why),
        }
    }
}

#[tokio::test]
async fn what_was_counted_before_and_what_is_counted_now_are_bounded_together() {
    let store = FakeStore::of(Vec::new(), Vec::new());
    let core = core(&store.ports, &few());
    let (ada, bob) = (mailbox("ada@example.org"), mailbox("bob@example.org"));
    let caller = caller();
    let read = || Budget::of_caller(&core, &caller, noon(), [&ada, &bob]);
    let mut budget = read().await.unwrap();
    budget.spend(Item::letter(&ada)).unwrap();
    assert!(budget.spent().iter().all(|it| it.amount == 1));
    let changes = Changes { spent: budget.spent(), ..Changes::default() };
    store.ports.ledger.commit(&changes).await.unwrap();

    let mut budget = read().await.unwrap();
    let until = noon() + TimeDelta::hours(1);
    let why = UsedUp { quota: Quota::Mailbox, most: 3, at: noon(), until };
    assert_eq!(fill(&mut budget, &ada), (2, why));
    let until = noon() + TimeDelta::days(1);
    let why = UsedUp { quota: Quota::Caller, most: 5, at: noon(), until };
    assert_eq!(fill(&mut budget, &bob), (2, why));
}

#[tokio::test]
async fn usher_itself_has_no_bound_of_a_caller_and_mailboxes_have_theirs() {
    let store = FakeStore::of(Vec::new(), Vec::new());
    let core = core(&store.ports, &few());
    let all: Vec<_> = (0..10).map(|n| mailbox(&format!("u{n}@example.org"))).collect();
    let system = Caller::system(caller().tenant);
    let mut budget = Budget::of_caller(&core, &system, noon(), &all).await.unwrap();
    for it in &all {
        let (count, why) = fill(&mut budget, it);
        assert_eq!((count, why.quota), (3, Quota::Mailbox));
    }
}

#[tokio::test]
async fn letters_of_an_invitation_count_from_its_first_one_on() {
    let store = FakeStore::of(Vec::new(), Vec::new());
    let core = core(&store.ports, &policy(Quotas { invitation: 3, ..Quotas::NONE }));
    let caller = caller();
    let mut sent = invitation(1, "ada");
    let mut at = Vec::new();
    for minute in 0..150 {
        let now = noon() + TimeDelta::minutes(minute);
        let mut budget = Budget::of_another_letter(&core, &caller, now, &sent).await.unwrap();
        if budget.spend(Item::again(&sent)).is_err() {
            continue;
        }
        let changes = Changes { spent: budget.spent(), ..Changes::default() };
        store.ports.ledger.commit(&changes).await.unwrap();
        sent.letters += 1;
        at.push(minute);
    }
    // The first one was mailed at noon.
    assert_eq!(at, [0, 1, 60, 61, 62, 120, 121, 122]);
}

#[tokio::test]
async fn a_letter_counts_for_mailbox_and_tenant_and_a_quiet_invitation_for_its_caller_alone() {
    let store = FakeStore::of(Vec::new(), Vec::new());
    let core = core(&store.ports, &policy(Quotas::default()));
    let (mailed, mut quiet) = (invitation(1, "ada"), invitation(2, "ada"));
    quiet.offer.quiet = true;
    let counted = async |it: &Invitation| {
        let read = Budget::of_caller(&core, &caller(), noon(), [&it.mailbox]).await;
        let mut budget = read.unwrap();
        budget.spend(Item::invitation(it)).unwrap();
        let mut quotas: Vec<_> = budget.spent().iter().map(|it| it.quota).collect();
        quotas.sort_unstable();
        quotas
    };
    assert_eq!(counted(&mailed).await, [Quota::Mailbox, Quota::Caller, Quota::Tenant]);
    assert_eq!(counted(&quiet).await, [Quota::Caller]);
}

#[tokio::test]
async fn what_is_left_is_read_beforehand_only_where_it_is_known_to_be_used_up() {
    let store = FakeStore::of(Vec::new(), Vec::new());
    let core = core(&store.ports, &few());
    let (ada, caller) = (mailbox("ada@example.org"), caller());
    let at = |now, reading| Budget::of_callers_batch(&core, &caller, now, [&ada], reading);
    let mut budget = at(noon(), Reading::Now).await.unwrap();
    assert_eq!(fill(&mut budget, &ada).0, 3);
    let changes = Changes { spent: budget.spent(), ..Changes::default() };
    store.ports.ledger.commit(&changes).await.unwrap();

    let mut unread = at(noon(), Reading::IfUsedUp).await.unwrap();
    assert_eq!(fill(&mut unread, &ada).0, 3, "nobody has found it used up");
    let mut read = at(noon(), Reading::Now).await.unwrap();
    assert_eq!(fill(&mut read, &ada).0, 0);
    let mut known = at(noon(), Reading::IfUsedUp).await.unwrap();
    assert_eq!(fill(&mut known, &ada).0, 0, "it was found used up");
    let mut later = at(noon() + TimeDelta::hours(1), Reading::IfUsedUp).await.unwrap();
    assert_eq!(fill(&mut later, &ada).0, 3, "its window is over");
}
