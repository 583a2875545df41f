//! What an invitee sees and does, in a real browser.

use reqwest::Method;
use thirtyfour::prelude::*;
use usher_tests::{Browser, Server, wait_for_folder};

const PASSWORD: &str = "seven llamas dance";

#[tokio::test]
async fn an_invitee_reads_the_mail_accepts_signs_out_and_in_again() {
    let server = Server::start(&[("USHER_TENANT__DISPLAY_NAME", "Acme Observatory")]).await;
    let organizations = r#"{"id":"night","name":"Night team"}"#;
    let imported = server.run_with(&["import", "organizations", "-"], organizations).await;
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    let invited = server
        .run(&[
            "invite",
            "ada@example.org",
            "--organization",
            "night",
            "--role",
            "Editor",
            "--message",
            "We keep the schedule here.\nGlad to have you.",
        ])
        .await;
    assert_eq!(invited.code, Some(0), "{}", invited.stderr);
    let mails = server.home.path().join("usher-data/mail");
    let mail = wait_for_folder(&mails, "ada@example.org").await;

    let browser = Browser::open().await;
    browser.page.goto(mail.link()).await.unwrap();
    browser.sees(&["Night team", "ada@example.org", "Editor", "Glad to have you."]).await;
    browser.picture("accept").await;

    browser.fill("name", "Ada Lovelace").await;
    browser.fill("password", "correcthorsebatterystaple").await;
    browser.press("Accept").await;
    browser.sees(&["most common"]).await;
    browser.picture("accept-error").await;
    browser.fill("password", PASSWORD).await;
    browser.press("Accept").await;

    browser.arrives("/me").await;
    browser.sees(&["Ada Lovelace", "Night team", "Editor"]).await;
    browser.picture("me").await;

    browser.press("Sign out").await;
    browser.page.goto(format!("{}/me", server.url)).await.unwrap();
    browser.arrives("/signin").await;
    browser.picture("signin").await;
    browser.fill("name", "ADA@example.org").await;
    browser.fill("password", "not the password").await;
    browser.press("Sign in").await;
    browser.sees(&["do not belong together"]).await;
    browser.fill("name", "ADA@example.org").await;
    browser.fill("password", PASSWORD).await;
    browser.press("Sign in").await;
    browser.arrives("/me").await;

    browser.page.goto(mail.link()).await.unwrap();
    browser.sees(&["accepted"]).await;
    browser.picture("used").await;
    browser.close().await;
}

#[tokio::test]
async fn someone_signed_in_as_another_person_is_told_so() {
    let server = Server::start(&[]).await;
    let token = server.key("ORG_ADMIN").await;
    let ada = server.invite(&token, "ada@example.org").await;
    let bob = server.invite(&token, "bob@example.org").await;
    let browser = Browser::open().await;
    browser.page.goto(ada["invitationUri"].as_str().unwrap()).await.unwrap();
    browser.fill("name", "Ada").await;
    browser.fill("password", PASSWORD).await;
    browser.press("Accept").await;
    browser.arrives("/me").await;

    browser.page.goto(bob["invitationUri"].as_str().unwrap()).await.unwrap();
    let text = browser.sees(&["bob@example.org", "Ada"]).await;
    assert!(!text.contains("Accept and join"), "{text}");
    browser.picture("someone-else").await;
    browser.close().await;
}

