//! Signing in with a pin.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header::PRAGMA},
    response::Response,
};
use serde::Serialize;
use usher_application::{SignedIn, Usher};

use super::{
    envelope::answer,
    extract::{Key, read_body_without_token},
    fault::{Fault, Result},
    schema,
    wire::SignIn,
};
use crate::request::LateBody;

/// The answer of OAuth 2, which has no envelope.
#[derive(Serialize)]
struct Opened {
    token_type: &'static str,
    access_token: String,
    expires_in: i64,
    refresh_token: String,
}

/// The key says in which organization, the pin says who it is. An access token is not looked at.
pub(super) async fn sign_in(
    State(usher): State<Arc<Usher>>,
    Key { caller, .. }: Key,
    body: LateBody,
) -> Result<Response> {
    let given: SignIn = read_body_without_token(body, schema::SIGN_IN).await?;
    let signed_in = match given.grant_type.as_deref() {
        None | Some("password") => {
            let pin = given.pin.ok_or_else(|| Fault::missing("pin"))?;
            usher.access.pin_sign_in.anyone(&caller, &pin).await.map_err(Fault::not_signed_in)?
        }
        Some("refresh_token") => {
            let token = given.refresh_token.ok_or_else(|| Fault::missing("refresh_token"))?;
            usher.access.pin_sign_in.renew(&caller, &token).await.map_err(Fault::not_renewed)?
        }
        Some(_) => return Err(Fault::unknown_grant()),
    };
    let mut response = answer(StatusCode::OK, &opened(&usher, &signed_in));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    Ok(response)
}

fn opened(usher: &Usher, SignedIn { session, .. }: &SignedIn) -> Opened {
    let token = usher.access.authenticate.session_token(session);
    Opened {
        token_type: "bearer",
        access_token: token.text,
        expires_in: token.expires_in.num_seconds(),
        refresh_token: usher.access.pin_sign_in.refresh_token(session),
    }
}
