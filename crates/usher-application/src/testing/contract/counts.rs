//! What a store must do as [`Counts`], and as a [`Ledger`] that counts.

use chrono::TimeDelta;
use futures_util::future::join_all;
use usher_domain::{Quota, QuotaCount, QuotaKey, TenantId};
use uuid::Uuid;

use crate::{
    ports::{
        counts::Counts,
        ledger::{Changes, CommitError, Conflict, Ledger, Spending},
        purges::{Purged, Purges},
    },
    testing::{
        TENANT,
        contract::{OTHER, commit, invited, seconds},
        user,
    },
};

fn key(n: u128) -> QuotaKey {
    QuotaKey(Uuid::from_u128(n))
}

/// So much more under the key of this number, `at` seconds after noon, where there may be ten.
fn spending(n: u128, amount: u32, at: i64) -> Spending {
    let (tenant, now) = (TENANT, seconds(at));
    Spending { tenant, quota: Quota::Mailbox, key: key(n), amount, most: Some(10), now }
}

fn spent(all: impl IntoIterator<Item = Spending>) -> Changes {
    Changes { spent: all.into_iter().collect(), ..Changes::default() }
}

async fn counted(store: &impl Counts, n: u128, at: i64) -> Option<QuotaCount> {
    store.counted(TENANT, &[key(n)], seconds(at)).await.unwrap().pop().flatten()
}

async fn is_refused(store: &impl Ledger, changes: &Changes, n: u128) -> bool {
    match store.commit(changes).await {
        Ok(()) => false,
        Err(CommitError::Conflict(met)) => {
            assert_eq!(met, [Conflict::Quota(key(n))]);
            true
        }
        Err(CommitError::Store(error)) => panic!("{error}"),
    }
}

pub async fn what_is_spent_adds_up_until_the_window_ends(store: impl Ledger + Counts) {
    commit(&store, spent([spending(1, 3, 0), spending(2, 1, 0)])).await;
    commit(&store, spent([spending(1, 4, 60)])).await;
    let until = seconds(3600);
    assert_eq!(counted(&store, 1, 60).await, Some(QuotaCount { spent: 7, until }));
    let both = store.counted(TENANT, &[key(2), key(9), key(1)], seconds(3599)).await.unwrap();
    assert_eq!(
        both.iter().map(|it| it.map(|it| it.spent)).collect::<Vec<_>>(),
        [Some(1), None, Some(7)]
    );
    assert_eq!(counted(&store, 1, 3600).await, None);
    commit(&store, spent([spending(1, 10, 3600)])).await;
    let next = QuotaCount { spent: 10, until: seconds(7200) };
    assert_eq!(counted(&store, 1, 3601).await, Some(next));
}

pub async fn what_is_too_much_is_not_written_and_neither_is_anything_with_it(
    store: impl Ledger + Counts,
) {
    commit(&store, spent([spending(1, 9, 0)])).await;
    let more = spent([spending(1, 1, 1), spending(2, 5, 1)]);
    let too_much = spent([spending(1, 2, 1), spending(2, 5, 1)]);
    assert!(is_refused(&store, &too_much, 1).await);
    assert_eq!(counted(&store, 2, 1).await, None);
    assert!(!is_refused(&store, &more, 1).await);
    assert!(is_refused(&store, &spent([spending(1, 1, 2)]), 1).await);
    assert!(is_refused(&store, &spent([spending(3, 11, 2)]), 3).await);
    assert!(!is_refused(&store, &spent([spending(1, 1, 3600)]), 1).await);
}

pub async fn what_has_no_bound_is_not_stored(store: impl Ledger + Counts) {
    commit(&store, spent([Spending { most: None, ..spending(1, 1_000, 0) }])).await;
    assert_eq!(counted(&store, 1, 0).await, None);
}

