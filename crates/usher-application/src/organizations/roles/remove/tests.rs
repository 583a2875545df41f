use crate::policy::Policy;
use usher_domain::OrphanPolicy;
use usher_domain::{Authority, Invitation, Status, TenantId, TextRule};
use uuid::Uuid;

use super::*;
use crate::testing::{
    active, caller, core,
    fake_store::{FakeStore, bound_to, invited_to, place},
    membership, noon, role, user,
};

#[tokio::test]
async fn a_role_is_defined_as_it_was_drafted() {
    let world = world();
    let draft = RoleDraft {
        organization: Some(place("team")),
        name: " Head cook ".to_owned(),
        description: Some("Cooks first.".to_owned()),
        permissions: vec!["b".to_owned(), "a".to_owned()],
    };
    let made = create(&world, &caller(), "head", draft.clone()).await.unwrap();
    let expected = Role {
        organization: draft.organization,
        description: draft.description,
        permissions: draft.permissions,
        ..Role::new(id("head"), caller().tenant, "Head cook".to_owned(), noon())
    };
    assert_eq!(made, expected);
    let changes = world.once_written();
    assert_eq!(changes.roles, [made]);
    let [entry] = &changes.audit[..] else { panic!("one entry") };
    assert_eq!((entry.action, &entry.subject), (Action::RoleCreated, &Subject::Role(id("head"))));
    let blank = RoleDraft { description: Some(" ".to_owned()), ..named("Plain") };
    assert_eq!(create(&world, &caller(), "plain", blank).await.unwrap().description, None);
}

#[tokio::test]
async fn what_a_role_is_made_of_is_bounded() {
    let described = |length| RoleDraft { description: Some("x".repeat(length)), ..named("R") };
    let permitted =
        |many, length| RoleDraft { permissions: vec!["x".repeat(length); many], ..named("R") };
    for (good, bad, field, rule) in [
        (named(&"x".repeat(120)), named(&"x".repeat(121)), "name", TextRule::TooLong(120)),
        (named("x"), named(" "), "name", TextRule::Empty),
        (described(500), described(501), "description", TextRule::TooLong(500)),
        (permitted(500, 200), permitted(501, 1), "permissions", TextRule::TooMany(500)),
        (permitted(1, 1), permitted(1, 201), "permissions", TextRule::TooLong(200)),
    ] {
        let world = world();
        let error = create(&world, &caller(), "r", bad).await.unwrap_err();
        let RoleError::Text(error) = error else { panic!("{error}") };
        assert_eq!((error.field, error.rule), (field, rule));
        assert_eq!(world.written(), []);
        assert!(create(&world, &caller(), "r", good).await.is_ok(), "{field}");
    }
}

#[tokio::test]
async fn no_two_roles_of_one_place_have_one_name_or_one_id() {
    let world = world();
    let exists = |outcome| matches!(outcome, Err(RoleError::Exists));
    assert!(exists(create(&world, &caller(), "new", named("THE READER")).await));
    assert!(exists(create(&world, &caller(), "reader", named("Another")).await));
    let elsewhere = RoleDraft { organization: Some(place("team")), ..named("The reader") };
    assert!(create(&world, &caller(), "new", elsewhere).await.is_ok());
}

#[tokio::test]
async fn a_bound_key_defines_roles_for_its_organization_alone() {
    let world = world();
    let within = |it: Option<&str>| RoleDraft { organization: it.map(place), ..named("R") };
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    for (caller, draft) in [
        (bound_to("team"), within(None)),
        (bound_to("team"), within(Some("other"))),
        (bound_to("top"), within(Some("team"))),
        (helpdesk, within(Some("team"))),
    ] {
        let error = create(&world, &caller, "r", draft).await.unwrap_err();
        assert!(matches!(error, RoleError::Forbidden));
    }
    let error = create(&world, &caller(), "r", within(Some("gone"))).await.unwrap_err();
    assert!(matches!(error, RoleError::UnknownOrganization));
    assert_eq!(world.written(), []);
    assert!(create(&world, &bound_to("team"), "r", within(Some("team"))).await.is_ok());
}

#[tokio::test]
async fn a_bound_key_sees_the_tenants_roles_and_its_own() {
    let world = world();
    let roles = ManageRoles::new(&core(&world.ports, &policy(OrphanPolicy::Keep)));
    let seen = async |caller: &Caller| {
        let found = roles.list(caller).await.unwrap();
        found.iter().map(|it| it.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(seen(&caller()).await, ["reader", "cook"]);
    assert_eq!(seen(&bound_to("team")).await, ["reader", "cook"]);
    assert_eq!(seen(&bound_to("other")).await, ["reader"]);
    let reader = Caller { authority: Authority::Reader, ..bound_to("other") };
    assert!(roles.find(&reader, &id("reader")).await.is_ok());
    for hidden in ["cook", "theirs", "nothing"] {
        let error = roles.find(&reader, &id(hidden)).await;
        assert!(matches!(error, Err(RoleError::Unknown)), "{hidden}");
    }
}

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
        (OrphanPolicy::Keep, Status::Pending, vec!["reader", "y"]),
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
        let others = [offers(2, &["y"]), expired];
        world.state().invitations = [&others[..], &[offers(1, &["reader", "y"])]].concat();
        remove(&world, &caller(), "reader", policy).await.unwrap();
        let it = world.invitation(1);
        assert_eq!(
            (it.status, it.offer.roles),
            (status, roles.iter().map(|it| (*it).to_owned()).collect())
        );
        assert_eq!(it.creator, caller().actor);
        assert_eq!([world.invitation(2), world.invitation(3)], others);
        let actions: Vec<_> = world.once_written().audit.iter().map(|it| it.action).collect();
        let expected = match policy {
            OrphanPolicy::Keep => vec![Action::RoleRemoved],
            OrphanPolicy::Revoke => vec![Action::RoleRemoved, Action::Revoked],
            OrphanPolicy::Transfer => vec![Action::RoleRemoved, Action::InvitationChanged],
        };
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

fn named(name: &str) -> RoleDraft {
    RoleDraft { name: name.to_owned(), ..RoleDraft::default() }
}

fn policy(orphans: OrphanPolicy) -> Policy {
    Policy { orphans, ..Policy::at("http://usher.test") }
}

async fn create(
    world: &FakeStore,
    caller: &Caller,
    role: &str,
    draft: RoleDraft,
) -> Result<Role, RoleError> {
    let roles = ManageRoles::new(&core(&world.ports, &policy(OrphanPolicy::Keep)));
    roles.create(caller, id(role), draft).await
}

async fn remove(
    world: &FakeStore,
    caller: &Caller,
    role: &str,
    orphans: OrphanPolicy,
) -> Result<Role, RoleError> {
    ManageRoles::new(&core(&world.ports, &policy(orphans))).remove(caller, &id(role)).await
}
