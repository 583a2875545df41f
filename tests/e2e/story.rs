//! What a newcomer sees on a fresh machine: one command, one curl, one mail.

use std::os::unix::fs::PermissionsExt as _;

use reqwest::{Method, StatusCode};
use serde_json::json;
use usher_tests::{Mail, Server, Smtp, eventually, folder, wait_for_folder};

#[tokio::test]
async fn the_curl_line_of_the_first_steps_invites_and_the_mail_lands_in_the_folder() {
    let server = Server::start(&[]).await;
    let steps = server.first_steps();
    let curl = steps.lines().find(|it| it.trim_start().starts_with("curl ")).unwrap();

    let output = std::process::Command::new("sh").args(["-c", curl]).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["invitedEmail"], "ada@example.com", "{answer}");

    let mails = server.home.path().join("usher-data/mail");
    let mail = wait_for_folder(&mails, "ada@example.com").await;
    // The link in the letter proves the mailbox, so no answer shows it.
    let shown = answer["invitationUri"].as_str().unwrap();
    let mailed = mail.link();
    assert_ne!(mailed, shown);
    for link in [mailed.as_str(), shown] {
        let page = server.http.get(link).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        assert!(page.text().await.unwrap().contains("ada@example.com"));
    }
}

#[tokio::test]
async fn the_first_administrators_link_is_in_a_file_and_another_one_takes_a_command() {
    let mut server = Server::start(&[]).await;
    let link = |text: &str| {
        let line = text.lines().rev().find(|it| it.contains("/accept?invitation="))?;
        Some(line[line.find("http")?..].trim().to_owned())
    };
    let first = link(&server.first_steps()).unwrap();
    assert!(server.printed().contains("first-steps.txt"));
    server.kill_and_restart().await;
    let printed = server.printed();
    for line in server.first_steps().lines().filter(|it| it.starts_with("  ")) {
        assert!(!printed.contains(line.trim()), "{line}");
    }
    assert_eq!(link(&printed), None);

    let output = server.home.path().join("link");
    let invite = ["tenant", "invite-administrator"];
    let into = [&invite[..], &["--json", "--output", output.to_str().unwrap()]].concat();
    let made = server.run(&into).await;
    assert_eq!((made.code, made.stdout.as_str()), (Some(0), ""), "{}", made.stderr);
    assert_eq!(std::fs::metadata(&output).unwrap().permissions().mode() & 0o777, 0o600);
    let made: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&output).unwrap()).unwrap();
    assert_eq!(made["address"], "admin@usher.localhost");
    let second = made["link"].as_str().unwrap();
    let page = server.http.get(&first).send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("name=\"nonce\""), "the first link is void: {page}");

    assert_eq!(server.accept(second, "The Boss").await, StatusCode::SEE_OTHER);
    let again = server.run(&invite).await;
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("has an account already"), "{}", again.stderr);
    let other = server.run(&[&invite[..], &["boss@example.org", "--mail"]].concat()).await;
    assert!(link(&other.stdout).is_some(), "{}", other.stderr);
    let mails = server.home.path().join("usher-data/mail");
    assert_ne!(
        wait_for_folder(&mails, "boss@example.org").await.link(),
        link(&other.stdout).unwrap()
    );
    let audit = server.run(&["audit", "--all"]).await.stdout;
    assert_eq!(audit.matches("  invited ").count(), 3, "{audit}");
    assert_eq!(audit.matches("  revoked ").count(), 1, "{audit}");
}

#[tokio::test]
async fn a_secret_never_reaches_the_log_nor_an_address() {
    let server = Server::start(&[("USHER_LOG__LEVEL", "trace")]).await;
    let token = server.key("ORG_ADMIN").await;
    let printed_at_start = server.printed();
    let made = server.invite(&token, "very.secret.person@example.org").await;
    let link = made["invitationUri"].as_str().unwrap();
    server.http.get(link).send().await.unwrap();
    wait_for_folder(&server.home.path().join("usher-data/mail"), "very.secret.person").await;
    let logged = server.printed()[printed_at_start.len()..].to_owned();
    let (_, secret) = token.split_once('.').unwrap();
    let invitation_token = made["invitationToken"].as_str().unwrap();
    assert!(logged.len() > 100, "trace says something");
    for word in [secret, invitation_token, "very.secret.person"] {
        assert!(!logged.contains(word), "the log holds {word}");
    }
}

