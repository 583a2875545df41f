use usher_domain::{Actor, Authority};

use super::*;
use crate::{
    policy::Policy,
    testing::{MockPorts, caller, core, invitation, user_id},
};

#[tokio::test]
async fn what_the_caller_may_not_see_does_not_exist() {
    let mut ports = MockPorts::default();
    ports.invitations.expect_find().return_once(|_, _| Ok(Some(invitation(1, "ada"))));
    let actor = Actor::User(user_id("ann"));
    let inviter = Caller { authority: Authority::Inviter, actor, ..caller() };
    let error = FindInvitation::new(&core(&ports.into(), &Policy::at("http://usher.test")))
        .run(&inviter, invitation(1, "ada").id)
        .await;
    assert!(matches!(error, Err(FindError::Unknown)));
}
