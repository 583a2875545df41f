//! The one script: where it is, and that a browser runs no other.

use super::*;

/// The script of a page, if it has one.
fn script(page: &Answer) -> Option<&str> {
    let (before, rest) = page.body.split_once("<script")?;
    let (script, after) = rest.strip_prefix('>')?.split_once("</script>")?;
    assert!(!before.contains("javascript:") && !after.contains("<script"), "{}", page.body);
    Some(script)
}

#[tokio::test]
async fn every_field_for_a_secret_can_be_shown_in_the_readers_language() {
    let app = TestApp::new().await;
    app.member("bob").await;
    let (_, token) = app.invited(|_| ()).await;
    app.put(Changes { organizations: vec![organization("o1")], ..Changes::default() }).await;
    let mut browser = Browser { language: "de", ..Browser::new(&app) };
    let mut pages = Vec::new();
    for path in [path(&token), "/signin".to_owned(), "/pin?organization=o1".to_owned()] {
        pages.push(browser.get(&path).await);
    }
    browser.sign_in("bob", PASSWORD, "/me").await;
    pages.push(browser.get("/me").await);
    let labels = [
        vec!["Passwort"],
        vec!["Passwort"],
        vec!["PIN"],
        vec!["Bisheriges Passwort", "Neues Passwort"],
    ];
    for (page, labels) in pages.iter().zip(labels) {
        let secrets: Vec<_> = page.body.split(r#"type="password""#).skip(1).collect();
        assert_eq!(secrets.len(), labels.len(), "{}", page.body);
        for (secret, label) in secrets.into_iter().zip(labels) {
            let show = format!(r#"data-show="Anzeigen" data-show-name="Anzeigen: {label}""#);
            let of_field = secret.split('>').next().unwrap();
            assert!(of_field.contains(&show), "no {show} in {of_field}");
            // What is shown is not sent to a spelling checker.
            assert!(of_field.contains(r#"spellcheck="false""#), "{of_field}");
        }
        // The button is made by the script: without it nobody sees one that does nothing.
        assert!(!page.body.contains("aria-pressed=\""), "{}", page.body);
    }
}

#[tokio::test]
async fn a_browser_runs_the_script_of_a_page_and_no_other() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use sha2::{Digest as _, Sha256};

    let app = TestApp::new().await;
    app.member("bob").await;
    let token = app.invited_with_redirect("https://app.example/start").await;
    let mut browser = Browser::new(&app);
    let mut pages = vec![browser.get(&path(&token)).await, browser.get("/signin").await];
    browser.sign_in("bob", PASSWORD, "/me").await;
    pages.push(browser.get("/me").await);
    for page in &pages {
        let script = script(page).expect("a script");
        assert!(script.contains("data-show"), "{script}");
        let hash = STANDARD.encode(Sha256::digest(script));
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        let rules: Vec<_> = policy.split("; ").filter(|it| it.starts_with("script-src")).collect();
        assert_eq!(rules, [format!("script-src 'sha256-{hash}'")], "{policy}");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    for path in ["/accept?invitation=x", "/nowhere"] {
        assert_eq!(script(&browser.get(path).await), None, "{path}");
    }
    // What is no page of ours runs nothing.
    for path in ["/nowhere", "/v1/users", "/assets/usher.css"] {
        let policy = browser.get(path).await.headers[header::CONTENT_SECURITY_POLICY].clone();
        assert!(!policy.to_str().unwrap().contains("script"), "{path}");
    }
}
