//! Roles are found by id, bear a name that no other one bears in the same place, and go.

use usher_domain::{Authority, Organization, Role, RoleId};

use crate::{
    ports::{
        ledger::{Changes, Conflict, Ledger},
        organizations::Organizations,
        roles::Roles,
    },
    testing::{
        TENANT,
        contract::{
            ANY_TEXT, OTHER, commit, elsewhere, losses, memberships, organization_id, seconds,
        },
        membership, organization, role, user_id,
    },
};

fn roles(roles: Vec<Role>) -> Changes {
    Changes { roles, ..Changes::default() }
}

fn id(text: &str) -> RoleId {
    RoleId::parse(text).unwrap()
}

fn within(place: &str, it: Role) -> Role {
    Role { organization: Some(organization_id(place)), ..it }
}

fn named(name: &str, it: Role) -> Role {
    Role { name: name.to_owned(), ..it }
}

fn going(removed_roles: Vec<Role>) -> Changes {
    Changes { removed_roles, ..Changes::default() }
}

pub async fn every_field_round_trips(store: impl Ledger + Roles) {
    let full = Role {
        organization: Some(organization_id("Ünïon/1")),
        name: ANY_TEXT.to_owned(),
        description: Some(ANY_TEXT.to_owned()),
        permissions: vec!["b".to_owned(), "a".to_owned(), ANY_TEXT.to_owned(), "a".to_owned()],
        given_by: Authority::OrgAdmin,
        created_at: "2026-01-02T12:00:00.000001Z".parse().unwrap(),
        updated_at: "2026-01-02T12:00:00.120000Z".parse().unwrap(),
        ..role("Rôle / 1")
    };
    let bare = Role { permissions: Vec::new(), ..role("bare") };
    commit(&store, roles(vec![full.clone(), bare.clone()])).await;
    let ids = [full.id.clone(), bare.id.clone()];
    let found = store.find_many(TENANT, &ids).await.unwrap();
    assert_eq!(found, [Some(full.clone()), Some(bare)]);
    let changed = Role {
        description: None,
        permissions: vec!["c".to_owned()],
        ..named("New", full).touched(seconds(5))
    };
    commit(&store, roles(vec![changed.clone()])).await;
    assert_eq!(store.find_many(TENANT, &ids[..1]).await.unwrap(), [Some(changed)]);
}

pub async fn answers_are_in_the_order_of_the_ids(store: impl Ledger + Roles) {
    commit(&store, roles(["a", "b", "c"].map(role).to_vec())).await;
    let ids = ["c", "x", "a", "A", "c"].map(id);
    let found = store.find_many(TENANT, &ids).await.unwrap();
    let c = Some(role("c"));
    assert_eq!(found, [c.clone(), None, Some(role("a")), None, c]);
    assert_eq!(store.find_many(TENANT, &[]).await.unwrap(), []);
    let many: Vec<_> = (0..10_000).map(|it| id(&it.to_string())).collect();
    assert_eq!(store.find_many(TENANT, &many).await.unwrap(), vec![None; 10_000]);
}

pub async fn a_list_is_in_the_order_of_ids(store: impl Ledger + Roles) {
    let mut all = ["b", "a", "Z", "ä", "a b", "日", "😀", "\u{fffd}"].map(role);
    all[0] = within("o", all[0].clone());
    commit(&store, roles(all.to_vec())).await;
    all.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(store.list(TENANT).await.unwrap(), all);
}

pub async fn a_tenant_never_sees_anothers_roles(store: impl Ledger + Roles) {
    let theirs = Role { tenant: OTHER, ..role("x") };
    commit(&store, roles(vec![theirs.clone()])).await;
    assert_eq!(store.find_many(TENANT, &[id("x")]).await.unwrap(), [None]);
    assert_eq!(store.list(TENANT).await.unwrap(), []);
    commit(&store, roles(vec![role("x")])).await;
    assert_eq!(store.list(OTHER).await.unwrap(), std::slice::from_ref(&theirs));
    commit(&store, going(vec![role("x")])).await;
    assert_eq!(store.list(OTHER).await.unwrap(), [theirs]);
}

