//! How the databases go about lists: by an index, or else as a search, which has connections and a time
//! of its own.

use std::env;

use chrono::TimeDelta;
use sea_orm::{
    ConnectionTrait as _, Database, DbBackend, QueryTrait as _, Statement, TransactionTrait as _,
    sea_query::{PostgresQueryBuilder, QueryBuilder as _},
};
use serde_json::Value as Json;
use usher_application::{
    AuditFilter, Filter, InvitationCondition, Page, TextField, TextMatch, TimeField, UserCondition,
    UserField,
    testing::{TENANT, noon, user_id},
};
use usher_domain::{Action, Actor, OrganizationId, State, UserStatus};

use crate::{
    backend::Backend,
    filter::users::{Scope, is_search},
    ports::users::found,
    shared::Effort,
    store::{SqlStore, StoreOptions},
};

/// So many invitations there are, as many entries of the audit, and as many people.
const ROWS: usize = 20_000;
/// Whoever goes by an index reads fewer rows than this.
const FEW: f64 = 400.0;

/// How a list is read.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Led {
    /// By this index of SQLite, in the order of the list or to a few rows.
    By(&'static str),
    /// By an index that may lead to many rows: it is a search nevertheless.
    BySearching(&'static str),
    /// By none: it walks over all that are not closed, and is a search.
    Walks,
    /// By none, and usher alone asks for it.
    WalksForUsher,
}

/// The numbers that the index of texts has found.
const NUMBERS: &str = "INTEGER PRIMARY KEY";

fn equals(it: &str) -> TextMatch {
    TextMatch::Equals(it.to_owned())
}

fn like(it: &[&str]) -> TextMatch {
    TextMatch::Like(it.iter().map(|it| (*it).to_owned()).collect())
}

/// Every condition of invitations, with values that none or a few have.
fn conditions() -> Vec<InvitationCondition> {
    use InvitationCondition as Is;
    let few = Actor::User(user_id("few"));
    vec![
        Is::Text(TextField::Id, equals("00000000000000000000000000000008")),
        Is::Text(TextField::Id, like(&["", "fff8"])),
        Is::Text(TextField::Mailbox, equals("p8@d8.example.org")),
        Is::Text(TextField::Mailbox, like(&["nobody", ""])),
        Is::Text(TextField::Mailbox, like(&["", "@nowhere.example"])),
        Is::Text(TextField::Mailbox, like(&["", "zzq", ""])),
        Is::Text(TextField::Mailbox, like(&["", "zq", ""])),
        Is::Text(TextField::Inviter, equals("nobody")),
        Is::Text(TextField::Inviter, like(&["", "zzq", ""])),
        Is::Text(TextField::Creator, equals("uFew")),
        Is::Text(TextField::Creator, like(&["ufe", ""])),
        Is::Text(TextField::Updater, equals("ufew")),
        Is::Label("team".to_owned(), equals("nobody")),
        Is::Label("none".to_owned(), TextMatch::Present),
        Is::Time(TimeField::Issued, None, Some(noon() - TimeDelta::days(10_000))),
        Is::Time(TimeField::Updated, None, Some(noon() - TimeDelta::days(10_000))),
        Is::Time(TimeField::Expires, None, Some(noon() - TimeDelta::days(10_000))),
        Is::Lifetime(None, Some(TimeDelta::seconds(1))),
        Is::Quiet(true),
        Is::Quiet(false),
        Is::State(State::Pending),
        Is::State(State::Revoked),
        Is::Lapsed,
        Is::Organization(OrganizationId::parse("few").unwrap()),
        Is::Role("none".to_owned()),
        Is::Invitee(user_id("v4")),
        Is::Inviter(user_id("few")),
        Is::Answered(few.clone()),
        Is::Given(few, noon() - TimeDelta::days(10_000)),
    ]
}

/// Whoever adds a condition says here how it is read, and adds it to the others above.
fn led(condition: &InvitationCondition) -> Led {
    use InvitationCondition as Is;
    match condition {
        Is::Text(TextField::Id, TextMatch::Equals(_)) => Led::By("sqlite_autoindex_invitation_1"),
        Is::Text(TextField::Mailbox, TextMatch::Equals(_)) => Led::By("invitation_mailbox"),
        Is::Text(TextField::Mailbox, TextMatch::Like(it)) if it.iter().any(|it| it.len() > 2) => {
            Led::BySearching(NUMBERS)
        }
        Is::Text(TextField::Inviter, _) | Is::Label(..) => Led::BySearching(NUMBERS),
        Is::Text(TextField::Creator, TextMatch::Equals(_)) => Led::By("invitation_creator"),
        Is::Answered(_) => Led::By("invitation_answered_open"),
        Is::Text(
            TextField::Id | TextField::Mailbox | TextField::Creator | TextField::Updater,
            _,
        )
        | Is::Time(TimeField::Updated | TimeField::Expires, ..)
        | Is::Lifetime(..)
        | Is::Quiet(false)
        | Is::State(State::Revoked | State::Declined) => Led::Walks,
        Is::Time(TimeField::Issued, ..)
        | Is::State(State::Pending | State::Expired | State::Accepted)
        | Is::Lapsed => Led::By("invitation_open"),
        Is::Quiet(true) => Led::BySearching("invitation_quiet"),
        Is::Organization(_) => Led::By("invitation_organization_open"),
        Is::Role(_) | Is::Given(..) => Led::WalksForUsher,
        Is::Invitee(_) => Led::By("invitation_invitee"),
        Is::Inviter(_) => Led::By("invitation_inviter"),
    }
}

/// The filter of a list that leaves out what is closed.
fn open(condition: InvitationCondition) -> Filter {
    let states = [State::Pending, State::Expired].map(InvitationCondition::State).map(Filter::Is);
    Filter::And(vec![Filter::Or(states.into()), Filter::Is(condition)])
}

const PAGE: Page = Page { after: None, skip: 0, limit: 50 };

/// A store with many rows.
async fn many(backend: Backend) -> SqlStore {
    let (options, rows) = match backend {
        Backend::Sqlite => {
            let rows = include_str!("../../tests/store/many.sqlite.sql");
            (StoreOptions::new("sqlite::memory:"), rows)
        }
        Backend::Postgres => {
            let server = env::var("USHER_TEST_POSTGRES")
                .expect("run `cargo xtask test`, or set USHER_TEST_POSTGRES to a server's address");
            let beside = Database::connect(format!("{server}/postgres")).await.unwrap();
            let name = format!("plans_{}", std::process::id());
            let clear = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            beside.execute_unprepared(&clear).await.unwrap();
            let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
            beside.execute_unprepared(&create).await.unwrap();
            let rows = include_str!("../../tests/store/many.postgres.sql");
            (StoreOptions::new(format!("{server}/{name}")), rows)
        }
    };
    let store = SqlStore::open(&options).await.unwrap();
    store.migrate().await.unwrap();
    let rows = rows.replace("{rows}", &ROWS.to_string());
    let rows = rows.replace("{tenant}", &TENANT.0.simple().to_string());
    store.shared.writes.execute_unprepared(&rows).await.unwrap();
    store
}

/// What SQLite says of how it goes about a query.
async fn steps(store: &SqlStore, query: Statement) -> Vec<String> {
    let sql = format!("EXPLAIN QUERY PLAN {}", query.sql);
    let values = query.values.map(|it| it.0).unwrap_or_default();
    let rows =
        store.shared.reads.query_all_raw(store.shared.statement(&sql, values)).await.unwrap();
    rows.into_iter().map(|it| it.try_get("", "detail").unwrap()).collect()
}

/// How many rows PostgreSQL reads from tables for a query: for a search by a plan for its values, and
/// for another read by one that serves whatever the values are, which it comes to in time.
async fn rows_read(store: &SqlStore, effort: Effort, query: Statement) -> f64 {
    fn of(node: &Json) -> f64 {
        let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
        let read = number("Actual Rows")
            + number("Rows Removed by Filter")
            + number("Rows Removed by Index Recheck");
        let own =
            if node["Relation Name"].is_string() { read * number("Actual Loops") } else { 0.0 };
        own + node["Plans"].as_array().into_iter().flatten().map(of).sum::<f64>()
    }
    let Statement { sql, values, .. } = query;
    let values = values.map(|it| it.0).unwrap_or_default();
    let values: Vec<_> = values.iter().map(|it| PostgresQueryBuilder.value_to_string(it)).collect();
    let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
    let mode = match effort {
        Effort::Lookup => "force_generic_plan",
        Effort::Search => "force_custom_plan",
    };
    let connection = store.shared.readers(effort).begin().await.unwrap();
    let prepared = format!("SET LOCAL plan_cache_mode = {mode}; PREPARE list AS {sql}");
    connection.execute_unprepared(&prepared).await.unwrap();
    let explained = format!("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE list{values}");
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, explained));
    let plan: Json = row.await.unwrap().unwrap().try_get_by_index(0).unwrap();
    connection.execute_unprepared("DEALLOCATE list").await.unwrap();
    of(&plan[0]["Plan"])
}

