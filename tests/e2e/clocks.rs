//! Machines whose clocks are off: nobody gets two letters, and nobody waits for theirs.

use std::time::{Duration, Instant};

use usher_tests::{Database, FakeTime, Nodes, Reply, Smtp, by_recipient, eventually};

/// So many are invited at each time.
const PEOPLE: usize = 60;

fn borrowed(settings: &[(String, String)]) -> Vec<(&str, &str)> {
    settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn a_machine_whose_clock_is_off_by_more_than_a_minute_starts_no_node() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    let nodes = Nodes::on(&database.url, &smtp).await;
    let mut right = nodes.start(&[]).await;
    for (offset, words) in
        [("+1h", "s ahead of that of the database"), ("-90s", "s behind that of the database")]
    {
        let clock = FakeTime::new(offset);
        for arguments in [&[][..], &["worker"], &["check"]] {
            let mut wrong = nodes.launch(&borrowed(&clock.settings()), arguments);
            assert_eq!(wrong.ended().await, Some(1), "{offset} {arguments:?}");
            let said = wrong.printed();
            assert!(said.contains(words) && said.contains("NTP"), "{offset} {arguments:?}: {said}");
        }
    }
    assert_eq!(right.stop().await, Some(0));
}

/// A clock may be set while a node runs, by whatever it is that keeps it. The mail server is so slow that
/// each node looks for letters while the other has them in hand.
#[tokio::test]
async fn sixty_letters_are_sixty_mails_whatever_the_clock_of_one_node_says() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    smtp.reply(Reply::Slow(Duration::from_millis(600)));
    let nodes = Nodes::on(&database.url, &smtp).await;
    let clock = FakeTime::new("+30s");
    let (right, wrong) = (nodes.start(&[]).await, nodes.start(&borrowed(&clock.settings())).await);
    assert!(wrong.printed().contains("s ahead of that of the database"), "it warns");
    let token = right.key("ORG_ADMIN").await;
    let mut count = 0;
    for offset in ["+30s", "+1h", "-90s", "-1h"] {
        clock.set(offset);
        for n in 0..PEOPLE {
            let server = if n % 2 == 0 { &right } else { &wrong };
            server.invite(&token, &format!("{n}.{count}@example.org")).await;
        }
        count += PEOPLE;
        eventually("nobody waits for a letter", || async {
            (database.ask("SELECT count(*) FROM outbox").await == "0").then_some(())
        })
        .await;
        let letters = by_recipient(&smtp);
        let all: Vec<_> = letters.values().map(Vec::len).collect();
        assert_eq!(all, vec![1; count], "{offset}: {letters:?}");
    }
}

#[tokio::test]
async fn a_worker_whose_clock_is_behind_sends_each_letter_at_once() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    let nodes = Nodes::on(&database.url, &smtp).await;
    let front = nodes.start(&[("USHER_WORKER__ENABLED", "false")]).await;
    let clock = FakeTime::new("+0s");
    let worker = nodes.launch(&borrowed(&clock.settings()), &["worker"]);
    let token = front.key("ORG_ADMIN").await;
    front.invite(&token, "first@example.org").await;
    eventually("it works", || async { (smtp.mails().len() == 1).then_some(()) }).await;
    clock.set("-90s");
    for n in 2..12 {
        front.invite(&token, &format!("u{n}@example.org")).await;
        let begun = Instant::now();
        eventually("the letter", || async { (smtp.mails().len() == n).then_some(()) }).await;
        assert!(begun.elapsed() < Duration::from_secs(5), "after {:?}", begun.elapsed());
    }
    drop(worker);
}
