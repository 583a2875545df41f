use usher_domain::{Actor, Authority, JobKind, PinRules, Status};

use super::*;
use crate::{
    policy::Policy,
    ports::passwords::MockPasswords,
    shared::commit::ATTEMPTS,
    testing::{
        MockPorts, active, caller, core,
        fake_store::{FakeStore, place, with_pin},
        invitation, keyring, mailbox, membership, noon, user_id,
    },
};

const PASSWORD: &str = "seven llamas dance";

#[tokio::test]
async fn who_is_invited_is_written_with_their_membership_and_their_invitation() {
    let world = FakeStore::of(vec![], vec![]);
    let user = run(&world, "team", new("ada", NewStatus::Invited)).await.unwrap();
    assert_eq!((user.id.as_str(), user.status, user.version), ("ada", UserStatus::Pending, 1));
    assert_eq!(user.home, Some(place("top")));
    let changes = world.once_written();
    assert_eq!(changes.users, std::slice::from_ref(&user));
    let [in_team, at_home] = &changes.memberships[..] else { panic!("two memberships") };
    assert_eq!((&in_team.organization, &in_team.roles[..]), (&place("team"), &given_roles()[..]));
    assert_eq!((&at_home.organization, &at_home.roles[..]), (&place("top"), &[][..]));
    let [invitation] = &changes.invitations[..] else { panic!("one invitation") };
    assert_eq!(invitation.user, Some(user.id));
    assert_eq!(
        (&invitation.name, &invitation.creator),
        (&Some("Ada L.".to_owned()), &caller().actor)
    );
    assert_eq!(invitation.expires_at, noon() + Policy::at("http://usher.test").lifetime);
    let offer = &invitation.offer;
    assert_eq!((&offer.organization, &offer.roles), (&Some(place("team")), &given_roles()));
    assert_eq!((offer.authority, &offer.locale), (None, &user.locale));
    assert_eq!(offer.inviter.as_ref().map(|it| it.name.as_str()), Some("The Boss"));
    // The link is the only letter: there is no other news.
    let kinds: Vec<_> = changes.jobs.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [JobKind::MailInvitation { invitation: invitation.id, letter: 1 }]);
    let actions: Vec<_> =
        changes.audit.iter().map(|it| (it.action, it.detail.as_deref())).collect();
    assert_eq!(actions, [(Action::UserAdded, Some("team")), (Action::Invited, None)]);
}

#[tokio::test]
async fn a_role_is_the_same_role_however_its_text_is_composed() {
    let world = FakeStore::of(vec![], vec![]);
    let given = ["Ko\u{308}chin", "K\u{f6}chin"].map(str::to_owned).to_vec();
    let new = NewUser { roles: given, ..new("ada", NewStatus::Invited) };
    run(&world, "team", new).await.unwrap();
    let changes = world.once_written();
    assert_eq!(changes.memberships[0].roles, ["K\u{f6}chin"]);
    assert_eq!(changes.invitations[0].offer.roles, ["K\u{f6}chin"]);
}

#[tokio::test]
async fn each_status_has_its_letters() {
    use NewStatus::{Active, Disabled, Invited, Known};
    for (status, pin, mailbox, expected, letters) in [
        (Invited, false, true, UserStatus::Pending, "i"),
        (Invited, true, true, UserStatus::Pending, "iw"),
        (Invited, true, false, UserStatus::Unregistered, ""),
        (Known, false, true, UserStatus::Unregistered, ""),
        (Known, true, true, UserStatus::Unregistered, "w"),
        (Active, false, true, UserStatus::Active, "w"),
        (Active, true, true, UserStatus::Active, "w"),
        (Active, true, false, UserStatus::Active, ""),
        (Disabled, false, true, UserStatus::Disabled, ""),
        (Disabled, true, true, UserStatus::Disabled, ""),
    ] {
        let world = FakeStore::of(vec![], vec![]);
        let pin = pin.then_some(PinGrant { allowed: false });
        let given = NewUser { username: Some("ada".to_owned()), ..new("ada", status) };
        let mailbox = given.mailbox.clone().filter(|_| mailbox);
        let user = run(&world, "team", NewUser { mailbox, pin, ..given }).await.unwrap();
        assert_eq!(user.status, expected);
        let changes = world.once_written();
        let written: String = changes
            .jobs
            .iter()
            .map(|it| match it.kind {
                JobKind::MailInvitation { .. } => 'i',
                JobKind::MailWelcome { membership, letter: 1 } => {
                    assert_eq!(membership, changes.memberships[0].id);
                    'w'
                }
                _ => '?',
            })
            .collect();
        assert_eq!(written, letters, "{status:?} {pin:?}");
        assert_eq!(changes.invitations.len(), usize::from(letters.starts_with('i')));
        assert_eq!(changes.memberships[0].pin.is_some(), pin.is_some());
    }
}

