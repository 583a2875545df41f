//! A commit is written whole or not at all, and many commits at once do each other no harm.

use std::{pin, task::Poll};

use futures_util::future::join_all;
use usher_domain::{
    Actor, Invitation, Lane, Membership, Quota, QuotaKey, Tenant, TenantId, User, UserRef,
};
use uuid::Uuid;

use crate::{
    ports::{
        audit::Audit,
        credentials::Credentials,
        invitations::{Filter, Invitations, Page},
        ledger::{Changes, Conflict, Ledger, Queued, Seated, Spending},
        organizations::Organizations,
        outbox::Outbox,
        profiles::Profiles,
        roles::Roles,
        sessions::Sessions,
        tasks::Tasks,
        tenants::Tenants,
        users::{Documents, Users},
    },
    testing::{
        TENANT,
        contract::{
            commit, credential, entry, id, invitations, invite, invited, job, losses, memberships,
            minute, profile, seconds, session, slice, task, task_id, users,
        },
        invitation, membership, noon, organization, role, tenant, user, user_id,
    },
};

/// One of each, all of them new.
pub(crate) fn everything(n: u128) -> Changes {
    let name = format!("e{n}");
    Changes {
        tenants: vec![Tenant {
            id: TenantId(Uuid::from_u128(0x1_0000 + n)),
            name: name.clone(),
            ..tenant()
        }],
        organizations: vec![organization(&name)],
        users: vec![user(&name)],
        memberships: vec![membership(&name, &name)],
        invitations: vec![invitation(n, &name)],
        credentials: vec![credential(n)],
        sessions: vec![session(n)],
        jobs: vec![job(n)],
        audit: vec![entry(n)],
        profiles: vec![profile(&name)],
        roles: vec![role(&name)],
        tasks: vec![task(n)],
        slices: vec![slice(n, 0), slice(n, 1)],
        removed: vec![leaving(n)],
        removed_roles: vec![role(&format!("{name} old"))],
        removed_organizations: vec![organization(&format!("{name} old"))],
        seated: vec![Seated { tenant: TENANT, organization: organization(&name).id, now: noon() }],
        queued: vec![Queued { tenant: TENANT, most: 1_000_000 }],
        spent: vec![Spending {
            tenant: TENANT,
            quota: Quota::Mailbox,
            key: QuotaKey(Uuid::from_u128(n)),
            amount: 1,
            most: Some(10),
            now: noon(),
        }],
        forgotten: vec![(TENANT, task_id(old(n)))],
    }
}

/// The number of the task that [`everything`] forgets.
fn old(n: u128) -> u128 {
    0x2_0000 + n
}

/// What has to be there for [`everything`] to change all that it changes.
fn before(n: u128) -> Changes {
    let slices = vec![slice(old(n), 0), slice(old(n), 1)];
    Changes {
        tasks: vec![task(old(n))],
        slices,
        memberships: vec![leaving(n)],
        roles: vec![role(&format!("e{n} old"))],
        organizations: vec![organization(&format!("e{n} old"))],
        ..Changes::default()
    }
}

/// Commits [`everything`], and before that what it needs.
pub(crate) async fn commit_everything(store: &impl Ledger, n: u128) {
    commit(store, before(n)).await;
    commit(store, everything(n)).await;
}

/// The membership that [`everything`] removes.
fn leaving(n: u128) -> Membership {
    membership(&format!("e{n}"), "left")
}

