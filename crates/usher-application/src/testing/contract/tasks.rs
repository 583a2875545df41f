//! Tasks are found within their tenant, filtered, and read slice by slice.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use futures_util::future::join_all;
use usher_domain::{
    Actor, Authority, BadRow, Caller, Completion, CredentialId, InvitationId, Invite, Invitee,
    InviterRef, Locale, Means, Problem, Reason, Row, RowContent, RowOutcome, Slice, Tally, Task,
    TaskId, TaskKind, Timestamp, UserRef,
};
use uuid::Uuid;

use crate::{
    ports::{
        invitations::Filter,
        ledger::{Changes, Conflict, Ledger, Queued},
        tasks::{TaskCondition, TaskCursor, TaskRange, Tasks},
    },
    testing::{
        TENANT, caller,
        contract::{
            ANY_TEXT, OTHER, commit, id, losses, organization_id, other_tenant, seconds, slice,
            task, task_id,
        },
        mailbox, noon, tenant, user_id,
    },
};

/// A new task, where the tenant may have so many.
fn one_of(most: u32, task: Task) -> Changes {
    let tenant = task.by.tenant;
    Changes { queued: vec![Queued { tenant, most }], ..tasks(vec![task]) }
}

pub async fn no_more_wait_or_run_than_there_may_be(store: impl Ledger + Tasks) {
    commit(&store, Changes { tenants: vec![tenant(), other_tenant()], ..Changes::default() }).await;
    // Neither those that are over nor those of usher itself count.
    let over = task(50).completed(Completion::Success, noon(), noon());
    let own = Task { kind: TaskKind::Automatic, ..task(51) };
    commit(&store, tasks(vec![task(50), own, theirs(52)])).await;
    commit(&store, tasks(vec![over])).await;
    let all: Vec<_> = (0..20).map(|n| one_of(5, task(n))).collect();
    let outcomes = join_all(all.iter().map(|it| store.commit(it))).await;
    assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), 5);
    assert_eq!(losses(&store, &one_of(5, task(30))).await, [Conflict::Queue(TENANT)]);
    commit(&store, one_of(5, theirs(31))).await;
    commit(&store, one_of(6, task(32))).await;
    let all = Filter::Is(TaskCondition::Completion(None));
    let begun = store.list(TENANT, &all, TaskRange { limit: 99, ..TaskRange::default() }).await;
    let first = begun.unwrap().into_iter().find(|it| it.kind == TaskKind::Invite).unwrap();
    let ended = first.completed(Completion::Success, noon(), noon());
    commit(&store, tasks(vec![ended])).await;
    commit(&store, one_of(6, task(33))).await;
}

fn tasks(tasks: Vec<Task>) -> Changes {
    Changes { tasks, ..Changes::default() }
}

fn slices(slices: Vec<Slice>) -> Changes {
    Changes { slices, ..Changes::default() }
}

fn why(text: &str) -> Reason {
    Reason { key: "row".into(), text: text.to_owned() }
}

fn problem(line: u32) -> Problem {
    Problem { line, who: format!("u{line}"), why: why(ANY_TEXT) }
}

fn theirs(n: u128) -> Task {
    let by = Caller { tenant: OTHER, ..caller() };
    Task { by, ..task(n) }
}

fn numbers(all: &[Task]) -> Vec<u128> {
    all.iter().map(|it| it.id.0.as_u128()).collect()
}

/// The numbers of those that match, in ascending order.
async fn matching(store: &impl Tasks, filter: Filter<TaskCondition>) -> Vec<u128> {
    let range = TaskRange { limit: 1_000, ..TaskRange::default() };
    let mut found = numbers(&store.list(TENANT, &filter, range).await.unwrap());
    found.sort_unstable();
    assert_eq!(store.count(TENANT, &filter).await.unwrap(), found.len() as u64);
    found
}

