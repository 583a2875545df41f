//! The directory knows where people stand.

use usher_domain::{Address, Membership, OrganizationId, Profile, User, UserRef};

use crate::{
    ports::{
        directory::{Directory, InviteeQuery},
        ledger::{Changes, Ledger},
    },
    testing::{
        TENANT,
        contract::{
            OTHER, commit, id, invitations, invited, invited_to, organization_id, profile,
            profile_id, seconds, users,
        },
        invitation, mailbox, membership, user, user_id,
    },
};

fn ask(who: UserRef, organization: Option<&str>) -> InviteeQuery {
    InviteeQuery { who, organization: organization.map(organization_id) }
}

fn by_mailbox(text: &str) -> UserRef {
    UserRef::Mailbox(mailbox(text))
}

fn by_id(text: &str) -> UserRef {
    UserRef::Id(user_id(text))
}

fn by_username(text: &str) -> UserRef {
    UserRef::Username(text.to_owned())
}

pub async fn answers_are_in_the_order_of_the_questions(store: impl Ledger + Directory) {
    commit(&store, users(vec![user("ada"), user("bob")])).await;
    let who = [
        by_username("bob"),
        by_username("nobody"),
        by_mailbox("ada@example.org"),
        by_mailbox("nobody@example.org"),
        by_id("ada"),
        by_id("nobody"),
        by_username("bob"),
    ];
    let found = store.resolve(TENANT, &who.map(|it| ask(it, None))).await.unwrap();
    let (ada, bob) = (Some(user("ada")), Some(user("bob")));
    let found: Vec<_> = found.into_iter().map(|it| it.user).collect();
    assert!(found == [bob.clone(), None, ada.clone(), None, ada, None, bob]);
    assert!(store.resolve(TENANT, &[]).await.unwrap().is_empty());
}

pub async fn usernames_and_mailboxes_are_compared_without_case(store: impl Ledger + Directory) {
    let zoe = User {
        username: Some("Zoë".to_owned()),
        mailbox: Some(mailbox("Straße@Bücher.Example")),
        ..user("zoe")
    };
    commit(&store, users(vec![zoe])).await;
    for who in [by_username("ZOË"), by_mailbox("STRAßE@xn--bcher-kva.EXAMPLE")] {
        let found = store.resolve(TENANT, &[ask(who, None)]).await.unwrap();
        assert_eq!(found[0].user.as_ref().unwrap().id, user_id("zoe"));
    }
    // A mail server may deliver it to somebody else.
    let other = by_mailbox("Strasse@Bücher.Example");
    let found = store.resolve(TENANT, &[ask(other, None)]).await.unwrap();
    assert!(found[0].user.is_none());
    let found = store.resolve(TENANT, &[ask(by_id("ZOE"), None)]).await.unwrap();
    assert!(found[0].user.is_none(), "ids are compared as they are");
}

pub async fn a_personal_mailbox_names_nobody(store: impl Ledger + Directory) {
    let ada = User { personal_mailbox: Some(mailbox("ada@home.example")), ..user("ada") };
    commit(&store, users(vec![ada])).await;
    let question = ask(by_mailbox("ada@home.example"), None);
    let found = store.resolve(TENANT, &[question]).await.unwrap();
    assert!(found[0].user.is_none());
}

pub async fn members_are_told_by_organization(store: impl Ledger + Directory) {
    commit(
        &store,
        Changes {
            users: vec![user("ada"), user("bob")],
            memberships: vec![membership("ada", "x"), membership("bob", "y")],
            ..Changes::default()
        },
    )
    .await;
    let questions = [
        ask(by_id("ada"), Some("x")),
        ask(by_id("ada"), Some("y")),
        ask(by_id("ada"), None),
        ask(by_username("bob"), Some("y")),
        ask(by_mailbox("bob@example.org"), Some("x")),
        ask(by_mailbox("ada@example.org"), Some("x")),
        ask(by_mailbox("nobody@example.org"), Some("x")),
    ];
    let found = store.resolve(TENANT, &questions).await.unwrap();
    let member: Vec<_> = found.iter().map(|it| it.member).collect();
    assert_eq!(member, [true, false, false, true, false, true, false]);
}

