//! The choice of a page's language, and the completeness of the texts.

use std::{fs, path::Path};

use super::*;

#[tokio::test]
async fn is_the_invitations_then_the_browsers_then_the_tenants() {
    let app = TestApp::new().await;
    let (_, token) = app.invited(|it| it.locale = Locale::parse("de-AT").ok()).await;
    let mut browser = Browser::new(&app);
    browser.language = "en";
    let texts = [r#"<html lang="de" dir="ltr">"#, "The night team lädt Sie ein: Acme"];
    assert_says(&browser.get(&path(&token)).await, StatusCode::OK, &texts);
    let expected = ["Fehler: ", "Nehmen Sie mindestens 15 Zeichen"];
    let page = browser.accept(&token, "Ada", "kurz").await;
    assert_says(&page, StatusCode::UNPROCESSABLE_ENTITY, &expected);

    for (asked, expected) in [
        ("fr, de;q=0.8, en;q=0.5", "Anmelden"),
        ("de;q=0.1, en", "Sign in"),
        ("de;q=0, en;q=0.1", "Sign in"),
        ("de-CH", "Anmelden"),
        ("fr", "Sign in"),
        ("de;q=x, ;;,*", "Sign in"),
        ("", "Sign in"),
    ] {
        browser.language = asked;
        let page = browser.get("/signin").await;
        assert_says(&page, StatusCode::OK, &[&format!("<h1>{expected}</h1>")]);
    }
    let german = Tenant {
        id: TenantId(uuid::Uuid::from_u128(0xde)),
        name: "de".to_owned(),
        locale: Locale::parse("de").unwrap(),
        ..tenant()
    };
    app.put(Changes { tenants: vec![german], ..Changes::default() }).await;
    browser.language = "";
    let page = browser.get("/signin?tenant=de").await;
    assert_says(&page, StatusCode::OK, &["<h1>Anmelden</h1>"]);
}

/// The messages of a file, with the variables that each needs.
fn messages(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut all = Vec::new();
    for line in text.lines().filter(|it| !it.starts_with('#')) {
        let variables = line
            .match_indices("{ $")
            .map(|(at, _)| line[at + 3..].split([' ', '}']).next().unwrap());
        match line.split_once(" = ").filter(|(id, _)| !id.starts_with(' ')) {
            Some((id, _)) => all.push((id, variables.collect())),
            None => {
                if let Some((_, needed)) = all.last_mut() {
                    Vec::extend(needed, variables);
                }
            }
        }
    }
    for (_, needed) in &mut all {
        needed.sort_unstable();
        needed.dedup();
    }
    all
}

#[test]
fn has_each_message_with_the_same_variables() {
    let english = messages(include_str!("../../../locales/en/pages.ftl"));
    assert!(english.len() > 50);
    assert_eq!(english, messages(include_str!("../../../locales/de/pages.ftl")));
    let english = messages(include_str!("../../../locales/en/api.ftl"));
    assert!(english.len() > 15);
    assert_eq!(english, messages(include_str!("../../../locales/de/api.ftl")));
}

#[test]
fn has_a_text_for_each_name_that_the_code_uses() {
    let english = messages(include_str!("../../../locales/en/pages.ftl"));
    let folder = |it| Path::new(env!("CARGO_MANIFEST_DIR")).join(it);
    let files = ["src/pages", "templates"].map(|it| fs::read_dir(folder(it)).unwrap());
    let paths = files.into_iter().flatten().map(|it| it.unwrap().path());
    let sources: Vec<_> = paths
        .filter(|it| it.is_file())
        .map(|it| fs::read_to_string(it).unwrap())
        .chain([include_str!("../../locale.rs").to_owned()])
        .collect();
    assert!(sources.len() > 20);
    for source in sources {
        for verb in [".text(\"", ".text_with(\""] {
            for (at, _) in source.match_indices(verb) {
                let id = source[at + verb.len()..].split('"').next().unwrap();
                assert!(english.iter().any(|(it, _)| *it == id), "{id}");
            }
        }
    }
}
