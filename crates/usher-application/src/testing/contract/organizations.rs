//! Organizations are found by id, code and name, and tell who is in them.

use usher_domain::{
    Actor, Document, Domain, Membership, Organization, OrganizationId, Pin, PinSeed, Policies,
    User, UserId, UserRef,
};
use uuid::Uuid;

use crate::{
    ports::{
        invitations::Invitations,
        ledger::{Changes, Conflict, Ledger},
        organizations::Organizations,
        users::Users,
    },
    testing::{
        TENANT,
        contract::{
            ANY_TEXT, OTHER, all_gifts, by_link_of, commit, credential, elsewhere, gift, holder,
            losses, membership_id, memberships, organization_id, pin,
        },
        membership, noon, organization, user, user_id,
    },
};

fn organizations(organizations: Vec<Organization>) -> Changes {
    Changes { organizations, ..Changes::default() }
}

fn domain(name: &str, verified: bool, default: bool) -> Domain {
    Domain { name: name.to_owned(), verified, default }
}

pub async fn every_field_round_trips(store: impl Ledger + Organizations) {
    let full = Organization {
        code: Some("ÜN".to_owned()),
        name: ANY_TEXT.to_owned(),
        display_name: Some(ANY_TEXT.to_owned()),
        logo_url: Some("https://ünïon.example/l.png".to_owned()),
        domains: vec![domain("b.example", true, false), domain("a.example", false, true)],
        policies: Policies {
            only: vec!["b.example".to_owned(), "a.example".to_owned()],
            deny: vec!["c.example".to_owned()],
            join: true,
            foreign: Document("{ \"b\": 1,\n \"a\": 1.50, \"a\": 2 }".to_owned()),
        },
        metadata: Document("{ \"ключ\":\"\\u0000 👩‍👩‍👧\", \"a\": 1.50 }".to_owned()),
        active: false,
        seats: Some(u32::MAX),
        updated_at: "2026-01-02T12:00:00.120000Z".parse().unwrap(),
        parent: Some(organization_id("πάνω")),
        created_at: "2026-01-02T12:00:00.000001Z".parse().unwrap(),
        ..organization("Ünïon/1")
    };
    let bare = Organization { code: None, parent: None, ..organization("bare") };
    commit(&store, organizations(vec![full.clone(), bare.clone()])).await;
    let ids = [full.id.clone(), bare.id.clone()];
    let found = store.find_many(TENANT, &ids).await.unwrap();
    assert_eq!(found, [Some(full.clone()), Some(bare)]);
    let renamed = Organization { name: "New".to_owned(), code: None, version: 2, ..full.clone() };
    commit(&store, organizations(vec![renamed.clone()])).await;
    assert_eq!(store.find_many(TENANT, &ids[..1]).await.unwrap(), [Some(renamed)]);
    let emptied = Organization {
        code: None,
        seats: Some(0),
        parent: None,
        version: 3,
        ..Organization::new(full.id.clone(), TENANT, "New".to_owned(), noon())
    };
    commit(&store, organizations(vec![emptied.clone()])).await;
    assert_eq!(store.find_many(TENANT, &ids[..1]).await.unwrap(), [Some(emptied)]);

    let full = Membership {
        roles: vec!["b".to_owned(), "a".to_owned(), ANY_TEXT.to_owned()],
        pin: Some(Pin {
            digest: (0..=255).collect(),
            seed: Some(PinSeed { id: Uuid::from_u128(7), step: u32::MAX }),
        }),
        letters: 2,
        mailed_at: "2026-01-03T12:00:00.000001Z".parse().unwrap(),
        pin_allowed: true,
        joined_at: "2026-01-02T12:00:00.000001Z".parse().unwrap(),
        gifts: all_gifts(),
        ..membership("zoë", "Ünïon/1")
    };
    commit(&store, memberships(vec![full.clone()])).await;
    let found = || store.memberships(TENANT, std::slice::from_ref(&full.user));
    assert!(found().await.unwrap() == std::slice::from_ref(&full));
    let changed = Membership { pin: None, roles: Vec::new(), version: 2, ..full.clone() };
    commit(&store, memberships(vec![changed.clone()])).await;
    assert!(found().await.unwrap() == [changed]);
    let outside = Some(Pin { digest: vec![0, 255], seed: None });
    let changed = Membership { pin: outside, version: 3, ..membership("zoë", "Ünïon/1") };
    commit(&store, memberships(vec![changed.clone()])).await;
    assert!(found().await.unwrap() == [changed], "each part takes its place, or goes");
}

