//! Each condition of a filter for users holds of whom it should, and conditions combine.

use chrono::TimeDelta;
use usher_domain::{
    Actor, Address, Authority, Invitation, Organization, Profile, User, UserStatus,
};

use crate::{
    ports::{
        invitations::{Filter, TextMatch},
        ledger::{Changes, Ledger},
        users::{Documents, UserCondition, UserField, UserOrder, Users},
    },
    testing::{
        TENANT,
        contract::{
            OTHER, by_link_of, commit, credential, elsewhere, gift, invited_to, organization_id,
            profile, profile_id, seconds, users,
            users::{at_home, equals, full, is, like, matching, names, not, search, text},
        },
        invitation, mailbox, membership, noon, organization, user, user_id,
    },
};

pub async fn texts_are_compared_as_each_field_has_it(store: impl Ledger + Users) {
    use UserField::{FirstName, LastName, Mailbox, Name, Username};
    let text_of = |it: &str| Some(it.to_owned());
    let ada = User {
        username: text_of("ÄDA.L"),
        first_name: text_of("Ada"),
        last_name: text_of("LÖvelace"),
        mailbox: Some(mailbox("Straße@Bücher.Example")),
        ..user("1")
    };
    let bob = User { display_name: text_of("ADA lÖvelace"), ..user("2") };
    let cyd = User { username: None, mailbox: None, last_name: text_of(""), ..user("3") };
    commit(&store, users(vec![ada, bob, cyd])).await;
    let found = async |field, test| matching(&store, text(field, test)).await;
    // The full name, the display name first; the case folding of ASCII, and no other.
    assert_eq!(found(Name, equals("ada LÖVELACE")).await, "1 2");
    assert_eq!(found(Name, equals("ada lövelace")).await, "");
    assert_eq!(found(Name, like(&["ADA ", ""])).await, "1 2");
    assert_eq!(found(Name, like(&["", "LACE"])).await, "1 2");
    assert_eq!(found(Name, like(&["", " lÖ", ""])).await, "1 2");
    assert_eq!(found(Name, like(&["a", "a"])).await, "");
    assert_eq!(found(FirstName, equals("ADA")).await, "1");
    assert_eq!(found(FirstName, like(&["aD", ""])).await, "1");
    assert_eq!(found(LastName, equals("lÖVELACE")).await, "1");
    assert_eq!(found(LastName, equals("lövelace")).await, "");
    assert_eq!(found(LastName, like(&["LÖ", ""])).await, "1");
    assert_eq!(found(LastName, like(&["LÖ", "", ""])).await, "1");
    assert_eq!(found(LastName, equals("")).await, "3");
    // Usernames in lower case, of any script.
    assert_eq!(found(Username, equals("äda.l")).await, "1");
    assert_eq!(found(Username, equals("Äda.L")).await, "1");
    assert_eq!(found(Username, like(&["ädA.", ""])).await, "1");
    assert_eq!(found(Username, like(&["", "DA", ""])).await, "1");
    // Mailboxes folded.
    assert_eq!(found(Mailbox, equals("STRASSE@xn--bcher-kva.example")).await, "1");
    assert_eq!(found(Mailbox, like(&["STRASSE", ""])).await, "1");
    assert_eq!(found(Mailbox, like(&["straße@BÜCHER.example", ""])).await, "1");
    assert_eq!(found(Mailbox, like(&["", "@BÜCHER.example"])).await, "1");
    assert_eq!(found(Mailbox, like(&["2@", ""])).await, "2");
    assert_eq!(found(Mailbox, equals("ada")).await, "");
    for (field, present, absent) in [
        (Name, "1 2", "3"),
        (Username, "1 2", "3"),
        (FirstName, "1", "2 3"),
        (LastName, "1 3", "2"),
        (Mailbox, "1 2", "3"),
    ] {
        assert_eq!(found(field, TextMatch::Present).await, present);
        assert_eq!(found(field, TextMatch::Absent).await, absent);
        // Anything at all.
        assert_eq!(found(field, like(&["", ""])).await, present);
        assert_eq!(found(field, like(&["", "", ""])).await, present);
    }
}

