//! Redirects after accepting lead only to addresses that the tenant allows.

use url::form_urlencoded::byte_serialize;

use super::*;

on_both_stores!(
    clients_have_four_names_for_it_and_the_first_counts,
    a_forbidden_redirect_is_refused_and_nothing_is_written,
    an_invitation_cannot_be_changed_to_a_forbidden_redirect,
);

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

async fn clients_have_four_names_for_it_and_the_first_counts(app: TestApp) {
    let admin = Client::admin(&app).await;
    let to = |name: &str| encoded(&format!("{APP}/{name}?x=1&y=%20"));
    let body = |name: &str| json!(format!("{APP}/{name}"));
    for (number, (query, short, long, chosen)) in [
        (format!("invitation_url={}", to("a")), body("c"), body("d"), "a?x=1&y=%20"),
        (format!("InvitationUrl={}", to("b")), body("c"), body("d"), "b?x=1&y=%20"),
        (
            format!("invitationurl={}&Invitation_URL={}", to("b"), to("a")),
            json!(null),
            json!(null),
            "a?x=1&y=%20",
        ),
        ("invitation_url=".to_owned(), body("c"), body("d"), "c"),
        (String::new(), json!(""), body("d"), "d"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut sent = invitee(&format!("u{number}"), ACME);
        sent["InvitationUrl"] = short;
        sent["invitation_url"] = long;
        let it = admin.post(&format!("{INVITATIONS}?{query}"), sent).await.good();
        let there = kept(&app, &it["Id"]).await.offer.redirect.unwrap();
        assert_eq!(there, format!("{APP}/{chosen}"));
    }
}

const EVIL: [&str; 26] = [
    "//evil.example",
    "///evil.example",
    "https:evil.example",
    "https:/evil.example",
    "HtTpS:evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "https:\\\\evil.example",
    "https://evil.example/welcome",
    "https://app.example@evil.example/welcome",
    "https://app.example:x@evil.example/welcome",
    "https://me@app.example/welcome",
    "https://app.example%40evil.example/welcome",
    "https://app.example%2eevil.example/welcome",
    "https://app.example\\@evil.example/welcome",
    "https://app.example/welcome/%2e%2e/evil",
    "https://app.example/welcome/..%2f..%2fevil",
    "https://app.example/welcome/../evil",
    "https://app.example.evil.example/welcome",
    "https://аpp.example/welcome",
    "https://app。example。evil/welcome",
    "http://app.example/welcome",
    "javascript:alert(1)//https://app.example/welcome",
    "https://app.example/wel\tcome",
    " https://app.example/welcome",
    "/welcome",
];

async fn a_forbidden_redirect_is_refused_and_nothing_is_written(app: TestApp) {
    let admin = Client::admin(&app).await;
    for evil in EVIL {
        let in_query = format!("{INVITATIONS}?invitation_url={}", encoded(evil));
        let mut body = invitee("ada", ACME);
        let answer = admin.post(&in_query, body.clone()).await;
        assert_eq!(answer.bad(), (403, 1249), "{evil}");
        assert_eq!(answer.body["Message"], "The invitation_url is invalid");
        assert!(
            answer.why().1.starts_with("the place to go to after accepting "),
            "{}",
            answer.text
        );
        body["InvitationUrl"] = evil.into();
        assert_eq!(admin.post(INVITATIONS, body).await.bad(), (403, 1249), "{evil}");
    }
    assert_eq!((admin.lists("").await, letters(&app).await), (vec![], 0));
}

async fn an_invitation_cannot_be_changed_to_a_forbidden_redirect(app: TestApp) {
    let admin = Client::admin(&app).await;
    let it = admin.invite("ada", ACME).await;
    letters(&app).await;
    for evil in EVIL {
        let path = format!("{}?invitation_url={}", at(&it["Id"]), encoded(evil));
        assert_eq!(admin.put(&path, json!({})).await.bad(), (403, 1249), "{evil}");
        let again = format!("{INVITATIONS}?invitation_url={}", encoded(evil));
        assert_eq!(admin.post(&again, invitee("ada", ACME)).await.bad(), (403, 1249), "{evil}");
    }
    assert_eq!(admin.get(&at(&it["Id"])).await.good(), it);
    assert_eq!(letters(&app).await, 0);
}
