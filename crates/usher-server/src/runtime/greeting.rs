//! What usher prints at a start: where it is reached, and the first steps with a new database.

use std::io::Write as _;

use usher_application::{FirstAccess, InviteAdministrator};

use crate::{
    private_file,
    settings::{Settings, urls::without_secrets},
    wiring::Wired,
};

/// The file of the data folder with what the first start does not print.
const FIRST_STEPS: &str = "first-steps.txt";

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

/// What opens the tenant that this start made: the link of the first administrator, and a client id
/// and secret with a request to try. `None` if it was made before.
fn first_steps(wired: &Wired) -> anyhow::Result<Option<String>> {
    let Some(FirstAccess { credential: (credential, secret), link }) = &wired.bootstrapped.first
    else {
        return Ok(None);
    };
    let url = wired.settings.public_url()?;
    let administrator = wired.settings.tenant.administrator.typed();
    let hours = InviteAdministrator::LIFETIME.num_hours();
    let (id, secret) = (credential.client_id(), secret.reveal());
    let (path, body) = (usher_http::FIRST_INVITATION_PATH, usher_http::FIRST_INVITATION_BODY);
    Ok(Some(format!(
        "The first administrator, {administrator}, accepts the invitation here, within {hours} hours:\n  {link}\n\
         `usher tenant invite-administrator` makes another link.\n\n\
         A client id and secret for the API, which are shown only this once:\n  {id}\n  {secret}\n\n\
         Invite somebody:\n  curl -s {url}{path} -H 'Authorization: Bearer {id}.{secret}' \
         -H 'Content-Type: application/json' -d '{body}'\n"
    )))
}

/// What is printed about the first steps: on a terminal the steps themselves. Elsewhere the output is
/// kept, by the engine of a container for example, and secrets do not belong there: they are written
/// to a file of the data folder, and it is said where. Empty if there are none.
pub(crate) fn announce_first_steps(wired: &Wired, is_terminal: bool) -> anyhow::Result<String> {
    let Some(steps) = first_steps(wired)? else { return Ok(String::new()) };
    if is_terminal {
        return Ok(steps);
    }
    let path = wired.settings.data_dir.join(FIRST_STEPS);
    let written = private_file::append(&path).and_then(|mut it| it.write_all(steps.as_bytes()));
    let path = path.display();
    Ok(match written {
        Ok(()) => format!(
            "The link of the first administrator, and a client id and secret, are in {path}, which only \
             its owner can read. Remove it when you have used them.\n"
        ),
        // The tenant is made, and the same can be had otherwise.
        Err(error) => format!(
            "The first steps cannot be written to {path}: {error}. `usher tenant invite-administrator` \
             makes a link for the first administrator, and `usher key create --authority ORG_ADMIN` a \
             client id and secret.\n"
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use axum::{
        body::Body,
        http::{Request, StatusCode, header::HOST},
    };
    use tower::ServiceExt as _;

    use super::*;
    use crate::testing::settings_in;

    #[tokio::test]
    async fn the_first_start_prints_a_request_that_invites() {
        let folder = tempfile::tempdir().unwrap();
        let wired = Wired::new(settings_in(&folder)).await.unwrap();
        let text = announce_first_steps(&wired, true).unwrap();
        let (_, curl) = text.split_once("curl -s http://localhost:8080").unwrap();
        let (path, options) = curl.split_once(' ').unwrap();
        let quoted: Vec<_> = options.split('\'').skip(1).step_by(2).collect();
        let [authorization, content_type, body] = quoted[..] else { panic!("{options}") };
        let mut request = Request::post(path).header(HOST, "localhost:8080");
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

    #[tokio::test]
    async fn what_is_no_terminal_gets_no_secret_but_the_name_of_a_file_for_the_owner() {
        let folder = tempfile::tempdir().unwrap();
        let wired = Wired::new(settings_in(&folder)).await.unwrap();
        let printed = announce_first_steps(&wired, false).unwrap();
        let path = wired.settings.data_dir.join("first-steps.txt");
        assert!(printed.contains(&path.display().to_string()), "{printed}");
        let FirstAccess { credential: (_, secret), link } =
            wired.bootstrapped.first.as_ref().unwrap();
        for secret in [secret.reveal(), link] {
            assert!(!printed.contains(secret), "{printed}");
            assert!(fs::read_to_string(&path).unwrap().contains(secret));
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        wired.close().await;
        let again = Wired::new(settings_in(&folder)).await.unwrap();
        for is_terminal in [true, false] {
            assert_eq!(announce_first_steps(&again, is_terminal).unwrap(), "", "once is enough");
        }
        again.close().await;
    }

    #[tokio::test]
    async fn where_no_file_can_be_written_it_is_said_how_to_get_in() {
        let folder = tempfile::tempdir().unwrap();
        let wired = Wired::new(settings_in(&folder)).await.unwrap();
        fs::create_dir(wired.settings.data_dir.join("first-steps.txt")).unwrap();
        let printed = announce_first_steps(&wired, false).unwrap();
        for command in ["usher tenant invite-administrator", "usher key create"] {
            assert!(printed.contains(command), "{printed}");
        }
        wired.close().await;
    }
}
