//! Whom callers have power over, whatever they do with a member.

use std::slice;

use chrono::TimeDelta;
use usher_domain::{
    Actor, Authority, Caller, Credential, CredentialId, Membership, Refusal, UserRef,
};
use uuid::Uuid;

use crate::{
    members::{
        MemberUseCases,
        add::NewMember,
        change::{ChangeMemberError, MemberChange},
        give_roles::GiveRolesError,
    },
    policy::Policy,
    shared::pins::PinGrant,
    testing::{
        TENANT, active, caller, core,
        fake_store::{FakeStore, bound_to, from, place, with_pin},
        membership, noon, role, user_id,
    },
};

/// What is done with ada, who is a member of `team`.
#[derive(Clone, Debug)]
enum Way {
    Remove,
    Change(MemberChange),
    GiveRolesThere,
    GiveRolesInTheTenant,
}

/// Each way to change a member, by each caller who manages members, by each key that the member has.
#[tokio::test]
async fn nobody_has_power_over_people_whose_keys_have_more_authority() {
    let admin = |organization: Option<&str>| Credential {
        organization: organization.map(place),
        ..key(1, "ada")
    };
    let (yes, no) = (true, false);
    // Whether the key has power in the team, and in the tenant.
    let keys = [
        ("unbound", admin(None), [yes, yes]),
        ("of the team", admin(Some("team")), [yes, yes]),
        ("right above", admin(Some("top")), [yes, yes]),
        ("right below", admin(Some("far")), [no, yes]),
        ("elsewhere", admin(Some("other")), [no, yes]),
        ("revoked", admin(Some("team")).revoked(noon()), [no, no]),
        ("expired", Credential { expires_at: Some(noon()), ..admin(None) }, [no, no]),
        (
            "from before they joined",
            Credential { created_at: noon() - TimeDelta::days(1), ..admin(Some("team")) },
            [no, no],
        ),
        ("of somebody else", key(1, "bob"), [no, no]),
        ("of as much", Credential { authority: Authority::Helpdesk, ..admin(None) }, [no, no]),
    ];
    let with = |authority, it: Caller| Caller { authority, ..it };
    let callers = [
        with(Authority::Helpdesk, caller()),
        with(Authority::Helpdesk, bound_to("team")),
        with(Authority::Helpdesk, bound_to("top")),
        caller(),
        bound_to("team"),
    ];
    let pin = |renew, allowed| Way::Change(MemberChange::Pin { renew, allowed });
    let ways = [
        Way::Remove,
        Way::Change(MemberChange::Roles(vec![])),
        Way::Change(MemberChange::RemovePin),
        pin(true, None),
        pin(false, Some(true)),
        Way::GiveRolesThere,
        Way::GiveRolesInTheTenant,
    ];
    for (name, key, [there, in_the_tenant]) in &keys {
        for by in &callers {
            for way in &ways {
                let is_in_tenant = matches!(way, Way::GiveRolesInTheTenant);
                if is_in_tenant && by.organization.is_some() {
                    continue;
                }
                let world = world();
                world.state().credentials.push(key.clone());
                let counts = if is_in_tenant { *in_the_tenant } else { *there };
                let is_refused = counts && by.authority == Authority::Helpdesk;
                let expected =
                    if is_refused { Err(Refusal::UserAuthority(user_id("ada"))) } else { Ok(()) };
                let outcome = go(&world, by, way).await;
                assert_eq!(outcome, expected, "{name}: {way:?} by {by:?}");
                assert_eq!(world.written().is_empty(), is_refused, "{name}: {way:?} by {by:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_keys_of_all_who_are_removed_are_read_at_once() {
    let names: Vec<_> = (0..50).map(|it| format!("user{it}")).collect();
    let people = names.iter().map(|it| active(it)).collect();
    let world = FakeStore::of(people, names.iter().map(|it| membership(it, "team")).collect());
    let team = Some(place("team"));
    for n in [7, 8] {
        let key = Credential { organization: team.clone(), ..key(n, &format!("user{n}")) };
        world.state().credentials.push(key);
    }
    let by = Caller { authority: Authority::Helpdesk, ..caller() };
    let who: Vec<_> = names.iter().map(|it| Some(UserRef::Id(user_id(it)))).collect();
    let removed = members(&world).remove.run(&by, &place("team"), &who).await.unwrap();
    let refused: Vec<_> = removed.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused, ["user7", "user8"].map(|it| Refusal::UserAuthority(user_id(it))));
    assert_eq!(world.state().calls, ["keys", "commit"]);
}

/// The right to open a terminal there is one at home too, which is another organization.
#[tokio::test]
async fn a_right_at_home_is_given_by_whoever_manages_members_and_may_change_the_person() {
    let (inviter, helpdesk) = (Authority::Inviter, Authority::Helpdesk);
    let boss = |authority| Caller { authority, ..caller() };
    let bound = |authority| Caller { authority, ..bound_to("top") };
    let chief = Some(Authority::OrgAdmin);
    let at = |it: &str| Some(Credential { organization: Some(place(it)), ..key(1, "ada") });
    for (name, by, own, key, expected) in [
        ("ada", boss(inviter), None, None, false),
        ("ada", bound(inviter), None, None, false),
        ("ada", bound(inviter), chief, None, false),
        // Themselves.
        ("boss", boss(inviter), None, None, false),
        ("boss", bound(inviter), None, None, false),
        ("ada", boss(helpdesk), None, None, true),
        ("ada", bound(helpdesk), None, None, true),
        ("ada", bound(helpdesk), chief, None, false),
        ("ada", bound(helpdesk), None, at("top"), false),
        ("ada", bound(helpdesk), None, at("other"), true),
        ("boss", bound(helpdesk), None, None, true),
        ("ada", boss(Authority::OrgAdmin), chief, at("top"), true),
        ("ada", bound_to("other"), None, None, false),
    ] {
        for is_member_at_home in [true, false] {
            let mut person = from("top", active(name));
            person.authority = own;
            let at_home = is_member_at_home.then(|| membership(name, "top"));
            let elsewhere = membership(name, "other");
            let world = FakeStore::of(
                vec![person],
                at_home.clone().into_iter().chain([elsewhere]).collect(),
            );
            world.state().credentials.extend(key.clone());
            let to = if by.organization == Some(place("other")) { "other" } else { "team" };
            if to == "other" {
                world.state().memberships.retain(|it| it.organization != place("other"));
            }
            let who = Some(UserRef::Mailbox(active(name).mailbox.unwrap()));
            let pin = Some(PinGrant { allowed: true });
            let member = NewMember { who, roles: vec![], pin };
            let added = members(&world).add.run(&by, &place(to), slice::from_ref(&member)).await;
            assert!(added.unwrap()[0].as_ref().unwrap().pin_allowed);
            let after = world.member(name, "top");
            let what = format!("{name} {own:?} {key:?} by {by:?}");
            if expected {
                assert!(after.unwrap().pin_allowed, "{what}");
            } else {
                assert_eq!(after, at_home, "{what}");
            }
        }
    }
}

/// What becomes of it.
async fn go(world: &FakeStore, by: &Caller, way: &Way) -> Result<(), Refusal> {
    let (members, team, ada) = (members(world), place("team"), user_id("ada"));
    let who = Some(UserRef::Id(ada.clone()));
    let roles = ["cook".to_owned()];
    match way {
        Way::Remove => members.remove.run(by, &team, &[who]).await.unwrap().remove(0).map(drop),
        Way::Change(change) => match members.change.run(by, &team, who.as_ref(), change).await {
            Ok(_) => Ok(()),
            Err(ChangeMemberError::Refused(it)) => Err(it),
            Err(other) => panic!("{other}"),
        },
        Way::GiveRolesThere => refused(members.give_roles.within(by, &team, &ada, &roles).await),
        Way::GiveRolesInTheTenant => refused(members.give_roles.tenant(by, &ada, &roles).await),
    }
}

fn refused<T>(outcome: Result<T, GiveRolesError>) -> Result<(), Refusal> {
    match outcome {
        Ok(_) => Ok(()),
        Err(GiveRolesError::Refused(it)) => Err(it),
        Err(other) => panic!("{other}"),
    }
}

/// Ada is in all of them, in the team with a pin.
fn world() -> FakeStore {
    let elsewhere = ["top", "far", "other"].map(|it| membership("ada", it));
    let in_team = with_pin("1234", membership("ada", "team"));
    let joined: Vec<Membership> = elsewhere.into_iter().chain([in_team]).collect();
    let world = FakeStore::of(vec![active("ada"), active("bob")], joined);
    world.state().roles.push(role("cook"));
    world
}

fn members(world: &FakeStore) -> MemberUseCases {
    MemberUseCases::new(&core(&world.ports, &Policy::at("http://usher.test")))
}

/// An administrator's key of this person.
fn key(n: u128, name: &str) -> Credential {
    Credential {
        id: CredentialId(Uuid::from_u128(n)),
        tenant: TENANT,
        secret_digest: [7; 32],
        authority: Authority::OrgAdmin,
        user: Some(user_id(name)),
        organization: None,
        created_at: noon(),
        made_by: Actor::System,
        revoked_at: None,
        expires_at: None,
        version: 1,
    }
}
