use chrono::TimeDelta;
use usher_domain::{Authority, Status};

use super::*;
use crate::{
    policy::Policy,
    testing::{
        caller, core,
        fake_store::{FakeStore, invited_to, place},
        noon, user_id,
    },
};

#[tokio::test]
async fn what_is_too_much_for_one_commit_is_settled_before_in_others() {
    let town = Town::with(2 * PAGE + 50, 20);
    let transfer = transfer(OrphanPolicy::Revoke, None);
    let orphans = town.orphans(OrphanPolicy::Revoke);
    orphans.settle_excess(&caller(), to("team"), &transfer).await.unwrap();
    let left = town.left(OrphanPolicy::Revoke).await.unwrap();
    assert_eq!(left.len(), 20, "the rest goes with what it rests on");
    assert_eq!(town.commits(), [PAGE, PAGE, 30]);
    let oldest = town.store.invitation(1);
    assert_eq!(oldest.status, Status::Revoked);
}

#[tokio::test]
async fn what_fits_one_commit_is_left_to_it() {
    let town = Town::with(20, 20);
    let transfer = transfer(OrphanPolicy::Revoke, None);
    let orphans = town.orphans(OrphanPolicy::Revoke);
    orphans.settle_excess(&caller(), to("team"), &transfer).await.unwrap();
    assert_eq!(town.commits(), [0; 0]);
    assert_eq!(town.left(OrphanPolicy::Revoke).await.unwrap().len(), 20);
}

#[tokio::test]
async fn more_than_fits_one_commit_is_an_error_and_not_passed_over() {
    let town = Town::with(21, 20);
    assert!(town.left(OrphanPolicy::Revoke).await.unwrap_err().is_busy());
}

#[tokio::test]
async fn what_is_kept_is_not_settled_before_either() {
    let town = Town::with(21, 20);
    let transfer = transfer(OrphanPolicy::Keep, None);
    let orphans = town.orphans(OrphanPolicy::Keep);
    orphans.settle_excess(&caller(), to("team"), &transfer).await.unwrap();
    assert_eq!(town.commits(), [0; 0]);
}

#[tokio::test]
async fn what_is_transferred_and_matches_still_is_transferred_once() {
    let town = Town::with(25, 20);
    let transfer = transfer(OrphanPolicy::Transfer, None);
    let orphans = town.orphans(OrphanPolicy::Transfer);
    orphans.settle_excess(&caller(), to("team"), &transfer).await.unwrap();
    assert_eq!(town.commits(), [5]);
    assert_eq!(*town.store.invitation(1).answers(), caller().actor);
}

#[tokio::test]
async fn an_organization_without_a_seat_for_each_of_a_page_takes_none_of_it() {
    for (seats, status) in [(5, Status::Pending), (4, Status::Revoked)] {
        let mut town = Town::with(25, 20);
        town.store =
            town.store.with("other", |it| usher_domain::Organization { seats: Some(seats), ..it });
        let other = place("other");
        let moved = |mut it: Invitation| {
            it.offer.organization = Some(place("other"));
            Some(it)
        };
        let transfer = Transfer {
            policy: OrphanPolicy::Transfer,
            to: Some(&other),
            is_edit: false,
            how: moved,
        };
        let orphans = town.orphans(OrphanPolicy::Transfer);
        orphans.settle_excess(&caller(), to("team"), &transfer).await.unwrap();
        assert_eq!(town.store.invitation(1).status, status, "{seats} seats");
    }
}

#[tokio::test]
async fn of_many_inviters_no_more_are_left_than_fit_one_commit() {
    let town = Town::with(50, 20);
    let users: Vec<_> = (0..2 * NAMES).map(|it| user_id(&format!("u{it}"))).collect();
    for (n, it) in (0..).zip(&mut town.store.state().invitations) {
        it.creator = Actor::User(users[if n < 30 { 0 } else { NAMES }].clone());
    }
    let orphans = town.orphans(OrphanPolicy::Revoke);
    let (all, transfer) = (&Filter::Everything, transfer(OrphanPolicy::Revoke, None));
    assert!(orphans.invited_by(&caller(), &users, all, noon()).await.unwrap_err().is_busy());
    orphans.settle_excess_of(&caller(), &users, all, &transfer).await.unwrap();
    assert_eq!(orphans.invited_by(&caller(), &users, all, noon()).await.unwrap().len(), 20);
}

#[tokio::test]
async fn what_is_the_callers_already_is_not_transferred_to_them() {
    let town = Town::with(5, 20);
    let users = [user_id("boss")];
    for (policy, found) in [(OrphanPolicy::Transfer, 0), (OrphanPolicy::Revoke, 5)] {
        let orphans = town.orphans(policy);
        let caller = caller();
        let theirs = orphans.invited_by(&caller, &users, &Filter::Everything, noon()).await;
        assert_eq!(theirs.unwrap().len(), found);
    }
}

#[tokio::test]
async fn what_the_caller_may_not_edit_is_not_settled_and_stands_in_nobodys_way() {
    let town = Town::with(100, 20);
    for it in town.store.state().invitations.iter_mut().step_by(2) {
        it.offer.authority = Some(Authority::OrgAdmin);
    }
    let by = Caller { authority: Authority::Helpdesk, ..caller() };
    let users = [user_id("boss")];
    let (all, transfer) = (&Filter::Everything, transfer(OrphanPolicy::Revoke, None));
    let orphans = town.orphans(OrphanPolicy::Revoke);
    orphans.settle_excess_of(&by, &users, all, &transfer).await.unwrap();
    let left = orphans.invited_by(&by, &users, all, noon()).await.unwrap();
    assert_eq!(left.len(), 10, "half of the twenty newest");
    assert_eq!(town.commits(), [40]);
    assert!(left.iter().all(|it| it.offer.authority.is_none()));
}

/// So many pending invitations to `team`, the first of them the oldest.
struct Town {
    store: FakeStore,
    most: usize,
}

impl Town {
    fn with(invitations: usize, most: usize) -> Self {
        let store = FakeStore::of(vec![], vec![]);
        let invitation = |n: usize| Invitation {
            issued_at: noon() - TimeDelta::hours(1)
                + TimeDelta::milliseconds(n.try_into().unwrap()),
            ..invited_to(n as u128, &format!("p{n}"), "team")
        };
        store.state().invitations.extend((1..=invitations).map(invitation));
        Self { store, most }
    }

    fn orphans(&self, policy: OrphanPolicy) -> OrphanedInvitations {
        let policy = Policy { orphans: policy, ..Policy::at("http://usher.test") };
        OrphanedInvitations {
            most: self.most,
            ..OrphanedInvitations::new(&core(&self.store.ports, &policy))
        }
    }

    async fn left(&self, policy: OrphanPolicy) -> Result<Vec<Invitation>, StoreError> {
        self.orphans(policy).left_by(&caller(), to("team"), noon()).await
    }

    /// How many invitations each commit wrote.
    fn commits(&self) -> Vec<usize> {
        self.store.written().iter().map(|it| it.invitations.len()).collect()
    }
}

fn to(organization: &str) -> Filter {
    open(Filter::Is(InvitationCondition::Organization(place(organization))))
}

fn transfer(
    policy: OrphanPolicy,
    to: Option<&OrganizationId>,
) -> Transfer<'_, impl Fn(Invitation) -> Option<Invitation>> {
    Transfer { policy, to, is_edit: true, how: |it| taken_over_by(&caller(), it) }
}