#[tokio::test]
async fn no_welcome_is_written_where_no_letters_go() {
    let world = FakeStore::of(vec![], vec![]);
    world.state().mute = true;
    run(&world, "team", new("ada", NewStatus::Active)).await.unwrap();
    assert_eq!(world.once_written().memberships[0].letters, 0);
    assert_eq!(world.once_written().jobs, []);
}

#[tokio::test]
async fn the_home_is_the_organization_or_the_one_it_stands_below() {
    for (at, home, memberships) in [
        ("top", "top", vec!["top"]),
        ("team", "top", vec!["team", "top"]),
        ("far", "team", vec!["far", "team"]),
    ] {
        let world = FakeStore::of(vec![], vec![]);
        let user = run(&world, at, new("ada", NewStatus::Known)).await.unwrap();
        assert_eq!(user.home, Some(place(home)));
        let changes = world.once_written();
        let written: Vec<_> =
            changes.memberships.iter().map(|it| it.organization.as_str()).collect();
        assert_eq!(written, memberships);
    }
}

#[tokio::test]
async fn where_a_pin_is_allowed_it_is_so_at_home_and_the_home_has_none() {
    for allowed in [true, false] {
        let world = FakeStore::of(vec![], vec![]);
        let pin = Some(PinGrant { allowed });
        run(&world, "team", NewUser { pin, ..new("ada", NewStatus::Known) }).await.unwrap();
        let changes = world.once_written();
        let written: Vec<_> =
            changes.memberships.iter().map(|it| (it.pin.is_some(), it.pin_allowed)).collect();
        assert_eq!(written, [(true, allowed), (false, allowed)]);
        assert_ne!(changes.memberships[0].id, changes.memberships[1].id);
    }
}

#[tokio::test]
async fn a_name_that_someone_has_is_taken() {
    let ada = new("new", NewStatus::Known);
    let by_id = NewUser { id: user_id("ada"), ..ada.clone() };
    let by_username = NewUser { username: Some("ada".to_owned()), ..ada.clone() };
    let by_mailbox = NewUser { mailbox: Some(mailbox("ada@example.org")), ..ada };
    for new in [by_id, by_username, by_mailbox] {
        let world = FakeStore::of(vec![active("ada")], vec![]);
        let error = run(&world, "team", new).await.unwrap_err();
        assert!(matches!(error, AddUserError::Exists));
        assert_eq!(world.state().calls, [""; 0]);
    }
}

#[tokio::test]
async fn a_name_that_is_taken_at_the_last_moment_is_taken() {
    let world = FakeStore::of(vec![], vec![]);
    world.before_next_commit(|it| it.users.push(active("ada")));
    let error = run(&world, "team", new("ada", NewStatus::Known)).await.unwrap_err();
    assert!(matches!(error, AddUserError::Exists));
}

#[tokio::test]
async fn a_pin_that_is_taken_at_the_last_moment_is_drawn_anew() {
    let world = FakeStore::of(vec![], vec![]);
    world.before_next_commit(|it| {
        let all = (0..15).map(|it| format!("{it:04b}"));
        it.memberships.extend(all.map(|it| with_pin(&it, membership(&it, "team"))));
    });
    let wanted =
        || NewUser { pin: Some(PinGrant { allowed: false }), ..new("ada", NewStatus::Known) };
    let adding = adding(&world, PinRules::new("01", 4).unwrap());
    adding.run(&caller(), &place("team"), wanted()).await.unwrap();
    let pin = world.member("ada", "team").unwrap().pin.unwrap();
    assert_eq!(pin.digest, keyring().pin_digest(&place("team"), "1111"));
    let next = NewUser { pin: wanted().pin, ..new("bob", NewStatus::Known) };
    let error = adding.run(&caller(), &place("team"), next).await.unwrap_err();
    assert!(matches!(error, AddUserError::NoPin));
}

#[tokio::test]
async fn who_always_loses_is_told_that_the_store_is_busy() {
    let world = FakeStore::of(vec![], vec![]);
    world.state().losing = true;
    let error = run(&world, "team", new("ada", NewStatus::Known)).await.unwrap_err();
    assert!(matches!(error, AddUserError::Members(MembersError::Store(_))), "{error}");
    assert_eq!(world.state().calls.len(), ATTEMPTS);
}

