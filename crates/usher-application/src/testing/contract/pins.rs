//! A pin belongs to one membership of an organization.

use futures_util::future::join_all;
use usher_domain::{Membership, Pin, PinSeed};
use uuid::Uuid;

use crate::{
    ports::{
        invitations::Invitations,
        ledger::{Changes, Ledger},
        organizations::Organizations,
    },
    testing::{
        TENANT,
        contract::{
            OTHER, commit, elsewhere, holder, invite,
            ledger::{loss, losses_or_none, members, stored},
            losses, memberships, organization_id, pin,
        },
        membership,
    },
};

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
    assert!(store.proven(&[(OTHER, abroad.id)]).await.unwrap() == [Some(abroad)]);
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
