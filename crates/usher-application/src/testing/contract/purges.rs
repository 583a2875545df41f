//! What is too old goes slice by slice, for every tenant, and nothing else does.

use futures_util::future::join_all;
use usher_domain::{
    Action, Actor, Delivery, DeliveryId, DeliveryOutcome, Entry, EntryId, Invitation, Job, Lane,
    Matter, Session, TenantId, Timestamp,
};
use uuid::Uuid;

use crate::{
    ports::{
        audit::Audit,
        invitations::Invitations,
        ledger::{Changes, CommitError, Conflict, Ledger},
        outbox::{Outbox, Settlement, Verdict},
        purges::{Purged, Purges},
        sessions::Sessions,
    },
    testing::{
        TENANT,
        contract::{
            OTHER, commit, entry, id, invitations, invited, job, losses, minute, seconds, session,
        },
    },
};

async fn purge(store: &impl Purges, what: Purged, before: Timestamp) -> u64 {
    store.purge(what, before, 1_000).await.unwrap()
}

pub async fn sessions_go_by_when_they_ended(store: impl Ledger + Sessions + Purges) {
    let until =
        |n: u128, tenant, second| Session { tenant, expires_at: seconds(second), ..session(n) };
    let signed_out = until(5, TENANT, 9_000);
    let all = vec![
        until(1, TENANT, 100),
        until(2, OTHER, 99),
        until(3, TENANT, 101),
        until(4, OTHER, 8_000),
        signed_out.clone(),
    ];
    commit(&store, Changes { sessions: all, ..Changes::default() }).await;
    let signed_out = vec![signed_out.closed(seconds(50))];
    commit(&store, Changes { sessions: signed_out, ..Changes::default() }).await;
    assert_eq!(purge(&store, Purged::Sessions, seconds(100)).await, 2);
    let mut left = Vec::new();
    for (n, tenant) in (1..).zip([TENANT, OTHER, TENANT, OTHER, TENANT]) {
        left.extend(store.find(tenant, session(n).id).await.unwrap().map(|_| n));
    }
    assert_eq!(left, [1, 3, 4]);
    assert_eq!(purge(&store, Purged::Sessions, seconds(100)).await, 0);
}

pub async fn invitations_go_by_when_they_were_over(store: impl Ledger + Invitations + Purges) {
    let over = |n: u128| Invitation { expires_at: seconds(100), ..invited(n) };
    let open = |n: u128| Invitation { expires_at: seconds(9_000), ..invited(n) };
    let elsewhere = |it: Invitation| Invitation { tenant: OTHER, ..it };
    let all = vec![over(1), elsewhere(over(2)), open(3), open(4), open(5), over(6)];
    commit(&store, invitations(all)).await;
    let closed = vec![
        open(4).revoke(Actor::System, seconds(100)).unwrap(),
        open(5).revoke(Actor::System, seconds(101)).unwrap(),
        // It expired before, and somebody closed it later.
        Invitation { expires_at: seconds(1), ..over(6) }
            .revoke(Actor::System, seconds(200))
            .unwrap(),
    ];
    commit(&store, invitations(closed)).await;
    assert_eq!(purge(&store, Purged::Invitations, seconds(100)).await, 0);
    assert_eq!(purge(&store, Purged::Invitations, seconds(101)).await, 3);
    let mut left = Vec::new();
    for n in 1..=6 {
        let tenant = if n == 2 { OTHER } else { TENANT };
        left.extend(Invitations::find(&store, tenant, id(n)).await.unwrap().map(|_| n));
    }
    assert_eq!(left, [3, 5, 6]);
}

pub async fn what_is_purged_cannot_be_changed_any_more(store: impl Ledger + Purges) {
    let over = Invitation { expires_at: seconds(1), ..invited(1) };
    commit(&store, invitations(vec![over.clone()])).await;
    assert_eq!(purge(&store, Purged::Invitations, seconds(9)).await, 1);
    let revoked = over.revoke(Actor::System, seconds(9)).unwrap();
    let lost = losses(&store, &invitations(vec![revoked])).await;
    assert_eq!(lost, [Conflict::Invitation(id(1))]);
    // It holds its place no more.
    commit(&store, invitations(vec![Invitation { id: id(2), ..invited(1) }])).await;
}

fn delivery(n: u128, tenant: TenantId, matter: Matter, at: Timestamp) -> Delivery {
    Delivery {
        id: DeliveryId(Uuid::from_u128(n)),
        tenant,
        matter,
        letter: 1,
        attempt: 1,
        at,
        outcome: DeliveryOutcome::Sent,
        answer: "250 OK".to_owned(),
    }
}

/// Writes deliveries, as if this job had led to them.
async fn deliver(store: &impl Outbox, job: &Job, deliveries: Vec<Delivery>) {
    let settlement = |it| Settlement {
        job: job.clone(),
        verdict: Verdict::Retry { at: job.due_at },
        delivery: Some(it),
    };
    let settlements: Vec<_> = deliveries.into_iter().map(settlement).collect();
    store.settle(&settlements).await.unwrap();
}

