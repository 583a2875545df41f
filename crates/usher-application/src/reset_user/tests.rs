use usher_domain::{Authority, Status, UserStatus};

use super::*;
use crate::testing::{MockPorts, active, caller, invitation, noon, organization, user_id};

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
    let reset = ResetUser::new(&ports.into(), &Policy::at("http://usher.test"))
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
        let error = ResetUser::new(&ports, &Policy::at("http://usher.test"))
            .run(&caller, &user_id("ada"))
            .await;
        assert!(matches!(error, Err(ResetUserError::Forbidden)));
    }
}

#[tokio::test]
async fn nobody_cannot_be_reset() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.users.expect_find_many().returning(|_, _| Ok(vec![None]));
    let error = ResetUser::new(&ports.into(), &Policy::at("http://usher.test"))
        .run(&caller(), &user_id("ada"))
        .await;
    assert!(matches!(error, Err(ResetUserError::Unknown)));
}

fn finding(user: User) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.users.expect_find_many().returning(move |_, _| Ok(vec![Some(user.clone())]));
    ports
}
