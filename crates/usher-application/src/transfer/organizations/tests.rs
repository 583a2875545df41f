use usher_domain::{Document, Domain};

use super::*;
use crate::{
    policy::Policy,
    testing::{
        MockPorts, caller, core,
        fake_store::{FakeStore, place},
        noon, organization,
    },
};

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
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.organizations.expect_find_many().returning(|_, ids| Ok(vec![None; ids.len()]));
    ports
        .ledger
        .expect_commit()
        .once()
        .withf(|it| it.organizations.len() == 1)
        .return_once(|_| Ok(()));
    let import = ImportOrganizations::new(&core(&ports.into(), &Policy::at("http://x.test")));
    let done = import.run(&caller(), &records, true).await.unwrap();
    assert_eq!(done.written, 1);
    assert_eq!(done.bad.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(done.bad[&2], BadRecord::Missing(RecordField::Name));
}

#[tokio::test]
async fn an_organization_keeps_what_is_not_said() {
    let store = FakeStore::of(vec![], vec![]);
    let import = ImportOrganizations::new(&core(&store.ports, &Policy::at("http://x.test")));
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
    import.run(&caller(), &[full], false).await.unwrap();
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
    assert_eq!(store.organization("new"), expected);
    let [note] = &store.written()[0].audit[..] else { panic!("one entry for one record") };
    assert_eq!((note.action, &note.actor), (Action::Imported, &caller().actor));
    assert_eq!(note.subject, Subject::Organization(place("new")));
    // What others' policies are is never said here, and so it stays.
    let foreign = |mut it: Organization| {
        it.policies.foreign = Document("{\"theirs\":1}".to_owned());
        it
    };
    store.state().reform("new", foreign);
    let expected = foreign(expected);
    let nothing = OrganizationRecord::of(place("new"));
    import.run(&caller(), std::slice::from_ref(&nothing), false).await.unwrap();
    assert_eq!(store.organization("new"), expected.clone().touched(noon()));
    let unlimited = OrganizationRecord { seats: Some(None), ..nothing };
    import.run(&caller(), &[unlimited], false).await.unwrap();
    assert_eq!(store.organization("new").seats, None);
}
