use crate::policy::Policy;
use crate::ports::ledger::CommitError;
use usher_domain::{
    Authority, Domain, InvitationId, OrganizationId, OrphanPolicy, Policies, ResendPolicy,
    SessionId, Status, UserRef,
};
use uuid::Uuid;

use super::*;
use crate::{
    ports::ledger::Conflict,
    testing::{
        MockPorts, TENANT, active, core,
        fake_store::{FakeStore, invited_to},
        handed_over_token, invitation, keyring, mailbox, membership, noon, organization, user,
    },
};

const PASSWORD: &str = "seven llamas dance";

#[tokio::test]
async fn a_newcomer_is_in_signed_in_and_the_invitation_used_in_one_commit() {
    let mut ports = opening(invitation(1, "ada"), None);
    ports.ledger.expect_commit().once().returning(|it| {
        assert_eq!(it.invitations[0].status, Status::Accepted);
        let ada = &it.users[0];
        assert_eq!((ada.status, ada.version), (UserStatus::Active, 1));
        assert_eq!(ada.mailbox, Some(mailbox("ada@example.org")));
        assert_eq!(ada.password.as_deref(), Some("$argon2id$plain$seven llamas dance"));
        assert_eq!(ada.mailbox_proven_at, Some(noon()));
        assert_eq!((it.sessions.len(), it.audit.len(), it.memberships.len()), (1, 2, 0));
        Ok(())
    });
    let accepted = run(ports, newcomer(Some(PASSWORD))).await.unwrap();
    assert_eq!(accepted.user.full_name(), "Ada");
    assert!(accepted.signed_in.is_some());
}

#[tokio::test]
async fn without_a_password_nobody_is_signed_in() {
    let mut ports = opening(invitation(1, "ada"), None);
    ports.ledger.expect_commit().once().withf(|it| it.sessions.is_empty()).return_once(|_| Ok(()));
    let accepted = run(ports, newcomer(None)).await.unwrap();
    assert_eq!((accepted.user.password, accepted.signed_in.is_some()), (None, false));
}

#[tokio::test]
async fn a_known_user_who_was_not_in_keeps_their_id() {
    let mut ports = opening(invitation(1, "ada"), Some(user("ada")));
    ports.ledger.expect_commit().once().returning(|it| {
        assert_eq!((it.users[0].id.as_str(), it.users[0].version), ("ada", 2));
        Ok(())
    });
    run(ports, newcomer(Some(PASSWORD))).await.unwrap();
}

#[tokio::test]
async fn the_link_alone_does_not_open_an_account_that_exists() {
    let ports = opening(invitation(1, "ada"), Some(active("ada")));
    let error = run(ports, newcomer(Some(PASSWORD))).await.unwrap_err();
    assert!(matches!(error, AcceptError::SignInFirst));
}

#[tokio::test]
async fn who_is_in_without_a_password_proves_the_mailbox_by_the_link() {
    let passwordless = User { password: None, ..active("ada") };
    let mut ports = opening(invitation(1, "ada"), Some(passwordless));
    ports
        .ledger
        .expect_commit()
        .once()
        .withf(|it| it.users[0].version == 2)
        .return_once(|_| Ok(()));
    let accepted = run(ports, newcomer(Some(PASSWORD))).await.unwrap();
    assert!(accepted.signed_in.is_some());
}

#[tokio::test]
async fn whoever_is_signed_in_as_another_is_told_so() {
    let bob = session("bob", TENANT);
    let stranger = session("ada", usher_domain::TenantId(Uuid::from_u128(0xbad)));
    for (known, by) in [(Some(active("ada")), &bob), (None, &bob), (Some(active("ada")), &stranger)]
    {
        let ports = opening(invitation(1, "ada"), known);
        let error = run(ports, Acceptor::Session(by)).await.unwrap_err();
        assert!(matches!(error, AcceptError::SomeoneElse), "{error:?}");
    }
}