pub async fn a_prefix_takes_nothing_for_a_wildcard(store: impl Ledger + Users) {
    let texts = [
        "50%",
        "50x",
        "a_b",
        "axb",
        "a*b",
        "[ab]",
        "a\\b",
        "a?b",
        "50%%",
        "\\",
        "%",
        "a",
        "b",
        "a\u{10fffe}",
        "😀",
        "😀a",
        "z\u{7f}",
        "a b",
    ];
    let all = (0..).zip(texts).map(|(n, text)| User {
        username: Some(text.to_owned()),
        first_name: Some(text.to_owned()),
        last_name: Some(text.to_owned()),
        display_name: Some(text.to_owned()),
        ..User::new(user_id(&format!("{n:02}")), TENANT, noon())
    });
    commit(&store, users(all.collect())).await;
    let fields = [UserField::Name, UserField::Username, UserField::FirstName, UserField::LastName];
    for field in fields {
        for start in texts.into_iter().chain(["5", "50", "'; --", "a\u{10ffff}", "_", "?"]) {
            let expected: Vec<_> = (0..)
                .zip(texts)
                .filter(|(_, it)| it.starts_with(start))
                .map(|(n, _)| format!("{n:02}"))
                .collect();
            let test = like(&[start, ""]);
            assert_eq!(matching(&store, text(field, test)).await, expected.join(" "), "{start}");
        }
        for (n, it) in (0..).zip(texts) {
            let only = format!("{n:02}");
            assert_eq!(matching(&store, text(field, equals(it))).await, only);
            assert_eq!(matching(&store, text(field, like(&[it]))).await, only);
        }
        assert_eq!(matching(&store, text(field, like(&["a_", ""]))).await, "02");
        assert_eq!(matching(&store, text(field, like(&["", "_b"]))).await, "02");
    }
}

pub async fn where_they_stand_is_told_with_the_clock(store: impl Ledger + Users) {
    let stored = |id: &str, status| User { status, ..user(id) };
    let micro = TimeDelta::microseconds(1);
    let until = |n, name: &str, at| Invitation { expires_at: at, ..invitation(n, name) };
    let statuses =
        [UserStatus::Unregistered, UserStatus::Pending, UserStatus::Active, UserStatus::Disabled];
    let ids = |kind: &str| (0..4).map(|n| format!("{kind}{n}")).collect::<Vec<_>>();
    let people = ["live", "late", "over", "none"].into_iter().flat_map(ids);
    let people = people.zip(statuses.into_iter().cycle()).map(|(id, it)| stored(&id, it));
    let mut all = Vec::new();
    for (n, (live, (late, over))) in
        (1..).zip(ids("live").into_iter().zip(ids("late").into_iter().zip(ids("over"))))
    {
        all.push(until(n, &live, noon() + micro));
        all.push(until(10 + n, &late, noon()));
        let revoked = invitation(20 + n, &over).revoke(Actor::System, seconds(1)).unwrap();
        all.push(Invitation { version: 1, ..revoked });
    }
    commit(&store, Changes { invitations: all, ..users(people.collect()) }).await;
    let standing = async |it| matching(&store, is(UserCondition::EffectiveStatus(it))).await;
    let outside = "late0 late1 none0 none1 over0 over1";
    assert_eq!(standing(UserStatus::Pending).await, "live0 live1");
    assert_eq!(standing(UserStatus::Unregistered).await, outside);
    assert_eq!(standing(UserStatus::Active).await, "late2 live2 none2 over2");
    assert_eq!(standing(UserStatus::Disabled).await, "late3 live3 none3 over3");
    let pending = not(is(UserCondition::EffectiveStatus(UserStatus::Pending)));
    assert_eq!(search(&store, &pending).await.len(), 14);
    for status in statuses {
        // What is told of each is what they were searched by.
        for it in search(&store, &is(UserCondition::EffectiveStatus(status))).await {
            assert_eq!(it.effective_status(), status);
            assert_eq!(it.invited, it.user.id.as_str().starts_with("live"));
        }
        let kept = search(&store, &is(UserCondition::Status(status))).await;
        assert!(kept.len() == 4 && kept.iter().all(|it| it.user.status == status));
    }
    let later = noon() + micro;
    let pending = is(UserCondition::EffectiveStatus(UserStatus::Pending));
    assert_eq!(store.count(TENANT, &pending, later).await.unwrap(), 0);
    let earlier = store.search(TENANT, &pending, &[], 0, 9, noon() - micro).await.unwrap();
    assert_eq!(names(&earlier), ["late0", "late1", "live0", "live1"]);
}