async fn delivered(store: &impl Invitations, n: u128) -> usize {
    store.deliveries(TENANT, id(n)).await.unwrap().len()
}

pub async fn deliveries_go_with_their_invitation_and_by_their_age(
    store: impl Ledger + Invitations + Outbox + Purges,
) {
    let over = Invitation { expires_at: seconds(1), ..invited(1) };
    commit(&store, invitations(vec![over, invited(2)])).await;
    let to = |n: u128, of: u128, at| delivery(n, TENANT, Matter::Invitation(id(of)), seconds(at));
    deliver(&store, &job(1), vec![to(1, 1, 50), to(2, 1, 60), to(3, 2, 50), to(4, 2, 60)]).await;
    assert_eq!(purge(&store, Purged::Invitations, seconds(10)).await, 1);
    assert_eq!((delivered(&store, 1).await, delivered(&store, 2).await), (0, 2));
    assert_eq!(purge(&store, Purged::Deliveries, seconds(60)).await, 1);
    assert_eq!(delivered(&store, 2).await, 1);
    assert_eq!(purge(&store, Purged::Deliveries, seconds(60)).await, 0);
}

pub async fn dead_jobs_go_and_no_others(store: impl Ledger + Outbox + Purges) {
    let jobs = (1..=3).map(job).collect();
    commit(&store, Changes { jobs, ..Changes::default() }).await;
    let claimed = store.claim(Lane::Letters, seconds(0), minute(), 2).await.unwrap();
    let dead = claimed.iter().map(|it| Settlement {
        job: it.clone(),
        verdict: Verdict::Dead { why: "no".to_owned() },
        delivery: None,
    });
    store.settle(&dead.collect::<Vec<_>>()).await.unwrap();
    // Since the end of the lease.
    assert_eq!(purge(&store, Purged::DeadJobs, seconds(60)).await, 0);
    assert_eq!(purge(&store, Purged::DeadJobs, seconds(61)).await, 2);
    assert_eq!(purge(&store, Purged::DeadJobs, seconds(9_999)).await, 0);
    let left = store.claim(Lane::Letters, seconds(999), minute(), 9).await.unwrap();
    assert_eq!(left.len(), 1);
}

pub async fn entries_go_by_their_age(store: impl Ledger + Audit + Purges) {
    let at = |n: u128, tenant, second| Entry { tenant, at: seconds(second), ..entry(n) };
    let audit = vec![at(1, TENANT, 1), at(2, OTHER, 2), at(3, TENANT, 3), at(4, OTHER, 4)];
    commit(&store, Changes { audit, ..Changes::default() }).await;
    assert_eq!(purge(&store, Purged::Entries, seconds(3)).await, 2);
    let left = async |tenant| {
        let left = Audit::list(&store, tenant, None, 9).await.unwrap();
        left.iter().map(|it| it.at).collect::<Vec<_>>()
    };
    assert_eq!((left(TENANT).await, left(OTHER).await), (vec![seconds(3)], vec![seconds(4)]));
}

pub async fn a_slice_takes_the_oldest_ones_and_no_more_than_it_may(
    store: impl Ledger + Audit + Purges,
) {
    let aged = |n: u128| Entry {
        id: EntryId(Uuid::from_u128(n)),
        at: seconds(i64::try_from(7 * n % 10).unwrap()),
        action: Action::Invited,
        ..entry(n)
    };
    let audit = (0..10).map(aged).collect();
    commit(&store, Changes { audit, ..Changes::default() }).await;
    assert_eq!(store.purge(Purged::Entries, seconds(8), 3).await.unwrap(), 3);
    let left = Audit::list(&store, TENANT, None, 20).await.unwrap();
    let mut left: Vec<_> = left.iter().map(|it| (it.at - seconds(0)).num_seconds()).collect();
    left.sort_unstable();
    assert_eq!(left, [3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(store.purge(Purged::Entries, seconds(8), 5).await.unwrap(), 5);
    assert_eq!(store.purge(Purged::Entries, seconds(8), 5).await.unwrap(), 0);
}

pub async fn many_may_purge_at_once_while_others_write(store: impl Ledger + Invitations + Purges) {
    let over = |n: u128| Invitation { expires_at: seconds(1), ..invited(n) };
    commit(&store, invitations((0..500).map(over).collect())).await;
    let purges = join_all((0..10).map(|_| store.purge(Purged::Invitations, seconds(9), 40)));
    let new: Vec<_> = (1_000..1_020).map(|n| invitations(vec![invited(n)])).collect();
    let (removed, written): (Vec<_>, Vec<Result<(), CommitError>>) =
        futures_util::future::join(purges, join_all(new.iter().map(|it| store.commit(it)))).await;
    assert!(written.iter().all(Result::is_ok));
    let mut gone: u64 = removed.into_iter().map(Result::unwrap).sum();
    while let more @ 1.. = purge(&store, Purged::Invitations, seconds(9)).await {
        gone += more;
    }
    assert_eq!(gone, 500, "each goes once");
    assert!(Invitations::find(&store, TENANT, id(1_019)).await.unwrap().is_some());
}
