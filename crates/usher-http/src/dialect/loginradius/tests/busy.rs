//! What is answered while others keep changing the same data.

use axum::response::IntoResponse as _;
use usher_application::StoreError;

use super::*;
use crate::dialect::loginradius::fault::Fault;

on_both_stores!(
    a_busy_store_is_no_error_of_the_store,
    who_does_not_hear_whether_it_was_done_is_told_so_and_how_to_find_out,
);

async fn a_busy_store_is_no_error_of_the_store(app: TestApp) {
    let client = Client::admin(&app).await;
    let invitation = client.invite("ada", ACME).await;
    app.make_busy();
    let log = Log::default();
    let guard = log.record();
    for answer in [
        client.delete(&at(&invitation["Id"])).await,
        client.post(INVITATIONS, invitee("bob", ACME)).await,
        client.post(ORGANIZATIONS, json!({"Name": "Team"})).await,
    ] {
        let about = "Others keep changing the same data, please try again.";
        assert_eq!((answer.status, answer.why()), (503, (503, about)));
        assert_eq!(answer.body["Message"], "The data is busy");
        assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    }
    drop(guard);
    assert!(!log.text().contains("the store failed"), "{}", log.text());
}

async fn who_does_not_hear_whether_it_was_done_is_told_so_and_how_to_find_out(app: TestApp) {
    let client = Client::admin(&app).await;
    app.lose_outcomes(true);
    let answer = client.post(INVITATIONS, invitee("ada", ACME)).await;
    let (code, about) = answer.why();
    assert_eq!((answer.status, code), (503, 503), "{about}");
    assert_eq!(answer.body["Message"], "The outcome is unknown");
    assert!(about.contains("may have been done") && about.contains("mailed again"), "{about}");
    app.lose_outcomes(false);
    assert_eq!(client.lists(&format!("orgid={ACME}")).await, ["ada"]);
    assert_eq!(app.letters().await, 1);
    // The same again is the same invitation.
    client.invite("ada", ACME).await;
    assert_eq!(client.lists(&format!("orgid={ACME}")).await, ["ada"]);
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_told_what_to_narrow() {
    let answers = [StoreError::too_broad(), StoreError::many_searches()]
        .map(|it| Fault::from(it).into_response());
    let [broad, many] = answers.each_ref().map(|it| it.status().as_u16());
    assert_eq!((broad, many), (400, 503));
    let [broad, _] = answers;
    let body = axum::body::to_bytes(broad.into_body(), 10_000).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    for field in ["orgid", "email"] {
        assert!(text.contains(field), "{field}: {text}");
    }
}