/// Which parts of [`everything`] are there, in the order of its fields.
async fn there(store: &impl Everything, n: u128) -> [bool; 17] {
    let it = everything(n);
    let users = [UserRef::Id(it.users[0].id.clone())];
    let organizations = [it.organizations[0].id.clone()];
    let of = it.memberships.clone();
    let members = store.memberships(TENANT, &[it.users[0].id.clone()]).await.unwrap();
    // Claimed jobs are due again at once.
    let claimed = store.claim(Lane::Letters, noon(), minute() - minute(), 1_000).await.unwrap();
    [
        Tenants::find(store, it.tenants[0].id).await.unwrap().is_some(),
        Organizations::find_many(store, TENANT, &organizations).await.unwrap()[0].is_some(),
        Users::find_many(store, TENANT, &users).await.unwrap()[0].is_some(),
        members.iter().any(|it| it.id == of[0].id),
        Invitations::find(store, TENANT, it.invitations[0].id).await.unwrap().is_some(),
        Credentials::find(store, it.credentials[0].client_id()).await.unwrap().is_some(),
        Sessions::find(store, TENANT, it.sessions[0].id).await.unwrap().is_some(),
        claimed.iter().any(|claimed| claimed.id == it.jobs[0].id),
        Audit::list(store, TENANT, None, 1_000).await.unwrap().contains(&it.audit[0]),
        Profiles::list(store, TENANT).await.unwrap().contains(&it.profiles[0]),
        Tasks::find(store, TENANT, task_id(n)).await.unwrap().is_some(),
        store.slices(TENANT, task_id(n), 0, 9).await.unwrap() == it.slices,
        !members.iter().any(|it| it.id == leaving(n).id),
        Roles::find_many(store, TENANT, &[it.roles[0].id.clone()]).await.unwrap()[0].is_some(),
        Roles::find_many(store, TENANT, &[it.removed_roles[0].id.clone()]).await.unwrap()[0]
            .is_none(),
        Organizations::find_many(store, TENANT, &[it.removed_organizations[0].id.clone()])
            .await
            .unwrap()[0]
            .is_none(),
        gone(store, old(n)).await,
    ]
}

/// Whether nothing is left of a task.
pub(crate) async fn gone(store: &impl Tasks, n: u128) -> bool {
    let found = store.find(TENANT, task_id(n)).await.unwrap();
    let slices = store.slices(TENANT, task_id(n), 0, 9).await.unwrap();
    found.is_none() && slices.is_empty()
}

/// All that [`there`] reads with.
pub trait Everything:
    Ledger
    + Audit
    + Credentials
    + Invitations
    + Organizations
    + Outbox
    + Profiles
    + Roles
    + Sessions
    + Tasks
    + Tenants
    + Users
{
}

impl<S> Everything for S where
    S: Ledger
        + Audit
        + Credentials
        + Invitations
        + Organizations
        + Outbox
        + Profiles
        + Roles
        + Sessions
        + Tasks
        + Tenants
        + Users
{
}

pub(crate) async fn stored(store: &impl Invitations) -> Vec<Invitation> {
    let page = Page { after: None, skip: 0, limit: 100_000 };
    store.list(TENANT, &Filter::Everything, page, noon()).await.unwrap()
}

pub async fn a_commit_writes_everything(store: impl Everything) {
    commit_everything(&store, 1).await;
    commit(&store, before(2)).await;
    assert_eq!(there(&store, 1).await, [true; 17]);
    assert_eq!(there(&store, 2).await, [false; 17]);
}

pub async fn nothing_is_a_commit_too(store: impl Ledger + Invitations) {
    commit(&store, Changes::default()).await;
    assert_eq!(stored(&store).await, []);
}

pub async fn a_commit_is_all_or_nothing(store: impl Everything) {
    commit_everything(&store, 1).await;
    commit(&store, before(2)).await;
    let all = everything(2);
    let old = everything(1);
    let spoilt = [
        Changes { tenants: [old.tenants, all.tenants.clone()].concat(), ..all.clone() },
        Changes {
            organizations: [all.organizations.clone(), old.organizations].concat(),
            ..all.clone()
        },
        Changes { users: [old.users, all.users.clone()].concat(), ..all.clone() },
        Changes { memberships: [all.memberships.clone(), old.memberships].concat(), ..all.clone() },
        Changes { invitations: [old.invitations, all.invitations.clone()].concat(), ..all.clone() },
        Changes { credentials: [all.credentials.clone(), old.credentials].concat(), ..all.clone() },
        Changes { sessions: [old.sessions, all.sessions.clone()].concat(), ..all.clone() },
        Changes { profiles: [old.profiles, all.profiles.clone()].concat(), ..all.clone() },
        Changes { tasks: [all.tasks.clone(), old.tasks].concat(), ..all.clone() },
        Changes { slices: [all.slices.clone(), old.slices[1..].to_vec()].concat(), ..all.clone() },
        Changes { removed: [all.removed.clone(), old.removed].concat(), ..all.clone() },
    ];
    for changes in &spoilt {
        assert_eq!(losses(&store, changes).await.len(), 1);
        assert_eq!(there(&store, 2).await, [false; 17]);
    }
    // A job that was committed before cannot be told as lost; it is an error all the same.
    let changes = Changes { jobs: [all.jobs.clone(), old.jobs].concat(), ..all.clone() };
    assert!(store.commit(&changes).await.is_err());
    assert_eq!(there(&store, 2).await, [false; 17]);
    commit(&store, all).await;
    assert_eq!(there(&store, 2).await, [true; 17]);
}

