use crate::policy::Policy;
use std::collections::BTreeMap;

use chrono::TimeDelta;
use usher_domain::{
    Authority, Caller, InvalidRedirect, JobKind, Locale, OrganizationId, ProfileId, Refusal, Role,
    Status, TenantId, UserRef, UserStatus,
};

use super::*;
use crate::{
    ports::{
        directory::InviteeState,
        ledger::{CommitError, Conflict},
    },
    shared::commit::ATTEMPTS,
    testing::{
        MockPorts, active, caller, core,
        fake_store::{FakeStore, bound_to, place},
        invitation, mailbox, noon, organization, role, tenant, user, user_id,
    },
};

#[tokio::test]
async fn an_invitation_is_committed_together_with_its_letter_and_its_audit_entry() {
    let mut ports = standing_of(vec![InviteeState::default()]);
    ports.ledger.expect_commit().once().returning(|it| {
        let invitation = &it.invitations[0];
        assert_eq!(
            it.jobs[0].kind,
            JobKind::MailInvitation { invitation: invitation.id, letter: 1 }
        );
        assert_eq!(it.audit[0].subject, Subject::Invitation(invitation.id));
        Ok(())
    });

    let outcomes = run(ports, &caller(), &[to("ada")]).await.unwrap();

    let invitation = outcomes[0].as_ref().unwrap();
    assert_eq!(invitation.mailbox, mailbox("ada@example.org"));
    assert_eq!(invitation.expires_at, noon() + TimeDelta::days(7));
    assert_eq!(invitation.offer.inviter.as_ref().unwrap().name, "The Boss");
}

#[tokio::test]
async fn a_quiet_invitation_has_no_letter() {
    let mut ports = standing_of(vec![InviteeState::default()]);
    ports.ledger.expect_commit().once().withf(|it| it.jobs.is_empty()).return_once(|_| Ok(()));
    let outcomes = run(ports, &caller(), &[Invite { quiet: true, ..to("ada") }]).await.unwrap();
    assert_eq!(outcomes[0].as_ref().unwrap().letters, 0);
}

#[tokio::test]
async fn a_refusal_does_not_stop_the_batch() {
    let disabled = User { status: UserStatus::Disabled, ..user("dora") };
    let held = invitation(9, "eve");
    let standings = vec![
        InviteeState::default(),
        known(active("grace")),
        known(disabled),
        InviteeState { pending: Some(held.clone()), ..InviteeState::default() },
        known(User { mailbox: None, ..user("nobox") }),
        InviteeState::default(),
    ];
    let mut ports = standing_of(standings);
    ports
        .ledger
        .expect_commit()
        .once()
        .withf(|it| it.invitations.len() == 1)
        .return_once(|_| Ok(()));
    let by_name = |name: &str| Invite::new(Invitee::User(UserRef::Username(name.to_owned())));
    let batch =
        [by_name("nobody"), to("grace"), to("dora"), to("eve"), by_name("nobox"), to("ada")];

    let outcomes = run(ports, &caller(), &batch).await.unwrap();

    let refusals: Vec<_> = outcomes.iter().map(|it| it.as_ref().err().cloned()).collect();
    assert_eq!(
        refusals,
        [
            Some(Refusal::UnknownUser),
            Some(Refusal::AlreadyMember(Some(user_id("grace")))),
            Some(Refusal::Disabled),
            Some(Refusal::AlreadyInvited(held.id)),
            Some(Refusal::NoMailbox),
            None,
        ]
    );
}

#[tokio::test]
async fn the_same_mailbox_twice_in_a_batch_is_invited_once() {
    let mut ports = standing_of(vec![InviteeState::default(), InviteeState::default()]);
    ports
        .ledger
        .expect_commit()
        .once()
        .withf(|it| it.invitations.len() == 1)
        .return_once(|_| Ok(()));
    let shouted = Invite::new(Invitee::Mailbox { mailbox: mailbox("ADA@EXAMPLE.ORG"), name: None });
    let outcomes = run(ports, &caller(), &[to("ada"), shouted]).await.unwrap();
    let first = outcomes[0].as_ref().unwrap().id;
    assert_eq!(outcomes[1], Err(Refusal::AlreadyInvited(first)));
}