#[tokio::test]
async fn an_invitation_that_waits_stands_in_the_way_and_an_expired_one_makes_room() {
    let to = |organization: &str, expires_at| {
        let mut it = Invitation { expires_at, ..invitation(9, "ada") };
        it.offer.organization = Some(place(organization));
        it
    };
    let later = noon() + chrono::TimeDelta::hours(1);
    let in_tenant = Invitation { expires_at: later, ..invitation(9, "ada") };
    for waiting in [to("team", later), to("other", later), in_tenant] {
        for status in [NewStatus::Invited, NewStatus::Known, NewStatus::Active, NewStatus::Disabled]
        {
            let world = FakeStore::of(vec![], vec![]);
            world.state().invitations = vec![waiting.clone()];
            let error = run(&world, "team", new("ada", status)).await.unwrap_err();
            assert!(matches!(error, AddUserError::Exists), "{status:?} {:?}", waiting.offer);
            assert_eq!(world.written(), []);
        }
    }

    let world = FakeStore::of(vec![], vec![]);
    world.state().invitations = vec![to("team", noon())];
    run(&world, "team", new("ada", NewStatus::Invited)).await.unwrap();
    let changes = world.once_written();
    let statuses: Vec<_> = changes.invitations.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [Status::Lapsed, Status::Pending]);
    let actions: Vec<_> = changes.audit.iter().map(|it| it.action).collect();
    assert_eq!(actions, [Action::UserAdded, Action::Lapsed, Action::Invited]);
}

#[tokio::test]
async fn whoever_is_refused_costs_no_hash() {
    let full =
        |it: Organization| Organization { seats: Some(0), active: it.id != place("shut"), ..it };
    let ada = || NewUser {
        password: Some(NewPassword::Plain(PASSWORD.to_owned())),
        ..new("ada", NewStatus::Active)
    };
    let taken = FakeStore::of(vec![active("ada")], vec![]);
    let no_seat = FakeStore::of(vec![], vec![]).with("team", full);
    for world in [taken, no_seat] {
        // The mock expects no call.
        let passwords = Arc::new(MockPasswords::new());
        let ports = Ports { passwords, ..world.ports.clone() };
        let add = AddUser::new(&core(&ports, &Policy::at("http://usher.test")));
        add.run(&caller(), &place("team"), ada()).await.unwrap_err();
        assert_eq!(world.written(), []);
    }
}

#[tokio::test]
async fn a_password_is_a_good_one_or_a_hash() {
    let with = |password| NewUser { password: Some(password), ..new("ada", NewStatus::Active) };
    let plain = |it: &str| with(NewPassword::Plain(it.to_owned()));
    let hashed = |it: &str| with(NewPassword::Hashed(it.to_owned()));
    let world = || FakeStore::of(vec![], vec![]);
    let user = run(&world(), "team", plain(PASSWORD)).await.unwrap();
    assert_eq!(user.password.as_deref(), Some("$argon2id$plain$seven llamas dance"));
    let hash = "$2b$12$abcdefghijklmnopqrstuuJ0rAhY6bBLSB9Tl8rEw8Ei1mP1nTdE6";
    let user = run(&world(), "team", hashed(hash)).await.unwrap();
    assert_eq!(user.password.as_deref(), Some(hash));
    let user = run(&world(), "team", new("ada", NewStatus::Active)).await.unwrap();
    assert_eq!(user.password, None);
    for (new, is_expected) in [
        (plain("short"), (|it| *it == WeakPassword::TooShort(15)) as fn(&WeakPassword) -> bool),
        (plain("ada@example.org1"), |it| *it == WeakPassword::Personal),
        (plain("Augusta Ada King"), |it| *it == WeakPassword::Personal),
    ] {
        let named = NewUser { first_name: Some("Augusta Ada".to_owned()), ..new };
        let named = NewUser { last_name: Some("King".to_owned()), ..named };
        let error = run(&world(), "team", named).await.unwrap_err();
        assert!(matches!(&error, AddUserError::Password(it) if is_expected(it)), "{error}");
    }
    for text in [PASSWORD, "", "$2b$", "5f4dcc3b5aa765d61d8327deb882cf99"] {
        let error = run(&world(), "team", hashed(text)).await.unwrap_err();
        assert!(matches!(error, AddUserError::PasswordHash(BadPasswordHash::Form)), "{text}");
    }
    let slow = hash.replacen("$12$", "$15$", 1);
    let error = run(&world(), "team", hashed(&slow)).await.unwrap_err();
    assert!(matches!(error, AddUserError::PasswordHash(BadPasswordHash::Cost)));
}

