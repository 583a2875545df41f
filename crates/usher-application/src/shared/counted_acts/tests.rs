use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::{
    ports::ledger::MockLedger,
    shared::request_scope::within_request,
    testing::{ManualClock, MockPorts, TENANT, caller, noon, user_id},
};

fn failed(tenant: TenantId, user: u32) -> CountedAct {
    CountedAct {
        tenant,
        actor: Actor::Nobody,
        action: Action::SignInFailed,
        subject: Subject::User(user_id(&format!("u{user}"))),
        detail: None,
    }
}

/// Acts that are counted, the clock, and what is written; the store fails as often as is said.
fn acts(mut failures: u32) -> (CountedActs, Arc<ManualClock>, Arc<Mutex<Vec<Entry>>>) {
    let clock = Arc::new(ManualClock::at(noon()));
    let written = Arc::new(Mutex::new(Vec::new()));
    let mut ledger = MockLedger::new();
    let seen = written.clone();
    ledger.expect_commit().returning(move |changes| {
        if failures > 0 {
            failures -= 1;
            return Err(StoreError::new("away").into());
        }
        assert!(changes.audit.len() <= AT_ONCE);
        seen.lock().unwrap().extend(changes.audit.clone());
        Ok(())
    });
    let ports = MockPorts { ledger, ..MockPorts::default() };
    let ports = Ports { clock: clock.clone(), ..ports.into() };
    (CountedActs::new(&ports), clock, written)
}

#[tokio::test]
async fn a_refusal_that_is_counted_is_noted_in_its_request() {
    let (acts, ..) = acts(0);
    let ((), facts) = within_request(None, async { acts.count(failed(TENANT, 1)) }).await;
    assert!(facts.is_noted, "the same is not told as a denial as well");
    let ((), facts) = within_request(None, async {}).await;
    assert!(!facts.is_noted);
}

#[tokio::test]
async fn the_same_act_is_one_entry_with_a_count() {
    let (acts, clock, written) = acts(0);
    for n in 0..5 {
        let from = Some(format!("192.0.2.{}", n % 2).into());
        within_request(from, async { acts.count(failed(TENANT, 1)) }).await;
        clock.advance(TimeDelta::seconds(1));
    }
    acts.denied(&caller(), "GET /".to_owned(), None);
    acts.write().await.unwrap();
    acts.write().await.unwrap();
    let written = written.lock().unwrap();
    let seen: Vec<_> = written
        .iter()
        .map(|it| (it.action, it.source.as_deref(), it.count, (it.at - noon()).num_seconds()))
        .collect();
    assert_eq!(
        seen,
        [
            (Action::SignInFailed, Some("192.0.2.0"), 3, 0),
            (Action::SignInFailed, Some("192.0.2.1"), 2, 1),
            (Action::Denied, None, 1, 5),
        ]
    );
    assert_eq!(written[2].actor, caller().actor);
    assert_eq!(written[2].subject, Subject::Tenant);
}

#[tokio::test]
async fn however_many_differ_the_entries_of_a_tenant_are_bounded_and_all_acts_are_counted() {
    let (acts, _, written) = acts(0);
    for n in 0..5_000 {
        acts.count(failed(TENANT, n));
    }
    // Those of another tenant are told apart all the same.
    let other = TenantId(Uuid::from_u128(9));
    acts.count(failed(other, 7));
    acts.write().await.unwrap();
    let written = written.lock().unwrap();
    let (ours, theirs): (Vec<_>, Vec<_>) = written.iter().partition(|it| it.tenant == TENANT);
    assert_eq!(ours.len(), OF_A_TENANT + 1);
    assert_eq!(ours.iter().map(|it| it.count).sum::<u32>(), 5_000);
    let rest = ours.iter().find(|it| it.detail.as_deref() == Some("others")).unwrap();
    assert_eq!((&rest.subject, rest.count), (&Subject::Tenant, 4_800));
    assert_eq!(theirs[0].subject, Subject::User(user_id("u7")));
}

#[tokio::test]
async fn however_many_tenants_are_attacked_no_more_is_held_than_there_is_room_for() {
    let (acts, _, written) = acts(0);
    for tenant in 0..100 {
        for user in 0..200 {
            acts.count(failed(TenantId(Uuid::from_u128(tenant)), user));
        }
    }
    acts.write().await.unwrap();
    let written = written.lock().unwrap();
    assert!(written.len() <= OF_ALL + 100, "{}", written.len());
    assert_eq!(written.iter().map(|it| it.count).sum::<u32>(), 20_000);
}

#[tokio::test]
async fn what_cannot_be_written_is_written_the_next_time() {
    let (acts, _, written) = acts(1);
    acts.count(failed(TENANT, 1));
    assert!(acts.write().await.is_err());
    acts.count(failed(TENANT, 1));
    acts.write().await.unwrap();
    let written = written.lock().unwrap();
    assert_eq!(written.iter().map(|it| it.count).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn what_is_beyond_the_bound_is_one_entry_whoever_did_it_and_wherever_it_came_from() {
    let (acts, _, written) = acts(0);
    for n in 0..1_000 {
        let actor = Actor::User(user_id(&format!("a{n}")));
        let from = Some(format!("192.0.2.{}", n % 250).into());
        let act = CountedAct { actor, ..failed(TENANT, n) };
        within_request(from, async { acts.count(act) }).await;
    }
    acts.write().await.unwrap();
    let written = written.lock().unwrap();
    assert_eq!(written.len(), OF_A_TENANT + 1);
    let rest = written.iter().find(|it| it.detail.as_deref() == Some("others")).unwrap();
    assert_eq!((&rest.actor, rest.source.as_deref(), rest.count), (&Actor::Nobody, None, 800));
}

#[test]
fn what_is_put_back_is_added_to_what_was_counted_meanwhile() {
    let (key, mut counted) = ((failed(TENANT, 1), None), Counted::default());
    counted.add(key.clone(), Times { count: 1, first: noon() + TimeDelta::seconds(5) });
    counted.add(key.clone(), Times { count: 3, first: noon() });
    assert_eq!((counted.acts[&key].count, counted.acts[&key].first), (4, noon()));
}
