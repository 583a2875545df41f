use usher_domain::{Actor, Authority, Status};

use super::*;
use crate::{
    Loss,
    testing::{MockPorts, caller, invitation, noon, organization, user_id},
};

#[tokio::test]
async fn revoking_writes_who_did_it() {
    let mut ports = finding(invitation(1, "ada"));
    ports.ledger.expect_commit().once().returning(|it| {
        assert_eq!(it.invitations[0].status, Status::Revoked);
        assert_eq!((it.audit[0].action, it.jobs.len()), (Action::Revoked, 0));
        Ok(())
    });
    let it = invitation(1, "ada");
    let revoked = RevokeInvitation::new(&ports.into()).run(&caller(), it.id).await.unwrap();
    assert_eq!(revoked.updater, caller().actor);
}

#[tokio::test]
async fn resending_writes_another_letter_even_for_a_quiet_one() {
    let mut quiet = invitation(1, "ada");
    (quiet.offer.quiet, quiet.letters) = (true, 0);
    let mut ports = finding(quiet);
    ports.ledger.expect_commit().once().withf(|it| it.jobs.len() == 1).return_once(|_| Ok(()));
    let policy = Policy::at("http://usher.test");
    let resend = ResendInvitation::new(&ports.into(), &policy);
    let again = resend.run(&caller(), invitation(1, "ada").id, None).await.unwrap();
    assert_eq!((again.letters, again.generation), (1, 1));
}

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
        let error = RevokeInvitation::new(&ports).run(&caller, invitation(1, "ada").id).await;
        assert!(matches!(error, Err(ManageError::Unknown)));
    }
    let own = Caller { authority: Authority::Inviter, ..caller() };
    let mut ports = finding(invitation(1, "ada"));
    ports.ledger.expect_commit().return_once(|_| Ok(()));
    assert!(RevokeInvitation::new(&ports.into()).run(&own, invitation(1, "ada").id).await.is_ok());
}

#[tokio::test]
async fn a_reader_changes_nothing() {
    let reader = Caller { authority: Authority::Reader, ..caller() };
    let ports = MockPorts::default().into();
    let id = invitation(1, "ada").id;
    let error = RevokeInvitation::new(&ports).run(&reader, id).await;
    assert!(matches!(error, Err(ManageError::Forbidden)));
    let policy = Policy::at("http://usher.test");
    let error = ResendInvitation::new(&ports, &policy).run(&reader, id, None).await;
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
    ports
        .ledger
        .expect_commit()
        .once()
        .return_once(|it| Err(CommitError::Lost(vec![Loss::Invitation(it.invitations[0].id)])));
    let error = RevokeInvitation::new(&ports.into()).run(&caller(), invitation(1, "ada").id).await;
    assert!(matches!(error, Err(ManageError::Closed(Closed::Accepted))));
}

fn finding(it: Invitation) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.invitations.expect_find().returning(move |_, _| Ok(Some(it.clone())));
    ports
}
