use chrono::TimeDelta;
use usher_domain::{
    Authority, JobKind, Lane, Means, PinRules, Session, SessionId, Subject, TextRule, User, UserId,
    UserStatus, merge_roles,
};

use super::*;
use crate::{
    policy::Policy,
    shared::commit::ATTEMPTS,
    testing::{
        MockPorts, TENANT, active, caller, core,
        fake_store::{FakeStore, bound_to, from, place, with_pin},
        keyring, membership, noon, user, user_id,
    },
};

const YES: Option<PinGrant> = Some(PinGrant { allowed: true });
const NO: Option<PinGrant> = Some(PinGrant { allowed: false });

#[tokio::test]
async fn each_is_added_or_refused_for_a_reason_of_their_own_in_the_order_asked() {
    let disabled = User { status: UserStatus::Disabled, ..active("dora") };
    let people = vec![
        active("ada"),
        active("bob"),
        user("una"),
        disabled,
        from("team", active("hal")),
        active("mia"),
    ];
    let world = FakeStore::of(people, vec![membership("mia", "team"), membership("ada", "other")]);
    let batch = ["nobody", "bob", "una", "dora", "hal", "mia", "ada", "bob"].map(new);
    let outcomes = add(&world, &batch).await;
    let answers =
        outcomes.iter().map(|it| it.as_ref().map(|it| it.user.as_str()).map_err(Clone::clone));
    assert_eq!(
        answers.collect::<Vec<_>>(),
        [
            Err(Refusal::UnknownUser),
            Ok("bob"),
            Err(Refusal::UnknownUser),
            Err(Refusal::UnknownUser),
            Err(Refusal::AtHome(Some(user_id("hal")))),
            Err(Refusal::AlreadyMember(Some(user_id("mia")))),
            Ok("ada"),
            Err(Refusal::AlreadyMember(Some(user_id("bob")))),
        ]
    );
    let added: Vec<_> = world.once_written().memberships.iter().map(|it| it.user.clone()).collect();
    assert_eq!(added, ["bob", "ada"].map(user_id));
}

#[tokio::test]
async fn a_membership_holds_from_the_commit_on_that_brings_its_letter_and_its_audit_entry() {
    let world = FakeStore::of(vec![active("ada")], vec![]);
    let outcomes = add(&world, &[new("ada")]).await;
    let added = outcomes[0].as_ref().unwrap();
    let changes = world.once_written();
    assert_eq!(changes.memberships, std::slice::from_ref(added));
    assert_eq!((added.organization.clone(), added.version), (place("team"), 1));
    assert_eq!((added.joined_at, added.mailed_at, added.letters), (noon(), noon(), 1));
    assert_eq!((&added.pin, added.pin_allowed), (&None, false));
    let [job] = &changes.jobs[..] else { panic!("one letter") };
    assert_eq!(job.kind, JobKind::MailWelcome { membership: added.id, letter: 1 });
    assert_eq!((job.kind.lane(), job.due_at, job.tenant), (Lane::Letters, noon(), added.tenant));
    let [entry] = &changes.audit[..] else { panic!("one entry") };
    assert_eq!((entry.action, &entry.actor), (Action::MemberAdded, &caller().actor));
    assert_eq!(entry.subject, Subject::User(user_id("ada")));
    assert_eq!((entry.detail.as_deref(), entry.at), (Some("team"), noon()));
}

#[tokio::test]
async fn no_letter_is_written_that_reaches_nobody() {
    let world = FakeStore::of(vec![User { mailbox: None, ..active("ada") }], vec![]);
    assert_eq!(add(&world, &[new("ada")]).await[0].as_ref().unwrap().letters, 0);
    assert_eq!(world.once_written().jobs, []);
    let world = FakeStore::of(vec![active("ada")], vec![]);
    world.state().mute = true;
    assert_eq!(add(&world, &[new("ada")]).await[0].as_ref().unwrap().letters, 0);
    assert_eq!(world.once_written().jobs, []);
}

