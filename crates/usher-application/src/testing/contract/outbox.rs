//! Jobs are claimed by one worker at a time until they are settled.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use usher_domain::{
    Delivery, DeliveryId, DeliveryOutcome, Job, JobId, JobKind, Lane, Matter, TenantId,
};
use uuid::Uuid;

use crate::{
    ports::{
        invitations::Invitations,
        ledger::{Changes, Ledger},
        outbox::{Outbox, Settlement, Verdict},
    },
    testing::{
        TENANT,
        contract::{OTHER, commit, id, invite, invited, job, job_id, minute, run, seconds},
        noon,
    },
};

fn jobs(jobs: Vec<Job>) -> Changes {
    Changes { jobs, ..Changes::default() }
}

fn ids(jobs: &[Job]) -> Vec<JobId> {
    jobs.iter().map(|it| it.id).collect()
}

fn settlement(job: &Job, verdict: Verdict) -> Settlement {
    Settlement { job: job.clone(), verdict, delivery: None }
}

fn delivery(n: u128) -> Delivery {
    Delivery {
        id: DeliveryId(Uuid::from_u128(n)),
        tenant: TENANT,
        matter: Matter::Invitation(id(1)),
        letter: 1,
        attempt: 1,
        at: noon(),
        outcome: DeliveryOutcome::Deferred,
        answer: "451 4.3.0 später — 後で".to_owned(),
    }
}

pub async fn every_kind_of_job_round_trips(store: impl Ledger + Outbox) {
    let of = |word, number| JobKind::from_parts(word, Uuid::from_u128(0xabc), number).unwrap();
    let kinds = JobKind::WORDS.iter().flat_map(|word| [of(word, 0), of(word, u32::MAX)]);
    let all: Vec<_> = (1..).zip(kinds).map(|(n, kind)| Job { kind, ..job(n) }).collect();
    commit(&store, jobs(all.clone())).await;
    let limit = all.len() as u64;
    let claim = async |lane| store.claim(lane, noon(), minute(), limit).await.unwrap();
    let found = [claim(Lane::Letters).await, claim(Lane::Tasks).await].concat();
    let claimed = |it| Job { attempts: 1, due_at: seconds(60), ..it };
    let expected: Vec<_> = all.into_iter().map(claimed).collect();
    assert_eq!(found, expected);
}

pub async fn the_longest_due_are_claimed_first(store: impl Ledger + Outbox) {
    let due = |n, at| Job { due_at: seconds(at), ..job(n) };
    let theirs = Job { tenant: OTHER, ..due(4, -5) };
    commit(&store, jobs(vec![due(1, -1), due(2, -3), due(3, -2), theirs, due(5, -2), due(6, 9)]))
        .await;
    let first = store.claim(Lane::Letters, noon(), minute(), 3).await.unwrap();
    assert_eq!(ids(&first), [4, 2, 3].map(job_id));
    let second = store.claim(Lane::Letters, noon(), minute(), 3).await.unwrap();
    assert_eq!(ids(&second), [5, 1].map(job_id));
    assert_eq!((first[0].tenant, first[0].kind), (OTHER, job(4).kind));
    assert_eq!(store.claim(Lane::Letters, noon(), minute(), 0).await.unwrap(), []);
}

/// A tenant of its own for each number; [`TENANT`] is none of them.
fn tenant(n: u128) -> TenantId {
    TenantId(Uuid::from_u128(0xab << 64 | n))
}

fn of(n: u128, owner: TenantId, at: i64) -> Job {
    Job { tenant: owner, due_at: seconds(at), ..job(n) }
}

pub async fn tenants_take_turns(store: impl Ledger + Outbox) {
    let [a, b, c] = [1, 2, 3].map(tenant);
    let all = vec![
        // Of one many, and they wait the longest.
        of(14, a, -50),
        of(11, a, -53),
        of(12, a, -52),
        of(13, a, -51),
        of(21, b, -29),
        of(22, b, -27),
        of(23, b, -25),
        of(31, c, -8),
        of(32, c, -7),
        of(99, c, 1),
    ];
    commit(&store, jobs(all)).await;
    let claim = async |limit| {
        let found = store.claim(Lane::Letters, noon(), minute(), limit).await.unwrap();
        ids(&found)
    };
    assert_eq!(claim(2).await, [11, 21].map(job_id));
    // One who had a turn before has one again: nobody keeps a list.
    assert_eq!(claim(4).await, [12, 22, 31, 13].map(job_id));
    assert_eq!(claim(5).await, [14, 23, 32].map(job_id));
    assert_eq!(claim(5).await, []);
}

