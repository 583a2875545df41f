//! PostgreSQL under Patroni, behind `HAProxy`: the primary is switched, and dies, under load.

use std::time::{Duration, Instant};

use usher_tests::{Answer, Load, Nodes, Patroni, Smtp, eventually};

use crate::failover::nothing_is_lost;

#[tokio::test]
async fn patroni_switches_and_replaces_the_primary_and_nothing_is_lost_or_mailed_twice() {
    let (mut patroni, smtp) = (Patroni::start().await, Smtp::start().await);
    let database = patroni.database();
    let nodes = Nodes::on(&database.url, &smtp).await;
    let (one, two) = (nodes.start(&[]).await, nodes.start(&[]).await);
    let token = one.key("ORG_ADMIN").await;
    let load = Load::begin(&[&one, &two], &token, 8, Duration::from_millis(380));
    goes_on(&load, Instant::now()).await;

    let begun = Instant::now();
    patroni.switch_over().await;
    goes_on(&load, Instant::now()).await;
    let switched = longest_gap(&load.answers(), begun);
    patroni.has_standby().await;
    goes_on(&load, Instant::now()).await;

    let begun = Instant::now();
    patroni.crash_primary().await;
    eventually("it is noticed", || async {
        let answers = load.answers();
        answers.iter().any(|it| it.asked > begun && !it.is_made()).then_some(())
    })
    .await;
    goes_on(&load, Instant::now()).await;
    let replaced = longest_gap(&load.answers(), begun);

    let counts = nothing_is_lost(load.end().await, [&one, &two], &token, &database, &smtp).await;
    eprintln!("switchover: {switched:?} without a write; crash: {replaced:?}; {counts}");
    assert!(switched < Duration::from_secs(30), "{switched:?}");
    assert!(replaced < Duration::from_mins(1), "{replaced:?}");
}

/// Waits until each of the two nodes has made some invitations after this moment.
async fn goes_on(load: &Load, since: Instant) {
    eventually("each node writes", || async {
        let answers = load.answers();
        let made = |server| {
            let all = answers.iter().filter(|it| it.server == server && it.is_made());
            all.filter(|it| it.asked > since).count()
        };
        (made(0) >= 10 && made(1) >= 10).then_some(())
    })
    .await;
}

/// The longest time in which nothing was written.
fn longest_gap(answers: &[Answer], since: Instant) -> Duration {
    let made = answers.iter().filter(|it| it.is_made() && it.answered > since);
    let mut moments: Vec<_> = made.map(|it| it.answered).collect();
    moments.push(since);
    moments.sort();
    moments.windows(2).map(|it| it[1] - it[0]).max().unwrap_or_default()
}