pub async fn answers_are_in_the_order_of_the_ids(store: impl Ledger + Organizations) {
    commit(&store, organizations(["a", "b", "c"].map(organization).to_vec())).await;
    let ids = ["c", "x", "a", "A", "c"].map(organization_id);
    let found = store.find_many(TENANT, &ids).await.unwrap();
    let c = Some(organization("c"));
    assert_eq!(found, [c.clone(), None, Some(organization("a")), None, c]);
    assert_eq!(store.find_many(TENANT, &[]).await.unwrap(), []);
    let many: Vec<_> = (0..10_000).map(|it| organization_id(&it.to_string())).collect();
    assert_eq!(store.find_many(TENANT, &many).await.unwrap(), vec![None; 10_000]);
}

pub async fn a_name_is_an_id_first_then_a_code_then_a_name_then_a_code_in_another_case(
    store: impl Ledger + Organizations,
) {
    let by = |id: &str, code: &str, name: &str| Organization {
        code: Some(code.to_owned()),
        name: name.to_owned(),
        ..organization(id)
    };
    let (one, two, three) = (by("x", "1", "q"), by("2", "x", "z"), by("3", "y", "x"));
    let all = [three.clone(), two.clone(), one.clone()];
    commit(&store, organizations(all.to_vec())).await;
    let named = async |text| store.named(TENANT, text).await.unwrap();
    assert_eq!(named("x").await, Some(one));
    assert_eq!(named("y").await, Some(three.clone()));
    assert_eq!(named("z").await, Some(two));
    for text in ["Z", "", "x\0", "\0"] {
        assert_eq!(named(text).await, None, "{text:?}");
    }
    assert_eq!(store.named(OTHER, "x").await.unwrap(), None);
    // A code in another case names whatever nothing else is called.
    for text in ["Y", "\u{ff39}"] {
        assert_eq!(named(text).await.as_ref(), Some(&three), "{text}");
    }
    let (upper, lower, name) = (by("4", "ÜN", "4"), by("5", "ün", "5"), by("6", "6", "Ün"));
    commit(&store, organizations(vec![lower.clone(), upper.clone()])).await;
    assert_eq!(named("Ün").await.as_ref(), Some(&upper), "the first one by its id");
    commit(&store, organizations(vec![name.clone()])).await;
    for (text, expected) in [("ÜN", upper), ("ün", lower), ("Ün", name)] {
        assert_eq!(named(text).await, Some(expected), "{text}");
    }
}

pub async fn a_list_is_in_the_order_of_ids(store: impl Ledger + Organizations) {
    let mut all = ["b", "a", "Z", "ä", "a b", "日", "😀", "\u{fffd}"]
        .map(|it| Organization { code: None, ..organization(it) });
    commit(&store, organizations(all.to_vec())).await;
    all.sort_by(|a, b| a.id.cmp(&b.id));
    let first = store.list(TENANT, None, 3).await.unwrap();
    let rest = store.list(TENANT, Some(first[2].id.clone()), u64::MAX).await.unwrap();
    assert_eq!([first, rest].concat(), all);
}

pub async fn memberships_come_by_user_and_organization(store: impl Ledger + Organizations) {
    let all = [("b", "x"), ("a", "y"), ("a", "Z"), ("c", "x"), ("a", "ä")];
    commit(&store, memberships(all.map(|(u, o)| membership(u, o)).to_vec())).await;
    let users = ["b", "a", "nobody", "a"].map(user_id);
    let found = store.memberships(TENANT, &users).await.unwrap();
    let found: Vec<_> =
        found.iter().map(|it| (it.user.as_str(), it.organization.as_str())).collect();
    assert_eq!(found, [("a", "Z"), ("a", "y"), ("a", "ä"), ("b", "x")]);
    assert!(store.memberships(TENANT, &[]).await.unwrap().is_empty());
}

fn seat((user, organization): &(&str, &str)) -> (UserId, OrganizationId) {
    (user_id(user), organization_id(organization))
}

