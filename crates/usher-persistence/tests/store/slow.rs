//! What takes minutes, and is run by `cargo xtask test --slow` alone: whether lists take the same time
//! however many rows there are, and the contract on tables that are split by tenant.

mod partitioned;

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait as _, Database};
use usher_application::{
    Audit as _, AuditFilter, Changes, Filter, InvitationCondition, Invitations, Ledger as _, Page,
    StoreError, TextField, TextMatch, TimeField,
    testing::{TENANT, invitation, noon, user_id},
};
use usher_domain::{Action, Actor, OrganizationId, State};
use usher_persistence::{SqlStore, StoreOptions};

use crate::{postgres, sqlite};

/// A tenth of them or less is too few to tell.
const FEW: usize = 10_000;
const MANY: usize = 300_000;
/// How often each list is read.
const TRIES: usize = 15;
/// What else the machine does may take so much.
const NOISE: Duration = Duration::from_millis(5);
/// A walk over thirty times as many rows takes thirty times as long.
const RATIO: u32 = 4;

#[derive(Clone, Debug)]
enum List {
    Invitations(Filter),
    Audit(AuditFilter),
}

fn lists() -> Vec<(&'static str, List)> {
    let is = |it| Filter::Is(it);
    let visible = |it: Filter| {
        let states = [State::Pending, State::Expired].map(InvitationCondition::State).map(is);
        List::Invitations(Filter::And(vec![Filter::Or(states.into()), it]))
    };
    let like = |it: &[&str]| TextMatch::Like(it.iter().map(|it| (*it).to_owned()).collect());
    let text = |field, test| is(InvitationCondition::Text(field, test));
    let few = || Actor::User(user_id("few"));
    let place = || is(InvitationCondition::Organization(OrganizationId::parse("few").unwrap()));
    let anywhere = Filter::Or(vec![
        text(TextField::Mailbox, like(&["", "zzqx", ""])),
        text(TextField::Inviter, like(&["", "zzqx", ""])),
    ]);
    let label =
        InvitationCondition::Label("team".to_owned(), TextMatch::Equals("nobody".to_owned()));
    let audit = |actions: &[Action], user: Option<&str>| {
        List::Audit(AuditFilter { actions: actions.to_vec(), user: user.map(user_id) })
    };
    vec![
        ("the first page", visible(Filter::Everything)),
        ("what an inviter made, open", visible(is(InvitationCondition::Answered(few())))),
        ("what an inviter made, all", List::Invitations(is(InvitationCondition::Answered(few())))),
        ("an organization, open", visible(place())),
        ("an organization, all", List::Invitations(place())),
        (
            "the end of an address",
            visible(text(TextField::Mailbox, like(&["", "@nowhere.example"]))),
        ),
        ("a word anywhere", visible(anywhere)),
        ("a label", visible(is(label))),
        ("an action", audit(&[Action::Reset], None)),
        ("a user", audit(&[], Some("few"))),
    ]
}

async fn read(store: &SqlStore, list: &List) -> Duration {
    let page = Page { after: None, skip: 0, limit: 50 };
    let begun = Instant::now();
    match list {
        List::Invitations(filter) => {
            Invitations::list(store, TENANT, filter, page, noon()).await.map(drop).unwrap();
        }
        List::Audit(filter) => {
            store.matching(TENANT, filter, None, 50).await.map(drop).unwrap();
        }
    }
    begun.elapsed()
}

/// The median of the times that each list takes.
async fn times(store: &SqlStore) -> Vec<Duration> {
    let mut medians = Vec::new();
    for (_, list) in lists() {
        read(store, &list).await;
        let mut times = Vec::new();
        for _ in 0..TRIES {
            times.push(read(store, &list).await);
        }
        times.sort_unstable();
        medians.push(times[TRIES / 2]);
    }
    medians
}

/// Writes so many invitations, entries and people, and reads each list.
async fn filled(store: &SqlStore, url: &str, sql: &str, rows: usize) -> Vec<Duration> {
    let beside = Database::connect(url).await.unwrap();
    let sql = sql.replace("{rows}", &rows.to_string());
    let sql = sql.replace("{tenant}", &TENANT.0.simple().to_string());
    beside.execute_unprepared(&sql).await.unwrap();
    times(store).await
}

fn compare(few: &[Duration], many: &[Duration]) {
    for (((what, _), few), many) in lists().into_iter().zip(few).zip(many) {
        eprintln!("{what}: {few:?} of {FEW}, {many:?} of {MANY}");
        assert!(*many <= *few * RATIO + NOISE, "{what}: {few:?} of {FEW}, {many:?} of {MANY}");
    }
}

/// Forty searches at once that find nothing and that no index leads, and commits meanwhile.
async fn a_flood_of_searches_holds_up_no_commit(store: &SqlStore) {
    let far = noon() - TimeDelta::days(100_000);
    let never = InvitationCondition::Time(TimeField::Updated, None, Some(far));
    let filter = Filter::Is(never);
    let page = Page { after: None, skip: 0, limit: 50 };
    let flood = async {
        let all = (0..40).map(|_| Invitations::list(store, TENANT, &filter, page, noon()));
        for outcome in join_all(all).await {
            let is_clear = |it: &StoreError| it.is_too_broad() || it.is_of_many_searches();
            assert!(outcome.as_ref().err().is_none_or(is_clear), "{outcome:?}");
        }
    };
    let commits = async {
        let mut times = Vec::new();
        for n in 0..40 {
            let made = invitation(0xffff_0000 + n, &format!("flood{n}"));
            let begun = Instant::now();
            store.commit(&Changes { invitations: vec![made], ..Changes::default() }).await.unwrap();
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        times
    };
    let ((), times) = tokio::join!(flood, commits);
    let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
    eprintln!("commits beside forty searches: {median:?}, at most {longest:?}");
    assert!(median < Duration::from_millis(100), "{median:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_take_the_same_time_however_many_there_are_on_sqlite() {
    let mut all = Vec::new();
    for rows in [FEW, MANY] {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite::url(&folder);
        let store = SqlStore::open(&StoreOptions::new(&url)).await.unwrap();
        store.migrate().await.unwrap();
        all.push(filled(&store, &url, include_str!("many.sqlite.sql"), rows).await);
        if rows == MANY {
            a_flood_of_searches_holds_up_no_commit(&store).await;
        }
    }
    compare(&all[0], &all[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_take_the_same_time_however_many_there_are_on_postgres() {
    let mut all = Vec::new();
    for rows in [FEW, MANY] {
        let (store, database) = postgres::fresh().await;
        let url = database.options().url;
        all.push(filled(&store, &url, include_str!("many.postgres.sql"), rows).await);
        if rows == MANY {
            a_flood_of_searches_holds_up_no_commit(&store).await;
        }
    }
    compare(&all[0], &all[1]);
}
