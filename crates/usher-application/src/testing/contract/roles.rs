//! Roles are found by id, and their names are unique where they can be given.

use usher_domain::{Organization, Role};

use super::{ANY_TEXT, OTHER, commit, losses, organization_id, seconds};
use crate::{
    Changes, Ledger, Loss, Organizations, Roles,
    testing::{TENANT, membership, organization, role},
};

fn roles(roles: Vec<Role>) -> Changes {
    Changes { roles, ..Changes::default() }
}

fn of(it: Role, organization: &str) -> Role {
    Role { organization: Some(organization_id(organization)), ..it }
}

pub async fn every_field_round_trips(store: impl Ledger + Roles) {
    let full = Role {
        name: ANY_TEXT.to_owned(),
        description: Some(ANY_TEXT.to_owned()),
        permissions: vec!["b".to_owned(), "a".to_owned(), ANY_TEXT.to_owned()],
        updated_at: "2026-01-03T12:00:00.000001Z".parse().unwrap(),
        ..of(role("Ünïon/1"), "team")
    };
    let bare = Role { permissions: Vec::new(), ..role("bare") };
    commit(&store, roles(vec![full.clone(), bare.clone()])).await;
    let ids = [bare.id.clone(), role("nobody").id, full.id.clone(), bare.id.clone()];
    let found = store.find_many(TENANT, &ids).await.unwrap();
    assert_eq!(found, [Some(bare.clone()), None, Some(full.clone()), Some(bare.clone())]);
    assert_eq!(store.find_many(TENANT, &[]).await.unwrap(), []);
    let renamed = Role { name: "New".to_owned(), description: None, ..full.touched(seconds(9)) };
    commit(&store, roles(vec![renamed.clone()])).await;
    assert_eq!(store.list(TENANT).await.unwrap(), [bare, renamed]);
}

pub async fn a_tenant_never_sees_anothers_roles(store: impl Ledger + Roles) {
    let theirs = Role { tenant: OTHER, ..role("x") };
    commit(&store, roles(vec![theirs.clone(), role("y")])).await;
    assert_eq!(store.find_many(TENANT, std::slice::from_ref(&theirs.id)).await.unwrap(), [None]);
    assert_eq!(store.list(TENANT).await.unwrap(), [role("y")]);
    assert_eq!(store.list(OTHER).await.unwrap(), [theirs]);
}

pub async fn a_name_is_unique_where_the_role_can_be_given(store: impl Ledger + Roles) {
    let named = |id: &str, name: &str| Role { name: name.to_owned(), ..role(id) };
    commit(&store, roles(vec![named("a", "Editor"), of(named("b", "Editor"), "team")])).await;
    for same in [named("c", "eDITOR"), of(named("d", "editor"), "team")] {
        let lost = losses(&store, &roles(vec![same.clone()])).await;
        assert_eq!(lost, [Loss::Role(same.id)]);
    }
    let elsewhere = Role { tenant: OTHER, ..named("a", "Editor") };
    let fine = vec![elsewhere, of(named("e", "Editor"), "other"), named("f", "Reviewer")];
    commit(&store, roles(fine)).await;
    let renamed = Role { name: "EDITOR".to_owned(), ..named("f", "Reviewer").touched(seconds(1)) };
    assert_eq!(losses(&store, &roles(vec![renamed.clone()])).await, [Loss::Role(renamed.id)]);
}

pub async fn what_is_removed_goes_with_what_belongs_to_it(
    store: impl Ledger + Organizations + Roles,
) {
    let gone = organization("gone");
    let changes = Changes {
        organizations: vec![gone.clone(), organization("left")],
        memberships: vec![membership("ada", "gone"), membership("ada", "left")],
        roles: vec![of(role("its"), "gone"), of(role("other"), "left"), role("all")],
        ..Changes::default()
    };
    commit(&store, changes).await;
    let stale = Organization { version: 2, ..gone.clone() };
    let removed = |it| Changes { removed_organizations: vec![it], ..Changes::default() };
    let lost = losses(&store, &removed(stale)).await;
    assert_eq!(lost, [Loss::Organization(gone.id.clone())]);
    assert_eq!(Roles::list(&store, TENANT).await.unwrap().len(), 3);

    commit(&store, removed(gone.clone())).await;
    let found =
        Organizations::find_many(&store, TENANT, std::slice::from_ref(&gone.id)).await.unwrap();
    assert_eq!(found, [None]);
    let left: Vec<_> = Roles::list(&store, TENANT).await.unwrap();
    assert_eq!(left, [role("all"), of(role("other"), "left")]);
    let ada = membership("ada", "left");
    let held = store.memberships(TENANT, std::slice::from_ref(&ada.user)).await.unwrap();
    assert!(held == [ada]);
    let again = losses(&store, &removed(gone.clone())).await;
    assert_eq!(again, [Loss::Organization(gone.id)]);

    let removed = |it| Changes { removed_roles: vec![it], ..Changes::default() };
    let stale = Role { version: 7, ..role("all") };
    assert_eq!(losses(&store, &removed(stale)).await, [Loss::Role(role("all").id)]);
    commit(&store, removed(role("all"))).await;
    assert_eq!(Roles::list(&store, TENANT).await.unwrap(), [of(role("other"), "left")]);
}