#[tokio::test]
async fn everything_given_is_kept_and_within_bounds() {
    let full = || NewUser {
        username: Some(" ada ".to_owned()),
        phone: Some("+49 1".to_owned()),
        locale: usher_domain::Locale::parse("de").ok(),
        profile: Document("{\"a\":1}".to_owned()),
        ..new("x", NewStatus::Known)
    };
    let user = run(&FakeStore::of(vec![], vec![]), "team", full()).await.unwrap();
    let texts = [&user.username, &user.first_name, &user.last_name, &user.phone];
    assert_eq!(texts.map(Option::as_deref), [Some("ada"), Some("Ada"), Some("L."), Some("+49 1")]);
    assert_eq!((user.locale, user.profile), (full().locale, full().profile));
    assert_eq!((user.mailbox, user.authority), (full().mailbox, None));
    let document = |length| Document(format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8)));
    let longest = NewUser { profile: document(Document::MAX), ..full() };
    assert!(run(&FakeStore::of(vec![], vec![]), "team", longest).await.is_ok());
    let longer = NewUser { profile: document(Document::MAX + 1), ..full() };
    let error = run(&FakeStore::of(vec![], vec![]), "team", longer).await.unwrap_err();
    assert_eq!(error.to_string(), "`profile` must not be longer than 65536 bytes");
    let long = Some("x".repeat(121));
    for (field, new) in [
        ("username", NewUser { username: long.clone(), ..full() }),
        ("first_name", NewUser { first_name: long.clone(), ..full() }),
        ("last_name", NewUser { last_name: long.clone(), ..full() }),
        ("phone", NewUser { phone: long.clone(), ..full() }),
        ("roles", NewUser { roles: vec!["x".repeat(101)], ..full() }),
    ] {
        let error = run(&FakeStore::of(vec![], vec![]), "team", new).await.unwrap_err();
        assert!(matches!(&error, AddUserError::Text(it) if it.field == field), "{error}");
    }
    let nameless = NewUser { username: None, mailbox: None, ..full() };
    let error = run(&FakeStore::of(vec![], vec![]), "team", nameless).await.unwrap_err();
    assert!(matches!(error, AddUserError::Nameless));
    let by_username = NewUser { mailbox: None, ..full() };
    assert!(run(&FakeStore::of(vec![], vec![]), "team", by_username).await.is_ok());
}

#[tokio::test]
async fn a_machine_invites_in_nobodys_name() {
    let world = FakeStore::of(vec![], vec![]);
    let machine = Caller { actor: Actor::System, name: None, ..caller() };
    let adding = adding(&world, PinRules::default());
    adding.run(&machine, &place("team"), new("ada", NewStatus::Invited)).await.unwrap();
    assert_eq!(world.once_written().invitations[0].offer.inviter, None);
}

#[tokio::test]
async fn only_who_manages_members_adds_users_and_only_within_reach() {
    let ports = MockPorts::default().into();
    let policy = Policy::at("http://usher.test");
    let inviter = Caller { authority: Authority::Inviter, ..caller() };
    let error = AddUser::new(&core(&ports, &policy))
        .run(&inviter, &place("team"), new("ada", NewStatus::Known))
        .await
        .unwrap_err();
    assert!(matches!(error, AddUserError::Members(MembersError::Forbidden)));
    let world = FakeStore::of(vec![], vec![]);
    let bound = Caller { organization: Some(place("other")), ..caller() };
    let error = adding(&world, PinRules::default())
        .run(&bound, &place("team"), new("ada", NewStatus::Known))
        .await
        .unwrap_err();
    assert!(matches!(error, AddUserError::Members(MembersError::UnknownOrganization)));
}

fn given_roles() -> Vec<String> {
    vec!["Cook".to_owned(), "cook".to_owned()]
}

/// Ada L., with a mailbox.
fn new(name: &str, status: NewStatus) -> NewUser {
    NewUser {
        id: user_id(name),
        username: None,
        mailbox: Some(mailbox(&format!("{name}@example.org"))),
        first_name: Some("Ada".to_owned()),
        last_name: Some("L.".to_owned()),
        phone: None,
        locale: None,
        profile: Document::default(),
        status,
        password: None,
        roles: given_roles(),
        pin: None,
    }
}

fn adding(world: &FakeStore, pins: PinRules) -> AddUser {
    let policy = Policy { pins, ..Policy::at("http://usher.test") };
    AddUser::new(&core(&world.ports, &policy))
}

async fn run(world: &FakeStore, organization: &str, new: NewUser) -> Result<User, AddUserError> {
    adding(world, PinRules::default()).run(&caller(), &place(organization), new).await
}