pub async fn an_invitation_is_theirs_by_id_or_by_mailbox(store: impl Ledger + Users) {
    let homely = |id: &str| User {
        personal_mailbox: Some(mailbox(&format!("{id}@home.example"))),
        ..user(id)
    };
    let people = vec![
        user("ada"),
        user("bob"),
        homely("cyd"),
        User { mailbox: None, ..homely("dan") },
        user("eve"),
        User { mailbox: None, ..user("fay") },
        user("gus"),
    ];
    let to = |n, user: &str, address: &str| Invitation {
        user: Some(user_id(user)),
        mailbox: mailbox(address),
        ..invitation(n, "x")
    };
    let all = vec![
        // To any organization, and without case.
        Invitation { mailbox: mailbox("ADA@example.ORG"), ..invited_to(1, "x", "team") },
        to(2, "bob", "bob@elsewhere.example"),
        // To a personal mailbox alone it is anybody's.
        Invitation { mailbox: mailbox("cyd@home.example"), ..invitation(3, "x") },
        to(4, "dan", "dan@home.example"),
        Invitation { tenant: OTHER, ..to(5, "eve", "eve@example.org") },
        // To someone else's mailbox by their own id, it is for both.
        to(6, "fay", "gus@example.org"),
    ];
    commit(&store, Changes { invitations: all, ..users(people) }).await;
    let pending = is(UserCondition::EffectiveStatus(UserStatus::Pending));
    assert_eq!(matching(&store, pending).await, "ada bob dan fay gus");
    let unregistered = is(UserCondition::EffectiveStatus(UserStatus::Unregistered));
    assert_eq!(matching(&store, unregistered).await, "cyd eve");
    let all = search(&store, &Filter::Everything).await;
    let invited: Vec<_> = all.iter().map(|it| it.invited).collect();
    assert_eq!(invited, [true, true, false, true, false, true, true]);
}

pub async fn who_has_the_address_of_their_profile_is_reachable(store: impl Ledger + Users) {
    let home = Profile { address: Address::Personal, ..profile("home") };
    let theirs = Profile { tenant: OTHER, ..home.clone() };
    let elsewhere = Profile { id: profile_id("elsewhere"), ..theirs.clone() };
    let person = |id: &str, profile: &str, at_work: bool, at_home: bool| User {
        mailbox: at_work.then(|| mailbox(&format!("{id}@example.org"))),
        personal_mailbox: at_home.then(|| mailbox(&format!("{id}@home.example"))),
        invitation_profile: Some(profile).filter(|it| !it.is_empty()).map(profile_id),
        ..user(id)
    };
    let mut people = Vec::new();
    for (n, profile) in ["home", "work", "", "elsewhere", "unknown"].into_iter().enumerate() {
        for (kind, at_work, at_home) in
            [("b", true, true), ("h", false, true), ("n", false, false), ("w", true, false)]
        {
            people.push(person(&format!("{n}{kind}"), profile, at_work, at_home));
        }
    }
    let profiles = vec![home, profile("work"), theirs, elsewhere];
    commit(&store, Changes { profiles, ..users(people) }).await;
    let reachable = "0b 0h 1b 1w 2b 2w 3b 3w 4b 4w";
    assert_eq!(matching(&store, is(UserCondition::Reachable)).await, reachable);
    let others = "0n 0w 1h 1n 2h 2n 3h 3n 4h 4n";
    assert_eq!(matching(&store, not(is(UserCondition::Reachable))).await, others);
}

