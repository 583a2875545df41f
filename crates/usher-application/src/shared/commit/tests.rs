use std::{
    cell::Cell,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    set_default_local_recorder,
};

use usher_domain::{Quota, QuotaKey};
use uuid::Uuid;

use super::*;
use crate::{
    ports::ledger::{MockLedger, Spending},
    shared::letter_jobs::letter_job,
    testing::{SequentialIds, TENANT, invitation, noon, tenant},
};

/// Why nothing was decided.
#[derive(Debug)]
enum Failure {
    Own,
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(it: StoreError) -> Self {
        Self::Store(it)
    }
}

#[tokio::test]
async fn a_use_case_succeeds_at_the_third_attempt_and_hears_of_each_conflict() {
    let ledger = losing(2);
    let heard = Mutex::new(Vec::new());
    let answer: Result<_, Failure> = commit(&ledger, "test", |conflicts| {
        let attempt = {
            let mut heard = heard.lock().unwrap();
            heard.push(conflicts);
            heard.len()
        };
        async move { Ok(Decision::Commit(changes(), attempt)) }
    })
    .await;
    assert_eq!(answer.unwrap(), 3);
    assert_eq!(heard.into_inner().unwrap(), [vec![], vec![conflict()], vec![conflict()]]);
}

#[tokio::test]
async fn a_use_case_that_loses_every_attempt_is_told_that_others_write_the_same() {
    let ledger = losing(ATTEMPTS);
    let decided = Cell::new(0);
    let answer: Result<(), Failure> = commit(&ledger, "test", |_| {
        decided.set(decided.get() + 1);
        async { Ok(Decision::Commit(changes(), ())) }
    })
    .await;
    assert!(matches!(answer, Err(Failure::Store(it)) if it.is_busy()));
    assert_eq!(decided.get(), ATTEMPTS);
}

#[tokio::test]
async fn an_error_of_the_use_case_ends_it_before_anything_is_written() {
    let answer: Result<(), _> =
        commit(&MockLedger::new(), "test", |_| async { Err(Failure::Own) }).await;
    assert!(matches!(answer, Err(Failure::Own)));
}

#[tokio::test]
async fn an_error_of_the_store_ends_it_and_is_not_a_conflict() {
    let mut ledger = MockLedger::new();
    ledger.expect_commit().once().returning(|_| Err(StoreError::new("disk full").into()));
    let answer: Result<(), Failure> =
        commit(&ledger, "test", |_| async { Ok(Decision::Commit(changes(), ())) }).await;
    assert!(matches!(answer, Err(Failure::Store(it)) if !it.is_busy()));
}

#[tokio::test]
async fn a_use_case_with_nothing_to_write_writes_nothing() {
    // A commit would panic here.
    let answer: Result<_, Failure> =
        commit(&MockLedger::new(), "test", |_| async { Ok(Decision::Done("answer")) }).await;
    assert_eq!(answer.unwrap(), "answer");
}

#[tokio::test]
async fn each_lost_commit_is_counted_by_its_use_case() {
    let counted = Counted::default();
    let _guard = set_default_local_recorder(&counted);
    let answer: Result<(), Failure> =
        commit(&losing(2), "test", |_| async { Ok(Decision::Commit(changes(), ())) }).await;
    answer.unwrap();
    let [(key, count)] = &counted.0.lock().unwrap()[..] else { panic!("one counter") };
    assert_eq!(key, r#"usher_lost_commits_total what="test""#);
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

/// Every counter that was touched, as text, and its value.
#[derive(Default)]
struct Counted(Mutex<Vec<(String, Arc<AtomicU64>)>>);

impl Recorder for Counted {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels = key.labels().map(|it| format!(" {}={:?}", it.key(), it.value()));
        let key = labels.fold(key.name().to_owned(), |it, label| it + &label);
        let mut counted = self.0.lock().unwrap();
        let count = match counted.iter().find(|it| it.0 == key) {
            Some((_, count)) => count.clone(),
            None => Arc::default(),
        };
        counted.retain(|it| it.0 != key);
        counted.push((key, count.clone()));
        Counter::from_arc(count)
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

fn changes() -> Changes {
    Changes { tenants: vec![tenant()], ..Changes::default() }
}

fn conflict() -> Conflict {
    Conflict::Tenant(TENANT)
}

/// Somebody else is first so many times.
fn losing(times: usize) -> MockLedger {
    let (mut ledger, mut lost) = (MockLedger::new(), 0);
    ledger.expect_commit().returning(move |it| {
        assert_eq!(*it, changes());
        lost += 1;
        if lost > times { Ok(()) } else { Err(CommitError::Conflict(vec![conflict()])) }
    });
    ledger
}

#[tokio::test]
async fn letters_that_nobody_counted_are_not_written() {
    let job = letter_job(&SequentialIds::default(), &invitation(1, "ada")).unwrap();
    let spending = |amount| {
        let (quota, key) = (Quota::Mailbox, QuotaKey(Uuid::nil()));
        Spending { tenant: TENANT, quota, key, amount, most: None, now: noon() }
    };
    for (letters, counted, is_written) in
        [(1, 1, true), (1, 0, false), (2, 1, false), (1, 2, false)]
    {
        let mut ledger = MockLedger::new();
        ledger.expect_commit().times(usize::from(is_written)).returning(|_| Ok(()));
        let changes = Changes {
            jobs: vec![job.clone(); letters],
            spent: vec![spending(counted)],
            ..Changes::default()
        };
        assert_eq!(write(&ledger, &changes).await.is_ok(), is_written);
    }
}