#[tokio::test]
async fn a_session_that_a_pin_opened_accepts_nothing() {
    let by_pin = session("ada", TENANT).bound(organization("team").id);
    let bobs = session("bob", TENANT).bound(organization("team").id);
    for (known, by) in
        [(Some(active("ada")), &by_pin), (None, &by_pin), (Some(active("ada")), &bobs)]
    {
        let ports = opening(invitation(1, "ada"), known);
        let error = run(ports, Acceptor::Session(by)).await.unwrap_err();
        assert!(matches!(error, AcceptError::SignInFirst), "{error:?}");
    }
}

#[tokio::test]
async fn a_disabled_user_stays_out() {
    let disabled = User { status: UserStatus::Disabled, ..user("ada") };
    let error = run(opening(invitation(1, "ada"), Some(disabled)), newcomer(Some(PASSWORD))).await;
    assert!(matches!(error, Err(AcceptError::Disabled)));
}

#[tokio::test]
async fn an_organization_is_joined_and_roles_only_ever_grow() {
    let team = organization("team");
    let mut it = invitation(1, "ada");
    it.offer.organization = Some(team.id.clone());
    it.offer.roles = vec!["editor".to_owned(), "reviewer".to_owned()];
    let roles = vec!["owner".to_owned(), "editor".to_owned()];
    let held = Membership { roles, version: 3, ..membership("ada", "team") };
    let mut ports = opening_for(it, Some(active("ada")), vec![held]);
    ports.ledger.expect_commit().once().returning(|it| {
        assert_eq!(it.memberships[0].roles, ["owner", "editor", "reviewer"]);
        assert_eq!(it.memberships[0].version, 4);
        Ok(())
    });
    run(ports, Acceptor::Session(&session("ada", TENANT))).await.unwrap();
}

#[tokio::test]
async fn an_authority_is_granted_and_never_taken() {
    let mut it = invitation(1, "ada");
    it.offer.authority = Some(Authority::Helpdesk);
    let admin = User { authority: Some(Authority::OrgAdmin), ..active("ada") };
    for (known, expected) in [(admin, Authority::OrgAdmin), (active("ada"), Authority::Helpdesk)] {
        let mut ports = opening(it.clone(), Some(known));
        ports.ledger.expect_commit().return_once(|_| Ok(()));
        let accepted = run(ports, Acceptor::Session(&session("ada", TENANT))).await.unwrap();
        assert_eq!(accepted.user.authority, Some(expected));
    }
}

#[tokio::test]
async fn of_two_who_accept_at_once_the_second_hears_that_it_was_accepted() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    let mut it = invitation(1, "ada");
    ports.invitations.expect_proven().times(2).returning(move |_| {
        let now = it.clone();
        it.status = Status::Accepted;
        Ok(vec![Some(now)])
    });
    ports.users.expect_find_many().returning(|_, who| {
        let is_boss = who == [UserRef::Id(boss().id)];
        Ok(vec![is_boss.then(boss)])
    });
    ports.credentials.expect_of_users().returning(|_, _| Ok(Vec::new()));
    ports.organizations.expect_memberships().returning(|_, _| Ok(Vec::new()));
    ports.organizations.expect_joined_by().returning(|_, _| Ok(Vec::new()));
    ports.sessions.expect_list().returning(|_, _, _, _| Ok(Vec::new()));
    let lost = Conflict::Invitation(InvitationId(Uuid::from_u128(1)));
    ports.ledger.expect_commit().once().return_once(|_| Err(CommitError::Conflict(vec![lost])));
    let error = run(ports, newcomer(Some(PASSWORD))).await.unwrap_err();
    assert!(matches!(error, AcceptError::Closed(Closed::Accepted)));
}

#[tokio::test]
async fn a_name_and_a_password_have_their_rules() {
    let ports = || opening(invitation(1, "ada"), None);
    let nameless =
        Acceptor::Newcomer { name: " ", password: Some(PASSWORD), agent: UserAgent::default() };
    assert!(matches!(run(ports(), nameless).await, Err(AcceptError::Name(_))));
    let weak = run(ports(), newcomer(Some("short"))).await.unwrap_err();
    assert!(matches!(weak, AcceptError::Password(WeakPassword::TooShort(15))));
    let own = run(ports(), newcomer(Some("ada@example.org1"))).await.unwrap_err();
    assert!(matches!(own, AcceptError::Password(WeakPassword::Personal)));
}