pub async fn who_has_little_does_not_wait_for_who_has_much(store: impl Ledger + Outbox) {
    let much = (1..=5_000).map(|n| of(n, TENANT, -100));
    let little = (6_001..=6_003).map(|n| of(n, OTHER, -1));
    commit(&store, jobs(much.chain(little).collect())).await;
    let begin = Instant::now();
    let found = store.claim(Lane::Letters, noon(), minute(), 100).await.unwrap();
    let expected = [1, 6_001, 2, 6_002, 3, 6_003].into_iter().chain(4..=97);
    assert_eq!(ids(&found), expected.map(job_id).collect::<Vec<_>>());
    // What is left of the share of the one is the other's.
    let found = store.claim(Lane::Letters, noon(), minute(), 100).await.unwrap();
    assert_eq!(ids(&found), (98..=197).map(job_id).collect::<Vec<_>>());
    assert!(begin.elapsed() < Duration::from_secs(5), "it read all there is");
}

pub async fn of_many_tenants_those_who_waited_longest_come_first(store: impl Ledger + Outbox) {
    // Three of each; whose id is the lowest has waited the shortest time.
    let all = (1..=300).flat_map(|n| {
        let at = -1_000 - i64::try_from(n).unwrap();
        (0..3).map(move |it| of(1_000 * it + n, tenant(n), at + 500 * i64::try_from(it).unwrap()))
    });
    commit(&store, jobs(all.collect())).await;
    let claim = async |limit| {
        let found = store.claim(Lane::Letters, noon(), minute(), limit).await.unwrap();
        ids(&found)
    };
    let expected = |turn: u128, from: u128, to: u128| {
        (to..=from).rev().map(move |n| job_id(1_000 * turn + n)).collect::<Vec<_>>()
    };
    assert_eq!(claim(100).await, expected(0, 300, 201));
    // Those who had no turn have waited longer than anybody's second job.
    assert_eq!(claim(250).await, [expected(0, 200, 1), expected(1, 300, 251)].concat());
    let rest = claim(1_000).await;
    assert_eq!(rest.len(), 550);
    assert_eq!(claim(1_000).await, []);
}

pub async fn lanes_do_not_meet(store: impl Ledger + Outbox) {
    let letter = |n, at| Job { due_at: seconds(at), ..job(n) };
    let slice = |n, at| Job { due_at: seconds(at), ..run(n) };
    commit(&store, jobs(vec![letter(1, -9), slice(2, -5), letter(3, 7), slice(4, 8)])).await;
    let due = async |lane| store.next_due(lane).await.unwrap();
    assert_eq!(due(Lane::Letters).await, Some(seconds(-9)));
    assert_eq!(due(Lane::Tasks).await, Some(seconds(-5)));
    let claim = async |lane| ids(&store.claim(lane, noon(), minute(), 9).await.unwrap());
    assert_eq!(claim(Lane::Tasks).await, [job_id(2)]);
    assert_eq!(claim(Lane::Tasks).await, []);
    assert_eq!(due(Lane::Letters).await, Some(seconds(-9)));
    assert_eq!(due(Lane::Tasks).await, Some(seconds(8)));
    assert_eq!(claim(Lane::Letters).await, [job_id(1)]);
    assert_eq!(due(Lane::Letters).await, Some(seconds(7)));
    // A lane that is full keeps nobody from the other one.
    commit(&store, jobs((1_000..3_000).map(job).collect())).await;
    commit(&store, jobs(vec![run(5)])).await;
    assert_eq!(claim(Lane::Tasks).await, [job_id(5)]);
    // Nor do those who wait there for longer take a turn in it, whatever their ids.
    let low = |n: u128| TenantId(Uuid::from_u128(n - 5_000));
    let crowd = (5_001..=5_009)
        .flat_map(|n| [(n, low(n)), (n + 1_000, tenant(n))])
        .map(|(n, owner)| Job { tenant: owner, ..slice(n, -99) });
    let alone = Job { tenant: tenant(5_005), ..letter(6, -1) };
    commit(&store, jobs(crowd.chain([alone]).collect())).await;
    let found = store.claim(Lane::Letters, noon(), minute(), 1).await.unwrap();
    assert_eq!(ids(&found), [job_id(6)]);
    let found = store.claim(Lane::Tasks, noon(), minute(), 99).await.unwrap();
    assert_eq!(found.len(), 18);
}

