use std::collections::BTreeMap;

use chrono::TimeDelta;
use usher_domain::{BadPasswordHash, Document, TextRule};

use super::*;
use crate::{
    policy::Policy,
    ports::ledger::CommitError,
    testing::{MockPorts, active, caller, core, mailbox, noon, organization, user, user_id},
    transfer::import::tests::with_profiles,
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
    let import = ImportUsers::new(&core(&ports.into(), &Policy::at("http://x.test")));
    let done = import.run(&caller(), &[record], false).await.unwrap();
    (done, receiver.recv().unwrap())
}

#[tokio::test]
async fn one_bad_record_stops_all_unless_told_to_go_on() {
    let records = [record("ada"), record("ada"), record("bob")];
    let import = ImportUsers::new(&core(&knowing(None, true).into(), &Policy::at("http://x.test")));
    let stopped = import.run(&caller(), &records, false).await.unwrap();
    assert_eq!(stopped.written, 0);
    assert_eq!(stopped.bad, BTreeMap::from([(1, BadRecord::Double)]));
    let mut ports = knowing(None, true);
    ports.ledger.expect_commit().once().withf(|it| it.users.len() == 2).return_once(|_| Ok(()));
    let import = ImportUsers::new(&core(&ports.into(), &Policy::at("http://x.test")));
    let went_on = import.run(&caller(), &records, true).await.unwrap();
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
    let control = BadRecord::Text { field: RecordField::FirstName, rule: TextRule::Control };
    let table = [
        (
            UserRecord { mailbox: None, username: None, ..record("a") },
            BadRecord::Missing(RecordField::Mailbox),
        ),
        (
            UserRecord { password: Some("hunter2".to_owned()), ..record("b") },
            BadRecord::PasswordHash(BadPasswordHash::Form),
        ),
        (
            UserRecord { password: Some(format!("$2b$15${}", "a".repeat(53))), ..record("g") },
            BadRecord::PasswordHash(BadPasswordHash::Cost),
        ),
        (
            UserRecord { profile: Some(Document("x".repeat(Document::MAX + 1))), ..record("h") },
            BadRecord::Document(RecordField::Profile),
        ),
        (
            UserRecord { attributes: Some(Document("x".repeat(Document::MAX + 1))), ..record("i") },
            BadRecord::Document(RecordField::Attributes),
        ),
        (UserRecord { memberships: vec![team("12a")], ..record("c") }, BadRecord::Pin),
        (UserRecord { first_name: Some("a\nb".to_owned()), ..record("d") }, control),
        (
            UserRecord { mailbox: box_of("b"), ..record("e") },
            BadRecord::Taken(RecordField::Mailbox),
        ),
        (
            UserRecord { memberships: vec![team("1234"), team("1234")], ..record("f") },
            BadRecord::Taken(RecordField::Memberships),
        ),
        (
            UserRecord { username: Some("a@example.org".to_owned()), ..record("j") },
            BadRecord::Text { field: RecordField::Username, rule: TextRule::ForeignMailbox },
        ),
    ];
    let records: Vec<_> = table.iter().map(|(it, _)| it.clone()).collect();
    let import = ImportUsers::new(&core(&knowing(None, true).into(), &Policy::at("http://x.test")));
    let done = import.run(&caller(), &records, false).await.unwrap();
    let found: Vec<_> = done.bad.into_values().collect();
    assert_eq!(found, table.map(|(_, it)| it));
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
    let import =
        ImportUsers::new(&core(&knowing(None, false).into(), &Policy::at("http://x.test")));
    let done = import.run(&caller(), &records, false).await.unwrap();
    let unknown = BadRecord::UnknownOrganization;
    assert_eq!(
        done.bad,
        BTreeMap::from([(0, unknown(RecordField::Home)), (1, unknown(RecordField::Memberships))])
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
    let import = ImportUsers::new(&core(&ports.into(), &Policy::at("http://x.test")));
    let done = import.run(&caller(), &[record("ada"), record("bob")], true).await.unwrap();
    assert_eq!((done.written, done.bad), (1, BTreeMap::from([(0, BadRecord::Conflict)])));
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
    let import = ImportUsers::new(&core(&ports.into(), &Policy::at("http://x.test")));
    let records = [
        of("auto", Some("automatic")),
        of("new", Some("newcomers")),
        of("manual", Some("manual")),
        of("none", None),
    ];
    assert_eq!(import.run(&caller(), &records, false).await.unwrap().written, 4);

    let old = User { created_at: noon() - TimeDelta::seconds(1), ..user("old") };
    let mut ports = with_profiles(knowing(Some(old), true));
    ports.ledger.expect_commit().once().withf(|it| it.tasks.is_empty()).returning(|_| Ok(()));
    let import = ImportUsers::new(&core(&ports.into(), &Policy::at("http://x.test")));
    let known_before = [of("old", Some("newcomers"))];
    import.run(&caller(), &known_before, false).await.unwrap();

    let import = ImportUsers::new(&core(
        &with_profiles(knowing(None, true)).into(),
        &Policy::at("http://x.test"),
    ));
    let bad = import.run(&caller(), &[of("x", Some("nothing"))], false).await.unwrap().bad;
    assert_eq!(bad, BTreeMap::from([(0, BadRecord::UnknownProfile)]));
}

#[tokio::test]
async fn whoever_imports_vouches_for_addresses_but_not_for_an_account_in_unproven_hands() {
    let earlier = noon() - TimeDelta::days(1);
    let is_in = |proven| User { mailbox_proven_at: proven, ..active("ada") };
    let moved = UserRecord { mailbox: Some(mailbox("new@example.org")), ..record("ada") };
    let silent = UserRecord { mailbox: None, ..record("ada") };
    let said = |it| UserRecord { mailbox_proven_at: Some(it), ..record("ada") };
    let table = [
        (None, record("ada"), Some(noon())),
        (None, said(None), None),
        (None, said(Some(earlier)), Some(earlier)),
        (Some(user("ada")), record("ada"), Some(noon())),
        (Some(is_in(Some(earlier))), record("ada"), Some(earlier)),
        (Some(is_in(Some(earlier))), silent.clone(), Some(earlier)),
        (Some(is_in(Some(earlier))), moved.clone(), Some(noon())),
        (Some(is_in(Some(earlier))), said(None), None),
        (Some(is_in(None)), record("ada"), None),
        (Some(is_in(None)), moved, None),
        (Some(is_in(None)), silent, None),
        (Some(is_in(None)), said(Some(earlier)), Some(earlier)),
    ];
    for (number, (held, record, expected)) in table.into_iter().enumerate() {
        let mut ports = knowing(held, true);
        let is_expected = move |it: &Changes| it.users[0].mailbox_proven_at == expected;
        ports.ledger.expect_commit().once().withf(is_expected).returning(|_| Ok(()));
        let import = ImportUsers::new(&core(&ports.into(), &Policy::at("http://x.test")));
        let done = import.run(&caller(), &[record], false).await.unwrap();
        assert_eq!(done.written, 1, "{number}");
    }
}

/// `ada` with the mailbox `ada@example.org`, and nothing else.
fn record(id: &str) -> UserRecord {
    UserRecord {
        id: user_id(id),
        username: None,
        mailbox: Some(mailbox(&format!("{id}@example.org"))),
        mailbox_proven_at: None,
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

fn knowing(held: Option<User>, organizations: bool) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.users.expect_find_many().returning(move |_, who| Ok(vec![held.clone(); who.len()]));
    ports.organizations.expect_memberships().returning(|_, _| Ok(vec![]));
    ports.organizations.expect_find_many().returning(move |_, ids| {
        Ok(ids.iter().map(|it| organizations.then(|| organization(it.as_str()))).collect())
    });
    ports
}

#[tokio::test]
async fn ids_and_usernames_are_not_those_of_others_in_any_form() {
    let named = |id: &str, username: &str| UserRecord {
        username: Some(username.to_owned()),
        mailbox: Some(mailbox(&format!("{id}@example.org"))),
        ..record(id)
    };
    let held = [
        User { username: Some("lea".to_owned()), ..user("kim") },
        User { username: Some("max".to_owned()), ..user("max") },
    ];
    let world = crate::testing::fake_store::FakeStore::of(held.to_vec(), vec![]);
    let import = ImportUsers::new(&core(&world.ports, &Policy::at("http://x.test")));
    let bad = async |records: &[UserRecord]| {
        let done = import.run(&caller(), records, false).await.unwrap();
        done.bad.into_iter().collect::<Vec<_>>()
    };
    let taken = BadRecord::Taken;
    let username = RecordField::Username;
    assert_eq!(
        bad(&[named("a", "kim"), named("b", "ＫＩＭ")]).await,
        [(0, taken(username)), (1, taken(username)),]
    );
    assert_eq!(bad(&[named("lea", "other")]).await, [(0, taken(RecordField::Id))]);
    assert_eq!(
        bad(&[named("c", "d"), named("d", "e")]).await,
        [(0, taken(username)), (1, taken(RecordField::Id)),]
    );
    assert_eq!(bad(&[named("f", "ä"), named("g", "A\u{308}")]).await, [(1, taken(username))]);
    let form = TextRule::ForeignMailbox;
    let foreign = BadRecord::Text { field: username, rule: form };
    assert_eq!(bad(&[named("h", "x＠example.org")]).await, [(0, foreign)]);
    // One's own id is no other's name.
    assert_eq!(bad(&[named("max", "max"), named("i", "i")]).await, []);
}