pub async fn batches_of_1_000_and_of_10_000_are_committed(
    store: impl Ledger + Invitations + Outbox + Audit + Users,
) {
    let batch = |range: std::ops::Range<u128>| Changes {
        users: range.clone().map(|it| user(&format!("p{it}"))).collect(),
        invitations: range.clone().map(invited).collect(),
        jobs: range.clone().map(job).collect(),
        audit: range.map(entry).collect(),
        ..Changes::default()
    };
    commit(&store, batch(1..1_001)).await;
    commit(&store, batch(1_001..11_001)).await;
    assert_eq!(stored(&store).await.len(), 11_000);
    let claimed = store.claim(Lane::Letters, noon(), minute(), 20_000).await.unwrap();
    let expected: Vec<_> = (1..11_001).map(|it| job(it).id).collect();
    assert_eq!(claimed.iter().map(|it| it.id).collect::<Vec<_>>(), expected);
    assert_eq!(Audit::list(&store, TENANT, None, 20_000).await.unwrap().len(), 11_000);
    let all = Users::list(&store, TENANT, None, 20_000, Documents::With);
    assert_eq!(all.await.unwrap().len(), 11_000);

    // One that loses takes 9 999 others with it.
    let mut again = batch(11_001..21_000);
    again.invitations.push(invitation(21_000, "u77"));
    assert_eq!(losses(&store, &again).await, [Conflict::Invitation(id(21_000))]);
    assert_eq!(stored(&store).await.len(), 11_000);

    let close = |it: &Invitation| it.revoke(Actor::System, seconds(1)).unwrap();
    let closed: Vec<_> = stored(&store).await.iter().map(close).collect();
    commit(&store, invitations(closed.clone())).await;
    assert_eq!(stored(&store).await, closed);
}

pub async fn many_commits_at_once_all_arrive(store: impl Ledger + Invitations + Outbox + Audit) {
    let all: Vec<_> = (1..=500).map(invite).collect();
    for outcome in join_all(all.iter().map(|it| store.commit(it))).await {
        outcome.unwrap();
    }
    let mut found: Vec<_> = stored(&store).await.iter().map(|it| it.id).collect();
    found.sort_unstable();
    assert_eq!(found, (1..=500).map(id).collect::<Vec<_>>());
    assert_eq!(store.claim(Lane::Letters, noon(), minute(), 1_000).await.unwrap().len(), 500);
    assert_eq!(Audit::list(&store, TENANT, None, 1_000).await.unwrap().len(), 500);
}

pub async fn concurrent_commits_have_one_winner(store: impl Ledger + Invitations + Outbox) {
    for round in 0..10 {
        let name = format!("r{round}");
        // Each wants the one place and another that nobody else wants.
        let own = |n: u128| 1_000 * (round + 1) + n;
        let rivals: Vec<_> = (0..16)
            .map(|n| Changes {
                invitations: vec![invited(own(n) + 500), invitation(own(n), &name)],
                ..invite(own(n))
            })
            .collect();
        let outcomes = join_all(rivals.iter().map(|it| losses_or_none(&store, it))).await;
        assert_eq!(outcomes.iter().filter(|it| it.is_none()).count(), 1);
        for (n, lost) in (0..).zip(outcomes) {
            let wanted = [Conflict::Invitation(id(own(n)))];
            assert!(lost.is_none_or(|it| it == wanted), "a loser hears what it lost, and only it");
        }
    }
    assert_eq!(stored(&store).await.len(), 20);
    assert_eq!(store.claim(Lane::Letters, noon(), minute(), 1_000).await.unwrap().len(), 10);
}

pub(crate) async fn losses_or_none(
    store: &impl Ledger,
    changes: &Changes,
) -> Option<Vec<Conflict>> {
    match store.commit(changes).await {
        Ok(()) => None,
        Err(crate::ports::ledger::CommitError::Conflict(lost)) => Some(lost),
        Err(error) => panic!("{error:?}"),
    }
}

