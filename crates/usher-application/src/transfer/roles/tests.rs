use usher_domain::{Authority, Membership, RoleId, User};

use super::*;
use crate::{
    policy::Policy,
    testing::{
        active, caller, core,
        fake_store::{FakeStore, invited_to, place},
        membership, noon, role,
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

/// Each who may hold a word, each place of the role, and each spelling.
#[tokio::test]
async fn a_word_that_somebody_holds_becomes_no_role_unless_that_is_wanted() {
    let holding = |word: &str, who: &str| {
        let roles = || vec![word.to_owned()];
        let store = FakeStore::of(vec![], vec![]);
        match who {
            "member" => {
                let held = Membership { roles: roles(), ..membership("ada", "team") };
                store.state().memberships.push(held);
            }
            "user" => store.state().users.push(User { roles: roles(), ..active("ada") }),
            _ => {
                let mut it = invited_to(1, "ada", "team");
                it.offer.roles = roles();
                store.state().invitations.push(it);
            }
        }
        store
    };
    let chief = |organization: Option<&str>| RoleRecord {
        name: Some("The Chief".to_owned()),
        organization: organization.map(place),
        ..role_record("Chief")
    };
    for (word, who, place, expected) in [
        ("Chief", "member", None, Some("`id`")),
        ("Chief", "member", Some("team"), Some("`id`")),
        ("Chief", "member", Some("other"), None),
        ("Chief", "user", None, Some("`id`")),
        ("Chief", "user", Some("team"), None),
        ("Chief", "invitation", None, Some("`id`")),
        ("Chief", "invitation", Some("team"), Some("`id`")),
        ("Chief", "invitation", Some("other"), None),
        ("chief", "member", None, Some("`id`")),
        ("The Chief", "member", None, Some("`name`")),
        ("the chief", "member", None, Some("`name`")),
        ("another", "member", None, None),
    ] {
        let what = format!("{word} {who} {place:?}");
        let store = holding(word, who);
        let imported = roles(&store, &[chief(place)]).await;
        assert_eq!(imported.written, usize::from(expected.is_none()), "{what}");
        if let Some(field) = expected {
            let why = imported.bad[&0].to_string();
            let holder = match who {
                "member" => "user `ada` in organization `team`",
                "user" => "user `ada`",
                _ => "invitation `00000000000000000000000000000001`",
            };
            assert!(why.starts_with(field) && why.contains(holder), "{what}: {why}");
            assert_eq!(store.written(), [], "{what}");
            let import = ImportRoles::new(&core(&store.ports, &Policy::at("http://x.test")));
            let adopted = import.run(&caller(), &[chief(place)], false, true).await.unwrap();
            assert_eq!(adopted.written, 1, "{what}");
        }
    }
}

#[tokio::test]
async fn whoever_holds_a_role_does_not_keep_it_from_being_imported_again() {
    let store = FakeStore::of(vec![], vec![membership("ada", "team")]);
    let held = store.member("ada", "team").unwrap().roles[0].clone();
    store.state().roles.push(role(&held));
    let again = RoleRecord { name: Some("Other".to_owned()), ..role_record(&held) };
    assert_eq!(roles(&store, &[again]).await.written, 1);
    // A name that is the id of another role is no word either.
    let named = RoleRecord { name: Some(held), ..role_record("new") };
    assert_eq!(roles(&store, &[named]).await.written, 1);
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
    import.run(&caller(), records, false, false).await.unwrap()
}