#[tokio::test]
async fn roles_are_normalized_and_within_bounds() {
    let world = FakeStore::of(vec![active("ada"), active("bob")], vec![]);
    let with = |name, roles: Vec<String>| NewMember { roles, ..new(name) };
    let odd = vec![" Reader ".to_owned(), "reader".to_owned(), "reader".to_owned()];
    let fifty: Vec<_> = (0..50).map(|it| format!("{it:0100}")).collect();
    let outcomes = add(
        &world,
        &[
            with("ada", vec!["x".to_owned(); 51]),
            with("ada", vec!["x".repeat(101)]),
            with("ada", vec!["a\nb".to_owned()]),
            with("ada", odd),
            with("bob", fifty.clone()),
        ],
    )
    .await;
    let rule = |at: usize| match &outcomes[at] {
        Err(Refusal::Text(it)) => (it.field, it.rule),
        other => panic!("{other:?}"),
    };
    assert_eq!(rule(0), ("roles", TextRule::TooMany(50)));
    assert_eq!(rule(1), ("roles", TextRule::TooLong(100)));
    assert_eq!(rule(2), ("roles", TextRule::Control));
    // Whoever was refused for their roles was not added, and is asked about anew.
    assert_eq!(outcomes[3].as_ref().unwrap().roles, ["Reader", "reader"]);
    assert_eq!(outcomes[4].as_ref().unwrap().roles, fifty);
}

#[tokio::test]
async fn a_role_is_the_same_role_however_its_text_is_composed() {
    let world = FakeStore::of(vec![active("ada")], vec![]);
    let decomposed = NewMember { roles: vec!["Ko\u{308}chin".to_owned()], ..new("ada") };
    let added = add(&world, &[decomposed]).await.remove(0).unwrap();
    // As an invitation offers it.
    let offered = parse_roles(&["K\u{f6}chin".to_owned()]).unwrap();
    assert_eq!(merge_roles(added.roles, &offered), offered);
}

#[tokio::test]
async fn a_pin_is_given_where_it_was_asked_for_and_no_two_are_the_same() {
    let people: Vec<_> = (0..40).map(|it| active(&format!("user{it}"))).collect();
    let world = FakeStore::of(people, vec![]);
    let batch: Vec<_> = (0..40)
        .map(|it| NewMember { pin: NO.filter(|_| it % 2 == 0), ..new(&format!("user{it}")) })
        .collect();
    let outcomes = add(&world, &batch).await;
    let pins: Vec<_> = outcomes.iter().map(|it| it.as_ref().unwrap().pin.clone()).collect();
    assert!(pins.iter().enumerate().all(|(n, it)| it.is_some() == (n % 2 == 0)));
    let different: HashSet<_> = pins.iter().flatten().map(|it| &it.digest).collect();
    assert_eq!(different.len(), 20);
}

#[tokio::test]
async fn no_pins_are_drawn_where_nobody_who_is_added_wants_one() {
    let world = FakeStore::of(vec![active("ada"), active("mia")], vec![membership("mia", "team")]);
    add(&world, &[new("ada"), NewMember { pin: YES, ..new("mia") }]).await;
    assert_eq!(world.state().calls, ["commit"]);
}

#[tokio::test]
async fn for_whom_no_pin_is_left_is_refused_alone() {
    let people = ["ada", "bob", "cyd", "dan"].map(active);
    let used =
        (0..15).map(|it| with_pin(&format!("{it:04b}"), membership(&format!("user{it}"), "team")));
    let world = FakeStore::of(people.into(), used.collect());
    let with = |name, pin| NewMember { pin, ..new(name) };
    let batch =
        [with("ada", NO), with("bob", NO), with("cyd", None), with("dan", NO), with("bob", None)];
    let outcomes = use_case(&world, "01").run(&caller(), &place("team"), &batch).await.unwrap();
    let refusals: Vec<_> = outcomes.iter().map(|it| it.as_ref().err().cloned()).collect();
    // And who was refused for that may be added without one.
    assert_eq!(refusals, [None, Some(Refusal::NoPin), None, Some(Refusal::NoPin), None]);
    assert_eq!(world.once_written().memberships.len(), 3);
}

