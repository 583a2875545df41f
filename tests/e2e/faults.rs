//! What happens when something breaks: nothing is lost, and the error is reported.

use std::{sync::Arc, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;
use usher_tests::{Database, ON_SQLITE, Proxy, Reply, Server, Smtp, eventually, run};

#[tokio::test]
async fn a_mail_server_that_was_away_gets_every_letter_once_it_is_back() {
    let smtp = Smtp::start().await;
    let proxy = Proxy::to(&smtp.address.to_string(), false).await;
    let url = format!("smtp://{}", proxy.address);
    let server = Server::start(&[("USHER_MAIL__URL", &url)]).await;
    let token = server.key("ORG_ADMIN").await;
    for n in 0..20 {
        server.invite(&token, &format!("u{n}@example.org")).await;
    }
    eventually("a failure is logged", || async {
        server.printed().contains("letter not delivered").then_some(())
    })
    .await;
    assert!(smtp.mails().is_empty());
    proxy.mend();
    eventually("all letters", || async { (smtp.mails().len() == 20).then_some(()) }).await;
}

#[tokio::test]
async fn a_letter_that_is_refused_for_good_is_not_tried_again_and_one_put_off_is() {
    let smtp = Smtp::start().await;
    let database = Database::new().await;
    let server =
        Server::start(&[("USHER_MAIL__URL", &smtp.url()), ("USHER_DATABASE__URL", &database.url)])
            .await;
    let token = server.key("ORG_ADMIN").await;
    let outcomes = "SELECT string_agg(outcome || ' ' || answer, ', ' ORDER BY at) FROM delivery";

    smtp.reply(Reply::Refuse("550 5.1.1 no such user"));
    server.invite(&token, "ada@example.org").await;
    eventually("it bounced", || async {
        let deliveries = database.ask(outcomes).await;
        (deliveries.starts_with("failed") && deliveries.contains("550")).then_some(())
    })
    .await;
    assert_eq!(database.ask("SELECT count(*) FROM outbox WHERE dead IS NULL").await, "0");

    smtp.reply(Reply::Refuse("450 4.2.1 try later"));
    server.invite(&token, "bob@example.org").await;
    eventually("it is put off", || async {
        database.ask(outcomes).await.contains("deferred").then_some(())
    })
    .await;
    smtp.reply(Reply::Accept);
    eventually("it is sent", || async {
        database.ask(outcomes).await.contains("sent 250").then_some(())
    })
    .await;
    assert_eq!(smtp.mails().len(), 1);
}

#[tokio::test]
async fn a_worker_that_is_killed_loses_no_letter_and_repeats_it_as_the_same_mail() {
    let smtp = Smtp::start().await;
    smtp.reply(Reply::Slow(Duration::from_millis(200)));
    let mut server = Server::start(&[ON_SQLITE, ("USHER_MAIL__URL", &smtp.url())]).await;
    let token = server.key("ORG_ADMIN").await;
    for n in 0..40 {
        server.invite(&token, &format!("u{n}@example.org")).await;
    }
    eventually("some letters are out", || async { (smtp.mails().len() > 5).then_some(()) }).await;
    server.kill().await;
    let before = smtp.mails().len();
    assert!(before < 40, "it was killed in the middle");
    smtp.reply(Reply::Accept);
    // The lease of what was in hand runs out after minutes: a test turns the clock by hand.
    let aged = std::process::Command::new("python3")
        .arg("-c")
        .arg("import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(\"update outbox set due_at='2020-01-01T00:00:00.000000+00:00'\"); c.commit()")
        .arg(server.home.path().join("usher-data/usher.db"))
        .status();
    assert!(aged.unwrap().success());
    server.kill_and_restart().await;

    let people = eventually("everyone has a letter", || async {
        let mut people: Vec<_> =
            smtp.mails().iter().map(|it| (it.header("To"), it.header("Message-ID"))).collect();
        people.sort();
        people.dedup();
        let mut who: Vec<_> = people.iter().map(|(to, _)| to.clone()).collect();
        who.dedup();
        (who.len() == 40).then_some(people)
    })
    .await;
    assert_eq!(people.len(), 40, "a repeated letter has the same Message-ID");
}

#[tokio::test]
async fn a_database_that_goes_away_is_a_503_and_comes_back_by_itself() {
    let database = Database::new().await;
    let proxy = Proxy::to(&database.address, true).await;
    let url = database.through(&proxy.address.to_string());
    let server = Server::start(&[("USHER_DATABASE__URL", &url)]).await;
    let token = server.key("ORG_ADMIN").await;
    server.invite(&token, "ada@example.org").await;

    proxy.cut();
    let body = || Some(json!({"invitedEmail": "bob@example.org", "inviter": "Me"}));
    let (status, answer) = server.call(Method::POST, "/v1/userInvitations", &token, body()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    let ready = server.http.get(format!("{}/readyz", server.url)).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let alive = server.http.get(format!("{}/healthz", server.url)).send().await.unwrap();
    assert_eq!(alive.status(), StatusCode::OK);

    proxy.mend();
    eventually("it serves again", || async {
        let (status, _) = server.call(Method::POST, "/v1/userInvitations", &token, body()).await;
        (status == StatusCode::OK).then_some(())
    })
    .await;
    let mails = server.home.path().join("usher-data/mail");
    usher_tests::wait_for_folder(&mails, "bob@example.org").await;
}

#[tokio::test]
async fn a_database_that_is_down_at_the_start_is_waited_for_and_then_given_up() {
    let database = Database::new().await;
    let proxy = Proxy::to(&database.address, false).await;
    let url = database.through(&proxy.address.to_string());
    let home = Arc::new(TempDir::new().unwrap());
    let server = Server::launch(home.clone(), &[("USHER_DATABASE__URL", &url)], &[]);
    eventually("it says that it waits", || async {
        server.printed().to_lowercase().contains("database").then_some(())
    })
    .await;
    proxy.mend();
    server.ready().await;
    drop(server);

    proxy.cut();
    let settings = [("USHER_DATABASE__URL", url.as_str()), ("USHER_DATABASE__CONNECT_WAIT", "1s")];
    let mut server = Server::launch(home, &settings, &[]);
    assert_eq!(server.ended().await, Some(1));
    let output = server.printed();
    assert!(output.contains(&proxy.address.to_string()), "it says which one: {output}");
    assert!(!output.contains("://postgres:"), "it shows no password: {output}");
}

#[tokio::test]
async fn a_full_disk_is_an_error_that_loses_nothing() {
    let home = Arc::new(TempDir::new().unwrap());
    // The database exists and is healthy before the disk is full.
    let mut server = Server::start_in(home.clone(), &[ON_SQLITE], &[]).await;
    let token = server.key("ORG_ADMIN").await;
    server.invite(&token, "ada@example.org").await;
    server.stop().await;
    drop(server);

    // No file may grow beyond what the database has now and a little more.
    let size = std::fs::metadata(home.path().join("usher-data/usher.db")).unwrap().len();
    let blocks = size / 1024 + 200;
    let settings = [ON_SQLITE, ("USHER_MAIL__URL", "none")];
    let server = Server::launch_limited(home.clone(), &settings, blocks);
    server.ready().await;
    let mut refused = 0;
    let mut promised = Vec::new();
    for n in 0..2000 {
        let address = format!("u{n}@example.org");
        let body =
            json!({"invitedEmail": address, "inviter": "Me", "labels": {"pad": "x".repeat(255)}});
        let (status, answer) =
            server.call(Method::POST, "/v1/userInvitations", &token, Some(body)).await;
        if status == StatusCode::OK {
            promised.push(answer["name"].as_str().unwrap().to_owned());
        } else {
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
            refused += 1;
            if refused > 3 {
                break;
            }
        }
    }
    assert!(refused > 0, "the disk never was full");
    drop(server);

    let server = Server::start_in(home, &settings, &[]).await;
    for name in promised {
        let (status, _) = server.call(Method::GET, &format!("/v1/{name}"), &token, None).await;
        assert_eq!(status, StatusCode::OK, "{name} was promised");
    }
    server.invite(&token, "room.again@example.org").await;
}

#[tokio::test]
async fn asked_to_stop_it_finishes_what_is_in_hand() {
    let smtp = Smtp::start().await;
    smtp.reply(Reply::Slow(Duration::from_secs(2)));
    let database = Database::new().await;
    let mut server =
        Server::start(&[("USHER_MAIL__URL", &smtp.url()), ("USHER_DATABASE__URL", &database.url)])
            .await;
    let token = server.key("ORG_ADMIN").await;
    server.invite(&token, "ada@example.org").await;
    eventually("the letter is on its way", || async { (smtp.mails().len() == 1).then_some(()) })
        .await;
    assert_eq!(server.stop().await, Some(0));
    assert_eq!(database.ask("SELECT outcome FROM delivery").await, "sent");
    assert_eq!(database.ask("SELECT count(*) FROM outbox").await, "0");
}

#[tokio::test]
async fn settings_that_do_not_fit_are_refused_by_name() {
    let home = TempDir::new().unwrap();
    for (key, value, named) in [
        ("USHER_HTTP__LISTENN", "127.0.0.1:1", "listenn"),
        ("USHER_HTTP__LISTEN", "nowhere", "http.listen"),
        ("USHER_MAIL__URL", "pigeon://x", "mail.url"),
        ("USHER_DATABASE__URL", "mysql://x", "database.url"),
        ("USHER_INVITATIONS__LIFETIME", "soon", "invitations.lifetime"),
        ("USHER_KEYRING__KEYS", "k:short", "keyring.keys"),
    ] {
        let settings = [(key.to_owned(), value.to_owned())];
        let output = run(home.path(), &settings, &["check"], "").await;
        assert_eq!(output.code, Some(2), "{key}: {}", output.stderr);
        let stderr = output.stderr.to_lowercase();
        assert!(stderr.contains(named), "{key} is not named: {stderr}");
    }
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "nothing was made");
}