pub async fn a_name_is_one_roles_in_its_place(store: impl Ledger + Roles) {
    let cook = named("Köch", role("1"));
    let all = vec![
        cook.clone(),
        within("o", named("Köch", role("2"))),
        within("p", named("Köch", role("3"))),
        Role { tenant: OTHER, ..cook.clone() },
    ];
    commit(&store, roles(all)).await;
    let same = named("KÖCH", role("4"));
    assert_eq!(losses(&store, &roles(vec![same.clone()])).await, [Conflict::Role(id("4"))]);
    let there = within("o", named("köCH", role("5")));
    assert_eq!(losses(&store, &roles(vec![role("6"), there])).await, [Conflict::Role(id("5"))]);
    let both = roles(vec![named("New", role("7")), named("NEW", role("8"))]);
    assert_eq!(losses(&store, &both).await.len(), 1);
    assert_eq!(losses(&store, &roles(vec![cook.clone()])).await, [Conflict::Role(id("1"))]);
    commit(&store, roles(vec![role("6")])).await;
    let renamed = named("kÖCH", role("6")).touched(seconds(1));
    assert_eq!(losses(&store, &roles(vec![renamed])).await, [Conflict::Role(id("6"))]);
    // One that goes makes room, and one may call itself otherwise.
    let instead = Changes { roles: vec![same], ..going(vec![cook]) };
    commit(&store, instead).await;
    let louder = named("köch", role("4")).touched(seconds(1));
    commit(&store, roles(vec![louder])).await;
}

pub async fn what_is_removed_goes_and_nothing_else_does(store: impl Ledger + Roles) {
    let all = ["a", "b", "c", "d"].map(role);
    commit(&store, roles(all.to_vec())).await;
    let changed = role("b").touched(seconds(1));
    commit(&store, roles(vec![changed.clone()])).await;
    // One that was changed since stays, and so do the others.
    let lost = losses(&store, &going(vec![role("a"), role("b")])).await;
    assert_eq!(lost, [Conflict::Role(id("b"))]);
    let lost = losses(&store, &going(vec![role("a"), role("nothing")])).await;
    assert_eq!(lost, [Conflict::Role(id("nothing"))]);
    assert_eq!(store.list(TENANT).await.unwrap().len(), 4);
    commit(&store, going(vec![role("a"), changed])).await;
    assert_eq!(store.list(TENANT).await.unwrap(), [role("c"), role("d")]);
    assert_eq!(losses(&store, &going(vec![role("a")])).await, [Conflict::Role(id("a"))]);
    let (one, two) = (going(vec![role("c")]), going(vec![role("c")]));
    let (one, two) = tokio::join!(store.commit(&one), store.commit(&two));
    assert!(one.is_ok() != two.is_ok(), "one of two removes it");
}

pub async fn who_bears_a_role_is_told(store: impl Ledger + Organizations) {
    let has = |user, place, roles: &[&str]| {
        let mut it = membership(user, place);
        it.roles = roles.iter().map(|it| (*it).to_owned()).collect();
        it
    };
    let abroad = elsewhere(&has("ada", "o", &["cook"]));
    let all = [
        has("bob", "o", &["x", "cook"]),
        has("ada", "p", &["cook"]),
        has("ada", "o", &["cook", "cook"]),
        has("cyd", "o", &["Cook", "cooks", "a cook", "[\"cook\"]"]),
        has("dan", "o", &[]),
        has("eve", "o", &[ANY_TEXT, "a\"b"]),
        abroad,
    ];
    commit(&store, memberships(all.to_vec())).await;
    let found = async |role: &str| {
        let found = store.bearers(TENANT, role).await.unwrap();
        found
            .iter()
            .map(|it| (it.user.to_string(), it.organization.to_string()))
            .collect::<Vec<_>>()
    };
    let pair = |user: &str, place: &str| (user.to_owned(), place.to_owned());
    assert_eq!(found("cook").await, [pair("ada", "o"), pair("ada", "p"), pair("bob", "o")]);
    assert_eq!(found(ANY_TEXT).await, [pair("eve", "o")]);
    assert_eq!(found("a\"b").await, [pair("eve", "o")]);
    assert_eq!(found("nothing").await, []);
    let members = store.members(TENANT, &organization_id("o"), None, 1_000).await.unwrap();
    let names: Vec<_> = members.iter().map(|it| it.user.as_str()).collect();
    assert_eq!(names, ["ada", "bob", "cyd", "dan", "eve"]);
    assert!(store.bearers(OTHER, "cook").await.unwrap()[0].user == user_id("ada"));
}

pub async fn those_of_an_organization_go_with_it(store: impl Ledger + Organizations + Roles) {
    let theirs = Role { tenant: OTHER, ..within("o", role("1")) };
    let all = vec![
        within("o", role("1")),
        within("o", role("2")),
        within("p", role("3")),
        role("4"),
        theirs.clone(),
    ];
    let organizations: Vec<Organization> = ["o", "p"].map(organization).to_vec();
    commit(&store, Changes { organizations, ..roles(all) }).await;
    let removed_organizations = vec![organization("o")];
    commit(&store, Changes { removed_organizations, ..Changes::default() }).await;
    assert_eq!(Roles::list(&store, TENANT).await.unwrap(), [within("p", role("3")), role("4")]);
    assert_eq!(Roles::list(&store, OTHER).await.unwrap(), [theirs]);
}
