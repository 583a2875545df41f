//! Several nodes on one PostgreSQL.

use std::{collections::BTreeSet, sync::Arc};

use reqwest::{Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;
use usher_tests::{Database, Server, Smtp, eventually, run};

/// What nodes that share a database must share.
pub(crate) async fn shared(database: &Database, smtp: &Smtp) -> Vec<(String, String)> {
    let home = TempDir::new().unwrap();
    let made = run(home.path(), &[], &["keyring"], "").await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    vec![
        ("USHER_DATABASE__URL".to_owned(), database.url.clone()),
        ("USHER_MAIL__URL".to_owned(), smtp.url()),
        ("USHER_KEYRING__KEYS".to_owned(), made.stdout.trim().to_owned()),
        ("USHER_PUBLIC_URL".to_owned(), "http://localhost:8080".to_owned()),
    ]
}

pub(crate) fn borrowed(settings: &[(String, String)]) -> Vec<(&str, &str)> {
    settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

pub(crate) fn home() -> Arc<TempDir> {
    Arc::new(TempDir::new().unwrap())
}

#[tokio::test]
async fn a_worker_on_another_node_mails_what_this_one_commits() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    let settings = shared(&database, &smtp).await;
    let mut front = borrowed(&settings);
    front.push(("USHER_WORKER__ENABLED", "false"));
    let front = Server::start_in(home(), &front, &[]).await;
    let _worker = Server::launch(home(), &borrowed(&settings), &["worker"]);
    let token = front.key("ORG_ADMIN").await;
    front.invite(&token, "ada@example.org").await;
    eventually("the other node mails it", || async { (smtp.mails().len() == 1).then_some(()) })
        .await;
}

#[tokio::test]
async fn two_nodes_start_at_once_found_one_tenant_and_know_each_others_links() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    let settings = shared(&database, &smtp).await;
    let (home_a, home_b) = (home(), home());
    let one = Server::launch(home_a, &borrowed(&settings), &[]);
    let two = Server::launch(home_b, &borrowed(&settings), &[]);
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
    let settings = shared(&database, &smtp).await;
    let one = Arc::new(Server::start_in(home(), &borrowed(&settings), &[]).await);
    let two = Arc::new(Server::start_in(home(), &borrowed(&settings), &[]).await);
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
    let settings = shared(&database, &smtp).await;
    let one = Server::start_in(home(), &borrowed(&settings), &[]).await;
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
