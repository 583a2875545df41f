//! What holds for every page: headers, assets, the base path and links.

use super::*;

mod everything {
    use super::*;

    #[tokio::test]
    async fn pages_have_security_headers() {
        let app = TestApp::new().await;
        let mut browser = Browser::new(&app);
        for path in ["/signin", "/accept?invitation=x", "/me", "/nowhere", "/healthz"] {
            let headers = browser.get(path).await.headers;
            assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
            assert_eq!(headers["x-frame-options"], "DENY", "{path}");
            assert_eq!(headers["x-robots-tag"], "noindex", "{path}");
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; style-src 'self'; "), "{path}");
            assert!(headers.contains_key("referrer-policy"), "{path}");
            assert!(headers.contains_key("x-request-id"), "{path}");
        }
        for path in ["/signin", "/accept?invitation=x", "/me"] {
            let headers = browser.get(path).await.headers;
            assert_eq!(headers[header::CACHE_CONTROL], "no-store", "{path}");
            assert_eq!(headers[header::REFERRER_POLICY], "same-origin", "{path}");
        }
    }

    #[tokio::test]
    async fn links_the_sheet_and_serves_it() {
        let app = TestApp::new().await;
        let mut browser = Browser::new(&app);
        let page = browser.get("/signin").await;
        let (_, rest) = page.body.split_once(r#"rel="stylesheet" href=""#).unwrap();
        let sheet = browser.get(rest.split_once('"').unwrap().0).await;
        assert_says(&sheet, StatusCode::OK, &[".card"]);
        assert_eq!(sheet.headers[header::CONTENT_TYPE], "text/css; charset=utf-8");
        assert!(sheet.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        assert_eq!(browser.get("/favicon.ico").await.status, StatusCode::OK);
        let robots = browser.get("/robots.txt").await;
        assert_says(&robots, StatusCode::OK, &["Disallow: /"]);
    }
}

mod a_form_from_another_site {
    use super::*;

    /// The nonces of the forms that somebody sees who is not signed in are good in every browser: what
    /// keeps another site from sending such a form is that browsers say where it comes from.
    #[tokio::test]
    async fn is_not_taken_even_with_a_nonce_that_is_good() {
        let app = TestApp::new().await;
        app.member("ada").await;
        for path in ["/signin", "/pin", "/forgot"] {
            let nonce = nonce(&Browser::new(&app).get(path).await);
            let fields = [("name", "ada"), ("password", PASSWORD), ("nonce", &nonce)];
            let form =
                form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            for (name, value) in [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
                ("origin", "https://evil.example"),
                ("origin", "http://sub.usher.test"),
                ("origin", "null"),
            ] {
                let request = Request::post(path)
                    .header(header::HOST, "usher.test")
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .header(name, value)
                    .body(Body::from(form.clone()))
                    .unwrap();
                let answer = app.send(request).await;
                let texts = ["This form came from somewhere else"];
                assert_says(&answer, StatusCode::FORBIDDEN, &texts);
                assert_eq!(answer.headers.get(header::SET_COOKIE), None, "{path} {name}: {value}");
            }
        }
    }
}

mod a_redirect {
    use super::*;
    use crate::pages::paths;

    /// What somebody writes who wants a browser to go elsewhere, or to take a header of theirs.
    const ELSEWHERE: [&str; 14] = [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/%2fevil.example",
        "%2f%2fevil.example",
        "/%5cevil.example",
        "@evil.example",
        "/accept/../..//evil.example",
        "/me\r\nSet-Cookie: usher_session=evil",
    ];

    #[track_caller]
    fn leads_to_a_page_of_ours(answer: &Answer, evil: &str) {
        let to = location(answer);
        let page = to.split('?').next().unwrap();
        assert!(paths::ALL.contains(&page) && !to.contains("//"), "{evil:?} leads to {to}");
        for it in answer.headers.get_all(header::SET_COOKIE) {
            let it = it.to_str().unwrap();
            let (pair, attributes) = it.split_once("; ").unwrap();
            assert!(pair.starts_with("__Host-usher_") && !pair.contains("evil"), "{it}");
            let fits = |it: &str| ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"].contains(&it);
            let others: Vec<_> = attributes.split("; ").filter(|it| !fits(it)).collect();
            assert_eq!(attributes.split("; ").count(), 5, "{it}");
            assert!(matches!(others[..], [age] if age.starts_with("Max-Age=")), "{it}");
        }
    }

    #[tokio::test]
    async fn leads_to_a_page_of_ours_whatever_is_asked_for_and_sets_no_cookie_but_ours() {
        let app = TestApp::new().await;
        app.member("ada").await;
        for evil in ELSEWHERE {
            let query = form_urlencoded::byte_serialize(evil.as_bytes()).collect::<String>();
            let mut browser = Browser::new(&app);
            // Whoever is not signed in is sent to the form, with what the link said.
            for path in ["/me", "/confirm?token={}", "/confirm?token=x&tenant={}"] {
                let answer = browser.get(&path.replace("{}", &query)).await;
                leads_to_a_page_of_ours(&answer, evil);
            }
            leads_to_a_page_of_ours(&browser.sign_in("ada", PASSWORD, evil).await, evil);
            leads_to_a_page_of_ours(&browser.get(&format!("/signin?next={query}")).await, evil);
            leads_to_a_page_of_ours(&browser.get(&format!("/?next={query}")).await, evil);
            let nonce = nonce(&browser.get("/me").await);
            let fields = [("nonce", &*nonce), ("next", evil)];
            leads_to_a_page_of_ours(&browser.post("/signout", &fields).await, evil);
        }
    }
}

mod a_site_below_a_path {
    use usher_application::{Policy, Usher, testing::keyring};

    use super::*;
    use crate::{options::Options, routes::router, testing::ready};

    #[tokio::test]
    async fn links_within_itself_and_needs_no_secure_cookie_on_this_machine() {
        let app = TestApp::new().await;
        app.member("ada").await;
        let policy = Policy::at("http://localhost:8080/invite/");
        let usher = Usher::new(&app.ports, &keyring(), &policy);
        let router = router(std::sync::Arc::new(usher), ready(), Options::default());
        let app = TestApp { app: router, ..app };
        let mut browser = Browser::new(&app);
        let page = browser.get("/signin").await;
        let texts = [r#"href="/invite/assets/usher.css?v="#, r#"action="/invite/signin""#];
        assert_says(&page, StatusCode::OK, &texts);
        let answer = browser.sign_in("ada", PASSWORD, "").await;
        assert_eq!(location(&answer), "/invite/me");
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.starts_with("usher_session="), "{cookie}");
        assert!(cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"), "{cookie}");
    }
}

mod a_link_in_a_letter {
    use super::*;

    #[tokio::test]
    async fn leads_to_a_page() {
        let app = TestApp::new().await;
        let (invitation, _) = app.invited(|_| ()).await;
        let links = &app.usher.links;
        let handed_over = app.usher.invitations.hand_over.run(&app.system(), &[invitation]).await;
        let urls = [
            handed_over.unwrap().remove(0).unwrap().uri,
            links.sign_in(&tenant()),
            links.pin(&tenant(), &organization("o1")),
        ];
        for url in urls {
            let path = url.strip_prefix(&app.usher.policy.public_url).unwrap();
            assert_eq!(Browser::new(&app).get(path).await.status, StatusCode::OK, "{path}");
        }
    }
}