#[tokio::test]
async fn a_lapsed_invitation_makes_room_in_the_same_commit() {
    let held = Invitation { expires_at: noon(), ..invitation(9, "ada") };
    let mut ports =
        standing_of(vec![InviteeState { pending: Some(held), ..InviteeState::default() }]);
    ports.ledger.expect_commit().once().returning(|it| {
        let statuses: Vec<_> = it.invitations.iter().map(|it| it.status).collect();
        assert_eq!(statuses, [Status::Lapsed, Status::Pending]);
        Ok(())
    });
    assert!(run(ports, &caller(), &[to("ada")]).await.unwrap()[0].is_ok());
}

#[tokio::test]
async fn an_unregistered_user_is_pending_from_then_on() {
    let mut ports = standing_of(vec![known(user("ada"))]);
    ports.ledger.expect_commit().once().returning(|it| {
        assert_eq!((it.users[0].status, it.users[0].version), (UserStatus::Pending, 2));
        assert_eq!(it.invitations[0].user, Some(user_id("ada")));
        Ok(())
    });
    run(ports, &caller(), &[to("ada")]).await.unwrap()[0].as_ref().unwrap();
}

#[tokio::test]
async fn a_lost_race_is_decided_anew_and_its_doubles_with_it() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    let winner = invitation(99, "ada");
    let held = winner.clone();
    let mut asked = 0;
    ports.directory.expect_resolve().times(2).returning(move |_, questions| {
        asked += 1;
        let pending = (asked == 2).then(|| held.clone());
        Ok(questions
            .iter()
            .map(|_| InviteeState { pending: pending.clone(), ..InviteeState::default() })
            .collect())
    });
    let mut commits = 0;
    ports.ledger.expect_commit().times(2).returning(move |it| {
        commits += 1;
        if commits == 1 {
            return Err(CommitError::Conflict(vec![Conflict::Invitation(it.invitations[0].id)]));
        }
        assert_eq!(it.invitations.len(), 1, "only the one who did not lose is left");
        Ok(())
    });

    let batch = [to("ada"), to("bob"), to("ada")];
    let outcomes = run(ports, &caller(), &batch).await.unwrap();

    assert_eq!(outcomes[0], Err(Refusal::AlreadyInvited(winner.id)));
    assert!(outcomes[1].is_ok());
    assert_eq!(outcomes[2], Err(Refusal::AlreadyInvited(winner.id)));
}

#[tokio::test]
async fn a_race_that_never_ends_is_a_failure_and_not_a_loop() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.directory.expect_resolve().returning(|_, it| Ok(vec![InviteeState::default(); it.len()]));
    ports.ledger.expect_commit().times(ATTEMPTS).returning(|it| {
        Err(CommitError::Conflict(vec![Conflict::Invitation(it.invitations[0].id)]))
    });
    assert!(matches!(run(ports, &caller(), &[to("ada")]).await, Err(InviteError::Store(_))));
}

#[tokio::test]
async fn what_is_committed_along_is_decided_anew_with_the_invitations_that_lost() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let counted = asked.clone();
    ports.directory.expect_resolve().returning(move |_, it| {
        counted.lock().unwrap().push(it.len());
        Ok(vec![InviteeState::default(); it.len()])
    });
    let mut commits = 0;
    ports.ledger.expect_commit().times(2).returning(move |it| {
        assert_eq!((it.invitations.len(), it.tenants.len()), (2, 1));
        commits += 1;
        match commits {
            1 => Err(CommitError::Conflict(vec![Conflict::Invitation(it.invitations[1].id)])),
            _ => Ok(()),
        }
    });
    let invites = InviteUsers::new(&core(&ports.into(), &Policy::at("http://usher.test")));
    let along = |outcomes: Vec<RowOutcome>, changes: &mut Changes| {
        assert_eq!(outcomes.len(), 2);
        changes.tenants.push(tenant());
    };
    assert!(invites.run_along(&caller(), &[to("ada"), to("bob")], along).await.unwrap());
    assert_eq!(*asked.lock().unwrap(), [2, 1], "only who lost is asked about again");
}