#[tokio::test]
async fn where_a_pin_is_allowed_it_is_so_at_home() {
    let people = ["ada", "bob", "cyd", "dan", "fay"].map(|it| from("top", active(it)));
    let people = [people.as_slice(), &[active("eve")]].concat();
    let allowed = Membership { pin_allowed: true, ..membership("cyd", "top") };
    let held = Membership { version: 7, ..membership("ada", "top") };
    let world = FakeStore::of(people, vec![held.clone(), allowed, membership("dan", "top")]);
    let with = |name, pin| NewMember { pin, ..new(name) };
    let batch = [
        with("ada", YES),
        with("bob", YES),
        with("cyd", YES),
        with("dan", NO),
        with("eve", YES),
        with("fay", NO),
    ];
    let outcomes = add(&world, &batch).await;
    let allowed: Vec<_> = outcomes.iter().map(|it| it.as_ref().unwrap().pin_allowed).collect();
    assert_eq!(allowed, [true, true, true, false, true, false]);
    let changes = world.once_written();
    let at_home: Vec<_> =
        changes.memberships.iter().filter(|it| it.organization == place("top")).collect();
    let [of_ada, of_bob] = at_home[..] else { panic!("two homes change") };
    assert_eq!(*of_ada, held.touched().with_pin_allowed(true, &caller().gift(noon())));
    assert_eq!((of_bob.user.as_str(), of_bob.version, of_bob.letters), ("bob", 1, 0));
    assert_eq!((&of_bob.roles, &of_bob.pin, of_bob.pin_allowed), (&vec![], &None, true));
    // The home is no news.
    assert_eq!((changes.jobs.len(), changes.audit.len()), (6, 6));
}

#[tokio::test]
async fn an_inviter_is_not_told_the_ids_of_members_whom_it_names_otherwise() {
    let people = vec![from("team", active("hal")), active("mia")];
    let world = FakeStore::of(people, vec![membership("mia", "team")]);
    let inviter = Caller { authority: Authority::Inviter, ..caller() };
    let adding = use_case(&world, "0123456789");
    let outcomes = adding.run(&inviter, &place("team"), &["hal", "mia"].map(new)).await.unwrap();
    assert_eq!(outcomes, [Err(Refusal::AtHome(None)), Err(Refusal::AlreadyMember(None))]);
}

#[tokio::test]
async fn what_lost_the_race_is_decided_anew() {
    let world = FakeStore::of(vec![active("ada"), active("bob")], vec![]);
    world.before_next_commit(|it| it.memberships.push(membership("ada", "team")));
    world.before_next_commit(|it| it.users.retain(|it| it.id != user_id("bob")));
    let outcomes = add(&world, &["ada", "bob"].map(new)).await;
    assert_eq!(outcomes[0], Err(Refusal::AlreadyMember(Some(user_id("ada")))));
    assert!(outcomes[1].is_ok());
    assert_eq!(world.once_written().memberships.len(), 1);
}

#[tokio::test]
async fn a_pin_that_someone_else_took_is_drawn_anew() {
    let world = FakeStore::of(vec![active("ada")], vec![]);
    let drawn = use_case(&world, "0123456789");
    world.before_next_commit(|it| {
        let all = (0..9_999).map(|it| format!("{it:04}"));
        it.memberships.extend(all.map(|it| with_pin(&it, membership(&it, "team"))));
    });
    let wanted = [NewMember { pin: NO, ..new("ada") }];
    let outcomes = drawn.run(&caller(), &place("team"), &wanted).await.unwrap();
    let pin = outcomes[0].as_ref().unwrap().pin.as_ref().unwrap();
    assert_eq!(pin.digest, keyring().pin_digest(&place("team"), "9999"));
}

#[tokio::test]
async fn who_always_loses_is_told_that_the_store_is_busy() {
    let world = FakeStore::of(vec![active("ada")], vec![]);
    world.state().losing = true;
    let adding = use_case(&world, "0123456789");
    let outcome = adding.run(&caller(), &place("team"), &[new("ada")]).await;
    assert!(matches!(outcome, Err(MembersError::Store(_))));
    assert_eq!(world.state().calls.len(), ATTEMPTS);
}

#[tokio::test]
async fn an_inviter_adds_and_a_reader_does_not() {
    let world = FakeStore::of(vec![active("ada")], vec![]);
    let add = |authority| {
        let (adding, caller) = (use_case(&world, "01"), Caller { authority, ..caller() });
        async move { adding.run(&caller, &place("team"), &[new("ada")]).await }
    };
    assert!(matches!(add(Authority::Reader).await, Err(MembersError::Forbidden)));
    assert!(add(Authority::Inviter).await.unwrap()[0].is_ok());
}

