use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use chrono::TimeDelta;
use url::form_urlencoded;
use usher_application::{
    Changes, Invite, Invitee, InviterRef, Ledger as _,
    testing::{active, mailbox, membership, organization, tenant},
};
use usher_domain::{
    Authority, Invitation, Locale, Membership, RedirectRule, ResendPolicy, Tenant, TenantId, User,
    UserStatus,
};

use crate::testing::{Answer, TestApp};

const PASSWORD: &str = "seven llamas dance";
const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// A browser: it keeps its cookie and follows no redirect.
struct Browser<'a> {
    world: &'a TestApp,
    cookie: Option<String>,
    language: &'static str,
}

impl<'a> Browser<'a> {
    fn new(world: &'a TestApp) -> Self {
        Self { world, cookie: None, language: "" }
    }

    async fn ask(&mut self, method: Method, path: &str, form: Option<String>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "usher.test")
            .header(header::ACCEPT, HTML)
            .header(header::ACCEPT_LANGUAGE, self.language);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if form.is_some() {
            request = request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::ORIGIN, "http://usher.test");
        }
        let body = form.map_or_else(Body::empty, Body::from);
        let answer = self.world.send(request.body(body).unwrap()).await;
        if let Some(cookie) = answer.headers.get(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(pair.to_owned()).filter(|it| !it.ends_with('='));
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask(Method::POST, path, Some(form)).await
    }

    /// Opens the link and sends its form.
    async fn accept(&mut self, token: &str, name: &str, password: &str) -> Answer {
        self.reply(token, "accept", &[("name", name), ("password", password)]).await
    }

    async fn reply(&mut self, token: &str, answer: &str, more: &[(&str, &str)]) -> Answer {
        let page = self.get(&path(token)).await;
        let nonce = nonce(&page);
        let fields = [("invitation", token), ("nonce", &nonce), ("answer", answer)];
        self.post("/accept", &[&fields, more].concat()).await
    }

    async fn sign_in(&mut self, name: &str, password: &str, next: &str) -> Answer {
        let page = self.get("/signin").await;
        let nonce = nonce(&page);
        let fields = [("name", name), ("password", password), ("nonce", &nonce), ("next", next)];
        self.post("/signin", &fields).await
    }
}

fn path(token: &str) -> String {
    format!("/accept?invitation={token}")
}

