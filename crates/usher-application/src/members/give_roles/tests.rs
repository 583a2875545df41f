use usher_domain::{Authority, Organization, Policies, Role, TextRule, User, UserStatus};

use super::*;
use crate::{
    policy::Policy,
    testing::{
        active, caller, core,
        fake_store::{FakeStore, bound_to, place},
        membership, noon, role, user, user_id,
    },
};

#[tokio::test]
async fn roles_come_to_those_that_are_held() {
    let world = world();
    let given = within(&world, &caller(), "team", "mia", &["cook", "reader", "cook"]).await;
    let given = given.unwrap();
    assert_eq!((texts(&given.roles), given.version), (vec!["reader", "cook"], 2));
    let changes = world.once_written();
    assert_eq!(changes.memberships, [given]);
    let [entry] = &changes.audit[..] else { panic!("one entry") };
    assert_eq!((entry.action, entry.detail.as_deref()), (Action::MemberChanged, Some("team")));
    assert_eq!(entry.subject, Subject::User(user_id("mia")));
}

/// Whoever has more authority than the caller, and belongs elsewhere, is unknown as all who do.
#[tokio::test]
async fn nobody_learns_the_authority_of_who_is_no_member() {
    let world = world();
    let chief = User { authority: Some(Authority::OrgAdmin), ..active("chief") };
    world.state().users.extend([chief, active("zed")]);
    let helpdesk = Caller { authority: Authority::Helpdesk, ..bound_to("team") };
    for name in ["chief", "zed", "nobody"] {
        let refused = within(&world, &helpdesk, "team", name, &["cook"]).await.unwrap_err();
        let is_unknown = matches!(&refused, GiveRolesError::Refused(Refusal::UnknownUser));
        assert!(is_unknown, "{name}: {refused:?}");
    }
}

#[tokio::test]
async fn nobody_gives_roles_to_who_has_more_authority_than_their_own() {
    let world = world();
    let mia = User { authority: Some(Authority::OrgAdmin), ..active("mia") };
    world.state().users.retain(|it| it.id != mia.id);
    world.state().users.push(mia);
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let expected = Refusal::UserAuthority(user_id("mia"));
    assert_eq!(refusal(within(&world, &helpdesk, "team", "mia", &["cook"]).await), expected);
    assert_eq!(refusal(tenant(&world, &helpdesk, "mia", &["reader"]).await), expected);
    assert!(tenant(&world, &caller(), "mia", &["reader"]).await.is_ok());
}

#[tokio::test]
async fn what_was_given_twice_before_stays_so() {
    let world = world();
    world.state().rewrite("mia", "team", |it| Membership {
        roles: ["x", "x"].map(str::to_owned).to_vec(),
        ..it
    });
    let given = within(&world, &caller(), "team", "mia", &["cook"]).await.unwrap();
    assert_eq!(texts(&given.roles), ["x", "x", "cook"]);
}

#[tokio::test]
async fn a_role_is_the_same_role_however_its_text_is_composed() {
    let world = world();
    world.state().roles.push(role("k\u{f6}chin"));
    let given = within(&world, &caller(), "team", "mia", &["ko\u{308}chin"]).await.unwrap();
    assert_eq!(texts(&given.roles), ["reader", "k\u{f6}chin"]);
    let again = within(&world, &caller(), "team", "mia", &["k\u{f6}chin"]).await.unwrap_err();
    assert!(matches!(again, GiveRolesError::Held));
    let given = tenant(&world, &caller(), "bob", &["ko\u{308}chin"]).await.unwrap();
    assert_eq!(texts(&given.roles), ["k\u{f6}chin"]);
}

#[tokio::test]
async fn who_has_them_all_is_given_nothing() {
    let world = world();
    let error = within(&world, &caller(), "team", "mia", &["reader"]).await.unwrap_err();
    assert!(matches!(error, GiveRolesError::Held));
    let error = tenant(&world, &caller(), "ada", &["reader"]).await.unwrap_err();
    assert!(matches!(error, GiveRolesError::Held));
    // Nor is who is given none.
    let same = within(&world, &caller(), "team", "mia", &[]).await.unwrap();
    assert_eq!(same, membership("mia", "team"));
    assert_eq!(tenant(&world, &caller(), "ada", &[]).await.unwrap().version, 1);
    assert_eq!(world.written(), []);
}

#[tokio::test]
async fn who_is_no_member_becomes_one() {
    for given in [&["cook"][..], &[]] {
        let world = world();
        let member = within(&world, &caller(), "team", "bob", given).await.unwrap();
        assert_eq!((texts(&member.roles), member.version), (given.to_vec(), 1));
        let changes = world.once_written();
        assert_eq!(changes.memberships, [member]);
        let actions: Vec<_> = changes.audit.iter().map(|it| it.action).collect();
        assert_eq!(actions, [Action::MemberAdded]);
    }
}

