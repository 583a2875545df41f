use chrono::TimeDelta;
use usher_domain::Organization;

use super::*;
use crate::{
    policy::Policy,
    ports::ledger::Seated,
    testing::{
        MockPorts, caller, core,
        fake_store::{FakeStore, invited_to, place},
        invitation, membership, noon,
    },
};

#[tokio::test]
async fn resending_writes_another_letter_even_for_a_quiet_one() {
    let mut quiet = invitation(1, "ada");
    (quiet.offer.quiet, quiet.letters) = (true, 0);
    let mut ports = finding(quiet);
    ports.ledger.expect_commit().once().withf(|it| it.jobs.len() == 1).return_once(|_| Ok(()));
    let policy = Policy::at("http://usher.test");
    let resend = ResendInvitation::new(&core(&ports.into(), &policy));
    let again = resend.run(&caller(), invitation(1, "ada").id, None).await.unwrap();
    assert_eq!((again.letters, again.generation), (1, 1));
}

#[tokio::test]
async fn one_that_had_expired_takes_a_seat_again() {
    let expired = || Invitation { expires_at: noon(), ..invited_to(1, "ada", "team") };
    let resent = async |it: Invitation, members: usize| {
        let members = ["mia", "bob"][..members].iter().map(|it| membership(it, "team")).collect();
        let world = FakeStore::of(vec![], members);
        let world = world.with("team", |it| Organization { seats: Some(1), ..it });
        world.state().invitations.push(it.clone());
        let resend = ResendInvitation::new(&core(&world.ports, &Policy::at("http://usher.test")));
        (resend.run(&caller(), it.id, None).await, world)
    };
    let (outcome, world) = resent(expired(), 0).await;
    assert_eq!(outcome.unwrap().expires_at, noon() + TimeDelta::days(7));
    let seated = Seated { tenant: caller().tenant, organization: place("team"), now: noon() };
    assert_eq!(world.once_written().seated, [seated]);
    let (outcome, world) = resent(expired(), 1).await;
    assert!(matches!(outcome, Err(ManageError::NoSeat)));
    assert_eq!(world.written(), []);
    // A live one has its seat, however many there are by now.
    let (outcome, world) = resent(invited_to(1, "ada", "team"), 2).await;
    assert!(outcome.is_ok());
    assert_eq!(world.once_written().seated, []);
}

fn finding(it: Invitation) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.invitations.expect_find().returning(move |_, _| Ok(Some(it.clone())));
    ports
}
