use std::sync::mpsc::{Receiver, channel};

use usher_domain::{JobId, Refusal, Row, Status, TaskKind, User, UserStatus};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    ports::{
        directory::InviteeState,
        ledger::{CommitError, Conflict},
    },
    testing::{MockPorts, active, caller, core, noon, user, user_id},
};

const TASK: TaskId = TaskId(Uuid::from_u128(0x7a));

#[tokio::test]
async fn a_slice_is_one_commit_with_its_outcomes_and_the_job_for_the_next() {
    let (mut ports, written) = running(task(2, 2), slice(0, &["ada"]));
    standing(&mut ports, vec![known(user("ada"))]);
    run(ports, job(0)).await;
    let changes = written.recv().unwrap();
    let invitation = &changes.invitations[0];
    assert_eq!((invitation.status, &invitation.user), (Status::Pending, &Some(user_id("ada"))));
    assert_eq!(changes.users[0].status, UserStatus::Pending);
    let outcomes = vec![RowOutcome::Invited(Some(invitation.id))];
    assert_eq!((&changes.slices[0].outcomes, changes.slices[0].version), (&Some(outcomes), 2));
    let after = &changes.tasks[0];
    assert_eq!((after.next, after.version, after.completion), (1, 2, None));
    assert_eq!(after.started_at, Some(noon()));
    let kinds: Vec<_> = changes.jobs.iter().map(|it| it.kind).collect();
    let letter = JobKind::MailInvitation { invitation: invitation.id, letter: 1 };
    assert_eq!(kinds, [letter, JobKind::RunTask { task: TASK, slice: 1 }]);
}

#[tokio::test]
async fn the_last_slice_completes_its_task_and_queues_no_other() {
    let (mut ports, written) = running(task(1, 1), slice(0, &["ada"]));
    standing(&mut ports, vec![known(user("ada"))]);
    run(ports, job(0)).await;
    let changes = written.recv().unwrap();
    assert_eq!(changes.tasks[0].completion, Some(Completion::Success));
    assert_eq!(changes.tasks[0].completed_at, Some(noon()));
    assert!(changes.jobs.iter().all(|it| it.kind.lane() == Lane::Letters));
}

#[tokio::test]
async fn whoever_cannot_be_invited_is_told_of_and_audited_and_whoever_is_in_is_not() {
    let rows =
        vec![row(1, "nobody"), row(2, "grace"), Row::bad(3, "x@", "row", "`email`: no address")];
    let slice = Slice { rows, ..slice(0, &[]) };
    let (mut ports, written) = running(task(3, 1), slice);
    standing(&mut ports, vec![InviteeState::default(), known(active("grace"))]);
    run(ports, job(0)).await;
    let changes = written.recv().unwrap();
    let unknown = RowOutcome::from(&Refusal::UnknownUser);
    let in_already = RowOutcome::from(&Refusal::AlreadyMember(Some(user_id("grace"))));
    let outcomes = changes.slices[0].outcomes.as_ref().unwrap();
    assert_eq!(outcomes[..2], [unknown, in_already]);
    assert_eq!(outcomes[2].as_str(), "failed");
    let problems: Vec<_> =
        changes.tasks[0].problems.iter().map(|it| (it.line, it.who.as_str())).collect();
    assert_eq!(problems, [(1, "nobody"), (3, "x@")]);
    let audited: Vec<_> = changes.audit.iter().map(|it| (it.action, &it.subject)).collect();
    let nobody = Subject::User(user_id("nobody"));
    assert_eq!(
        audited,
        [(Action::InviteFailed, &nobody), (Action::InviteFailed, &Subject::Task(TASK))]
    );
    assert!(!format!("{:?}", changes.audit).contains("x@"), "an address stays out of the audit");
    assert_eq!(changes.tasks[0].completion, Some(Completion::Warning));
}

