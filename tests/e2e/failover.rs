//! The primary dies under load, and its synchronous standby takes over: what was acknowledged is there, each
//! letter goes once, and whoever was not told that it was done was told what is known.

use std::{
    collections::BTreeSet,
    fmt,
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::json;
use usher_tests::{
    Answer, Cluster, Database, Load, Nodes, Proxy, Server, Smtp, Workers, addresses, all_are_sent,
    by_recipient, eventually,
};

/// Some twenty invitations a second.
const CALLERS: usize = 8;
const PAUSE: Duration = Duration::from_millis(380);

/// How soon writes succeed again once connections lead to the new primary.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_primary_that_dies_with_commits_in_hand_loses_nothing_and_mails_nobody_twice() {
    let lost = lose_a_primary(true).await;
    assert!(lost.undecided > 0, "no answer says that it may have been done: {lost}");
    assert!(lost.written > 0, "nothing was written without an answer: {lost}");
}

/// How many answers of the load were of a kind.
pub(crate) struct Counts {
    pub made: usize,
    pub refused: usize,
    /// Said to be maybe made.
    pub undecided: usize,
    /// Written, although the answer does not say so.
    pub written: usize,
    /// Letters that had to wait for the end of a lease.
    pub late_letters: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { made, refused, undecided, written, late_letters } = self;
        write!(
            f,
            "{made} acknowledged, {refused} not done, {undecided} maybe done, {written} of them written, \
             {late_letters} letters after a lease"
        )
    }
}

/// Kills a primary, either at some moment or while commits wait for the standby, which hears of them and
/// cannot say so any more.
pub(crate) async fn lose_a_primary(amid_commits: bool) -> Counts {
    let (mut cluster, smtp) = (Cluster::start().await, Smtp::start().await);
    let proxy = Proxy::to(&cluster.primary.address(), true).await;
    let url = cluster.primary.database("postgres").through(&proxy.address.to_string());
    let nodes = Nodes::on(&url, &smtp).await;
    let (one, two) = (nodes.start(&[]).await, nodes.start(&[]).await);
    let both = [&one, &two];
    let token = one.key("ORG_ADMIN").await;
    let load = Load::begin(&both, &token, CALLERS, PAUSE);
    eventually("the load is on", || async {
        (addresses(&load.answers(), Answer::is_made).len() >= 30).then_some(())
    })
    .await;

    let held = if amid_commits { Some(cluster.hold(2).await) } else { None };
    cluster.crash();
    drop(held);
    for server in both {
        eventually("it is not ready", || is_ready(server, StatusCode::SERVICE_UNAVAILABLE)).await;
    }
    cluster.promote().await;
    for server in both {
        // The new primary is there, and not where their connections lead.
        is_ready(server, StatusCode::SERVICE_UNAVAILABLE).await.expect("it is not ready yet");
    }
    let survivor = cluster.standby.database("postgres");
    proxy.lead_to(&survivor.address);
    let led = Instant::now();
    for (n, server) in both.into_iter().enumerate() {
        let again = eventually("it writes again", || async {
            let answers = load.answers();
            let made = answers.iter().filter(|it| it.server == n && it.is_made());
            made.map(|it| it.answered).find(|it| *it > led)
        })
        .await;
        assert!(again - led < SOON, "node {n} writes again after {:?}", again - led);
        eventually("it is ready", || is_ready(server, StatusCode::OK)).await;
        assert!(led.elapsed() < SOON, "node {n} is ready after {:?}", led.elapsed());
    }
    let more = load.answers().len() + 20;
    eventually("the load goes on", || async { (load.answers().len() >= more).then_some(()) }).await;
    nothing_is_lost(load.end().await, both, &token, &survivor, &smtp).await
}

async fn is_ready(server: &Server, status: StatusCode) -> Option<()> {
    let answer = server.http.get(format!("{}/readyz", server.url)).send().await.ok()?;
    (answer.status() == status).then_some(())
}

/// Holds what callers were answered against what is there, and against the letters.
pub(crate) async fn nothing_is_lost(
    answers: Vec<Answer>,
    servers: [&Server; 2],
    token: &str,
    database: &Database,
    smtp: &Smtp,
) -> Counts {
    let made = addresses(&answers, Answer::is_made);
    let undecided = addresses(&answers, |it| !it.is_made() && it.may_be_made());
    let refused = addresses(&answers, |it| !it.is_made() && !it.may_be_made());
    let written = invited(database).await;
    let lost: Vec<_> = made.difference(&written).collect();
    assert!(lost.is_empty(), "acknowledged, and not there: {lost:?}");
    let denied: Vec<_> = answers
        .iter()
        .filter(|it| refused.contains(&it.address) && written.contains(&it.address))
        .collect();
    assert!(denied.is_empty(), "said not to be done, and there: {denied:?}");

    // Whoever asks again is told of the invitation that was made, or has it made now.
    let without_answer: Vec<_> = written.difference(&made).collect();
    for address in &undecided {
        let body = json!({"invitedEmail": address, "inviter": "The night team"});
        let path = "/v1/userInvitations";
        let (status, said) = servers[0].call(Method::POST, path, token, Some(body)).await;
        if written.contains(address) {
            let id = format!(
                "SELECT replace(id::text, '-', '') FROM invitation WHERE mailbox = '{address}'"
            );
            let id = database.ask(&id).await;
            assert_eq!(status, StatusCode::CONFLICT, "{address}: {said}");
            assert!(said.to_string().contains(&id), "{address}: it is not named: {said}");
        } else {
            assert_eq!(status, StatusCode::OK, "{address}: {said}");
        }
    }

    let people: BTreeSet<_> = made.union(&undecided).cloned().collect();
    assert_eq!(invited(database).await, people);
    let late_letters = all_are_sent(database, smtp, &people, Workers::Alive).await;
    let letters = by_recipient(smtp);
    assert_eq!(letters.keys().cloned().collect::<BTreeSet<_>>(), people);
    let twice: Vec<_> = letters.iter().filter(|(_, all)| all.len() != 1).collect();
    assert!(twice.is_empty(), "more than one letter: {twice:?}");
    Counts {
        made: made.len(),
        refused: refused.len(),
        undecided: undecided.len(),
        written: without_answer.len(),
        late_letters,
    }
}

/// The addresses that callers of the load have invited.
async fn invited(database: &Database) -> BTreeSet<String> {
    let all =
        database.ask("SELECT mailbox FROM invitation WHERE mailbox LIKE '%@example.org'").await;
    all.lines().map(str::to_owned).collect()
}
