use crate::policy::Policy;
use chrono::TimeDelta;
use usher_domain::{
    Actor, Authority, Closed, InvalidRedirect, InvalidText, Organization, RedirectRule, Role,
    Status, Subject, TextRule,
};

use super::*;
use crate::{
    invitations::{resend::ResendInvitation, revoke::RevokeInvitation},
    ports::ledger::{CommitError, Conflict, Seated},
    testing::{
        MockPorts, caller, core,
        fake_store::{FakeStore, bound_to, invited_to, place},
        invitation, membership, noon, organization, role, user_id,
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

#[tokio::test]
async fn what_is_offered_changes_and_the_link_stays() {
    let world = offering();
    let later = noon() + TimeDelta::days(1);
    let drafts = [
        InvitationDraft { roles: Some(texts(&["cook", "reader", "cook"])), ..none() },
        InvitationDraft { expires_at: Some(later), ..none() },
        InvitationDraft { redirect: Some("https://APP.example/in".to_owned()), ..none() },
        none(),
    ];
    let mut expected = world.invitation(1);
    for (draft, version) in drafts.into_iter().zip(2..) {
        expected.version = version;
        match version {
            2 => expected.offer.roles = texts(&["cook", "reader"]),
            3 => expected.expires_at = later,
            4 => expected.offer.redirect = Some("https://app.example/in".to_owned()),
            _ => {}
        }
        let changed = change(&world, &caller(), draft).await.unwrap();
        assert_eq!(changed, expected);
    }
    let [changes, ..] = &world.written()[..] else { panic!("some commits") };
    assert_eq!((changes.jobs.len(), changes.seated.len()), (0, 0));
    let [entry] = &changes.audit[..] else { panic!("one entry") };
    assert_eq!(
        (entry.action, &entry.subject),
        (Action::InvitationChanged, &Subject::Invitation(expected.id))
    );
}

#[tokio::test]
async fn what_could_not_be_offered_is_refused() {
    let world = offering();
    let roles = |all: &[&str]| InvitationDraft { roles: Some(texts(all)), ..none() };
    let lasts = |time| InvitationDraft { expires_at: Some(noon() + time), ..none() };
    let leads = |to: &str| InvitationDraft { redirect: Some(to.to_owned()), ..none() };
    let bounds = Refusal::Lifetime { min: TimeDelta::minutes(1), max: TimeDelta::days(30) };
    let many: Vec<_> = (0..51).map(|it| format!("r{it}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let too_many = InvalidText { field: "roles", rule: TextRule::TooMany(50) };
    for (draft, expected) in [
        (roles(&["cook", "nothing"]), Refusal::UnknownRole),
        (roles(&["baker"]), Refusal::ForeignRole),
        (roles(&many), too_many.into()),
        (lasts(TimeDelta::seconds(59)), bounds.clone()),
        (lasts(TimeDelta::days(-1)), bounds.clone()),
        (lasts(TimeDelta::days(30) + TimeDelta::microseconds(1)), bounds),
        (leads("https://evil.example"), InvalidRedirect::NotAllowed.into()),
        (leads("evil"), InvalidRedirect::Form.into()),
    ] {
        let error = change(&world, &caller(), draft).await.unwrap_err();
        assert!(matches!(error, ChangeError::Refused(it) if it == expected), "{expected:?}");
    }
    assert_eq!(world.written(), []);
    for time in [TimeDelta::minutes(1), TimeDelta::days(30)] {
        assert!(change(&world, &caller(), lasts(time)).await.is_ok());
    }
    assert!(change(&world, &caller(), roles(&[])).await.unwrap().offer.roles.is_empty());
}

#[tokio::test]
async fn what_is_over_does_not_change() {
    for (it, closed) in [
        (Invitation { expires_at: noon(), ..invited_to(1, "ada", "team") }, Closed::Expired),
        (Invitation { status: Status::Accepted, ..invited_to(1, "ada", "team") }, Closed::Accepted),
    ] {
        let world = offering();
        world.state().invitations = vec![it];
        let draft = InvitationDraft { expires_at: Some(noon() + TimeDelta::days(1)), ..none() };
        let error = change(&world, &caller(), draft).await.unwrap_err();
        assert!(matches!(error, ChangeError::Manage(ManageError::Closed(it)) if it == closed));
        assert_eq!(world.written(), []);
    }
}

#[tokio::test]
async fn who_may_not_change_it_learns_nothing_from_trying() {
    let someone = Actor::User(user_id("someone"));
    let inviter = Caller { authority: Authority::Inviter, actor: someone, ..caller() };
    let reader = Caller { authority: Authority::Reader, ..caller() };
    // Each would be refused for what it is.
    for draft in [
        InvitationDraft { roles: Some(texts(&["nothing"])), ..none() },
        InvitationDraft { expires_at: Some(noon()), ..none() },
        InvitationDraft { redirect: Some("https://evil.example".to_owned()), ..none() },
    ] {
        let world = offering();
        for caller in [&inviter, &bound_to("other"), &bound_to("top")] {
            let error = change(&world, caller, draft.clone()).await.unwrap_err();
            assert!(matches!(error, ChangeError::Manage(ManageError::Unknown)));
        }
        let error = change(&world, &reader, draft).await.unwrap_err();
        assert!(matches!(error, ChangeError::Manage(ManageError::Forbidden)));
        assert_eq!(world.written(), []);
    }
    let own = Caller { authority: Authority::Inviter, ..caller() };
    assert!(change(&offering(), &own, none()).await.is_ok());
    assert!(change(&offering(), &bound_to("team"), none()).await.is_ok());
}

#[tokio::test]
async fn what_others_change_meanwhile_stays() {
    let world = offering();
    world.before_next_commit(|it| {
        let other = it.invitations[0].touched(Actor::System, noon());
        let later = noon() + TimeDelta::days(3);
        it.invitations = vec![Invitation { expires_at: later, ..other }];
    });
    let draft = InvitationDraft { roles: Some(texts(&["cook"])), ..none() };
    let changed = change(&world, &caller(), draft).await.unwrap();
    assert_eq!(changed.expires_at, noon() + TimeDelta::days(3));
    assert_eq!((changed.offer.roles, changed.version), (texts(&["cook"]), 3));
}

/// To the team, where `cook` can be given and `baker` cannot.
fn offering() -> FakeStore {
    let world = FakeStore::of(vec![], vec![]);
    let of = |it: &str, place: &str| Role { organization: Some(self::place(place)), ..role(it) };
    world.state().roles = vec![role("reader"), of("cook", "team"), of("baker", "other")];
    world.state().tenants[0].redirects =
        vec![RedirectRule::parse("https://app.example/in").unwrap()];
    world.state().invitations.push(invited_to(1, "ada", "team"));
    world
}

fn none() -> InvitationDraft {
    InvitationDraft::default()
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|it| (*it).to_owned()).collect()
}

async fn change(
    world: &FakeStore,
    caller: &Caller,
    draft: InvitationDraft,
) -> Result<Invitation, ChangeError> {
    let changing = ChangeInvitation::new(&core(&world.ports, &Policy::at("http://usher.test")));
    changing.run(caller, invited_to(1, "ada", "team").id, draft).await
}

fn finding(it: Invitation) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.invitations.expect_find().returning(move |_, _| Ok(Some(it.clone())));
    ports
}