pub async fn a_loser_takes_nobody_with_it(store: impl Ledger + Invitations + Outbox + Audit) {
    commit(&store, invitations((1..=10).map(invited).collect())).await;
    let all: Vec<_> = (0..90)
        .map(|n| match n % 3 {
            // Its place is taken; somebody else's is not.
            0 => Changes { invitations: vec![invitation(100 + n, "u5")], ..invite(100 + n) },
            _ => invite(100 + n),
        })
        .collect();
    let outcomes = join_all(all.iter().map(|it| losses_or_none(&store, it))).await;
    for (n, lost) in (0..).zip(outcomes) {
        let expected = (n % 3 == 0).then(|| vec![Conflict::Invitation(id(100 + n))]);
        assert_eq!(lost, expected);
    }
    assert_eq!(stored(&store).await.len(), 70);
    assert_eq!(store.claim(Lane::Letters, noon(), minute(), 1_000).await.unwrap().len(), 60);
    assert_eq!(Audit::list(&store, TENANT, None, 1_000).await.unwrap().len(), 60);
}

pub async fn one_loses_only_to_what_was_written(store: impl Ledger + Invitations) {
    commit(&store, users(vec![user("ada")])).await;
    for n in 1..=10 {
        let name = format!("x{n}");
        // It has the store busy, so that the others wait together.
        let busy = invitations((0..200).map(|it| invited(10_000 * n + it)).collect());
        let loser = Changes {
            users: vec![user("ada")],
            invitations: vec![invitation(1_000 + n, &name)],
            ..Changes::default()
        };
        let winner = invitations(vec![invitation(2_000 + n, &name)]);
        let (busy, lost, won) = tokio::join!(
            losses_or_none(&store, &busy),
            losses_or_none(&store, &loser),
            losses_or_none(&store, &winner)
        );
        assert_eq!(busy, None);
        assert!(lost.unwrap().contains(&Conflict::User(user_id("ada"))));
        assert_eq!(won, None, "it lost to one that was not written");
    }
}

pub async fn what_cannot_be_kept_harms_nobody_else(store: impl Ledger + Invitations + Users) {
    let odd = User { first_name: Some("a\0b".to_owned()), ..user("odd") };
    let odd_one = users(vec![odd.clone()]);
    let all: Vec<_> = (1..=20).map(invite).collect();
    // The first of them has the store busy, so that the odd one waits together with the others.
    let others = join_all(all.iter().map(|it| store.commit(it)));
    let (others, outcome) = tokio::join!(others, store.commit(&odd_one));
    for other in others {
        other.unwrap();
    }
    assert_eq!(stored(&store).await.len(), 20);
    let found = Users::find_many(&store, TENANT, &[UserRef::Id(user_id("odd"))]).await.unwrap();
    assert!(found == [outcome.is_ok().then_some(odd)], "kept as it is, or refused");
}

pub async fn a_commit_that_is_dropped_is_whole_or_absent(store: impl Everything) {
    for n in 1..=40 {
        commit(&store, before(n)).await;
        let changes = everything(n);
        {
            let mut dropped = pin::pin!(store.commit(&changes));
            for _ in 1..n {
                let once = std::future::poll_fn(|cx| Poll::Ready(dropped.as_mut().poll(cx)));
                if once.await.is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        commit(&store, users(vec![user(&format!("after{n}"))])).await;
        let parts = there(&store, n).await;
        assert!(parts.iter().all(|it| *it == parts[0]), "half a commit: {parts:?}");
    }
}

/// Who is in an organization of [`TENANT`] of these users, and what else is in the rows.
pub(crate) async fn members(store: &impl Organizations, all: &[Membership]) -> Vec<Membership> {
    let seats: Vec<_> = all.iter().map(|it| (it.user.clone(), it.organization.clone())).collect();
    store.seats(TENANT, &seats).await.unwrap().into_iter().flatten().collect()
}

pub(crate) fn loss(it: &Membership) -> Conflict {
    Conflict::Membership(it.user.clone(), it.organization.clone())
}

pub async fn memberships_of_the_same_users_added_at_once_all_arrive(
    store: impl Ledger + Organizations,
) {
    let people: Vec<_> = (0..100).map(|n| format!("u{n}")).collect();
    for round in 0..40 {
        let to = |place: &str| -> Vec<_> {
            let place = format!("{place}{round}");
            people.iter().map(|it| membership(it, &place)).collect()
        };
        let (ours, mut theirs) = (to("x"), to("y"));
        theirs.reverse();
        let changes = [&ours, &theirs].map(|it| memberships(it.clone()));
        let outcomes = join_all(changes.iter().map(|it| losses_or_none(&store, it))).await;
        assert_eq!(outcomes, [None, None]);
        assert!(members(&store, &ours).await == ours);
        assert!(members(&store, &theirs).await == theirs);
    }
}
