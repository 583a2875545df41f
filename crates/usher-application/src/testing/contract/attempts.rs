//! Attempts count at once, whoever makes them, and their records are bounded and forgotten.

use chrono::TimeDelta;
use futures_util::future::join_all;
use usher_domain::{Allowance, AttemptRecord, Counter};

use crate::{
    ports::{
        attempts::{Attempts, Counted, CountedAttempt},
        purges::{Purged, Purges},
    },
    testing::{
        TENANT,
        contract::{OTHER, seconds},
        noon,
    },
};

fn counter(n: u32) -> Counter {
    // Keys are digests: spread evenly.
    let key = n.wrapping_mul(0x9e37_79b1).to_be_bytes().repeat(8);
    Counter { key, allowance: Allowance::NAME }
}

async fn attempt(store: &impl Attempts, n: u32, second: i64) -> CountedAttempt {
    match store.count(TENANT, &[counter(n)], seconds(second)).await.unwrap() {
        Counted::Attempt(counted) => counted[0].clone(),
        Counted::Wait(wait) => panic!("must wait {wait}"),
    }
}

async fn wait(store: &impl Attempts, n: u32, second: i64) -> i64 {
    match store.count(TENANT, &[counter(n)], seconds(second)).await.unwrap() {
        Counted::Attempt(_) => 0,
        Counted::Wait(wait) => wait.num_seconds(),
    }
}

pub async fn attempts_count_one_after_the_other_and_then_wait(store: impl Attempts) {
    let mut before = AttemptRecord::default();
    for n in 1..=5 {
        let it = attempt(&store, 1, 0).await;
        assert_eq!((it.before, it.after.failures), (before, n));
        assert_eq!(it.after, before.attempted(noon(), Allowance::NAME).unwrap());
        before = it.after;
    }
    // What is refused does not count.
    for (second, left) in [(0, 2), (0, 2), (1, 1), (2, 0), (2, 4)] {
        assert_eq!(wait(&store, 1, second).await, left);
    }
    assert_eq!(wait(&store, 2, 0).await, 0);
}

pub async fn of_many_attempts_at_once_those_wait_that_come_after_the_free_ones(
    store: impl Attempts,
) {
    for n in 0..5 {
        let guesses = (0..48).map(|_| wait(&store, n, 0));
        let waits = join_all(guesses).await;
        assert_eq!(waits.iter().filter(|it| **it == 0).count(), 5);
    }
}

pub async fn of_several_counters_all_count_or_none(store: impl Attempts) {
    for _ in 0..5 {
        attempt(&store, 1, 0).await;
    }
    let both = [counter(2), counter(1)];
    let refused = store.count(TENANT, &both, noon()).await.unwrap();
    assert_eq!(refused, Counted::Wait(TimeDelta::seconds(2)));
    assert_eq!(attempt(&store, 2, 0).await.before, AttemptRecord::default());
    let Counted::Attempt(counted) = store.count(TENANT, &both, seconds(2)).await.unwrap() else {
        panic!("must wait")
    };
    let seen: Vec<_> = counted.iter().map(|it| (&it.counter, it.after.failures)).collect();
    assert_eq!(seen, [(&both[0], 2), (&both[1], 6)]);
    // In whatever order, at the same time.
    let (there, back) = ([counter(8), counter(9)], [counter(9), counter(8)]);
    let calls = (0..20).map(|it| {
        let counters = if it % 2 == 0 { &there } else { &back };
        store.count(TENANT, counters, noon())
    });
    let outcomes = join_all(calls).await;
    let is_counted = |it: &&Result<Counted, _>| matches!(it, Ok(Counted::Attempt(_)));
    assert_eq!(outcomes.iter().filter(is_counted).count(), 5);
    assert!(outcomes.iter().all(Result::is_ok));
}

pub async fn a_right_attempt_is_taken_back(store: impl Attempts) {
    for _ in 0..3 {
        attempt(&store, 1, 0).await;
    }
    // To what there was before, and to nothing.
    let fourth = attempt(&store, 1, 7).await;
    store.take_back(TENANT, &fourth, fourth.before).await.unwrap();
    let again = attempt(&store, 1, 9).await;
    assert_eq!(again.before, fourth.before);
    store.take_back(TENANT, &again, AttemptRecord::default()).await.unwrap();
    assert_eq!(attempt(&store, 1, 9).await.before, AttemptRecord::default());
}

