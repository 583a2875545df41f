use chrono::TimeDelta;
use usher_domain::{Authority, JobKind, PinRules, User, UserRef, UserStatus};

use super::*;
use crate::{
    policy::Policy,
    testing::{
        MockPorts, active, caller, core,
        fake_store::{FakeStore, bound_to, from, place, with_pin},
        membership, noon, user_id,
    },
};

const RENEW: MemberChange = MemberChange::Pin { renew: true, allowed: None };

#[tokio::test]
async fn roles_take_the_place_of_those_there_are() {
    let world = FakeStore::of(vec![active("ada")], vec![held()]);
    let given = [" Ko\u{308}chin", "K\u{f6}chin", "cook"].map(str::to_owned).to_vec();
    let changed = run(&world, "ada", &MemberChange::Roles(given)).await.unwrap();
    let roles = ["K\u{f6}chin", "cook"].map(str::to_owned).to_vec();
    let expected = held().with_roles(roles, &caller().gift(noon()));
    assert_eq!(changed, Membership { version: 4, ..expected });
    let written = world.once_written();
    assert_eq!((&written.memberships[..], written.jobs.len()), (&[changed][..], 0));
    let [entry] = &written.audit[..] else { panic!("one entry") };
    assert_eq!((entry.action, entry.detail.as_deref()), (Action::MemberChanged, Some("team")));
}

#[tokio::test]
async fn a_pin_goes_with_all_that_hangs_on_it() {
    let world = FakeStore::of(vec![active("ada")], vec![held()]);
    let changed = run(&world, "ada", &MemberChange::RemovePin).await.unwrap();
    let expected = Membership { pin: None, pin_allowed: false, version: 4, ..held() };
    assert_eq!(changed, expected);
    assert_eq!(world.once_written().jobs, []);
}

#[tokio::test]
async fn another_pin_is_told_by_letter_and_forgets_what_was_guessed() {
    let world = FakeStore::of(vec![active("ada")], vec![held()]);
    world.pass(TimeDelta::hours(1));
    let changed = run(&world, "ada", &RENEW).await.unwrap();
    assert_ne!(changed.pin, held().pin);
    assert!(changed.pin.as_ref().unwrap().seed.is_some());
    let later = noon() + TimeDelta::hours(1);
    let renewed = held().with_pin(changed.pin.clone().unwrap(), &caller().gift(later));
    assert_eq!(changed, Membership { letters: 3, mailed_at: later, version: 4, ..renewed });
    let written = world.once_written();
    let [job] = &written.jobs[..] else { panic!("one letter") };
    assert_eq!(job.kind, JobKind::MailPin { membership: held().id, letter: 3 });
    assert_eq!((job.due_at, written.audit.len()), (later, 1));
}

#[tokio::test]
async fn no_letter_is_written_that_reaches_nobody() {
    let world = FakeStore::of(vec![User { mailbox: None, ..active("ada") }], vec![held()]);
    assert_eq!(run(&world, "ada", &RENEW).await.unwrap().letters, 2);
    assert_eq!(world.once_written().jobs, []);
    let world = FakeStore::of(vec![active("ada")], vec![held()]);
    world.state().mute = true;
    assert_eq!(run(&world, "ada", &RENEW).await.unwrap().letters, 2);
    assert_eq!(world.once_written().jobs, []);
}

#[tokio::test]
async fn a_pin_is_allowed_or_not_and_stays_the_same() {
    let world = FakeStore::of(vec![active("ada")], vec![held()]);
    let disallow = MemberChange::Pin { renew: false, allowed: Some(false) };
    let changed = run(&world, "ada", &disallow).await.unwrap();
    assert_eq!(changed, Membership { pin_allowed: false, version: 4, ..held() });
    let allow = MemberChange::Pin { renew: true, allowed: Some(true) };
    let changed = run(&world, "ada", &allow).await.unwrap();
    assert!(changed.pin_allowed && changed.pin != held().pin);
}

