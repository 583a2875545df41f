use usher_domain::{Authority, Document, Policies, TextRule};

use super::*;
use crate::{
    organizations::draft::tests::{domain, full},
    policy::Policy,
    testing::{
        caller, core,
        fake_store::{FakeStore, below, bound_to, place},
        noon,
    },
};

/// One thing that a draft names, and the organization with it.
type Case = (OrganizationDraft, fn(Organization) -> Organization);

#[tokio::test]
async fn each_field_changes_alone() {
    let full = full();
    let none = OrganizationDraft::default;
    let cases: [Case; 11] = [
        (OrganizationDraft { name: Some(" New ".to_owned()), ..none() }, |it| Organization {
            name: "New".to_owned(),
            ..it
        }),
        (OrganizationDraft { display_name: full.display_name, ..none() }, |it| Organization {
            display_name: Some("The newest".to_owned()),
            ..it
        }),
        (OrganizationDraft { display_name: Some(None), ..none() }, |it| Organization {
            display_name: None,
            ..it
        }),
        (OrganizationDraft { logo_url: full.logo_url, ..none() }, |it| Organization {
            logo_url: Some("https://new.example/logo.png".to_owned()),
            ..it
        }),
        (OrganizationDraft { logo_url: Some(None), ..none() }, |it| Organization {
            logo_url: None,
            ..it
        }),
        (OrganizationDraft { domains: full.domains, ..none() }, |it| Organization {
            domains: vec![domain()],
            ..it
        }),
        (OrganizationDraft { policies: full.policies, ..none() }, |it| Organization {
            policies: Policies { join: true, ..Policies::default() },
            ..it
        }),
        (OrganizationDraft { metadata: full.metadata, ..none() }, |it| Organization {
            metadata: Document("{\"a\":1}".to_owned()),
            ..it
        }),
        (OrganizationDraft { active: full.active, ..none() }, |it| Organization {
            active: false,
            ..it
        }),
        (OrganizationDraft { seats: full.seats, ..none() }, |it| Organization {
            seats: Some(7),
            ..it
        }),
        (OrganizationDraft { seats: Some(None), ..none() }, |it| Organization {
            seats: None,
            ..it
        }),
    ];
    for (draft, with) in cases {
        let world = world().with("team", decked);
        world.pass(chrono::TimeDelta::seconds(1));
        let later = world.ports.clock.now();
        let after = update(&world, &caller(), "team", &draft).await.unwrap();
        let expected = with(decked(below("team", "top"))).touched(later);
        assert_eq!(after, expected, "{draft:?}");
        let changes = world.once_written();
        assert_eq!(changes.organizations, [after]);
        let [entry] = &changes.audit[..] else { panic!("one entry") };
        assert_eq!(entry.action, Action::OrganizationChanged);
        assert_eq!(entry.subject, Subject::Organization(place("team")));
    }
}

