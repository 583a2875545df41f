//! What is answered while others keep changing the same data.

use super::*;

on_both_stores!(a_busy_store_is_no_error_of_the_store);

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
