//! Letters that anybody can ask for: nobody uses up those of others, and nobody fills a mailbox; on
//! both stores.

use usher_application::Outbox as _;
use usher_domain::Lane;

use super::*;
use crate::testing::on_both_stores;

on_both_stores!(
    nobody_uses_up_the_resets_of_an_address_but_whoever_asks_for_them,
    whoever_confirms_an_address_uses_up_none_of_its_resets,
    however_many_accounts_a_mailbox_has_by_tags_the_letters_on_request_have_a_bound,
);

/// Somebody who is in, with a password, under this address.
async fn account(app: &TestApp, name: &str, address: &str, proven: bool) {
    let user = active(name);
    let proven_at = user.mailbox_proven_at.filter(|_| proven);
    let user = User { mailbox: Some(mailbox(address)), mailbox_proven_at: proven_at, ..user };
    app.put(Changes { users: vec![user], ..Changes::default() }).await;
}

/// How many letters wait to be mailed that were not told before.
async fn letters(app: &TestApp) -> usize {
    // Letters on request are due after up to 20 seconds.
    let (due, lease) = (app.usher.now() + TimeDelta::seconds(20), TimeDelta::days(9));
    app.store.claim(Lane::Letters, due, lease, 1_000).await.unwrap().len()
}

/// Asks for a link to choose another password for this address, time and again within five minutes,
/// and tells how many letters that had mailed.
async fn resets(app: &TestApp, address: &str) -> usize {
    letters(app).await;
    for _ in 0..5 {
        app.usher.access.reset_password.request("default", address).await.unwrap();
        app.clock.advance(TimeDelta::minutes(1));
    }
    letters(app).await
}

/// Signs in and asks for a link to confirm the address, in the same way.
async fn confirmations(app: &TestApp, name: &str) -> usize {
    letters(app).await;
    let mut browser = Browser::new(app);
    assert_eq!(location(&browser.sign_in(name, PASSWORD, "/me").await), "/me");
    for _ in 0..5 {
        let nonce = nonce(&browser.get("/me").await);
        browser.post("/me/confirm", &[("nonce", &nonce)]).await;
        app.clock.advance(TimeDelta::minutes(1));
    }
    letters(app).await
}

async fn nobody_uses_up_the_resets_of_an_address_but_whoever_asks_for_them(app: TestApp) {
    account(&app, "ada", "ada@example.org", true).await;
    account(&app, "news", "ada+news@example.org", true).await;
    account(&app, "eve", "ada+eve@example.org", false).await;
    for n in 0..5 {
        account(&app, &format!("e{n}"), &format!("ada+{n}@example.org"), false).await;
    }
    assert_eq!(confirmations(&app, "eve").await, 3);
    for n in 0..5 {
        resets(&app, &format!("ada+{n}@example.org")).await;
    }
    assert_eq!(resets(&app, "ada+4@example.org").await, 0, "all that there may be are used up");
    assert_eq!(resets(&app, "Ada@Example.org").await, 3);
    assert_eq!(resets(&app, "ada+news@example.org").await, 3);
    assert_eq!(resets(&app, "ada@example.org").await, 0, "by whoever asked for them");
}

async fn whoever_confirms_an_address_uses_up_none_of_its_resets(app: TestApp) {
    for (name, address) in [("ada", "ada@example.org"), ("bob", "bob+1@example.org")] {
        account(&app, name, address, false).await;
        assert_eq!(confirmations(&app, name).await, 3);
        assert_eq!(resets(&app, address).await, 3);
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!(resets(&app, address).await, 3);
        assert_eq!(confirmations(&app, name).await, 3);
    }
}

async fn however_many_accounts_a_mailbox_has_by_tags_the_letters_on_request_have_a_bound(
    app: TestApp,
) {
    for (name, proven) in [("ada", true), ("bob", false)] {
        let mut mailed = 0;
        for n in 0..8 {
            let (id, address) = (format!("{name}{n}"), format!("{name}+{n}@example.org"));
            account(&app, &id, &address, proven).await;
            mailed += resets(&app, &address).await;
        }
        assert_eq!(mailed, 10);
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!(resets(&app, &format!("{name}+7@example.org")).await, 3);
    }
}