pub async fn members_are_found_by_organization(store: impl Ledger + Users) {
    let memberships = vec![
        membership("ada", "x"),
        membership("ada", "y"),
        membership("bob", "y"),
        elsewhere(&membership("bob", "x")),
        membership("nobody", "x"),
    ];
    let people = ["ada", "bob", "cyd"].map(user).to_vec();
    commit(&store, Changes { memberships, ..users(people) }).await;
    let member = |it: &str| is(UserCondition::Member(organization_id(it)));
    assert_eq!(matching(&store, member("x")).await, "ada");
    assert_eq!(matching(&store, member("y")).await, "ada bob");
    assert_eq!(matching(&store, member("X")).await, "");
    assert_eq!(matching(&store, not(member("x"))).await, "bob cyd");
    let both = Filter::And(vec![member("y"), not(member("x"))]);
    assert_eq!(matching(&store, both).await, "bob");
}

pub async fn users_are_found_by_their_home(store: impl Ledger + Users) {
    let people = vec![
        at_home("ada", "x"),
        at_home("bob", "y"),
        at_home("cyd", "X"),
        user("dan"),
        at_home("eve", "x"),
        User { tenant: OTHER, ..at_home("fay", "x") },
    ];
    let memberships = vec![membership("bob", "x"), membership("dan", "x")];
    commit(&store, Changes { memberships, ..users(people) }).await;
    let home = |it: &str| is(UserCondition::Home(organization_id(it)));
    assert_eq!(matching(&store, home("x")).await, "ada eve");
    assert_eq!(matching(&store, home("X")).await, "cyd");
    assert_eq!(matching(&store, home("z")).await, "");
    // Who has none is not at home there.
    assert_eq!(matching(&store, not(home("x"))).await, "bob cyd dan");
    let member = is(UserCondition::Member(organization_id("x")));
    let both = Filter::And(vec![member.clone(), home("y")]);
    assert_eq!(matching(&store, both).await, "bob");
    assert_eq!(matching(&store, Filter::Or(vec![member, home("X")])).await, "bob cyd dan");
    let moved = User { home: None, ..at_home("ada", "x").touched(seconds(1)) };
    commit(&store, users(vec![moved])).await;
    assert_eq!(matching(&store, home("x")).await, "eve");
}

pub async fn who_is_within_an_organization_is_told(store: impl Ledger + Users) {
    let below = |id: &str, parent: &str| Organization {
        parent: Some(organization_id(parent)),
        ..organization(id)
    };
    let organizations = vec![
        organization("top"),
        below("x", "top"),
        below("beside", "top"),
        below("y1", "x"),
        below("y2", "x"),
        below("z", "y1"),
        organization("far"),
        // Only in the other tenant is it below.
        Organization { tenant: OTHER, ..below("far", "x") },
    ];
    let places = ["top", "x", "beside", "y1", "y2", "z", "far"];
    let mut people = vec![user("nowhere"), User { tenant: OTHER, ..at_home("abroad", "x") }];
    people.extend(places.map(|it| at_home(&format!("home-{it}"), it)));
    people.extend(places.map(|it| user(&format!("member-{it}"))));
    // In more than one way, and each is found once.
    people.push(at_home("often", "y2"));
    let mut memberships: Vec<_> =
        places.iter().map(|it| membership(&format!("member-{it}"), it)).collect();
    memberships.extend(["x", "y1", "y2", "z"].map(|it| membership("often", it)));
    // A member in the other tenant alone.
    memberships.push(elsewhere(&membership("nowhere", "x")));
    commit(&store, Changes { organizations, memberships, ..users(people) }).await;
    let within = |it: &str| is(UserCondition::Within(organization_id(it)));
    let inside = "home-x home-y1 home-y2 member-x member-y1 member-y2 often";
    let outside = "home-beside home-far home-top home-z member-beside member-far member-top \
         member-z nowhere";
    assert_eq!(matching(&store, within("x")).await, inside);
    assert_eq!(matching(&store, not(within("x"))).await, outside);
    assert_eq!(matching(&store, within("z")).await, "home-z member-z often");
    let y1 = "home-y1 home-z member-y1 member-z often";
    assert_eq!(matching(&store, within("y1")).await, y1);
    assert_eq!(matching(&store, within("far")).await, "home-far member-far");
    assert_eq!(matching(&store, within("none")).await, "");
    let top = "home-beside home-top home-x member-beside member-top member-x often";
    assert_eq!(matching(&store, within("top")).await, top);

    let both = Filter::And(vec![within("x"), Filter::And(vec![within("y1")])]);
    assert_eq!(matching(&store, both).await, "home-y1 member-y1 often");
    let one = is(UserCondition::Id(user_id("often")));
    assert_eq!(matching(&store, Filter::And(vec![one.clone(), within("x")])).await, "often");
    let other = Filter::And(vec![one, within("beside")]);
    assert_eq!(matching(&store, other).await, "");
    let either = Filter::Or(vec![within("z"), within("far")]);
    let expected = "home-far home-z member-far member-z often";
    assert_eq!(matching(&store, either).await, expected);
    let order = [UserOrder::Name { descending: true }];
    let page = store.search(TENANT, &within("x"), &order, 2, 3, noon()).await.unwrap();
    assert_eq!(names(&page), ["member-y1", "member-x", "home-y2"]);
}

