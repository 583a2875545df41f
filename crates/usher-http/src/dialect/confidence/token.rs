//! Access tokens for client ids and secrets: this dialect's JSON, and the form of RFC 6749.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Json, Response},
};
use serde::Serialize;
use usher_application::{AuthenticateError, Usher};

use super::{
    extract::object,
    fault::{Fault, Result},
    json::{Message, Object},
};
use crate::{
    basic_auth,
    request::{GivenTwice, LateBody, Parameters, is_form},
};

const GRANT: &str = "client_credentials";

pub(super) async fn issue(
    State(usher): State<Arc<Usher>>,
    headers: HeaderMap,
    body: LateBody,
) -> Response {
    if is_form(&headers) {
        by_form(&usher, &headers, body).await.into_response()
    } else {
        by_json(&usher, body).await.into_response()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    access_token: String,
    /// An int64, which `ProtoJSON` spells as a string.
    expires_in: String,
}

async fn by_json(usher: &Usher, body: LateBody) -> Result<Json<Token>> {
    let body = object(body).await?;
    let (id, secret) = client(&body)?;
    let token = usher.access.authenticate.token(id, secret).await.map_err(Fault::no_token)?;
    let expires_in = token.expires_in.num_seconds().to_string();
    Ok(Json(Token { access_token: token.text, expires_in }))
}

fn client(body: &Object) -> Result<(&str, &str)> {
    let mut message = Message::new(body, "");
    let grant = message.required("grantType");
    let id = message.required("clientId");
    let secret = message.required("clientSecret");
    match (grant, id, secret) {
        (Some(GRANT), Some(id), Some(secret)) if message.wrong.is_empty() => Ok((id, secret)),
        (Some(grant), ..) if grant != GRANT => Err(Fault::grant()),
        _ => Err(Fault::fields(message.wrong)),
    }
}

#[derive(Serialize)]
struct FormToken {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
}

/// An error in the words of RFC 6749.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum FormError {
    InvalidClient,
    InvalidRequest,
    TemporarilyUnavailable,
    UnsupportedGrantType,
}

impl IntoResponse for FormError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct ErrorBody {
            error: FormError,
        }
        let body = Json(ErrorBody { error: self });
        match self {
            Self::InvalidClient => {
                let how = [(WWW_AUTHENTICATE, "Basic realm=\"usher\"")];
                (StatusCode::UNAUTHORIZED, how, body).into_response()
            }
            Self::InvalidRequest | Self::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, body).into_response()
            }
            Self::TemporarilyUnavailable => (StatusCode::SERVICE_UNAVAILABLE, body).into_response(),
        }
    }
}

async fn by_form(
    usher: &Usher,
    headers: &HeaderMap,
    body: LateBody,
) -> std::result::Result<Json<FormToken>, FormError> {
    let form = Parameters::of_form(&body.read().await.map_err(|_| FormError::InvalidRequest)?);
    let field = |name: &str| form.only(&[name]).map_err(|GivenTwice| FormError::InvalidRequest);
    match field("grant_type")? {
        None => return Err(FormError::InvalidRequest),
        Some(GRANT) => {}
        Some(_) => return Err(FormError::UnsupportedGrantType),
    }
    let by_header = headers.get(AUTHORIZATION).map(basic_auth::client);
    let (id, secret) = match (by_header, field("client_id")?, field("client_secret")?) {
        // A client must not authenticate in two ways at once (RFC 6749, section 2.3).
        (Some(_), _, Some(_)) => return Err(FormError::InvalidRequest),
        (Some(Some((id, _))), Some(other), None) if id != other => {
            return Err(FormError::InvalidRequest);
        }
        (Some(given), _, None) => given.ok_or(FormError::InvalidClient)?,
        (None, Some(id), Some(secret)) => (id.to_owned(), secret.to_owned()),
        (None, _, _) => return Err(FormError::InvalidClient),
    };
    let token =
        usher.access.authenticate.token(&id, &secret).await.map_err(|error| match error {
            AuthenticateError::Invalid
            | AuthenticateError::Expired
            | AuthenticateError::KeyExpired
            | AuthenticateError::NoAuthority => FormError::InvalidClient,
            AuthenticateError::Store(error) => {
                Fault::failed(&error);
                FormError::TemporarilyUnavailable
            }
        })?;
    let expires_in = token.expires_in.num_seconds();
    Ok(Json(FormToken { access_token: token.text, token_type: "Bearer", expires_in }))
}