#[tokio::test]
async fn looking_at_a_link_a_hundred_times_consumes_nothing() {
    let server = Server::start(&[]).await;
    let token = server.key("ORG_ADMIN").await;
    let made = server.invite(&token, "ada@example.org").await;
    let link = made["invitationUri"].as_str().unwrap();
    for _ in 0..50 {
        assert_eq!(server.http.get(link).send().await.unwrap().status(), StatusCode::OK);
        assert_eq!(server.http.head(link).send().await.unwrap().status(), StatusCode::OK);
    }
    let path = format!("/v1/{}", made["name"].as_str().unwrap());
    let (_, after) = server.call(Method::GET, &path, &token, None).await;
    assert_eq!(after, made);
}

#[tokio::test]
async fn a_letter_is_one_mail_in_the_invitees_language_with_headers_that_hold() {
    let smtp = Smtp::start().await;
    let server = Server::start(&[("USHER_MAIL__URL", &smtp.url())]).await;
    let added = server.run(&["invite", "grüße@münchen.de", "--locale", "de-AT"]).await;
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    let mail = first(&smtp).await;
    assert!(mail.header("To").unwrap().contains("@xn--mnchen-3ya.de"), "{}", mail.raw);
    assert_eq!(mail.header("Auto-Submitted").unwrap(), "auto-generated");
    assert!(mail.header("Content-Type").unwrap().starts_with("multipart/alternative"));
    assert!(mail.header("Message-ID").is_some() && mail.header("Date").is_some());
    assert!(mail.text().contains("Einladung"), "{}", mail.text());
}

#[tokio::test]
async fn bad_input_gets_a_clear_answer_and_the_server_lives() {
    let server = Server::start(&[]).await;
    let token = server.key("ORG_ADMIN").await;
    let url = format!("{}/v1/userInvitations", server.url);
    let post = |body: String| server.http.post(&url).bearer_auth(&token).body(body).send();

    let table = [
        ("{\"invitedEmail\":".to_owned(), StatusCode::BAD_REQUEST, ""),
        ("[]".to_owned(), StatusCode::BAD_REQUEST, ""),
        (json!({"invitedEmail": 7}).to_string(), StatusCode::BAD_REQUEST, "invitedEmail"),
        (invite("ada@localhost", &json!({})), StatusCode::BAD_REQUEST, "invitedEmail"),
        (invite("a@example.org", &json!({"ttl": "-1s"})), StatusCode::BAD_REQUEST, "ttl"),
        (invite("a@example.org", &json!({"ttl": "31557600000s"})), StatusCode::BAD_REQUEST, "ttl"),
        (
            invite("a@example.org", &json!({"inviter": "A\r\nBcc: b"})),
            StatusCode::BAD_REQUEST,
            "inviter",
        ),
        (
            invite("a@example.org", &json!({"inviter": "http://evil.example"})),
            StatusCode::BAD_REQUEST,
            "inviter",
        ),
        (
            format!("{{\"invitedEmail\":\"{}\"}}", "x".repeat(10 << 20)),
            StatusCode::PAYLOAD_TOO_LARGE,
            "",
        ),
    ];
    for (body, status, field) in table {
        let start: String = body.chars().take(80).collect();
        let answer = post(body).await.unwrap();
        assert_eq!(answer.status(), status, "{start}");
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert!(answer.to_string().contains(field), "{start}: {answer}");
    }
    let (status, _) = server.call(Method::GET, "/v1/userInvitations", "no.key", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let junk = "/v1/userInvitations?pageToken=junk";
    let (status, _) = server.call(Method::GET, junk, &token, None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (_, list) = server.call(Method::GET, "/v1/userInvitations", &token, None).await;
    let listed: Vec<_> =
        list["userInvitations"].as_array().unwrap().iter().map(|it| &it["invitedEmail"]).collect();
    assert_eq!(listed, ["admin@usher.localhost"], "nothing was half done");
    assert!(folder(&server.home.path().join("usher-data/mail")).is_empty());
}

fn invite(address: &str, more: &serde_json::Value) -> String {
    let mut body = json!({"invitedEmail": address, "inviter": "Me"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.to_string()
}

async fn first(smtp: &Smtp) -> Mail {
    eventually("a mail at the server", || async { smtp.mails().into_iter().next() }).await
}