#[tokio::test]
async fn what_was_run_or_is_over_or_not_submitted_is_passed_over() {
    let over = task(1, 1).completed(Completion::Terminated, noon(), noon());
    let draft = Task { submitted: false, ..task(2, 2) };
    for (task, number) in [(Task { next: 1, ..task(2, 2) }, 0), (over, 0), (draft, 0)] {
        let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
        ports.tasks.expect_find().return_once(move |_, _| Ok(Some(task)));
        let settlement = run(ports, job(number)).await;
        assert_eq!(settlement.verdict, Verdict::Done);
    }
}

#[tokio::test]
async fn whoever_loses_a_slice_writes_nothing_and_is_done() {
    let (mut ports, _) = reading(task(1, 1), slice(0, &["ada"]));
    standing(&mut ports, vec![known(user("ada"))]);
    let lost = || Err(CommitError::Conflict(vec![Conflict::Task(TASK), Conflict::Slice(TASK, 0)]));
    ports.ledger.expect_commit().once().returning(move |_| lost());
    assert_eq!(run(ports, job(0)).await.verdict, Verdict::Done);
}

#[tokio::test]
async fn whoever_loses_an_invitation_decides_anew_and_still_gets_on() {
    let (mut ports, written) = reading(task(1, 1), slice(0, &["ada"]));
    let mut asked = 0;
    ports.directory.expect_resolve().times(2).returning(move |_, _| {
        asked += 1;
        Ok(vec![if asked == 1 { known(user("ada")) } else { known(active("ada")) }])
    });
    let mut commits = 0;
    let sender = written.0;
    ports.ledger.expect_commit().times(2).returning(move |it| {
        commits += 1;
        if commits == 1 {
            return Err(CommitError::Conflict(vec![Conflict::Invitation(it.invitations[0].id)]));
        }
        sender.send(it.clone()).unwrap();
        Ok(())
    });
    run(ports, job(0)).await;
    let changes = written.1.recv().unwrap();
    assert_eq!((changes.invitations.len(), changes.tasks[0].tally.skipped), (0, 1));
}

#[tokio::test]
async fn a_store_that_is_away_is_waited_for_and_then_the_task_is_given_up() {
    let away = || {
        let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
        ports.tasks.expect_find().times(..=2).returning(|_, _| Ok(Some(task(1, 1))));
        ports.tasks.expect_slices().returning(|_, _, _, _| Err(StoreError::new("away")));
        ports
    };
    let waits = run(away(), job(0)).await.verdict;
    assert!(matches!(waits, Verdict::Retry { at } if at == noon() + TimeDelta::seconds(5)));
    let mut ports = away();
    ports
        .ledger
        .expect_commit()
        .once()
        .withf(|it| it.tasks[0].completion == Some(Completion::Interrupted))
        .return_once(|_| Ok(()));
    let last = Job { attempts: ATTEMPTS, ..job(0) };
    assert_eq!(run(ports, last).await.verdict, Verdict::Done);
}

#[tokio::test]
async fn a_rehearsal_invites_nobody_and_says_what_would_be() {
    let rehearsal = Task { rehearsal: true, ..task(2, 1) };
    let (mut ports, written) = running(rehearsal, slice(0, &["ada", "nobody"]));
    standing(&mut ports, vec![known(user("ada")), InviteeState::default()]);
    run(ports, job(0)).await;
    let changes = written.recv().unwrap();
    assert_eq!((changes.invitations.len(), changes.users.len(), changes.jobs.len()), (0, 0, 0));
    assert!(changes.audit.is_empty());
    assert_eq!(changes.tasks[0].tally, usher_domain::Tally { invited: 1, skipped: 0, failed: 1 });
}

#[tokio::test]
async fn a_slice_may_have_more_rows_than_one_call_may_bring() {
    for rehearsal in [false, true] {
        let both = Task { rehearsal, ..task(2, 1) };
        let (mut ports, written) = running(both, slice(0, &["ada", "bob"]));
        standing(&mut ports, vec![known(user("ada")), known(user("bob"))]);
        let small = Policy { batch: 1, ..Policy::at("http://usher.test") };
        run_under(&small, ports, job(0)).await;
        assert_eq!(written.recv().unwrap().tasks[0].tally.invited, 2);
    }
}

