//! A commit is written whole or not at all, and of two that want the same one wins.

use std::{future::Future, pin, task::Poll};

use futures_util::future::join_all;
use usher_domain::{
    Actor, Credential, Invitation, Lane, Membership, OrganizationId, Pin, PinSeed, Profile, Role,
    RowOutcome, Session, Slice, Task, Tenant, TenantId, User, UserId, UserRef, UserStatus,
};
use uuid::Uuid;

use crate::{
    ports::{
        audit::Audit,
        credentials::Credentials,
        invitations::{Filter, Invitations, Page},
        ledger::{Changes, Conflict, Ledger, Seated},
        organizations::Organizations,
        outbox::Outbox,
        profiles::Profiles,
        roles::Roles,
        sessions::Sessions,
        tasks::Tasks,
        tenants::Tenants,
        users::Users,
    },
    testing::{
        TENANT,
        contract::{
            OTHER, commit, credential, elsewhere, entry, holder, id, invitations, invite, invited,
            invited_to, job, losses, membership_id, memberships, minute, organization_id,
            other_tenant, pin, profile, removed, run, seconds, session, slice, task, task_id,
            users,
        },
        invitation, mailbox, membership, noon, organization, role, tenant, user, user_id,
    },
};

/// One of each, all of them new.
fn everything(n: u128) -> Changes {
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
async fn commit_everything(store: &impl Ledger, n: u128) {
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
        Credentials::find(store, it.credentials[0].id).await.unwrap().is_some(),
        Sessions::find(store, it.sessions[0].id).await.unwrap().is_some(),
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
async fn gone(store: &impl Tasks, n: u128) -> bool {
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

async fn stored(store: &impl Invitations) -> Vec<Invitation> {
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
    assert_eq!(Users::list(&store, TENANT, None, 20_000).await.unwrap().len(), 11_000);

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

async fn losses_or_none(store: &impl Ledger, changes: &Changes) -> Option<Vec<Conflict>> {
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

pub async fn the_same_mailbox_may_be_pending_in_two_tenants_and_two_organizations(
    store: impl Ledger + Invitations,
) {
    let theirs = Invitation { tenant: OTHER, ..invitation(4, "ada") };
    let all = vec![
        invitation(1, "ada"),
        invited_to(2, "ada", "x"),
        invited_to(3, "ada", "y"),
        theirs,
        Invitation { tenant: OTHER, ..invited_to(5, "ada", "x") },
    ];
    commit(&store, invitations(all)).await;
    assert_eq!(stored(&store).await.len(), 3);
    let shout = |n| Invitation { mailbox: mailbox("ADA@EXAMPLE.org"), ..invited(n) };
    let again = invitations(vec![
        shout(6),
        Invitation { mailbox: mailbox("Ada@example.ORG"), ..invited_to(7, "ada", "x") },
        invited_to(8, "ada", "z"),
    ]);
    let lost = losses(&store, &again).await;
    assert_eq!(lost, [6, 7].map(|it| Conflict::Invitation(id(it))));
}

pub async fn what_is_over_does_not_bar_a_new_one(store: impl Ledger + Invitations) {
    let closes: [fn(&Invitation) -> Invitation; 4] = [
        |it| it.accept(user_id("ada"), seconds(1)).unwrap(),
        |it| it.decline(seconds(1)).unwrap(),
        |it| it.revoke(Actor::System, seconds(1)).unwrap(),
        |it| it.lapse(it.expires_at).unwrap(),
    ];
    for (n, close) in (1..).zip(closes) {
        let open = invited_to(n, "ada", "x");
        commit(&store, invitations(vec![open.clone()])).await;
        let rival = invitations(vec![invited_to(100 + n, "ada", "x")]);
        assert_eq!(losses(&store, &rival).await, [Conflict::Invitation(id(100 + n))]);
        commit(&store, invitations(vec![close(&open)])).await;
    }
    assert_eq!(stored(&store).await.len(), 4);
}

pub async fn a_lapsed_invitation_makes_room_in_the_same_commit(store: impl Ledger + Invitations) {
    let old: Vec<_> = (1..=50).map(invited).collect();
    commit(&store, invitations(old.clone())).await;
    let later = old[0].expires_at;
    let fresh = old.iter().map(|it| {
        let n = 100 + it.id.0.as_u128();
        Invitation { issued_at: later, mailbox: it.mailbox.clone(), ..invited(n) }
    });
    let lapsed = old.iter().map(|it| it.lapse(later).unwrap());
    commit(&store, invitations(fresh.chain(lapsed).collect())).await;
    assert_eq!(stored(&store).await.len(), 100);

    // Of two who do that at once one wins.
    let rivals: Vec<_> = [1_001, 1_002]
        .iter()
        .map(|n| {
            let first = Invitation { version: 1, ..old[0].clone() };
            let second = Invitation { id: id(101), issued_at: later, ..first };
            let lapsed = second.lapse(second.expires_at).unwrap();
            invitations(vec![lapsed, Invitation { id: id(*n), ..invited(1) }])
        })
        .collect();
    let outcomes = join_all(rivals.iter().map(|it| losses_or_none(&store, it))).await;
    assert_eq!(outcomes.iter().filter(|it| it.is_none()).count(), 1);
    assert_eq!(stored(&store).await.len(), 101);
}

pub async fn what_a_user_gives_up_another_may_take_in_the_same_commit(store: impl Ledger + Users) {
    commit(&store, users(vec![user("ada")])).await;
    let moved = User {
        mailbox: Some(mailbox("countess@example.org")),
        username: None,
        ..user("ada").touched(seconds(1))
    };
    let heir = User { id: user_id("heir"), ..user("ada") };
    commit(&store, users(vec![heir.clone(), moved])).await;
    let who = [UserRef::Mailbox(mailbox("ada@example.org"))];
    assert!(store.find_many(TENANT, &who).await.unwrap() == [Some(heir)]);
}

/// The next version of each thing in [`everything`] that has versions.
#[expect(clippy::too_many_lines, reason = "a list")]
fn next(n: u128, version: u32) -> Vec<(Conflict, Changes)> {
    let Changes {
        organizations,
        users,
        memberships,
        invitations,
        credentials,
        sessions,
        profiles,
        roles,
        tasks,
        tenants,
        slices,
        ..
    } = everything(n);
    let name = format!("e{n}");
    let (user, organization) = (user_id(&name), organization_id(&name));
    let none = Changes::default;
    vec![
        (
            Conflict::Organization(organization.clone()),
            Changes {
                organizations: organizations
                    .into_iter()
                    .map(|mut it| {
                        it.version = version;
                        it
                    })
                    .collect(),
                ..none()
            },
        ),
        (
            Conflict::User(user.clone()),
            Changes {
                users: users.into_iter().map(|it| User { version, ..it }).collect(),
                ..none()
            },
        ),
        (
            Conflict::Membership(user, organization),
            Changes {
                memberships: memberships
                    .into_iter()
                    .map(|it| Membership { version, pin_allowed: true, ..it })
                    .collect(),
                ..none()
            },
        ),
        (
            Conflict::Invitation(invitations[0].id),
            Changes {
                invitations: invitations
                    .into_iter()
                    .map(|it| Invitation { version, ..it })
                    .collect(),
                ..none()
            },
        ),
        (
            Conflict::Credential(credentials[0].id),
            Changes {
                credentials: credentials
                    .into_iter()
                    .map(|it| Credential { version, ..it })
                    .collect(),
                ..none()
            },
        ),
        (
            Conflict::Session(sessions[0].id),
            Changes {
                sessions: sessions.into_iter().map(|it| Session { version, ..it }).collect(),
                ..none()
            },
        ),
        (
            Conflict::Profile(profiles[0].id.clone()),
            Changes {
                profiles: profiles.into_iter().map(|it| Profile { version, ..it }).collect(),
                ..none()
            },
        ),
        (
            Conflict::Role(roles[0].id.clone()),
            Changes {
                roles: roles.into_iter().map(|it| Role { version, ..it }).collect(),
                ..none()
            },
        ),
        (
            Conflict::Tenant(tenants[0].id),
            Changes {
                tenants: tenants.into_iter().map(|it| Tenant { version, ..it }).collect(),
                ..none()
            },
        ),
        (
            Conflict::Task(tasks[0].id),
            Changes {
                tasks: tasks.into_iter().map(|it| Task { version, next: 1, ..it }).collect(),
                ..none()
            },
        ),
        (
            Conflict::Slice(task_id(n), 1),
            Changes {
                slices: slices.into_iter().skip(1).map(|it| ran(it, version)).collect(),
                ..none()
            },
        ),
    ]
}

/// The slice with its outcomes.
fn ran(slice: Slice, version: u32) -> Slice {
    let outcomes = slice.rows.iter().map(|_| RowOutcome::Invited(None)).collect();
    Slice { outcomes: Some(outcomes), version, ..slice }
}

pub async fn a_stale_version_loses(store: impl Ledger + Audit + Outbox) {
    commit_everything(&store, 1).await;
    for (loss, changes) in next(1, 3) {
        let lost = losses(&store, &changes).await;
        assert_eq!(lost, [loss], "a version was left out");
    }
    for (_, changes) in next(1, 2) {
        commit(&store, changes).await;
    }
    for (loss, changes) in next(1, 2) {
        let with_more = Changes { jobs: vec![job(9)], audit: vec![entry(9)], ..changes };
        assert_eq!(losses(&store, &with_more).await, [loss], "somebody else was first");
    }
    let claimed = store.claim(Lane::Letters, noon(), minute(), 9).await.unwrap();
    assert_eq!(claimed.len(), 1, "what is lost takes all else along");
    assert_eq!(Audit::list(&store, TENANT, None, 9).await.unwrap(), [entry(1)]);
    for (_, changes) in next(1, 3) {
        commit(&store, changes).await;
    }
    for (loss, changes) in next(2, 2) {
        assert_eq!(losses(&store, &changes).await, [loss], "there is nothing to replace");
    }
}

pub async fn of_two_changes_at_once_one_loses(store: impl Ledger + Users) {
    for n in 1..=10 {
        commit_everything(&store, n).await;
        for (loss, changes) in next(n, 2) {
            let rivals = join_all((0..4).map(|_| losses_or_none(&store, &changes))).await;
            assert_eq!(rivals.iter().filter(|it| it.is_none()).count(), 1, "{loss:?}");
            for lost in rivals.into_iter().flatten() {
                assert_eq!(lost, std::slice::from_ref(&loss));
            }
        }
        let name = format!("e{n}");
        let rivals: Vec<_> = ["one", "two", "three", "four"]
            .map(|it| User { display_name: Some(it.to_owned()), version: 3, ..user(&name) })
            .into_iter()
            .collect();
        let changes: Vec<_> = rivals.iter().map(|it| users(vec![it.clone()])).collect();
        let lost = join_all(changes.iter().map(|it| losses_or_none(&store, it))).await;
        let winner = lost.iter().position(Option::is_none).unwrap();
        let found = store.find_many(TENANT, &[UserRef::Id(user_id(&name))]).await.unwrap();
        assert!(found == [Some(rivals[winner].clone())], "it was told that it won");
    }
}

pub async fn of_two_who_run_a_slice_one_loses_all_of_it(
    store: impl Ledger + Audit + Invitations + Outbox + Tasks,
) {
    for n in 1..=10 {
        let waiting = Task { slices: 2, ..task(n) };
        let slices = vec![slice(n, 0), slice(n, 1)];
        commit(&store, Changes { tasks: vec![waiting.clone()], slices, ..Changes::default() })
            .await;
        let outcomes = [RowOutcome::Invited(None)];
        let further = waiting.advanced(&outcomes, &[], noon(), seconds(1));
        // Each invites somebody else, so nothing but the task and the slice is in the way.
        let own = |it: u128| 1_000 * n + it;
        let rivals: Vec<_> = (0..4)
            .map(|it| Changes {
                tasks: vec![further.clone()],
                slices: vec![ran(slice(n, 0), 2)],
                jobs: vec![job(own(it)), run(own(it) + 500)],
                ..invite(own(it))
            })
            .collect();
        let outcomes = join_all(rivals.iter().map(|it| losses_or_none(&store, it))).await;
        let winner = outcomes.iter().position(Option::is_none).unwrap();
        let lost: Vec<_> = outcomes.into_iter().flatten().collect();
        assert_eq!(lost.len(), 3, "one and only one has run it");
        assert!(lost.iter().all(|it| it.contains(&Conflict::Task(task_id(n)))));
        let expected = id(own(winner as u128));
        let found = Invitations::find(&store, TENANT, expected).await.unwrap();
        assert!(found.is_some(), "it was told that it won");
        let found = store.slices(TENANT, task_id(n), 0, 9).await.unwrap();
        assert_eq!(found, [ran(slice(n, 0), 2), slice(n, 1)]);
        assert_eq!(Tasks::find(&store, TENANT, task_id(n)).await.unwrap(), Some(further));
    }
    assert_eq!(stored(&store).await.len(), 10, "a loser has invited somebody");
    assert_eq!(store.claim(Lane::Letters, noon(), minute(), 99).await.unwrap().len(), 10);
    assert_eq!(store.claim(Lane::Tasks, noon(), minute(), 99).await.unwrap().len(), 10);
    assert_eq!(Audit::list(&store, TENANT, None, 99).await.unwrap().len(), 10);
}

pub async fn the_same_thing_twice_in_a_commit_loses(store: impl Ledger + Invitations) {
    let twice = invitations(vec![invited(1), invited(2), invited(1)]);
    assert_eq!(losses(&store, &twice).await, [Conflict::Invitation(id(1))]);
    let place = invitations(vec![invitation(3, "ada"), invitation(4, "ada")]);
    assert_eq!(losses(&store, &place).await, [Conflict::Invitation(id(4))]);
    assert_eq!(stored(&store).await, []);
    commit(&store, invitations(vec![invited(1)])).await;
    let closed = invited(1).decline(seconds(1)).unwrap();
    let twice = invitations(vec![closed.clone(), closed]);
    assert_eq!(losses(&store, &twice).await, [Conflict::Invitation(id(1))]);
    assert_eq!(stored(&store).await, [invited(1)]);
}

pub async fn what_exists_already_loses(store: impl Ledger) {
    commit_everything(&store, 1).await;
    let tenants = Changes { tenants: everything(1).tenants, ..Changes::default() };
    let tenant = Conflict::Tenant(tenants.tenants[0].id);
    assert_eq!(losses(&store, &tenants).await, [tenant]);
    for (loss, changes) in next(1, 1) {
        assert_eq!(losses(&store, &changes).await, [loss]);
    }
}

pub async fn a_taken_mailbox_username_code_or_name_loses(store: impl Ledger) {
    commit_everything(&store, 1).await;
    commit(&store, Changes { tenants: vec![other_tenant()], ..Changes::default() }).await;
    let by_mailbox =
        User { username: None, mailbox: Some(mailbox("E1@Example.org")), ..user("one") };
    let by_username = User { username: Some("E1".to_owned()), ..user("two") };
    let mut by_code = organization("x");
    by_code.code = Some("E1".to_owned());
    let changes = Changes {
        tenants: vec![Tenant { name: "other".to_owned(), ..tenant() }],
        users: vec![by_mailbox, user("fine"), by_username],
        organizations: vec![organization("fine"), by_code],
        ..Changes::default()
    };
    let expected = [
        Conflict::Tenant(TENANT),
        Conflict::Organization(organization_id("x")),
        Conflict::User(user_id("one")),
        Conflict::User(user_id("two")),
    ];
    assert_eq!(losses(&store, &changes).await, expected);
}

pub async fn a_change_to_what_is_taken_loses_and_only_that(
    store: impl Ledger + Users + Invitations,
) {
    let people: Vec<_> = (1..=9).map(|n| user(&format!("p{n}"))).collect();
    commit(&store, users(people.clone())).await;
    let bear = |who: &User, name: &str| User {
        mailbox: Some(mailbox(&format!("{name}@example.org"))),
        ..who.clone().touched(seconds(1))
    };
    let changes = Changes {
        users: vec![
            bear(&people[0], "new1"),
            bear(&people[1], "p9"),
            bear(&people[2], "new3"),
            User { username: Some("P8".to_owned()), ..people[3].clone().touched(seconds(1)) },
        ],
        ..invite(1)
    };
    let others: Vec<_> = (2..=20).map(invite).collect();
    let others = join_all(others.iter().map(|it| losses_or_none(&store, it)));
    let (lost, others) = tokio::join!(losses(&store, &changes), others);
    assert_eq!(lost, ["p2", "p4"].map(|it| Conflict::User(user_id(it))));
    assert!(others.iter().all(Option::is_none));
    assert!(Users::list(&store, TENANT, None, 100).await.unwrap() == people);
    assert_eq!(stored(&store).await.len(), 19);

    let fine = users(vec![bear(&people[0], "new1"), bear(&people[1], "p2")]);
    commit(&store, fine).await;

    commit_everything(&store, 50).await;
    commit_everything(&store, 51).await;
    let mut renamed = organization("e50");
    renamed.code = Some("E51".to_owned());
    renamed.version = 2;
    let changes = Changes { organizations: vec![renamed], ..Changes::default() };
    let lost = losses(&store, &changes).await;
    assert_eq!(lost, [Conflict::Organization(organization_id("e50"))]);
}

pub async fn ids_of_two_tenants_do_not_meet(store: impl Ledger + Users + Organizations) {
    let theirs = User { tenant: OTHER, ..user("ada") };
    let mut their_team = organization("x");
    their_team.tenant = OTHER;
    let both = Changes {
        users: vec![user("ada"), theirs.clone()],
        organizations: vec![organization("x"), their_team],
        memberships: vec![membership("ada", "x"), elsewhere(&membership("ada", "x"))],
        ..Changes::default()
    };
    commit(&store, both).await;
    let active = User { status: UserStatus::Active, ..user("ada").touched(seconds(1)) };
    let member = Membership { version: 2, pin_allowed: true, ..membership("ada", "x") };
    let changes = Changes { users: vec![active], memberships: vec![member], ..Changes::default() };
    commit(&store, changes).await;
    let who = [UserRef::Id(user_id("ada"))];
    assert!(Users::find_many(&store, OTHER, &who).await.unwrap() == [Some(theirs)]);
    let ada: [UserId; 1] = [user_id("ada")];
    assert!(!store.memberships(OTHER, &ada).await.unwrap()[0].pin_allowed);
    assert!(store.memberships(TENANT, &ada).await.unwrap()[0].pin_allowed);
    let x: [OrganizationId; 1] = [organization_id("x")];
    assert!(Organizations::find_many(&store, OTHER, &x).await.unwrap()[0].is_some());
}

pub async fn what_is_forgotten_goes_with_its_slices_and_nothing_else_does(
    store: impl Ledger + Tasks,
) {
    let theirs = Slice { tenant: OTHER, ..slice(1, 0) };
    let all: Vec<_> = (1..=4).map(task).collect();
    let slices = (1..=4).flat_map(|n| [slice(n, 0), slice(n, 7)]).chain([theirs.clone()]);
    let changes = Changes { tasks: all, slices: slices.collect(), ..Changes::default() };
    commit(&store, changes).await;
    let forget = |tenant, ids: &[u128]| Changes {
        forgotten: ids.iter().map(|it| (tenant, task_id(*it))).collect(),
        ..Changes::default()
    };
    // Of another tenant there is only what is theirs.
    commit(&store, forget(OTHER, &[2, 3])).await;
    commit(&store, forget(TENANT, &[1, 3, 9])).await;
    // One that is gone is no loss, nor is one that goes twice.
    commit(&store, forget(TENANT, &[1, 1])).await;
    for (n, is_gone) in [(1, true), (2, false), (3, true), (4, false)] {
        assert_eq!(gone(&store, n).await, is_gone, "{n}");
    }
    assert_eq!(store.slices(TENANT, task_id(4), 0, 9).await.unwrap(), [slice(4, 0), slice(4, 7)]);
    assert_eq!(store.slices(OTHER, task_id(1), 0, 9).await.unwrap(), [theirs]);
    // It makes room for nothing in its own commit, and for anything afterwards.
    commit(&store, Changes { tasks: vec![task(1)], ..Changes::default() }).await;
    assert_eq!(store.find(TENANT, task_id(1)).await.unwrap(), Some(task(1)));
    assert_eq!(store.slices(TENANT, task_id(1), 0, 9).await.unwrap(), []);
}

pub async fn what_is_added_to_a_forgotten_task_loses(store: impl Ledger + Tasks) {
    let forget = |n| Changes { forgotten: vec![(TENANT, task_id(n))], ..Changes::default() };
    let more = |n| Changes {
        tasks: vec![Task { slices: 2, version: 2, ..task(n) }],
        slices: vec![slice(n, 1)],
        ..Changes::default()
    };
    let new = |n| Changes { tasks: vec![task(n)], slices: vec![slice(n, 0)], ..Changes::default() };
    commit(&store, new(1)).await;
    commit(&store, forget(1)).await;
    assert_eq!(losses(&store, &more(1)).await, [Conflict::Task(task_id(1))]);
    assert!(gone(&store, 1).await, "a slice without a task");
    // At the same time, either comes first.
    for n in 2..=20 {
        commit(&store, new(n)).await;
        let (more, forget) = (more(n), forget(n));
        let (outcome, forgotten) =
            tokio::join!(losses_or_none(&store, &more), losses_or_none(&store, &forget));
        assert!(outcome.is_none_or(|it| it == [Conflict::Task(task_id(n))]));
        assert_eq!(forgotten, None);
        assert!(gone(&store, n).await, "a slice without a task");
    }
}

/// Who is in an organization of [`TENANT`] of these users, and what else is in the rows.
async fn members(store: &impl Organizations, all: &[Membership]) -> Vec<Membership> {
    let seats: Vec<_> = all.iter().map(|it| (it.user.clone(), it.organization.clone())).collect();
    store.seats(TENANT, &seats).await.unwrap().into_iter().flatten().collect()
}

fn loss(it: &Membership) -> Conflict {
    Conflict::Membership(it.user.clone(), it.organization.clone())
}

pub async fn what_is_removed_goes_and_nothing_else_does(store: impl Ledger + Organizations) {
    let all: Vec<_> = [("ada", "x"), ("ada", "y"), ("bob", "x"), ("bob", "y")]
        .map(|(user, place)| membership(user, place))
        .into();
    let abroad = elsewhere(&all[0]);
    commit(&store, memberships([&all[..], std::slice::from_ref(&abroad)].concat())).await;
    commit(&store, removed(vec![all[0].clone(), all[3].clone()])).await;
    assert!(members(&store, &all).await == all[1..3]);
    assert!(store.proven(&[abroad.id, all[0].id]).await.unwrap() == [Some(abroad.clone()), None]);
    // Of another tenant there is only what is theirs.
    let astray = Membership { tenant: OTHER, ..all[1].clone() };
    assert_eq!(losses(&store, &removed(vec![astray])).await, [loss(&all[1])]);
    let astray = Membership { tenant: TENANT, ..abroad.clone() };
    assert_eq!(losses(&store, &removed(vec![astray])).await, [loss(&abroad)]);
    assert!(members(&store, &all).await == all[1..3]);
    commit(&store, removed(vec![abroad])).await;

    let many: Vec<_> = (0..10_000).map(|n| membership(&format!("u{n}"), "z")).collect();
    commit(&store, memberships(many.clone())).await;
    commit(&store, removed(many[1..].to_vec())).await;
    assert!(members(&store, &many).await == many[..1]);
    assert!(members(&store, &all).await == all[1..3]);
}

pub async fn what_was_changed_or_is_gone_is_not_removed(
    store: impl Ledger + Organizations + Invitations + Outbox + Audit,
) {
    let all: Vec<_> = ["ada", "bob", "cyd"].map(|it| membership(it, "x")).into();
    commit(&store, memberships(all.clone())).await;
    let changed = Membership { pin_allowed: true, ..all[0].clone() }.touched();
    commit(&store, memberships(vec![changed.clone()])).await;
    commit(&store, removed(vec![all[1].clone()])).await;
    for (n, lost) in [(1, &all[..1]), (2, &all[1..2]), (3, &all[..2])] {
        let leaving = [lost, &all[2..]].concat();
        let more = vec![membership(&format!("new{n}"), "x")];
        let with_more = Changes { removed: leaving, memberships: more, ..invite(n) };
        let expected: Vec<_> = lost.iter().map(loss).collect();
        assert_eq!(losses(&store, &with_more).await, expected);
        assert!(members(&store, &with_more.memberships).await.is_empty());
    }
    // What goes twice is gone the second time, and what is to come did not go.
    let twice = vec![all[2].clone(), all[2].clone()];
    assert_eq!(losses(&store, &removed(twice)).await, [loss(&all[2])]);
    let early = changed.clone().touched();
    assert_eq!(losses(&store, &removed(vec![early])).await, [loss(&changed)]);
    let nobody = membership("nobody", "x");
    assert_eq!(losses(&store, &removed(vec![nobody.clone()])).await, [loss(&nobody)]);
    assert!(members(&store, &all).await == [changed.clone(), all[2].clone()]);
    assert_eq!(stored(&store).await, []);
    assert_eq!(store.claim(Lane::Letters, noon(), minute(), 9).await.unwrap(), []);
    assert_eq!(Audit::list(&store, TENANT, None, 9).await.unwrap(), []);
    // As it is now, it goes.
    commit(&store, Changes { removed: vec![changed], ..invite(4) }).await;
    assert!(members(&store, &all).await == all[2..]);
    assert_eq!(stored(&store).await.len(), 1);
}

pub async fn what_came_in_the_place_of_what_was_removed_is_not_taken_for_it(
    store: impl Ledger + Organizations,
) {
    let old = membership("ada", "x");
    let new = Membership { id: membership_id(7), pin: Some(pin(7)), ..old.clone() };
    commit(&store, memberships(vec![old.clone()])).await;
    commit(&store, removed(vec![old.clone()])).await;
    commit(&store, memberships(vec![new.clone()])).await;
    // Both are of the first version.
    assert_eq!(losses(&store, &removed(vec![old.clone()])).await, [loss(&old)]);
    assert_eq!(losses(&store, &memberships(vec![old.clone().touched()])).await, [loss(&old)]);
    assert!(members(&store, std::slice::from_ref(&old)).await == [new.clone()]);
    assert!(store.proven(&[old.id, new.id]).await.unwrap() == [None, Some(new)]);
}

pub async fn what_is_removed_may_come_anew_in_the_same_commit(store: impl Ledger + Organizations) {
    let old = Membership { letters: 2, ..holder("ada", "x", 1) };
    commit(&store, memberships(vec![old.clone()])).await;
    let new = Membership { id: membership_id(7), pin: Some(pin(1)), ..membership("ada", "x") };
    let anew = |old: &Membership, new: &Membership| Changes {
        removed: vec![old.clone()],
        ..memberships(vec![new.clone()])
    };
    commit(&store, anew(&old, &new)).await;
    assert!(members(&store, std::slice::from_ref(&old)).await == [new.clone()]);
    assert_eq!(losses(&store, &anew(&old, &old)).await, [loss(&old), loss(&old)]);
    // Under the same id as well.
    commit(&store, anew(&new, &new)).await;
    assert!(members(&store, std::slice::from_ref(&old)).await == [new.clone()]);
    // What goes is not there to be changed.
    let both = Changes { removed: vec![new.clone()], ..memberships(vec![new.clone().touched()]) };
    assert_eq!(losses(&store, &both).await, [loss(&new)]);
    assert!(members(&store, std::slice::from_ref(&old)).await == [new]);
}

pub async fn of_two_who_remove_the_same_one_wins(store: impl Ledger + Organizations + Invitations) {
    for n in 1..=10 {
        let all: Vec<_> = (0..3).map(|it| membership(&format!("u{n}x{it}"), "x")).collect();
        commit(&store, memberships(all.clone())).await;
        let own = |it: u128| 1_000 * n + it;
        let mut rivals: Vec<_> =
            (0..4).map(|it| Changes { removed: all[..2].to_vec(), ..invite(own(it)) }).collect();
        // One of them changes what the others remove.
        let changed = Membership { pin_allowed: true, ..all[1].clone() }.touched();
        rivals.push(Changes { memberships: vec![changed.clone()], ..invite(own(4)) });
        let outcomes = join_all(rivals.iter().map(|it| losses_or_none(&store, it))).await;
        let winners: Vec<_> = (0..).zip(&outcomes).filter(|(_, it)| it.is_none()).collect();
        assert_eq!(winners.len(), 1, "one and only one was first");
        let winner: u128 = winners[0].0;
        for lost in outcomes.iter().flatten() {
            assert!(lost.contains(&loss(&all[1])), "{lost:?}");
        }
        let left = match winner {
            4 => vec![all[0].clone(), changed, all[2].clone()],
            _ => vec![all[2].clone()],
        };
        assert!(members(&store, &all).await == left);
        assert!(Invitations::find(&store, TENANT, id(own(winner))).await.unwrap().is_some());
    }
    assert_eq!(stored(&store).await.len(), 10, "a loser has invited somebody");
}

pub async fn who_removes_what_is_gone_takes_nobody_along(
    store: impl Ledger + Organizations + Invitations,
) {
    let all: Vec<_> = (0..90).map(|n| membership(&format!("u{n}"), "x")).collect();
    commit(&store, memberships(all.clone())).await;
    let gone = all.iter().step_by(3).cloned().collect();
    commit(&store, removed(gone)).await;
    let changes: Vec<_> =
        (1..).zip(&all).map(|(n, it)| Changes { removed: vec![it.clone()], ..invite(n) }).collect();
    let outcomes = join_all(changes.iter().map(|it| losses_or_none(&store, it))).await;
    for (n, (it, lost)) in all.iter().zip(outcomes).enumerate() {
        assert_eq!(lost, (n % 3 == 0).then(|| vec![loss(it)]));
    }
    assert!(members(&store, &all).await.is_empty());
    assert_eq!(stored(&store).await.len(), 60);
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

pub async fn a_taken_pin_loses_by_its_membership(store: impl Ledger + Organizations) {
    let ada = holder("ada", "x", 1);
    let bob = holder("bob", "x", 2);
    let cyd = membership("cyd", "x");
    let old = vec![ada.clone(), bob.clone(), cyd.clone()];
    commit(&store, memberships(old.clone())).await;
    let take = |it: &Membership, n| Membership { pin: Some(pin(n)), ..it.clone() }.touched();
    let new = |name, n| holder(name, "x", n);
    // Those who lose are named, and nobody else.
    let added = vec![new("dan", 3), new("eve", 1), new("fay", 4)];
    assert_eq!(losses(&store, &memberships(added.clone())).await, [loss(&added[1])]);
    let changed = vec![take(&ada, 5), take(&cyd, 2)];
    assert_eq!(losses(&store, &memberships(changed)).await, [loss(&cyd)]);
    let twice = vec![new("dan", 6), new("eve", 6)];
    assert_eq!(losses(&store, &memberships(twice.clone())).await, [loss(&twice[1])]);
    let twice = vec![take(&ada, 6), take(&bob, 6)];
    assert_eq!(losses(&store, &memberships(twice)).await.len(), 1);
    // What comes takes nothing from whoever is changed, nor the other way round.
    let both = vec![new("dan", 7), take(&cyd, 7)];
    assert_eq!(losses(&store, &memberships(both.clone())).await, [loss(&both[0])]);
    assert!(members(&store, &[&old[..], &added].concat()).await == old);
    // Where a pin came from does not matter.
    let seed = Some(PinSeed { id: Uuid::from_u128(1), step: 1 });
    let mut seeded = new("dan", 1);
    seeded.pin = Some(Pin { seed, ..pin(1) });
    assert_eq!(losses(&store, &memberships(vec![seeded])).await, [loss(&added[0])]);
    // Who has none is in nobody's way, and whoever keeps theirs is not in their own.
    let fine = vec![membership("dan", "x"), membership("eve", "x"), take(&ada, 1)];
    commit(&store, memberships(fine)).await;
}

pub async fn a_pin_may_be_held_in_two_organizations_and_two_tenants(
    store: impl Ledger + Organizations,
) {
    let all = vec![holder("ada", "x", 1), holder("ada", "y", 1), holder("bob", "z", 1)];
    let abroad = elsewhere(&holder("cyd", "x", 1));
    commit(&store, memberships([&all[..], std::slice::from_ref(&abroad)].concat())).await;
    assert!(members(&store, &all).await == all);
    assert!(store.proven(&[abroad.id]).await.unwrap() == [Some(abroad)]);
}

pub async fn a_pin_that_is_given_up_may_be_taken_in_the_same_commit(
    store: impl Ledger + Organizations,
) {
    let all: Vec<_> = (0..5).map(|n| holder(&format!("a{n}"), "x", n)).collect();
    commit(&store, memberships(all.clone())).await;
    let take = |it: &Membership, pin| Membership { pin, ..it.clone() }.touched();
    // One goes, one gives it up, one has another: whoever is new takes theirs.
    let heirs: Vec<_> = (0..3).map(|n| holder(&format!("b{n}"), "x", n)).collect();
    let changes = Changes {
        removed: all[..1].to_vec(),
        memberships: [&heirs[..], &[take(&all[1], None), take(&all[2], Some(pin(9)))]].concat(),
        ..Changes::default()
    };
    commit(&store, changes).await;
    assert!(members(&store, &heirs).await == heirs);
    // Whoever was there takes it as well.
    let heir = take(&heirs[0], Some(pin(3)));
    let changes = Changes { removed: vec![all[3].clone()], ..memberships(vec![heir.clone()]) };
    commit(&store, changes).await;
    let heir = take(&heir, Some(pin(4)));
    commit(&store, memberships(vec![heir.clone(), take(&all[4], None)])).await;
    assert!(members(&store, &heirs[..1]).await == [heir]);
    // Each takes the next one's, whichever comes first.
    for (place, backwards) in [("y", false), ("z", true)] {
        let row: Vec<_> = (0..50).map(|n| holder(&format!("c{n}"), place, n)).collect();
        commit(&store, memberships(row.clone())).await;
        let mut moved: Vec<_> = (1..=50).zip(&row).map(|(n, it)| take(it, Some(pin(n)))).collect();
        let expected = moved.clone();
        if backwards {
            moved.reverse();
        }
        commit(&store, memberships(moved)).await;
        assert!(members(&store, &row).await == expected);
    }
}

pub async fn of_two_who_take_a_pin_at_once_one_wins(
    store: impl Ledger + Organizations + Invitations,
) {
    for n in 1..=10 {
        let place = format!("o{n}");
        let there: Vec<_> = (0..3).map(|it| membership(&format!("a{it}"), &place)).collect();
        commit(&store, memberships(there.clone())).await;
        let changed =
            there.iter().map(|it| Membership { pin: Some(pin(1)), ..it.clone() }.touched());
        let added = (0..3).map(|it| holder(&format!("b{it}"), &place, 1));
        let wanted: Vec<_> = changed.chain(added).collect();
        let own = |it: u128| 1_000 * n + it;
        let rivals: Vec<_> = (0..)
            .zip(&wanted)
            .map(|(it, want)| Changes { memberships: vec![want.clone()], ..invite(own(it)) })
            .collect();
        let outcomes = join_all(rivals.iter().map(|it| losses_or_none(&store, it))).await;
        assert_eq!(outcomes.iter().filter(|it| it.is_none()).count(), 1);
        for (it, lost) in wanted.iter().zip(&outcomes) {
            assert!(lost.as_ref().is_none_or(|lost| *lost == [loss(it)]));
        }
        let winner = outcomes.iter().position(Option::is_none).unwrap();
        let digest = [vec![1; 32]];
        let found = store.holders(TENANT, &organization_id(&place), &digest).await.unwrap();
        assert!(found == wanted[winner..=winner], "it was told that it won");
    }
    assert_eq!(stored(&store).await.len(), 10, "a loser has invited somebody");
}