pub async fn what_is_pending_is_told_by_place(store: impl Ledger + Directory) {
    let personal = User { personal_mailbox: Some(mailbox("c@example.org")), ..user("ada") };
    let homeless = User { mailbox: None, ..user("bob") };
    commit(&store, users(vec![personal, homeless])).await;
    let all = vec![
        invitation(1, "ada"),
        invited_to(2, "ada", "x"),
        invited_to(3, "new", "x"),
        invitation(4, "c"),
        invited_to(5, "c", "y"),
    ];
    commit(&store, invitations(all)).await;
    let questions = [
        ask(by_id("ada"), None),
        ask(by_username("ada"), Some("x")),
        ask(by_mailbox("ADA@example.org"), Some("y")),
        ask(by_mailbox("ADA@example.org"), None),
        ask(by_mailbox("NEW@Example.org"), Some("x")),
        ask(by_mailbox("new@example.org"), None),
        ask(by_id("bob"), None),
        ask(by_mailbox("c@example.org"), None),
        ask(by_mailbox("c@example.org"), Some("y")),
        ask(by_mailbox("c@example.org"), Some("x")),
        ask(by_mailbox("ada@example.org"), None),
    ];
    let found = store.resolve(TENANT, &questions).await.unwrap();
    let pending: Vec<_> = found.iter().map(|it| it.pending.as_ref().map(|it| it.id)).collect();
    let [one, two, three, four, five] = [1, 2, 3, 4, 5].map(|it| Some(id(it)));
    assert_eq!(pending, [one, two, None, one, three, None, None, four, five, None, one]);
    assert_eq!(found[3].pending, Some(invitation(1, "ada")));
}

pub async fn what_is_over_does_not_hold_a_place(store: impl Ledger + Directory) {
    let all: Vec<_> = (1..=5).map(invited).collect();
    commit(&store, invitations(all.clone())).await;
    let later = all[3].expires_at;
    let over = vec![
        all[0].accept(user_id("ada"), seconds(1)).unwrap(),
        all[1].decline(seconds(1)).unwrap(),
        all[2].revoke(all[2].creator.clone(), seconds(1)).unwrap(),
        all[3].lapse(later).unwrap(),
    ];
    commit(&store, invitations(over)).await;
    let questions: Vec<_> =
        all.iter().map(|it| ask(UserRef::Mailbox(it.mailbox.clone()), None)).collect();
    let found = store.resolve(TENANT, &questions).await.unwrap();
    let pending: Vec<_> = found.iter().map(|it| it.pending.as_ref().map(|it| it.id)).collect();
    // The last one's time is over as well, but it was not said so.
    assert_eq!(pending, [None, None, None, None, Some(id(5))]);
}

/// A user of a kind, who has two addresses: `ada@example.org` and `ada@home.example`.
fn of_kind(name: &str, profile: &str) -> User {
    User {
        personal_mailbox: Some(mailbox(&format!("{name}@home.example"))),
        invitation_profile: Some(profile_id(profile)),
        ..user(name)
    }
}

pub async fn a_profile_comes_with_its_user(store: impl Ledger + Directory) {
    let (staff, guests) = (profile("staff"), Profile { repeat: true, ..profile("guests") });
    let theirs = Profile { tenant: OTHER, ..profile("lost") };
    let people = vec![
        of_kind("ada", "staff"),
        of_kind("bob", "guests"),
        of_kind("cyd", "staff"),
        of_kind("dan", "lost"),
        user("eve"),
    ];
    let profiles = vec![staff.clone(), guests.clone(), theirs];
    commit(&store, Changes { profiles, ..users(people) }).await;
    let who = [
        by_id("bob"),
        by_username("ada"),
        by_mailbox("cyd@example.org"),
        by_id("dan"),
        by_id("eve"),
        by_mailbox("nobody@example.org"),
    ];
    let found = store.resolve(TENANT, &who.map(|it| ask(it, None))).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|it| it.profile).collect();
    assert_eq!(found, [Some(guests), Some(staff.clone()), Some(staff), None, None, None]);
}