/// How a list is read, as this database tells it.
async fn check(store: &SqlStore, what: &str, led: Led, effort: Effort, query: Statement) {
    let is_search = effort == Effort::Search;
    let index = match led {
        Led::By(index) | Led::BySearching(index) => index,
        Led::Walks => return assert!(is_search, "{what} walks, and is no search"),
        Led::WalksForUsher => return assert!(!is_search, "{what} has the time of a search"),
    };
    assert_eq!(is_search, matches!(led, Led::BySearching(_)), "{what}");
    match store.shared.backend {
        Backend::Sqlite => {
            let steps = steps(store, query).await;
            assert!(steps.iter().any(|it| it.contains(index)), "{what}: {index}, {steps:?}");
            let sorts = steps.iter().any(|it| it.contains("TEMP B-TREE"));
            assert!(!sorts || index == NUMBERS, "{what}: {steps:?}");
        }
        Backend::Postgres => {
            let read = rows_read(store, effort, query).await;
            assert!(read < FEW, "{what}: {read} rows are read");
        }
    }
}

async fn invitations_go_by_indexes(store: &SqlStore) {
    for condition in conditions() {
        let (what, led) = (format!("{condition:?}"), led(&condition));
        let filter = match condition {
            InvitationCondition::State(_) | InvitationCondition::Lapsed => Filter::Is(condition),
            other => open(other),
        };
        let (select, effort) = store.shared.page(TENANT, &filter, PAGE, noon()).await.unwrap();
        check(store, &what, led, effort, select.build(store.shared.backend.builder())).await;
    }
    // Whatever became of them.
    let all = |it| Filter::And(vec![Filter::Everything, Filter::Is(it)]);
    let few = Actor::User(user_id("few"));
    for (condition, index) in [
        (InvitationCondition::Answered(few), "invitation_answered"),
        (
            InvitationCondition::Organization(OrganizationId::parse("few").unwrap()),
            "invitation_organization",
        ),
        (InvitationCondition::Invitee(user_id("v4")), "invitation_invitee"),
    ] {
        let what = format!("{condition:?} of all");
        let (select, effort) =
            store.shared.page(TENANT, &all(condition), PAGE, noon()).await.unwrap();
        let query = select.build(store.shared.backend.builder());
        check(store, &what, Led::By(index), effort, query).await;
    }
    let far = Page { skip: 10_001, ..PAGE };
    let (_, effort) = store.shared.page(TENANT, &Filter::Everything, far, noon()).await.unwrap();
    assert_eq!(effort, Effort::Search);
    let text = |field| Filter::Is(InvitationCondition::Text(field, like(&["", "zzq", ""])));
    let anywhere = Filter::And(vec![
        Filter::Is(InvitationCondition::State(State::Pending)),
        Filter::Or(vec![text(TextField::Mailbox), text(TextField::Inviter)]),
    ]);
    let (select, effort) = store.shared.page(TENANT, &anywhere, PAGE, noon()).await.unwrap();
    let query = select.build(store.shared.backend.builder());
    check(store, "a word anywhere", Led::BySearching(NUMBERS), effort, query).await;
}