pub async fn a_claimed_job_is_hidden_until_its_lease_ends(store: impl Ledger + Outbox) {
    commit(&store, invite(1)).await;
    let first = store.claim(Lane::Letters, noon(), minute(), 10).await.unwrap();
    assert_eq!((first.len(), first[0].attempts), (1, 1));
    assert_eq!(store.claim(Lane::Letters, seconds(59), minute(), 10).await.unwrap(), []);
    let again = store.claim(Lane::Letters, seconds(60), minute(), 10).await.unwrap();
    assert_eq!((again.len(), again[0].attempts), (1, 2));
}

pub async fn a_job_is_due_to_the_microsecond(store: impl Ledger + Outbox) {
    let micro = |n| noon() + TimeDelta::microseconds(n);
    let all = [0, 1, 500_000, 999_999, 1_000_000];
    let due = (1..).zip(all).map(|(n, at)| Job { due_at: micro(at), ..job(n) });
    commit(&store, jobs(due.collect())).await;
    assert_eq!(store.claim(Lane::Letters, micro(-1), minute(), 10).await.unwrap(), []);
    for (n, at) in (1..).zip(all) {
        assert_eq!(store.next_due(Lane::Letters).await.unwrap(), Some(micro(at)));
        let claimed = store.claim(Lane::Letters, micro(at), minute(), 10).await.unwrap();
        assert_eq!(ids(&claimed), [job_id(n)]);
    }
}

pub async fn claims_do_not_overlap(store: impl Ledger + Outbox) {
    const JOBS: u128 = 3_000;
    // Enough for the race to go on when the last worker has joined it.
    commit(&store, jobs((1..=JOBS).map(job).collect())).await;
    let worker = async || {
        let mut mine = Vec::new();
        for _ in 0..JOBS {
            let claimed = store.claim(Lane::Letters, noon(), minute(), 10).await.unwrap();
            if claimed.is_empty() {
                break;
            }
            mine.extend(ids(&claimed));
        }
        mine
    };
    let (a, b, c, d) = tokio::join!(worker(), worker(), worker(), worker());
    let mut claimed = [a, b, c, d].concat();
    claimed.sort_unstable();
    let expected: Vec<_> = (1..=JOBS).map(job_id).collect();
    assert!(claimed == expected, "every job once, and once only");
}

pub async fn settled_jobs_never_come_back(store: impl Ledger + Outbox) {
    commit(&store, jobs((1..=3).map(job).collect())).await;
    let claimed = store.claim(Lane::Letters, noon(), minute(), 10).await.unwrap();
    let later = seconds(3600);
    let verdicts = [
        Verdict::Done,
        Verdict::Dead { why: "550 5.1.1 kein Empfänger".to_owned() },
        Verdict::Retry { at: later },
    ];
    let all: Vec<_> =
        claimed.iter().zip(verdicts).map(|(job, verdict)| settlement(job, verdict)).collect();
    store.settle(&all).await.unwrap();
    store.settle(&[]).await.unwrap();
    assert_eq!(store.claim(Lane::Letters, later - minute(), minute(), 10).await.unwrap(), []);
    let left = store.claim(Lane::Letters, later, minute(), 10).await.unwrap();
    assert_eq!(ids(&left), [claimed[2].id]);
    assert_eq!(left[0].attempts, 2);
}