#[tokio::test]
async fn what_is_committed_along_and_lost_without_an_invitation_ends_it() {
    for invites in [&[to("ada")][..], &[]] {
        let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
        ports
            .directory
            .expect_resolve()
            .once()
            .returning(|_, it| Ok(vec![InviteeState::default(); it.len()]));
        let lost = || CommitError::Conflict(vec![Conflict::Tenant(tenant().id)]);
        ports.ledger.expect_commit().once().returning(move |_| Err(lost()));
        let invite = InviteUsers::new(&core(&ports.into(), &Policy::at("http://usher.test")));
        let along = |_, changes: &mut Changes| changes.tenants.push(tenant());
        assert!(!invite.run_along(&caller(), invites, along).await.unwrap());
    }
}

#[tokio::test]
async fn each_rule_refuses_with_its_own_reason() {
    let label = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
    let long = "x".repeat(121);
    let batch = [
        Invite { lifetime: Some(TimeDelta::zero()), ..to("a") },
        Invite { lifetime: Some(TimeDelta::days(365_000)), ..to("a") },
        Invite { message: Some("see http://evil.example".to_owned()), ..to("a") },
        Invite { inviter: Some(InviterRef::Name("A\r\nBcc: b@example.org".to_owned())), ..to("a") },
        Invite { inviter: Some(InviterRef::Name(long)), ..to("a") },
        Invite { roles: vec![String::new()], ..to("a") },
        Invite { roles: vec!["r".to_owned(); 51], ..to("a") },
        Invite { labels: label("", "x"), ..to("a") },
        Invite { labels: label("k", &"v".repeat(256)), ..to("a") },
    ];
    let mut ports = standing_of(vec![]);
    ports
        .ledger
        .expect_commit()
        .once()
        .withf(|it| it.invitations.is_empty())
        .return_once(|_| Ok(()));
    let outcomes = run(ports, &caller(), &batch).await.unwrap();
    let said: Vec<_> = outcomes.into_iter().map(|it| it.unwrap_err().to_string()).collect();
    assert_eq!(
        said,
        [
            "the lifetime must be between 60 s and 2592000 s",
            "the lifetime must be between 60 s and 2592000 s",
            "`message` must not contain a link",
            "`inviter` must not contain line breaks, control characters or invisible characters",
            "`inviter` must not be longer than 120 characters",
            "`roles` must not be empty",
            "`roles` must not have more than 50 entries",
            "`labels` must not be empty",
            "`labels` must not be longer than 255 characters",
        ]
    );
}

#[tokio::test]
async fn an_organization_and_an_inviter_must_exist() {
    let mut ports = standing_of(vec![]);
    ports.organizations.expect_find_many().return_once(|_, ids| Ok(vec![None; ids.len()]));
    ports.users.expect_find_many().return_once(|_, ids| Ok(vec![None; ids.len()]));
    ports.ledger.expect_commit().return_once(|_| Ok(()));
    let batch = [
        Invite { organization: Some(OrganizationId::parse("ghosts").unwrap()), ..to("a") },
        Invite { inviter: Some(InviterRef::User(user_id("ghost"))), ..to("b") },
    ];
    let outcomes = run(ports, &caller(), &batch).await.unwrap();
    assert_eq!(outcomes, [Err(Refusal::UnknownOrganization), Err(Refusal::UnknownInviter)]);
}

#[tokio::test]
async fn into_an_organization_an_active_user_can_be_invited_and_a_member_cannot() {
    let team = organization("team");
    let standings =
        vec![known(active("ada")), InviteeState { member: true, ..known(active("bob")) }];
    let mut ports = standing_of(standings);
    let found = team.clone();
    ports.organizations.expect_find_many().return_once(|_, _| Ok(vec![Some(found)]));
    ports.ledger.expect_commit().return_once(|_| Ok(()));
    let there = |name| Invite { organization: Some(team.id.clone()), ..to(name) };
    let outcomes = run(ports, &caller(), &[there("ada"), there("bob")]).await.unwrap();
    assert!(outcomes[0].is_ok());
    assert_eq!(outcomes[1], Err(Refusal::AlreadyMember(Some(user_id("bob")))));
}