#[tokio::test]
async fn a_task_of_nobody_is_a_success() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.tasks.expect_find().return_once(|_, _| Ok(Some(task(0, 0))));
    ports.tasks.expect_slices().return_once(|_, _, _, _| Ok(vec![]));
    ports
        .ledger
        .expect_commit()
        .once()
        .withf(|it| it.tasks[0].completion == Some(Completion::Success))
        .return_once(|_| Ok(()));
    run(ports, job(0)).await;
}

fn task(rows: u32, slices: u32) -> Task {
    let draft = Task::draft(TASK, caller(), TaskKind::Invite, false, noon());
    Task { submitted: true, rows, slices, ..draft }
}

fn row(line: u32, id: &str) -> Row {
    Row::invite(line, Invite::new(Invitee::User(UserRef::Id(user_id(id)))))
}

fn slice(number: u32, ids: &[&str]) -> Slice {
    let rows = ids.iter().zip(1..).map(|(id, line)| row(line, id)).collect();
    let tenant = caller().tenant;
    Slice { tenant, task: TASK, number, rows, outcomes: None, version: 1 }
}

fn known(user: User) -> InviteeState {
    InviteeState { user: Some(user), ..InviteeState::default() }
}

fn job(slice: u32) -> Job {
    let (id, kind) = (JobId(Uuid::from_u128(9)), JobKind::RunTask { task: TASK, slice });
    Job { attempts: 1, ..Job::new(id, caller().tenant, kind, noon()) }
}

type Written = (std::sync::mpsc::Sender<Changes>, Receiver<Changes>);

/// A store that has this task and this slice.
fn reading(task: Task, slice: Slice) -> (MockPorts, Written) {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    let boss = User { authority: Some(caller().authority), ..active("boss") };
    ports.users.expect_find_many().returning(move |_, _| Ok(vec![Some(boss.clone())]));
    ports.credentials.expect_of_users().returning(|_, _| Ok(Vec::new()));
    ports.tasks.expect_find().return_once(move |_, _| Ok(Some(task)));
    let number = slice.number;
    ports
        .tasks
        .expect_slices()
        .withf(move |_, id, from, limit| (*id, *from, *limit) == (TASK, number, 1))
        .return_once(move |_, _, _, _| Ok(vec![slice]));
    (ports, channel())
}

/// The same, and it takes one commit.
fn running(task: Task, slice: Slice) -> (MockPorts, Receiver<Changes>) {
    let (mut ports, (sender, receiver)) = reading(task, slice);
    ports.ledger.expect_commit().once().returning(move |it| {
        sender.send(it.clone()).unwrap();
        Ok(())
    });
    (ports, receiver)
}

fn standing(ports: &mut MockPorts, standings: Vec<InviteeState>) {
    ports.directory.expect_resolve().return_once(move |_, _| Ok(standings));
}

/// One turn with one job; how it was settled.
async fn run(ports: MockPorts, job: Job) -> Settlement {
    run_under(&Policy::at("http://usher.test"), ports, job).await
}

async fn run_under(policy: &Policy, mut ports: MockPorts, job: Job) -> Settlement {
    ports
        .outbox
        .expect_claim()
        .withf(|lane, _, lease, _| (*lane, *lease) == (Lane::Tasks, LEASE))
        .return_once(move |_, _, _, _| Ok(vec![job]));
    let (sender, settled) = channel();
    ports.outbox.expect_settle().once().returning(move |it| {
        sender.send(it[0].clone()).unwrap();
        Ok(())
    });
    let found = RunTasks::new(&core(&ports.into(), policy)).turn(4).await.unwrap();
    assert_eq!(found, 1);
    settled.recv().unwrap()
}