pub async fn every_field_round_trips(store: impl Ledger + Tasks) {
    let micro = |text: &str| text.parse::<Timestamp>().unwrap();
    let full = Task {
        by: Caller {
            tenant: TENANT,
            authority: Authority::Inviter,
            actor: Actor::Client(CredentialId(Uuid::from_u128(0xc))),
            name: Some(ANY_TEXT.to_owned()),
            organization: Some(organization_id("Ünïon")),
            means: Some(Means::Key(CredentialId(Uuid::from_u128(0xc)))),
        },
        kind: TaskKind::Repeat,
        rehearsal: true,
        submitted: false,
        rows: u32::MAX,
        slices: 77,
        next: 5,
        tally: Tally { invited: 1, skipped: 2, failed: 3 },
        problems: (1..=25).map(problem).collect(),
        created_at: micro("2026-01-02T12:00:00.000001Z"),
        updated_at: micro("2026-01-02T12:00:00.100000Z"),
        started_at: Some(micro("2026-01-02T12:00:00.999999Z")),
        completed_at: Some(micro("2026-01-02T12:00:01Z")),
        completion: Some(Completion::Warning),
        ..task(1)
    };
    let bare = Caller::system(TENANT);
    let bare = Task::draft(task_id(2), bare, TaskKind::Automatic, false, noon());
    let all = [full.clone(), bare];
    commit(&store, tasks(all.to_vec())).await;
    for it in all {
        assert_eq!(store.find(TENANT, it.id).await.unwrap(), Some(it));
    }
    assert_eq!(store.find(TENANT, task_id(3)).await.unwrap(), None);

    let changed = Task { version: 2, ..task(1) };
    commit(&store, tasks(vec![changed.clone()])).await;
    assert_eq!(store.find(TENANT, task_id(1)).await.unwrap(), Some(changed));
    for (n, &how) in (10..).zip(Completion::ALL) {
        let kind = TaskKind::ALL[n % 3];
        let it = Task { kind, completion: Some(how), ..task(n as u128) };
        commit(&store, tasks(vec![it.clone()])).await;
        assert_eq!(store.find(TENANT, it.id).await.unwrap(), Some(it));
    }
}

/// An invitation that says everything there is to say.
fn full(who: Invitee) -> Invite {
    Invite {
        defined_roles: true,
        who,
        organization: Some(organization_id("Ünïon")),
        roles: vec!["b".to_owned(), "a".to_owned(), ANY_TEXT.to_owned()],
        authority: Some(Authority::Reader),
        lifetime: Some(TimeDelta::microseconds(1_234_567_890_123)),
        labels: BTreeMap::from([(ANY_TEXT.to_owned(), String::new())]),
        message: Some(ANY_TEXT.to_owned()),
        locale: Some(Locale::parse("zh-Hant-TW").unwrap()),
        redirect: Some("https://example.org/?a=b&c=%20#d".to_owned()),
        inviter: Some(InviterRef::Name(ANY_TEXT.to_owned())),
        quiet: true,
    }
}

pub async fn every_row_and_outcome_round_trips(store: impl Ledger + Tasks) {
    let zoe = || mailbox("Zoë.Ångström@Bücher.Example");
    let people = [
        Invitee::User(UserRef::Id(user_id("zoë/1"))),
        // It must not be taken for anything but an id.
        Invitee::User(UserRef::Id(user_id("17"))),
        Invitee::User(UserRef::Id(user_id("{\"bad\":1}"))),
        Invitee::User(UserRef::Username(ANY_TEXT.to_owned())),
        Invitee::User(UserRef::Mailbox(zoe())),
        Invitee::Mailbox { mailbox: zoe(), name: None },
        Invitee::Mailbox { mailbox: zoe(), name: Some(ANY_TEXT.to_owned()) },
    ];
    let usual = people.iter().cloned().map(Invite::new);
    let by_user = Some(InviterRef::User(user_id("böss")));
    let invites = usual
        .chain(people.iter().cloned().map(full))
        .chain([Invite { inviter: by_user, ..full(people[0].clone()) }])
        .map(|it| RowContent::Invite(Box::new(it)));
    let bad = BadRow { who: ANY_TEXT.to_owned(), why: why("a\0b") };
    let contents: Vec<_> = invites.chain([RowContent::Bad(bad)]).collect();
    // Lines with gaps, as a file with empty ones has them.
    let lines = [501, 502, 505, 506, u32::MAX - 1, u32::MAX, 1, 2, 7, 9, 10, 11, 3, 12, 4, 5];
    assert_eq!(lines.len(), contents.len());
    let rows: Vec<_> =
        lines.into_iter().zip(contents).map(|(line, what)| Row { line, what }).collect();
    let waiting = Slice { rows, ..slice(1, 3) };
    commit(&store, slices(vec![waiting.clone()])).await;
    let found = store.slices(TENANT, task_id(1), 0, 9).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&waiting));
    let typed = "Zoë.Ångström@Bücher.Example";
    assert_eq!([4, 5, 11].map(|it| found[0].rows[it].who()), [typed; 3], "as typed");

    let outcomes = [
        RowOutcome::Invited(Some(InvitationId(Uuid::from_u128(u128::MAX / 3)))),
        RowOutcome::Invited(None),
        RowOutcome::Skipped(why(ANY_TEXT)),
        RowOutcome::Failed(Reason { key: "odd \0 key".into(), text: "a\0b".to_owned() }),
    ];
    let outcomes = outcomes.iter().cycle().take(waiting.rows.len()).cloned().collect();
    let ran = Slice { outcomes: Some(outcomes), version: 2, ..waiting };
    commit(&store, slices(vec![ran.clone()])).await;
    assert_eq!(store.slices(TENANT, task_id(1), 0, 9).await.unwrap(), std::slice::from_ref(&ran));
    assert_eq!(store.problems(TENANT, task_id(1), 99).await.unwrap(), ran.problems());

    let nothing = Slice { rows: Vec::new(), outcomes: Some(Vec::new()), ..slice(2, 0) };
    commit(&store, slices(vec![nothing.clone()])).await;
    assert_eq!(store.slices(TENANT, task_id(2), 0, 9).await.unwrap(), [nothing]);
}