#[tokio::test]
async fn who_may_not_read_users_is_told_of_a_disabled_account_what_an_active_one_would_have_them_told()
 {
    let disabled = |name: &str| User { status: UserStatus::Disabled, ..active(name) };
    let answers = async |authority, place: Option<OrganizationId>| {
        let mut ports = standing_of(vec![known(active("ada")), known(disabled("dora"))]);
        let found = place.as_ref().map(|_| organization("team"));
        ports.organizations.expect_find_many().returning(move |_, _| Ok(vec![found.clone()]));
        ports.ledger.expect_commit().returning(|_| Ok(()));
        let caller = Caller { authority, ..caller() };
        let there = |name| Invite { organization: place.clone(), ..to(name) };
        let outcomes = run(ports, &caller, &[there("ada"), there("dora")]).await.unwrap();
        outcomes.into_iter().map(Result::err).collect::<Vec<_>>()
    };
    let (team, unnamed) = (organization("team").id, Some(Refusal::AlreadyMember(None)));
    assert_eq!(answers(Authority::Inviter, None).await, [unnamed.clone(), unnamed]);
    assert_eq!(answers(Authority::Inviter, Some(team.clone())).await, [None, None]);
    let named = Some(Refusal::AlreadyMember(Some(user_id("ada"))));
    assert_eq!(answers(Authority::Helpdesk, None).await, [named, Some(Refusal::Disabled)]);
    assert_eq!(answers(Authority::Helpdesk, Some(team)).await, [None, Some(Refusal::Disabled)]);
}

#[tokio::test]
async fn a_caller_without_authority_touches_nothing() {
    let reader = Caller { authority: Authority::Reader, ..caller() };
    let bound = Caller { organization: Some(organization("team").id), ..caller() };
    for caller in [reader, bound] {
        let error = run(MockPorts::default(), &caller, &[to("ada")]).await.unwrap_err();
        assert!(matches!(error, InviteError::Forbidden));
    }
}

#[tokio::test]
async fn nobody_hands_on_more_than_they_have() {
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let mut ports = standing_of(vec![]);
    ports.ledger.expect_commit().return_once(|_| Ok(()));
    let raised = Invite { authority: Some(Authority::OrgAdmin), ..to("ada") };
    assert_eq!(run(ports, &helpdesk, &[raised]).await.unwrap(), [Err(Refusal::Authority)]);
}

#[tokio::test]
async fn a_batch_has_a_limit() {
    let batch = vec![to("ada"); 10_001];
    let error = run(MockPorts::default(), &caller(), &batch).await.unwrap_err();
    assert!(matches!(error, InviteError::TooMany { limit: 10_000 }));
}

#[tokio::test]
async fn a_rehearsal_says_the_same_and_writes_nothing() {
    let ports = standing_of(vec![known(active("grace")), InviteeState::default()]);
    let invites = InviteUsers::new(&core(&ports.into(), &Policy::at("http://usher.test")));
    let outcomes = invites.rehearse(&caller(), &[to("grace"), to("ada")]).await.unwrap();
    assert_eq!(outcomes[0], Err(Refusal::AlreadyMember(Some(user_id("grace")))));
    assert!(outcomes[1].is_ok());
}

