//! The commands, beside a running server and without one.

use serde_json::Value;
use usher_tests::{Server, folder, wait_for_folder};

#[tokio::test]
async fn invite_tells_what_became_of_each_address() {
    let server = Server::start(&[]).await;
    let made = server.run(&["invite", "ada@example.org", "bob@example.org", "--quiet"]).await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert_eq!(made.stdout.matches("/accept?invitation=").count(), 2, "{}", made.stdout);
    assert!(folder(&server.home.path().join("usher-data/mail")).is_empty(), "quiet is quiet");

    let again = server
        .run(&["invite", "ada@example.org", "nobody@localhost", "cy@example.org", "--json"])
        .await;
    assert_eq!(again.code, Some(1), "one was refused");
    wait_for_folder(&server.home.path().join("usher-data/mail"), "cy@example.org").await;
    assert!(again.stdout.contains("already invited"), "{}", again.stdout);
}

#[tokio::test]
async fn users_go_out_as_they_came_in() {
    let server = Server::start(&[]).await;
    let organizations =
        "{\"id\":\"507f1f77bcf86cd799439011\",\"code\":\"NT\",\"name\":\"Night team\"}\n";
    assert_eq!(
        server.run_with(&["import", "organizations", "-"], organizations).await.code,
        Some(0)
    );
    // "password" in bcrypt, cost 4.
    let users = [
        r#"{"id":"507f191e810c19729de860ea","username":"ada","email":"Ada@example.org","firstName":"Ada","lastName":"Łovelace","status":"active","locale":"de","organization":"507f1f77bcf86cd799439011","profile":{"a":[1,2]},"attributes":{"x":"y"},"memberships":[{"organization":"507f1f77bcf86cd799439011","roles":["owner"],"pin":"1234","pinAllowed":true}]}"#,
        r#"{"id":"käthe","email":"k@example.org","status":"unregistered"}"#,
    ]
    .join("\n");
    let first = server.run_with(&["import", "users", "-"], &users).await;
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let again = server.run_with(&["import", "users", "-"], &users).await;
    assert_eq!(again.code, Some(0), "it may be run twice: {}", again.stderr);

    let exported = server.run(&["export", "users"]).await;
    let lines: Vec<Value> =
        exported.stdout.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let ada = lines.iter().find(|it| it["id"] == "507f191e810c19729de860ea").unwrap();
    assert_eq!(ada["email"], "Ada@example.org");
    assert_eq!(ada["profile"]["a"][1], 2);
    assert_eq!(ada["memberships"][0]["roles"][0], "owner");
    assert!(lines.iter().any(|it| it["id"] == "käthe"));
    assert!(!exported.stdout.contains("1234"), "a pin never comes out");
    let round = server.run_with(&["import", "users", "-"], &exported.stdout).await;
    assert_eq!(round.code, Some(0), "what goes out comes in: {}", round.stderr);
}

#[tokio::test]
async fn a_bad_line_is_told_by_number_and_nothing_is_written() {
    let server = Server::start(&[]).await;
    let users = "{\"id\":\"a\",\"email\":\"a@example.org\"}\n\n{\"id\":\"b\",\"email\":\"b@localhost\"}\n{\"id\":\"c\",\"shoe\":1}\nnonsense\n";
    let stopped = server.run_with(&["import", "users", "-"], users).await;
    assert_eq!(stopped.code, Some(1));
    for text in ["3", "email", "4", "shoe", "5"] {
        assert!(stopped.stderr.contains(text), "{text} is not named: {}", stopped.stderr);
    }
    assert_eq!(server.run(&["export", "users"]).await.stdout, "");
    let went_on = server.run_with(&["import", "users", "-", "--keep-going"], users).await;
    assert_eq!(went_on.code, Some(1), "bad lines are still a failure");
    assert_eq!(server.run(&["export", "users"]).await.stdout.lines().count(), 1);
}

#[tokio::test]
async fn keys_are_made_listed_and_revoked() {
    let server = Server::start(&[]).await;
    let made = server.run(&["key", "create", "--authority", "INVITER", "--json"]).await;
    let key: Value = serde_json::from_str(&made.stdout).unwrap();
    let (id, secret) = (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    let listed = server.run(&["key", "list", "--json"]).await.stdout;
    assert!(listed.contains(id) && !listed.contains(secret), "{listed}");
    assert_eq!(server.run(&["key", "revoke", id]).await.code, Some(0));
    let unknown = server.run(&["key", "create", "--authority", "KING"]).await;
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("ORG_ADMIN"), "{}", unknown.stderr);
}

#[tokio::test]
async fn a_stolen_key_is_revoked_with_the_invitations_that_it_made() {
    let server = Server::start(&[]).await;
    let made = server.run(&["key", "create", "--authority", "INVITER", "--json"]).await;
    let key: Value = serde_json::from_str(&made.stdout).unwrap();
    let token = format!("{}.{}", key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    for name in ["ada", "bob"] {
        let body =
            serde_json::json!({"invitedEmail": format!("{name}@example.org"), "inviter": "Ann"});
        let (status, answer) =
            server.call(reqwest::Method::POST, "/v1/userInvitations", &token, Some(body)).await;
        assert_eq!(status.as_u16(), 200, "{answer}");
    }
    let revoke =
        ["key", "revoke", key["id"].as_str().unwrap(), "--with-everything", "--since", "always"];
    let told = server.run(&revoke).await;
    assert!(told.stdout.contains("0 tasks ended, 2 invitations revoked"), "{}", told.stdout);
    let again = server.run(&[&revoke[..], &["--json"]].concat()).await;
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((&again["tasks"], &again["invitations"]), (&Value::from(0), &Value::from(0)));
    assert!(again["revokedAt"].is_string());
}

#[tokio::test]
async fn a_persons_key_invites_in_their_name() {
    let server = Server::start(&[]).await;
    let ada = r#"{"id":"ada","email":"ada@example.org","displayName":"Ada L.","status":"active"}"#;
    assert_eq!(server.run_with(&["import", "users", "-"], ada).await.code, Some(0));
    let made =
        server.run(&["key", "create", "--authority", "ORG_ADMIN", "--user", "ada", "--json"]).await;
    let key: Value = serde_json::from_str(&made.stdout).unwrap();
    let token = format!("{}.{}", key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    let body = serde_json::json!({"invitedEmail": "bob@example.org"});
    let (status, answer) =
        server.call(reqwest::Method::POST, "/v1/userInvitations", &token, Some(body)).await;
    assert_eq!((status.as_u16(), &answer["inviter"]), (200, &Value::from("Ada L.")), "{answer}");
    assert_eq!(answer["creator"], "identities/uada");
}

#[tokio::test]
async fn check_says_what_works_and_what_does_not() {
    let server = Server::start(&[]).await;
    let well = server.run(&["check"]).await;
    assert_eq!(well.code, Some(0), "{}{}", well.stdout, well.stderr);
    assert_eq!(server.run(&["check", "--ready"]).await.code, Some(0));
    let settings = [("USHER_MAIL__URL".to_owned(), "smtp://127.0.0.1:1".to_owned())];
    let ill = usher_tests::run(server.home.path(), &settings, &["check"], "").await;
    assert_eq!(ill.code, Some(1));
    assert!(ill.stdout.contains("127.0.0.1"), "{}", ill.stdout);
}
