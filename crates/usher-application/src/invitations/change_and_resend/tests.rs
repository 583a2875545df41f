use chrono::TimeDelta;
use usher_domain::{Actor, JobKind, RedirectRule, Refusal, UserId};

use super::*;
use crate::{
    invitations::edit::ManageError,
    policy::Policy,
    testing::{
        caller, core,
        fake_store::{FakeStore, invited_to},
        noon, role,
    },
};

#[tokio::test]
async fn the_change_and_the_letter_that_tells_of_it_are_one_commit() {
    let world = offering();
    let draft = InvitationDraft {
        roles: Some(vec!["reader".to_owned()]),
        expires_at: Some(noon() + TimeDelta::days(2)),
        redirect: Some("https://app.example/in".to_owned()),
    };
    let again = run(&world, draft).await.unwrap();
    let written = world.once_written();
    assert_eq!(written.invitations, std::slice::from_ref(&again));
    assert_eq!((again.version, again.letters), (2, 2));
    assert_eq!(again.expires_at, noon() + TimeDelta::days(2));
    assert_eq!(again.offer.roles, ["reader"]);
    assert_eq!(again.offer.redirect.as_deref(), Some("https://app.example/in"));
    let letter = JobKind::MailInvitation { invitation: again.id, letter: 2 };
    assert_eq!(written.jobs.iter().map(|it| it.kind).collect::<Vec<_>>(), [letter]);
    let actions: Vec<_> = written.audit.iter().map(|it| it.action).collect();
    assert_eq!(actions, [Action::InvitationChanged, Action::Resent]);
}

#[tokio::test]
async fn what_could_not_be_offered_is_refused_and_no_letter_is_written() {
    let world = offering();
    let draft = InvitationDraft { roles: Some(vec!["nothing".to_owned()]), ..none() };
    let error = run(&world, draft).await.unwrap_err();
    assert!(matches!(error, ChangeError::Refused(Refusal::UnknownRole(_))));
    assert_eq!(world.written(), []);
}

#[tokio::test]
async fn without_a_change_it_is_sent_again_and_nothing_else() {
    let world = offering();
    let before = world.invitation(1);
    let again = run(&world, none()).await.unwrap();
    assert_eq!(again.offer, before.offer);
    let actions: Vec<_> = world.once_written().audit.iter().map(|it| it.action).collect();
    assert_eq!(actions, [Action::Resent]);
}

#[tokio::test]
async fn an_expired_one_is_renewed_and_ends_when_the_draft_says() {
    let world = offering();
    world.state().invitations[0].expires_at = noon();
    let draft = InvitationDraft { expires_at: Some(noon() + TimeDelta::days(2)), ..none() };
    assert_eq!(run(&world, draft).await.unwrap().expires_at, noon() + TimeDelta::days(2));
}

#[tokio::test]
async fn both_are_decided_anew_after_a_conflict() {
    let world = offering();
    world.before_next_commit(|it| {
        it.invitations = vec![it.invitations[0].touched(Actor::System, noon())];
    });
    let draft = InvitationDraft { roles: Some(vec!["reader".to_owned()]), ..none() };
    let again = run(&world, draft).await.unwrap();
    assert_eq!((again.version, again.letters), (3, 2));
    assert_eq!(again.offer.roles, ["reader"]);
}

#[tokio::test]
async fn what_the_caller_may_not_see_does_not_exist() {
    let world = offering();
    let someone = Actor::User(UserId::parse("someone").unwrap());
    let inviter =
        Caller { authority: usher_domain::Authority::Inviter, actor: someone, ..caller() };
    let use_case =
        ChangeAndResendInvitation::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let outcome = use_case.run(&inviter, world.invitation(1).id, none(), None).await;
    assert!(matches!(outcome, Err(ChangeError::Manage(ManageError::Unknown))));
}

async fn run(world: &FakeStore, draft: InvitationDraft) -> Result<Invitation, ChangeError> {
    let core = core(&world.ports, &Policy::at("http://usher.test"));
    let id = world.invitation(1).id;
    ChangeAndResendInvitation::new(&core).run(&caller(), id, draft, None).await
}

fn none() -> InvitationDraft {
    InvitationDraft::default()
}

/// To the team, where `reader` can be given.
fn offering() -> FakeStore {
    let world = FakeStore::of(vec![], vec![]);
    world.state().roles = vec![role("reader")];
    let rule = RedirectRule::parse("https://app.example/in").unwrap();
    world.state().tenants[0].redirects = vec![rule];
    world.state().invitations.push(invited_to(1, "ada", "team"));
    world
}
