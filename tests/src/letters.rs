//! Whether everybody who was invited has a letter, and nobody two.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::sleep;

use crate::{eventually::eventually, mailbox::Mail, postgres::Database, smtp::Smtp};

/// How often in a row, with a twentieth of a second in between, jobs must be found unsettled until nobody is
/// taken to work on them: far longer than the test's mail server takes for a letter.
const OFTEN: u32 = 60;
/// How often until nobody is taken to settle them any more: for longer than the longest pause between two
/// attempts.
const TOO_OFTEN: u32 = 300;

/// The letters that came for each address.
#[must_use]
pub fn by_recipient(smtp: &Smtp) -> BTreeMap<String, Vec<Mail>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for it in smtp.mails() {
        let to = it.header("To").expect("a recipient").trim_matches(['<', '>']).to_owned();
        all.entry(to).or_default().push(it);
    }
    all
}

/// What became of those who were claiming, sending and settling letters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Workers {
    /// They are all there, and settle what they have sent.
    Alive,
    /// Some were killed, with letters that they had sent and not settled.
    Killed,
}

/// Waits until these people have a letter and no other letter is left to be sent. Jobs that were claimed by
/// somebody who is gone, or who never heard that it has them, wait for the end of their lease: a
/// test turns the clock by hand. Says how many these were.
pub async fn all_are_sent(
    database: &Database,
    smtp: &Smtp,
    people: &BTreeSet<String>,
    workers: Workers,
) -> usize {
    let (mut found, mut times) = (None, 0);
    let left = loop {
        // Whoever has a letter has no job, once that is settled.
        let sent = by_recipient(smtp);
        let unsent = people.iter().filter(|it| !sent.contains_key(*it)).count();
        let jobs = eventually("the number of jobs", || async {
            database.ask("SELECT count(*) FROM outbox").await.parse::<usize>().ok()
        })
        .await;
        times = if found == Some((unsent, jobs)) { times + 1 } else { 0 };
        found = Some((unsent, jobs));
        let is_settled = jobs == unsent || workers == Workers::Killed;
        if jobs == 0 && unsent == 0 || times >= OFTEN && is_settled {
            break jobs;
        }
        assert!(
            times < TOO_OFTEN,
            "of {jobs} jobs {unsent} letters were not sent, and nobody settles the others"
        );
        sleep(Duration::from_millis(50)).await;
    };
    database.ask("UPDATE outbox SET due_at = now()").await;
    eventually("all letters are sent", || async {
        (database.ask("SELECT count(*) FROM outbox").await == "0").then_some(())
    })
    .await;
    left
}
