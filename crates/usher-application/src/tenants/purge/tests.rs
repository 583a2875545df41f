use std::sync::Mutex;

use super::*;
use crate::{
    policy::{Policy, Retention},
    testing::{MockPorts, core, noon},
};

/// Purges with this retention on a store that has this many rows of each kind, and returns what it was
/// asked for.
async fn asked(
    retention: Retention,
    rows: u64,
    broken: Option<Purged>,
) -> (Vec<(Purged, TimeDelta)>, bool) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    let (seen, mut left) = (asked.clone(), Purged::ALL.map(|it| (it, rows)));
    ports.purges.expect_purge().returning(move |what, before, limit| {
        seen.lock().unwrap().push((what, noon() - before));
        if broken == Some(what) {
            return Err(StoreError::new("broken"));
        }
        let left = left.iter_mut().find(|(it, _)| *it == what).map(|(_, left)| left).unwrap();
        let gone = limit.min(*left);
        *left -= gone;
        Ok(gone)
    });
    let policy = Policy { retention, ..Policy::at("http://localhost") };
    let is_ok = PurgeOld::new(&core(&ports.into(), &policy)).run().await.is_ok();
    let asked = asked.lock().unwrap().clone();
    (asked, is_ok)
}

fn forever() -> Retention {
    let [sessions, invitations, deliveries, dead_jobs, audit, tasks] = [None; 6];
    Retention { sessions, invitations, deliveries, dead_jobs, audit, tasks }
}

#[tokio::test]
async fn each_kind_is_kept_as_long_as_the_operator_says() {
    let days = |it| Some(TimeDelta::days(it));
    let retention = Retention {
        sessions: days(1),
        invitations: days(2),
        deliveries: days(3),
        dead_jobs: days(4),
        audit: days(5),
        tasks: days(6),
    };
    let over = [Purged::Attempts, Purged::Counts].map(|it| (it, TimeDelta::zero()));
    let kept = Purged::ALL.into_iter().zip(1..=5).map(|(it, n)| (it, TimeDelta::days(n)));
    assert_eq!(asked(retention, 0, None).await, (kept.chain(over).collect(), true));
    assert_eq!(asked(forever(), 0, None).await, (over.to_vec(), true), "what counts no more goes");
}

#[tokio::test]
async fn slices_follow_each_other_until_one_is_not_full() {
    let retention = Retention { sessions: Some(TimeDelta::days(1)), ..forever() };
    for (rows, slices) in [(0, 1), (999, 1), (1_000, 2), (2_001, 3)] {
        let (asked, _) = asked(retention, rows, None).await;
        let of_sessions = asked.iter().filter(|(it, _)| *it == Purged::Sessions);
        assert_eq!(of_sessions.count(), slices, "{rows}");
    }
}

#[tokio::test]
async fn what_cannot_be_purged_keeps_nothing_else_from_it() {
    let retention = Retention { audit: Some(TimeDelta::days(1)), ..Retention::default() };
    let (asked, is_ok) = asked(retention, 0, Some(Purged::Sessions)).await;
    assert_eq!(asked.iter().map(|(it, _)| *it).collect::<Vec<_>>(), Purged::ALL);
    assert!(!is_ok);
}