pub async fn of_many_who_spend_at_once_as_many_do_as_there_may_be(store: impl Ledger + Counts) {
    // Each has another row, too, and names the keys in another order.
    let one = |n: u32| {
        let wide = Spending { quota: Quota::Tenant, ..spending(2, 1, 0) };
        let mut all = vec![spending(1, 1, 0), wide, spending(u128::from(n) + 9, 1, 0)];
        all.rotate_left(n as usize % 3);
        Changes { users: vec![user(&format!("u{n}"))], ..spent(all) }
    };
    let all: Vec<_> = (0..40).map(one).collect();
    let outcomes = join_all(all.iter().map(|it| store.commit(it))).await;
    assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), 10);
    let lost = outcomes.into_iter().filter_map(Result::err);
    for it in lost {
        assert!(matches!(it, CommitError::Conflict(met) if met.contains(&Conflict::Quota(key(1)))));
    }
    for n in [1, 2] {
        assert_eq!(counted(&store, n, 0).await.unwrap().spent, 10);
    }
}

pub async fn whoever_meets_a_conflict_spends_nothing(store: impl Ledger + Counts) {
    for (n, quota) in (1..).zip(Quota::ALL) {
        let of = |amount| Spending { quota: *quota, ..spending(n, amount, 0) };
        let changes = |amount| Changes { invitations: vec![invited(n)], ..spent([of(amount)]) };
        commit(&store, changes(2)).await;
        for _ in 0..3 {
            assert!(matches!(store.commit(&changes(3)).await, Err(CommitError::Conflict(_))));
        }
        assert_eq!(counted(&store, n, 0).await.unwrap().spent, 2, "{quota:?}");
        assert!(!is_refused(&store, &spent([of(8)]), n).await);
        assert!(is_refused(&store, &spent([of(1)]), n).await);
        assert_eq!(counted(&store, n, 0).await.unwrap().spent, 10, "{quota:?}");
    }
}

pub async fn who_spends_too_much_takes_nobody_along(store: impl Ledger + Counts) {
    let fine: Vec<_> = (1..=8)
        .map(|n| Changes { invitations: vec![invited(n)], ..spent([spending(n, 1, 0)]) })
        .collect();
    let greedy = spent([spending(9, 11, 0)]);
    let (outcomes, refused) =
        tokio::join!(join_all(fine.iter().map(|it| store.commit(it))), store.commit(&greedy));
    assert!(outcomes.iter().all(Result::is_ok));
    assert!(refused.is_err());
}

pub async fn many_are_counted_in_one_commit(store: impl Ledger + Counts) {
    let all = |amount| spent((1..=5_000).map(move |n| spending(n, amount, 0)));
    commit(&store, all(4)).await;
    commit(&store, all(6)).await;
    let keys: Vec<_> = (1..=5_000).map(key).collect();
    let found = store.counted(TENANT, &keys, seconds(0)).await.unwrap();
    assert_eq!(found.iter().flatten().filter(|it| it.spent == 10).count(), 5_000);
}

pub async fn what_is_over_is_purged_and_nothing_else(store: impl Ledger + Counts + Purges) {
    commit(&store, spent([spending(1, 1, 0), spending(2, 1, 1), spending(3, 1, 2)])).await;
    let daily = Spending { quota: Quota::Caller, ..spending(4, 1, 0) };
    commit(&store, spent([daily])).await;
    let purge = |before, limit| store.purge(Purged::Counts, seconds(before), limit);
    assert_eq!(purge(3600, 10).await.unwrap(), 0);
    assert_eq!(purge(3602, 1).await.unwrap(), 1);
    assert_eq!(purge(3602, 10).await.unwrap(), 1);
    assert_eq!(counted(&store, 3, 3601).await.unwrap().spent, 1);
    assert_eq!(counted(&store, 4, 3601).await.unwrap().spent, 1);
}

pub async fn a_tenant_never_counts_for_another(store: impl Ledger + Counts) {
    let theirs = |tenant: TenantId| spent([Spending { tenant, ..spending(1, 10, 0) }]);
    commit(&store, theirs(OTHER)).await;
    assert_eq!(counted(&store, 1, 0).await, None);
    commit(&store, theirs(TENANT)).await;
    let later = seconds(0) + TimeDelta::minutes(1);
    assert_eq!(store.counted(OTHER, &[key(1)], later).await.unwrap()[0].unwrap().spent, 10);
}
