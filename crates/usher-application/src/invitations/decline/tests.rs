use usher_domain::Status;

use super::*;
use crate::{
    policy::Policy,
    testing::{
        core,
        fake_store::{FakeStore, invited_to},
        handed_over_token,
    },
};

#[tokio::test]
async fn declining_closes_it_once() {
    let world = FakeStore::of(vec![], vec![]);
    let it = invited_to(1, "ada", "team");
    world.state().invitations.push(it.clone());
    let core = core(&world.ports, &Policy::at("http://usher.test"));
    let (decline, token) = (DeclineInvitation::new(&core), handed_over_token(&it));
    let declined = decline.run(&token, None).await.unwrap();
    assert_eq!(declined.status, Status::Declined);
    let written = world.once_written();
    assert!(written.users.is_empty());
    assert_eq!(written.invitations, [declined]);
    let again = decline.run(&token, None).await.unwrap_err();
    assert!(matches!(again, DeclineError::Closed(Closed::Declined)));
}