pub async fn where_others_have_counted_on_one_attempt_alone_is_taken_back(store: impl Attempts) {
    let first = attempt(&store, 1, 0).await;
    attempt(&store, 1, 1).await;
    store.take_back(TENANT, &first, AttemptRecord::default()).await.unwrap();
    let third = attempt(&store, 1, 2).await;
    assert_eq!((third.before.failures, third.after.failures), (1, 2));
    // Nor does a record come back that is gone.
    let only = attempt(&store, 2, 0).await;
    store.take_back(TENANT, &only, AttemptRecord::default()).await.unwrap();
    store.take_back(TENANT, &only, only.after).await.unwrap();
    assert_eq!(attempt(&store, 2, 0).await.before, AttemptRecord::default());
}

pub async fn what_is_forgiven_is_purged_and_nothing_else(store: impl Attempts + Purges) {
    for n in 0..5 {
        attempt(&store, n, 0).await;
    }
    for _ in 0..2 {
        attempt(&store, 9, 0).await;
    }
    let over = noon() + Allowance::NAME.pause;
    let purge = |before, limit| store.purge(Purged::Attempts, before, limit);
    assert_eq!(purge(over, 100).await.unwrap(), 0);
    let after = over + TimeDelta::microseconds(1);
    assert_eq!(purge(after, 3).await.unwrap(), 3);
    assert_eq!(purge(after, 3).await.unwrap(), 2);
    assert_eq!(purge(after, 3).await.unwrap(), 0);
    assert_eq!(attempt(&store, 9, 1).await.before.failures, 2);
    assert_eq!(attempt(&store, 0, 1).await.before.failures, 0);
}

pub async fn a_flood_of_names_forgets_those_that_would_be_forgiven_soonest(
    store: impl Attempts + Purges,
) {
    // All of these are in one part of the table, which has room for 32.
    let near = |n: u8| Counter { key: [[0xab; 31].as_slice(), &[n]].concat(), ..counter(0) };
    let count_in = async |tenant, n: u8, second| {
        let counted = store.count(tenant, &[near(n)], seconds(second)).await.unwrap();
        match counted {
            Counted::Attempt(counted) => counted[0].before.failures,
            Counted::Wait(wait) => panic!("must wait {wait}"),
        }
    };
    let count = async |n, second| count_in(TENANT, n, second).await;
    count_in(OTHER, 1, 0).await;
    let far = [Counter { key: vec![0xff; 32], ..counter(0) }];
    store.count(TENANT, &far, noon()).await.unwrap();
    for _ in 0..3 {
        count(0, 0).await;
    }
    for n in 1..=200 {
        assert_eq!(count(n, n.into()).await, 0);
    }
    // Whoever has failed more often is not washed away, nor are those that came last.
    assert_eq!(count(0, 201).await, 3);
    assert_eq!(count(200, 201).await, 1);
    assert_eq!(count(1, 201).await, 0);
    assert_eq!(count_in(OTHER, 1, 201).await, 1, "a flood in one tenant washes away another's");
    let Counted::Attempt(of_far) = store.count(TENANT, &far, seconds(201)).await.unwrap() else {
        panic!("must wait")
    };
    assert_eq!(of_far[0].before.failures, 1, "a flood in one part washes away what is in another");
    let kept = store.purge(Purged::Attempts, noon() + TimeDelta::days(1), 1_000).await.unwrap();
    assert!((32..=34).contains(&kept), "{kept}");
}

pub async fn a_tenant_never_counts_for_another(store: impl Attempts) {
    for _ in 0..5 {
        attempt(&store, 1, 0).await;
    }
    assert_eq!(wait(&store, 1, 0).await, 2);
    let elsewhere = store.count(OTHER, &[counter(1)], noon()).await.unwrap();
    let Counted::Attempt(counted) = elsewhere else { panic!("must wait") };
    assert_eq!(counted[0].before, AttemptRecord::default());
    store.take_back(OTHER, &counted[0], AttemptRecord::default()).await.unwrap();
    assert_eq!(wait(&store, 1, 0).await, 2);
    // Nor where what is taken back is the same in both.
    let (here, there) =
        (attempt(&store, 2, 0).await, store.count(OTHER, &[counter(2)], noon()).await);
    assert_eq!(there.unwrap(), Counted::Attempt(vec![here.clone()]));
    store.take_back(OTHER, &here, AttemptRecord::default()).await.unwrap();
    assert_eq!(attempt(&store, 2, 0).await.before, here.after);
    // Neither does it where others have counted since, so that one alone is taken back.
    for _ in 0..2 {
        store.count(OTHER, &[counter(1)], noon()).await.unwrap();
    }
    store.take_back(OTHER, &counted[0], AttemptRecord::default()).await.unwrap();
    assert_eq!(attempt(&store, 1, 2).await.before.failures, 5);
}