#[tokio::test]
async fn each_closed_link_says_why() {
    let it = invitation(1, "ada");
    let system = usher_domain::Actor::System;
    let expired = Invitation { expires_at: noon(), ..it.clone() };
    let rotated = it.resend(ResendPolicy::Rotate, system, noon()).unwrap();
    let with = |status| Invitation { status, ..it.clone() };
    let table = [
        (expired, Closed::Expired),
        (with(Status::Accepted), Closed::Accepted),
        (with(Status::Declined), Closed::Declined),
        (with(Status::Revoked), Closed::Revoked),
        (rotated, Closed::Superseded),
    ];
    for (it, expected) in table {
        let error = run(opening(it, None), newcomer(Some(PASSWORD))).await.unwrap_err();
        assert!(matches!(error, AcceptError::Closed(it) if it == expected), "{expected:?}");
    }
}

#[tokio::test]
async fn a_link_that_was_never_sent_opens_nothing() {
    let ports: crate::ports::Ports = opening(invitation(1, "ada"), None).into();
    let policy = Policy::at("http://usher.test");
    let accept = AcceptInvitation::new(&core(&ports, &policy));
    let forged = usher_domain::Keyring::new(vec![usher_domain::Key::new("x", [1; 32])]).unwrap();
    let forged = forged.token(usher_domain::Purpose::MailedLink, TENANT, Uuid::from_u128(1), 1);
    for token in [forged.as_str(), "", "x", &"A".repeat(64)[..63]] {
        let error = accept.run(token, newcomer(Some(PASSWORD))).await.unwrap_err();
        assert!(matches!(error, AcceptError::Unknown), "{token}");
    }
}

#[tokio::test]
async fn an_organization_that_is_gone_shut_or_for_others_lets_nobody_in() {
    let only = |it| Organization {
        policies: Policies { only: vec!["example.com".to_owned()], ..Policies::default() },
        ..it
    };
    let world = offering().with("team", only);
    let error = accept(&world, OrphanPolicy::Keep, newcomer(None)).await.unwrap_err();
    assert!(matches!(error, AcceptError::Domain));
    assert_eq!(world.written(), []);
    let world = offering().with("team", |it| Organization { active: false, ..it });
    let error = accept(&world, OrphanPolicy::Keep, newcomer(None)).await.unwrap_err();
    assert!(matches!(error, AcceptError::Inactive));
    assert_eq!(world.written(), []);
    let world = offering();
    world.state().organizations.clear();
    let error = accept(&world, OrphanPolicy::Keep, newcomer(None)).await.unwrap_err();
    assert!(matches!(error, AcceptError::Closed(Closed::Revoked)));
    assert_eq!(world.written(), []);
}

#[tokio::test]
async fn nobody_is_in_for_whom_nobody_vouches() {
    let world = offering();
    world.state().users[0].authority = Some(Authority::Reader);
    let error = accept(&world, OrphanPolicy::Keep, newcomer(None)).await.unwrap_err();
    assert!(matches!(error, AcceptError::Closed(Closed::Revoked)));
    world.state().users[0].status = UserStatus::Disabled;
    let error = accept(&world, OrphanPolicy::Revoke, newcomer(None)).await.unwrap_err();
    assert!(matches!(error, AcceptError::Closed(Closed::Revoked)));
    assert_eq!(world.written(), []);
    assert!(accept(&world, OrphanPolicy::Keep, newcomer(None)).await.is_ok());
}

#[tokio::test]
async fn an_invitation_has_its_seat() {
    let world = offering().with("team", |it| Organization { seats: Some(1), ..it });
    world.state().memberships.push(membership("mia", "team"));
    accept(&world, OrphanPolicy::Keep, newcomer(None)).await.unwrap();
    assert_eq!(world.once_written().seated, []);
}

