//! What a commit removes or forgets goes, and nothing else does.

use futures_util::future::join_all;
use usher_domain::{Lane, Membership, Slice, Task};

use crate::{
    ports::{
        audit::Audit,
        invitations::Invitations,
        ledger::{Changes, Conflict, Ledger},
        organizations::Organizations,
        outbox::Outbox,
        tasks::Tasks,
    },
    testing::{
        TENANT,
        contract::{
            OTHER, commit, elsewhere, holder, id, invite,
            ledger::{gone, loss, losses_or_none, members, stored},
            losses, membership_id, memberships, minute, pin, removed, slice, task, task_id,
        },
        membership, noon,
    },
};

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
        let found = store.find(TENANT, task_id(n)).await.unwrap();
        assert_eq!(found.is_none(), is_gone, "{n}");
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

pub async fn what_is_removed_goes_and_nothing_else_does(store: impl Ledger + Organizations) {
    let all: Vec<_> = [("ada", "x"), ("ada", "y"), ("bob", "x"), ("bob", "y")]
        .map(|(user, place)| membership(user, place))
        .into();
    let abroad = elsewhere(&all[0]);
    commit(&store, memberships([&all[..], std::slice::from_ref(&abroad)].concat())).await;
    commit(&store, removed(vec![all[0].clone(), all[3].clone()])).await;
    assert!(members(&store, &all).await == all[1..3]);
    assert!(
        store.proven(&[(OTHER, abroad.id), (TENANT, all[0].id)]).await.unwrap()
            == [Some(abroad.clone()), None]
    );
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
    assert!(
        store.proven(&[(TENANT, old.id), (TENANT, new.id)]).await.unwrap() == [None, Some(new)]
    );
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