pub async fn slices_of_many_long_rows_are_kept(store: impl Ledger + Tasks) {
    let row = |line| {
        let id = user_id(&format!("{}{line:04}", "ü".repeat(60)));
        let labels = (0..4).map(|n| (format!("{n:063}"), "\"".repeat(255))).collect();
        let message = Some("\\".repeat(2_000));
        Row::invite(line, Invite { labels, message, ..full(Invitee::User(UserRef::Id(id))) })
    };
    let rows: Vec<_> = (1..=500).map(row).collect();
    let all: Vec<_> = (0..3).map(|it| Slice { rows: rows.clone(), ..slice(1, it) }).collect();
    commit(&store, slices(all.clone())).await;
    for it in all {
        let found = store.slices(TENANT, task_id(1), it.number, 1).await.unwrap();
        assert!(found == [it]);
    }
}

pub async fn a_list_is_in_the_order_of_age_either_way(store: impl Ledger + Tasks) {
    let created = |n, at| Task { created_at: seconds(at), ..task(n) };
    let all = vec![created(5, 1), created(1, 2), created(3, 1), created(4, 0), created(2, 9)];
    commit(&store, tasks(all)).await;
    let list = async |newest_first, skip, limit| {
        let range = TaskRange { newest_first, after: None, skip, limit };
        numbers(&store.list(TENANT, &Filter::Everything, range).await.unwrap())
    };
    assert_eq!(list(false, 0, 10).await, [4, 3, 5, 1, 2]);
    assert_eq!(list(true, 0, 10).await, [2, 1, 5, 3, 4]);
    assert_eq!(list(false, 1, 2).await, [3, 5]);
    assert_eq!(list(true, 3, u64::MAX).await, [3, 4]);
    assert_eq!(list(true, 5, 10).await, []);
    assert_eq!(list(true, 0, 0).await, []);
}

pub async fn a_list_goes_on_after_a_task_that_may_be_gone(store: impl Ledger + Tasks) {
    let micro = TimeDelta::microseconds(1);
    let created = |n, created_at| Task { created_at, ..task(n) };
    let all = vec![
        created(5, seconds(1)),
        created(1, seconds(2)),
        created(3, seconds(1)),
        created(4, seconds(1) - micro),
        created(2, seconds(1) + micro),
        created(6, seconds(1)),
    ];
    commit(&store, tasks(all)).await;
    let without_six = Filter::Not(Box::new(Filter::Is(TaskCondition::Id(task_id(6)))));
    let page = async |newest_first, after: Option<TaskCursor>, limit| {
        let range = TaskRange { newest_first, after, skip: 0, limit };
        store.list(TENANT, &without_six, range).await.unwrap()
    };
    for (newest_first, expected) in [(false, [4, 3, 5, 2, 1]), (true, [1, 2, 5, 3, 4])] {
        for limit in [1, 2, 4, 5, u64::MAX] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let found = page(newest_first, after, limit).await;
                let Some(last) = found.last() else { break };
                after = Some(TaskCursor::from(last));
                seen.extend(numbers(&found));
            }
            assert_eq!(seen, expected, "{newest_first} {limit}");
        }
    }
    // Whatever was read already is removed before the next page.
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let found = page(false, after, 2).await;
        let Some(last) = found.last() else { break };
        after = Some(TaskCursor::from(last));
        seen.extend(numbers(&found));
        let forgotten = found.iter().map(|it| (TENANT, it.id)).collect();
        commit(&store, Changes { forgotten, ..Changes::default() }).await;
    }
    assert_eq!(seen, [4, 3, 5, 2, 1]);
}

