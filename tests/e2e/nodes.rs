//! Several nodes on one PostgreSQL.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::json;
use usher_tests::{
    Answer, Database, Load, Nodes, Reply, Smtp, Workers, addresses, all_are_sent, by_recipient,
    eventually,
};

#[tokio::test]
async fn a_worker_on_another_node_mails_what_this_one_commits() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    let nodes = Nodes::on(&database.url, &smtp).await;
    let front = nodes.start(&[("USHER_WORKER__ENABLED", "false")]).await;
    let _worker = nodes.launch(&[], &["worker"]);
    let token = front.key("ORG_ADMIN").await;
    front.invite(&token, "ada@example.org").await;
    eventually("the other node mails it", || async { (smtp.mails().len() == 1).then_some(()) })
        .await;
}

#[tokio::test]
async fn two_nodes_start_at_once_found_one_tenant_and_know_each_others_links() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    let nodes = Nodes::on(&database.url, &smtp).await;
    let (one, two) = (nodes.launch(&[], &[]), nodes.launch(&[], &[]));
    one.ready().await;
    two.ready().await;
    assert_eq!(database.ask("SELECT count(*) FROM tenant").await, "1");
    assert_eq!(database.ask("SELECT count(*) FROM credential").await, "1");

    let token = one.key("ORG_ADMIN").await;
    let made = two.invite(&token, "ada@example.org").await;
    let invitation = made["invitationToken"].as_str().unwrap();
    let page = format!("{}/accept?invitation={invitation}", one.url);
    assert_eq!(one.http.get(page).send().await.unwrap().status(), StatusCode::OK);
    let (status, listed) = one.call(Method::GET, "/v1/userInvitations", &token, None).await;
    assert_eq!((status, listed["userInvitations"].as_array().unwrap().len()), (StatusCode::OK, 2));
}

#[tokio::test]
async fn many_who_invite_one_person_on_two_nodes_make_one_invitation_and_one_mail() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    let nodes = Nodes::on(&database.url, &smtp).await;
    let one = Arc::new(nodes.start(&[]).await);
    let two = Arc::new(nodes.start(&[]).await);
    let token = one.key("ORG_ADMIN").await;

    for round in 0..20 {
        let address = format!("wanted{round}@example.org");
        let calls = (0..16).map(|n| {
            let server = if n % 2 == 0 { one.clone() } else { two.clone() };
            let (token, address) = (token.clone(), address.clone());
            tokio::spawn(async move {
                let body = json!({"invitedEmail": address, "inviter": "Me"});
                server.call(Method::POST, "/v1/userInvitations", &token, Some(body)).await.0
            })
        });
        let mut statuses = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            statuses.push(call.await.unwrap());
        }
        let won = statuses.iter().filter(|it| **it == StatusCode::OK).count();
        let lost = statuses.iter().filter(|it| **it == StatusCode::CONFLICT).count();
        assert_eq!((won, lost), (1, 15), "{statuses:?}");
    }
    let people = eventually("everyone's mail", || async {
        let people: Vec<_> = smtp.mails().iter().filter_map(|it| it.header("To")).collect();
        (people.len() >= 20).then_some(people)
    })
    .await;
    assert_eq!(people.iter().collect::<BTreeSet<_>>().len(), people.len(), "nobody got two");
}

#[tokio::test]
async fn revoking_a_key_holds_on_every_node_within_seconds() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    let nodes = Nodes::on(&database.url, &smtp).await;
    let one = nodes.start(&[]).await;
    let token = one.key("READER").await;
    let (id, _) = token.split_once('.').unwrap();
    let (status, _) = one.call(Method::GET, "/v1/userInvitations", &token, None).await;
    assert_eq!(status, StatusCode::OK);
    // The command is another process, and so another node.
    assert_eq!(one.run(&["key", "revoke", id]).await.code, Some(0));
    eventually("the key is void", || async {
        let (status, _) = one.call(Method::GET, "/v1/userInvitations", &token, None).await;
        (status == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
}

/// What it had in hand goes once its lease has ended, and whoever had a letter already gets the same again.
#[tokio::test]
async fn a_node_that_is_killed_under_load_loses_no_invitation_and_no_letter() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    // So that it has letters in hand.
    smtp.reply(Reply::Slow(Duration::from_millis(200)));
    let nodes = Nodes::on(&database.url, &smtp).await;
    let (mut one, two) = (nodes.start(&[]).await, nodes.start(&[]).await);
    let token = two.key("ORG_ADMIN").await;
    let load = Load::begin(&[&one, &two], &token, 16, Duration::from_millis(50));
    let made_by = |server| {
        let answers = load.answers();
        addresses(&answers, |it| it.server == server && it.is_made()).len()
    };
    eventually("both write", || async { (made_by(0) >= 60 && made_by(1) >= 60).then_some(()) })
        .await;
    one.kill().await;
    let before = made_by(1);
    eventually("the other one goes on", || async { (made_by(1) >= before + 60).then_some(()) })
        .await;
    let answers = load.end().await;

    let made = addresses(&answers, Answer::is_made);
    let all = database.ask("SELECT mailbox FROM invitation WHERE mailbox LIKE 'u%'").await;
    let written: BTreeSet<_> = all.lines().map(str::to_owned).collect();
    let lost: Vec<_> = made.difference(&written).collect();
    assert!(lost.is_empty(), "acknowledged, and not there: {lost:?}");
    let maybe = addresses(&answers, |it| !it.is_made() && it.may_be_made());
    let denied: Vec<_> =
        written.iter().filter(|it| !made.contains(*it) && !maybe.contains(*it)).collect();
    assert!(denied.is_empty(), "said not to be done, and there: {denied:?}");

    smtp.reply(Reply::Accept);
    let late = all_are_sent(&database, &smtp, &written, Workers::Killed).await;
    assert!(late > 0, "it had no letter in hand");
    let letters = by_recipient(&smtp);
    assert_eq!(letters.keys().cloned().collect::<BTreeSet<_>>(), written);
    for (to, mails) in letters {
        let ids: BTreeSet<_> = mails.iter().map(|it| it.header("Message-ID")).collect();
        assert_eq!(ids.len(), 1, "{to} has different letters");
    }
}
