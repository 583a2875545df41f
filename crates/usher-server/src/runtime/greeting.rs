//! What usher prints at a start: where it is reached, and the first steps with a new database.

use crate::{
    settings::{Settings, urls::without_secrets},
    wiring::Wired,
};

/// The address of the server, and the destination of its mails.
pub(crate) fn addresses(settings: &Settings) -> anyhow::Result<String> {
    let (url, listen) = (settings.public_url()?, settings.http.listen);
    let mails = match settings.mail_url().split_once(':') {
        Some(("folder", path)) => format!("Mails are written to the folder {path}"),
        Some(_) => format!("Mails are sent by {}", without_secrets(&settings.mail_url())),
        None => "No mails are sent, because mail.url is none".to_owned(),
    };
    Ok(format!("usher listens on http://{listen}, and people reach it at {url}\n{mails}\n"))
}

/// The link with which the first administrator accepts, as long as it is pending, and at the first
/// start a client id and secret with a request to try. Empty if there is none of these.
pub(crate) fn first_steps(wired: &Wired) -> anyhow::Result<String> {
    let url = wired.settings.public_url()?;
    let administrator = wired.settings.tenant.administrator.typed();
    let owner = wired.bootstrapped.link.as_ref().map(|link| {
        format!(
            "The first administrator, {administrator}, accepts the invitation here:\n  {link}\n"
        )
    });
    let client = wired.bootstrapped.credential.as_ref().map(|(credential, secret)| {
        let (id, secret) = (credential.id, secret.reveal());
        let (path, body) = (usher_http::FIRST_INVITATION_PATH, usher_http::FIRST_INVITATION_BODY);
        format!(
            "A client id and secret for the API, which are shown only this once:\n  {id}\n  {secret}\n\n\
             Invite somebody:\n  curl -s {url}{path} -H 'Authorization: Bearer {id}.{secret}' \
             -H 'Content-Type: application/json' -d '{body}'\n"
        )
    });
    Ok([owner, client].into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Request, StatusCode},
    };
    use tower::ServiceExt as _;

    use super::*;
    use crate::testing::settings_in;

    #[tokio::test]
    async fn the_first_start_prints_a_request_that_invites() {
        let folder = tempfile::tempdir().unwrap();
        let wired = Wired::new(settings_in(&folder)).await.unwrap();
        let text = first_steps(&wired).unwrap();
        let (_, curl) = text.split_once("curl -s http://localhost:8080").unwrap();
        let (path, options) = curl.split_once(' ').unwrap();
        let quoted: Vec<_> = options.split('\'').skip(1).step_by(2).collect();
        let [authorization, content_type, body] = quoted[..] else { panic!("{options}") };
        let mut request = Request::post(path);
        for header in [authorization, content_type] {
            let (name, value) = header.split_once(": ").unwrap();
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let options = wired.settings.http.options(&wired.settings.log);
        let router = usher_http::router(wired.usher.clone(), wired.health(), options);
        assert_eq!(router.oneshot(request).await.unwrap().status(), StatusCode::OK);
        wired.close().await;
    }
}