pub async fn a_late_verdict_is_ignored_but_its_delivery_is_kept(
    store: impl Ledger + Outbox + Invitations,
) {
    commit(&store, invite(1)).await;
    let dead = Verdict::Dead { why: "late".to_owned() };
    let retry = Verdict::Retry { at: seconds(9000) };
    for (n, (late, verdict)) in (0..).zip([(1, Verdict::Done), (2, dead), (3, retry)]) {
        let slow = store.claim(Lane::Letters, seconds(n * 60), minute(), 1).await.unwrap();
        let quick = store.claim(Lane::Letters, seconds((n + 1) * 60), minute(), 1).await.unwrap();
        let late = Settlement { delivery: Some(delivery(late)), ..settlement(&slow[0], verdict) };
        store.settle(&[late]).await.unwrap();
        let lease = Some(seconds((n + 2) * 60));
        assert_eq!(
            store.next_due(Lane::Letters).await.unwrap(),
            lease,
            "the slow worker was heard"
        );
        let back = Verdict::Retry { at: seconds((n + 1) * 60) };
        store.settle(&[settlement(&quick[0], back)]).await.unwrap();
    }
    let left = store.claim(Lane::Letters, seconds(180), minute(), 1).await.unwrap();
    assert_eq!(left.len(), 1, "the slow worker's verdict took the job from the quick one");
    let kept = store.deliveries(TENANT, id(1)).await.unwrap();
    assert_eq!(kept, [1, 2, 3].map(delivery));
}

pub async fn dead_jobs_are_never_due(store: impl Ledger + Outbox) {
    commit(&store, jobs(vec![job(1)])).await;
    let claimed = store.claim(Lane::Letters, noon(), minute(), 1).await.unwrap();
    let dead = Verdict::Dead { why: "no".to_owned() };
    store.settle(&[settlement(&claimed[0], dead)]).await.unwrap();
    assert_eq!(store.next_due(Lane::Letters).await.unwrap(), None);
    assert_eq!(store.claim(Lane::Letters, seconds(999_999), minute(), 1).await.unwrap(), []);
    // It is kept: its id is taken.
    assert!(store.commit(&jobs(vec![job(1)])).await.is_err());
}

pub async fn tenants_with_dead_jobs_alone_hold_up_nobody(store: impl Ledger + Outbox) {
    // Tenants are looked for in the order of their ids: one before and one after whose job lives.
    commit(&store, jobs(vec![of(1, tenant(1), 0), of(2, tenant(3), 0)])).await;
    let claimed = store.claim(Lane::Letters, noon(), minute(), 2).await.unwrap();
    let dead = |it| settlement(it, Verdict::Dead { why: "no".to_owned() });
    store.settle(&claimed.iter().map(dead).collect::<Vec<_>>()).await.unwrap();
    commit(&store, jobs(vec![of(3, tenant(2), 90)])).await;
    let claimed = store.claim(Lane::Letters, seconds(100), minute(), 1).await.unwrap();
    assert_eq!(ids(&claimed), [job_id(3)]);
}

pub async fn settling_twice_changes_nothing(store: impl Ledger + Outbox + Invitations) {
    commit(&store, jobs(vec![job(1), job(2)])).await;
    let claimed = store.claim(Lane::Letters, noon(), minute(), 10).await.unwrap();
    let all = [
        Settlement { delivery: Some(delivery(1)), ..settlement(&claimed[0], Verdict::Done) },
        settlement(&claimed[1], Verdict::Retry { at: seconds(120) }),
    ];
    for _ in 0..2 {
        store.settle(&all).await.unwrap();
    }
    assert_eq!(store.deliveries(TENANT, id(1)).await.unwrap(), [delivery(1)]);
    assert_eq!(store.next_due(Lane::Letters).await.unwrap(), Some(seconds(120)));
}

pub async fn many_jobs_are_settled_at_once(store: impl Ledger + Outbox + Invitations) {
    commit(&store, jobs((1..=5_000).map(job).collect())).await;
    let claimed = store.claim(Lane::Letters, noon(), minute(), u64::MAX).await.unwrap();
    assert_eq!(claimed.len(), 5_000);
    let all: Vec<_> = (1..)
        .zip(&claimed)
        .map(|(n, it)| Settlement {
            delivery: Some(delivery(n)),
            ..settlement(
                it,
                if n % 2 == 0 { Verdict::Done } else { Verdict::Retry { at: seconds(60) } },
            )
        })
        .collect();
    store.settle(&all).await.unwrap();
    assert_eq!(store.deliveries(TENANT, id(1)).await.unwrap().len(), 5_000);
    let left = store.claim(Lane::Letters, seconds(60), minute(), u64::MAX).await.unwrap();
    let expected: Vec<_> = (1..=5_000).step_by(2).map(job_id).collect();
    assert_eq!(ids(&left), expected);
}

