//! Of two commits that want the same one wins, and the other is told what it conflicted with.

use futures_util::future::join_all;
use usher_domain::{
    Actor, Credential, Invitation, Lane, Membership, OrganizationId, Profile, Role, RowOutcome,
    Session, Slice, Task, Tenant, User, UserId, UserRef, UserStatus,
};

use crate::{
    ports::{
        audit::Audit,
        invitations::Invitations,
        ledger::{Changes, Conflict, Ledger},
        organizations::Organizations,
        outbox::Outbox,
        tasks::Tasks,
        users::{Documents, Users},
    },
    testing::{
        TENANT,
        contract::{
            OTHER, commit, elsewhere, entry, id, invitations, invite, invited, invited_to, job,
            ledger::{commit_everything, everything, losses_or_none, stored},
            losses, minute, organization_id, other_tenant, run, seconds, slice, task, task_id,
            users,
        },
        invitation, mailbox, membership, noon, organization, tenant, user, user_id,
    },
};

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
    assert!(Users::list(&store, TENANT, None, 100, Documents::With).await.unwrap() == people);
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
