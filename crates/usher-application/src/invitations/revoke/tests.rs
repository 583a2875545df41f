use usher_domain::{Organization, Status};

use super::*;
use crate::{
    policy::Policy,
    testing::{
        MockPorts, caller, core,
        fake_store::{FakeStore, invited_to},
        invitation, membership, noon,
    },
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
    let revoked = RevokeInvitation::new(&core(&ports.into(), &Policy::at("http://usher.test")))
        .run(&caller(), it.id)
        .await
        .unwrap();
    assert_eq!(revoked.updater, caller().actor);
}

#[tokio::test]
async fn revoking_takes_no_seat() {
    let world = FakeStore::of(vec![], vec![membership("mia", "team")]);
    let world = world.with("team", |it| Organization { seats: Some(0), ..it });
    let expired = Invitation { expires_at: noon(), ..invited_to(1, "ada", "team") };
    world.state().invitations.push(expired.clone());
    assert!(
        RevokeInvitation::new(&core(&world.ports, &Policy::at("http://usher.test")))
            .run(&caller(), expired.id)
            .await
            .is_ok()
    );
    assert_eq!(world.once_written().seated, []);
}

fn finding(it: Invitation) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.invitations.expect_find().returning(move |_, _| Ok(Some(it.clone())));
    ports
}