pub async fn each_test_is_of_its_own_field(store: impl Ledger + Tasks) {
    let named = |n, name: &str, actor| Task {
        by: Caller { name: Some(name.to_owned()), actor, ..caller() },
        ..task(n)
    };
    let micro = TimeDelta::microseconds(1);
    let client = Actor::Client(CredentialId(Uuid::from_u128(0xc)));
    let bound = |to: &str| Caller { organization: Some(organization_id(to)), ..caller() };
    let all = vec![
        Task { kind: TaskKind::Automatic, ..named(1, "Ada", Actor::User(user_id("ada"))) },
        Task { created_at: seconds(1) - micro, ..named(2, "ADA", client.clone()) },
        Task { created_at: seconds(1), ..named(3, "Zoë", Actor::System) },
        Task { completion: Some(Completion::Success), ..named(4, "ZOË", Actor::System) },
        Task { completion: Some(Completion::Error), by: bound("acme"), ..task(5) },
        Task { created_at: seconds(2), kind: TaskKind::Repeat, ..task(6) },
    ];
    commit(&store, tasks(all)).await;
    let is = async |test| matching(&store, Filter::Is(test)).await;
    assert_eq!(is(TaskCondition::Nothing).await, []);
    assert_eq!(is(TaskCondition::Id(task_id(3))).await, [3]);
    assert_eq!(is(TaskCondition::Id(task_id(9))).await, []);
    assert_eq!(is(TaskCondition::Kind(TaskKind::Invite)).await, [2, 3, 4, 5]);
    assert_eq!(is(TaskCondition::Kind(TaskKind::Automatic)).await, [1]);
    assert_eq!(is(TaskCondition::Kind(TaskKind::Repeat)).await, [6]);
    assert_eq!(is(TaskCondition::Completion(None)).await, [1, 2, 3, 6]);
    assert_eq!(is(TaskCondition::Completion(Some(Completion::Success))).await, [4]);
    assert_eq!(is(TaskCondition::Completion(Some(Completion::Terminated))).await, []);
    assert_eq!(is(TaskCondition::Launcher("aDA".to_owned())).await, [1, 2]);
    // The case folding of ASCII, and no other.
    assert_eq!(is(TaskCondition::Launcher("zOË".to_owned())).await, [4]);
    assert_eq!(is(TaskCondition::Launcher("Ad_".to_owned())).await, []);
    assert_eq!(is(TaskCondition::Creator(Actor::System)).await, [3, 4]);
    assert_eq!(is(TaskCondition::Creator(client)).await, [2]);
    assert_eq!(is(TaskCondition::Creator(Actor::User(user_id("ADA")))).await, []);
    assert_eq!(is(TaskCondition::Organization(organization_id("acme"))).await, [5]);
    assert_eq!(is(TaskCondition::Organization(organization_id("ACME"))).await, []);
    assert_eq!(is(TaskCondition::CreatedFrom(seconds(1))).await, [3, 6]);

    let ada = || Filter::Is(TaskCondition::Launcher("ada".to_owned()));
    let first = || Filter::Is(TaskCondition::Kind(TaskKind::Automatic));
    let not = |it| Filter::Not(Box::new(it));
    assert_eq!(matching(&store, Filter::And(vec![ada(), not(first())])).await, [2]);
    let of_acme = Filter::Is(TaskCondition::Organization(organization_id("acme")));
    assert_eq!(matching(&store, not(of_acme)).await, [1, 2, 3, 4, 6]);
    let either = Filter::Or(vec![ada(), Filter::Is(TaskCondition::Id(task_id(5)))]);
    assert_eq!(matching(&store, either).await, [1, 2, 5]);
    assert_eq!(matching(&store, not(Filter::Is(TaskCondition::Nothing))).await.len(), 6);
    assert_eq!(matching(&store, Filter::Everything).await.len(), 6);
}

