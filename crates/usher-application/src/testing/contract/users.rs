//! Users are found by id, username and mailbox, and searched, within their tenant.

use chrono::TimeDelta;
use usher_domain::{
    AccountLetterKind, AccountLetters, AccountLettersId, Authority, Document, Invitation, Locale,
    User, UserId, UserRef, UserStatus,
};
use uuid::Uuid;

use crate::{
    ports::{
        invitations::{Filter, TextMatch},
        ledger::{Changes, Ledger},
        users::{Documents, UserCondition, UserField, UserOrder, UserWithStatus, Users},
    },
    testing::{
        TENANT,
        contract::{
            ANY_TEXT, OTHER, all_gifts, commit, ids_of, invitations, organization_id, profile_id,
            seconds, typed, users,
        },
        invitation, mailbox, noon, user, user_id,
    },
};

async fn find(store: &impl Users, id: &str) -> Option<User> {
    store.find_many(TENANT, &[UserRef::Id(user_id(id))]).await.unwrap().pop().unwrap()
}

pub(crate) fn full() -> User {
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
        mailbox_proven_at: Some("2026-01-02T12:00:00.000009Z".parse().unwrap()),
        void_before: Some("2026-01-02T12:00:00.000007Z".parse().unwrap()),
        letters: Some(letters(7)),
        gifts: all_gifts(),
        created_at: "2026-01-02T12:00:00.000001Z".parse().unwrap(),
        updated_at: "2026-01-02T12:00:00.120000Z".parse().unwrap(),
        ..User::new(user_id("zoë/1"), TENANT, noon())
    }
}

/// One letter of each kind, and what was before them.
fn letters(n: u128) -> AccountLetters {
    let at: usher_domain::Timestamp = "2026-01-02T12:00:00.000005Z".parse().unwrap();
    let none = AccountLetters::none(AccountLettersId(Uuid::from_u128(n)));
    let kinds = [AccountLetterKind::Reset].iter().chain(AccountLetterKind::ALL);
    let next = |letters: AccountLetters, kind: &AccountLetterKind| {
        let now = at + TimeDelta::seconds(letters.count.into());
        letters.with_next(*kind, now)
    };
    kinds.fold(none, next)
}

pub async fn whom_a_letter_was_written_to_is_told_for_every_tenant(store: impl Ledger + Users) {
    let ada = User { letters: Some(letters(1)), ..user("ada") };
    let abroad = User { letters: Some(letters(1)), tenant: OTHER, ..user("bob") };
    commit(&store, users(vec![ada.clone(), abroad.clone(), user("bob")])).await;
    let of = |tenant, n| (tenant, AccountLettersId(Uuid::from_u128(n)));
    let asked = [of(OTHER, 1), of(TENANT, 9), of(TENANT, 1), of(OTHER, 1)];
    let found = store.written_to(&asked).await.unwrap();
    assert_eq!(found, [Some(abroad.clone()), None, Some(ada.clone()), Some(abroad.clone())]);
    let next = User { letters: Some(letters(1).without_links()), version: 2, ..ada };
    commit(&store, users(vec![next.clone()])).await;
    let found = store.written_to(&asked).await.unwrap();
    assert_eq!(found, [Some(abroad.clone()), None, Some(next), Some(abroad)]);
}

/// Belongs there first of all.
pub(crate) fn at_home(id: &str, home: &str) -> User {
    User { home: Some(organization_id(home)), ..user(id) }
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
        UserRef::Mailbox(mailbox("ZOë.ÅNGSTRöM@xn--bcher-kva.example")),
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
        let page = store.list(TENANT, ids_of(&seen).pop(), 3, Documents::With).await.unwrap();
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
    assert!(store.list(TENANT, None, 10, Documents::With).await.unwrap().is_empty());
    assert!(
        store
            .find_many(OTHER, &who)
            .await
            .unwrap()
            .into_iter()
            .all(|it| it.as_ref() == Some(&theirs))
    );
    assert!(store.list(OTHER, None, 10, Documents::With).await.unwrap() == [theirs]);
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
    let found = store.list(TENANT, None, 100, Documents::With).await.unwrap();
    let shown = |all: &[User]| -> Vec<_> {
        all.iter().map(|it| (it.display_name.clone(), it.profile.clone())).collect()
    };
    assert_eq!(shown(&found), shown(&all));
    assert!(found == all);
}

pub(crate) fn is(test: UserCondition) -> Filter<UserCondition> {
    Filter::Is(test)
}

pub(crate) fn not(filter: Filter<UserCondition>) -> Filter<UserCondition> {
    Filter::Not(Box::new(filter))
}

pub(crate) fn text(field: UserField, test: TextMatch) -> Filter<UserCondition> {
    is(UserCondition::Text(field, test))
}