#[tokio::test]
async fn a_batch_is_bounded() {
    let ports = MockPorts::default().into();
    let policy = Policy { batch: 1, ..Policy::at("http://usher.test") };
    let outcome = AddMembers::new(&core(&ports, &policy))
        .run(&caller(), &place("team"), &["ada", "bob"].map(new))
        .await;
    assert!(matches!(outcome, Err(MembersError::TooMany { limit: 1 })));
}

#[tokio::test]
async fn who_adds_themselves_is_told_their_pin() {
    let world = FakeStore::of(vec![from("top", active("ada"))], vec![]);
    let roles = ["cook".to_owned()];
    let ada = myself("ada", Some("top"));
    let adding = use_case(&world, "0123456789");
    let (added, pin) = adding.myself(&ada, &place("team"), &roles, YES).await.unwrap();
    assert_eq!((added.user.as_str(), &added.roles[..]), ("ada", &roles[..]));
    let digest = keyring().pin_digest(&place("team"), &pin.unwrap());
    assert_eq!(added.pin.unwrap().digest, digest);
    let (_, pin) = adding.myself(&ada, &place("other"), &roles, None).await.unwrap();
    assert_eq!(pin, None);
}

#[tokio::test]
async fn only_a_person_from_the_top_who_is_in_adds_themselves() {
    let disabled = User { status: UserStatus::Disabled, ..active("dora") };
    let world = FakeStore::of(vec![active("ada"), disabled], vec![membership("ada", "other")]);
    let adding = use_case(&world, "01");
    let client = Caller { actor: Actor::System, ..bound_to("top") };
    let try_to = |caller: Caller, to: &str| {
        let (adding, to) = (&adding, place(to));
        async move { adding.myself(&caller, &to, &[], None).await.unwrap_err() }
    };
    assert!(matches!(try_to(client, "team").await, AddMyselfError::NoPerson));
    for who in ["dora", "nobody"] {
        let error = try_to(myself(who, Some("top")), "team").await;
        assert!(matches!(error, AddMyselfError::NoPerson), "{who}");
    }
    let error = try_to(myself("ada", Some("team")), "far").await;
    assert!(matches!(error, AddMyselfError::Below));
    let error = try_to(myself("ada", Some("top")), "far").await;
    assert!(matches!(error, AddMyselfError::Members(MembersError::UnknownOrganization)));
    let error = try_to(myself("ada", None), "other").await;
    let AddMyselfError::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal, Refusal::AlreadyMember(Some(user_id("ada"))));
    let reader = Caller { authority: Authority::Reader, ..myself("ada", Some("top")) };
    let error = try_to(reader, "team").await;
    assert!(matches!(error, AddMyselfError::Members(MembersError::Forbidden)));
    assert_eq!(world.written(), []);
}

/// By each name that they have, and by the way of their own.
#[tokio::test]
async fn nobody_who_does_not_manage_members_adds_themselves_with_roles() {
    let ada = active("ada");
    let names = [
        UserRef::Id(ada.id.clone()),
        UserRef::Username("ada".to_owned()),
        UserRef::Mailbox(ada.mailbox.clone().unwrap()),
    ];
    let cook = || vec!["cook".to_owned()];
    let by = |authority| Caller { authority, ..myself("ada", None) };
    let world = || FakeStore::of(vec![from("top", active("ada")), active("bob")], vec![]);
    for (authority, may) in [(Authority::Inviter, false), (Authority::Helpdesk, true)] {
        for who in &names {
            let (world, by) = (world(), by(authority));
            let with = |roles| NewMember { who: Some(who.clone()), roles, pin: None };
            let adding = use_case(&world, "01");
            let bob = NewMember { roles: cook(), ..new("bob") };
            let added = adding.run(&by, &place("team"), &[with(cook()), bob]).await.unwrap();
            let refused = (!may).then(|| Refusal::RoleAuthority("cook".to_owned()));
            assert_eq!(added[0].as_ref().err(), refused.as_ref(), "{authority} {who:?}");
            assert!(added[1].is_ok(), "{authority} gives others what they may");
            let bare = adding.run(&by, &place("far"), &[with(Vec::new())]).await.unwrap();
            assert!(bare[0].is_ok(), "{authority} {who:?}");
        }
        let (world, by) = (world(), by(authority));
        let adding = use_case(&world, "01");
        let added = adding.myself(&by, &place("team"), &cook(), None).await;
        assert_eq!(added.is_ok(), may, "{authority}");
    }
}