pub async fn what_a_task_lacks_is_an_answer_too(store: impl Ledger + Tasks) {
    let nobody = Task { by: Caller::system(TENANT), ..task(1) };
    let over = Task { completion: Some(Completion::Success), ..task(2) };
    commit(&store, tasks(vec![nobody, over])).await;
    let not = |test| Filter::Not(Box::new(Filter::Is(test)));
    let launcher = |it: &str| TaskCondition::Launcher(it.to_owned());
    for name in ["", "ada", "system"] {
        assert_eq!(matching(&store, Filter::Is(launcher(name))).await, []);
        assert_eq!(matching(&store, not(launcher(name))).await, [1, 2]);
    }
    // Not to be completed is an answer.
    assert_eq!(matching(&store, not(TaskCondition::Completion(None))).await, [2]);
    let success = TaskCondition::Completion(Some(Completion::Success));
    assert_eq!(matching(&store, not(success)).await, [1]);
}

pub async fn slices_come_in_order_from_any_number(store: impl Ledger + Tasks) {
    let all: Vec<_> = [11, 0, 2, 1, 10, 3].iter().map(|it| slice(1, *it)).collect();
    commit(&store, slices([all, vec![slice(2, 1)]].concat())).await;
    let found = async |from, limit| -> Vec<u32> {
        let found = store.slices(TENANT, task_id(1), from, limit).await.unwrap();
        assert!(found.iter().all(|it| it.task == task_id(1)));
        found.iter().map(|it| it.number).collect()
    };
    assert_eq!(found(0, 99).await, [0, 1, 2, 3, 10, 11]);
    assert_eq!(found(2, 2).await, [2, 3]);
    assert_eq!(found(4, 1).await, [10]);
    assert_eq!(found(11, u64::MAX).await, [11]);
    assert_eq!(found(12, 9).await, []);
    assert_eq!(found(0, 0).await, []);
    assert_eq!(store.slices(TENANT, task_id(3), 0, 9).await.unwrap(), []);
}

pub async fn problems_come_in_the_order_of_the_rows(store: impl Ledger + Tasks) {
    let name = |line| Row::bad(line, &format!("u{line}"), "row", "never shown");
    let failed = |line| match line % 3 {
        0 => RowOutcome::Skipped(why("skipped")),
        1 => RowOutcome::Failed(why(&format!("failed {line}"))),
        _ => RowOutcome::Invited(Some(id(1))),
    };
    // Those with an odd number went well, the last one was not run.
    let all: Vec<_> = (0..50)
        .rev()
        .map(|number| {
            let lines = 10 * number + 1..=10 * number + 10;
            let rows: Vec<_> = lines.clone().map(name).collect();
            let well = RowOutcome::Invited(None);
            let outcomes =
                lines.map(|it| if number % 2 == 0 { failed(it) } else { well.clone() }).collect();
            let outcomes = (number != 49).then_some(outcomes);
            Slice { rows, outcomes, ..slice(1, number) }
        })
        .collect();
    let expected: Vec<_> = all.iter().rev().flat_map(Slice::problems).collect();
    commit(&store, slices([all, vec![slice(2, 0)]].concat())).await;
    assert!(expected.len() > 80 && expected.is_sorted_by_key(|it| it.line));
    for limit in [0, 1, 5, expected.len() - 1, expected.len(), usize::MAX] {
        let found = store.problems(TENANT, task_id(1), limit).await.unwrap();
        assert!(found == expected[..limit.min(expected.len())], "{limit}");
    }
    assert_eq!(store.problems(TENANT, task_id(2), 9).await.unwrap(), []);
}

