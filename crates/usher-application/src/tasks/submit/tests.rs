use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        mpsc::{Receiver, channel},
    },
};

use usher_domain::{Action, Authority, JobKind, UserId};

use super::*;
use crate::{
    policy::Policy,
    testing::{MockPorts, caller, core, mailbox, noon, organization, user, user_id},
};

#[tokio::test]
async fn a_batch_is_committed_whole_with_the_job_for_its_first_slice() {
    let (ports, written) = taking(1);
    let submitted = submit(ports).run(&caller(), rows(1_200)).await.unwrap();
    let changes = written.recv().unwrap();
    assert_eq!(changes.tasks, [submitted]);
    let sizes: Vec<_> = changes.slices.iter().map(|it| (it.number, it.rows.len())).collect();
    assert_eq!(sizes, [(0, 500), (1, 500), (2, 200)]);
    let task = &changes.tasks[0];
    assert_eq!((task.rows, task.slices, task.version, task.submitted), (1_200, 3, 1, true));
    assert_eq!(changes.jobs.len(), 1);
    assert_eq!(changes.jobs[0].kind, JobKind::RunTask { task: task.id, slice: 0 });
    assert_eq!(changes.audit[0].action, Action::TaskSubmitted);
}

#[tokio::test]
async fn more_than_a_batch_and_those_who_may_not_are_turned_away() {
    let tasks = submit(MockPorts::default());
    let many = tasks.run(&caller(), rows(10_001)).await;
    assert!(matches!(many, Err(SubmitError::TooMany { limit: 10_000 })));
    let reader = Caller { authority: Authority::Reader, ..caller() };
    let bound = Caller { organization: Some(organization("acme").id), ..caller() };
    for caller in [&reader, &bound] {
        assert!(matches!(tasks.run(caller, rows(1)).await, Err(SubmitError::Forbidden)));
        assert!(matches!(tasks.uninvited(caller, 9).await, Err(SubmitError::Forbidden)));
    }
    assert!(matches!(tasks.open(&reader, false).map(drop), Err(SubmitError::Forbidden)));
    let mut open = tasks.open(&bound, false).unwrap();
    assert!(matches!(open.add(rows(1)).await, Err(SubmitError::Forbidden)));
}

#[tokio::test]
async fn where_as_many_tasks_wait_as_may_a_new_one_is_refused() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.ledger.expect_commit().returning(|changes| {
        let [queued] = &changes.queued[..] else { return Ok(()) };
        assert_eq!(queued, &Queued { tenant: caller().tenant, most: 1_000 });
        Err(CommitError::Conflict(vec![Conflict::Queue(queued.tenant)]))
    });
    ports.users.expect_search_by_id().returning(|_, _, _, _, _, _| Ok(vec![user("ada")]));
    let tasks = submit(ports);
    let is_refused = |it: SubmitError| matches!(it, SubmitError::Crowded { limit: 1_000 });
    assert!(is_refused(tasks.run(&caller(), rows(3)).await.unwrap_err()));
    assert!(is_refused(tasks.uninvited(&caller(), 9).await.unwrap_err()));
    let mut open = tasks.open(&caller(), true).unwrap();
    assert!(is_refused(open.add(rows(4_100)).await.unwrap_err()));
    // Those of usher itself have no bound.
    let everybody = Filter::And(Vec::new());
    let system = Caller::system(caller().tenant);
    let nothing = Changes::default();
    tasks.everybody(&system, TaskKind::Repeat, &everybody, nothing).await.unwrap();
}

#[tokio::test]
async fn a_long_task_is_written_down_bit_by_bit_and_runs_only_once_it_is_submitted() {
    let (ports, written) = taking(2);
    let tasks = submit(ports);
    let mut open = tasks.open(&caller(), true).unwrap();
    open.add(rows(4_100)).await.unwrap();
    let first = written.try_recv().unwrap();
    assert_eq!((first.slices.len(), first.jobs.len(), first.tasks[0].submitted), (8, 0, false));
    assert_eq!((first.tasks[0].version, first.tasks[0].rehearsal), (1, true));
    let submitted = open.submit().await.unwrap();
    let second = written.recv().unwrap();
    assert_eq!((second.slices[0].number, second.slices[0].rows.len()), (8, 100));
    assert_eq!((second.tasks[0].version, second.tasks[0].rows), (2, 4_100));
    assert_eq!((second.jobs.len(), second.tasks[0].submitted), (1, true));
    assert_eq!(second.tasks, [submitted]);
}

#[tokio::test]
async fn whoever_stands_there_twice_is_a_bad_row_the_second_time() {
    let (ports, written) = taking(1);
    let tasks = submit(ports);
    let mut open = tasks.open(&caller(), false).unwrap();
    let to = |address: &str| Invitee::Mailbox { mailbox: mailbox(address), name: None };
    let elsewhere = Invite {
        organization: Some(organization("acme").id),
        ..Invite::new(to("ada@example.org"))
    };
    open.add([
        Row::invite(2, Invite::new(to("ada@example.org"))),
        Row::invite(3, elsewhere),
        Row::invite(4, Invite::new(to("ADA@example.org"))),
    ])
    .await
    .unwrap();
    open.submit().await.unwrap();
    let rows = &written.recv().unwrap().slices[0].rows;
    assert!(matches!(rows[1].what, RowContent::Invite(_)), "another organization is another row");
    let RowContent::Bad(bad) = &rows[2].what else { panic!("{:?}", rows[2]) };
    assert_eq!((&*bad.why.key, &*bad.why.text), ("double", "the same as in line 2"));
    assert_eq!(bad.who, "ADA@example.org");
}

