use usher_domain::{Offer, Status};

use super::*;
use crate::{
    policy::Policy,
    ports::directory::InviteeState,
    testing::{MockPorts, active, caller, core, invitation, mailbox, noon, organization, user},
};

/// Ports that know this about the invitee.
fn knowing(state: InviteeState) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.directory.expect_resolve().returning(move |_, queries| {
        assert_eq!(queries[0].organization, None);
        Ok(vec![state.clone()])
    });
    ports
}

fn use_case(ports: MockPorts) -> InviteAdministrator {
    InviteAdministrator::new(&core(&ports.into(), &Policy::at("http://usher.test")))
}

#[tokio::test]
async fn an_administrator_is_invited_for_a_day_without_a_letter_unless_one_is_wanted() {
    for mailed in [false, true] {
        let mut ports = knowing(InviteeState::default());
        ports.ledger.expect_commit().once().returning(move |it| {
            assert_eq!(it.jobs.len(), usize::from(mailed));
            let actions: Vec<_> = it.audit.iter().map(|it| it.action).collect();
            assert_eq!(actions, [Action::Invited]);
            Ok(())
        });
        let made =
            use_case(ports).run(&caller(), &mailbox("ada@example.org"), mailed).await.unwrap();
        assert_eq!(made.expires_at, noon() + TimeDelta::hours(24));
        assert_eq!(made.offer.authority, Some(Authority::OrgAdmin));
        assert_eq!((made.offer.quiet, &made.mailbox), (!mailed, &mailbox("ada@example.org")));
    }
}

#[tokio::test]
async fn the_invitation_before_is_revoked_in_the_same_commit_and_the_user_is_pending() {
    let unregistered = User { status: UserStatus::Unregistered, ..user("ada") };
    let pending = invitation(77, "ada");
    let state = InviteeState {
        user: Some(unregistered),
        pending: Some(pending.clone()),
        ..InviteeState::default()
    };
    let mut ports = knowing(state);
    ports.ledger.expect_commit().once().returning(move |it| {
        let [before, after] = &it.invitations[..] else { panic!("two invitations") };
        assert_eq!((before.id, before.status), (pending.id, Status::Revoked));
        assert_eq!(after.status, Status::Pending);
        assert_ne!(after.id, before.id);
        assert_eq!(it.users[0].status, UserStatus::Pending);
        assert_eq!(after.user.as_ref(), Some(&it.users[0].id));
        let actions: Vec<_> = it.audit.iter().map(|it| it.action).collect();
        assert_eq!(actions, [Action::Revoked, Action::Invited]);
        Ok(())
    });
    use_case(ports).run(&caller(), &mailbox("ada@example.org"), false).await.unwrap();
}

#[tokio::test]
async fn whoever_has_an_account_is_not_invited() {
    for status in [UserStatus::Active, UserStatus::Disabled] {
        let user = Some(User { status, ..active("ada") });
        let ports = knowing(InviteeState { user, ..InviteeState::default() });
        let error = use_case(ports).run(&caller(), &mailbox("ada@example.org"), false).await;
        assert!(matches!(error, Err(InviteAdministratorError::HasAccount)), "{status:?}");
    }
}

#[tokio::test]
async fn only_an_administrator_of_the_tenant_invites_one() {
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let bound = Caller { organization: Some(organization("acme").id), ..caller() };
    for caller in [helpdesk, bound] {
        let error =
            use_case(MockPorts::default()).run(&caller, &mailbox("ada@example.org"), false).await;
        assert!(matches!(error, Err(InviteAdministratorError::Forbidden)));
    }
}

#[test]
fn no_setting_makes_it_last_longer() {
    let shortest =
        Policy { lifetimes: (TimeDelta::zero(), TimeDelta::hours(1)), ..Policy::at("x") };
    for (policy, lasts) in [(shortest, 1), (Policy::at("x"), 24)] {
        let core = core(&MockPorts::default().into(), &policy);
        let (tenant, to) = (caller().tenant, mailbox("ada@example.org"));
        let made = administrator_invitation(&core, tenant, to, true, Actor::System, noon());
        assert_eq!(
            made.offer,
            Offer {
                authority: Some(Authority::OrgAdmin),
                quiet: true,
                ..Offer::new(TimeDelta::hours(lasts))
            }
        );
    }
}