pub async fn the_next_due_time_is_told(store: impl Ledger + Outbox) {
    assert_eq!(store.next_due(Lane::Letters).await.unwrap(), None);
    let due = |n, at| Job { due_at: seconds(at), ..job(n) };
    commit(&store, jobs(vec![due(1, 50), due(2, 20), due(3, 90)])).await;
    assert_eq!(store.next_due(Lane::Letters).await.unwrap(), Some(seconds(20)));
    store.claim(Lane::Letters, seconds(20), TimeDelta::seconds(100), 10).await.unwrap();
    assert_eq!(store.next_due(Lane::Letters).await.unwrap(), Some(seconds(50)));
    store.claim(Lane::Letters, seconds(500), minute(), 10).await.unwrap();
    assert_eq!(
        store.next_due(Lane::Letters).await.unwrap(),
        Some(seconds(560)),
        "the end of the lease"
    );
}

pub async fn a_commit_with_jobs_is_news(store: impl Ledger + Outbox) {
    const LONG: Duration = Duration::from_secs(30);
    let begin = Instant::now();
    // What came before the call counts.
    commit(&store, invite(1)).await;
    store.news(Lane::Letters, LONG).await;
    // What comes during the call counts as well. The first calls may still hear of the first
    // commit, by another way.
    for _ in 0..3 {
        store.news(Lane::Letters, Duration::from_millis(300)).await;
    }
    let mut news = pin!(store.news(Lane::Letters, LONG));
    tokio::select! {
        () = &mut news => panic!("news of nothing"),
        () = tokio::time::sleep(Duration::from_millis(100)) => {}
    }
    let second = invite(2);
    let (outcome, ()) = tokio::join!(store.commit(&second), news);
    outcome.unwrap();
    assert!(begin.elapsed() < LONG, "somebody waited for nothing");
}

pub async fn a_commit_without_jobs_is_no_news(store: impl Ledger + Outbox) {
    for _ in 0..3 {
        store.news(Lane::Letters, Duration::from_millis(300)).await;
    }
    commit(&store, Changes { invitations: vec![invited(1)], ..Changes::default() }).await;
    let begin = Instant::now();
    store.news(Lane::Letters, Duration::from_millis(200)).await;
    assert!(begin.elapsed() >= Duration::from_millis(190));
}

pub async fn each_lane_has_its_own_news(store: impl Ledger + Outbox) {
    const LONG: Duration = Duration::from_secs(30);
    const SHORT: Duration = Duration::from_millis(300);
    let waited = async |lane, patience| {
        let begin = Instant::now();
        store.news(lane, patience).await;
        begin.elapsed() + Duration::from_millis(10) >= patience
    };
    // Whoever begins to listen may hear of that.
    for _ in 0..3 {
        tokio::join!(store.news(Lane::Letters, SHORT), store.news(Lane::Tasks, SHORT));
    }
    let quiet = async |lane| {
        // A commit may be told of twice, here and by way of the database.
        for _ in 0..3 {
            store.news(lane, SHORT).await;
        }
    };
    commit(&store, jobs(vec![run(1)])).await;
    assert!(waited(Lane::Letters, SHORT).await, "a task is no letter");
    assert!(!waited(Lane::Tasks, LONG).await);
    quiet(Lane::Tasks).await;
    commit(&store, jobs(vec![job(2)])).await;
    assert!(waited(Lane::Tasks, SHORT).await, "a letter is no task");
    assert!(!waited(Lane::Letters, LONG).await);
    quiet(Lane::Letters).await;
    // Of one commit with both, and while both wait.
    let both = jobs(vec![job(3), run(4)]);
    let waiting = async { tokio::join!(waited(Lane::Letters, LONG), waited(Lane::Tasks, LONG)) };
    let (outcome, (letters, tasks)) = tokio::join!(store.commit(&both), waiting);
    outcome.unwrap();
    assert!(!letters && !tasks, "somebody waited for nothing");
}
