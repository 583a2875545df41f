use crate::policy::Policy;
use usher_domain::Authority;

use super::*;
use crate::{
    testing::{
        MockPorts, active, caller, core,
        fake_store::{FakeStore, place},
        mailbox, noon, organization, role, user, user_id,
    },
    transfer::export::Export,
};

#[tokio::test]
async fn an_import_may_be_run_twice() {
    let (first, again) = (import(None).await, import(Some(active("ada"))).await);
    assert_eq!((first.0.written, first.1.users[0].version), (1, 1));
    assert_eq!((again.0.written, again.1.users[0].version), (1, 2));
    assert_eq!(again.1.users[0].first_name.as_deref(), Some("Ada"));
    assert_eq!(again.1.users[0].mailbox, active("ada").mailbox, "what is not given stays");
}

async fn import(held: Option<User>) -> (Imported, Changes) {
    let record = UserRecord {
        first_name: Some("Ada".to_owned()),
        mailbox: held.is_none().then(|| mailbox("ada@example.org")),
        ..record("ada")
    };
    let mut ports = knowing(held, true);
    let (sender, receiver) = std::sync::mpsc::channel();
    ports.ledger.expect_commit().once().returning(move |it| {
        sender.send(it.clone()).unwrap();
        Ok(())
    });
    let import = Import::new(&core(&ports.into(), &Policy::at("http://x.test")));
    let done = import.users(&caller(), &[record], false).await.unwrap();
    (done, receiver.recv().unwrap())
}

#[tokio::test]
async fn one_bad_record_stops_all_unless_told_to_go_on() {
    let records = [record("ada"), record("ada"), record("bob")];
    let import = Import::new(&core(&knowing(None, true).into(), &Policy::at("http://x.test")));
    let stopped = import.users(&caller(), &records, false).await.unwrap();
    assert_eq!(stopped.written, 0);
    assert_eq!(stopped.bad, BTreeMap::from([(1, BadRecord::Double)]));
    let mut ports = knowing(None, true);
    ports.ledger.expect_commit().once().withf(|it| it.users.len() == 2).return_once(|_| Ok(()));
    let import = Import::new(&core(&ports.into(), &Policy::at("http://x.test")));
    let went_on = import.users(&caller(), &records, true).await.unwrap();
    assert_eq!((went_on.written, went_on.bad.len()), (2, 1));
}

#[tokio::test]
async fn each_bad_record_says_what_is_wrong() {
    let team = |pin: &str| MembershipRecord {
        organization: organization("team").id,
        roles: vec![],
        pin: Some(pin.to_owned()),
        pin_allowed: true,
    };
    let box_of = |name: &str| Some(mailbox(&format!("{name}@example.org")));
    let table = [
        (
            UserRecord { mailbox: None, username: None, ..record("a") },
            "`email` is missing, and there is none yet",
        ),
        (
            UserRecord { password: Some("hunter2".to_owned()), ..record("b") },
            "`passwordHash` is neither a PHC string of argon2 nor a bcrypt hash",
        ),
        (
            UserRecord { memberships: vec![team("12a")], ..record("c") },
            "`pin` must be 4 to 12 letters or digits",
        ),
        (
            UserRecord { first_name: Some("a\nb".to_owned()), ..record("d") },
            "`firstName` must not contain line breaks, control characters or direction marks",
        ),
        (UserRecord { mailbox: box_of("b"), ..record("e") }, "`email` is taken by another one"),
        (
            UserRecord { memberships: vec![team("1234"), team("1234")], ..record("f") },
            "`memberships` is taken by another one",
        ),
    ];
    let records: Vec<_> = table.iter().map(|(it, _)| it.clone()).collect();
    let import = Import::new(&core(&knowing(None, true).into(), &Policy::at("http://x.test")));
    let done = import.users(&caller(), &records, false).await.unwrap();
    let said: Vec<_> = done.bad.values().map(ToString::to_string).collect();
    assert_eq!(said, table.map(|(_, it)| it));
}