pub async fn whoever_belongs_to_one_with_many_people_is_found(store: impl Ledger + Users) {
    let name = |n: u32| format!("u{n:05}");
    let place = |n: u32| if n.is_multiple_of(2) { "big" } else { "below" };
    // Every tenth is elsewhere, every other of the rest at home, every fourth disabled.
    let people = (0..12_000).map(|n| User {
        home: (n % 10 > 5).then(|| organization_id(place(n))),
        first_name: Some(format!("{}", n % 100)),
        status: if n % 4 == 0 { UserStatus::Disabled } else { UserStatus::Active },
        ..user(&name(n))
    });
    let joined = (0..12_000).filter(|n| (1..=5).contains(&(n % 10)));
    let memberships = joined.map(|n| membership(&name(n), place(n))).collect();
    let below = Organization { parent: Some(organization_id("big")), ..organization("below") };
    let organizations = vec![organization("big"), below];
    commit(&store, Changes { organizations, memberships, ..users(people.collect()) }).await;
    let active = || is(UserCondition::Status(UserStatus::Active));
    let first = [UserOrder::FirstName { descending: false }];
    let within = |it: &str| is(UserCondition::Within(organization_id(it)));
    for (filter, belongs) in [
        (within("big"), (|n| n % 10 > 0) as fn(u32) -> bool),
        (within("below"), |n| n % 2 == 1),
        (Filter::And(vec![within("big"), within("below")]), |n| n % 2 == 1),
    ] {
        let filter = Filter::And(vec![filter, active()]);
        let mut expected: Vec<_> = (0..12_000).filter(|n| n % 4 > 0 && belongs(*n)).collect();
        let count = store.count(TENANT, &filter, noon()).await.unwrap();
        assert_eq!(count, expected.len() as u64);
        expected.sort_by_key(|n| ((n % 100).to_string(), *n));
        let expected: Vec<_> = expected.into_iter().map(name).collect();
        for skip in [0, 3_000] {
            let found = store.search(TENANT, &filter, &first, skip as u64, 100, noon()).await;
            assert_eq!(names(&found.unwrap()), expected[skip..skip + 100]);
        }
    }
}