pub async fn what_is_old_is_told_for_every_tenant(store: impl Ledger + Tasks) {
    let micro = TimeDelta::microseconds(1);
    let created = |it: Task, created_at| Task { created_at, ..it };
    let over = Task { completion: Some(Completion::Success), ..created(task(4), seconds(-3)) };
    let all = vec![
        created(task(1), noon() - micro),
        created(task(2), noon()),
        created(theirs(3), seconds(-9)),
        over,
        created(task(5), seconds(-3)),
    ];
    commit(&store, tasks(all)).await;
    let found = store.older_than(noon(), 10).await.unwrap();
    let key = |tenant, n| (tenant, task_id(n));
    let expected = [key(OTHER, 3), key(TENANT, 4), key(TENANT, 5), key(TENANT, 1)];
    assert_eq!(found, expected);
    assert_eq!(store.older_than(noon(), 2).await.unwrap(), expected[..2]);
    assert_eq!(store.older_than(seconds(-9), 9).await.unwrap(), []);
}

pub async fn what_was_never_submitted_is_told_for_every_tenant(store: impl Ledger + Tasks) {
    let draft = |it: Task, created_at| Task { created_at, submitted: false, ..it };
    let over = Task { completion: Some(Completion::Terminated), ..draft(task(3), seconds(-9)) };
    let all = [
        draft(task(1), seconds(-1)),
        Task { created_at: seconds(-9), ..task(2) },
        over,
        draft(task(4), noon()),
        draft(theirs(5), seconds(-2)),
    ];
    commit(&store, tasks(all.to_vec())).await;
    let ids = |all: &[Task]| -> Vec<TaskId> { all.iter().map(|it| it.id).collect() };
    let mut found = store.abandoned(noon(), 10).await.unwrap();
    found.sort_by_key(|it| it.id);
    assert_eq!(found, [all[0].clone(), all[4].clone()]);
    assert_eq!(ids(&store.abandoned(noon(), 1).await.unwrap()).len(), 1);
    assert_eq!(store.abandoned(seconds(-2), 10).await.unwrap(), []);
}

pub async fn a_tenant_never_sees_anothers_tasks(store: impl Ledger + Tasks) {
    let failed = |number| {
        let rows = vec![Row::bad(number + 1, "ada", "row", "no")];
        Slice { outcomes: Some(vec![RowOutcome::Failed(why("no"))]), rows, ..slice(1, number) }
    };
    // Nobody makes two tasks of one id, but if somebody did they would not meet.
    let intruder = Slice { tenant: OTHER, ..failed(7) };
    let own = Slice { tenant: OTHER, task: task_id(2), ..failed(0) };
    let changes = Changes {
        slices: vec![failed(0), intruder.clone(), own.clone()],
        ..tasks(vec![task(1), theirs(2)])
    };
    commit(&store, changes).await;
    assert_eq!(store.find(TENANT, task_id(2)).await.unwrap(), None);
    assert_eq!(store.find(OTHER, task_id(1)).await.unwrap(), None);
    assert_eq!(store.find(OTHER, task_id(2)).await.unwrap(), Some(theirs(2)));
    let filters = [
        Filter::Everything,
        Filter::Or(vec![Filter::Everything, Filter::Is(TaskCondition::Id(task_id(2)))]),
        Filter::Not(Box::new(Filter::Is(TaskCondition::Nothing))),
    ];
    for filter in filters {
        assert_eq!(matching(&store, filter.clone()).await, [1]);
        let first = TaskRange { newest_first: true, limit: 9, ..TaskRange::default() };
        assert_eq!(store.list(OTHER, &filter, first).await.unwrap(), [theirs(2)]);
        let after = Some(TaskCursor { created_at: seconds(-9), id: task_id(0) });
        let range = TaskRange { after, limit: 9, ..TaskRange::default() };
        assert_eq!(numbers(&store.list(TENANT, &filter, range).await.unwrap()), [1]);
        assert_eq!(store.count(OTHER, &filter).await.unwrap(), 1);
    }
    assert_eq!(store.slices(TENANT, task_id(1), 0, 9).await.unwrap(), [failed(0)]);
    assert_eq!(store.slices(TENANT, task_id(2), 0, 9).await.unwrap(), []);
    assert_eq!(store.slices(OTHER, task_id(2), 0, 9).await.unwrap(), [own]);
    assert_eq!(store.problems(TENANT, task_id(1), 9).await.unwrap(), failed(0).problems());
    assert_eq!(store.problems(TENANT, task_id(2), 9).await.unwrap(), []);
    assert_eq!(store.problems(OTHER, task_id(1), 9).await.unwrap(), intruder.problems());
}