#[tokio::test]
async fn organizations_must_exist_before_their_members() {
    let lost = MembershipRecord {
        organization: organization("ghosts").id,
        roles: vec![],
        pin: None,
        pin_allowed: false,
    };
    let records = [
        UserRecord { home: Some(organization("ghosts").id), ..record("a") },
        UserRecord { memberships: vec![lost], ..record("b") },
    ];
    let import = Import::new(&core(&knowing(None, false).into(), &Policy::at("http://x.test")));
    let done = import.users(&caller(), &records, false).await.unwrap();
    let unknown = BadRecord::UnknownOrganization;
    assert_eq!(
        done.bad,
        BTreeMap::from([(0, unknown("organization")), (1, unknown("memberships"))])
    );
}

#[tokio::test]
async fn what_is_taken_in_the_store_is_bad_too() {
    let mut ports = knowing(None, true);
    let mut commits = 0;
    ports.ledger.expect_commit().times(2).returning(move |it| {
        commits += 1;
        let lost = vec![Conflict::User(user_id("ada"))];
        if commits == 1 {
            Err(CommitError::Conflict(lost))
        } else {
            assert_eq!(it.users.len(), 1);
            Ok(())
        }
    });
    let import = Import::new(&core(&ports.into(), &Policy::at("http://x.test")));
    let done = import.users(&caller(), &[record("ada"), record("bob")], true).await.unwrap();
    assert_eq!((done.written, done.bad.contains_key(&0)), (1, true));
}

