//! Cells: deployments with databases of their own, which tenants are spread over.

use std::process::Output;

use reqwest::{Method, StatusCode};
use tempfile::TempDir;
use tokio::process::Command;
use usher_tests::{Database, Mail, Nodes, Smtp, eventually, run};

#[tokio::test]
async fn a_tenant_that_moves_to_another_cell_takes_its_links_keys_and_people_along() {
    let (from, to, smtp) = (Database::new().await, Database::new().await, Smtp::start().await);
    let nodes = Nodes::on(&from.url, &smtp).await;
    let old = nodes.start(&[]).await;
    let elsewhere = [("USHER_DATABASE__URL", to.url.as_str()), ("USHER_TENANT__NAME", "others")];
    let new = nodes.start(&elsewhere).await;
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
        let to = |it: &&Mail| it.header("To").is_some_and(|it| it.contains(name));
        let link = mails.iter().find(to).unwrap().link();
        let (_, path) = link.split_once("/accept").unwrap();
        format!("/accept{path}")
    };
    assert_eq!(
        old.accept(&format!("{}{}", old.url, link("ada")), "Ada").await,
        StatusCode::SEE_OTHER
    );

    let moved = move_tenant(&from.url, &to.url).await;
    assert!(moved.status.success(), "{}", stderr(&moved));
    assert_eq!(from.ask("SELECT count(*) FROM person").await, "0");
    let again = move_tenant(&from.url, &to.url).await;
    assert!(stderr(&again).contains("no tenant default in the first database"));

    new.invite(&token, "edsger@example.org").await;
    assert_eq!(
        new.accept(&format!("{}{}", new.url, link("grace")), "Grace").await,
        StatusCode::SEE_OTHER
    );
    let (status, listed) = new.call(Method::GET, "/v1/userInvitations", &token, None).await;
    // Those that are open: of edsger and of the administrator.
    let people = listed["userInvitations"].as_array().unwrap();
    assert_eq!((status, people.len()), (StatusCode::OK, 2), "{listed}");

    eventually("the old cell knows its key no more", || async {
        let (status, _) = old.call(Method::GET, "/v1/userInvitations", &token, None).await;
        (status == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
    let (status, _) = new.call(Method::GET, "/v1/userInvitations", &token, None).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_tenant_stays_where_it_is_if_it_cannot_move() {
    let (from, to, smtp) = (Database::new().await, Database::new().await, Smtp::start().await);
    let old = Nodes::on(&from.url, &smtp).await.start(&[]).await;
    let token = old.key("ORG_ADMIN").await;
    let refused = async |from: &str, to: &str, why: &str| {
        let refused = move_tenant(from, to).await;
        let said = stderr(&refused);
        assert!(refused.status.code() == Some(1) && said.contains(why), "{said}");
    };
    refused(&from.url, &to.url, "run `usher migrate` there first").await;
    let elsewhere = [("USHER_DATABASE__URL".to_owned(), to.url.clone())];
    let home = TempDir::new().unwrap();
    assert_eq!(run(home.path(), &elsewhere, &["migrate"], "").await.code, Some(0));

    // By another name of the same server.
    let port = from.address.rsplit_once(':').unwrap().1;
    refused(&from.url, &from.through(&format!("localhost:{port}")), "the same database").await;
    let set = format!("ALTER DATABASE {} SET default_transaction_read_only", to.name());
    to.administer(&format!("{set} = on")).await;
    refused(&from.url, &to.url, "nothing was moved").await;
    old.invite(&token, "ada@example.org").await;

    to.administer(&format!("{set} = off")).await;
    let moved = move_tenant(&from.url, &to.url).await;
    assert!(moved.status.success(), "{}", stderr(&moved));
    assert_eq!(to.ask("SELECT count(*) FROM invitation").await, "2");
    refused(&to.url, &to.url, "the same database").await;
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs the script that the documentation has for operators.
async fn move_tenant(from: &str, to: &str) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/move-tenant.sh");
    Command::new(script).args([from, to, "default"]).output().await.expect("sh runs")
}