#[tokio::test]
async fn what_changes_nothing_is_not_written() {
    let people = vec![active("ada"), from("team", active("hal"))];
    let world = FakeStore::of(people, vec![held()]);
    let roles = MemberChange::Roles(held().roles.iter().map(|it| format!(" {it}")).collect());
    let keep = MemberChange::Pin { renew: false, allowed: None };
    let same = MemberChange::Pin { renew: false, allowed: Some(true) };
    for change in [roles, keep, same] {
        assert_eq!(run(&world, "ada", &change).await.unwrap(), held());
    }
    let at_home = run(&world, "hal", &MemberChange::RemovePin).await.unwrap();
    assert_eq!((at_home.user.as_str(), at_home.pin), ("hal", None));
    assert_eq!(world.state().calls, [""; 0]);
}

#[tokio::test]
async fn who_is_at_home_is_a_member_by_that() {
    let world = FakeStore::of(vec![from("team", active("hal"))], vec![]);
    let changed = run(&world, "hal", &RENEW).await.unwrap();
    assert_eq!((changed.version, changed.letters, changed.joined_at), (1, 1, noon()));
    assert_eq!(world.once_written().memberships, [changed]);
    let changed = run(&world, "hal", &MemberChange::Roles(vec!["cook".to_owned()])).await.unwrap();
    assert_eq!((changed.version, changed.letters), (2, 1));
}

#[tokio::test]
async fn who_is_no_member_or_not_in_stays_as_they_are() {
    let disabled = User { status: UserStatus::Disabled, ..active("dora") };
    let people = vec![active("ada"), from("top", active("bob")), disabled];
    let world = FakeStore::of(people, vec![membership("dora", "team"), membership("ada", "other")]);
    for (name, expected) in [
        ("ada", Refusal::NotMember(user_id("ada"))),
        ("bob", Refusal::NotMember(user_id("bob"))),
        ("dora", Refusal::UnknownUser),
        ("nobody", Refusal::UnknownUser),
    ] {
        let error = run(&world, name, &RENEW).await.unwrap_err();
        let ChangeMemberError::Refused(refusal) = error else { panic!("{error}") };
        assert_eq!(refusal, expected);
    }
}

#[tokio::test]
async fn roles_have_bounds() {
    let world = FakeStore::of(vec![active("ada")], vec![held()]);
    let many = MemberChange::Roles(vec!["x".to_owned(); 51]);
    let error = run(&world, "ada", &many).await.unwrap_err();
    assert!(matches!(error, ChangeMemberError::Refused(Refusal::Text(_))));
}

#[tokio::test]
async fn where_no_pin_is_left_the_old_one_stays() {
    let mut joined: Vec<_> = (0..15)
        .map(|it| with_pin(&format!("{it:04b}"), membership(&format!("user{it}"), "team")))
        .collect();
    joined.push(with_pin("1111", membership("ada", "team")));
    let world = FakeStore::of(vec![active("ada")], joined);
    let pins = PinRules::new("01", 4).unwrap();
    let policy = Policy { pins, ..Policy::at("http://usher.test") };
    let change = ChangeMember::new(&core(&world.ports, &policy));
    let error =
        change.run(&caller(), &place("team"), Some(&naming("ada")), &RENEW).await.unwrap_err();
    assert!(matches!(error, ChangeMemberError::Refused(Refusal::NoPin)));
}

#[tokio::test]
async fn what_lost_the_race_is_decided_anew() {
    let world = FakeStore::of(vec![active("ada")], vec![held()]);
    world.before_next_commit(|it| {
        it.rewrite("ada", "team", |it| Membership { pin_allowed: false, ..it });
    });
    let roles = MemberChange::Roles(vec!["cook".to_owned()]);
    let changed = run(&world, "ada", &roles).await.unwrap();
    assert_eq!((changed.version, changed.pin_allowed), (5, false));
    world.state().losing = true;
    let error = run(&world, "ada", &RENEW).await.unwrap_err();
    assert!(matches!(error, ChangeMemberError::Members(MembersError::Store(_))));
}

#[tokio::test]
async fn an_inviter_changes_nobody() {
    let change =
        ChangeMember::new(&core(&MockPorts::default().into(), &Policy::at("http://usher.test")));
    for authority in [Authority::Reader, Authority::Inviter] {
        let caller = Caller { authority, ..caller() };
        let error =
            change.run(&caller, &place("team"), Some(&naming("ada")), &RENEW).await.unwrap_err();
        assert!(matches!(error, ChangeMemberError::Members(MembersError::Forbidden)));
    }
}

