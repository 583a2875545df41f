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
    use usher_application::Policy;

    use super::*;

    /// Sends half a form to a site, with what a browser says of where it comes from. Whoever is let in is
    /// told that the form is not complete.
    async fn is_taken(url: &str, host: &str, origins: &[&str], fetched: Option<&str>) -> bool {
        let app = TestApp::new().await.with_policy(|_| Policy::at(url));
        let mut request = Request::post("/accept")
            .header(header::HOST, host)
            .header(header::ACCEPT, HTML)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for origin in origins {
            request = request.header(header::ORIGIN, *origin);
        }
        if let Some(fetched) = fetched {
            request = request.header("sec-fetch-site", fetched);
        }
        let answer = app.send(request.body(Body::from("invitation=x")).unwrap()).await;
        let is_foreign = answer.body.contains("This form came from somewhere else");
        let status =
            if is_foreign { StatusCode::FORBIDDEN } else { StatusCode::UNPROCESSABLE_ENTITY };
        assert_eq!(answer.status, status, "{}", answer.body);
        !is_foreign
    }

    #[tokio::test]
    async fn is_known_by_each_header_that_browsers_send() {
        let ours = "https://usher.test";
        for (origins, fetched, expected) in [
            // A program.
            (&[][..], None, true),
            (&[ours][..], None, true),
            (&[ours], Some("same-origin"), true),
            (&[ours], Some("none"), true),
            (&[], Some("same-origin"), true),
            (&[], Some("none"), true),
            (&[], Some("same-site"), false),
            (&[], Some("cross-site"), false),
            (&[], Some(""), false),
            (&[], Some("Same-Origin"), false),
            (&[ours], Some("same-site"), false),
            (&[ours], Some("cross-site"), false),
            (&["http://usher.test"], None, false),
            (&["http://usher.test"], Some("same-origin"), false),
            (&["https://usher.test:444"], None, false),
            (&["https://usher.test/"], None, false),
            (&["https://usher.test.evil.example"], None, false),
            (&["https://sub.usher.test"], None, false),
            (&["https://evil.example"], Some("same-origin"), false),
            (&["https://evil.example"], Some("none"), false),
            (&["null"], Some("same-origin"), false),
            (&[""], None, false),
            (&[ours, "https://evil.example"], None, false),
        ] {
            let taken = is_taken(ours, "usher.test", origins, fetched).await;
            assert_eq!(taken, expected, "{origins:?} {fetched:?}");
        }
    }

    /// What counts is the address at which people reach the site, whatever host a request names.
    #[tokio::test]
    async fn is_not_known_by_the_host() {
        for (url, host, origin, expected) in [
            ("https://usher.test", "10.0.0.5:8080", "https://usher.test", true),
            ("https://usher.test/invite", "usher.test", "https://usher.test", true),
            ("https://usher.test:8443", "usher.test:8443", "https://usher.test:8443", true),
            ("https://usher.test:8443", "usher.test", "https://usher.test", false),
            ("https://usher.test", "evil.example", "https://evil.example", false),
            ("http://usher.test", "evil.example", "http://evil.example", false),
            ("https://usher.test", "localhost:8080", "http://localhost:8080", false),
            ("http://usher.test", "localhost:8080", "http://localhost:8080", false),
        ] {
            assert_eq!(is_taken(url, host, &[origin], None).await, expected, "{url} {host}");
        }
    }

    /// Who tries usher on their machine opens it by any name of the machine, and by a port that leads to
    /// it from elsewhere.
    #[tokio::test]
    async fn is_told_from_one_of_this_machine_by_the_host_as_well() {
        let url = "http://localhost:8080";
        for (host, origin, expected) in [
            ("localhost:8080", "http://localhost:8080", true),
            ("127.0.0.1:8080", "http://127.0.0.1:8080", true),
            ("[::1]:8080", "http://[::1]:8080", true),
            ("localhost:9000", "http://localhost:9000", true),
            ("localhost", "http://localhost", true),
            ("localhost:8080", "http://localhost:3000", false),
            ("localhost:8080", "http://localhost", false),
            ("127.0.0.1:8080", "http://127.0.0.2:8080", false),
            ("127.0.0.1:8080", "https://127.0.0.1:8080", false),
            ("rebound.example:8080", "http://rebound.example:8080", false),
            ("localhost.evil.example", "http://localhost.evil.example", false),
        ] {
            assert_eq!(is_taken(url, host, &[origin], None).await, expected, "{host} {origin}");
        }
    }

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
    use usher_application::Policy;

    use super::*;

    #[tokio::test]
    async fn links_within_itself_and_needs_no_secure_cookie_on_this_machine() {
        let app = TestApp::new().await;
        app.member("ada").await;
        let app = app.with_policy(|_| Policy::at("http://localhost:8080/invite/"));
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
