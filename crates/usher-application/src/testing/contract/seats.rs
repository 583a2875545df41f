//! An organization never has more members and live invitations than it has seats.

use futures_util::future::join_all;
use usher_domain::{Invitation, Membership, Organization, Status};

use super::{OTHER, commit, invited_to, losses, organization_id, seconds};
use crate::{
    Changes, CommitError, Ledger, Loss, Organizations, Seated,
    testing::{TENANT, membership, noon, organization},
};

fn seats(id: &str, seats: u32) -> Organization {
    Organization { seats: Some(seats), ..organization(id) }
}

async fn organizations(store: &impl Ledger, organizations: Vec<Organization>) {
    commit(store, Changes { organizations, ..Changes::default() }).await;
}

fn counted(organizations: &[&str]) -> Vec<Seated> {
    let seated =
        |it: &&str| Seated { tenant: TENANT, organization: organization_id(it), now: noon() };
    organizations.iter().map(seated).collect()
}

fn invites(invitations: Vec<Invitation>) -> Changes {
    Changes { invitations, seated: counted(&["team"]), ..Changes::default() }
}

fn joins(memberships: Vec<Membership>) -> Changes {
    Changes { memberships, seated: counted(&["team"]), ..Changes::default() }
}

async fn taken(store: &impl Organizations, organization: &str) -> u64 {
    store.taken(TENANT, &[organization_id(organization)], noon()).await.unwrap()[0]
}

pub async fn a_hundred_at_once_get_exactly_as_many_as_there_are(
    store: impl Ledger + Organizations,
) {
    organizations(&store, vec![seats("team", 10)]).await;
    let one = |n: u128| match n % 2 {
        0 => invites(vec![invited_to(n, &format!("u{n}"), "team")]),
        _ => joins(vec![membership(&format!("u{n}"), "team")]),
    };
    let all: Vec<_> = (0..100).map(one).collect();
    let outcomes = join_all(all.iter().map(|it| store.commit(it))).await;
    let mut written = 0;
    for outcome in outcomes {
        match outcome {
            Ok(()) => written += 1,
            Err(CommitError::Lost(lost)) => {
                assert_eq!(lost, [Loss::Seat(organization_id("team"))]);
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((written, taken(&store, "team").await), (10, 10));
}

pub async fn a_batch_that_is_too_many_is_written_not_at_all(store: impl Ledger + Organizations) {
    organizations(&store, vec![seats("team", 3)]).await;
    let batch = |from: u128, to: u128| {
        invites((from..to).map(|n| invited_to(n, &format!("u{n}"), "team")).collect())
    };
    let seat = [Loss::Seat(organization_id("team"))];
    assert_eq!(losses(&store, &batch(0, 4)).await, seat);
    assert_eq!(taken(&store, "team").await, 0);
    commit(&store, batch(0, 2)).await;
    assert_eq!(losses(&store, &batch(2, 4)).await, seat);
    commit(&store, batch(2, 3)).await;
    assert_eq!(losses(&store, &batch(3, 4)).await, seat);
}

pub async fn only_who_may_still_come_takes_a_seat(store: impl Ledger + Organizations) {
    organizations(&store, vec![seats("team", 2), organization("free")]).await;
    let with = |n, status| Invitation { status, ..invited_to(n, &format!("u{n}"), "team") };
    let expired = Invitation { expires_at: noon(), ..invited_to(9, "u9", "team") };
    let over = [Status::Accepted, Status::Declined, Status::Revoked, Status::Lapsed];
    let over = (1..).zip(over).map(|(n, status)| with(n, status));
    commit(&store, invites(over.chain([expired]).collect())).await;
    assert_eq!(taken(&store, "team").await, 0);
    let abroad = Membership { tenant: OTHER, ..membership("eve", "team") };
    let elsewhere = vec![abroad, membership("ada", "free")];
    commit(&store, Changes { memberships: elsewhere, ..Changes::default() }).await;
    commit(&store, joins(vec![membership("ada", "team")])).await;
    commit(&store, invites(vec![invited_to(20, "bob", "team")])).await;
    let ids = ["free", "team", "nowhere", "team"].map(organization_id);
    assert_eq!(store.taken(TENANT, &ids, noon()).await.unwrap(), [1, 2, 0, 2]);
    let late = seconds(60 * 60 * 24 * 8);
    assert_eq!(store.taken(TENANT, &ids, late).await.unwrap(), [1, 1, 0, 1]);
    let lost = losses(&store, &invites(vec![invited_to(21, "cyd", "team")])).await;
    assert_eq!(lost, [Loss::Seat(organization_id("team"))]);

    let removed = vec![membership("ada", "team")];
    let instead = joins(vec![membership("dan", "team")]);
    commit(&store, Changes { removed, ..instead }).await;
    let seated = counted(&["free"]);
    let many = (0..50).map(|n| membership(&format!("u{n}"), "free")).collect();
    commit(&store, Changes { memberships: many, seated, ..Changes::default() }).await;
}

pub async fn each_of_two_organizations_is_counted(store: impl Ledger + Organizations) {
    organizations(&store, vec![seats("team", 1), seats("other", 1)]).await;
    let both = |user: &str| Changes {
        memberships: vec![membership(user, "team"), membership(user, "other")],
        seated: counted(&["team", "other"]),
        ..Changes::default()
    };
    commit(&store, both("ada")).await;
    let mut lost = losses(&store, &both("bob")).await;
    lost.sort();
    let seat = |it| Loss::Seat(organization_id(it));
    assert_eq!(lost, [seat("other"), seat("team")]);
}