pub async fn seats_are_told_in_the_order_asked(store: impl Ledger + Organizations) {
    let ours = [("ada", "x"), ("ada", "y"), ("bob", "x")];
    let all = ours.map(|(user, place)| membership(user, place));
    let abroad = [elsewhere(&membership("ada", "z")), elsewhere(&all[2])];
    commit(&store, memberships([&all[..], &abroad].concat())).await;
    let asked = [
        ("bob", "x"),
        // Each of these is known, and somewhere else.
        ("bob", "y"),
        ("ada", "z"),
        ("ada", "y"),
        ("nobody", "x"),
        ("ada", "X"),
        ("bob", "x"),
        ("ada", "x"),
    ];
    let asked: Vec<_> = asked.iter().map(seat).collect();
    let found = store.seats(TENANT, &asked).await.unwrap();
    let [ada_x, ada_y, bob] = all.map(Some);
    assert!(found == [bob.clone(), None, None, ada_y, None, None, bob, ada_x]);
    let found = store.seats(OTHER, &asked[..3]).await.unwrap();
    let [ada, bob] = abroad.map(Some);
    assert!(found == [bob, None, ada]);
    assert!(store.seats(TENANT, &[]).await.unwrap().is_empty());
}

pub async fn many_seats_are_told(store: impl Ledger + Organizations) {
    let seat = |n: u32| (user_id(&format!("u{n}")), organization_id(&(n % 7).to_string()));
    let all = (0..10_000).step_by(2).map(seat);
    let all = all.map(|(user, place)| membership(user.as_str(), place.as_str())).collect();
    commit(&store, memberships(all)).await;
    let asked: Vec<_> = (0..10_000).map(seat).collect();
    let found = store.seats(TENANT, &asked).await.unwrap();
    assert_eq!(found.len(), 10_000);
    for (n, (it, asked)) in (0..).zip(found.into_iter().zip(asked)) {
        let expected = (n % 2 == 0).then_some(asked);
        assert_eq!(it.map(|it| (it.user, it.organization)), expected);
    }
}

fn people(found: Vec<Membership>) -> Vec<String> {
    let mut people: Vec<_> = found.into_iter().map(|it| it.user.to_string()).collect();
    people.sort();
    people
}

pub async fn holders_are_found_by_the_digests_of_their_pins(store: impl Ledger + Organizations) {
    let all = vec![
        holder("ada", "x", 1),
        holder("bob", "x", 2),
        holder("cyd", "x", 3),
        holder("dan", "y", 1),
        holder("eve", "y", 4),
        membership("fay", "x"),
        elsewhere(&holder("gus", "x", 1)),
        elsewhere(&holder("hal", "x", 5)),
    ];
    commit(&store, memberships(all.clone())).await;
    let holders = async |tenant, place, pins: &[u8]| {
        let digests: Vec<_> = pins.iter().map(|it| vec![*it; 32]).collect();
        people(store.holders(tenant, &organization_id(place), &digests).await.unwrap())
    };
    assert_eq!(holders(TENANT, "x", &[1]).await, ["ada"]);
    assert_eq!(holders(TENANT, "x", &[3, 9, 1, 4, 5, 1]).await, ["ada", "cyd"]);
    assert_eq!(holders(TENANT, "y", &[1, 2, 3, 4]).await, ["dan", "eve"]);
    assert_eq!(holders(TENANT, "X", &[1]).await, [""; 0]);
    assert_eq!(holders(TENANT, "x", &[]).await, [""; 0]);
    assert_eq!(holders(OTHER, "x", &[1, 2, 5]).await, ["gus", "hal"]);
    assert_eq!(holders(OTHER, "y", &[1]).await, [""; 0]);
    // What only begins like one is none, and neither is nothing.
    let parts = [vec![1; 31], vec![1; 33], Vec::new()];
    assert!(store.holders(TENANT, &organization_id("x"), &parts).await.unwrap().is_empty());
    let found = store.holders(TENANT, &organization_id("x"), &[vec![2; 32]]).await.unwrap();
    assert!(found == all[1..2]);
}

pub async fn many_holders_are_found(store: impl Ledger + Organizations) {
    let digest = |n: u32| [n.to_be_bytes(); 8].concat();
    let all = (0..10_000).step_by(3).map(|n| Membership {
        pin: Some(Pin { digest: digest(n), seed: None }),
        ..membership(&format!("u{n}"), "x")
    });
    commit(&store, memberships(all.collect())).await;
    let digests: Vec<_> = (0..10_000).map(digest).collect();
    let found = store.holders(TENANT, &organization_id("x"), &digests).await.unwrap();
    assert_eq!(found.len(), 3_334);
    let is_its_own = |it: &Membership| {
        let n: u32 = it.user.as_str()[1..].parse().unwrap();
        it.pin.as_ref().unwrap().digest == digest(n)
    };
    assert!(found.iter().all(is_its_own));
}

