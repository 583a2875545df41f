use usher_domain::{Authority, RoleId};

use super::*;
use crate::{
    policy::Policy,
    testing::{
        caller, core,
        fake_store::{FakeStore, place},
        noon, role,
    },
};

#[tokio::test]
async fn a_role_is_imported_and_keeps_what_is_not_said() {
    let store = FakeStore::of(vec![], vec![]);
    let full = RoleRecord {
        name: Some("Cook".to_owned()),
        organization: Some(place("team")),
        description: Some("Cooks.".to_owned()),
        permissions: Some(vec!["cook".to_owned()]),
        given_by: Some(Authority::Helpdesk),
        ..role_record("cook")
    };
    assert_eq!(roles(&store, &[full]).await.written, 1);
    let expected = Role {
        organization: Some(place("team")),
        description: Some("Cooks.".to_owned()),
        permissions: vec!["cook".to_owned()],
        given_by: Authority::Helpdesk,
        ..Role::new(RoleId::parse("cook").unwrap(), caller().tenant, "Cook".to_owned(), noon())
    };
    assert_eq!(store.state().roles, std::slice::from_ref(&expected));
    assert_eq!(roles(&store, &[role_record("cook")]).await.written, 1);
    assert_eq!(store.state().roles, std::slice::from_ref(&expected.clone().touched(noon())));
    let same = RoleRecord { organization: Some(place("team")), ..role_record("cook") };
    let renamed = RoleRecord { name: Some("Chef".to_owned()), ..same };
    assert_eq!(roles(&store, &[renamed]).await.written, 1);
    let renamed = Role { name: "Chef".to_owned(), version: 3, ..expected };
    assert_eq!(store.state().roles, [renamed]);
    for written in store.written() {
        let [note] = &written.audit[..] else { panic!("one entry for one record") };
        assert_eq!((note.action, &note.actor), (Action::Imported, &caller().actor));
        assert_eq!(note.subject, Subject::Role(role("cook").id));
    }
}

#[tokio::test]
async fn a_bad_role_says_what_is_wrong() {
    let named =
        |id: &str, name: &str| RoleRecord { name: Some(name.to_owned()), ..role_record(id) };
    let within = |to: &str, it| RoleRecord { organization: Some(place(to)), ..it };
    let taken = "the mailbox, username, code, name or pin is taken by another one";
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
        let store = FakeStore::of(vec![], vec![]);
        store.state().roles.push(role("reader"));
        let imported = roles(&store, &records).await;
        assert_eq!((imported.written, imported.bad.len()), (0, 1), "{expected}");
        assert_eq!(imported.bad[&number].to_string(), expected);
        assert_eq!(store.written(), []);
    }
    // In another place a name may be the same.
    let store = FakeStore::of(vec![], vec![]);
    let records = [named("a", "A"), within("team", named("b", "A"))];
    assert_eq!(roles(&store, &records).await.written, 2);
}

fn role_record(id: &str) -> RoleRecord {
    let id = RoleId::parse(id).unwrap();
    RoleRecord {
        id,
        name: None,
        organization: None,
        description: None,
        permissions: None,
        given_by: None,
    }
}

async fn roles(store: &FakeStore, records: &[RoleRecord]) -> Imported {
    let import = ImportRoles::new(&core(&store.ports, &Policy::at("http://x.test")));
    import.run(&caller(), records, false).await.unwrap()
}