pub(crate) fn equals(text: &str) -> TextMatch {
    TextMatch::Equals(text.to_owned())
}

pub(crate) fn like(pieces: &[&str]) -> TextMatch {
    TextMatch::Like(pieces.iter().map(|it| (*it).to_owned()).collect())
}

pub(crate) fn names(all: &[UserWithStatus]) -> Vec<&str> {
    all.iter().map(|it| it.user.id.as_str()).collect()
}

/// All that match, in the order of their ids.
pub(crate) async fn search(
    store: &impl Users,
    filter: &Filter<UserCondition>,
) -> Vec<UserWithStatus> {
    let found = store.search(TENANT, filter, &[], 0, 1_000, noon()).await.unwrap();
    let count = store.count(TENANT, filter, noon()).await.unwrap();
    assert_eq!(count, found.len() as u64);
    found
}

pub(crate) async fn matching(store: &impl Users, filter: Filter<UserCondition>) -> String {
    names(&search(store, &filter).await).join(" ")
}

async fn sorted(store: &impl Users, order: &[UserOrder]) -> String {
    let all = Filter::Everything;
    let found = store.search(TENANT, &all, order, 0, 1_000, noon()).await.unwrap();
    names(&found).join(" ")
}

pub async fn a_search_is_in_the_order_of_ids_page_by_page(store: impl Ledger + Users) {
    let ids = ["b", "a", "Z", "ä", "a b", "a-b", "日", "B", "😀", "\u{fffd}"];
    let mut all: Vec<_> = ids.iter().map(|it| User::new(user_id(it), TENANT, noon())).collect();
    commit(&store, users(all.clone())).await;
    all.sort_by(|a, b| a.id.cmp(&b.id));
    let filter = not(is(UserCondition::Id(user_id("B"))));
    all.retain(|it| it.id != user_id("B"));
    for limit in [1, 2, 4, 9, 10, u64::MAX] {
        let mut seen = Vec::new();
        for _ in 0..10 {
            let skip = seen.len() as u64;
            let page = store.search(TENANT, &filter, &[], skip, limit, noon()).await.unwrap();
            assert!(page.len() as u64 <= limit);
            seen.extend(page.into_iter().map(|it| it.user));
        }
        assert!(seen == all, "{limit}");
    }
    let none = store.search(TENANT, &filter, &[], 0, 0, noon()).await.unwrap();
    assert_eq!(none, []);
    assert_eq!(store.count(TENANT, &filter, noon()).await.unwrap(), 9);
}

pub async fn a_search_by_id_reads_each_once_while_those_before_it_go(store: impl Ledger + Users) {
    let ids = ["b", "a", "Z", "ä", "a b", "a-b", "日", "B", "😀", "\u{fffd}"];
    let mut all: Vec<_> = ids.iter().map(|it| User::new(user_id(it), TENANT, noon())).collect();
    commit(&store, users(all.clone())).await;
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all.retain(|it| it.id != user_id("B"));
    let unregistered = is(UserCondition::EffectiveStatus(UserStatus::Unregistered));
    let filter = Filter::And(vec![unregistered, not(is(UserCondition::Id(user_id("B"))))]);
    let pages = async |limit, version: Option<u32>| {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.search_by_id(TENANT, &filter, after, limit, Documents::With, noon());
            let page = page.await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() as u64 <= limit);
            after = Some(last.id.clone());
            if let Some(version) = version {
                // They match no more.
                let status = UserStatus::Active;
                let gone = page.iter().cloned().map(|it| User { status, version, ..it });
                commit(&store, users(gone.collect())).await;
            }
            seen.extend(page);
        }
        seen
    };
    for limit in [1, 2, 4, 9, 10, u64::MAX] {
        assert!(pages(limit, None).await == all, "{limit}");
    }
    assert!(pages(2, Some(2)).await == all);
    assert!(pages(2, None).await.is_empty());
    let none = store.search_by_id(TENANT, &filter, None, 0, Documents::With, noon());
    assert!(none.await.unwrap().is_empty());
}

pub async fn who_is_read_without_documents_is_whole_but_for_them(store: impl Ledger + Users) {
    let theirs = User { tenant: OTHER, ..user("eve") };
    commit(&store, users(vec![full(), user("ada"), theirs])).await;
    let none = Document::default();
    let zoe = User { profile: none.clone(), attributes: none, ..full() };
    let all = Filter::Everything;
    for (documents, zoe) in [(Documents::With, full()), (Documents::Without, zoe.clone())] {
        let expected = [user("ada"), zoe];
        assert!(store.list(TENANT, None, 9, documents).await.unwrap() == expected);
        let found = store.search_by_id(TENANT, &all, None, 9, documents, noon()).await.unwrap();
        assert!(found == expected);
        let last = store.list(TENANT, Some(user_id("ada")), 1, documents).await.unwrap();
        assert!(last == expected[1..]);
    }
    let ids = ["zoë/1", "nobody", "eve", "ada", "zoë/1"].map(user_id);
    assert!(store.without_documents(TENANT, &ids).await.unwrap() == [user("ada"), zoe]);
    assert!(store.without_documents(TENANT, &[]).await.unwrap().is_empty());
}

