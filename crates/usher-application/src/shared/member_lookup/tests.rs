use usher_domain::Authority;

use super::*;
use crate::{
    policy::Policy,
    testing::{
        MockPorts, active, caller, core,
        fake_store::{FakeStore, below, bound_to, from, place},
        mailbox, membership, user, user_id,
    },
};

#[tokio::test]
async fn nothing_is_read_for_who_may_not() {
    let lookup =
        MemberLookup::new(&core(&MockPorts::default().into(), &Policy::at("http://usher.test")));
    for (authority, what) in [
        (Authority::Reader, Permission::Invite),
        (Authority::Reader, Permission::ManageMembers),
        (Authority::Inviter, Permission::ManageMembers),
    ] {
        let caller = Caller { authority, ..caller() };
        let outcome = lookup.find(&caller, what, &place("team"), &[id("ada")]).await;
        assert!(matches!(outcome, Err(MembersError::Forbidden)), "{authority}");
    }
}

#[tokio::test]
async fn a_bound_key_reaches_its_organization_and_those_right_below() {
    let world = FakeStore::of(vec![], vec![]);
    for (bound, reached) in
        [("top", vec!["top", "team", "other"]), ("team", vec!["team", "far"]), ("far", vec!["far"])]
    {
        for at in ["top", "team", "other", "far", "nowhere"] {
            let outcome = find(&world, &bound_to(bound), at, &[]).await;
            assert_eq!(outcome.is_ok(), reached.contains(&at), "{bound} {at}");
        }
    }
}

#[tokio::test]
async fn what_a_caller_may_not_see_is_unknown_and_so_is_another_tenants() {
    let world = FakeStore::of(vec![], vec![]);
    world.state().organizations.push(Organization {
        tenant: TenantId(uuid::Uuid::from_u128(0xbad)),
        ..below("theirs", "team")
    });
    for (caller, to) in [(bound_to("team"), "other"), (caller(), "theirs"), (caller(), "nowhere")] {
        let outcome = find(&world, &caller, to, &[]).await;
        assert!(matches!(outcome, Err(MembersError::UnknownOrganization)), "{to}");
    }
}

#[tokio::test]
async fn who_is_not_in_is_not_found() {
    let disabled = User { status: UserStatus::Disabled, ..active("dora") };
    let stranger = User { tenant: TenantId(uuid::Uuid::from_u128(0xbad)), ..active("sue") };
    let world = FakeStore::of(vec![user("una"), disabled, stranger, active("ada")], vec![]);
    let names = ["nobody", "una", "dora", "sue", "ada"].map(id);
    let found = find(&world, &caller(), "team", &names).await.unwrap();
    let found: Vec<_> = found.iter().map(|it| it.as_ref().map(|it| it.user.id.as_str())).collect();
    assert_eq!(found, [None, None, None, None, Some("ada")]);
}

#[tokio::test]
async fn who_is_not_named_or_not_active_is_nobody_and_moves_no_other_answer() {
    let disabled = User { status: UserStatus::Disabled, ..active("dora") };
    let world = FakeStore::of(vec![active("ada"), active("bob"), disabled], vec![]);
    let mailbox = |it: &str| Some(UserRef::Mailbox(mailbox(&format!("{it}@example.org"))));
    let names = [mailbox("bob"), None, id("dora"), id("nobody"), id("ada")];
    let found = find(&world, &caller(), "team", &names).await.unwrap();
    let found: Vec<_> = found.iter().map(|it| it.as_ref().map(|it| it.user.id.as_str())).collect();
    assert_eq!(found, [Some("bob"), None, None, None, Some("ada")]);
}

#[tokio::test]
async fn each_comes_with_their_membership_and_that_of_their_home() {
    let people = vec![from("top", active("ada")), active("bob"), from("top", active("cyd"))];
    let joined = vec![
        membership("ada", "team"),
        membership("bob", "team"),
        membership("cyd", "top"),
        membership("bob", "top"),
    ];
    let world = FakeStore::of(people, joined);
    let found = find(&world, &caller(), "team", &["cyd", "nobody", "ada", "bob"].map(id)).await;
    let found: Vec<_> = found
        .unwrap()
        .into_iter()
        .map(|it| it.map(|it| (it.membership.map(|it| it.id), it.at_home.map(|it| it.id))))
        .collect();
    let [in_team, at_top] = ["team", "top"].map(|at| move |user| Some(membership(user, at).id));
    assert_eq!(
        found,
        [
            Some((None, at_top("cyd"))),
            None,
            Some((in_team("ada"), None)),
            Some((in_team("bob"), None)),
        ]
    );
}

fn id(name: &str) -> Option<UserRef> {
    UserRef::Id(user_id(name)).into()
}

async fn find(
    world: &FakeStore,
    caller: &Caller,
    organization: &str,
    names: &[Option<UserRef>],
) -> Result<Vec<Option<LocatedMember>>, MembersError> {
    let lookup = MemberLookup::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let organization = place(organization);
    let (found, people) =
        lookup.find(caller, Permission::ManageMembers, &organization, names).await?;
    assert_eq!(found.id, organization);
    Ok(people)
}
