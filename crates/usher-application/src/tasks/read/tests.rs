use chrono::TimeDelta;
use usher_domain::{Actor, Completion, Invite, Invitee, Reason, Row, Slice, TaskKind};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    testing::{MockPorts, caller, core, noon, organization, user_id},
};

#[tokio::test]
async fn an_inviter_and_a_bound_key_see_their_own_tasks_alone() {
    let theirs = Actor::User(user_id("someone"));
    let inviter = Caller { authority: Authority::Inviter, ..caller() };
    let bound = Caller { organization: Some(organization("acme").id), ..caller() };
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    for (caller, sees) in [(&inviter, false), (&bound, false), (&helpdesk, true)] {
        let by = Caller { actor: theirs.clone(), ..caller.clone() };
        let found = read(finding(Task { by, ..task() })).find(caller, task().id).await;
        assert_eq!(found.is_ok(), sees);
        let own = Task { by: caller.clone(), ..task() };
        assert!(read(finding(own)).find(caller, task().id).await.is_ok(), "their own");
    }
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports
        .tasks
        .expect_list()
        .withf(|_, filter, _| {
            let Filter::And(all) = filter else { return false };
            all.contains(&Filter::Is(TaskCondition::Creator(self::caller().actor)))
                && all
                    .contains(&Filter::Is(TaskCondition::CreatedFrom(noon() - TimeDelta::days(90))))
        })
        .returning(|_, _, _| Ok(vec![]));
    read(ports).list(&inviter, TaskPage::default()).await.unwrap();
}

/// Each way to a task, for callers who are the same person.
#[tokio::test]
async fn a_bound_key_sees_of_a_persons_tasks_those_that_were_submitted_for_its_organization() {
    let of =
        |to: Option<&str>| Caller { organization: to.map(|it| organization(it).id), ..caller() };
    let [free, acme, other] = [of(None), of(Some("acme")), of(Some("other"))];
    for (caller, by, sees) in [
        (&free, &free, true),
        (&free, &acme, true),
        (&acme, &acme, true),
        (&acme, &free, false),
        (&acme, &other, false),
    ] {
        let ports = || finding(Task { by: by.clone(), ..task() });
        let found = read(ports()).find(caller, task().id).await;
        assert_eq!(found.is_ok(), sees, "{caller:?} {by:?}");
        let mut ending = ports();
        ending.ledger.expect_commit().returning(|_| Ok(()));
        let core = core(&ending.into(), &Policy::at("http://usher.test"));
        let cancel = crate::tasks::cancel::CancelTask::new(&core);
        let ended = cancel.run(caller, task().id, Completion::Terminated, None).await;
        assert_eq!(ended.is_ok(), sees, "{caller:?} {by:?}");
    }
    let bound = |it: &Filter<TaskCondition>| {
        let Filter::And(all) = it else { return false };
        all.contains(&Filter::Is(TaskCondition::Organization(organization("acme").id)))
    };
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.tasks.expect_list().withf(move |_, it, _| bound(it)).returning(|_, _, _| Ok(vec![]));
    ports.tasks.expect_count().withf(move |_, it| bound(it)).returning(|_, _| Ok(0));
    let read = read(ports);
    read.list(&acme, TaskPage::default()).await.unwrap();
    read.count(&acme, Filter::Everything).await.unwrap();
}

#[tokio::test]
async fn what_is_beyond_retention_is_gone() {
    let old = |days| Task { created_at: noon() - TimeDelta::days(days), ..task() };
    assert!(read(finding(old(90))).find(&caller(), task().id).await.is_ok());
    let gone = read(finding(old(91))).find(&caller(), task().id).await;
    assert!(matches!(gone, Err(ReadTasksError::Unknown)));
}

#[tokio::test]
async fn problems_are_read_only_when_the_task_does_not_carry_them_all() {
    let carried = Task { problems: vec![problem(1)], ..task() };
    let one = Task { tally: usher_domain::Tally { failed: 1, ..Default::default() }, ..carried };
    let tasks = read(MockPorts::default());
    assert_eq!(tasks.problems(&one, 10).await.unwrap(), [problem(1)]);
    let two = Task { tally: usher_domain::Tally { failed: 2, ..Default::default() }, ..one };
    let mut ports = MockPorts::default();
    ports.tasks.expect_problems().once().returning(|_, _, _| Ok(vec![problem(1), problem(2)]));
    assert_eq!(read(ports).problems(&two, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn results_tell_what_each_row_came_to_and_which_still_wait() {
    let row = |line, id: &str| {
        Row::invite(line, Invite::new(Invitee::User(usher_domain::UserRef::Id(user_id(id)))))
    };
    let slice = move |number: u32, outcomes| Slice {
        tenant: caller().tenant,
        task: task().id,
        number,
        rows: vec![row(2 * number + 1, "ada"), row(2 * number + 2, "bob")],
        outcomes,
        version: 2,
    };
    let id = InvitationId(Uuid::from_u128(5));
    let run = vec![RowOutcome::Invited(Some(id)), RowOutcome::Failed(problem(2).why)];
    let mut ports = MockPorts::default();
    ports
        .tasks
        .expect_slices()
        .returning(move |_, _, _, _| Ok(vec![slice(0, Some(run.clone())), slice(1, None)]));
    let results = read(ports).results(&caller(), &Task { slices: 3, ..task() }, 0).await.unwrap();
    let fields: Vec<_> = results.rows.iter().map(|it| it.cells().join(",")).collect();
    let id = id.to_string();
    assert_eq!(
        fields,
        [
            format!("1,ada,invited,{id},"),
            "2,bob,failed,,no such user".to_owned(),
            "3,ada,waiting,,".to_owned(),
            "4,bob,waiting,,".to_owned(),
        ]
    );
    assert_eq!(results.next, Some(2));
}

#[test]
fn no_cell_begins_as_a_formula() {
    let row = |who: &str, why: &str| RowResult {
        line: 1,
        who: who.to_owned(),
        outcome: "failed",
        invitation: None,
        why: Some(why.to_owned()),
    };
    for start in ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"] {
        let text = format!("{start}HYPERLINK(0)");
        let inert = format!("'{text}");
        assert_eq!(row(&text, &text).cells(), ["1", &inert, "failed", "", &inert]);
    }
    for (text, inert) in [
        (" =1", " '=1"),
        ("\"=1", "\"'=1"),
        // Where another separator is the custom, the text is several cells.
        (";=1", ";'=1"),
        ("a; =1|@b\t+c", "a; '=1|'@b\t'+c"),
        ("a;\"\"＝1", "a;\"\"'＝1"),
    ] {
        assert_eq!(row(text, "").cells()[1], inert);
    }
    for plain in ["a=b+c-d@example.org", "a; b | c", ";"] {
        assert_eq!(row(plain, "").cells(), ["1", plain, "failed", "", ""]);
    }
}

fn problem(line: u32) -> Problem {
    let why = Reason { key: "unknown_user".into(), text: "no such user".to_owned() };
    Problem { line, who: format!("u{line}"), why }
}

fn task() -> Task {
    let id = TaskId(Uuid::from_u128(1));
    Task::draft(id, caller(), TaskKind::Invite, false, noon())
}

fn finding(task: Task) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.tasks.expect_find().returning(move |_, _| Ok(Some(task.clone())));
    ports
}

fn read(ports: MockPorts) -> ReadTasks {
    ReadTasks::new(&core(&ports.into(), &Policy::at("http://usher.test")))
}