#[tokio::test]
async fn the_uninvited_are_those_who_are_unregistered_and_can_be_reached() {
    let (mut ports, written) = taking(1);
    ports
        .users
        .expect_search_by_id()
        .once()
        .withf(|_, filter, after, limit, documents, now| {
            let expected = Filter::And(vec![
                Filter::Is(UserCondition::EffectiveStatus(UserStatus::Unregistered)),
                Filter::Is(UserCondition::Reachable),
            ]);
            let first = after.is_none() && (*limit, *now) == (1_000, noon());
            *filter == expected && first && *documents == Documents::Without
        })
        .returning(|_, _, _, _, _, _| Ok(vec![user("ada"), user("bob")]));
    submit(ports).uninvited(&caller(), 1_000).await.unwrap();
    let rows = &written.recv().unwrap().slices[0].rows;
    let who: Vec<_> = rows.iter().map(|it| (it.line, it.who())).collect();
    assert_eq!(who, [(1, "ada".to_owned()), (2, "bob".to_owned())]);
}

#[tokio::test]
async fn everybody_is_taken_on_page_by_page_and_together_with_what_belongs_to_it() {
    let (mut ports, written) = taking(2);
    ports.users.expect_search_by_id().times(2).returning(|_, _, after, limit, _, _| {
        let all = (0..4_003).map(|it| user(&format!("u{it:04}")));
        let rest = all.filter(|it| after.as_ref().is_none_or(|after| it.id > *after));
        Ok(rest.take(usize::try_from(limit).unwrap()).collect())
    });
    let along = Changes { profiles: vec![profile()], ..Changes::default() };
    let kind = TaskKind::Automatic;
    submit(ports).everybody(&caller(), kind, &Filter::Everything, along).await.unwrap();
    let (first, last) = (written.recv().unwrap(), written.recv().unwrap());
    assert!(first.profiles.is_empty() && !first.tasks[0].submitted);
    assert_eq!((last.profiles.len(), last.tasks[0].rows), (1, 4_003));
    assert_eq!((last.tasks[0].kind, last.jobs.len()), (TaskKind::Automatic, 1));
}

#[tokio::test]
async fn a_set_that_shrinks_between_two_pages_leaves_nobody_out() {
    let (mut ports, written) = taking(2);
    let all: BTreeMap<_, _> =
        (0..5_000).map(|n| format!("u{n:04}")).map(|it| (user_id(&it), user(&it))).collect();
    let matching = Mutex::new(all);
    ports.users.expect_search_by_id().returning(move |_, _, after, limit, _, _| {
        let mut all = matching.lock().unwrap();
        let rest = all.values().filter(|it| after.as_ref().is_none_or(|after| it.id > *after));
        let page: Vec<_> = rest.take(usize::try_from(limit).unwrap()).cloned().collect();
        // Whoever was read accepts an invitation right after, and matches no more.
        for it in &page {
            all.remove(&it.id);
        }
        Ok(page)
    });
    let kind = TaskKind::Automatic;
    let nothing = Changes::default();
    submit(ports).everybody(&caller(), kind, &Filter::Everything, nothing).await.unwrap();
    let _first = written.recv().unwrap();
    assert_eq!(written.recv().unwrap().tasks[0].rows, 5_000);
}

#[tokio::test]
async fn when_nobody_matches_there_is_no_task() {
    let (mut ports, written) = taking(1);
    ports.users.expect_search_by_id().once().returning(|_, _, _, _, _, _| Ok(vec![]));
    let along = Changes { profiles: vec![profile()], ..Changes::default() };
    let kind = TaskKind::Automatic;
    submit(ports).everybody(&caller(), kind, &Filter::Everything, along.clone()).await.unwrap();
    assert_eq!(written.recv().unwrap(), along);
}

fn profile() -> usher_domain::Profile {
    let id = usher_domain::ProfileId::parse("staff").unwrap();
    usher_domain::Profile::new(id, caller().tenant, noon())
}

fn rows(count: u32) -> Vec<Row> {
    let who = |n: u32| Invitee::User(UserRef::Id(UserId::clone(&user_id(&format!("u{n}")))));
    (1..=count).map(|n| Row::invite(n, Invite::new(who(n)))).collect()
}

fn submit(ports: MockPorts) -> SubmitTask {
    SubmitTask::new(&core(&ports.into(), &Policy::at("http://usher.test")))
}

/// A store that takes so many commits.
fn taking(commits: usize) -> (MockPorts, Receiver<Changes>) {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    let (sender, receiver) = channel();
    ports.ledger.expect_commit().times(commits).returning(move |it| {
        sender.send(it.clone()).unwrap();
        Ok(())
    });
    (ports, receiver)
}