pub async fn each_test_is_of_its_own_field(store: impl Ledger + Users) {
    let micro = TimeDelta::microseconds(1);
    let of = |id: &str, profile: &str| User {
        invitation_profile: Some(profile_id(profile)),
        ..user(id)
    };
    let all = vec![
        of("a", "staff"),
        User { created_at: seconds(1) - micro, ..of("b", "guests") },
        User { created_at: seconds(1), ..of("c", "Staff") },
        User { created_at: seconds(2), updated_at: noon(), ..user("d") },
    ];
    commit(&store, users(all)).await;
    let found = async |test| matching(&store, is(test)).await;
    assert_eq!(found(UserCondition::Nothing).await, "");
    assert_eq!(found(UserCondition::Id(user_id("c"))).await, "c");
    assert_eq!(found(UserCondition::Id(user_id("C"))).await, "");
    assert_eq!(found(UserCondition::Profile(profile_id("staff"))).await, "a");
    assert_eq!(found(UserCondition::Profile(profile_id("Staff"))).await, "c");
    assert_eq!(found(UserCondition::CreatedFrom(seconds(1))).await, "c d");
    assert_eq!(found(UserCondition::CreatedFrom(noon())).await, "a b c d");

    let id = |it: &str| is(UserCondition::Id(user_id(it)));
    let any = |ids: &str| Filter::Or(ids.split(' ').map(id).collect());
    let both = Filter::And(vec![any("a b c"), any("b c d"), not(id("c"))]);
    assert_eq!(matching(&store, both).await, "b");
    let either = Filter::Or(vec![id("a"), Filter::And(vec![any("b c"), any("c d")])]);
    assert_eq!(matching(&store, either.clone()).await, "a c");
    assert_eq!(matching(&store, not(either)).await, "b d");
    assert_eq!(matching(&store, not(is(UserCondition::Nothing))).await, "a b c d");
    assert_eq!(matching(&store, Filter::And(Vec::new())).await, "a b c d");
    assert_eq!(matching(&store, Filter::Or(Vec::new())).await, "");
}

pub async fn who_has_a_role_is_found(store: impl Ledger + Users) {
    let has = |id: &str, roles: &[&str]| User {
        roles: roles.iter().map(|it| (*it).to_owned()).collect(),
        ..user(id)
    };
    let all = vec![
        has("a", &["x", "cook"]),
        has("b", &["Cook", "cooks"]),
        has("c", &["cook"]),
        user("d"),
        User { tenant: OTHER, ..has("e", &["cook"]) },
    ];
    commit(&store, users(all)).await;
    let cook = || is(UserCondition::Role("cook".to_owned()));
    assert_eq!(matching(&store, cook()).await, "a c");
    assert_eq!(matching(&store, not(cook())).await, "b d");
    let page = store.search(TENANT, &cook(), &[], 1, 1, noon()).await.unwrap();
    assert_eq!(names(&page), ["c"]);
}

pub async fn who_was_given_anything_by_somebody_is_found(store: impl Ledger + Users) {
    let (key, other) = (gift(&Actor::Client(credential(1).id)), gift(&Actor::System));
    let all = vec![
        user("a").given(&key),
        user("b").given(&other).with_more_roles(&["r".to_owned()], &key),
        user("c").given(&other).with_authority(Authority::Reader, &key),
        user("d").given(&other),
        user("e"),
        User { tenant: OTHER, ..user("f").given(&key) },
        user("g").given(&by_link_of(&key.by)),
    ];
    commit(&store, users(all)).await;
    let by_key = || is(UserCondition::GivenBy(key.by.clone()));
    assert_eq!(matching(&store, by_key()).await, "a b c g");
    assert_eq!(matching(&store, not(by_key())).await, "d e");
    let (filter, after) = (by_key(), Some(user_id("a")));
    let page =
        store.search_by_id(TENANT, &filter, after, 1, Documents::With, noon()).await.unwrap();
    assert_eq!(page.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["b"]);
}

pub async fn what_has_no_value_passes_no_test(store: impl Ledger + Users) {
    use UserField::{FirstName, LastName, Mailbox, Name, Username};
    let bare = User::new(user_id("bare"), TENANT, noon());
    commit(&store, users(vec![bare, full()])).await;
    for field in [Name, Username, FirstName, LastName, Mailbox] {
        for test in [equals("x"), equals(""), like(&["", ""]), like(&["x", ""]), like(&["", "x"])] {
            for filter in [text(field, test.clone()), not(text(field, test.clone()))] {
                assert!(!matching(&store, filter).await.contains("bare"), "{field:?} {test:?}");
            }
        }
        assert_eq!(matching(&store, not(text(field, equals("x")))).await, "zoë/1");
        assert_eq!(matching(&store, not(text(field, TextMatch::Present))).await, "bare");
    }
    let profile = || is(UserCondition::Profile(profile_id("staff")));
    assert_eq!(matching(&store, not(profile())).await, "zoë/1");
}