#[tokio::test]
async fn who_becomes_a_member_is_let_in_and_takes_a_seat() {
    let shut = |it| Organization { active: false, ..it };
    let full = |it| Organization { seats: Some(1), ..it };
    let only = vec!["example.com".to_owned()];
    let other = |it| Organization {
        policies: Policies { only: only.clone(), ..Policies::default() },
        ..it
    };
    let changes: [(&dyn Fn(Organization) -> Organization, Refusal); 3] = [
        (&shut, Refusal::InactiveOrganization),
        (&full, Refusal::NoSeat),
        (&other, Refusal::Domain),
    ];
    for (change, expected) in changes {
        let world = world().with("team", change);
        assert_eq!(refusal(within(&world, &caller(), "team", "bob", &["cook"]).await), expected);
        assert_eq!(world.written(), []);
        // Whoever is a member stays one.
        assert!(within(&world, &caller(), "team", "mia", &["cook"]).await.is_ok());
    }
    let world = world().with("team", |it| Organization { seats: Some(2), ..it });
    world.before_next_commit(|it| it.memberships.push(membership("ada", "team")));
    let refused = within(&world, &caller(), "team", "bob", &["cook"]).await;
    assert_eq!(refusal(refused), Refusal::NoSeat);
}

#[tokio::test]
async fn only_what_is_defined_and_fits_is_given() {
    let world = world();
    let unknown = |role: &str| Refusal::UnknownRole(role.to_owned());
    let foreign = |role: &str| Refusal::ForeignRole(role.to_owned());
    let give = |caller, to: &'static str, role: &'static str| {
        let world = &world;
        async move { within(world, &caller, to, "mia", &[role]).await.map(drop) }
    };
    assert_eq!(refusal(give(caller(), "team", "nothing").await), unknown("nothing"));
    assert_eq!(refusal(give(caller(), "team", "a\nb").await), text(TextRule::Control));
    assert_eq!(refusal(give(caller(), "other", "cook").await), foreign("cook"));
    assert_eq!(refusal(give(caller(), "team", "theirs").await), unknown("theirs"));
    // What a bound key may not see does not exist for it.
    assert_eq!(refusal(give(bound_to("other"), "other", "cook").await), unknown("cook"));
    let in_tenant = tenant(&world, &caller(), "ada", &["cook"]).await;
    assert_eq!(refusal(in_tenant), foreign("cook"));
    let in_tenant = tenant(&world, &caller(), "ada", &["nothing"]).await;
    assert_eq!(refusal(in_tenant), unknown("nothing"));
    assert_eq!(world.written(), []);
    // A key sees what stands right below it.
    assert!(give(bound_to("top"), "team", "cook").await.is_ok());
}

