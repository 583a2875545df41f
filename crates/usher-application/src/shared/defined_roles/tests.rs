use usher_domain::{Authority, Invite, Invitee, Mailbox, MembershipId, UserRef};

use super::*;
use crate::{
    members::{add::NewMember, change::MemberChange},
    policy::Policy,
    testing::{
        TENANT, active, caller,
        fake_store::{FakeStore, place},
        keyring, membership, role, user_id,
    },
    users::add::{NewStatus, NewUser},
    usher::Usher,
};

/// Every way to give a role where roles are words.
const WAYS: [&str; 4] = ["invite", "add member", "change member", "add user"];

#[tokio::test]
async fn a_word_that_looks_like_a_role_is_refused_wherever_words_are_given() {
    let like = |id: &str| Err(Refusal::RoleLikeness(RoleId::parse(id).unwrap()));
    for (word, expected) in [
        ("lead", Err(Refusal::RoleAuthority("lead".to_owned()))),
        ("Lead", like("lead")),
        ("ＬＥＡＤ", like("lead")),
        ("le\u{200d}ad", like("lead")),
        ("Team Cook", like("cook")),
        ("team cook", like("cook")),
        ("cook", Ok(())),
        // Elsewhere it would be taken for nothing.
        ("Baker", Ok(())),
        ("leader", Ok(())),
    ] {
        for way in WAYS {
            let world = FakeStore::of(vec![active("ada"), active("bob")], vec![bare("bob")]);
            let of = |id: &str, at: &str| Role { organization: Some(place(at)), ..role(id) };
            world.state().roles = vec![
                Role { given_by: Authority::OrgAdmin, ..role("lead") },
                Role { name: "Team Cook".to_owned(), ..of("cook", "team") },
                of("baker", "other"),
            ];
            let given = give(&world, way, word).await;
            assert_eq!(given, expected, "{way} {word:?}");
        }
    }
}

#[tokio::test]
async fn what_was_given_as_a_word_stays_one_when_a_role_comes_that_looks_like_it() {
    let words = ["Lead".to_owned()];
    let world = FakeStore::of(vec![], vec![]);
    world.state().roles.push(Role { given_by: Authority::OrgAdmin, ..role("lead") });
    let defined = Defined::of(&*world.ports.roles, TENANT, words.iter()).await.unwrap();
    let inviter = Caller { authority: Authority::Inviter, ..caller() };
    assert_eq!(defined.fit_words(&inviter, &words, None), Ok(()));
}

fn bare(name: &str) -> usher_domain::Membership {
    let held = membership(name, "team");
    usher_domain::Membership { roles: Vec::new(), id: MembershipId(held.id.0), ..held }
}

async fn give(world: &FakeStore, way: &str, role: &str) -> Result<(), Refusal> {
    use crate::{members::change::ChangeMemberError, users::add::AddUserError};

    let policy = Policy::at("http://usher.test");
    let usher = Usher::new(&world.ports, &keyring(), &policy);
    let by = Caller { authority: Authority::Helpdesk, ..caller() };
    let (team, roles) = (place("team"), vec![role.to_owned()]);
    match way {
        "invite" => {
            let who = Invitee::Mailbox {
                mailbox: Mailbox::parse("zoe@example.org").unwrap(),
                name: None,
            };
            let invite = Invite { organization: Some(team), roles, ..Invite::new(who) };
            usher.invitations.invite.run(&by, &[invite]).await.unwrap().remove(0).map(drop)
        }
        "add member" => {
            let who = Some(UserRef::Id(user_id("ada")));
            let member = NewMember { who, roles, pin: None };
            usher.members.add.run(&by, &team, &[member]).await.unwrap().remove(0).map(drop)
        }
        "change member" => {
            let who = UserRef::Id(user_id("bob"));
            let change = MemberChange::Roles(roles);
            match usher.members.change.run(&by, &team, Some(&who), &change).await {
                Ok(_) => Ok(()),
                Err(ChangeMemberError::Refused(refusal)) => Err(refusal),
                Err(error) => panic!("{error}"),
            }
        }
        _ => match usher.users.add.run(&by, &team, new_user(roles)).await {
            Ok(_) => Ok(()),
            Err(AddUserError::Refused(refusal)) => Err(refusal),
            Err(error) => panic!("{error}"),
        },
    }
}

fn new_user(roles: Vec<String>) -> NewUser {
    NewUser {
        id: user_id("new"),
        username: Some("new".to_owned()),
        mailbox: None,
        first_name: None,
        last_name: None,
        phone: None,
        locale: None,
        profile: usher_domain::Document::default(),
        status: NewStatus::Known,
        password: None,
        roles,
        pin: None,
    }
}
