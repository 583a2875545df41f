//! Invitations are found within their tenant, filtered, and listed page by page.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use usher_domain::{
    Actor, Authority, CredentialId, Delivery, DeliveryId, DeliveryOutcome, Gift, Invitation,
    InvitationId, Inviter, Job, JobKind, Lane, Locale, Matter, MembershipId, Offer, State, Status,
    TenantId, Timestamp,
};
use uuid::Uuid;

use crate::{
    ports::{
        invitations::{
            Cursor, Filter, InvitationCondition, Invitations, Page, TextField, TextMatch, TimeField,
        },
        ledger::{Changes, Ledger},
        outbox::{Outbox, Settlement, Verdict},
    },
    testing::{
        TENANT,
        contract::{
            ANY_TEXT, OTHER, commit, id, invitations, invited, invited_to, job, minute,
            organization_id, seconds, typed,
        },
        invitation, mailbox, noon, user_id,
    },
};

fn page(after: Option<&Invitation>, limit: u64) -> Page {
    let after = after.map(|it| Cursor { issued_at: it.issued_at, id: it.id });
    Page { after, skip: 0, limit }
}

fn issued(n: u128, at: Timestamp) -> Invitation {
    Invitation { issued_at: at, ..invited(n) }
}

fn numbers(all: &[Invitation]) -> Vec<u128> {
    all.iter().map(|it| it.id.0.as_u128()).collect()
}

/// The numbers of those that match, in ascending order.
async fn matching(store: &impl Invitations, filter: Filter) -> Vec<u128> {
    let found = store.list(TENANT, &filter, page(None, 1_000), noon()).await.unwrap();
    let mut found = numbers(&found);
    found.sort_unstable();
    found
}

fn text(field: TextField, test: TextMatch) -> Filter {
    Filter::Is(InvitationCondition::Text(field, test))
}

fn equals(text: &str) -> TextMatch {
    TextMatch::Equals(text.to_owned())
}

