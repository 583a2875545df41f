//! No more come into an organization than it has seats, however many come at once.

use futures_util::future::join_all;
use usher_domain::{Actor, Invitation, Membership, Organization};

use crate::{
    ports::{
        invitations::Invitations,
        ledger::{Changes, CommitError, Conflict, Ledger, Seated},
        organizations::Organizations,
    },
    testing::{
        TENANT,
        contract::{
            OTHER, commit, invitations, invited_to, losses, memberships, organization_id, seconds,
        },
        membership, noon, organization,
    },
};

fn numbered(id: &str, seats: u32) -> Organization {
    Organization { seats: Some(seats), ..organization(id) }
}

fn seated(id: &str) -> Seated {
    Seated { tenant: TENANT, organization: organization_id(id), now: noon() }
}

fn seat(id: &str) -> Conflict {
    Conflict::Seat(organization_id(id))
}

/// Who becomes a member of these, and wants a seat there.
fn joins(user: &str, places: &[&str]) -> Changes {
    Changes {
        memberships: places.iter().map(|it| membership(user, it)).collect(),
        seated: places.iter().map(|it| seated(it)).collect(),
        ..Changes::default()
    }
}

/// Who is invited to this one, and wants a seat there.
fn is_invited(n: u128, place: &str) -> Changes {
    Changes {
        seated: vec![seated(place)],
        ..invitations(vec![invited_to(n, &format!("u{n}"), place)])
    }
}

async fn open(store: &impl Ledger, organizations: Vec<Organization>) {
    commit(store, Changes { organizations, ..Changes::default() }).await;
}

async fn seats_used(store: &impl Organizations, id: &str) -> u64 {
    store.seats_used(TENANT, &[organization_id(id)], noon()).await.unwrap()[0]
}

