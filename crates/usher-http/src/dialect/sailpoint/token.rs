//! Access tokens for client ids and secrets, and the endpoint that clients discover addresses by.

use std::sync::Arc;

use axum::{
    extract::{FromRequest as _, Multipart, Request, State},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Json, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use usher_application::{AuthenticateError, StoreError, Usher};
use usher_domain::{Actor, Authority, Caller};

use super::{api_version::ApiVersion, fault::Fault};
use crate::{
    basic_auth,
    dialect::state::DialectState,
    options::QuerySecrets,
    request::{LateBody, MAX_KEYLESS_BODY, Parameters, media_type, only_bearer},
};

const POD: &str = "usher";

/// Why no token was issued, in the words of RFC 6749.
pub(super) enum Denial {
    Client,
    Request(&'static str),
    Grant,
    Store(Fault),
}

impl From<StoreError> for Denial {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

impl From<AuthenticateError> for Denial {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Invalid
            | AuthenticateError::Expired
            | AuthenticateError::NoAuthority => Self::Client,
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct ErrorBody {
            error: &'static str,
            error_description: &'static str,
        }
        let body = |error, error_description| Json(ErrorBody { error, error_description });
        match self {
            Self::Client => {
                let body = body("invalid_client", "The client id or the client secret is wrong.");
                let how = [(WWW_AUTHENTICATE, "Basic realm=\"usher\"")];
                (StatusCode::UNAUTHORIZED, how, body).into_response()
            }
            Self::Request(why) => {
                (StatusCode::BAD_REQUEST, body("invalid_request", why)).into_response()
            }
            Self::Grant => {
                let why = "`grant_type` must be `client_credentials`.";
                (StatusCode::BAD_REQUEST, body("unsupported_grant_type", why)).into_response()
            }
            Self::Store(fault) => fault.into_response(),
        }
    }
}

pub(super) async fn issue(
    State(usher): State<Arc<Usher>>,
    State(query_secrets): State<QuerySecrets>,
    headers: HeaderMap,
    query: Parameters,
    body: LateBody,
) -> Result<Json<Value>, Denial> {
    let is_in_query = query.all("client_secret").any(|it| !it.is_empty());
    if query_secrets == QuerySecrets::Refuse && is_in_query {
        return Err(Denial::Request(
            "This server takes no `client_secret` from the query: send it in the form, or in the header \
             Authorization.",
        ));
    }
    let given = given(query, body).await?;
    let (id, secret) = client(&headers, &given)?;
    let caller = usher.access.authenticate.client(&id, &secret).await?;
    let token = usher.access.authenticate.token(&id, &secret).await?;
    let mut answer = json!({
        "access_token": token.text,
        "token_type": "bearer",
        "expires_in": token.expires_in.num_seconds(),
        "scope": scope(&caller),
        "accessType": "OFFLINE",
        "tenant_id": caller.tenant.to_string(),
        "org": org(&usher, &caller).await?,
        "pod": POD,
        "internal": false,
        "enabled": true,
        "strong_auth": false,
        "strong_auth_supported": false,
        "jti": usher.random_id().as_simple().to_string(),
    });
    if let Actor::User(id) = &caller.actor {
        answer["user_id"] = json!(id.as_str());
        answer["identity_id"] = json!(id.as_str());
    }
    Ok(Json(answer))
}

fn scope(caller: &Caller) -> &'static str {
    match caller.authority {
        Authority::OrgAdmin | Authority::Helpdesk | Authority::Inviter => "read write",
        Authority::Reader => "read",
    }
}

async fn org(usher: &Usher, caller: &Caller) -> Result<String, StoreError> {
    let tenant = usher.tenants.find.of(caller).await?;
    Ok(tenant.map(|it| it.name).unwrap_or_default())
}

/// The parameters of the query and of the form, which may be of either encoding.
async fn given(mut given: Parameters, body: LateBody) -> Result<Parameters, Denial> {
    if media_type(body.headers()).eq_ignore_ascii_case("multipart/form-data") {
        let parts = parts(body.into_request(MAX_KEYLESS_BODY)).await;
        given.append(parts.ok_or(Denial::Request("The form cannot be read."))?);
    } else {
        let body = body.read_at_most(MAX_KEYLESS_BODY).await;
        let body = body.map_err(|_| Denial::Request("The body cannot be read."))?;
        given.append(Parameters::of_form(&body));
    }
    Ok(given)
}

async fn parts(request: Request) -> Option<Parameters> {
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let mut given = Parameters::default();
    while let Some(field) = form.next_field().await.ok()? {
        let name = field.name().map(str::to_owned);
        let text = field.text().await.ok()?;
        if let Some(name) = name {
            given.push(name, text);
        }
    }
    Some(given)
}

/// The client id and secret: from the scheme Basic, or from the parameters.
fn client(headers: &HeaderMap, given: &Parameters) -> Result<(String, String), Denial> {
    let grant = one(given, "grant_type")?.ok_or(Denial::Request("`grant_type` is required."))?;
    if !grant.eq_ignore_ascii_case("client_credentials") {
        return Err(Denial::Grant);
    }
    let (id, secret) = (one(given, "client_id")?, one(given, "client_secret")?);
    match (headers.get(AUTHORIZATION), id, secret) {
        (_, Some(id), Some(secret)) => Ok((id.to_owned(), secret.to_owned())),
        (Some(header), id, None) => {
            let by_header = basic_auth::client(header).ok_or(Denial::Client)?;
            let same = id.is_none_or(|it| it == by_header.0);
            same.then_some(by_header).ok_or(Denial::Request("There are two client ids."))
        }
        _ => Err(Denial::Client),
    }
}

/// The value of a parameter. It may be given more than once if the values are the same.
fn one<'a>(given: &'a Parameters, name: &str) -> Result<Option<&'a str>, Denial> {
    let mut values = given.all(name);
    let first = values.next();
    if values.all(|it| Some(it) == first) {
        Ok(first)
    } else {
        Err(Denial::Request("A parameter is given twice."))
    }
}

/// The addresses of the endpoints. The tenant is named only to a caller with a token of it.
pub(super) async fn info(
    State(state): State<DialectState>,
    headers: HeaderMap,
) -> Result<Json<Value>, Fault> {
    let usher = &state.usher;
    let caller = match only_bearer(&headers) {
        Some(token) => Some(state.bearer(token, ApiVersion::default().name()).await?),
        None => None,
    };
    let tenant_name = match &caller {
        Some(caller) => Some(org(usher, caller).await?),
        None => None,
    };
    let url = &usher.policy.public_url;
    Ok(Json(json!({
        "tenantId": caller.map(|it| it.tenant.to_string()),
        "tenantName": tenant_name,
        // There is no authorization code flow: people sign in on pages.
        "authorizeEndpoint": null,
        "tokenEndpoint": format!("{url}/oauth/token"),
        "cloudDomainUrl": url,
        "logoutUrl": format!("{url}/me"),
        "pod": POD,
    })))
}