fn nonce(page: &Answer) -> String {
    let (_, rest) = page.body.split_once(r#"name="nonce" value=""#).expect("a form with a nonce");
    rest.split_once('"').unwrap().0.to_owned()
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.headers[header::LOCATION].to_str().unwrap()
}

#[track_caller]
fn assert_says(answer: &Answer, status: StatusCode, texts: &[&str]) {
    assert_eq!(answer.status, status, "{}", answer.body);
    for text in texts {
        assert!(answer.body.contains(text), "no {text:?} in {}", answer.body);
    }
}

impl TestApp {
    async fn put(&self, changes: Changes) {
        self.store.commit(&changes).await.unwrap();
    }

    /// Someone who is in, with [`PASSWORD`].
    async fn member(&self, name: &str) -> User {
        let password = Some(format!("$argon2id$plain${PASSWORD}"));
        let user = User { password, ..active(name) };
        self.put(Changes { users: vec![user.clone()], ..Changes::default() }).await;
        user
    }

    /// An invitation for `ada@example.org`, as `change` has it, and its token.
    async fn invited(&self, change: impl FnOnce(&mut Invite)) -> (Invitation, String) {
        let who = Invitee::Mailbox { mailbox: mailbox("ada@example.org"), name: None };
        let mut invite = Invite {
            inviter: Some(InviterRef::Name("The night team".to_owned())),
            ..Invite::new(who)
        };
        change(&mut invite);
        let outcomes = self.usher.invite.run(&self.system(), &[invite]).await.unwrap();
        let invitation = outcomes.into_iter().next().unwrap().unwrap();
        let token = self.usher.links.token(&invitation);
        (invitation, token)
    }

    /// The token of an invitation that leads there, as one may have been written before there were
    /// rules.
    async fn led(&self, there: &str) -> String {
        let (invitation, token) = self.invited(|_| ()).await;
        let mut changed = invitation.touched(invitation.creator.clone(), invitation.issued_at);
        changed.offer.redirect = Some(there.to_owned());
        self.put(Changes { invitations: vec![changed], ..Changes::default() }).await;
        token
    }

    /// An invitation into the organization `o1`, which exists from now on.
    async fn invited_to_o1(&self, change: impl FnOnce(&mut Invite)) -> (Invitation, String) {
        let it = organization("o1");
        let id = it.id.clone();
        self.put(Changes { organizations: vec![it], ..Changes::default() }).await;
        self.invited(|invite| {
            invite.organization = Some(id);
            change(invite);
        })
        .await
    }

    async fn row(&self, of: &Invitation) -> Invitation {
        self.usher.find.run(&self.system(), of.id).await.unwrap()
    }
}

mod the_invitation {
    use super::*;

    #[tokio::test]
    async fn says_who_invites_whom_to_what_as_what_and_until_when() {
        let world = TestApp::new().await;
        let (_, token) = world
            .invited_to_o1(|it| {
                it.roles = vec!["Editor".to_owned(), "Reviewer".to_owned()];
                it.authority = Some(Authority::Helpdesk);
                it.message = Some("Glad to\nhave you.".to_owned());
            })
            .await;
        let page = Browser::new(&world).get(&path(&token)).await;
        let texts = [
            "<h1>The night team invites you to The o1 team</h1>",
            "<bdi>Acme</bdi>",
            "ada@example.org",
            "Editor, Reviewer, Help desk",
            r#"<time datetime="2026-01-09T12:00:00Z">9 January 2026, 12:00 UTC</time>"#,
            "Glad to\nhave you.",
            r#"<label for="name">"#,
            r#"autocomplete="new-password""#,
            r#"minlength="15""#,
            r#"value="decline" formnovalidate"#,
        ];
        assert_says(&page, StatusCode::OK, &texts);
    }

    #[tokio::test]
    async fn greets_by_the_name_it_was_given_and_names_the_place_when_nobody_invites() {
        let world = TestApp::new().await;
        let (_, token) = world
            .invited(|it| {
                let mailbox = mailbox("ada@example.org");
                it.who = Invitee::Mailbox { mailbox, name: Some("Ada L.".to_owned()) };
                it.inviter = None;
            })
            .await;
        let page = Browser::new(&world).get(&path(&token)).await;
        let texts = ["<h1>You are invited to Acme</h1>", r#"value="Ada L.""#];
        assert_says(&page, StatusCode::OK, &texts);
    }

    #[tokio::test]
    async fn can_be_looked_at_a_hundred_times() {
        let world = TestApp::new().await;
        let (invitation, token) = world.invited(|_| ()).await;
        let before = world.row(&invitation).await;
        let mut browser = Browser::new(&world);
        let first = browser.get(&path(&token)).await;
        for _ in 0..50 {
            assert_eq!(browser.get(&path(&token)).await.body, first.body);
            let head = browser.ask(Method::HEAD, &path(&token), None).await;
            assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
        }
        assert_eq!(world.row(&invitation).await, before);
        assert_eq!(browser.cookie, None);
    }

    #[tokio::test]
    async fn lets_a_newcomer_in_and_signs_them_in() {
        let world = TestApp::new().await;
        let (_, token) = world.invited_to_o1(|it| it.roles = vec!["Editor".to_owned()]).await;
        let mut browser = Browser::new(&world);
        let answer = browser.accept(&token, "Ada Lovelace", PASSWORD).await;
        assert_eq!(location(&answer), "/me");
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.starts_with("__Host-usher_session="), "{cookie}");
        let attributes = "; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure";
        assert!(cookie.ends_with(attributes), "{cookie}");
        let me = browser.get("/me").await;
        let texts = ["Ada Lovelace", "ada@example.org", "The o1 team", "Editor", "Sign out"];
        assert_says(&me, StatusCode::OK, &texts);
    }

    #[tokio::test]
    async fn hands_over_to_the_product() {
        let world = TestApp::new().await;
        let there = "https://app.example/start?a=b";
        let rule = RedirectRule::parse("https://app.example/start").unwrap();
        world.usher.tenant.allow(&world.system(), &rule).await.unwrap();
        let (invitation, token) = world.invited(|it| it.redirect = Some(there.to_owned())).await;
        let mut browser = Browser::new(&world);
        let page = browser.get(&path(&token)).await;
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("form-action 'self' https://app.example;"), "{policy}");
        let expected = format!("{there}&invitation={}&status=accepted", invitation.id);
        assert_eq!(location(&browser.accept(&token, "Ada", PASSWORD).await), expected);
    }

    #[tokio::test]
    async fn hands_over_to_nothing_but_the_web() {
        for there in ["javascript:alert(1)", "/elsewhere", "//evil.example", "data:text/html,x"] {
            let world = TestApp::new().await;
            let token = world.led(there).await;
            let answer = Browser::new(&world).accept(&token, "Ada", PASSWORD).await;
            assert_eq!(location(&answer), "/me", "{there}");
        }
    }

    #[tokio::test]
    async fn keeps_what_a_policy_must_not_hold_out_of_it() {
        let world = TestApp::new().await;
        let token = world.led("https://a.example;sandbox,b/x").await;
        let page = Browser::new(&world).get(&path(&token)).await;
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("form-action 'self';") && !policy.contains("sandbox"), "{policy}");
    }

    #[tokio::test]
    async fn can_be_declined() {
        let world = TestApp::new().await;
        let (_, token) = world.invited(|_| ()).await;
        let mut browser = Browser::new(&world);
        let answer = browser.reply(&token, "decline", &[]).await;
        assert_says(&answer, StatusCode::OK, &["You declined", "ask The night team"]);
        let again = browser.get(&path(&token)).await;
        assert_says(&again, StatusCode::GONE, &["This invitation was declined"]);
    }

    #[tokio::test]
    async fn is_escaped_whatever_it_holds() {
        let world = TestApp::new().await;
        let evil = r#"<script>alert("1")</script>'&"#;
        let it = usher_domain::Organization { name: evil.to_owned(), ..organization("o1") };
        let id = it.id.clone();
        world.put(Changes { organizations: vec![it], ..Changes::default() }).await;
        let (_, token) = world
            .invited(|it| {
                it.organization = Some(id);
                it.inviter = Some(InviterRef::Name(evil.to_owned()));
                it.message = Some(evil.to_owned());
                it.roles = vec![evil.to_owned()];
                let mailbox = mailbox("\"<b>'&\"@example.org");
                it.who = Invitee::Mailbox { mailbox, name: Some(evil.to_owned()) };
            })
            .await;
        let mut browser = Browser::new(&world);
        let page = browser.get(&path(&token)).await;
        assert_says(&page, StatusCode::OK, &["&#60;script&#62;"]);
        let typed = browser.accept(&token, evil, "short").await;
        let me = {
            browser.accept(&token, evil, PASSWORD).await;
            browser.get("/me").await
        };
        let signin = Browser::new(&world).sign_in(evil, PASSWORD, evil).await;
        let tenant = browser.get("/signin?tenant=%22%3E%3Cscript%3E").await;
        for it in [page, typed, me, signin, tenant] {
            assert!(!it.body.contains("<script") && !it.body.contains("<b>"), "{}", it.body);
            assert!(!it.body.contains(r#""1""#), "{}", it.body);
        }
    }
}

mod a_form {
    use super::*;

    #[tokio::test]
    async fn says_what_is_wrong_keeps_the_name_and_forgets_the_password() {
        let world = TestApp::new().await;
        let (invitation, token) = world.invited(|_| ()).await;
        let mut browser = Browser::new(&world);
        let table = [
            ("Ada", "brief", "password", "too short. Use 15 characters or more"),
            ("Ada", &"ab1!".repeat(100), "password", "too long. Use 256 characters or fewer"),
            ("Ada", "passwordpassword", "password", "most common ones"),
            ("Ada", "abcdefghijklmnopqr", "password", "follows the keyboard"),
            ("Ada", "Ada@Example.Org1!", "password", "your name or address"),
            ("  ", PASSWORD, "name", "Enter your name."),
            (&"n".repeat(121), PASSWORD, "name", "Shorten your name to 120 characters"),
            ("A\u{202e}da", PASSWORD, "name", "letters that can be seen"),
            ("https://evil.example", PASSWORD, "name", "without a link"),
        ];
        for (name, password, field, told) in table {
            let page = browser.accept(&token, name, password).await;
            let error =
                format!(r#"aria-invalid="true" aria-describedby="{field}-error" autofocus"#);
            let texts = [
                told,
                "<title>Error: The night team invites you to Acme</title>",
                &error,
                &format!(r##"role="alert"><a href="#{field}">"##),
                &format!(r#"id="{field}-error""#),
                &format!(r#"value="{name}""#),
            ];
            assert_says(&page, StatusCode::UNPROCESSABLE_ENTITY, &texts);
            assert!(!page.body.contains(password), "{password}");
        }
        assert_eq!(world.row(&invitation).await.version, 1);
    }

    #[tokio::test]
    async fn needs_a_nonce_of_its_own_page() {
        let world = TestApp::new().await;
        let (invitation, token) = world.invited(|_| ()).await;
        let other = world
            .invited(|it| {
                it.who = Invitee::Mailbox { mailbox: mailbox("bob@example.org"), name: None };
            })
            .await;
        let mut browser = Browser::new(&world);
        let old = nonce(&browser.get(&path(&token)).await);
        let foreign = nonce(&browser.get(&path(&other.1)).await);
        let sign_in = nonce(&browser.get("/signin").await);
        world.clock.advance(TimeDelta::hours(12));
        for it in ["", "x", &old, &foreign, &sign_in] {
            for answer in ["accept", "decline"] {
                let fields = [
                    ("invitation", token.as_str()),
                    ("answer", answer),
                    ("nonce", it),
                    ("name", "Ada"),
                    ("password", PASSWORD),
                ];
                let page = browser.post("/accept", &fields).await;
                assert_says(&page, StatusCode::FORBIDDEN, &["has expired", r#"value="Ada""#]);
                assert_ne!(nonce(&page), it);
            }
        }
        assert_eq!(world.row(&invitation).await.version, 1);
        // The form on that page is fresh.
        assert_eq!(location(&browser.accept(&token, "Ada", PASSWORD).await), "/me");
    }

    #[tokio::test]
    async fn from_another_site_is_not_taken() {
        let world = TestApp::new().await;
        let (invitation, token) = world.invited(|_| ()).await;
        let page = Browser::new(&world).get(&path(&token)).await;
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("invitation", &*token),
                ("nonce", &nonce(&page)),
                ("answer", "decline"),
            ])
            .finish();
        let from = |name: &'static str, value: &'static str| {
            Request::post("/accept")
                .header(header::HOST, "usher.test")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::ACCEPT, HTML)
                .header(name, value)
                .body(Body::from(form.clone()))
                .unwrap()
        };
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let answer = world.send(from(name, value)).await;
            assert_says(&answer, StatusCode::FORBIDDEN, &["This form came from somewhere else"]);
        }
        assert_eq!(world.row(&invitation).await.version, 1);
        let answer = world.send(from("sec-fetch-site", "same-origin")).await;
        assert_says(&answer, StatusCode::OK, &["You declined"]);
    }

    #[tokio::test]
    async fn is_bounded_and_passes_over_what_nobody_asked_for() {
        let world = TestApp::new().await;
        let (_, token) = world.invited(|_| ()).await;
        let mut browser = Browser::new(&world);
        let answer = browser.accept(&token, &"x".repeat(20_000), PASSWORD).await;
        assert_says(&answer, StatusCode::PAYLOAD_TOO_LARGE, &["That is too much"]);
        let answer = browser.post("/accept", &[("invitation", &token), ("answer", "maybe")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let fields = [("name", "Ada"), ("password", PASSWORD), ("color", "red")];
        assert_eq!(location(&browser.reply(&token, "accept", &fields).await), "/me");
    }

    #[tokio::test]
    async fn is_taken_once_of_two_that_come_together() {
        let world = TestApp::new().await;
        let (invitation, token) = world.invited(|_| ()).await;
        let (mut one, mut two) = (Browser::new(&world), Browser::new(&world));
        let (a, b) = tokio::join!(
            one.accept(&token, "Ada", PASSWORD),
            two.accept(&token, "Bob", "quite another sentence")
        );
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 410]);
        assert_eq!(world.row(&invitation).await.version, 2);
    }
}

mod a_link {
    use super::*;

    #[tokio::test]
    async fn that_is_closed_says_why_and_what_to_do() {
        let world = TestApp::new().await;
        let system = world.system();
        let mut browser = Browser::new(&world);

        let (invitation, first) = world.invited(|_| ()).await;
        world.usher.resend.run(&system, invitation.id, Some(ResendPolicy::Rotate)).await.unwrap();
        let page = browser.get(&path(&first)).await;
        assert_says(&page, StatusCode::GONE, &["There is a newer mail", "Open the newest mail"]);

        let token = world.usher.links.token(&world.row(&invitation).await);
        world.clock.advance(TimeDelta::days(7));
        let page = browser.get(&path(&token)).await;
        let texts = ["has expired", "until 9 January 2026, 12:00 UTC", "Ask The night team"];
        assert_says(&page, StatusCode::GONE, &texts);

        world.usher.revoke.run(&system, invitation.id).await.unwrap();
        let page = browser.get(&path(&token)).await;
        assert_says(&page, StatusCode::GONE, &["was taken back", "ask The night team"]);

        let (_, token) = world.invited(|_| ()).await;
        browser.accept(&token, "Ada", PASSWORD).await;
        let page = Browser::new(&world).get(&path(&token)).await;
        let texts = ["was accepted already", r#"href="/signin?tenant=default""#];
        assert_says(&page, StatusCode::GONE, &texts);
        assert!(!page.body.contains("ada@example.org"), "{}", page.body);
    }

    #[tokio::test]
    async fn that_nobody_made_says_nothing() {
        let world = TestApp::new().await;
        let (_, token) = world.invited(|_| ()).await;
        let mut browser = Browser::new(&world);
        let forged = format!("{}A", &token[..63]);
        let twice = format!("{token}{token}");
        for it in ["", "x", forged.as_str(), twice.as_str(), "%00", "%ff"] {
            let page = browser.get(&path(it)).await;
            assert_says(&page, StatusCode::NOT_FOUND, &["This link opens nothing"]);
            assert!(!page.body.contains("Acme") && !page.body.contains("night"), "{}", page.body);
        }
        let page = browser.get("/accept").await;
        assert_says(&page, StatusCode::NOT_FOUND, &["This link opens nothing"]);
        let page = browser.post("/accept", &[("answer", "accept")]).await;
        assert_says(&page, StatusCode::NOT_FOUND, &["This link opens nothing"]);
    }

    #[tokio::test]
    async fn to_a_disabled_account_does_not_open_it() {
        let world = TestApp::new().await;
        let (_, token) = world.invited(|_| ()).await;
        let shut = User { status: UserStatus::Disabled, ..active("ada") };
        world.put(Changes { users: vec![shut], ..Changes::default() }).await;
        let page = Browser::new(&world).accept(&token, "Ada", PASSWORD).await;
        assert_says(&page, StatusCode::FORBIDDEN, &["Your account is disabled"]);
    }
}

mod someone_with_an_account {
    use super::*;

    #[tokio::test]
    async fn signs_in_and_accepts() {
        let world = TestApp::new().await;
        world.member("ada").await;
        let (_, token) = world.invited_to_o1(|_| ()).await;
        let mut browser = Browser::new(&world);
        let page = browser.get(&path(&token)).await;
        let href = format!("/signin?tenant=default&#38;next=%2Faccept%3Finvitation%3D{token}");
        let texts = ["Sign in to accept", &href, "Decline"];
        assert_says(&page, StatusCode::OK, &texts);
        assert!(!page.body.contains("new-password"), "{}", page.body);

        let forced = browser.accept(&token, "Eve", PASSWORD).await;
        assert_says(&forced, StatusCode::CONFLICT, &["sign in to accept"]);

        let signed_in = browser.sign_in("ADA@example.org", PASSWORD, &path(&token)).await;
        assert_eq!(location(&signed_in), path(&token));
        let page = browser.get(&path(&token)).await;
        assert_says(&page, StatusCode::OK, &["You are signed in as ada.", "Accept and join"]);
        let answer = browser.reply(&token, "accept", &[]).await;
        assert_eq!(location(&answer), "/me");
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
        assert_says(&browser.get("/me").await, StatusCode::OK, &["The o1 team"]);
    }

    #[tokio::test]
    async fn else_is_told_so_and_can_switch() {
        let world = TestApp::new().await;
        world.member("bob").await;
        let (invitation, token) = world.invited(|_| ()).await;
        let mut browser = Browser::new(&world);
        browser.sign_in("bob", PASSWORD, "/me").await;
        let page = browser.get(&path(&token)).await;
        let texts = ["signed in as bob", "for ada@example.org", "Sign out and go on"];
        assert_says(&page, StatusCode::OK, &texts);
        let out = nonce(&page);

        let fresh = nonce(&Browser::new(&world).get(&path(&token)).await);
        let fields = [("invitation", &*token), ("nonce", &fresh), ("answer", "accept")];
        let forced = browser.post("/accept", &fields).await;
        assert_says(&forced, StatusCode::FORBIDDEN, &["signed in as bob"]);
        assert_eq!(world.row(&invitation).await.version, 1);

        let answer = browser.post("/signout", &[("nonce", &out), ("next", &path(&token))]).await;
        assert_eq!((location(&answer), &browser.cookie), (path(&token).as_str(), &None));
        assert_eq!(location(&browser.accept(&token, "Ada", PASSWORD).await), "/me");
    }

    #[tokio::test]
    async fn of_the_same_name_in_another_tenant_is_someone_else() {
        let world = TestApp::new().await;
        let other = TenantId(uuid::Uuid::from_u128(0xf0));
        let elsewhere = Tenant { id: other, name: "other".to_owned(), ..tenant() };
        let password = Some(format!("$argon2id$plain${PASSWORD}"));
        let ada = User { tenant: other, password, ..active("ada") };
        world
            .put(Changes { tenants: vec![elsewhere], users: vec![ada], ..Changes::default() })
            .await;
        let (invitation, token) = world.invited(|_| ()).await;
        let mut browser = Browser::new(&world);
        assert_eq!(browser.sign_in("ada", PASSWORD, "/me").await.status, StatusCode::UNAUTHORIZED);
        let page = browser.get("/signin?tenant=other").await;
        let fields = [
            ("tenant", "other"),
            ("name", "ada"),
            ("password", PASSWORD),
            ("nonce", &nonce(&page)),
        ];
        assert_eq!(location(&browser.post("/signin", &fields).await), "/me");
        let page = browser.get(&path(&token)).await;
        assert_says(&page, StatusCode::OK, &["Sign out and go on"]);
        assert_eq!(world.row(&invitation).await.version, 1);
    }
}

mod signing_in {
    use super::*;

    #[tokio::test]
    async fn leads_to_our_own_pages_only() {
        let world = TestApp::new().await;
        world.member("ada").await;
        for next in
            ["", "/me", "//evil.example", "https:evil.example", "/\\evil.example", "/%2fevil", "/x"]
        {
            let mut browser = Browser::new(&world);
            let answer = browser.sign_in("ada", PASSWORD, next).await;
            assert_eq!(location(&answer), "/me", "{next}");
            let query = form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
            let answer = browser.get(&format!("/signin?next={query}")).await;
            assert_eq!(location(&answer), "/me", "{next}");
        }
    }

    #[tokio::test]
    async fn says_the_same_whatever_is_wrong() {
        let world = TestApp::new().await;
        world.member("ada").await;
        let shut = User { status: UserStatus::Disabled, ..active("eve") };
        let none = active("kim");
        world.put(Changes { users: vec![shut, none], ..Changes::default() }).await;
        let mut browser = Browser::new(&world);
        let mut pages = Vec::new();
        for name in ["ada", "ada@example.org", "nobody", "eve", "kim"] {
            let page = browser.sign_in(name, "not the password", "/me").await;
            assert_says(&page, StatusCode::UNAUTHORIZED, &["do not belong together"]);
            assert_eq!((&browser.cookie, page.body.contains("not the")), (&None, false));
            pages.push(page.body.replace(&format!(r#"value="{name}""#), ""));
        }
        pages.dedup();
        assert_eq!(pages.len(), 1);
    }

    #[tokio::test]
    async fn too_often_in_vain_takes_longer() {
        let world = TestApp::new().await;
        world.member("ada").await;
        let mut browser = Browser::new(&world);
        for _ in 0..5 {
            browser.sign_in("ada", "not the password", "/me").await;
        }
        let page = browser.sign_in("ada", PASSWORD, "/me").await;
        assert_says(&page, StatusCode::TOO_MANY_REQUESTS, &["Try again in 2 seconds."]);
        assert_eq!(page.headers[header::RETRY_AFTER], "2");
        world.clock.advance(TimeDelta::milliseconds(1500));
        let page = browser.sign_in("ada", PASSWORD, "/me").await;
        assert_says(&page, StatusCode::TOO_MANY_REQUESTS, &["Try again in one second."]);
        world.clock.advance(TimeDelta::seconds(1));
        assert_eq!(location(&browser.sign_in("ada", PASSWORD, "/me").await), "/me");
    }

    #[tokio::test]
    async fn needs_a_nonce() {
        let world = TestApp::new().await;
        world.member("ada").await;
        let mut browser = Browser::new(&world);
        let page = browser.post("/signin", &[("name", "ada"), ("password", PASSWORD)]).await;
        assert_says(&page, StatusCode::FORBIDDEN, &["has expired", r#"value="ada""#]);
        assert_eq!(browser.cookie, None);
    }
}

mod me {
    use super::*;

    #[tokio::test]
    async fn is_for_those_who_are_signed_in() {
        let world = TestApp::new().await;
        let mut browser = Browser::new(&world);
        assert_eq!(location(&browser.get("/me").await), "/signin?next=/me");
        assert_eq!(location(&browser.get("/").await), "/me");
        browser.cookie = Some(format!("__Host-usher_session={}", "A".repeat(64)));
        assert_eq!(location(&browser.get("/me").await), "/signin?next=/me");
    }

    #[tokio::test]
    async fn shows_all_that_someone_is() {
        let world = TestApp::new().await;
        let ada = world.member("ada").await;
        let place = organization("o1");
        let roles = vec!["Editor".to_owned(), "Reviewer".to_owned()];
        let membership = Membership { roles, ..membership("ada", "o1") };
        let changed = User {
            authority: Some(Authority::OrgAdmin),
            roles: vec!["Owner".to_owned()],
            display_name: Some("Ada Lovelace".to_owned()),
            version: 2,
            ..ada
        };
        world
            .put(Changes {
                users: vec![changed],
                organizations: vec![place],
                memberships: vec![membership],
                ..Changes::default()
            })
            .await;
        let mut browser = Browser::new(&world);
        browser.sign_in("ada", PASSWORD, "/me").await;
        let texts = [
            "Acme",
            "Ada Lovelace",
            "ada@example.org",
            "Owner",
            "Administrator",
            "The o1 team",
            "Editor, Reviewer",
        ];
        assert_says(&browser.get("/me").await, StatusCode::OK, &texts);
    }

    #[tokio::test]
    async fn is_over_after_signing_out() {
        let world = TestApp::new().await;
        world.member("ada").await;
        let mut browser = Browser::new(&world);
        browser.sign_in("ada", PASSWORD, "/me").await;
        let stolen = browser.cookie.clone();
        let page = browser.post("/signout", &[("nonce", "x")]).await;
        assert_says(&page, StatusCode::FORBIDDEN, &["has expired", "Sign out"]);
        let answer = browser.post("/signout", &[("nonce", &nonce(&page))]).await;
        assert_eq!(location(&answer), "/me");
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.contains("=; Path=/; Max-Age=0"), "{cookie}");
        browser.cookie = stolen;
        assert_eq!(location(&browser.get("/me").await), "/signin?next=/me");
    }
}

mod the_language {
    use super::*;

    #[tokio::test]
    async fn is_the_invitations_then_the_browsers_then_the_tenants() {
        let world = TestApp::new().await;
        let (_, token) = world.invited(|it| it.locale = Locale::parse("de-AT").ok()).await;
        let mut browser = Browser::new(&world);
        browser.language = "en";
        let texts = [r#"<html lang="de" dir="ltr">"#, "The night team lädt Sie ein: Acme"];
        assert_says(&browser.get(&path(&token)).await, StatusCode::OK, &texts);
        let told = ["Fehler: ", "Nehmen Sie mindestens 15 Zeichen"];
        let page = browser.accept(&token, "Ada", "kurz").await;
        assert_says(&page, StatusCode::UNPROCESSABLE_ENTITY, &told);

        for (asked, told) in [
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
            assert_says(&page, StatusCode::OK, &[&format!("<h1>{told}</h1>")]);
        }
        let german = Tenant {
            id: TenantId(uuid::Uuid::from_u128(0xde)),
            name: "de".to_owned(),
            locale: Locale::parse("de").unwrap(),
            ..tenant()
        };
        world.put(Changes { tenants: vec![german], ..Changes::default() }).await;
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
        let english = messages(include_str!("../../locales/en/pages.ftl"));
        assert!(english.len() > 50);
        assert_eq!(english, messages(include_str!("../../locales/de/pages.ftl")));
        let english = messages(include_str!("../../locales/en/api.ftl"));
        assert!(english.len() > 15);
        assert_eq!(english, messages(include_str!("../../locales/de/api.ftl")));
    }

    #[test]
    fn has_a_text_for_each_place_that_asks_for_one() {
        let english = messages(include_str!("../../locales/en/pages.ftl"));
        let sources = [
            include_str!("accept.rs"),
            include_str!("sign_in.rs"),
            include_str!("../../templates/page.html"),
            include_str!("../../templates/accept.html"),
            include_str!("../../templates/signin.html"),
            include_str!("../../templates/me.html"),
        ];
        for source in sources {
            for verb in ["say(\"", "tell(\""] {
                for (at, _) in source.match_indices(verb) {
                    let id = source[at + verb.len()..].split('"').next().unwrap();
                    assert!(english.iter().any(|(it, _)| *it == id), "{id}");
                }
            }
        }
    }
}

mod everything {
    use super::*;

    #[tokio::test]
    async fn keeps_browsers_careful() {
        let world = TestApp::new().await;
        let mut browser = Browser::new(&world);
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
        let world = TestApp::new().await;
        let mut browser = Browser::new(&world);
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

mod a_site_below_a_path {
    use usher_application::{Policy, Usher, testing::keyring};

    use super::*;
    use crate::{health::Health, options::Options, router};

    #[tokio::test]
    async fn links_within_itself_and_needs_no_secure_cookie_on_this_machine() {
        let world = TestApp::new().await;
        world.member("ada").await;
        let policy = Policy::at("http://localhost:8080/invite/");
        let usher = Usher::new(&world.usher.ports, &keyring(), &policy);
        let app = router(std::sync::Arc::new(usher), Health::always_ready(), Options::default());
        let world = TestApp { app, ..world };
        let mut browser = Browser::new(&world);
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

mod pin;
