//! Cells: deployments with databases of their own, which tenants are spread over.

use std::process::Output;

use reqwest::{Method, StatusCode};
use tokio::process::Command;
use usher_tests::{Database, Server, Smtp, eventually};

use crate::nodes::{borrowed, home, shared};

#[tokio::test]
async fn a_tenant_that_moves_to_another_cell_takes_its_links_keys_and_people_along() {
    let (from, to, smtp) = (Database::new().await, Database::new().await, Smtp::start().await);
    let settings = shared(&from, &smtp).await;
    let mut elsewhere = settings.clone();
    elsewhere[0].1.clone_from(&to.url);
    elsewhere.push(("USHER_TENANT__NAME".to_owned(), "others".to_owned()));
    let old = Server::start_in(home(), &borrowed(&settings), &[]).await;
    let new = Server::start_in(home(), &borrowed(&elsewhere), &[]).await;
    let token = old.key("ORG_ADMIN").await;
    for name in ["ada", "grace"] {
        old.invite(&token, &format!("{name}@example.org")).await;
    }
    let mails = eventually("both mails", || async {
        let mails = smtp.mails();
        (mails.len() == 2).then_some(mails)
    })
    .await;
    let link = |name: &str| {
        let to = |it: &&usher_tests::Mail| it.header("To").is_some_and(|it| it.contains(name));
        let link = mails.iter().find(to).unwrap().link();
        let (_, path) = link.split_once("/accept").unwrap();
        format!("/accept{path}")
    };
    assert_eq!(
        old.accept(&format!("{}{}", old.url, link("ada")), "Ada").await,
        StatusCode::SEE_OTHER
    );

    let moved = script("copy", &from, &to).await;
    assert!(moved.status.success(), "{}", String::from_utf8_lossy(&moved.stderr));
    let again = script("copy", &from, &to).await;
    assert!(String::from_utf8_lossy(&again.stderr).contains("has a tenant default already"));

    // What it does where it went is no reason to keep it where it was.
    new.invite(&token, "edsger@example.org").await;
    assert_eq!(
        new.accept(&format!("{}{}", new.url, link("grace")), "Grace").await,
        StatusCode::SEE_OTHER
    );
    let (status, listed) = new.call(Method::GET, "/v1/userInvitations", &token, None).await;
    // Those that are open: of edsger and of the administrator.
    let people = listed["userInvitations"].as_array().unwrap();
    assert_eq!((status, people.len()), (StatusCode::OK, 2), "{listed}");

    let removed = script("remove", &from, &to).await;
    assert!(removed.status.success(), "{}", String::from_utf8_lossy(&removed.stderr));
    assert_eq!(from.ask("SELECT count(*) FROM person").await, "0");
    eventually("the old cell knows its key no more", || async {
        let (status, _) = old.call(Method::GET, "/v1/userInvitations", &token, None).await;
        (status == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
    let (status, _) = new.call(Method::GET, "/v1/userInvitations", &token, None).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_tenant_is_not_removed_before_it_is_elsewhere() {
    let (from, to, smtp) = (Database::new().await, Database::new().await, Smtp::start().await);
    let settings = shared(&from, &smtp).await;
    let mut elsewhere = settings.clone();
    elsewhere[0].1.clone_from(&to.url);
    elsewhere.push(("USHER_TENANT__NAME".to_owned(), "others".to_owned()));
    let old = Server::start_in(home(), &borrowed(&settings), &[]).await;
    let _new = Server::start_in(home(), &borrowed(&elsewhere), &[]).await;
    let token = old.key("ORG_ADMIN").await;
    let refused = script("remove", &from, &to).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("nothing was removed"), "{said}");
    old.invite(&token, "ada@example.org").await;
}

/// The script that the documentation has for operators.
async fn script(step: &str, from: &Database, to: &Database) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/move-tenant.sh");
    let arguments = [step, &from.url, &to.url, "default"];
    Command::new(script).args(arguments).output().await.expect("sh runs")
}