pub async fn a_profile_may_name_the_personal_address(store: impl Ledger + Directory) {
    let home = Profile { address: Address::Personal, ..profile("home") };
    let homeless = User { personal_mailbox: None, ..of_kind("cyd", "home") };
    let people = vec![of_kind("ada", "home"), of_kind("bob", "work"), homeless];
    let mut pending: Vec<_> =
        (1..).zip(["ada", "bob", "cyd"]).map(|(n, name)| invitation(n, name)).collect();
    for (n, name) in (4..).zip(["ada", "bob", "cyd"]) {
        let mut it = invited_to(n, name, "x");
        it.mailbox = mailbox(&format!("{name}@home.example"));
        pending.push(it.clone());
        it.id = id(n + 3);
        it.offer.organization = None;
        pending.push(it);
    }
    let profiles = vec![home, profile("work")];
    commit(&store, Changes { profiles, invitations: pending, ..users(people) }).await;
    let questions = [
        ask(by_id("ada"), None),
        ask(by_username("ada"), Some("x")),
        ask(by_id("bob"), None),
        ask(by_id("bob"), Some("x")),
        ask(by_id("cyd"), None),
        // Whoever asks for a mailbox means that one.
        ask(by_mailbox("ada@example.org"), None),
    ];
    let found = store.resolve(TENANT, &questions).await.unwrap();
    let pending: Vec<_> = found.iter().map(|it| it.pending.as_ref().map(|it| it.id)).collect();
    assert_eq!(pending, [Some(id(7)), Some(id(4)), Some(id(2)), None, None, Some(id(1))]);
    let places: Vec<_> = found.iter().zip(&questions).map(|(it, q)| it.mailbox(&q.who)).collect();
    let home = Some(mailbox("ada@home.example"));
    assert_eq!(places[..2], [home.clone(), home]);
    assert_eq!(places[4..], [None, Some(mailbox("ada@example.org"))]);
}

pub async fn a_tenant_never_sees_another(store: impl Ledger + Directory) {
    let mut theirs = invited_to(1, "ada", "x");
    theirs.tenant = OTHER;
    commit(
        &store,
        Changes {
            users: vec![User { tenant: OTHER, ..user("ada") }, user("bob")],
            memberships: vec![Membership { tenant: OTHER, ..membership("bob", "x") }],
            invitations: vec![theirs],
            ..Changes::default()
        },
    )
    .await;
    let questions = [
        ask(by_id("ada"), Some("x")),
        ask(by_username("ada"), Some("x")),
        ask(by_mailbox("ada@example.org"), Some("x")),
        ask(by_id("bob"), Some("x")),
    ];
    let found = store.resolve(TENANT, &questions).await.unwrap();
    assert!(found.iter().take(3).all(|it| it.user.is_none() && it.pending.is_none()));
    assert!(found[3].user.is_some() && !found[3].member);
    let found = store.resolve(OTHER, &questions[..3]).await.unwrap();
    assert!(found.iter().all(|it| it.user.is_some() && it.pending.is_some()));
}

pub async fn a_batch_of_10_000_is_resolved(store: impl Ledger + Directory) {
    let people: Vec<_> = (0..10_000).step_by(2).map(|it| user(&format!("u{it}"))).collect();
    let all = (0..10_000).step_by(3).map(invited).collect();
    commit(&store, users(people)).await;
    commit(&store, invitations(all)).await;
    let organization: Option<OrganizationId> = None;
    let questions: Vec<_> = (0..10_000)
        .map(|it| InviteeQuery {
            who: match it % 4 {
                0 => by_id(&format!("u{it}")),
                2 => by_username(&format!("U{it}")),
                _ => by_mailbox(&format!("U{it}@example.org")),
            },
            organization: organization.clone(),
        })
        .collect();
    let found = store.resolve(TENANT, &questions).await.unwrap();
    assert_eq!(found.len(), 10_000);
    for (n, it) in (0..).zip(found) {
        assert_eq!(it.user.map(|it| it.id), (n % 2 == 0).then(|| user_id(&format!("u{n}"))));
        assert_eq!(it.pending.map(|it| it.id), (n % 3 == 0).then(|| id(n)));
    }
}
