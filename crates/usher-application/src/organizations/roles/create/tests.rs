use usher_domain::{Authority, TextRule};

use super::*;
use crate::{
    policy::Policy,
    testing::{
        caller, core,
        fake_store::{FakeStore, bound_to, place},
        noon, role,
    },
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
async fn a_tenant_that_has_as_many_roles_as_it_may_gets_no_more() {
    let world = world();
    // One is there already.
    world.state().roles.extend((2..MOST).map(|it| role(&it.to_string())));
    assert!(create(&world, &caller(), "last", named("Last")).await.is_ok());
    let error = create(&world, &caller(), "more", named("More")).await.unwrap_err();
    assert!(matches!(error, RoleError::TooMany { most: MOST }), "{error}");
}

#[tokio::test]
async fn no_two_roles_of_one_organization_have_one_name_or_one_id() {
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

/// `reader` is defined for all of the tenant.
fn world() -> FakeStore {
    let world = FakeStore::of(vec![], vec![]);
    world.state().roles = vec![role("reader")];
    world
}

fn id(text: &str) -> RoleId {
    RoleId::parse(text).unwrap()
}

fn named(name: &str) -> RoleDraft {
    RoleDraft { name: name.to_owned(), ..RoleDraft::default() }
}

async fn create(
    world: &FakeStore,
    caller: &Caller,
    role: &str,
    draft: RoleDraft,
) -> Result<Role, RoleError> {
    CreateRole::new(&core(&world.ports, &Policy::at("http://usher.test")))
        .run(caller, id(role), draft)
        .await
}