pub async fn what_is_proven_is_found_in_order(store: impl Ledger + Organizations) {
    let ours = [membership("ada", "x"), membership("ada", "y"), membership("bob", "x")];
    let abroad = elsewhere(&ours[0]);
    commit(&store, memberships([&ours[..], std::slice::from_ref(&abroad)].concat())).await;
    let [ada, other, bob] = ours.each_ref().map(|it| it.id);
    let ids =
        [(TENANT, bob), (TENANT, membership_id(1)), (OTHER, ada), (TENANT, ada), (OTHER, other)];
    let found = store.proven(&ids).await.unwrap();
    let [ada, _, bob] = ours.map(Some);
    assert!(found == [bob, None, Some(abroad), ada, None]);
    assert!(store.proven(&[]).await.unwrap().is_empty());
    let many: Vec<_> = (1..=10_000).map(|n| (TENANT, membership_id(n))).collect();
    assert!(store.proven(&many).await.unwrap() == vec![None; 10_000]);
}

pub async fn members_are_told_by_user(store: impl Ledger + Organizations) {
    let theirs = Membership { tenant: OTHER, ..membership("zoe", "x") };
    let all = [("b", "x"), ("a", "y"), ("a", "x"), ("ä", "x"), ("Z", "x"), ("a", "X")];
    let all = [&all.map(|(user, place)| membership(user, place))[..], &[theirs]].concat();
    commit(&store, memberships(all)).await;
    let found = async |tenant, id| {
        let found = store.members(tenant, &organization_id(id), None, 1_000).await.unwrap();
        found.iter().map(|it| it.user.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found(TENANT, "x").await, ["Z", "a", "b", "ä"]);
    assert_eq!(found(OTHER, "x").await, ["zoe"]);
    assert!(found(TENANT, "nowhere").await.is_empty());
    let held = store.members(TENANT, &organization_id("y"), None, 1_000).await.unwrap();
    assert!(held == [membership("a", "y")]);
    let page = async |after, limit| {
        let x = organization_id("x");
        let found = store.members(TENANT, &x, Some(user_id(after)), limit).await.unwrap();
        found.iter().map(|it| it.user.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(page("Z", 2).await, ["a", "b"]);
    assert_eq!(page("aa", 9).await, ["b", "ä"]);
    assert!(page("ä", 9).await.is_empty());
}

pub async fn memberships_are_told_by_who_gave_anything_of_them(store: impl Ledger + Organizations) {
    let by = |n| gift(&Actor::Client(credential(n).id));
    let given = |user: &str, place: &str| membership(user, place).given(&by(1));
    let role_alone = membership("b", "y").given(&by(2)).with_more_roles(&["r".to_owned()], &by(1));
    let gone = membership("d", "x").given(&by(1)).with_pin(pin(4), &by(2));
    let all = vec![
        given("a", "x"),
        given("a", "z"),
        membership("b", "x").given(&by(2)),
        role_alone.clone(),
        given("c", "x"),
        gone.clone(),
        Membership { tenant: OTHER, ..elsewhere(&given("e", "x")) },
        membership("f", "x").given(&gift(&Actor::User(user_id("c")))),
        membership("g", "x").given(&by_link_of(&Actor::User(user_id("c")))),
    ];
    commit(&store, memberships(all)).await;
    let seen = async |actor: &Actor, after: Option<(&str, &str)>, limit| {
        let after = after.map(|(user, place)| (user_id(user), organization_id(place)));
        let found = store.given_by(TENANT, actor, after, limit).await.unwrap();
        found.iter().map(|it| format!("{}{}", it.user, it.organization)).collect::<Vec<_>>()
    };
    let key = by(1).by;
    assert_eq!(seen(&key, None, 9).await, ["ax", "az", "by", "cx", "dx"]);
    assert_eq!(seen(&key, None, 2).await, ["ax", "az"]);
    assert_eq!(seen(&key, Some(("a", "z")), 2).await, ["by", "cx"]);
    assert_eq!(seen(&key, Some(("a", "y")), 1).await, ["az"]);
    assert_eq!(seen(&key, Some(("d", "x")), 9).await, [""; 0]);
    assert_eq!(seen(&by(2).by, None, 9).await, ["bx", "by", "dx"]);
    assert_eq!(seen(&Actor::User(user_id("c")), None, 9).await, ["fx", "gx"]);
    assert_eq!(seen(&Actor::System, None, 9).await, ["gx"]);
    commit(&store, Changes { removed: vec![gone], ..Changes::default() }).await;
    assert_eq!(seen(&key, None, 9).await, ["ax", "az", "by", "cx"]);
}

pub async fn who_may_join_by_an_address_is_told(store: impl Ledger + Organizations) {
    let open = |id: &str, domains: Vec<Domain>| Organization {
        domains,
        policies: Policies { join: true, ..Policies::default() },
        ..organization(id)
    };
    let own = || domain("example.org", true, false);
    let unverified = || domain("example.org", false, true);
    let shut = Organization { active: false, ..open("shut", vec![own()]) };
    let closed = Organization { policies: Policies::default(), ..open("closed", vec![own()]) };
    let theirs = Organization { tenant: OTHER, ..open("theirs", vec![own()]) };
    let all = vec![
        open("b", vec![domain("example.com", true, true), own()]),
        open("a", vec![own()]),
        open("of another", vec![domain("sub.example.org", true, false)]),
        open("unverified", vec![unverified(), domain("example.com", true, false)]),
        open("none", vec![]),
        shut,
        closed,
        theirs.clone(),
    ];
    commit(&store, organizations(all.clone())).await;
    let found = store.joined_by(TENANT, "example.org").await.unwrap();
    assert_eq!(found, [all[1].clone(), all[0].clone()]);
    let by = async |domain| {
        let found = store.joined_by(TENANT, domain).await.unwrap();
        found.iter().map(|it| it.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(by("example.com").await, ["b", "unverified"]);
    for nobodys in ["EXAMPLE.org", "org", "example.net", "", "\"", "%"] {
        assert!(by(nobodys).await.is_empty(), "{nobodys}");
    }
    assert_eq!(store.joined_by(OTHER, "example.org").await.unwrap(), [theirs]);
    // What it opens to is as it is now.
    let shut = Organization { active: false, ..all[1].clone().touched(noon()) };
    commit(&store, organizations(vec![shut])).await;
    assert_eq!(by("example.org").await, ["b"]);
}

fn going(removed_organizations: Vec<Organization>) -> Changes {
    Changes { removed_organizations, ..Changes::default() }
}

pub async fn what_is_removed_goes_with_all_who_are_in_it(
    store: impl Ledger + Organizations + Invitations,
) {
    let theirs = Organization { tenant: OTHER, ..organization("x") };
    let upper = Organization { code: None, ..organization("X") };
    let all = vec![organization("x"), organization("y"), upper.clone(), theirs.clone()];
    commit(&store, organizations(all)).await;
    let abroad = elsewhere(&membership("ada", "x"));
    let many: Vec<_> = (0..3_000).map(|n| membership(&format!("u{n}"), "x")).collect();
    let kept = [membership("ada", "y"), membership("ada", "X"), abroad.clone()];
    commit(&store, memberships([&many[..], &kept, &[membership("ada", "x")]].concat())).await;
    let invitations = vec![super::invited_to(1, "bob", "x")];
    commit(&store, Changes { invitations, ..Changes::default() }).await;

    commit(&store, going(vec![organization("x")])).await;
    let ids = ["x", "y", "X"].map(organization_id);
    let found = Organizations::find_many(&store, TENANT, &ids).await.unwrap();
    assert_eq!(found, [None, Some(organization("y")), Some(upper)]);
    assert!(store.members(TENANT, &ids[0], None, 1_000).await.unwrap().is_empty());
    let left = store.memberships(TENANT, &[user_id("ada")]).await.unwrap();
    assert!(left == [kept[1].clone(), kept[0].clone()]);
    assert_eq!(Organizations::find_many(&store, OTHER, &ids[..1]).await.unwrap(), [Some(theirs)]);
    assert!(store.members(OTHER, &ids[0], None, 1_000).await.unwrap() == [abroad]);
    // What becomes of invitations is not the store's to say.
    assert!(Invitations::find(&store, TENANT, super::id(1)).await.unwrap().is_some());
    // Its id and its code are free for another one, which nobody is in.
    commit(&store, organizations(vec![organization("x")])).await;
    assert!(store.members(TENANT, &ids[0], None, 1_000).await.unwrap().is_empty());
}

pub async fn what_was_changed_or_is_gone_is_not_removed(store: impl Ledger + Organizations) {
    let all = ["x", "y"].map(organization);
    commit(&store, organizations(all.to_vec())).await;
    commit(&store, memberships(vec![membership("ada", "x"), membership("ada", "y")])).await;
    let loss = |id| Conflict::Organization(organization_id(id));
    let changed = organization("y").touched(noon());
    commit(&store, organizations(vec![changed.clone()])).await;
    assert_eq!(losses(&store, &going(all.to_vec())).await, [loss("y")]);
    let unknown = going(vec![organization("x"), organization("z")]);
    assert_eq!(losses(&store, &unknown).await, [loss("z")]);
    assert_eq!(store.memberships(TENANT, &[user_id("ada")]).await.unwrap().len(), 2);
    assert_eq!(store.list(TENANT, None, 9).await.unwrap().len(), 2);
    let (one, two) = (going(vec![changed.clone()]), going(vec![changed]));
    let (one, two) = tokio::join!(store.commit(&one), store.commit(&two));
    assert!(one.is_ok() != two.is_ok(), "one of two removes it");
    // Whoever goes before it goes is no loss to it.
    let both = Changes { removed: vec![membership("ada", "x")], ..going(vec![organization("x")]) };
    commit(&store, both).await;
    assert!(store.list(TENANT, None, 9).await.unwrap().is_empty());
}

pub async fn nothing_hangs_on_what_is_gone(store: impl Ledger + Organizations + Users) {
    let below = |id: &str, parent: &str| Organization {
        parent: Some(organization_id(parent)),
        ..organization(id)
    };
    let theirs = Organization { tenant: OTHER, ..below("child", "x") };
    let all = vec![
        below("x", "top"),
        organization("top"),
        below("child", "x"),
        below("grandchild", "child"),
        theirs.clone(),
    ];
    let home = |id: &str, home: &str| User { home: Some(organization_id(home)), ..user(id) };
    let people =
        vec![home("ada", "x"), home("bob", "top"), User { tenant: OTHER, ..home("cyd", "x") }];
    commit(&store, Changes { users: people.clone(), ..organizations(all.clone()) }).await;
    commit(&store, going(vec![below("x", "top")])).await;
    let ids = ["child", "grandchild"].map(organization_id);
    let found = Organizations::find_many(&store, TENANT, &ids).await.unwrap();
    let child = Organization { parent: None, version: 2, ..all[2].clone() };
    assert_eq!(found, [Some(child), Some(all[3].clone())]);
    assert_eq!(Organizations::find_many(&store, OTHER, &ids[..1]).await.unwrap(), [Some(theirs)]);
    let find = async |tenant, id| {
        let who = [UserRef::Id(user_id(id))];
        Users::find_many(&store, tenant, &who).await.unwrap().pop().flatten().unwrap()
    };
    assert!(find(TENANT, "ada").await == User { home: None, version: 2, ..people[0].clone() });
    assert!(find(TENANT, "bob").await == people[1]);
    assert!(find(OTHER, "cyd").await == people[2]);
    // Whoever read them before has to read them again.
    let stale = Changes { users: vec![home("ada", "x").touched(noon())], ..Changes::default() };
    assert_eq!(losses(&store, &stale).await, [Conflict::User(user_id("ada"))]);
}

pub async fn a_tenant_never_sees_anothers_organizations(store: impl Ledger + Organizations) {
    let theirs = Organization { tenant: OTHER, ..organization("x") };
    let member = Membership { tenant: OTHER, ..membership("ada", "x") };
    commit(&store, organizations(vec![theirs.clone()])).await;
    commit(&store, memberships(vec![member])).await;
    assert_eq!(store.find_many(TENANT, &[organization_id("x")]).await.unwrap(), [None]);
    assert_eq!(store.list(TENANT, None, 10).await.unwrap(), []);
    for text in ["x", "X", "The x team"] {
        assert_eq!(store.named(TENANT, text).await.unwrap(), None);
        assert_eq!(store.named(OTHER, text).await.unwrap().as_ref(), Some(&theirs));
    }
    assert!(store.memberships(TENANT, &[user_id("ada")]).await.unwrap().is_empty());
}
