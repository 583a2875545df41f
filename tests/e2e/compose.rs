//! docker-compose.yml, as `docker compose up` brings it: usher, PostgreSQL and a mail catcher.

use std::process::Command;

use reqwest::StatusCode;
use serde_json::{Value, json};
use usher_tests::{Browser, eventually, free_port};

/// The stack on ports of its own. Taken down, with all it kept, when dropped.
struct Stack {
    project: String,
    usher: u16,
    mail: u16,
}

impl Stack {
    fn up() -> Self {
        let image = std::env::var("USHER_TEST_IMAGE")
            .expect("run `cargo xtask test`, or set USHER_TEST_IMAGE to usher's image");
        let project = format!("usher-test-{}", std::process::id());
        let stack = Self { project, usher: free_port(), mail: free_port() };
        let status = stack.compose(&["up", "-d", "--no-build"]).env("USHER_IMAGE", image).status();
        assert!(status.unwrap().success(), "the stack does not come up");
        stack
    }

    fn compose(&self, arguments: &[&str]) -> Command {
        let plugin = Command::new("docker").args(["compose", "version"]).output();
        let mut command = if plugin.is_ok_and(|it| it.status.success()) {
            let mut command = Command::new("docker");
            command.arg("compose");
            command
        } else {
            Command::new("docker-compose")
        };
        command
            .args(arguments)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .env("COMPOSE_PROJECT_NAME", &self.project)
            .env("USHER_PORT", self.usher.to_string())
            .env("MAIL_PORT", self.mail.to_string());
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        let mut all = vec!["exec", "-T", "usher", "usher"];
        all.extend(arguments);
        let output = self.compose(&all).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.compose(&["logs", "--tail=100"]).status();
        }
        let _ = self.compose(&["down", "--volumes", "--timeout", "5"]).status();
    }
}

#[tokio::test]
async fn the_whole_story_runs_on_the_composed_stack() {
    let stack = Stack::up();
    let http = reqwest::Client::new();
    let (usher, mail) =
        (format!("http://localhost:{}", stack.usher), format!("http://localhost:{}", stack.mail));
    eventually("the stack is ready", || async {
        let answer = http.get(format!("{usher}/readyz")).send().await.ok()?;
        (answer.status() == StatusCode::OK).then_some(())
    })
    .await;

    let key: Value =
        serde_json::from_str(&stack.run(&["key", "create", "--authority", "ORG_ADMIN", "--json"]))
            .unwrap();
    let grant = json!({"grantType": "client_credentials", "clientId": key["id"], "clientSecret": key["secret"]});
    let token: Value = http
        .post(format!("{usher}/v1/oauth/token"))
        .json(&grant)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let answer = http
        .post(format!("{usher}/v1/userInvitations"))
        .bearer_auth(token["accessToken"].as_str().unwrap())
        .json(&json!({"invitedEmail": "juergen@münchen.de", "inviter": "The night team"}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let invitation: Value = answer.json().await.unwrap();
    let shown = invitation["invitationUri"].as_str().unwrap();

    let caught = eventually("the mail is caught", || async {
        let mails: Vec<Value> =
            http.get(format!("{mail}/email")).send().await.ok()?.json().await.ok()?;
        mails.into_iter().next()
    })
    .await;
    assert_eq!(caught["to"][0]["address"], "juergen@xn--mnchen-3ya.de");
    let text = caught["text"].as_str().unwrap();
    let link = text.split_whitespace().find(|it| it.contains("/accept?invitation=")).unwrap();
    assert_ne!(link, shown, "the link in the letter proves the mailbox");

    let browser = Browser::open().await;
    browser.page.goto(link).await.unwrap();
    browser.fill("name", "Jürgen").await;
    browser.fill("password", "seven llamas dance").await;
    browser.press("Accept").await;
    browser.arrives("/me").await;
    browser.sees(&["Jürgen"]).await;
    browser.close().await;
}