pub async fn as_many_come_as_there_are_seats(store: impl Ledger + Organizations) {
    open(&store, vec![numbered("few", 10), numbered("many", 100), organization("any")]).await;
    let all: Vec<_> = (0..100)
        .flat_map(|n| {
            let few = match n % 2 {
                0 => joins(&format!("u{n}"), &["few"]),
                _ => is_invited(n, "few"),
            };
            [few, joins(&format!("u{n}"), &["many", "any"])]
        })
        .collect();
    let outcomes = join_all(all.iter().map(|it| store.commit(it))).await;
    let (mut came, mut others) = (0, 0);
    for (n, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Ok(()) if n % 2 == 0 => came += 1,
            Ok(()) => others += 1,
            Err(CommitError::Conflict(lost)) if n % 2 == 0 => assert_eq!(lost, [seat("few")]),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((came, others), (10, 100), "as many as there are, and nobody suffers");
    assert_eq!(seats_used(&store, "few").await, 10);
    assert_eq!(seats_used(&store, "any").await, 100);
}

pub async fn members_and_live_invitations_take_seats(store: impl Ledger + Organizations) {
    let it = |n| invited_to(n, &format!("u{n}"), "o");
    let accepted = it(3).accept(membership("ada", "o").user, noon()).unwrap();
    let all = vec![
        it(1),
        Invitation { expires_at: seconds(1), ..it(2) },
        accepted,
        it(4).decline(noon()).unwrap(),
        it(5).revoke(Actor::System, noon()).unwrap(),
        Invitation { expires_at: noon(), ..it(6) },
        Invitation { expires_at: seconds(-1), ..it(7) }.lapse(noon()).unwrap(),
        invited_to(8, "u8", "elsewhere"),
        Invitation { tenant: OTHER, ..it(9) },
        // Who is a member, and has yet to accept, has one seat.
        Invitation { user: Some(membership("ada", "o").user), ..it(10) },
        // Who is one of another tenant, or of another organization, needs one here.
        Invitation { user: Some(membership("bob", "o").user), ..it(11) },
        Invitation { user: Some(membership("dan", "o").user), ..it(12) },
    ];
    // As they are stored at first, whatever they have been through.
    let all = all.into_iter().map(|it| Invitation { version: 1, ..it }).collect();
    commit(&store, invitations(all)).await;
    let theirs = Membership { tenant: OTHER, ..membership("bob", "o") };
    let dan = membership("dan", "elsewhere");
    let here = [membership("ada", "o"), membership("ada", "elsewhere"), dan, theirs];
    commit(&store, memberships(here.to_vec())).await;
    let ids = ["o", "nowhere", "elsewhere", "o"].map(organization_id);
    assert_eq!(store.seats_used(TENANT, &ids, noon()).await.unwrap(), [5, 0, 3, 5]);
    assert_eq!(store.seats_used(TENANT, &ids[..1], seconds(1)).await.unwrap(), [4]);
    assert_eq!(store.seats_used(OTHER, &ids[..1], noon()).await.unwrap(), [2]);
    assert_eq!(store.seats_used(TENANT, &[], noon()).await.unwrap(), [0; 0]);
    // A commit counts as the finder does, and at the moment that it says.
    open(&store, vec![numbered("o", 5)]).await;
    assert_eq!(losses(&store, &joins("cyd", &["o"])).await, [seat("o")]);
    let later =
        Changes { seated: vec![Seated { now: seconds(1), ..seated("o") }], ..joins("cyd", &["o"]) };
    commit(&store, later).await;
}

pub async fn a_commit_for_which_there_are_not_enough_seats_is_lost_whole(
    store: impl Ledger + Organizations + Invitations,
) {
    open(&store, vec![numbered("full", 1), numbered("room", 9)]).await;
    commit(&store, joins("ada", &["full", "room"])).await;
    assert_eq!(losses(&store, &joins("bob", &["room", "full"])).await, [seat("full")]);
    assert_eq!(seats_used(&store, "room").await, 1);
    let nine = Changes {
        memberships: (0..9).map(|n| membership(&format!("u{n}"), "room")).collect(),
        seated: vec![seated("room")],
        ..Changes::default()
    };
    assert_eq!(losses(&store, &nine).await, [seat("room")]);
    assert_eq!(seats_used(&store, "room").await, 1);
    let eight = Changes { memberships: nine.memberships[1..].to_vec(), ..nine };
    commit(&store, eight).await;
    assert_eq!(seats_used(&store, "room").await, 9);
    // There are too few for both, and each hears of both.
    assert_eq!(
        losses(&store, &joins("zoe", &["full", "room"])).await,
        [seat("full"), seat("room")]
    );
}

pub async fn what_goes_makes_room_in_the_same_commit(store: impl Ledger + Organizations) {
    open(&store, vec![numbered("o", 2)]).await;
    commit(&store, joins("ada", &["o"])).await;
    commit(&store, is_invited(1, "o")).await;
    let swap = Changes { removed: vec![membership("ada", "o")], ..joins("bob", &["o"]) };
    commit(&store, swap).await;
    let it = invited_to(1, "u1", "o");
    let again = Changes { seated: vec![seated("o")], ..Changes::default() };
    let accepted = Changes {
        memberships: vec![membership("u1", "o")],
        invitations: vec![it.accept(membership("u1", "o").user, noon()).unwrap()],
        ..again.clone()
    };
    commit(&store, accepted).await;
    assert_eq!(seats_used(&store, "o").await, 2);
    // What takes no seat is not lost for want of one, unless it asks to be counted.
    open(&store, vec![Organization { version: 2, ..numbered("o", 1) }]).await;
    assert_eq!(losses(&store, &again).await, [seat("o")]);
    commit(&store, memberships(vec![membership("cyd", "o")])).await;
    assert_eq!(seats_used(&store, "o").await, 3);
}

pub async fn seats_are_those_of_the_commit_and_of_the_tenant(store: impl Ledger + Organizations) {
    let theirs = Organization { tenant: OTHER, ..numbered("o", 0) };
    open(&store, vec![numbered("o", 0), theirs, organization("any")]).await;
    assert_eq!(losses(&store, &joins("ada", &["o"])).await, [seat("o")]);
    let more = Organization { version: 2, ..numbered("o", 1) };
    commit(&store, Changes { organizations: vec![more], ..joins("ada", &["o"]) }).await;
    let new = Changes { organizations: vec![numbered("new", 0)], ..joins("ada", &["new"]) };
    assert_eq!(losses(&store, &new).await, [seat("new")]);
    // Where there is no number there are enough, and where there is no organization too.
    commit(&store, joins("bob", &["any", "nowhere"])).await;
    let free = Organization { seats: None, version: 3, ..numbered("o", 0) };
    open(&store, vec![free]).await;
    commit(&store, joins("bob", &["o"])).await;
}

pub async fn who_wants_no_seat_does_not_wait_for_who_does(
    store: impl Ledger + Organizations + Invitations,
) {
    open(&store, vec![numbered("o", 1), numbered("p", 50)]).await;
    let all: Vec<_> = (0..60)
        .map(|n| match n % 3 {
            0 => joins(&format!("u{n}"), &["o", "p"]),
            1 => joins(&format!("u{n}"), &["p"]),
            _ => invitations(vec![invited_to(n, &format!("u{n}"), "o")]),
        })
        .collect();
    let outcomes = join_all(all.iter().map(|it| store.commit(it))).await;
    let won: Vec<_> = outcomes.iter().map(Result::is_ok).collect();
    let of = |rest| won.iter().skip(rest).step_by(3).filter(|it| **it).count();
    // Whether the one seat is had before somebody is invited without asking is up to chance.
    assert!(of(0) <= 1 && of(1) == 20 && of(2) == 20, "{won:?}");
    assert_eq!(seats_used(&store, "p").await, 20 + of(0) as u64);
}