async fn the_audit_goes_by_indexes(store: &SqlStore) {
    let of = |actions: &[Action], user: Option<&str>| AuditFilter {
        actions: actions.to_vec(),
        user: user.map(user_id),
    };
    for (filter, index) in [
        (of(&[], None), "sqlite_autoindex_audit_1"),
        (of(&[Action::Reset], None), "audit_action"),
        (of(&[Action::Reset, Action::Declined], None), "audit_action"),
        (of(&[], Some("few")), "audit_user"),
        (of(&[], Some("v4")), "audit_subject"),
    ] {
        let query = store.shared.entries(TENANT, &filter, None, 50).await.unwrap();
        let query = store.shared.statement(&query.sql, query.values);
        if store.shared.backend == Backend::Sqlite {
            // What is put together from several pages is sorted once more.
            let steps = steps(store, query).await;
            assert!(steps.iter().any(|it| it.contains(index)), "{filter:?}: {steps:?}");
            assert!(!steps.iter().any(|it| it.starts_with("SCAN t")), "{filter:?}: {steps:?}");
        } else {
            check(store, &format!("{filter:?}"), Led::By(index), Effort::Lookup, query).await;
        }
    }
}

async fn users_go_by_indexes(store: &SqlStore) {
    let scope = Scope { backend: store.shared.backend, tenant: TENANT, now: noon() };
    let id = UserCondition::Id(user_id("v4"));
    let text = |it| UserCondition::Text(UserField::Mailbox, it);
    for (condition, led) in [
        (id, Led::By("sqlite_autoindex_person_1")),
        (text(equals("v4@example.org")), Led::By("person_mailbox")),
        (text(like(&["nobody", ""])), Led::BySearching("person_mailbox")),
        (text(like(&["", "zzq"])), Led::Walks),
        (UserCondition::EffectiveStatus(UserStatus::Pending), Led::BySearching("person_standing")),
        (UserCondition::EffectiveStatus(UserStatus::Disabled), Led::BySearching("person_standing")),
        (UserCondition::Status(UserStatus::Disabled), Led::BySearching("person_standing")),
        (UserCondition::Role("none".to_owned()), Led::Walks),
    ] {
        let what = format!("{condition:?}");
        let filter = Filter::Is(condition);
        let effort = Effort::of(is_search(&filter));
        let condition = store.shared.condition(scope, &filter).await.unwrap();
        let select = found(scope, condition, &[], 0, 50);
        let query = store.shared.backend.builder().build(&select);
        if store.shared.backend == Backend::Sqlite && led != Led::Walks {
            let (Led::By(index) | Led::BySearching(index)) = led else { continue };
            let steps = steps(store, query).await;
            assert!(steps.iter().any(|it| it.contains(index)), "{what}: {steps:?}");
        } else {
            check(store, &what, led, effort, query).await;
        }
    }
}

#[tokio::test]
async fn lists_go_by_indexes_or_are_searches_on_sqlite() {
    let store = many(Backend::Sqlite).await;
    invitations_go_by_indexes(&store).await;
    the_audit_goes_by_indexes(&store).await;
    users_go_by_indexes(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_by_indexes_or_are_searches_on_postgres() {
    let store = many(Backend::Postgres).await;
    invitations_go_by_indexes(&store).await;
    the_audit_goes_by_indexes(&store).await;
    users_go_by_indexes(&store).await;
}