#[tokio::test]
async fn a_parent_may_come_later_and_a_bad_one_takes_its_children_along() {
    let record = |id: &str, parent: Option<&str>, name: Option<&str>| OrganizationRecord {
        name: name.map(str::to_owned),
        parent: parent.map(|it| organization(it).id),
        ..OrganizationRecord::of(organization(id).id)
    };
    let records = [
        record("leaf", Some("branch"), Some("Leaf")),
        record("branch", Some("root"), Some("Branch")),
        record("root", None, None),
        record("free", None, Some("Free")),
    ];
    let mut ports = knowing(None, false);
    ports
        .ledger
        .expect_commit()
        .once()
        .withf(|it| it.organizations.len() == 1)
        .return_once(|_| Ok(()));
    let import = Import::new(&core(&ports.into(), &Policy::at("http://x.test")));
    let done = import.organizations(&caller(), &records, true).await.unwrap();
    assert_eq!(done.written, 1);
    assert_eq!(done.bad.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(done.bad[&2], BadRecord::Missing("name"));
}

#[tokio::test]
async fn only_an_administrator_of_the_whole_tenant_imports_and_exports() {
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let bound = Caller { organization: Some(organization("team").id), ..caller() };
    let ports = MockPorts::default().into();
    for caller in [helpdesk, bound] {
        let import = Import::new(&core(&ports, &Policy::at("http://x.test")));
        assert!(matches!(import.users(&caller, &[], false).await, Err(ImportError::Forbidden)));
        assert!(matches!(
            import.organizations(&caller, &[], false).await,
            Err(ImportError::Forbidden)
        ));
        assert!(matches!(import.roles(&caller, &[], false).await, Err(ImportError::Forbidden)));
        let export = Export::new(&core(&ports, &Policy::at("http://usher.test")));
        assert!(export.run(&caller, None, 10).await.is_err());
        assert!(export.roles(&caller).await.is_err());
        assert!(export.organizations(&caller, None, 10).await.is_err());
    }
}

/// `ada` with the mailbox `ada@example.org`, and nothing else.
fn record(id: &str) -> UserRecord {
    UserRecord {
        id: user_id(id),
        username: None,
        mailbox: Some(mailbox(&format!("{id}@example.org"))),
        personal_mailbox: None,
        phone: None,
        first_name: None,
        last_name: None,
        display_name: None,
        locale: None,
        status: None,
        password: None,
        home: None,
        invitation_profile: None,
        profile: None,
        attributes: None,
        memberships: vec![],
    }
}

#[tokio::test]
async fn whoever_is_imported_with_an_automatic_profile_is_invited_in_the_same_commit() {
    let of = |id: &str, profile: Option<&str>| UserRecord {
        invitation_profile: profile.map(|it| ProfileId::parse(it).unwrap()),
        ..record(id)
    };
    let mut ports = with_profiles(knowing(None, true));
    ports.ledger.expect_commit().once().returning(|it| {
        let who: Vec<_> = it.slices[0].rows.iter().map(Row::who).collect();
        assert_eq!((it.users.len(), who), (4, vec!["auto".to_owned(), "new".to_owned()]));
        assert_eq!((it.tasks[0].kind, it.jobs.len()), (TaskKind::Automatic, 1));
        Ok(())
    });
    let import = Import::new(&core(&ports.into(), &Policy::at("http://x.test")));
    let records = [
        of("auto", Some("automatic")),
        of("new", Some("newcomers")),
        of("manual", Some("manual")),
        of("none", None),
    ];
    assert_eq!(import.users(&caller(), &records, false).await.unwrap().written, 4);

    let old = User { created_at: noon() - TimeDelta::seconds(1), ..user("old") };
    let mut ports = with_profiles(knowing(Some(old), true));
    ports.ledger.expect_commit().once().withf(|it| it.tasks.is_empty()).returning(|_| Ok(()));
    let import = Import::new(&core(&ports.into(), &Policy::at("http://x.test")));
    let known_before = [of("old", Some("newcomers"))];
    import.users(&caller(), &known_before, false).await.unwrap();

    let import = Import::new(&core(
        &with_profiles(knowing(None, true)).into(),
        &Policy::at("http://x.test"),
    ));
    let bad = import.users(&caller(), &[of("x", Some("nothing"))], false).await.unwrap().bad;
    assert_eq!(bad, BTreeMap::from([(0, BadRecord::UnknownProfile)]));
}

#[tokio::test]
async fn a_profile_that_becomes_automatic_invites_those_who_are_there_once() {
    let automatic =
        |id: &str, automatic| ProfileRecord { automatic: Some(automatic), ..profile_record(id) };
    let import = async |id: &str, searches: usize, record| {
        let mut ports = with_profiles(MockPorts { now: noon(), ..MockPorts::default() });
        ports
            .users
            .expect_search_by_id()
            .times(searches)
            .returning(|_, _, _, _, _| Ok(vec![user("ada")]));
        ports
            .ledger
            .expect_commit()
            .once()
            .withf(move |it| it.profiles.len() == 1 && it.jobs.len() == searches)
            .returning(|_| Ok(()));
        let import = Import::new(&core(&ports.into(), &Policy::at("http://x.test")));
        let done = import.profiles(&caller(), &[record], false).await.unwrap();
        assert_eq!(done.written, 1, "{id}");
    };
    import("manual", 1, automatic("manual", true)).await;
    import("automatic", 0, automatic("automatic", true)).await;
    import("automatic", 0, automatic("automatic", false)).await;
    let newcomers = ProfileRecord { new_only: Some(true), ..automatic("manual", true) };
    import("newcomers", 0, newcomers).await;
}

#[tokio::test]
async fn a_bad_profile_says_what_is_wrong() {
    let template = Some(Some("nothing".to_owned()));
    let lifetime = Some(Some(TimeDelta::days(31)));
    let table = [
        (
            ProfileRecord { template, ..profile_record("a") },
            "`template` names a template that does not exist",
        ),
        (
            ProfileRecord { lifetime, ..profile_record("a") },
            "`lifetime` must be between 60 s and 2592000 s",
        ),
    ];
    for (record, expected) in table {
        let mut ports = with_profiles(MockPorts { now: noon(), ..MockPorts::default() });
        ports.postman.expect_has_template().returning(|_| false);
        let import = Import::new(&core(&ports.into(), &Policy::at("http://x.test")));
        let bad = import.profiles(&caller(), &[record], false).await.unwrap().bad;
        assert_eq!(bad[&0].to_string(), expected);
    }
    let reader = Caller { authority: Authority::Helpdesk, ..caller() };
    let ports = MockPorts::default().into();
    let import = Import::new(&core(&ports, &Policy::at("http://x.test")));
    let error = import.profiles(&reader, &[profile_record("a")], false).await;
    assert!(matches!(error, Err(ImportError::Forbidden)));
}

#[tokio::test]
async fn a_role_is_brought_in_and_keeps_what_is_not_said() {
    let world = FakeStore::of(vec![], vec![]);
    let full = RoleRecord {
        name: Some("Cook".to_owned()),
        organization: Some(place("team")),
        description: Some("Cooks.".to_owned()),
        permissions: Some(vec!["cook".to_owned()]),
        ..role_record("cook")
    };
    assert_eq!(roles(&world, &[full]).await.written, 1);
    let expected = Role {
        organization: Some(place("team")),
        description: Some("Cooks.".to_owned()),
        permissions: vec!["cook".to_owned()],
        ..Role::new(RoleId::parse("cook").unwrap(), caller().tenant, "Cook".to_owned(), noon())
    };
    assert_eq!(world.state().roles, std::slice::from_ref(&expected));
    assert_eq!(roles(&world, &[role_record("cook")]).await.written, 1);
    assert_eq!(world.state().roles, std::slice::from_ref(&expected.clone().touched(noon())));
    let same = RoleRecord { organization: Some(place("team")), ..role_record("cook") };
    let renamed = RoleRecord { name: Some("Chef".to_owned()), ..same };
    assert_eq!(roles(&world, &[renamed]).await.written, 1);
    let renamed = Role { name: "Chef".to_owned(), version: 3, ..expected };
    assert_eq!(world.state().roles, [renamed]);
}

#[tokio::test]
async fn a_bad_role_says_what_is_wrong() {
    let named =
        |id: &str, name: &str| RoleRecord { name: Some(name.to_owned()), ..role_record(id) };
    let within = |to: &str, it| RoleRecord { organization: Some(place(to)), ..it };
    let taken = "`email, username, code, name or pin` is taken by another one";
    for (records, number, expected) in [
        (vec![role_record("new")], 0, "`name` is missing, and there is none yet"),
        (vec![named("a", "A"), named("a", "B")], 1, "`id` is the same as in an earlier record"),
        (vec![named("a", "A"), named("b", "a")], 1, "`name` is taken by another one"),
        (vec![named("a", "The READER")], 0, taken),
        (
            vec![within("gone", named("a", "A"))],
            0,
            "`organization` names an organization that does not exist",
        ),
        (
            vec![within("team", role_record("reader"))],
            0,
            "`organization` of a role cannot be changed",
        ),
        (vec![named("a", &"x".repeat(121))], 0, "`name` must not be longer than 120 characters"),
    ] {
        let world = FakeStore::of(vec![], vec![]);
        world.state().roles.push(role("reader"));
        let imported = roles(&world, &records).await;
        assert_eq!((imported.written, imported.bad.len()), (0, 1), "{expected}");
        assert_eq!(imported.bad[&number].to_string(), expected);
        assert_eq!(world.written(), []);
    }
    // In another place a name may be the same.
    let world = FakeStore::of(vec![], vec![]);
    let records = [named("a", "A"), within("team", named("b", "A"))];
    assert_eq!(roles(&world, &records).await.written, 2);
}

#[tokio::test]
async fn an_organization_keeps_what_is_not_said() {
    let world = FakeStore::of(vec![], vec![]);
    let import = Import::new(&core(&world.ports, &Policy::at("http://x.test")));
    let domain = Domain { name: "example.org".to_owned(), verified: true, default: false };
    let texts = |it: &str| Some(vec![it.to_owned()]);
    let full = OrganizationRecord {
        name: Some("New".to_owned()),
        code: Some("N".to_owned()),
        display_name: Some("The new one".to_owned()),
        logo_url: Some("https://new.example".to_owned()),
        domains: Some(vec![domain.clone()]),
        only: texts("only.example"),
        deny: texts("deny.example"),
        join: Some(true),
        metadata: Some(Document("{\"a\":1}".to_owned())),
        active: Some(false),
        seats: Some(Some(3)),
        parent: Some(place("team")),
        ..OrganizationRecord::of(place("new"))
    };
    import.organizations(&caller(), &[full], false).await.unwrap();
    let policies = Policies {
        only: vec!["only.example".to_owned()],
        deny: vec!["deny.example".to_owned()],
        join: true,
        ..Policies::default()
    };
    let expected = Organization {
        code: Some("N".to_owned()),
        display_name: Some("The new one".to_owned()),
        logo_url: Some("https://new.example".to_owned()),
        domains: vec![domain],
        policies,
        metadata: Document("{\"a\":1}".to_owned()),
        active: false,
        seats: Some(3),
        parent: Some(place("team")),
        ..Organization::new(place("new"), caller().tenant, "New".to_owned(), noon())
    };
    assert_eq!(world.organization("new"), expected);
    // What others' policies are is never said here, and so it stays.
    let foreign = |mut it: Organization| {
        it.policies.foreign = Document("{\"theirs\":1}".to_owned());
        it
    };
    world.state().reform("new", foreign);
    let expected = foreign(expected);
    let nothing = OrganizationRecord::of(place("new"));
    import.organizations(&caller(), std::slice::from_ref(&nothing), false).await.unwrap();
    assert_eq!(world.organization("new"), expected.clone().touched(noon()));
    let unlimited = OrganizationRecord { seats: Some(None), ..nothing };
    import.organizations(&caller(), &[unlimited], false).await.unwrap();
    assert_eq!(world.organization("new").seats, None);
}

fn role_record(id: &str) -> RoleRecord {
    let id = RoleId::parse(id).unwrap();
    RoleRecord { id, name: None, organization: None, description: None, permissions: None }
}

async fn roles(world: &FakeStore, records: &[RoleRecord]) -> Imported {
    let import = Import::new(&core(&world.ports, &Policy::at("http://x.test")));
    import.roles(&caller(), records, false).await.unwrap()
}

fn profile_record(id: &str) -> ProfileRecord {
    ProfileRecord {
        id: ProfileId::parse(id).unwrap(),
        address: None,
        lifetime: None,
        template: None,
        locale: None,
        automatic: None,
        new_only: None,
        repeat: None,
    }
}

/// Profiles called automatic, newcomers and manual; the first two since noon.
fn with_profiles(mut ports: MockPorts) -> MockPorts {
    ports.profiles.expect_find_many().returning(|tenant, ids| {
        let profile = |id: &ProfileId| {
            let automatic_since = (id.as_str() != "manual").then(noon);
            let new_only = id.as_str() == "newcomers";
            let known = ["automatic", "newcomers", "manual"].contains(&id.as_str());
            let it = Profile::new(id.clone(), tenant, noon());
            known.then_some(Profile { automatic_since, new_only, ..it })
        };
        Ok(ids.iter().map(profile).collect())
    });
    ports
}

fn knowing(held: Option<User>, organizations: bool) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.users.expect_find_many().returning(move |_, who| Ok(vec![held.clone(); who.len()]));
    ports.organizations.expect_memberships().returning(|_, _| Ok(vec![]));
    ports.organizations.expect_find_many().returning(move |_, ids| {
        Ok(ids.iter().map(|it| organizations.then(|| organization(it.as_str()))).collect())
    });
    ports
}