fn like(pieces: &[&str]) -> TextMatch {
    TextMatch::Like(pieces.iter().map(|it| (*it).to_owned()).collect())
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

pub async fn every_field_round_trips(store: impl Ledger + Invitations) {
    let micro = |text: &str| text.parse::<Timestamp>().unwrap();
    let full = Invitation {
        mailbox: mailbox("Zoë.Ångström@Bücher.Example"),
        user: Some(user_id("zoë/1")),
        name: Some(ANY_TEXT.to_owned()),
        offer: Offer {
            organization: Some(organization_id("Ünïon")),
            roles: vec!["b".to_owned(), "a".to_owned(), ANY_TEXT.to_owned()],
            authority: Some(Authority::Reader),
            labels: BTreeMap::from([
                ("ключ".to_owned(), ANY_TEXT.to_owned()),
                (ANY_TEXT.to_owned(), String::new()),
            ]),
            redirect: Some("https://example.org/?a=b&c=%20#d".to_owned()),
            message: Some(ANY_TEXT.to_owned()),
            template: Some(ANY_TEXT.to_owned()),
            locale: Some(Locale::parse("zh-Hant-TW").unwrap()),
            inviter: Some(Inviter { user: Some(user_id("b😀ss")), name: ANY_TEXT.to_owned() }),
            lifetime: TimeDelta::microseconds(1_234_567_890_123),
            quiet: true,
        },
        creator: Actor::Client(CredentialId(Uuid::from_u128(0xc))),
        updater: Actor::User(user_id("s")),
        creator_at: micro("2026-01-02T12:00:00.000002Z"),
        taken_over_by: Some(Actor::Client(CredentialId(Uuid::from_u128(0xe)))),
        roles_by: Some(Gift::new(
            Actor::Client(CredentialId(Uuid::from_u128(0xd))),
            micro("2026-01-02T12:00:00.000003Z"),
        )),
        issued_at: micro("2026-01-02T12:00:00.000001Z"),
        updated_at: micro("2026-01-02T12:00:00.100000Z"),
        expires_at: micro("2026-01-02T12:00:00.999999Z"),
        letters: u32::MAX,
        mailed_at: micro("2026-01-02T12:00:01Z"),
        generation: 77,
        previous_until: Some(micro("2026-01-02T12:00:00.123456Z")),
        ..invited(1)
    };
    let bare = invited(2);
    let by_system = Invitation {
        creator: Actor::System,
        updater: Actor::System,
        offer: Offer {
            inviter: Some(Inviter { user: None, name: "Ops".to_owned() }),
            ..bare.offer.clone()
        },
        ..invited(3)
    };
    let all = [full.clone(), bare, by_system];
    commit(&store, invitations(all.to_vec())).await;
    for it in all {
        assert_same(&store.find(TENANT, it.id).await.unwrap().unwrap(), &it);
    }
    let found = store.find(TENANT, full.id).await.unwrap().unwrap();
    assert_eq!(typed(Some(&found.mailbox)), Some("Zoë.Ångström@Bücher.Example"));

    let changed = Invitation { status: Status::Accepted, version: 2, ..invited(1) };
    commit(&store, invitations(vec![changed.clone()])).await;
    assert_same(&store.find(TENANT, id(1)).await.unwrap().unwrap(), &changed);
    for (n, status) in (10..).zip([Status::Declined, Status::Revoked, Status::Lapsed]) {
        let it = Invitation { status, ..invited(n) };
        commit(&store, invitations(vec![it.clone()])).await;
        assert_same(&store.find(TENANT, it.id).await.unwrap().unwrap(), &it);
    }
}

/// `Debug` masks, so the parts are compared first.
fn assert_same(found: &Invitation, expected: &Invitation) {
    assert_eq!(found.offer, expected.offer);
    assert_eq!(
        (found.issued_at, found.updated_at, found.expires_at, found.previous_until),
        (expected.issued_at, expected.updated_at, expected.expires_at, expected.previous_until)
    );
    assert!(found == expected);
}

pub async fn a_tenant_never_sees_anothers_invitations(store: impl Ledger + Invitations) {
    let theirs = Invitation { tenant: OTHER, ..invited(2) };
    commit(&store, invitations(vec![invited(1), theirs.clone(), invited(3)])).await;
    assert_eq!(store.find(TENANT, theirs.id).await.unwrap(), None);
    assert_eq!(store.find(OTHER, id(1)).await.unwrap(), None);
    assert_eq!(store.find(OTHER, theirs.id).await.unwrap(), Some(theirs.clone()));
    let filters = [
        Filter::Everything,
        Filter::Or(vec![Filter::Everything, Filter::Everything]),
        Filter::Or(vec![
            text(TextField::Id, equals(&theirs.id.to_string())),
            text(TextField::Mailbox, like(&["", ""])),
        ]),
        not(Filter::Or(Vec::new())),
    ];
    for filter in filters {
        assert_eq!(matching(&store, filter.clone()).await, [1, 3]);
        let after = Cursor { issued_at: noon(), id: id(3) };
        let page = Page { after: Some(after), skip: 0, limit: 9 };
        let found = store.list(TENANT, &filter, page, noon()).await.unwrap();
        assert_eq!(numbers(&found), [1]);
    }
    let found = store.list(OTHER, &Filter::Everything, page(None, 9), noon()).await.unwrap();
    assert_eq!(found, [theirs]);
}

pub async fn what_is_proven_is_found_in_order(store: impl Ledger + Invitations) {
    let theirs = Invitation { tenant: OTHER, ..invited(2) };
    commit(&store, invitations(vec![invited(1), theirs.clone(), invited(3)])).await;
    let asked = [(TENANT, 3), (TENANT, 9), (OTHER, 2), (TENANT, 3), (TENANT, 1), (TENANT, 2)];
    let asked = asked.map(|(tenant, n)| (tenant, id(n)));
    let found = store.proven(&asked).await.unwrap();
    let [one, three] = [1, 3].map(|it| Some(invited(it)));
    assert_eq!(found, [three.clone(), None, Some(theirs), three, one, None]);
    assert_eq!(store.proven(&[]).await.unwrap(), []);
    let many: Vec<_> = (1..=10_000).map(|n| (if n == 2 { OTHER } else { TENANT }, id(n))).collect();
    let found = store.proven(&many).await.unwrap();
    assert_eq!(found.len(), 10_000);
    assert_eq!(found.iter().flatten().count(), 3);
}

pub async fn a_list_is_newest_first(store: impl Ledger + Invitations) {
    let all = vec![
        issued(5, seconds(1)),
        issued(1, seconds(2)),
        issued(3, seconds(1)),
        issued(4, noon()),
    ];
    commit(&store, invitations(all)).await;
    let found = store.list(TENANT, &Filter::Everything, page(None, 10), noon()).await.unwrap();
    assert_eq!(numbers(&found), [1, 5, 3, 4]);
    let skipped = Page { after: None, skip: 2, limit: 1 };
    let found = store.list(TENANT, &Filter::Everything, skipped, noon()).await.unwrap();
    assert_eq!(numbers(&found), [3]);
    let both = Page { skip: 1, ..page(Some(&issued(1, seconds(2))), u64::MAX) };
    let found = store.list(TENANT, &Filter::Everything, both, noon()).await.unwrap();
    assert_eq!(numbers(&found), [3, 4]);
    let nothing = store.list(TENANT, &Filter::Everything, page(None, 0), noon()).await.unwrap();
    assert_eq!(nothing, []);
}

/// All pages, and what happens between them.
async fn paged<S: Invitations>(store: &S, limit: u64, between: impl AsyncFn(u128)) -> Vec<u128> {
    let mut seen: Vec<Invitation> = Vec::new();
    for round in 0..100 {
        let place = page(seen.last(), limit);
        let found = store.list(TENANT, &Filter::Everything, place, noon()).await.unwrap();
        if found.is_empty() {
            break;
        }
        seen.extend(found);
        between(round).await;
    }
    numbers(&seen)
}

pub async fn pages_join_without_gap_or_overlap(store: impl Ledger + Invitations) {
    // Three at a time were issued in the same instant.
    let all = (0..60).map(|n| issued(n, seconds(i64::try_from(n / 3).unwrap())));
    commit(&store, invitations(all.collect())).await;
    let expected: Vec<_> = (0..60).rev().collect();
    for limit in [1, 2, 7, 60, 61] {
        assert_eq!(paged(&store, limit, async |_| ()).await, expected);
    }
}

pub async fn pages_are_stable_under_writes(store: impl Ledger + Invitations) {
    commit(&store, invitations((100..140).map(|n| issued(n, noon())).collect())).await;
    let seen = paged(&store, 7, async |round| {
        // A newer one, an older one, and a change to one that was seen.
        let newer = issued(1_000 + round, seconds(1));
        let older = issued(10 + round, seconds(-1));
        let n = 139 - round;
        let changed = issued(n, noon()).revoke(Actor::System, seconds(9)).unwrap();
        if round < 5 {
            commit(&store, invitations(vec![newer, older, changed])).await;
        }
    })
    .await;
    let expected: Vec<_> = (100..140).rev().collect();
    assert_eq!(seen[..40], expected, "each that was there before is seen once");
}

pub async fn microseconds_count(store: impl Ledger + Invitations) {
    let micro = |n| noon() + TimeDelta::microseconds(n);
    let times = [0, 1, 10, 100_000, 500_000, 500_001, 999_999, 1_000_000];
    let all = (1..).zip(times).map(|(n, at)| issued(n, micro(at)));
    commit(&store, invitations(all.collect())).await;
    for limit in [1, 3] {
        assert_eq!(paged(&store, limit, async |_| ()).await, [8, 7, 6, 5, 4, 3, 2, 1]);
    }
    let time = |from, before| {
        Filter::Is(InvitationCondition::Time(TimeField::Issued, Some(from), Some(before)))
    };
    for (n, at) in (1..).zip(times) {
        assert_eq!(matching(&store, time(micro(at), micro(at + 1))).await, [n]);
        let found = store.find(TENANT, id(n)).await.unwrap().unwrap();
        assert_eq!(found.issued_at, micro(at));
    }
    assert_eq!(matching(&store, time(micro(500_000), micro(1_000_000))).await, [5, 6, 7]);
}

/// Invitations of inviters with these names, from 1 on; an empty name is none.
fn by_inviters(names: &[&str]) -> Changes {
    let all = (1..).zip(names).map(|(n, name)| {
        let mut it = invited(n);
        let name = Some(*name).filter(|it| !it.is_empty());
        it.offer.inviter = name.map(|it| Inviter { user: None, name: it.to_owned() });
        it
    });
    invitations(all.collect())
}

pub async fn texts_are_compared_without_case(store: impl Ledger + Invitations) {
    let actors = [
        Actor::System,
        Actor::Client(CredentialId(Uuid::from_u128(0xABC))),
        Actor::User(user_id("Ada")),
        Actor::User(user_id("ä")),
    ];
    let all = (11..).zip(actors).map(|(n, actor)| Invitation {
        creator: actor.clone(),
        updater: actor,
        ..invited(n)
    });
    commit(&store, invitations(all.collect())).await;
    for field in [TextField::Creator, TextField::Updater] {
        let client = format!("C{:032X}", 0xABC);
        for (actor, n) in [("S", 11), (client.as_str(), 12), ("uADA", 13), ("Uä", 14)] {
            assert_eq!(matching(&store, text(field, equals(actor))).await, [n]);
        }
        assert_eq!(matching(&store, text(field, like(&["U", ""]))).await, [13, 14]);
        assert_eq!(matching(&store, text(field, equals("u"))).await, []);
    }
    commit(&store, by_inviters(&["Ada Lovelace", "ADA lovelace", "Zoë", "ZOË", ""])).await;
    let inviter = async |test| matching(&store, text(TextField::Inviter, test)).await;
    assert_eq!(inviter(equals("ada LOVELACE")).await, [1, 2]);
    // The case folding of ASCII, and no other.
    assert_eq!(inviter(equals("zoë")).await, [3]);
    assert_eq!(inviter(equals("zoË")).await, [4]);
    assert_eq!(inviter(like(&["", "LOVE", ""])).await, [1, 2]);
    assert_eq!(inviter(like(&["A", "E"])).await, [1, 2]);
    assert_eq!(inviter(like(&["zo", ""])).await, [3, 4]);
    assert_eq!(inviter(like(&["", "", ""])).await, [1, 2, 3, 4]);
    assert_eq!(inviter(like(&["zoë"])).await, [3]);
    assert_eq!(inviter(like(&["", "a", "a", "a", "a", ""])).await, []);
    assert_eq!(inviter(TextMatch::Present).await, [1, 2, 3, 4]);
    assert_eq!(inviter(TextMatch::Absent).await, [5, 11, 12, 13, 14]);
}

pub async fn mailboxes_are_compared_folded(store: impl Ledger + Invitations) {
    let names = ["Ada@Example.org", "Zoë@Bücher.Example", "Straße@a.example", "a_b@a.example"];
    let all = (1..).zip(names).map(|(n, name)| Invitation { mailbox: mailbox(name), ..invited(n) });
    commit(&store, invitations(all.collect())).await;
    let found = async |test| matching(&store, text(TextField::Mailbox, test)).await;
    assert_eq!(found(equals("ADA@EXAMPLE.ORG")).await, [1]);
    assert_eq!(found(equals("ZOë@xn--bcher-kva.example")).await, [2]);
    assert_eq!(found(equals("ZOë@BÜCHER.example")).await, [2]);
    // The case of ASCII in the local part, and no other.
    assert_eq!(found(equals("ZOË@BÜCHER.example")).await, []);
    assert_eq!(found(equals("STRAßE@a.example")).await, [3]);
    assert_eq!(found(equals("STRASSE@a.example")).await, []);
    assert_eq!(found(equals("ada")).await, []);
    assert_eq!(found(like(&["ZOë@", ""])).await, [2]);
    assert_eq!(found(like(&["ZOË@", ""])).await, []);
    assert_eq!(found(like(&["ZOË", ""])).await, []);
    assert_eq!(found(like(&["", "@BÜCHER.example"])).await, [2]);
    assert_eq!(found(like(&["", "STRASSE", ""])).await, []);
    assert_eq!(found(like(&["", "STRAßE", ""])).await, [3]);
    assert_eq!(found(like(&["", "@A.", ""])).await, [3, 4]);
    assert_eq!(found(like(&["a_", ""])).await, [4]);
    assert_eq!(found(TextMatch::Present).await, [1, 2, 3, 4]);
    assert_eq!(found(TextMatch::Absent).await, []);
    assert_eq!(matching(&store, not(text(TextField::Mailbox, equals("x")))).await, [1, 2, 3, 4]);
}

pub async fn patterns_take_nothing_for_a_wildcard(store: impl Ledger + Invitations) {
    let names = ["50%", "50x", "a_b", "axb", "a*b", "[ab]", "a\\b", "a?b", "50%%", "\\", "%"];
    commit(&store, by_inviters(&names)).await;
    let found =
        async |pieces: &[&str]| matching(&store, text(TextField::Inviter, like(pieces))).await;
    assert_eq!(found(&["50%", ""]).await, [1, 9]);
    assert_eq!(found(&["a_b"]).await, [3]);
    assert_eq!(found(&["a*b"]).await, [5]);
    assert_eq!(found(&["[ab]"]).await, [6]);
    assert_eq!(found(&["a\\b"]).await, [7]);
    assert_eq!(found(&["a?b"]).await, [8]);
    assert_eq!(found(&["", "\\", ""]).await, [7, 10]);
    assert_eq!(found(&["", "%"]).await, [1, 9, 11]);
    assert_eq!(found(&["%"]).await, [11]);
    assert_eq!(found(&["a", "b"]).await, [3, 4, 5, 7, 8]);
    assert_eq!(found(&["'; --", ""]).await, []);
    for (n, name) in (1..).zip(names) {
        assert_eq!(matching(&store, text(TextField::Inviter, equals(name))).await, [n]);
    }
}

pub async fn ids_are_compared_as_digits(store: impl Ledger + Invitations) {
    let of = |n: u128| Invitation { id: InvitationId(Uuid::from_u128(n)), ..invited(n) };
    let (one, two) = (0xabcd_0000_0000_0000_0000_0000_0000_0001, 0xabcd_0000);
    commit(&store, invitations(vec![of(one), of(two)])).await;
    let found = async |test| matching(&store, text(TextField::Id, test)).await;
    assert_eq!(found(equals(&id(one).to_string())).await, [one]);
    assert_eq!(found(equals(&id(one).to_string().to_uppercase())).await, [one]);
    assert_eq!(found(equals(&id(one).0.as_hyphenated().to_string())).await, []);
    assert_eq!(found(equals("")).await, []);
    assert_eq!(found(like(&["ABCD", ""])).await, [one]);
    assert_eq!(found(like(&["", "abcd0000"])).await, [two]);
    assert_eq!(found(TextMatch::Present).await, [two, one]);
    assert_eq!(found(TextMatch::Absent).await, []);
    let wrong = not(text(TextField::Id, equals("nonsense")));
    assert_eq!(matching(&store, wrong).await, [two, one]);
}

pub async fn labels_are_tested_by_any_name(store: impl Ledger + Invitations) {
    let names = ["team", "a\"b", "$", "$.team", "[0]", "0", "ключ", "a.b", "a'b", "\\", "👩‍👩‍👧", ""];
    let all = (1..).zip(names).map(|(n, name)| {
        let mut it = invited(n);
        it.offer.labels = BTreeMap::from([
            (name.to_owned(), format!("Red {n}%")),
            ("all".to_owned(), "1".to_owned()),
        ]);
        it
    });
    commit(&store, invitations(all.chain([invited(99)]).collect())).await;
    let label = |name: &str, test| Filter::Is(InvitationCondition::Label(name.to_owned(), test));
    for (n, name) in (1..).zip(names) {
        assert_eq!(matching(&store, label(name, TextMatch::Present)).await, [n], "{name}");
        assert_eq!(matching(&store, label(name, equals(&format!("rED {n}%")))).await, [n]);
        assert_eq!(matching(&store, label(name, equals("red"))).await, []);
        assert_eq!(matching(&store, label(name, like(&["", "ED ", "%"]))).await, [n]);
        assert_eq!(matching(&store, not(label(name, equals("x")))).await, [n]);
        assert_eq!(matching(&store, label(name, TextMatch::Absent)).await.len(), names.len());
    }
    let mut foreign = invited(100);
    foreign.offer.labels = BTreeMap::from([("team".to_owned(), "ÜBER alles".to_owned())]);
    commit(&store, invitations(vec![foreign])).await;
    // The case folding of ASCII, and no other.
    assert_eq!(matching(&store, label("team", equals("ÜBER ALLES"))).await, [100]);
    assert_eq!(matching(&store, label("team", equals("über alles"))).await, []);
    assert_eq!(matching(&store, label("team", like(&["ÜB", ""]))).await, [100]);
    assert_eq!(matching(&store, label("team", like(&["üb", ""]))).await, []);
    assert_eq!(matching(&store, label("all", equals("1"))).await.len(), names.len());
    assert_eq!(matching(&store, label("TEAM", TextMatch::Present)).await, []);
}

pub async fn times_and_lifetimes_are_tested_from_and_before(store: impl Ledger + Invitations) {
    let all = (1..=4).map(|n| {
        let at = i64::try_from(n).unwrap();
        let mut it = issued(n, seconds(at));
        it.updated_at = seconds(10 * at);
        it.expires_at = seconds(100 * at);
        it.offer.lifetime = TimeDelta::seconds(1_000 * at);
        it
    });
    commit(&store, invitations(all.collect())).await;
    for (moment, unit) in
        [(TimeField::Issued, 1), (TimeField::Updated, 10), (TimeField::Expires, 100)]
    {
        let time = async |from: Option<i64>, before: Option<i64>| {
            let at = |it| seconds(it * unit);
            let test = InvitationCondition::Time(moment, from.map(at), before.map(at));
            matching(&store, Filter::Is(test)).await
        };
        assert_eq!(time(Some(2), None).await, [2, 3, 4]);
        assert_eq!(time(None, Some(2)).await, [1]);
        assert_eq!(time(Some(2), Some(4)).await, [2, 3]);
        assert_eq!(time(None, None).await, [1, 2, 3, 4]);
        assert_eq!(time(Some(3), Some(3)).await, []);
    }
    let lifetime = async |from: Option<i64>, before: Option<i64>| {
        let test = InvitationCondition::Lifetime(
            from.map(TimeDelta::seconds),
            before.map(TimeDelta::seconds),
        );
        matching(&store, Filter::Is(test)).await
    };
    assert_eq!(lifetime(Some(2_000), None).await, [2, 3, 4]);
    assert_eq!(lifetime(Some(2_000), Some(4_000)).await, [2, 3]);
    assert_eq!(lifetime(None, Some(2_000)).await, [1]);
    assert_eq!(lifetime(None, None).await, [1, 2, 3, 4]);
}

pub async fn states_are_told_with_the_clock(store: impl Ledger + Invitations) {
    let over = [Status::Accepted, Status::Declined, Status::Revoked, Status::Lapsed];
    let over = (4..).zip(over).map(|(n, status)| Invitation { status, ..invited(n) });
    let micro = TimeDelta::microseconds(1);
    let until = |n, at| Invitation { expires_at: at, ..invited(n) };
    let open = [until(1, noon() - micro), until(2, noon()), until(3, noon() + micro)];
    commit(&store, invitations(open.into_iter().chain(over).collect())).await;
    let expected: [(State, &[u128]); 5] = [
        (State::Pending, &[3]),
        (State::Expired, &[1, 2, 7]),
        (State::Accepted, &[4]),
        (State::Declined, &[5]),
        (State::Revoked, &[6]),
    ];
    for (state, numbers) in expected {
        assert_eq!(matching(&store, Filter::Is(InvitationCondition::State(state))).await, numbers);
        let all: Vec<_> = (1..=7).filter(|it| !numbers.contains(it)).collect();
        assert_eq!(matching(&store, not(Filter::Is(InvitationCondition::State(state)))).await, all);
    }
    assert_eq!(matching(&store, Filter::Is(InvitationCondition::Lapsed)).await, [7]);
    let others = not(Filter::Is(InvitationCondition::Lapsed));
    assert_eq!(matching(&store, others).await, [1, 2, 3, 4, 5, 6]);
    for n in 1..=7 {
        let it = store.find(TENANT, id(n)).await.unwrap().unwrap();
        let same = Filter::Is(InvitationCondition::State(it.state(noon())));
        assert!(matching(&store, same).await.contains(&n));
    }
}

pub async fn flags_and_organizations_are_tested(store: impl Ledger + Invitations) {
    let mut quiet = invited(1);
    quiet.offer.quiet = true;
    let all = vec![quiet, invited(2), invited_to(3, "c", "x"), invited_to(4, "d", "X")];
    commit(&store, invitations(all)).await;
    let quiet = |value| Filter::Is(InvitationCondition::Quiet(value));
    assert_eq!(matching(&store, quiet(true)).await, [1]);
    assert_eq!(matching(&store, quiet(false)).await, [2, 3, 4]);
    let of = |text| Filter::Is(InvitationCondition::Organization(organization_id(text)));
    assert_eq!(matching(&store, of("x")).await, [3]);
    assert_eq!(matching(&store, of("X")).await, [4]);
    assert_eq!(matching(&store, not(of("x"))).await, [4]);
}

pub async fn roles_inviters_and_creators_are_tested_as_they_are(store: impl Ledger + Invitations) {
    let offering = |n, roles: &[&str]| {
        let mut it = invited(n);
        it.offer.roles = roles.iter().map(|it| (*it).to_owned()).collect();
        it
    };
    let named = |n, user: Option<&str>| {
        let mut it = invited(n);
        it.offer.inviter = Some(Inviter { user: user.map(user_id), name: "ada".to_owned() });
        it
    };
    let by = |n, creator| Invitation { creator, ..invited(n) };
    let key = || Actor::Client(CredentialId(Uuid::from_u128(7)));
    let chosen = |n, by| Invitation { roles_by: Some(Gift::new(by, seconds(2))), ..invited(n) };
    let taken = |n, by| Invitation { taken_over_by: Some(by), creator: key(), ..invited(n) };
    let all = vec![
        offering(1, &["x", "cook"]),
        offering(2, &["Cook", "cooks", "[\"cook\"]"]),
        offering(3, &[ANY_TEXT]),
        named(4, Some("ada")),
        named(5, Some("Ada")),
        named(6, None),
        by(7, Actor::User(user_id("ada"))),
        by(8, Actor::User(user_id("ADA"))),
        by(9, key()),
        by(10, Actor::System),
        chosen(11, key()),
        taken(12, Actor::User(user_id("ada"))),
        Invitation { creator_at: seconds(2), ..by(13, key()) },
    ];
    commit(&store, invitations(all)).await;
    let is = async |test| matching(&store, Filter::Is(test)).await;
    assert_eq!(is(InvitationCondition::Role("cook".to_owned())).await, [1]);
    assert_eq!(is(InvitationCondition::Role(ANY_TEXT.to_owned())).await, [3]);
    assert_eq!(is(InvitationCondition::Role("x\"".to_owned())).await, []);
    assert_eq!(is(InvitationCondition::Inviter(user_id("ada"))).await, [4]);
    assert_eq!(is(InvitationCondition::Inviter(user_id("Ada"))).await, [5]);
    assert_eq!(is(InvitationCondition::Answered(Actor::User(user_id("ada")))).await, [7, 12]);
    assert_eq!(is(InvitationCondition::Answered(key())).await, [9, 13]);
    assert_eq!(is(InvitationCondition::Answered(Actor::System)).await, [10]);
    let given = |since| InvitationCondition::Given(key(), since);
    assert_eq!(is(given(seconds(0))).await, [9, 11, 12, 13]);
    assert_eq!(is(given(seconds(2))).await, [11, 13]);
    assert_eq!(is(given(seconds(3))).await, []);
    let others =
        matching(&store, not(Filter::Is(InvitationCondition::Role("cook".to_owned())))).await;
    assert_eq!(others, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
}

pub async fn invitees_are_tested(store: impl Ledger + Invitations) {
    let to = |n, user: &str| Invitation { user: Some(user_id(user)), ..invited(n) };
    let all = vec![to(1, "ada"), to(2, "Ada"), to(3, "adam"), to(4, "Ä_a"), invited(5)];
    commit(&store, invitations(all)).await;
    let is = |user: &str| Filter::Is(InvitationCondition::Invitee(user_id(user)));
    assert_eq!(matching(&store, is("ada")).await, [1]);
    assert_eq!(matching(&store, is("Ä_a")).await, [4]);
    assert_eq!(matching(&store, is("a")).await, []);
    assert_eq!(matching(&store, not(is("ada"))).await, [2, 3, 4]);
}

pub async fn filters_combine(store: impl Ledger + Invitations) {
    commit(&store, invitations((1..=6).map(invited).collect())).await;
    let is = |n| text(TextField::Mailbox, equals(&format!("u{n}@example.org")));
    let any = |all: &[u32]| Filter::Or(all.iter().map(|it| is(*it)).collect());
    assert_eq!(matching(&store, Filter::Everything).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(matching(&store, not(Filter::Everything)).await, []);
    assert_eq!(matching(&store, Filter::And(Vec::new())).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(matching(&store, Filter::Or(Vec::new())).await, []);
    assert_eq!(matching(&store, any(&[1, 3])).await, [1, 3]);
    let both = Filter::And(vec![any(&[1, 2, 3]), any(&[2, 3, 4]), not(is(3))]);
    assert_eq!(matching(&store, both).await, [2]);
    // AND does not bind tighter than it was built.
    let either = Filter::Or(vec![is(1), Filter::And(vec![any(&[2, 3]), any(&[3, 4])])]);
    assert_eq!(matching(&store, either.clone()).await, [1, 3]);
    let within = Filter::And(vec![Filter::Or(vec![is(1), is(2)]), any(&[2, 3])]);
    assert_eq!(matching(&store, within).await, [2]);
    assert_eq!(matching(&store, not(either.clone())).await, [2, 4, 5, 6]);
    assert_eq!(matching(&store, not(not(either))).await, [1, 3]);
    let deep = (0..40).fold(is(1), |it, _| not(not(it)));
    assert_eq!(matching(&store, deep).await, [1]);
    let wide = Filter::Or((1..=500).map(is).collect());
    assert_eq!(matching(&store, wide).await, [1, 2, 3, 4, 5, 6]);
}

pub async fn what_has_no_value_passes_no_test(store: impl Ledger + Invitations) {
    commit(&store, by_inviters(&["Ada", ""])).await;
    let inviter = |test| text(TextField::Inviter, test);
    let label = |test| Filter::Is(InvitationCondition::Label("x".to_owned(), test));
    for test in [equals("ada"), equals("bob"), like(&["", ""]), equals("")] {
        for filter in [inviter(test.clone()), not(inviter(test.clone()))] {
            assert!(!matching(&store, filter).await.contains(&2));
        }
        for filter in [label(test.clone()), not(label(test))] {
            assert_eq!(matching(&store, filter).await, []);
        }
    }
    let other = not(Filter::Or(vec![inviter(equals("bob")), inviter(equals("cy"))]));
    assert_eq!(matching(&store, other).await, [1]);
    let of = Filter::Is(InvitationCondition::Organization(organization_id("x")));
    assert_eq!(matching(&store, not(of)).await, []);
    assert_eq!(matching(&store, inviter(TextMatch::Absent)).await, [2]);
    assert_eq!(matching(&store, not(inviter(TextMatch::Absent))).await, [1]);
    assert_eq!(matching(&store, not(inviter(TextMatch::Present))).await, [2]);
}

pub async fn deliveries_come_oldest_first_and_of_one_tenant(
    store: impl Ledger + Invitations + Outbox,
) {
    let theirs = Job { tenant: OTHER, kind: job(1).kind, ..job(2) };
    let jobs = vec![job(1), theirs];
    commit(&store, Changes { jobs, ..invitations(vec![invitation(1, "ada")]) }).await;
    let delivery = |n: u128, tenant: TenantId, at, outcome| Delivery {
        id: DeliveryId(Uuid::from_u128(n)),
        tenant,
        matter: Matter::Invitation(id(1)),
        letter: 2,
        attempt: 3,
        at,
        outcome,
        answer: ANY_TEXT.to_owned(),
    };
    let micro = noon() + TimeDelta::microseconds(1);
    let told = [
        delivery(5, TENANT, micro, DeliveryOutcome::Deferred),
        delivery(4, TENANT, seconds(1), DeliveryOutcome::Failed),
        delivery(6, TENANT, noon(), DeliveryOutcome::Sent),
        delivery(7, OTHER, noon(), DeliveryOutcome::Sent),
    ];
    let claimed = store.claim(Lane::Letters, noon(), minute(), 1).await.unwrap();
    assert_eq!(claimed[0].kind, JobKind::MailInvitation { invitation: id(1), letter: 1 });
    let settlements: Vec<_> = told
        .iter()
        .map(|it| Settlement {
            job: claimed[0].clone(),
            verdict: Verdict::Retry { at: noon() },
            delivery: Some(it.clone()),
        })
        .collect();
    store.settle(&settlements).await.unwrap();
    let found = store.deliveries(TENANT, id(1)).await.unwrap();
    assert_eq!(found, [told[2].clone(), told[0].clone(), told[1].clone()]);
    assert_eq!(store.deliveries(OTHER, id(1)).await.unwrap(), told[3..]);
    assert_eq!(store.deliveries(TENANT, id(2)).await.unwrap(), []);
}

pub async fn a_letter_about_a_membership_is_none_of_an_invitations(
    store: impl Ledger + Invitations + Outbox,
) {
    // Whatever their ids are.
    let membership = MembershipId(id(1).0);
    let kind = JobKind::MailWelcome { membership, letter: 1 };
    let jobs = vec![job(1), Job { kind, ..job(2) }];
    commit(&store, Changes { jobs, ..invitations(vec![invitation(1, "ada")]) }).await;
    let matters = [Matter::Invitation(id(1)), Matter::Membership(membership)];
    let claimed = store.claim(Lane::Letters, noon(), minute(), 9).await.unwrap();
    let settlements: Vec<_> = (1..)
        .zip(claimed.into_iter().zip(matters))
        .map(|(n, (job, matter))| Settlement {
            delivery: Some(Delivery {
                id: DeliveryId(Uuid::from_u128(n)),
                tenant: TENANT,
                matter,
                letter: 1,
                attempt: 1,
                at: noon(),
                outcome: DeliveryOutcome::Sent,
                answer: "250 OK".to_owned(),
            }),
            job,
            verdict: Verdict::Done,
        })
        .collect();
    store.settle(&settlements).await.unwrap();
    let found = store.deliveries(TENANT, id(1)).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].matter, Matter::Invitation(id(1)));
    assert_eq!(store.next_due(Lane::Letters).await.unwrap(), None);
}