#[tokio::test]
async fn nobody_has_more_than_50_roles() {
    let many: Vec<_> = (0..51).map(|it| format!("r{it}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let world = world();
    world.state().roles.extend(many.iter().map(|it| role(it)));
    let too_many = text(TextRule::TooMany(50));
    for (who, come) in [("mia", 50), ("mia", 51), ("bob", 51)] {
        let outcome = within(&world, &caller(), "team", who, &many[..come]).await;
        assert_eq!(refusal(outcome), too_many);
    }
    assert_eq!(refusal(tenant(&world, &caller(), "ada", &many[..50]).await), too_many);
    assert!(within(&world, &caller(), "team", "mia", &many[..49]).await.is_ok());
    assert!(within(&world, &caller(), "team", "bob", &many[..50]).await.is_ok());
}

#[tokio::test]
async fn only_who_is_in_is_given_roles() {
    let world = world();
    let disabled = User { status: UserStatus::Disabled, ..active("dora") };
    world.state().users.extend([user("una"), disabled]);
    for who in ["una", "dora", "nobody"] {
        let outcome = within(&world, &caller(), "team", who, &["cook"]).await;
        assert_eq!(refusal(outcome), Refusal::UnknownUser);
        let outcome = tenant(&world, &caller(), who, &["reader"]).await;
        assert_eq!(refusal(outcome), Refusal::UnknownUser);
    }
}

#[tokio::test]
async fn who_may_not_give_them_touches_nothing() {
    let world = world();
    for authority in [Authority::Reader, Authority::Inviter] {
        let caller = Caller { authority, ..caller() };
        let error = within(&world, &caller, "team", "bob", &["cook"]).await.unwrap_err();
        assert!(matches!(error, GiveRolesError::Members(MembersError::Forbidden)));
        let error = tenant(&world, &caller, "bob", &["reader"]).await.unwrap_err();
        assert!(matches!(error, GiveRolesError::Members(MembersError::Forbidden)));
    }
    let error = tenant(&world, &bound_to("team"), "bob", &["reader"]).await.unwrap_err();
    assert!(matches!(error, GiveRolesError::Members(MembersError::Forbidden)));
    for (caller, to) in [(bound_to("other"), "team"), (bound_to("top"), "far"), (caller(), "gone")]
    {
        let error = within(&world, &caller, to, "bob", &["reader"]).await.unwrap_err();
        assert!(matches!(error, GiveRolesError::Members(MembersError::UnknownOrganization)));
    }
    assert_eq!(world.written(), []);
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    assert!(within(&world, &helpdesk, "team", "bob", &["cook"]).await.is_ok());
    assert!(tenant(&world, &helpdesk, "bob", &["reader"]).await.is_ok());
}

#[tokio::test]
async fn what_others_gave_meanwhile_stays() {
    let world = world();
    world.before_next_commit(|it| {
        it.rewrite("mia", "team", |it| Membership { roles: vec!["other".to_owned()], ..it });
    });
    let given = within(&world, &caller(), "team", "mia", &["cook"]).await.unwrap();
    assert_eq!(texts(&given.roles), ["other", "cook"]);
    world.before_next_commit(|it| {
        it.users.retain(|it| it.id != user_id("bob"));
        it.users.push(User { roles: vec!["x".to_owned()], ..active("bob").touched(noon()) });
    });
    let given = tenant(&world, &caller(), "bob", &["reader"]).await.unwrap();
    assert_eq!((texts(&given.roles), given.version), (vec!["x", "reader"], 3));
    world.state().losing = true;
    let busy = within(&world, &caller(), "team", "bob", &["cook"]).await.unwrap_err();
    assert!(matches!(busy, GiveRolesError::Members(MembersError::Store(_))));
    let busy = tenant(&world, &caller(), "cyd", &["reader"]).await.unwrap_err();
    assert!(matches!(busy, GiveRolesError::Members(MembersError::Store(_))));
}

#[tokio::test]
async fn roles_in_the_tenant_are_the_users() {
    let world = world();
    let given = tenant(&world, &caller(), "bob", &["reader"]).await.unwrap();
    assert_eq!((texts(&given.roles), given.version), (vec!["reader"], 2));
    let changes = world.once_written();
    assert_eq!((changes.users, changes.memberships), (vec![given], vec![]));
    let [entry] = &changes.audit[..] else { panic!("one entry") };
    assert_eq!((entry.action, &entry.actor), (Action::MemberChanged, &caller().actor));
    assert_eq!((&entry.subject, &entry.detail), (&Subject::User(user_id("bob")), &None));
}

/// Mia is in the team and ada has a role in the tenant. `reader` is for all, `cook` for the team,
/// `theirs` another tenant's.
fn world() -> FakeStore {
    let ada = User { roles: vec!["reader".to_owned()], ..active("ada") };
    let people = vec![ada, active("bob"), active("cyd"), active("mia")];
    let world = FakeStore::of(people, vec![membership("mia", "team")]);
    let cook = Role { organization: Some(place("team")), ..role("cook") };
    let theirs = Role { tenant: usher_domain::TenantId(uuid::Uuid::nil()), ..role("theirs") };
    world.state().roles = vec![role("reader"), cook, theirs];
    world
}

fn text(rule: TextRule) -> Refusal {
    usher_domain::InvalidText { field: "roles", rule }.into()
}

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, GiveRolesError>) -> Refusal {
    match outcome {
        Err(GiveRolesError::Refused(refusal)) => refusal,
        other => panic!("not refused but {other:?}"),
    }
}

async fn within(
    world: &FakeStore,
    caller: &Caller,
    organization: &str,
    user: &str,
    roles: &[&str],
) -> Result<Membership, GiveRolesError> {
    let roles: Vec<_> = roles.iter().map(|it| (*it).to_owned()).collect();
    let giving = GiveRoles::new(&core(&world.ports, &Policy::at("http://usher.test")));
    giving.within(caller, &place(organization), &user_id(user), &roles).await
}

async fn tenant(
    world: &FakeStore,
    caller: &Caller,
    user: &str,
    roles: &[&str],
) -> Result<User, GiveRolesError> {
    let roles: Vec<_> = roles.iter().map(|it| (*it).to_owned()).collect();
    GiveRoles::new(&core(&world.ports, &Policy::at("http://usher.test")))
        .tenant(caller, &user_id(user), &roles)
        .await
}