#[tokio::test]
async fn what_an_organization_is_made_of_is_bounded() {
    let none = OrganizationDraft::default;
    let named = |name: &str| OrganizationDraft { name: Some(name.to_owned()), ..none() };
    let shown =
        |length| OrganizationDraft { display_name: Some(Some("x".repeat(length))), ..none() };
    for (good, bad, field) in [
        (named(&"x".repeat(120)), named(&"x".repeat(121)), "name"),
        (shown(120), shown(121), "display_name"),
    ] {
        let world = world();
        let error = update(&world, &caller(), "team", &bad).await.unwrap_err();
        let OrganizationError::Text(error) = error else { panic!("{error}") };
        assert_eq!((error.field, error.rule), (field, TextRule::TooLong(120)));
        assert!(update(&world, &caller(), "team", &good).await.is_ok(), "{field}");
    }
    let logo = |length: usize| {
        let url = format!("https://{}", "x".repeat(length - 8));
        OrganizationDraft { logo_url: Some(Some(url)), ..none() }
    };
    let domains = |many| OrganizationDraft { domains: Some(vec![domain(); many]), ..none() };
    let metadata =
        |length| OrganizationDraft { metadata: Some(Document("x".repeat(length))), ..none() };
    let policies = |only: usize, deny: usize, foreign| {
        let some = |many| vec!["example.org".to_owned(); many];
        let foreign = Document("x".repeat(foreign));
        let policies = Policies { only: some(only), deny: some(deny), join: false, foreign };
        OrganizationDraft { policies: Some(policies), ..none() }
    };
    for (good, bad, expected) in [
        (logo(500), logo(501), OrganizationError::LogoUrl),
        (domains(100), domains(101), OrganizationError::Domains),
        (metadata(65_536), metadata(65_537), OrganizationError::Metadata),
        (policies(1_000, 0, 0), policies(1_001, 0, 0), OrganizationError::Policies),
        (policies(0, 1_000, 0), policies(0, 1_001, 0), OrganizationError::Policies),
        (policies(0, 0, 65_536), policies(0, 0, 65_537), OrganizationError::Policies),
    ] {
        let world = world();
        let error = update(&world, &caller(), "team", &bad).await.unwrap_err();
        assert_eq!(error.to_string(), expected.to_string());
        assert_eq!(world.written(), []);
        assert!(update(&world, &caller(), "team", &good).await.is_ok(), "{expected}");
    }
    for bad in ["http://x.example", "javascript:alert(1)", "https://x.example/\" onload=\"x", ""] {
        let draft = OrganizationDraft { logo_url: Some(Some(bad.to_owned())), ..none() };
        let error = update(&world(), &caller(), "team", &draft).await.unwrap_err();
        assert!(matches!(error, OrganizationError::LogoUrl), "{bad}");
    }
}

#[tokio::test]
async fn what_others_change_meanwhile_stays() {
    let world = world();
    world.before_next_commit(|it| {
        it.reform("team", |it| Organization { seats: Some(5), ..it.touched(noon()) });
    });
    let draft = OrganizationDraft { name: Some("New".to_owned()), ..OrganizationDraft::default() };
    let changed = update(&world, &caller(), "team", &draft).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.seats, changed.version), ("New", Some(5), 3));
    world.state().losing = true;
    let error = update(&world, &caller(), "team", &draft).await.unwrap_err();
    assert!(matches!(error, OrganizationError::Store(_)));
}

#[tokio::test]
async fn a_bound_key_gives_its_organization_nothing_that_is_the_tenants_to_give() {
    let world = world();
    let none = OrganizationDraft::default;
    let named = OrganizationDraft { name: Some("New".to_owned()), ..none() };
    for to in ["team", "far"] {
        assert!(update(&world, &bound_to("team"), to, &named).await.is_ok(), "{to}");
    }
    for to in ["top", "other", "gone"] {
        let error = update(&world, &bound_to("team"), to, &named).await;
        assert!(matches!(error, Err(OrganizationError::Unknown)), "{to}");
    }
    for draft in [
        OrganizationDraft { seats: Some(None), ..none() },
        OrganizationDraft { active: Some(true), ..none() },
        OrganizationDraft { domains: Some(vec![domain()]), ..none() },
    ] {
        let error = update(&world, &bound_to("team"), "team", &draft).await;
        assert!(matches!(error, Err(OrganizationError::Forbidden)), "{draft:?}");
    }
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let error = update(&world, &helpdesk, "team", &named).await;
    assert!(matches!(error, Err(OrganizationError::Forbidden)));
}

fn world() -> FakeStore {
    FakeStore::of(vec![], vec![])
}

/// With something in every field.
fn decked(it: Organization) -> Organization {
    Organization {
        display_name: Some("Old".to_owned()),
        logo_url: Some("https://old.example".to_owned()),
        policies: Policies { deny: vec!["bad.example".to_owned()], ..Policies::default() },
        metadata: Document("{\"old\":1}".to_owned()),
        seats: Some(99),
        ..it
    }
}

async fn update(
    world: &FakeStore,
    caller: &Caller,
    id: &str,
    draft: &OrganizationDraft,
) -> Result<Organization, OrganizationError> {
    ChangeOrganization::new(&core(&world.ports, &Policy::at("http://usher.test")))
        .run(caller, &place(id), |_| draft.clone())
        .await
}