/// By each name that they have, and by the way of their own: what they got would outlive the pin.
#[tokio::test]
async fn nobody_adds_themselves_whom_a_pin_signed_in() {
    let session = |organization| {
        let id = SessionId(uuid::Uuid::nil());
        let opened = Session::open(id, TENANT, user_id("ada"), noon(), TimeDelta::hours(1));
        Some(Means::Session(Session { organization, ..opened }))
    };
    let names = [
        UserRef::Id(user_id("ada")),
        UserRef::Username("ada".to_owned()),
        UserRef::Mailbox(active("ada").mailbox.unwrap()),
    ];
    for (means, may) in [(session(Some(place("top"))), false), (session(None), true), (None, true)]
    {
        let by = Caller { authority: Authority::Inviter, means, ..myself("ada", Some("top")) };
        for pin in [None, NO, YES] {
            let world = || {
                let people = vec![from("top", active("ada")), from("top", active("bob"))];
                FakeStore::of(people, vec![membership("ada", "top")])
            };
            let expected = if may { Ok(()) } else { Err(Refusal::SelfByPin) };
            for who in &names {
                let (world, bob) = (world(), NewMember { pin, ..new("bob") });
                let ada = NewMember { who: Some(who.clone()), roles: vec![], pin };
                let adding = use_case(&world, "0123456789");
                let mut added = adding.run(&by, &place("team"), &[ada, bob]).await.unwrap();
                assert!(added.pop().unwrap().is_ok(), "others are added as ever");
                let outcome = added.pop().unwrap().map(drop);
                assert_eq!(outcome, expected, "{who:?} {pin:?}");
                assert_eq!(world.member("ada", "team").is_some(), may);
            }
            let world = world();
            let adding = use_case(&world, "0123456789");
            let outcome = adding.myself(&by, &place("team"), &[], pin).await;
            let outcome = match outcome {
                Ok(_) => Ok(()),
                Err(AddMyselfError::Refused(it)) => Err(it),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(outcome, expected, "{pin:?}");
            assert_eq!(world.member("ada", "team").is_some(), may);
        }
    }
}

/// Somebody who opened the account by a link that was handed over need not read the mailbox.
#[tokio::test]
async fn an_address_that_nobody_has_proven_adds_nobody() {
    let eve = || User { mailbox_proven_at: None, ..active("eve") };
    let address = || UserRef::Mailbox(eve().mailbox.unwrap());
    for (who, user, expected) in [
        (address(), eve(), Err(Refusal::UnprovenMailbox)),
        (UserRef::named("EVE@example.org"), eve(), Err(Refusal::UnprovenMailbox)),
        (address(), active("eve"), Ok(())),
        (UserRef::Id(user_id("eve")), eve(), Ok(())),
        (UserRef::named("eve"), eve(), Ok(())),
    ] {
        for roles in [vec![], vec!["cook".to_owned()]] {
            let world = FakeStore::of(vec![user.clone()], vec![]);
            let member = NewMember { who: Some(who.clone()), roles, pin: None };
            let outcome = add(&world, &[member]).await.remove(0);
            assert_eq!(outcome.map(drop), expected, "{who:?}");
        }
    }
}

fn new(name: &str) -> NewMember {
    let who = UserRef::Id(UserId::parse(name).unwrap()).into();
    NewMember { who, roles: Vec::new(), pin: None }
}

fn myself(name: &str, organization: Option<&str>) -> Caller {
    let organization = organization.map(place);
    Caller { actor: Actor::User(user_id(name)), organization, ..caller() }
}

/// With pins of four of these.
fn use_case(world: &FakeStore, characters: &str) -> AddMembers {
    let pins = PinRules::new(characters, 4).unwrap();
    let policy = Policy { pins, ..Policy::at("http://usher.test") };
    AddMembers::new(&core(&world.ports, &policy))
}

async fn add(world: &FakeStore, members: &[NewMember]) -> Vec<Result<Membership, Refusal>> {
    let outcomes = use_case(world, "0123456789").run(&caller(), &place("team"), members).await;
    outcomes.unwrap()
}
