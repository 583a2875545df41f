use crate::policy::Policy;
use chrono::TimeDelta;
use usher_domain::{
    Actor, Authority, Closed, InvalidRedirect, InvalidText, RedirectRule, Refusal, Role, Status,
    Subject, TextRule,
};

use super::*;
use crate::{
    invitations::edit::ManageError,
    testing::{
        caller, core,
        fake_store::{FakeStore, bound_to, invited_to, place},
        noon, role, user_id,
    },
};

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
        (roles(&["cook", "nothing"]), Refusal::UnknownRole("nothing".to_owned())),
        (roles(&["baker"]), Refusal::ForeignRole("baker".to_owned())),
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
async fn nobody_who_does_not_manage_members_gives_roles_to_an_invitation_of_their_own() {
    for (authority, may) in [(Authority::Inviter, false), (Authority::Helpdesk, true)] {
        let world = offering();
        world.state().invitations[0].user = Some(user_id("boss"));
        let by = Caller { authority, ..caller() };
        let draft = InvitationDraft { roles: Some(texts(&["reader"])), ..none() };
        let changed = change(&world, &by, draft).await;
        assert_eq!(changed.is_ok(), may, "{changed:?}");
    }
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