#[tokio::test]
async fn all_or_nobody_are_invited() {
    let run_all = async |ports: MockPorts| {
        let invites = InviteUsers::new(&core(&ports.into(), &Policy::at("http://usher.test")));
        invites.run_all(&caller(), &[to("ada"), to("grace")]).await.unwrap()
    };
    // A commit would panic here.
    let ports = standing_of(vec![InviteeState::default(), known(active("grace"))]);
    assert_eq!(run_all(ports).await, Err((1, Refusal::AlreadyMember(Some(user_id("grace"))))));
    let mut ports = standing_of(vec![InviteeState::default(), InviteeState::default()]);
    ports.ledger.expect_commit().once().returning(|_| Ok(()));
    assert_eq!(run_all(ports).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_profile_says_how_its_users_are_invited_where_the_invitation_does_not() {
    let personal = Some(mailbox("ada@home.example"));
    let ada = User { personal_mailbox: personal.clone(), ..user("ada") };
    let by_id = Invite::new(Invitee::User(UserRef::Id(user_id("ada"))));
    let standing = || InviteeState { profile: Some(profile()), ..known(ada.clone()) };
    let invited = async |invite: Invite| {
        let mut ports = standing_of(vec![standing()]);
        ports.ledger.expect_commit().once().returning(|_| Ok(()));
        run(ports, &caller(), &[invite]).await.unwrap().pop().unwrap().unwrap()
    };
    let it = invited(by_id.clone()).await;
    assert_eq!(Some(it.mailbox), personal);
    assert_eq!(it.expires_at, noon() + TimeDelta::days(2));
    assert_eq!((it.offer.template.as_deref(), it.offer.locale), (Some("staff"), profile().locale));
    let own =
        Invite { lifetime: Some(TimeDelta::days(1)), locale: Some(Locale::default()), ..by_id };
    let it = invited(own).await;
    assert_eq!(it.expires_at, noon() + TimeDelta::days(1));
    assert_eq!(it.offer.locale, Some(Locale::default()));
}

#[tokio::test]
async fn a_profile_stays_within_the_operators_bounds() {
    let long = Profile { lifetime: Some(TimeDelta::days(300)), ..profile() };
    let personal_mailbox = Some(mailbox("ada@home.example"));
    let ada = User { personal_mailbox, ..user("ada") };
    let mut ports = standing_of(vec![InviteeState { profile: Some(long), ..known(ada) }]);
    ports.ledger.expect_commit().once().returning(|_| Ok(()));
    let by_id = Invite::new(Invitee::User(UserRef::Id(user_id("ada"))));
    let it = run(ports, &caller(), &[by_id]).await.unwrap().pop().unwrap().unwrap();
    assert_eq!(it.expires_at, noon() + TimeDelta::days(30));
}

#[tokio::test]
async fn whoever_shares_a_mailbox_with_somebody_invited_is_not_taken_for_them() {
    let shared = Some(mailbox("family@home.example"));
    let of = |name: &str| User { personal_mailbox: shared.clone(), ..user(name) };
    let by_id = |name: &str| Invite::new(Invitee::User(UserRef::Id(user_id(name))));
    let standing = |name: &str| InviteeState { profile: Some(profile()), ..known(of(name)) };
    let mut ports = standing_of(vec![standing("ada"), standing("bob"), standing("ada")]);
    ports.ledger.expect_commit().once().returning(|_| Ok(()));
    let batch = [by_id("ada"), by_id("bob"), by_id("ada")];
    let outcomes = run(ports, &caller(), &batch).await.unwrap();
    let first = outcomes[0].as_ref().unwrap().id;
    assert_eq!(outcomes[1], Err(Refusal::SharedMailbox));
    assert_eq!(outcomes[2], Err(Refusal::AlreadyInvited(first)));

    let held = Invitation { user: Some(user_id("ada")), ..invitation(9, "family") };
    let pending = InviteeState { pending: Some(held.clone()), ..standing("bob") };
    let outcomes = run(writing_nobody(pending), &caller(), &[by_id("bob")]).await.unwrap();
    assert_eq!(outcomes, [Err(Refusal::SharedMailbox)]);
}

#[tokio::test]
async fn roles_that_must_be_defined_are_and_fit() {
    let world = FakeStore::of(vec![], vec![]);
    let cook = Role { organization: Some(place("team")), ..role("cook") };
    let theirs = Role { tenant: TenantId(uuid::Uuid::nil()), ..role("theirs") };
    world.state().roles = vec![role("reader"), cook, theirs];
    let offering = |name: &str, organization: Option<&str>, roles: &[&str]| Invite {
        organization: organization.map(place),
        roles: roles.iter().map(|it| (*it).to_owned()).collect(),
        defined_roles: true,
        ..to(name)
    };
    let free = Invite { defined_roles: false, ..offering("ivy", Some("team"), &["anything"]) };
    let (team, other) = (Some("team"), Some("other"));
    let batch = [
        offering("ada", team, &["reader", "cook"]),
        offering("bob", other, &["reader"]),
        offering("cyd", None, &["reader"]),
        offering("dan", None, &[]),
        offering("eve", other, &["reader", "cook"]),
        offering("fay", None, &["cook"]),
        offering("gus", team, &["reader", "nothing"]),
        offering("hal", team, &["theirs"]),
        free,
    ];
    let invites = InviteUsers::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let outcomes = invites.run(&caller(), &batch).await.unwrap();
    let refusals: Vec<_> = outcomes.iter().map(|it| it.as_ref().err().cloned()).collect();
    let foreign = Some(Refusal::ForeignRole("cook".to_owned()));
    let unknown = |role: &str| Some(Refusal::UnknownRole(role.to_owned()));
    let (nothing, theirs) = (unknown("nothing"), unknown("theirs"));
    let expected = [None, None, None, None, foreign.clone(), foreign, nothing, theirs, None];
    assert_eq!(refusals, expected);
    // What a bound key may not see does not exist for it.
    let outcomes = invites.run(&bound_to("other"), &batch[4..5]).await.unwrap();
    assert_eq!(outcomes[0].as_ref().err(), unknown("cook").as_ref());
}

#[tokio::test]
async fn nobody_who_does_not_manage_members_invites_themselves_to_roles() {
    let own = |roles: &[&str]| Invite {
        organization: Some(place("team")),
        roles: roles.iter().map(|it| (*it).to_owned()).collect(),
        ..to("boss")
    };
    let inviter = Caller { authority: Authority::Inviter, ..caller() };
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    for (by, roles, expected) in [
        (&inviter, &["cook"][..], Err(Refusal::RoleAuthority("cook".to_owned()))),
        (&inviter, &[][..], Ok(())),
        (&helpdesk, &["cook"][..], Ok(())),
    ] {
        let mut ports = standing_of(vec![known(active("boss"))]);
        ports
            .organizations
            .expect_find_many()
            .returning(|_, _| Ok(vec![Some(organization("team"))]));
        ports.roles.expect_find_many().returning(|_, ids| Ok(vec![None; ids.len()]));
        ports.roles.expect_list().returning(|_| Ok(vec![]));
        ports.ledger.expect_commit().returning(|_| Ok(()));
        let outcome = run(ports, by, &[own(roles)]).await.unwrap().remove(0);
        assert_eq!(outcome.map(drop), expected, "{roles:?}");
    }
}

#[tokio::test]
async fn an_invitation_leads_only_to_where_the_tenant_allows() {
    let world = FakeStore::of(vec![], vec![]);
    let rule = RedirectRule::parse("https://app.example/in").unwrap();
    world.state().tenants[0].redirects = vec![rule];
    let leading = |name: &str, there: &str| Invite { redirect: Some(there.to_owned()), ..to(name) };
    let batch = [
        leading("ada", "https://APP.example/in?a=b"),
        leading("bob", "https://evil.example/in"),
        leading("cyd", "//app.example/in"),
        to("dan"),
    ];
    let invites = InviteUsers::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let outcomes = invites.run(&caller(), &batch).await.unwrap();
    let led: Vec<_> = outcomes.into_iter().map(|it| it.map(|it| it.offer.redirect)).collect();
    assert_eq!(
        led,
        [
            Ok(Some("https://app.example/in?a=b".to_owned())),
            Err(InvalidRedirect::NotAllowed.into()),
            Err(InvalidRedirect::Form.into()),
            Ok(None),
        ]
    );
    world.state().tenants[0].redirects.clear();
    let outcomes = invites.run(&caller(), &[leading("eve", "https://app.example/in")]).await;
    assert_eq!(outcomes.unwrap(), [Err(InvalidRedirect::NotAllowed.into())]);
}

fn writing_nobody(standing: InviteeState) -> MockPorts {
    let mut ports = standing_of(vec![standing]);
    ports.ledger.expect_commit().once().returning(|_| Ok(()));
    ports
}

/// To the personal mailbox, for two days, in German.
fn profile() -> Profile {
    Profile {
        address: usher_domain::Address::Personal,
        lifetime: Some(TimeDelta::days(2)),
        template: Some("staff".to_owned()),
        locale: Some(Locale::parse("de").unwrap()),
        ..Profile::new(ProfileId::parse("staff").unwrap(), caller().tenant, noon())
    }
}

fn to(name: &str) -> Invite {
    let mailbox = mailbox(&format!("{name}@example.org"));
    Invite::new(Invitee::Mailbox { mailbox, name: None })
}

fn known(user: User) -> InviteeState {
    InviteeState { user: Some(user), ..InviteeState::default() }
}

fn standing_of(standings: Vec<InviteeState>) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.directory.expect_resolve().return_once(|_, questions| {
        assert_eq!(questions.len(), standings.len(), "only sound ones are looked up");
        Ok(standings)
    });
    ports
}

async fn run(ports: MockPorts, caller: &Caller, batch: &[Invite]) -> Result<Outcomes, InviteError> {
    InviteUsers::new(&core(&ports.into(), &Policy::at("http://usher.test")))
        .run(caller, batch)
        .await
}
