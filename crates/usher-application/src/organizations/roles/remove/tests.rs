use usher_domain::{Authority, Invitation, InvitationId, OrphanPolicy, Status, TenantId};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    testing::{
        active, caller, core,
        fake_store::{FakeStore, bound_to, invited_to, place},
        membership, noon, role, user,
    },
};

#[tokio::test]
async fn a_role_that_goes_is_taken_from_all_who_have_it() {
    let world = world();
    let has = |roles: &[&str], it| User {
        roles: roles.iter().map(|it| (*it).to_owned()).collect(),
        ..active(it)
    };
    world.state().users = vec![has(&["x", "reader"], "ada"), has(&["x"], "bob"), active("mia")];
    let removed = remove(&world, &caller(), "reader", OrphanPolicy::Keep).await.unwrap();
    assert_eq!(removed, role("reader"));
    let changes = world.once_written();
    assert_eq!(changes.removed_roles, [removed]);
    let left: Vec<_> = changes.memberships.iter().map(|it| (&it.roles[..], it.version)).collect();
    assert_eq!(left, [(&["y".to_owned()][..], 2)]);
    let left: Vec<_> = changes.users.iter().map(|it| (&it.roles[..], it.version)).collect();
    assert_eq!(left, [(&["x".to_owned()][..], 2)]);
    let [entry] = &changes.audit[..] else { panic!("one entry") };
    assert_eq!((entry.action, &entry.subject), (Action::RoleRemoved, &Subject::Role(id("reader"))));
    let error = remove(&world, &caller(), "reader", OrphanPolicy::Keep).await.unwrap_err();
    assert!(matches!(error, RoleError::Unknown));
}

#[tokio::test]
async fn so_many_may_have_it_that_they_are_read_page_by_page() {
    let world = world();
    let with = |n| User { roles: vec!["reader".to_owned()], ..user(&format!("user{n}")) };
    world.state().users = (0..2_001).map(with).collect();
    remove(&world, &caller(), "reader", OrphanPolicy::Keep).await.unwrap();
    assert_eq!(world.once_written().users.len(), 2_001);
    assert!(world.state().users.iter().all(|it| it.roles.is_empty()));
}

#[tokio::test]
async fn what_offers_it_is_as_the_policy_has_it() {
    for (policy, status, roles) in [
        (OrphanPolicy::Keep, Status::Pending, vec!["y"]),
        (OrphanPolicy::Revoke, Status::Revoked, vec!["reader", "y"]),
        (OrphanPolicy::Transfer, Status::Pending, vec!["y"]),
    ] {
        let world = world();
        let offers = |n, roles: &[&str]| {
            let mut it = invited_to(n, &format!("u{n}"), "team");
            it.offer.roles = roles.iter().map(|it| (*it).to_owned()).collect();
            it
        };
        let expired = Invitation { expires_at: noon(), ..offers(3, &["reader"]) };
        let lapsed = Invitation { id: InvitationId(Uuid::from_u128(4)), ..expired.clone() };
        let others = [offers(2, &["y"]), lapsed.lapse(noon()).unwrap()];
        let offering = [offers(1, &["reader", "y"]), expired];
        world.state().invitations = [&others[..], &offering].concat();
        remove(&world, &caller(), "reader", policy).await.unwrap();
        let it = world.invitation(1);
        assert_eq!(
            (it.status, it.offer.roles),
            (status, roles.iter().map(|it| (*it).to_owned()).collect())
        );
        assert_eq!(it.creator, caller().actor);
        // One that has expired can be sent again.
        assert_eq!(world.invitation(3).status, status);
        assert_eq!(world.invitation(3).offer.roles.is_empty(), status == Status::Pending);
        assert_eq!([world.invitation(2), world.invitation(4)], others);
        let actions: Vec<_> = world.once_written().audit.iter().map(|it| it.action).collect();
        let expected = match policy {
            OrphanPolicy::Revoke => [Action::Revoked; 2],
            OrphanPolicy::Keep | OrphanPolicy::Transfer => [Action::InvitationChanged; 2],
        };
        let expected = [&[Action::RoleRemoved][..], &expected].concat();
        assert_eq!(actions, expected);
    }
}

#[tokio::test]
async fn a_bound_key_takes_nothing_from_others() {
    let world = world();
    let gone = async |caller, role| remove(&world, &caller, role, OrphanPolicy::Keep).await;
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    assert!(matches!(gone(helpdesk, "cook").await, Err(RoleError::Forbidden)));
    assert!(matches!(gone(bound_to("team"), "reader").await, Err(RoleError::Forbidden)));
    assert!(matches!(gone(bound_to("other"), "cook").await, Err(RoleError::Unknown)));
    assert!(matches!(gone(caller(), "theirs").await, Err(RoleError::Unknown)));
    assert_eq!(world.written(), []);
    assert!(gone(bound_to("team"), "cook").await.is_ok());
}

#[tokio::test]
async fn what_others_write_meanwhile_is_read_again() {
    let world = world();
    world.before_next_commit(|it| {
        let roles = ["z", "reader"].map(str::to_owned).to_vec();
        it.rewrite("mia", "team", |it| Membership { roles: roles.clone(), ..it });
    });
    remove(&world, &caller(), "reader", OrphanPolicy::Keep).await.unwrap();
    assert_eq!(world.member("mia", "team").unwrap().roles, ["z"]);
    world.state().losing = true;
    let error = remove(&world, &caller(), "cook", OrphanPolicy::Keep).await.unwrap_err();
    assert!(matches!(error, RoleError::Store(_)));
}

/// Mia is `reader` and `y` in the team, bob `y` there. `reader` is for all, `cook` for the team,
/// `theirs` another tenant's.
fn world() -> FakeStore {
    let with = |who, roles: &[&str]| Membership {
        roles: roles.iter().map(|it| (*it).to_owned()).collect(),
        ..membership(who, "team")
    };
    let members = vec![with("mia", &["reader", "y"]), with("bob", &["y"])];
    let world = FakeStore::of(vec![], members);
    let cook = Role { organization: Some(place("team")), ..role("cook") };
    let theirs = Role { tenant: TenantId(Uuid::nil()), ..role("theirs") };
    world.state().roles = vec![role("reader"), cook, theirs];
    world
}

fn id(text: &str) -> RoleId {
    RoleId::parse(text).unwrap()
}

fn policy(orphans: OrphanPolicy) -> Policy {
    Policy { orphans, ..Policy::at("http://usher.test") }
}

async fn remove(
    world: &FakeStore,
    caller: &Caller,
    role: &str,
    orphans: OrphanPolicy,
) -> Result<Role, RoleError> {
    RemoveRole::new(&core(&world.ports, &policy(orphans))).run(caller, &id(role)).await
}
