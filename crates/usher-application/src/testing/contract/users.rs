//! Users are found by id, username and mailbox, and listed, within their tenant.

use usher_domain::{Authority, Document, Locale, SignInRecord, User, UserRef, UserStatus};

use crate::{
    ports::{ledger::Ledger, users::Users},
    testing::{
        TENANT,
        contract::{
            ANY_TEXT, OTHER, commit, ids_of, organization_id, profile_id, seconds, typed, users,
        },
        mailbox, noon, user, user_id,
    },
};

async fn find(store: &impl Users, id: &str) -> Option<User> {
    store.find_many(TENANT, &[UserRef::Id(user_id(id))]).await.unwrap().pop().unwrap()
}

pub(super) fn full() -> User {
    User {
        status: UserStatus::Disabled,
        username: Some("Zoë.ÅNGSTRÖM".to_owned()),
        mailbox: Some(mailbox("Zoë.Ångström@Bücher.Example")),
        personal_mailbox: Some(mailbox("\"zoë at home\"@Home.example")),
        phone: Some("+43 1 234".to_owned()),
        first_name: Some("Zoë".to_owned()),
        last_name: Some("Ångström".to_owned()),
        display_name: Some(ANY_TEXT.to_owned()),
        locale: Some(Locale::parse("zh-Hant-TW").unwrap()),
        password: Some("$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA".to_owned()),
        authority: Some(Authority::Inviter),
        roles: vec!["b".to_owned(), "a".to_owned(), ANY_TEXT.to_owned()],
        home: Some(organization_id("Ünïon")),
        invitation_profile: Some(profile_id("Zoë's 1st / 😀")),
        profile: Document("{ \"b\": 1,\n \"a\": 1.50, \"a\": \"\\u0000 twice\" }".to_owned()),
        attributes: Document("{\"ключ\":\"👩‍👩‍👧\"}".to_owned()),
        sign_in: SignInRecord { failures: 7, not_before: Some(seconds(5)) },
        reset_at: Some("2026-01-02T12:00:00.000007Z".parse().unwrap()),
        created_at: "2026-01-02T12:00:00.000001Z".parse().unwrap(),
        updated_at: "2026-01-02T12:00:00.120000Z".parse().unwrap(),
        ..User::new(user_id("zoë/1"), TENANT, noon())
    }
}

pub async fn every_field_round_trips(store: impl Ledger + Users) {
    let bare = User::new(user_id("bare"), TENANT, noon());
    commit(&store, users(vec![full(), bare.clone()])).await;
    let found = find(&store, "zoë/1").await.unwrap();
    assert!(found == full());
    assert_eq!(typed(found.mailbox.as_ref()), Some("Zoë.Ångström@Bücher.Example"));
    assert_eq!(typed(found.personal_mailbox.as_ref()), Some("\"zoë at home\"@Home.example"));
    assert!(find(&store, "bare").await == Some(bare));
    for (n, status) in
        (0..).zip([UserStatus::Unregistered, UserStatus::Pending, UserStatus::Active])
    {
        let it = User { status, ..user(&format!("s{n}")) };
        commit(&store, users(vec![it.clone()])).await;
        assert!(find(&store, it.id.as_str()).await == Some(it));
    }
}

pub async fn answers_are_in_the_order_of_the_questions(store: impl Ledger + Users) {
    commit(&store, users(vec![user("ada"), user("bob"), full()])).await;
    let who = [
        UserRef::Username("BOB".to_owned()),
        UserRef::Id(user_id("nobody")),
        UserRef::Mailbox(mailbox("ADA@Example.ORG")),
        UserRef::Id(user_id("ada")),
        UserRef::Username("nobody".to_owned()),
        UserRef::Username("zoë.ångström".to_owned()),
        UserRef::Mailbox(mailbox("ZOË.ÅNGSTRÖM@xn--bcher-kva.example")),
        UserRef::Mailbox(mailbox("\"zoë at home\"@home.example")),
        UserRef::Id(user_id("ADA")),
        UserRef::Username("BOB".to_owned()),
    ];
    let found = store.find_many(TENANT, &who).await.unwrap();
    let ids: Vec<_> = found.iter().map(|it| it.as_ref().map(|it| it.id.as_str())).collect();
    let (ada, bob, zoe) = (Some("ada"), Some("bob"), Some("zoë/1"));
    assert_eq!(ids, [bob, None, ada, ada, None, zoe, zoe, None, None, bob]);
    assert!(store.find_many(TENANT, &[]).await.unwrap().is_empty());
}

