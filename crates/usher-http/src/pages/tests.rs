use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use chrono::TimeDelta;
use url::{Url, form_urlencoded};
use usher_application::{
    Changes, Invite, Invitee, InviterRef, Ledger as _,
    testing::{
        active, handed_over_token, mailbox, mailed_token, membership, organization, role, tenant,
    },
};
use usher_domain::{
    Authority, Invitation, Locale, Membership, RedirectRule, ResendPolicy, Role, Tenant, TenantId,
    User, UserStatus,
};

use crate::testing::{Answer, Log, TestApp};

const PASSWORD: &str = "seven llamas dance";
const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// A browser: it keeps its cookies and follows no redirect.
struct Browser<'a> {
    app: &'a TestApp,
    /// That of the session.
    cookie: Option<String>,
    /// That by which the browser is known.
    device: Option<String>,
    language: &'static str,
    /// What it says of itself.
    user_agent: &'static str,
}

impl<'a> Browser<'a> {
    fn new(app: &'a TestApp) -> Self {
        Self { app, cookie: None, device: None, language: "", user_agent: "" }
    }

    async fn ask(&mut self, method: Method, path: &str, form: Option<String>) -> Answer {
        let url = Url::parse(&self.app.usher.policy.public_url).unwrap();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, url.authority())
            .header(header::ACCEPT, HTML)
            .header(header::USER_AGENT, self.user_agent)
            .header(header::ACCEPT_LANGUAGE, self.language);
        for cookie in self.cookie.iter().chain(&self.device) {
            request = request.header(header::COOKIE, cookie);
        }
        if form.is_some() {
            request = request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::ORIGIN, url.origin().ascii_serialization());
        }
        let body = form.map_or_else(Body::empty, Body::from);
        let answer = self.app.send(request.body(body).unwrap()).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let kept =
                if pair.contains("usher_device=") { &mut self.device } else { &mut self.cookie };
            *kept = Some(pair.to_owned()).filter(|it| !it.ends_with('='));
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
        let outcomes = self.usher.invitations.invite.run(&self.system(), &[invite]).await.unwrap();
        let invitation = outcomes.into_iter().next().unwrap().unwrap();
        let token = mailed_token(&invitation);
        (invitation, token)
    }

    /// The token of an invitation that leads there, as one may have been written before there were
    /// rules.
    async fn invited_with_redirect(&self, there: &str) -> String {
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
        self.usher.invitations.find.run(&self.system(), of.id).await.unwrap()
    }
}

mod accept;
mod accept_form;
mod accept_link;
mod accept_with_account;
mod account;
mod errors;
mod guessing;
mod links;
mod locale;
mod me;
mod pin;
mod script;
mod sessions;
mod sign_in;
mod site;