#[tokio::test]
async fn who_proves_an_address_joins_where_its_domain_is_verified() {
    let world = offering().with("other", joined).with("far", joined).with("top", |it| {
        let mut it = joined(it);
        it.domains[0].verified = false;
        it
    });
    let accepted = accept(&world, OrphanPolicy::Keep, newcomer(None)).await.unwrap();
    let changes = world.once_written();
    let places = changes.memberships.iter().map(|it| (it.organization.as_str(), it.roles.len()));
    assert_eq!(places.collect::<Vec<_>>(), [("team", 1), ("other", 0), ("far", 0)]);
    let written: Vec<_> =
        changes.audit.iter().map(|it| (it.action, it.detail.as_deref())).collect();
    assert_eq!(
        written,
        [
            (Action::Accepted, None),
            (Action::MailboxProven, None),
            (Action::MemberAdded, Some("other")),
            (Action::MemberAdded, Some("far")),
        ]
    );
    assert_eq!(changes.audit[2].subject, Subject::User(accepted.user.id));
}

#[tokio::test]
async fn nobody_joins_twice() {
    let world = offering().with("team", joined).with("other", joined);
    world.state().users.push(active("ada"));
    let held = membership("ada", "other");
    world.state().memberships.push(held.clone());
    let session = session("ada", TENANT);
    accept(&world, OrphanPolicy::Keep, Acceptor::Session(&session)).await.unwrap();
    let changes = world.once_written();
    let [own] = &changes.memberships[..] else { panic!("one membership") };
    assert_eq!((own.organization.as_str(), &own.roles[..]), ("team", &["cook".to_owned()][..]));
    assert_eq!(world.member("ada", "other"), Some(held));
}

