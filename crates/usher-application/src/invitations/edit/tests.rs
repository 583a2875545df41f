use usher_domain::{Actor, Authority, Status};

use super::*;
use crate::{
    invitations::{resend::ResendInvitation, revoke::RevokeInvitation},
    policy::Policy,
    ports::ledger::CommitError,
    testing::{MockPorts, caller, core, invitation, noon, organization, user_id},
};

#[tokio::test]
async fn what_one_may_not_touch_does_not_exist() {
    let inviter = Caller {
        authority: Authority::Inviter,
        actor: Actor::User(user_id("someone")),
        ..caller()
    };
    let bound = Caller { organization: Some(organization("team").id), ..caller() };
    for caller in [inviter, bound] {
        let ports = finding(invitation(1, "ada")).into();
        let error = RevokeInvitation::new(&core(&ports, &Policy::at("http://usher.test")))
            .run(&caller, invitation(1, "ada").id)
            .await;
        assert!(matches!(error, Err(ManageError::Unknown)));
    }
    let own = Caller { authority: Authority::Inviter, ..caller() };
    let mut ports = finding(invitation(1, "ada"));
    ports.ledger.expect_commit().return_once(|_| Ok(()));
    assert!(
        RevokeInvitation::new(&core(&ports.into(), &Policy::at("http://usher.test")))
            .run(&own, invitation(1, "ada").id)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_reader_changes_nothing() {
    let reader = Caller { authority: Authority::Reader, ..caller() };
    let ports = MockPorts::default().into();
    let id = invitation(1, "ada").id;
    let error = RevokeInvitation::new(&core(&ports, &Policy::at("http://usher.test")))
        .run(&reader, id)
        .await;
    assert!(matches!(error, Err(ManageError::Forbidden)));
    let policy = Policy::at("http://usher.test");
    let error = ResendInvitation::new(&core(&ports, &policy)).run(&reader, id, None).await;
    assert!(matches!(error, Err(ManageError::Forbidden)));
}

#[tokio::test]
async fn whoever_loses_the_race_decides_on_what_is_there_now() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    let mut it = invitation(1, "ada");
    ports.invitations.expect_find().times(2).returning(move |_, _| {
        let now = it.clone();
        it.status = Status::Accepted;
        Ok(Some(now))
    });
    ports.ledger.expect_commit().once().return_once(|it| {
        Err(CommitError::Conflict(vec![Conflict::Invitation(it.invitations[0].id)]))
    });
    let error = RevokeInvitation::new(&core(&ports.into(), &Policy::at("http://usher.test")))
        .run(&caller(), invitation(1, "ada").id)
        .await;
    assert!(matches!(error, Err(ManageError::Closed(Closed::Accepted))));
}

fn finding(it: Invitation) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.invitations.expect_find().returning(move |_, _| Ok(Some(it.clone())));
    ports
}
