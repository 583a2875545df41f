use usher_domain::{Actor, Authority, Role, Status};

use super::*;
use crate::{
    invitations::{
        change::ChangeInvitation,
        change_and_resend::ChangeAndResendInvitation,
        draft::{ChangeError, InvitationDraft},
        resend::ResendInvitation,
        revoke::RevokeInvitation,
    },
    policy::Policy,
    ports::ledger::CommitError,
    testing::{
        MockPorts, caller, core,
        fake_store::{FakeStore, bound_to, invited_to},
        invitation, noon, organization, role, user_id,
    },
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

/// Every way to edit, by callers of each authority, with invitations that not all of them could make.
#[tokio::test]
async fn nobody_edits_an_invitation_that_they_could_not_make() {
    let plain = || invited_to(1, "ada", "team");
    let with = |change: &dyn Fn(&mut Invitation)| {
        let mut it = plain();
        change(&mut it);
        it
    };
    let all = [
        plain(),
        with(&|it| it.offer.roles = vec!["lead".to_owned(), "just a word".to_owned()]),
        with(&|it| it.offer.authority = Some(Authority::Reader)),
        // That of the first administrator.
        with(&|it| {
            it.offer.organization = None;
            it.offer.authority = Some(Authority::OrgAdmin);
            it.creator = Actor::System;
        }),
    ];
    let of = |authority| Caller { authority, ..caller() };
    for (by, may) in [
        (of(Authority::OrgAdmin), [true; 4]),
        (of(Authority::Helpdesk), [true, true, false, false]),
        (of(Authority::Inviter), [true, false, false, false]),
        (bound_to("team"), [true, true, true, false]),
        (Caller { authority: Authority::Helpdesk, ..bound_to("team") }, [true, true, false, false]),
    ] {
        for (it, may) in all.iter().zip(may) {
            for way in WAYS {
                let world = FakeStore::of(vec![], vec![]);
                world.state().roles.push(Role { given_by: Authority::Helpdesk, ..role("lead") });
                world.state().invitations.push(it.clone());
                let outcome = edit(&world, way, &by).await;
                let what = format!("{way} {by:?} {:?}", it.offer);
                assert_eq!(outcome.is_ok(), may, "{what}: {outcome:?}");
                assert_eq!(world.written().len(), usize::from(may), "{what}");
                let hidden = !by.may_with(Permission::Resend, it);
                let is_told = |it: &ManageError| match it {
                    ManageError::Forbidden => !hidden,
                    ManageError::Unknown => hidden,
                    _ => false,
                };
                assert!(outcome.as_ref().err().is_none_or(is_told), "{what}: {outcome:?}");
            }
        }
    }
}

const WAYS: [&str; 6] = ["change", "shorten", "resend", "renew", "change and resend", "revoke"];

async fn edit(world: &FakeStore, way: &str, by: &Caller) -> Result<Invitation, ManageError> {
    let core = &core(&world.ports, &Policy::at("http://usher.test"));
    let id = invitation(1, "ada").id;
    let draft = |roles, expires_at| InvitationDraft { roles, expires_at, redirect: None };
    let bare = || draft(Some(Vec::new()), None);
    let soon = Some(noon() + chrono::TimeDelta::hours(1));
    let managed = |it: ChangeError| match it {
        ChangeError::Manage(it) => it,
        ChangeError::Refused(it) => panic!("{it}"),
    };
    let resend = ResendInvitation::new(core);
    match way {
        "change" => ChangeInvitation::new(core).run(by, id, bare()).await.map_err(managed),
        "shorten" => {
            ChangeInvitation::new(core).run(by, id, draft(None, soon)).await.map_err(managed)
        }
        "resend" => resend.run(by, id, None).await,
        "renew" => resend.renew(by, id).await,
        "revoke" => RevokeInvitation::new(core).run(by, id).await,
        _ => {
            let both = ChangeAndResendInvitation::new(core);
            both.run(by, id, bare(), None).await.map_err(managed)
        }
    }
}

fn finding(it: Invitation) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.invitations.expect_find().returning(move |_, _| Ok(Some(it.clone())));
    ports
}
