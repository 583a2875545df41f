use usher_domain::{Authority, TaskKind};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    ports::ledger::{CommitError, Conflict},
    testing::{MockPorts, caller, core, noon, organization},
};

#[tokio::test]
async fn an_ended_task_says_how_and_when_and_who_did_it() {
    let mut ports = finding(task());
    ports.ledger.expect_commit().once().returning(|it| {
        assert_eq!((it.tasks[0].version, it.audit[0].action), (2, Action::TaskCleared));
        Ok(())
    });
    let at = noon() - chrono::TimeDelta::hours(1);
    let over = cancel(ports, &caller(), Completion::Error, Some(at)).await.unwrap();
    assert_eq!((over.completion, over.completed_at), (Some(Completion::Error), Some(at)));
}

#[tokio::test]
async fn only_an_administrator_ends_tasks() {
    for authority in [Authority::Helpdesk, Authority::Inviter, Authority::Reader] {
        let caller = Caller { authority, ..caller() };
        let error = cancel(MockPorts::default(), &caller, Completion::Error, None).await;
        assert!(matches!(error, Err(CancelTaskError::Forbidden)));
    }
    let bound = Caller { organization: Some(organization("acme").id), ..caller() };
    let theirs = Task { by: Caller::system(caller().tenant), ..task() };
    let error = cancel(finding(theirs), &bound, Completion::Error, None).await;
    assert!(matches!(error, Err(CancelTaskError::Unknown)));
}

#[tokio::test]
async fn what_is_over_stays_as_it_is() {
    let over = task().completed(Completion::Success, noon(), noon());
    let error = cancel(finding(over), &caller(), Completion::Terminated, None).await;
    assert!(matches!(error, Err(CancelTaskError::Completed)));
}

#[tokio::test]
async fn a_task_that_moves_on_meanwhile_is_ended_all_the_same() {
    let mut ports = finding(task());
    let mut tries = 0;
    ports.ledger.expect_commit().times(3).returning(move |_| {
        tries += 1;
        let lost = || CommitError::Conflict(vec![Conflict::Task(task().id)]);
        if tries < 3 { Err(lost()) } else { Ok(()) }
    });
    cancel(ports, &caller(), Completion::Terminated, None).await.unwrap();
}

fn task() -> Task {
    let id = TaskId(Uuid::from_u128(1));
    let draft = Task::draft(id, caller(), TaskKind::Invite, false, noon());
    Task { submitted: true, rows: 2, slices: 2, ..draft }
}

fn finding(task: Task) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.tasks.expect_find().returning(move |_, _| Ok(Some(task.clone())));
    ports
}

async fn cancel(
    ports: MockPorts,
    caller: &Caller,
    how: Completion,
    at: Option<Timestamp>,
) -> Result<Task, CancelTaskError> {
    CancelTask::new(&core(&ports.into(), &Policy::at("http://usher.test")))
        .run(caller, task().id, how, at)
        .await
}
