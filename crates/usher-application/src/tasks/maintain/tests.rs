use usher_domain::{ProfileId, Task, TaskId};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    testing::{MockPorts, TENANT, caller, core, noon, user},
};

#[tokio::test]
async fn old_tasks_go_until_there_are_none_and_drafts_that_nobody_submitted_end() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    let mut asked = 0;
    ports.tasks.expect_older_than().times(3).returning(move |before, _| {
        assert_eq!(before, noon() - TimeDelta::days(90));
        asked += 1;
        let old = (TENANT, TaskId(Uuid::from_u128(asked)));
        Ok(if asked < 3 { vec![old] } else { vec![] })
    });
    let draft = Task::draft(TaskId(Uuid::nil()), caller(), TaskKind::Invite, false, noon());
    ports.tasks.expect_abandoned().once().returning(move |before, _| {
        assert_eq!(before, noon() - TimeDelta::days(1));
        Ok(vec![draft.clone()])
    });
    ports.profiles.expect_repeating().returning(|| Ok(vec![]));
    ports.ledger.expect_commit().times(2).withf(|it| it.forgotten.len() == 1).returning(|_| Ok(()));
    ports
        .ledger
        .expect_commit()
        .once()
        .withf(|it| it.tasks.iter().all(|it| it.completion == Some(Completion::Terminated)))
        .returning(|_| Ok(()));
    keep(ports).await;
}

#[tokio::test]
async fn whoever_let_an_invitation_expire_is_invited_again_where_their_profile_says_so() {
    let mut ports = quiet();
    ports.profiles.expect_repeating().returning(|| Ok(vec![profile()]));
    ports.tasks.expect_count().once().returning(|_, _| Ok(0));
    ports
        .users
        .expect_search_by_id()
        .once()
        .withf(|_, filter, _, _, _, _| {
            let Filter::And(all) = filter else { return false };
            all.contains(&Filter::Is(UserCondition::Status(UserStatus::Pending)))
                && all
                    .contains(&Filter::Is(UserCondition::EffectiveStatus(UserStatus::Unregistered)))
                && all.contains(&Filter::Is(UserCondition::Profile(profile().id)))
        })
        .returning(|_, _, _, _, _, _| Ok(vec![user("ada")]));
    ports
        .ledger
        .expect_commit()
        .once()
        .withf(|it| it.tasks[0].kind == TaskKind::Repeat && it.jobs.len() == 1)
        .returning(|_| Ok(()));
    keep(ports).await;
}

#[tokio::test]
async fn nothing_is_repeated_while_a_repetition_is_at_work() {
    let mut ports = quiet();
    ports.profiles.expect_repeating().returning(|| Ok(vec![profile()]));
    ports.tasks.expect_count().once().returning(|_, _| Ok(1));
    keep(ports).await;
}

fn profile() -> Profile {
    let id = ProfileId::parse("staff").unwrap();
    Profile { repeat: true, ..Profile::new(id, TENANT, noon()) }
}

fn quiet() -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.tasks.expect_older_than().returning(|_, _| Ok(vec![]));
    ports.tasks.expect_abandoned().returning(|_, _| Ok(vec![]));
    ports
}

async fn keep(ports: MockPorts) {
    MaintainTasks::new(&core(&ports.into(), &Policy::at("http://usher.test"))).run().await.unwrap();
}
