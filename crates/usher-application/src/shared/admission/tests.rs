use usher_domain::{Invitation, Invite, Invitee, Policies, User, UserRef, UserStatus};

use super::*;
use crate::{
    invitations::invite::InviteUsers,
    members::add::{AddMembers, NewMember},
    policy::Policy,
    testing::{
        active, caller, core,
        fake_store::{FakeStore, invited_to, place},
        mailbox, membership, noon, user, user_id,
    },
};

#[tokio::test]
async fn the_first_of_a_batch_get_the_seats_that_are_left() {
    let world = numbered(4);
    let outcomes = invite(&world, &["ada", "ada", "bob", "cyd"]).await;
    let id = world.state().invitations[1].id;
    let expected = [None, Some(Refusal::AlreadyInvited(id)), None, Some(Refusal::NoSeat)];
    assert_eq!(outcomes, expected);
    assert_eq!(world.once_written().seated, [seated()]);
    let world = numbered(4);
    let outcomes = add(&world, &["ada", "ada", "bob", "cyd"]).await;
    let expected =
        [None, Some(Refusal::AlreadyMember(Some(user_id("ada")))), None, Some(Refusal::NoSeat)];
    assert_eq!(outcomes, expected);
    assert_eq!(world.once_written().seated, [seated()]);
}

#[tokio::test]
async fn an_invitation_that_is_over_takes_no_seat() {
    let world = numbered(2);
    let revoked = invited_to(1_002, "rev", "team").revoke(caller().actor, noon()).unwrap();
    let expired = Invitation { expires_at: noon(), ..invited_to(1_003, "exp", "team") };
    world.state().invitations = vec![revoked, expired];
    assert_eq!(invite(&world, &["ada", "bob"]).await, [None, Some(Refusal::NoSeat)]);
}

#[tokio::test]
async fn where_seats_are_not_numbered_none_are_counted() {
    let world = numbered(1).with("team", |it| Organization { seats: None, ..it });
    assert_eq!(invite(&world, &["ada", "bob"]).await, [None, None]);
    assert_eq!(world.once_written().seated, []);
    // And where there are fewer than are taken, there are none.
    let world = numbered(1);
    assert_eq!(invite(&world, &["ada"]).await, [Some(Refusal::NoSeat)]);
    assert_eq!(add(&world, &["ada"]).await, [Some(Refusal::NoSeat)]);
    assert_eq!(world.written(), []);
}

#[tokio::test]
async fn who_loses_the_seat_is_decided_anew() {
    for adds in [false, true] {
        let world = numbered(3);
        world.before_next_commit(|it| it.memberships.push(membership("zoe", "team")));
        let who = ["ada"];
        let outcomes = if adds { add(&world, &who).await } else { invite(&world, &who).await };
        assert_eq!(outcomes, [Some(Refusal::NoSeat)]);
        assert_eq!(world.written(), []);
    }
}

#[tokio::test]
async fn a_seat_is_counted_even_when_another_of_the_batch_lost() {
    let world = numbered(3);
    world.before_next_commit(|it| {
        it.memberships.push(membership("zoe", "team"));
        it.invitations.push(invited_to(1_009, "bob", "other"));
    });
    let batch = [to("ada", "team"), to("bob", "other")];
    let outcomes = refusals(&world, &batch).await;
    let held = world.invitation(1_009).id;
    assert_eq!(outcomes, [Some(Refusal::NoSeat), Some(Refusal::AlreadyInvited(held))]);
}

#[tokio::test]
async fn a_seat_that_is_given_up_is_the_next_ones() {
    let world = numbered(3);
    world.state().users.push(user("una"));
    world.before_next_commit(|it| {
        it.users.retain(|it| it.id != user_id("una"));
        it.users.push(User { status: UserStatus::Disabled, version: 2, ..user("una") });
    });
    let outcomes = invite(&world, &["una", "ada"]).await;
    assert_eq!(outcomes, [Some(Refusal::Disabled), None]);
}

#[tokio::test]
async fn nobody_comes_into_a_shut_organization() {
    let world = numbered(9).with("team", |it| Organization { active: false, ..it });
    assert_eq!(invite(&world, &["ada"]).await, [Some(Refusal::InactiveOrganization)]);
    assert_eq!(add(&world, &["ada"]).await, [Some(Refusal::InactiveOrganization)]);
    assert_eq!(world.written(), []);
}

#[tokio::test]
async fn domains_are_for_who_has_an_address_and_a_list_of_them_for_nobody_else() {
    let world = || {
        let world = numbered(9);
        let without = User { mailbox: None, ..active("nob") };
        let elsewhere = User { mailbox: Some(mailbox("eve@sub.example.org")), ..active("eve") };
        world.state().users.extend([without, elsewhere]);
        world
    };
    let example = || vec!["example.org".to_owned()];
    let domain = Some(Refusal::Domain);
    let only =
        |it| Organization { policies: Policies { only: example(), ..Policies::default() }, ..it };
    let outcomes = add(&world().with("team", only), &["ada", "nob", "eve"]).await;
    assert_eq!(outcomes, [None, domain.clone(), domain.clone()]);
    let deny =
        |it| Organization { policies: Policies { deny: example(), ..Policies::default() }, ..it };
    let outcomes = add(&world().with("team", deny), &["ada", "nob", "eve"]).await;
    assert_eq!(outcomes, [domain.clone(), None, None]);
    assert_eq!(invite(&world().with("team", deny), &["ada"]).await, [domain]);
}

/// The team has so many seats, and mia and an invitation for ivy take two of them.
fn numbered(seats: u32) -> FakeStore {
    let people = ["ada", "bob", "cyd", "mia"].map(active).to_vec();
    let world = FakeStore::of(people, vec![membership("mia", "team")]);
    world.state().invitations.push(invited_to(1_001, "ivy", "team"));
    world.with("team", |it| Organization { seats: Some(seats), ..it })
}

fn seated() -> Seated {
    Seated { tenant: caller().tenant, organization: place("team"), now: noon() }
}

fn to(name: &str, organization: &str) -> Invite {
    let mailbox = mailbox(&format!("{name}@example.org"));
    let who = Invitee::Mailbox { mailbox, name: None };
    Invite { organization: Some(place(organization)), ..Invite::new(who) }
}

async fn invite(world: &FakeStore, names: &[&str]) -> Vec<Option<Refusal>> {
    refusals(world, &names.iter().map(|it| to(it, "team")).collect::<Vec<_>>()).await
}

async fn refusals(world: &FakeStore, batch: &[Invite]) -> Vec<Option<Refusal>> {
    let invites = InviteUsers::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let outcomes = invites.run(&caller(), batch).await.unwrap();
    outcomes.into_iter().map(Result::err).collect()
}

async fn add(world: &FakeStore, names: &[&str]) -> Vec<Option<Refusal>> {
    let policy = Policy::at("http://usher.test");
    let new = |name: &&str| {
        let who = UserRef::Id(user_id(name)).into();
        NewMember { who, roles: Vec::new(), pin: None }
    };
    let members: Vec<_> = names.iter().map(new).collect();
    let adding = AddMembers::new(&core(&world.ports, &policy));
    let outcomes = adding.run(&caller(), &place("team"), &members).await.unwrap();
    outcomes.into_iter().map(Result::err).collect()
}