/// Each change, by each kind of name.
#[tokio::test]
async fn an_address_that_nobody_has_proven_is_given_nothing_and_may_lose_all() {
    let unproven = || User { mailbox_proven_at: None, ..active("ada") };
    let address = UserRef::Mailbox(active("ada").mailbox.unwrap());
    let roles = |all: &[&str]| MemberChange::Roles(all.iter().map(|it| (*it).to_owned()).collect());
    let pin = |renew, allowed| MemberChange::Pin { renew, allowed };
    let held = || Membership { pin_allowed: false, roles: vec!["cook".to_owned()], ..held() };
    for (change, gives) in [
        (roles(&["cook", "lead"]), true),
        (roles(&["lead"]), true),
        (roles(&["cook"]), false),
        (roles(&[]), false),
        (RENEW, true),
        (pin(false, Some(true)), true),
        (pin(false, Some(false)), false),
        (MemberChange::RemovePin, false),
    ] {
        for (user, who, refused) in [
            (unproven(), &address, gives),
            (unproven(), &naming("ada"), false),
            (active("ada"), &address, false),
        ] {
            let world = FakeStore::of(vec![user], vec![held()]);
            let use_case = ChangeMember::new(&core(&world.ports, &Policy::at("http://usher.test")));
            let changed = use_case.run(&caller(), &place("team"), Some(who), &change).await;
            let is_refused =
                matches!(changed, Err(ChangeMemberError::Refused(Refusal::UnprovenMailbox)));
            assert_eq!(is_refused, refused, "{who:?} {change:?} {changed:?}");
            assert!(refused || changed.is_ok(), "{who:?} {change:?} {changed:?}");
        }
    }
}

/// Ada in the team: a pin, two letters, version 3.
fn held() -> Membership {
    let ada = with_pin("1234", membership("ada", "team"));
    Membership { pin_allowed: true, letters: 2, version: 3, ..ada }
}

fn naming(name: &str) -> UserRef {
    UserRef::Id(user_id(name))
}

#[tokio::test]
async fn nobody_changes_who_has_more_authority_than_their_own() {
    let ada = User { authority: Some(Authority::OrgAdmin), ..active("ada") };
    let world = FakeStore::of(vec![ada], vec![held()]);
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let changing = ChangeMember::new(&core(&world.ports, &Policy::at("http://usher.test")));
    for change in [&RENEW, &MemberChange::RemovePin, &MemberChange::Roles(vec![])] {
        let who = naming("ada");
        let outcome = changing.run(&helpdesk, &place("team"), Some(&who), change).await;
        let expected = Refusal::UserAuthority(user_id("ada"));
        assert!(
            matches!(outcome.unwrap_err(), ChangeMemberError::Refused(it) if it == expected),
            "{change:?}"
        );
    }
    assert!(run(&world, "ada", &RENEW).await.is_ok(), "an administrator does");
}

/// Whoever has more authority than the caller, and belongs elsewhere, is refused as all who do.
#[tokio::test]
async fn nobody_learns_the_authority_of_who_is_no_member() {
    let chief = User { authority: Some(Authority::OrgAdmin), ..active("chief") };
    let world = FakeStore::of(vec![chief, active("ada")], vec![]);
    let helpdesk = Caller { authority: Authority::Helpdesk, ..bound_to("team") };
    let changing = ChangeMember::new(&core(&world.ports, &Policy::at("http://usher.test")));
    for name in ["chief", "ada"] {
        for change in [&RENEW, &MemberChange::Roles(vec![])] {
            let who = naming(name);
            let outcome = changing.run(&helpdesk, &place("team"), Some(&who), change).await;
            let (refused, expected) = (outcome.unwrap_err(), Refusal::NotMember(user_id(name)));
            assert!(matches!(refused, ChangeMemberError::Refused(it) if it == expected), "{name}");
        }
    }
}

async fn run(
    world: &FakeStore,
    name: &str,
    change: &MemberChange,
) -> Result<Membership, ChangeMemberError> {
    ChangeMember::new(&core(&world.ports, &Policy::at("http://usher.test")))
        .run(&caller(), &place("team"), Some(&naming(name)), change)
        .await
}
