use usher_domain::{Actor, Authority, Credential, CredentialId, Role, Status};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    testing::{
        TENANT, caller, core,
        fake_store::{FakeStore, below, bound_to, invited_to, place},
        membership, noon, role,
    },
};

#[tokio::test]
async fn what_is_bound_to_it_goes_with_it() {
    for policy in [OrphanPolicy::Keep, OrphanPolicy::Revoke] {
        let world = world();
        let key = |n, to: &str| Credential {
            id: CredentialId(Uuid::from_u128(n)),
            tenant: TENANT,
            secret_digest: [7; 32],
            authority: Authority::OrgAdmin,
            user: None,
            organization: Some(place(to)),
            created_at: noon(),
            made_by: Actor::System,
            revoked_at: None,
            expires_at: None,
            version: 1,
        };
        let unbound = Credential { organization: None, ..key(3, "x") };
        let keys = vec![key(1, "team"), key(2, "other"), unbound, key(4, "team").revoked(noon())];
        world.state().credentials = keys;
        let other = invited_to(2, "bob", "other");
        let expired = Invitation { expires_at: noon(), ..invited_to(3, "cyd", "team") };
        let kept = [other, expired];
        world.state().invitations = [&kept[..], &[invited_to(1, "ada", "team")]].concat();
        let removed = remove(&world, "team", policy).await.unwrap();
        assert_eq!(removed, below("team", "top"));
        let changes = world.once_written();
        assert_eq!(changes.removed_organizations, [removed]);
        assert_eq!(changes.credentials, [key(1, "team").revoked(noon())]);
        let actions: Vec<_> = changes.audit.iter().map(|it| it.action).collect();
        assert_eq!(actions, [Action::OrganizationRemoved, Action::Revoked]);
        assert_eq!(world.invitation(1).status, Status::Revoked);
        assert_eq!([world.invitation(2), world.invitation(3)], kept);
        assert_eq!(world.member("mia", "team"), None);
        assert!(world.member("mia", "other").is_some());
    }
    let error = remove(&world(), "gone", OrphanPolicy::Keep).await.unwrap_err();
    assert!(matches!(error, OrganizationError::Unknown));
}

#[tokio::test]
async fn invitations_go_to_the_organization_above_without_the_roles_that_are_its_own() {
    let world = world();
    let own = Role { organization: Some(place("team")), ..role("cook") };
    world.state().roles = vec![own, role("reader")];
    let mut it = invited_to(1, "ada", "team");
    it.offer.roles = ["cook", "reader", "free"].map(str::to_owned).to_vec();
    world.state().invitations.push(it);
    remove(&world, "team", OrphanPolicy::Transfer).await.unwrap();
    let moved = world.invitation(1);
    assert_eq!((moved.status, moved.version), (Status::Pending, 2));
    assert_eq!(moved.offer.organization, Some(place("top")));
    assert_eq!(moved.offer.roles, ["reader", "free"]);
    let changes = world.once_written();
    let actions: Vec<_> = changes.audit.iter().map(|it| it.action).collect();
    assert_eq!(actions, [Action::OrganizationRemoved, Action::InvitationChanged]);
    let now = noon();
    assert_eq!(changes.seated, [Seated { tenant: TENANT, organization: place("top"), now }]);
}

#[tokio::test]
async fn where_nothing_stands_above_they_are_revoked() {
    for parent in [None, Some(place("gone"))] {
        let world = world();
        world.state().reform("team", |it| Organization { parent: parent.clone(), ..it });
        world.state().invitations.push(invited_to(1, "ada", "team"));
        remove(&world, "team", OrphanPolicy::Transfer).await.unwrap();
        assert_eq!(world.invitation(1).status, Status::Revoked);
        assert_eq!(world.once_written().seated, []);
    }
}

#[tokio::test]
async fn who_has_an_invitation_to_the_one_above_keeps_that_one_alone() {
    let world = world();
    let there = invited_to(2, "ada", "top");
    world.state().invitations =
        vec![invited_to(1, "ada", "team"), there.clone(), invited_to(3, "bob", "team")];
    remove(&world, "team", OrphanPolicy::Transfer).await.unwrap();
    assert_eq!(world.invitation(1).status, Status::Revoked);
    assert_eq!(world.invitation(2), there);
    assert_eq!(world.invitation(3).offer.organization, Some(place("top")));
}

#[tokio::test]
async fn where_there_are_not_seats_for_all_of_them_above_all_are_revoked() {
    for (seats, status) in [(2, Status::Pending), (1, Status::Revoked)] {
        let world = world().with("top", |it| Organization { seats: Some(seats), ..it });
        world.state().invitations =
            vec![invited_to(1, "ada", "team"), invited_to(2, "bob", "team")];
        remove(&world, "team", OrphanPolicy::Transfer).await.unwrap();
        assert_eq!([1, 2].map(|it| world.invitation(it).status), [status, status]);
    }
}

#[tokio::test]
async fn one_that_changes_meanwhile_moves_nevertheless() {
    let world = world();
    world.state().invitations.push(invited_to(1, "ada", "team"));
    // Somebody guesses at pins.
    world.before_next_commit(|it| it.reform("team", |it| it.touched(noon())));
    remove(&world, "team", OrphanPolicy::Transfer).await.unwrap();
    assert_eq!(world.invitation(1).offer.organization, Some(place("top")));
}

#[tokio::test]
async fn only_who_administers_the_tenant_removes_organizations() {
    let world = world();
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    for caller in [helpdesk, bound_to("team")] {
        let remove = RemoveOrganization::new(&core(&world.ports, &Policy::at("http://usher.test")));
        let error = remove.run(&caller, &place("team")).await;
        assert!(matches!(error, Err(OrganizationError::Forbidden)));
    }
    assert_eq!(world.written(), []);
}

#[tokio::test]
async fn where_others_are_always_first_the_store_is_busy() {
    let world = world();
    world.state().losing = true;
    let error = remove(&world, "team", OrphanPolicy::Keep).await.unwrap_err();
    assert!(matches!(error, OrganizationError::Store(it) if it.is_busy()));
}

/// Mia is in the team and in the other one.
fn world() -> FakeStore {
    FakeStore::of(vec![], ["team", "other"].map(|it| membership("mia", it)).to_vec())
}

async fn remove(
    world: &FakeStore,
    id: &str,
    orphans: OrphanPolicy,
) -> Result<Organization, OrganizationError> {
    let policy = Policy { orphans, ..Policy::at("http://usher.test") };
    RemoveOrganization::new(&core(&world.ports, &policy)).run(&caller(), &place(id)).await
}
