//! NUL, which PostgreSQL takes in no text, in whatever the pages are sent: it is a wrong entry, and no
//! failure of the store; on both stores.

use usher_domain::Purpose;

use super::*;
use crate::{pages::paths, testing::on_both_stores};

on_both_stores!(
    in_a_field_of_a_form_it_is_a_wrong_entry,
    in_a_parameter_of_an_address_it_leads_nowhere,
);

/// The value of an attribute in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0)
}

/// The forms of a page: where each goes, and its fields with what is in them.
fn forms(page: &Answer) -> Vec<(String, Vec<(String, String)>)> {
    let forms = page.body.split("<form").skip(1).map(|it| it.split("</form>").next().unwrap());
    let field = |tag: &str| {
        let given = attribute(tag, "value").filter(|it| !it.is_empty());
        Some((attribute(tag, "name")?.to_owned(), given.unwrap_or("ada@example.org").to_owned()))
    };
    let read = |form: &str| {
        let to = attribute(form, "action").unwrap();
        let to = to.strip_prefix("http://usher.test").unwrap_or(to).to_owned();
        let tags = form.split('<').filter(|it| it.starts_with("input") || it.starts_with("button"));
        let mut fields: Vec<(String, String)> = tags.filter_map(field).collect();
        // Of several buttons one is pressed.
        fields.dedup_by(|a, b| a.0 == b.0);
        (to, fields)
    };
    forms.map(read).collect()
}

/// Panics if something was logged that tells the operator of a failure.
#[track_caller]
fn assert_nothing_failed(log: &Log, answer: &Answer, about: &str) {
    assert!(!answer.status.is_server_error(), "{about}: {} {}", answer.status, answer.body);
    let text = log.text();
    let failed: Vec<_> = text.lines().filter(|it| it.contains("ERROR")).collect();
    assert_eq!(failed, Vec::<&str>::new(), "{about}");
}

/// The addresses of all pages that have a form, for Ada, whose mailbox is not proven.
async fn pages(app: &TestApp) -> Vec<String> {
    let ada = app.member("ada").await;
    let unproven = User { mailbox_proven_at: None, ..ada.touched(app.usher.now()) };
    app.put(Changes { users: vec![unproven], ..Changes::default() }).await;
    let (_, invitation) = app
        .invited_to_o1(|it| {
            it.who = Invitee::Mailbox { mailbox: mailbox("new@example.org"), name: None };
        })
        .await;
    app.usher.access.reset_password.request("default", "ada@example.org").await.unwrap();
    let mut browser = Browser::new(app);
    browser.sign_in("ada", PASSWORD, "/me").await;
    let nonce = nonce(&browser.get("/me").await);
    browser.post("/me/confirm", &[("nonce", &nonce)]).await;
    let confirmation = super::account::token(app, "ada", Purpose::Confirmation).await;
    let reset = super::account::token(app, "ada", Purpose::Reset).await;
    vec![
        path(&invitation),
        "/signin".to_owned(),
        "/pin".to_owned(),
        "/pin?organization=o1".to_owned(),
        "/forgot".to_owned(),
        format!("/confirm?token={confirmation}"),
        "/me".to_owned(),
        format!("/reset?token={reset}"),
    ]
}

async fn in_a_field_of_a_form_it_is_a_wrong_entry(app: TestApp) {
    let (pages, log) = (pages(&app).await, Log::default());
    let _recording = log.record();
    let mut sent = Vec::new();
    for page in pages {
        let is_of_account = page.starts_with("/me") || page.starts_with("/confirm");
        let mut browser = Browser::new(&app);
        if is_of_account {
            browser.sign_in("ada", PASSWORD, "/me").await;
        }
        let (session, shown) = (browser.cookie.clone(), browser.get(&page).await);
        assert_eq!(shown.status, StatusCode::OK, "{page}: {}", shown.body);
        for (to, fields) in forms(&shown) {
            for (at, (name, _)) in fields.iter().enumerate() {
                for with_nul in ["\0", "ada\0@example.org", "o1\0"] {
                    let mut fields = fields.clone();
                    with_nul.clone_into(&mut fields[at].1);
                    let fields: Vec<_> = fields.iter().map(|(k, v)| (&**k, &**v)).collect();
                    browser.cookie.clone_from(&session);
                    let answer = browser.post(&to, &fields).await;
                    assert_nothing_failed(&log, &answer, &format!("{name} of {to} on {page}"));
                }
            }
            sent.push(to);
        }
    }
    // Links to choose another password are decided on after the answer.
    tokio::task::yield_now().await;
    for form in paths::ALL.iter().filter(|it| ![paths::ROOT, paths::ME].contains(it)) {
        assert!(sent.iter().any(|it| it == form), "no form of these pages goes to {form}");
    }
}

async fn in_a_parameter_of_an_address_it_leads_nowhere(app: TestApp) {
    let (_, log) = (pages(&app).await, Log::default());
    let _recording = log.record();
    let (mut stranger, mut ada) = (Browser::new(&app), Browser::new(&app));
    ada.sign_in("ada", PASSWORD, "/me").await;
    for page in paths::ALL {
        for name in ["tenant", "organization", "next", "invitation", "token", "other"] {
            for with_nul in ["%00", "o1%00", "default%00"] {
                let address = format!("{page}?{name}={with_nul}");
                for browser in [&mut stranger, &mut ada] {
                    let answer = browser.get(&address).await;
                    assert_nothing_failed(&log, &answer, &address);
                }
            }
        }
    }
}