pub async fn a_change_is_seen_at_once(store: impl Ledger + Users) {
    commit(&store, users(vec![user("ada")])).await;
    let changed = User {
        mailbox: Some(mailbox("new@example.org")),
        username: None,
        ..user("ada").touched(seconds(1))
    };
    commit(&store, users(vec![changed.clone()])).await;
    let who = [
        UserRef::Mailbox(mailbox("new@example.org")),
        UserRef::Mailbox(mailbox("ada@example.org")),
        UserRef::Username("ada".to_owned()),
    ];
    assert!(store.find_many(TENANT, &who).await.unwrap() == [Some(changed), None, None]);
}

pub async fn a_list_is_in_the_order_of_ids(store: impl Ledger + Users) {
    let names = ["b", "a", "Z", "ä", "a b", "a-b", "日", "B", "😀", "\u{fffd}"];
    let mut all: Vec<_> = names.iter().map(|it| User::new(user_id(it), TENANT, noon())).collect();
    commit(&store, users(all.clone())).await;
    all.sort_by(|a, b| a.id.cmp(&b.id));
    let mut seen = Vec::new();
    for _ in 0..9 {
        let page = store.list(TENANT, ids_of(&seen).pop(), 3).await.unwrap();
        assert!(page.len() <= 3);
        seen.extend(page);
    }
    assert_eq!(ids_of(&seen), ids_of(&all));
}

pub async fn a_tenant_never_sees_anothers_users(store: impl Ledger + Users) {
    let theirs = User { tenant: OTHER, ..user("ada") };
    commit(&store, users(vec![theirs.clone()])).await;
    let who = [
        UserRef::Id(user_id("ada")),
        UserRef::Username("ada".to_owned()),
        UserRef::Mailbox(mailbox("ada@example.org")),
    ];
    assert!(store.find_many(TENANT, &who).await.unwrap().iter().all(Option::is_none));
    assert!(store.list(TENANT, None, 10).await.unwrap().is_empty());
    assert!(
        store
            .find_many(OTHER, &who)
            .await
            .unwrap()
            .into_iter()
            .all(|it| it.as_ref() == Some(&theirs))
    );
    assert!(store.list(OTHER, None, 10).await.unwrap() == [theirs]);
}

pub async fn any_text_is_kept(store: impl Ledger + Users) {
    let texts = [
        "",
        " ",
        "\"",
        "\\",
        "\\u0000",
        "'; DROP TABLE person; --",
        "$1",
        "?",
        "null",
        "12",
        "1e5",
        "true",
        "[1]",
        "{}",
        "\u{1}\u{7f}\u{2028}\u{feff}",
        ANY_TEXT,
    ];
    let all: Vec<_> = (0..)
        .zip(texts)
        .map(|(n, text)| User {
            display_name: Some(text.to_owned()),
            phone: Some(text.to_owned()),
            profile: Document(text.to_owned()),
            ..User::new(user_id(&format!("{n:02}")), TENANT, noon())
        })
        .collect();
    commit(&store, users(all.clone())).await;
    let found = store.list(TENANT, None, 100).await.unwrap();
    let shown = |all: &[User]| -> Vec<_> {
        all.iter().map(|it| (it.display_name.clone(), it.profile.clone())).collect()
    };
    assert_eq!(shown(&found), shown(&all));
    assert!(found == all);
}

pub async fn a_name_that_no_database_could_keep_is_nobodys(store: impl Ledger + Users) {
    commit(&store, users(vec![user("ada")])).await;
    let who = [UserRef::Username("a\0da".to_owned()), UserRef::Username("ada".to_owned())];
    let found = store.find_many(TENANT, &who).await.unwrap();
    assert_eq!((found[0].is_some(), found[1].is_some()), (false, true));
}