#[tokio::test]
async fn where_no_seat_is_left_nobody_joins_and_is_in_all_the_same() {
    let numbered = |it| Organization { seats: Some(1), ..joined(it) };
    let world = offering().with("other", numbered).with("far", joined);
    world.state().memberships.push(membership("mia", "other"));
    accept(&world, OrphanPolicy::Keep, newcomer(None)).await.unwrap();
    let places = |changes: &Changes| {
        changes.memberships.iter().map(|it| it.organization.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(places(&world.once_written()), ["team", "far"]);
    // The last one may go to another at the last moment.
    let world = offering().with("other", numbered);
    world.before_next_commit(|it| it.memberships.push(membership("mia", "other")));
    accept(&world, OrphanPolicy::Keep, newcomer(None)).await.unwrap();
    assert_eq!(places(&world.once_written()), ["team"]);
    let world = offering().with("other", numbered);
    accept(&world, OrphanPolicy::Keep, newcomer(None)).await.unwrap();
    assert_eq!(places(&world.once_written()), ["team", "other"]);
}

#[tokio::test]
async fn a_handed_over_link_proves_no_address_and_joins_nothing_else() {
    let world = offering().with("other", joined);
    // An administrator vouched for the address, and not for whoever holds this link.
    world.state().users.push(user("ada").proven(noon()));
    let error = accept_by(&world, &handed_over(), newcomer(Some(PASSWORD))).await.unwrap_err();
    assert!(matches!(error, AcceptError::MailFirst), "{error}");
    let world = offering().with("other", joined);
    world.state().users.push(user("ada"));
    let accepted = accept_by(&world, &handed_over(), newcomer(Some(PASSWORD))).await.unwrap();
    assert_eq!(accepted.user.mailbox_proven_at, None);
    let changes = world.once_written();
    assert_eq!(changes.memberships.len(), 1);
    assert_eq!(changes.audit.iter().map(|it| it.action).collect::<Vec<_>>(), [Action::Accepted]);
}

#[tokio::test]
async fn a_handed_over_link_opens_no_account_that_is_there() {
    let open = |password: bool, proven: bool| {
        let ada = active("ada");
        let password = ada.password.clone().filter(|_| password);
        User { password, mailbox_proven_at: proven.then(noon), ..ada }
    };
    for known in [open(true, true), open(true, false), open(false, true)] {
        let world = offering();
        world.state().users.push(known);
        for password in [None, Some(PASSWORD)] {
            let error = accept_by(&world, &handed_over(), newcomer(password)).await.unwrap_err();
            assert!(matches!(error, AcceptError::MailFirst), "{error}");
        }
        assert_eq!(world.written(), []);
        // Whoever is signed in as the invitee accepts by it, and proves nothing by it.
        let session = session("ada", TENANT);
        let by = Acceptor::Session(&session);
        let accepted = accept_by(&world, &handed_over(), by).await.unwrap();
        let before = world.state().users[1].mailbox_proven_at;
        assert_eq!(accepted.user.mailbox_proven_at, before);
    }
}

#[tokio::test]
async fn a_handed_over_link_gives_nobody_what_others_granted_to_the_invitee() {
    let world = offering();
    world.state().users.push(user("ada"));
    world.state().memberships.push(membership("ada", "other"));
    let error = accept_by(&world, &handed_over(), newcomer(Some(PASSWORD))).await.unwrap_err();
    assert!(matches!(error, AcceptError::MailFirst));
    accept(&world, OrphanPolicy::Keep, newcomer(Some(PASSWORD))).await.unwrap();
}

#[tokio::test]
async fn whoever_reads_the_mailbox_takes_an_unproven_account_back() {
    for chosen in [Some("nine otters sing here"), None] {
        let world = offering();
        let taken =
            User { authority: Some(Authority::Helpdesk), mailbox_proven_at: None, ..active("ada") };
        world.state().users.push(taken);
        let pin = || Some(usher_domain::Pin { digest: vec![1], seed: None });
        let with_pin = |at| Membership { pin: pin(), ..membership("ada", at) };
        world.state().memberships.extend([with_pin("team"), with_pin("other")]);
        world.state().memberships.push(membership("ada", "far"));
        let accepted = accept(&world, OrphanPolicy::Keep, newcomer(chosen)).await.unwrap();
        let ada = accepted.user;
        let expected = chosen.map(|it| format!("$argon2id$plain${it}"));
        assert_eq!((ada.password, ada.authority), (expected, None));
        assert_eq!((ada.void_before, ada.mailbox_proven_at), (Some(noon()), Some(noon())));
        assert_eq!(accepted.signed_in.is_some(), chosen.is_some());
        let changes = world.once_written();
        let mut places: Vec<_> = changes
            .memberships
            .iter()
            .map(|it| (it.organization.as_str(), it.pin.is_some()))
            .collect();
        places.sort_unstable();
        assert_eq!(places, [("other", false), ("team", false)]);
        assert!(world.member("ada", "far").is_some());
        let actions: Vec<_> = changes.audit.iter().map(|it| it.action).collect();
        let expected = [Action::Accepted, Action::AccountRecovered, Action::MailboxProven];
        assert_eq!(actions, expected);
    }
}

#[tokio::test]
async fn a_session_proves_the_mailbox_by_the_mailed_link() {
    let world = offering();
    world.state().users.push(User { mailbox_proven_at: None, ..active("ada") });
    let session = session("ada", TENANT);
    let accepted = accept(&world, OrphanPolicy::Keep, Acceptor::Session(&session)).await.unwrap();
    assert_eq!(accepted.user.mailbox_proven_at, Some(noon()));
    assert_eq!((accepted.user.void_before, accepted.user.password), (None, active("ada").password));
}

#[tokio::test]
async fn a_link_is_good_only_for_an_address_that_its_user_has_now() {
    for (address, is_good) in [("ADA@example.org", true), ("right@example.org", false)] {
        for token in [token(), handed_over()] {
            let world = offering();
            world.state().invitations[0].user = Some(user("ada").id);
            world.state().users.push(User { mailbox: Some(mailbox(address)), ..user("ada") });
            let accepted = accept_by(&world, &token, newcomer(Some(PASSWORD))).await;
            if is_good {
                assert!(accepted.is_ok());
            } else {
                let error = accepted.unwrap_err();
                assert!(matches!(error, AcceptError::Closed(Closed::Readdressed)), "{error}");
                assert_eq!(world.written(), []);
            }
        }
    }
    // One that was sent to the personal mailbox proves nothing about the other one.
    let world = offering();
    world.state().invitations[0].user = Some(user("ada").id);
    let mailbox_of = |it| Some(mailbox(it));
    world.state().users.push(User {
        mailbox: mailbox_of("ada@work.example"),
        personal_mailbox: mailbox_of("ada@example.org"),
        ..user("ada")
    });
    let accepted = accept(&world, OrphanPolicy::Keep, newcomer(Some(PASSWORD))).await.unwrap();
    assert_eq!(accepted.user.mailbox_proven_at, None);
}

/// The boss offers to be a cook in the team.
fn offering() -> FakeStore {
    let world = FakeStore::of(vec![boss()], vec![]);
    let mut it = invited_to(1, "ada", "team");
    it.offer.roles = vec!["cook".to_owned()];
    world.state().invitations.push(it);
    world
}

/// Whoever is of the verified domain `example.org` joins.
fn joined(it: Organization) -> Organization {
    let domain = Domain { name: "example.org".to_owned(), verified: true, default: false };
    let policies = Policies { join: true, ..Policies::default() };
    Organization { domains: vec![domain], policies, ..it }
}

async fn accept(
    world: &FakeStore,
    orphans: OrphanPolicy,
    by: Acceptor<'_>,
) -> Result<Accepted, AcceptError> {
    let policy = Policy { orphans, ..Policy::at("http://usher.test") };
    AcceptInvitation::new(&core(&world.ports, &policy)).run(&token(), by).await
}

async fn accept_by(
    world: &FakeStore,
    token: &str,
    by: Acceptor<'_>,
) -> Result<Accepted, AcceptError> {
    let policy = Policy::at("http://usher.test");
    AcceptInvitation::new(&core(&world.ports, &policy)).run(token, by).await
}

/// Whoever issues invitations in these tests.
fn boss() -> User {
    User { authority: Some(Authority::OrgAdmin), ..active("boss") }
}

fn newcomer(password: Option<&str>) -> Acceptor<'_> {
    Acceptor::Newcomer { name: "Ada", password, agent: UserAgent::default() }
}

fn session(name: &str, tenant: usher_domain::TenantId) -> Session {
    let life = chrono::TimeDelta::hours(1);
    Session::open(SessionId(Uuid::from_u128(5)), tenant, user(name).id, noon(), life)
}

/// The link of invitation 1, as it was first sent.
fn token() -> String {
    keyring().token(usher_domain::Purpose::MailedLink, TENANT, Uuid::from_u128(1), 1)
}

/// The link of invitation 1 that a caller is shown.
fn handed_over() -> String {
    handed_over_token(&invitation(1, "ada"))
}

/// This invitation is found by its link, and this user by its mailbox. The boss, who issued it, is
/// in, and every organization is there.
fn opening(it: Invitation, known: Option<User>) -> MockPorts {
    opening_for(it, known, Vec::new())
}

/// The same for a user who belongs to something.
fn opening_for(it: Invitation, known: Option<User>, held: Vec<Membership>) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.sessions.expect_list().returning(|_, _, _, _| Ok(Vec::new()));
    ports.invitations.expect_proven().returning(move |_| Ok(vec![Some(it.clone())]));
    ports.users.expect_find_many().returning(move |tenant, who| {
        assert_eq!(tenant, TENANT);
        if who == [UserRef::Id(boss().id)] {
            return Ok(vec![Some(boss())]);
        }
        assert_eq!(who, [UserRef::Mailbox(mailbox("ada@example.org"))]);
        Ok(vec![known.clone()])
    });
    ports.credentials.expect_of_users().returning(|_, _| Ok(Vec::new()));
    ports.roles.expect_find_many().returning(|_, ids| Ok(ids.iter().map(|_| None).collect()));
    let found = |it: &OrganizationId| Some(organization(it.as_str()));
    ports
        .organizations
        .expect_find_many()
        .returning(move |_, ids| Ok(ids.iter().map(found).collect()));
    ports.organizations.expect_memberships().returning(move |_, _| Ok(held.clone()));
    ports.organizations.expect_joined_by().returning(|_, _| Ok(Vec::new()));
    ports
}

async fn run(ports: MockPorts, by: Acceptor<'_>) -> Result<Accepted, AcceptError> {
    let ports = ports.into();
    let policy = Policy::at("http://usher.test");
    AcceptInvitation::new(&core(&ports, &policy)).run(&token(), by).await
}
