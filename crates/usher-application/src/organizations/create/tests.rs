use usher_domain::{Authority, Document, Policies};

use super::*;
use crate::{
    organizations::draft::tests::{domain, full},
    policy::Policy,
    testing::{
        TENANT, caller, core,
        fake_store::{FakeStore, bound_to, place},
        noon,
    },
};

#[tokio::test]
async fn an_organization_is_made_as_it_was_drafted() {
    let world = world();
    let made = create(&world, &caller(), "new", &full()).await.unwrap();
    let expected = Organization {
        display_name: Some("The newest".to_owned()),
        logo_url: Some("https://new.example/logo.png".to_owned()),
        domains: vec![domain()],
        policies: Policies { join: true, ..Policies::default() },
        metadata: Document("{\"a\":1}".to_owned()),
        active: false,
        seats: Some(7),
        ..Organization::new(place("new"), TENANT, "New".to_owned(), noon())
    };
    assert_eq!(made, expected);
    let changes = world.once_written();
    assert_eq!(changes.organizations, [made]);
    let [entry] = &changes.audit[..] else { panic!("one entry") };
    assert_eq!(entry.action, Action::OrganizationCreated);
    assert_eq!(entry.subject, Subject::Organization(place("new")));
    let again = create(&world, &caller(), "new", &full()).await;
    assert!(matches!(again, Err(OrganizationError::Exists)));
    let nameless = OrganizationDraft { name: None, ..full() };
    let error = create(&world, &caller(), "x", &nameless).await;
    assert!(matches!(error, Err(OrganizationError::Nameless)));
}

#[tokio::test]
async fn only_who_administers_the_tenant_makes_organizations() {
    let world = world();
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    for caller in [helpdesk, bound_to("team")] {
        let error = create(&world, &caller, "new", &full()).await;
        assert!(matches!(error, Err(OrganizationError::Forbidden)));
    }
    assert_eq!(world.written(), []);
}

fn world() -> FakeStore {
    FakeStore::of(vec![], vec![])
}

async fn create(
    world: &FakeStore,
    caller: &Caller,
    id: &str,
    draft: &OrganizationDraft,
) -> Result<Organization, OrganizationError> {
    CreateOrganization::new(&core(&world.ports, &Policy::at("http://usher.test")))
        .run(caller, place(id), draft)
        .await
}