#[tokio::test]
async fn each_dead_link_has_a_page_that_says_what_to_do() {
    let server = Server::start(&[("USHER_INVITATIONS__LIFETIME_MIN", "1s")]).await;
    let token = server.key("ORG_ADMIN").await;
    let browser = Browser::open().await;

    let revoked = server.invite(&token, "ada@example.org").await;
    let path = format!("/v1/{}", revoked["name"].as_str().unwrap());
    server.call(Method::DELETE, &path, &token, None).await;
    browser.page.goto(revoked["invitationUri"].as_str().unwrap()).await.unwrap();
    browser.sees(&["The night team"]).await;
    browser.picture("revoked").await;

    let body = serde_json::json!({"invitedEmail": "bob@example.org", "inviter": "The night team", "ttl": "1s"});
    let (_, expired) = server.call(Method::POST, "/v1/userInvitations", &token, Some(body)).await;
    usher_tests::eventually("the invitation expires", || async {
        let answer = server.http.get(expired["invitationUri"].as_str()?).send().await.ok()?;
        (answer.status() == 410).then_some(())
    })
    .await;
    browser.page.goto(expired["invitationUri"].as_str().unwrap()).await.unwrap();
    browser.sees(&["The night team"]).await;
    browser.picture("expired").await;

    browser
        .page
        .goto(format!("{}/accept?invitation={}", server.url, "A".repeat(64)))
        .await
        .unwrap();
    let text = browser.sees(&["link"]).await;
    assert!(!text.contains("The night team"), "an unknown link says nothing: {text}");
    browser.picture("unknown").await;

    let declined = server.invite(&token, "dora@example.org").await;
    browser.page.goto(declined["invitationUri"].as_str().unwrap()).await.unwrap();
    browser.press("Decline").await;
    browser.sees(&["eclined"]).await;
    browser.picture("declined").await;
    let path = format!("/v1/{}", declined["name"].as_str().unwrap());
    let (status, _) = server.call(Method::GET, &path, &token, None).await;
    assert_eq!(status, 404, "declined invitations are gone from the API");
    browser.close().await;
}

#[tokio::test]
async fn passwords_are_shown_by_a_button_and_without_a_script_everything_works() {
    let server = Server::start(&[]).await;
    let token = server.key("ORG_ADMIN").await;
    let invited = server.invite(&token, "ada@example.org").await;
    let link = invited["invitationUri"].as_str().unwrap();

    let browser = Browser::open().await;
    browser.page.goto(link).await.unwrap();
    let state = async || {
        let field = browser.page.find(By::Name("password")).await.unwrap();
        let button = browser.page.find(By::Css("button[aria-controls=password]")).await.unwrap();
        (
            field.attr("type").await.unwrap().unwrap(),
            button.attr("aria-pressed").await.unwrap().unwrap(),
            button.attr("aria-label").await.unwrap().unwrap(),
        )
    };
    let expected = |kind: &str, pressed: &str| {
        (kind.to_owned(), pressed.to_owned(), "Show: Password".to_owned())
    };
    assert_eq!(state().await, expected("password", "false"));
    browser.fill("password", PASSWORD).await;
    browser.press("Show").await;
    assert_eq!(state().await, expected("text", "true"));
    let typed = browser.page.find(By::Name("password")).await.unwrap().value().await.unwrap();
    assert_eq!(typed.as_deref(), Some(PASSWORD));
    browser.picture("password-shown").await;
    browser.press("Show").await;
    assert_eq!(state().await, expected("password", "false"));
    // It sends nothing, and what is shown is sent as what is hidden.
    browser.press("Show").await;
    browser.fill("name", "Ada").await;
    browser.press("Accept").await;
    browser.arrives("/me").await;
    browser.sees(&["Chrome on Linux", "this browser"]).await;
    let shown = browser.page.find_all(By::Css("button[aria-pressed]")).await.unwrap();
    assert_eq!(shown.len(), 2, "the password until now, and the new one");
    browser.picture("me-sessions").await;
    browser.close().await;

    let browser = Browser::without_scripts().await;
    browser.page.goto(format!("{}/signin", server.url)).await.unwrap();
    assert_eq!(browser.page.find_all(By::Css("button[aria-pressed]")).await.unwrap().len(), 0);
    browser.picture("signin-without-scripts").await;
    browser.fill("name", "ada@example.org").await;
    browser.fill("password", PASSWORD).await;
    browser.press("Sign in").await;
    browser.arrives("/me").await;
    browser.close().await;
}