pub async fn a_search_by_id_tells_live_invitations_from_expired_ones(store: impl Ledger + Users) {
    let theirs = User { tenant: OTHER, ..user("eve") };
    let changes = Changes {
        invitations: vec![invitation(1, "ada")],
        ..users(vec![user("ada"), user("bob"), theirs])
    };
    commit(&store, changes).await;
    let pending = is(UserCondition::EffectiveStatus(UserStatus::Pending));
    let search = async |filter: &Filter<UserCondition>, days| {
        let now = noon() + TimeDelta::days(days);
        let found = store.search_by_id(TENANT, filter, None, 9, Documents::With, now);
        let found = found.await.unwrap();
        ids_of(&found).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(search(&pending, 6).await, ["ada"]);
    assert_eq!(search(&pending, 8).await, [""; 0]);
    // Nobody of another tenant, whatever is asked.
    let either = Filter::Or(vec![Filter::Everything, is(UserCondition::Id(user_id("eve")))]);
    for filter in [Filter::Everything, either, not(is(UserCondition::Nothing))] {
        assert_eq!(search(&filter, 0).await, ["ada", "bob"]);
    }
}

pub async fn users_are_sorted_by_name_and_username(store: impl Ledger + Users) {
    let bare = |id: &str| User::new(user_id(id), TENANT, noon());
    let text = |it: &str| Some(it.to_owned());
    let all = vec![
        User { display_name: text("bob"), username: text("Zeta"), ..bare("1") },
        User {
            first_name: text("Ada"), last_name: text("Z"), username: text("ÄTNA"), ..bare("2")
        },
        User { last_name: text("ADA"), username: text("eta"), ..bare("3") },
        User { first_name: text("BOB"), ..bare("4") },
        User { username: text("Ada y"), ..bare("5") },
        User { mailbox: Some(mailbox("Cy@Example.org")), ..bare("6") },
        bare("7"),
        User { display_name: text(""), first_name: text("Never"), ..bare("8") },
        User { display_name: text("Ärger"), username: text("äther"), ..bare("9") },
    ];
    commit(&store, users(all)).await;
    let name = |descending| UserOrder::Name { descending };
    let username = |descending| UserOrder::Username { descending };
    // `ada`, `ada y`, `ada z`, `bob` twice, `cy@example.org`, `Ärger`, and two who have none.
    assert_eq!(sorted(&store, &[name(false)]).await, "3 5 2 1 4 6 9 7 8");
    assert_eq!(sorted(&store, &[name(true)]).await, "9 6 1 4 2 5 3 7 8");
    assert_eq!(sorted(&store, &[username(false)]).await, "5 3 1 9 2 4 6 7 8");
    assert_eq!(sorted(&store, &[username(true)]).await, "2 9 1 3 5 4 6 7 8");
    assert_eq!(sorted(&store, &[name(false), username(true)]).await, "3 5 2 1 4 6 9 7 8");
    let page = |order: [UserOrder; 1], skip| {
        let store = &store;
        async move {
            let all = Filter::Everything;
            let found = store.search(TENANT, &all, &order, skip, 3, noon()).await.unwrap();
            names(&found).join(" ")
        }
    };
    assert_eq!(page([name(true)], 2).await, "1 4 2");
    assert_eq!(page([name(false)], 6).await, "9 7 8");
    assert_eq!(page([username(true)], 5).await, "4 6 7");

    let renamed = User { display_name: text("Zoe"), ..bare("1").touched(seconds(1)) };
    commit(&store, users(vec![renamed])).await;
    assert_eq!(sorted(&store, &[name(false)]).await, "3 5 2 4 6 1 9 7 8");
}

pub async fn users_are_sorted_by_first_name(store: impl Ledger + Users) {
    let called = |id: &str, name: &str| User {
        first_name: Some(name.to_owned()),
        // Neither of these counts.
        display_name: Some(format!("{:02}", 99 - id.parse::<u32>().unwrap())),
        last_name: Some("Z".to_owned()),
        ..User::new(user_id(id), TENANT, noon())
    };
    let nameless = |id: &str| User { first_name: None, ..called(id, "") };
    let all = vec![
        called("10", "bob"),
        called("11", "Ada"),
        nameless("12"),
        called("13", "ärger"),
        called("14", "BOB"),
        called("15", "Ärger"),
        called("16", "ada"),
        called("17", ""),
        called("18", "Bo"),
        nameless("19"),
        called("20", "Zoe"),
    ];
    commit(&store, users(all)).await;
    let first = |descending| UserOrder::FirstName { descending };
    // Without case as ASCII has it: nothing, `ada` twice, `bo`, `bob` twice, `zoe`, and the two
    // that differ. Who has none is last either way.
    let up = "17 11 16 18 10 14 20 15 13 12 19";
    assert_eq!(sorted(&store, &[first(false)]).await, up);
    assert_eq!(sorted(&store, &[first(true)]).await, "13 15 20 10 14 18 11 16 17 12 19");
    let name = UserOrder::Name { descending: false };
    assert_eq!(sorted(&store, &[first(false), name]).await, "17 16 11 18 14 10 20 15 13 19 12");
    for (limit, order) in [(3, up), (4, up), (20, up)] {
        let mut seen = Vec::new();
        for _ in 0..4 {
            let (all, skip) = (Filter::Everything, seen.len() as u64);
            let page = store.search(TENANT, &all, &[first(false)], skip, limit, noon()).await;
            seen.extend(page.unwrap());
        }
        assert_eq!(names(&seen).join(" "), order, "{limit}");
    }
    let renamed = User { first_name: None, ..called("11", "").touched(seconds(1)) };
    commit(&store, users(vec![renamed])).await;
    assert_eq!(sorted(&store, &[first(false)]).await, "17 16 18 10 14 20 15 13 11 12 19");
}

pub async fn users_are_sorted_by_where_they_stand(store: impl Ledger + Users) {
    let stored = |id: &str, status| User { status, ..user(id) };
    let all = vec![
        stored("a", UserStatus::Unregistered),
        stored("b", UserStatus::Pending),
        stored("c", UserStatus::Disabled),
        stored("d", UserStatus::Active),
        stored("e", UserStatus::Pending),
        stored("f", UserStatus::Active),
    ];
    let changes = Changes {
        // Whoever is in stays in.
        invitations: vec![invitation(1, "a"), invitation(2, "e"), invitation(3, "d")],
        ..users(all)
    };
    commit(&store, changes).await;
    let standing = |descending| UserOrder::EffectiveStatus { descending };
    let name = |descending| UserOrder::Name { descending };
    assert_eq!(sorted(&store, &[standing(false)]).await, "d f c a e b");
    assert_eq!(sorted(&store, &[standing(true)]).await, "b a e c d f");
    assert_eq!(sorted(&store, &[standing(false), name(true)]).await, "f d c e a b");
    assert_eq!(sorted(&store, &[name(true), standing(false)]).await, "f e d c b a");
}

pub async fn a_search_never_leaves_the_tenant(store: impl Ledger + Users) {
    let theirs = ["ada", "bob"].map(|it| User { tenant: OTHER, ..at_home(it, "x") });
    let people = [&theirs[..], &[at_home("ada", "x")]].concat();
    commit(&store, users(people)).await;
    // A live one, in the other tenant.
    let abroad = Invitation { tenant: OTHER, ..invitation(1, "ada") };
    let by_id = Invitation {
        tenant: OTHER,
        user: Some(user_id("ada")),
        mailbox: mailbox("x@x.example"),
        ..invitation(2, "x")
    };
    commit(&store, invitations(vec![abroad, by_id])).await;
    let bob: UserId = user_id("bob");
    let filters = [
        Filter::Everything,
        Filter::Or(vec![is(UserCondition::Id(bob)), Filter::Everything]),
        not(is(UserCondition::Nothing)),
        is(UserCondition::EffectiveStatus(UserStatus::Unregistered)),
        is(UserCondition::Home(organization_id("x"))),
        is(UserCondition::Within(organization_id("x"))),
    ];
    let orders =
        [UserOrder::Name { descending: true }, UserOrder::EffectiveStatus { descending: false }];
    for filter in filters {
        assert_eq!(matching(&store, filter.clone()).await, "ada");
        let found = store.search(TENANT, &filter, &orders, 0, 9, noon()).await.unwrap();
        assert!(names(&found) == ["ada"] && !found[0].invited);
    }
    let found = store.search(OTHER, &Filter::Everything, &orders, 0, 9, noon()).await.unwrap();
    assert_eq!(names(&found), ["bob", "ada"]);
    assert_eq!([found[0].invited, found[1].invited], [false, true]);
    assert_eq!(store.count(OTHER, &Filter::Everything, noon()).await.unwrap(), 2);
}

pub async fn a_name_that_no_database_could_keep_is_nobodys(store: impl Ledger + Users) {
    commit(&store, users(vec![user("ada")])).await;
    let who = [UserRef::Username("a\0da".to_owned()), UserRef::Username("ada".to_owned())];
    let found = store.find_many(TENANT, &who).await.unwrap();
    assert_eq!((found[0].is_some(), found[1].is_some()), (false, true));
}
