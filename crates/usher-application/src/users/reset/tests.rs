use usher_domain::{Actor, Authority, Inviter, Status, UserStatus};

use super::*;
use crate::{
    policy::Policy,
    testing::{
        MockPorts, active, caller, core,
        fake_store::{FakeStore, invited_to},
        invitation, noon, organization, user_id,
    },
};

#[tokio::test]
async fn a_reset_user_is_unregistered_and_what_waited_for_them_is_revoked() {
    let mut ports = finding(User { authority: Some(Authority::Helpdesk), ..active("ada") });
    let other = Invitation { user: Some(user_id("bob")), ..invitation(2, "ada") };
    ports
        .invitations
        .expect_list()
        .once()
        .returning(move |_, _, _, _| Ok(vec![invitation(1, "ada"), other.clone()]));
    ports.ledger.expect_commit().once().returning(|it| {
        let statuses: Vec<_> = it.invitations.iter().map(|it| (it.id, it.status)).collect();
        assert_eq!(statuses, [(invitation(1, "ada").id, Status::Revoked)]);
        let actions: Vec<_> = it.audit.iter().map(|it| it.action).collect();
        assert_eq!(actions, [Action::Reset, Action::Revoked]);
        Ok(())
    });
    let reset = ResetUser::new(&core(&ports.into(), &Policy::at("http://usher.test")))
        .run(&caller(), &user_id("ada"))
        .await
        .unwrap();
    assert_eq!(
        (reset.status, reset.password, reset.authority),
        (UserStatus::Unregistered, None, None)
    );
    let later = User { status: UserStatus::Active, ..active("ada").reset(noon()) };
    assert!(!later.honours(noon() - chrono::TimeDelta::seconds(1)), "an old key stays void");
    assert!(later.honours(noon()));
}

#[tokio::test]
async fn only_an_administrator_of_the_tenant_resets() {
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let bound = Caller { organization: Some(organization("acme").id), ..caller() };
    for caller in [helpdesk, bound] {
        let ports = MockPorts::default().into();
        let error = ResetUser::new(&core(&ports, &Policy::at("http://usher.test")))
            .run(&caller, &user_id("ada"))
            .await;
        assert!(matches!(error, Err(ResetUserError::Forbidden)));
    }
}

#[tokio::test]
async fn nobody_cannot_be_reset() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.users.expect_find_many().returning(|_, _| Ok(vec![None]));
    let error = ResetUser::new(&core(&ports.into(), &Policy::at("http://usher.test")))
        .run(&caller(), &user_id("ada"))
        .await;
    assert!(matches!(error, Err(ResetUserError::Unknown)));
}

#[tokio::test]
async fn what_they_invited_to_is_as_the_policy_has_it_wherever_that_is() {
    for (orphans, status, answers) in [
        (OrphanPolicy::Keep, Status::Pending, "ada"),
        (OrphanPolicy::Revoke, Status::Revoked, "ada"),
        (OrphanPolicy::Transfer, Status::Pending, "boss"),
    ] {
        let world = FakeStore::of(vec![active("ada")], vec![]);
        let by_ada = |it| Invitation { creator: Actor::User(user_id("ada")), ..it };
        let mut named = invitation(3, "u3");
        named.offer.inviter = Some(Inviter { user: Some(user_id("ada")), name: "Ada".to_owned() });
        let of_another = Invitation { creator: Actor::User(user_id("Ada")), ..invitation(4, "u4") };
        // To herself, by herself: whatever the policy is, it is revoked, and once.
        let own = by_ada(invitation(5, "ada"));
        world.state().invitations = vec![
            by_ada(invitation(1, "u1")),
            by_ada(invited_to(2, "u2", "team")),
            named,
            of_another.clone(),
            own,
        ];
        let policy = Policy { orphans, ..Policy::at("http://usher.test") };
        ResetUser::new(&core(&world.ports, &policy)).run(&caller(), &user_id("ada")).await.unwrap();
        let statuses = [1, 2, 3].map(|it| world.invitation(it).status);
        assert_eq!(statuses, [status; 3]);
        let it = world.invitation(1);
        assert_eq!(*it.answers(), Actor::User(user_id(answers)));
        assert_eq!(it.creator, Actor::User(user_id("ada")));
        assert_eq!(world.invitation(4), of_another);
        assert_eq!((world.invitation(5).status, world.invitation(5).version), (Status::Revoked, 2));
        let audit = world.once_written().audit.len();
        assert_eq!(audit, if orphans == OrphanPolicy::Keep { 2 } else { 5 });
    }
}

#[tokio::test]
async fn however_many_invitations_wait_for_them_all_are_revoked() {
    let world = FakeStore::of(vec![active("ada")], vec![]);
    let for_ada = |n: u128| {
        let it = invitation(n, &format!("u{n}"));
        // Every other one is to her mailbox, all of one moment, and someone else's.
        let user = Some(user_id(if n.is_multiple_of(2) { "ada" } else { "bob" }));
        let mailbox = active("ada").mailbox.unwrap();
        if n.is_multiple_of(2) {
            Invitation { user, ..it }
        } else {
            Invitation { user, mailbox, ..it }
        }
    };
    world.state().invitations = (0..4_002).map(for_ada).collect();
    ResetUser::new(&core(&world.ports, &Policy::at("http://usher.test")))
        .run(&caller(), &user_id("ada"))
        .await
        .unwrap();
    let state = world.state();
    let revoked = state.invitations.iter().filter(|it| it.status == Status::Revoked);
    assert!(revoked.clone().all(|it| it.user == Some(user_id("ada"))));
    assert_eq!(revoked.count(), 2_001);
}

fn finding(user: User) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.users.expect_find_many().returning(move |_, _| Ok(vec![Some(user.clone())]));
    ports
}
