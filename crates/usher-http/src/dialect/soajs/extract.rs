//! Extractors for the parts of a request: the caller, the query, the body.

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, header::AUTHORIZATION, request::Parts},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use usher_domain::{Caller, OrganizationId, Permission};

use super::{
    fault::{Fault, Result},
    imfv::{Field, Given},
};
use crate::{
    dialect::state::DialectState,
    options::QuerySecrets,
    request::{LateBody, Parameters, bearer, header_texts, is_form, media_type},
};

const KEY: HeaderName = HeaderName::from_static("key");
const ACCESS_TOKEN: HeaderName = HeaderName::from_static("access_token");

/// A valid key, and the organization that it stands for.
pub(super) struct Key {
    pub caller: Caller,
    pub organization: OrganizationId,
}

impl FromRequestParts<DialectState> for Key {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &DialectState) -> Result<Self> {
        let in_headers: Vec<_> = header_texts(&parts.headers, &KEY).collect();
        let keys_in_query = in_query(parts, "key");
        if state.query_secrets == QuerySecrets::Refuse && !keys_in_query.is_empty() {
            return Err(Fault::key_in_query());
        }
        let given = if in_headers.is_empty() { keys_in_query } else { in_headers };
        let key = match given.as_slice() {
            [] => return Err(Fault::no_key()),
            [one] => one,
            _ => return Err(Fault::bad_key()),
        };
        let caller = state.key(key, "soajs").await.map_err(Fault::key)?;
        let organization = caller.organization.clone().ok_or_else(Fault::unbound_key)?;
        Ok(Self { caller, organization })
    }
}

/// A caller with a valid key, and maybe an access token that names a person of the key's tenant.
pub(super) struct Authenticated {
    caller: Caller,
    /// The organization that the key stands for.
    pub organization: OrganizationId,
    has_token: bool,
}

impl Authenticated {
    /// The caller, if they have this right. Handlers check it before anything else of the request.
    pub(super) fn may(&self, what: Permission) -> Result<&Caller> {
        self.caller.may(what).then_some(&self.caller).ok_or_else(Fault::forbidden)
    }
}

impl FromRequestParts<DialectState> for Authenticated {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &DialectState) -> Result<Self> {
        let Key { caller: key, organization } = Key::from_request_parts(parts, state).await?;
        let Some(token) = token(parts, state.query_secrets)? else {
            return Ok(Self { caller: key, organization, has_token: false });
        };
        // The key was counted already.
        let them = state.usher.access.authenticate.bearer(&token).await.map_err(Fault::token)?;
        if them.tenant != key.tenant || !them.reaches(Some(&organization)) {
            return Err(Fault::bad_token());
        }
        // The caller may do what both the key and the person may.
        let authority = key.authority.max(them.authority);
        let caller = Caller { authority, organization: key.organization, ..them };
        Ok(Self { caller, organization, has_token: true })
    }
}

/// The one access token of a request, if there is any.
fn token(parts: &Parts, query_secrets: QuerySecrets) -> Result<Option<String>> {
    let mut given: Vec<_> = header_texts(&parts.headers, &ACCESS_TOKEN).collect();
    let tokens_in_query = in_query(parts, "access_token");
    if query_secrets == QuerySecrets::Refuse && !tokens_in_query.is_empty() {
        return Err(Fault::token_in_query());
    }
    given.extend(tokens_in_query);
    for it in parts.headers.get_all(AUTHORIZATION) {
        given.push(bearer(it).ok_or_else(Fault::malformed_authorization)?.to_owned());
    }
    let one = given.pop();
    if given.is_empty() { Ok(one) } else { Err(Fault::many_tokens()) }
}

/// The values under this name in the query; an empty one says nothing.
fn in_query(parts: &Parts, name: &str) -> Vec<String> {
    let query = Parameters::of_query(&parts.uri);
    query.all(name).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// The fields of a query.
pub(super) fn read_query<T: DeserializeOwned>(query: Parameters, fields: &[Field]) -> Result<T> {
    typed(Given::Texts(query).read(fields)?)
}

/// The fields of a body.
pub(super) async fn read_body<T: DeserializeOwned>(
    body: LateBody,
    authenticated: &Authenticated,
    fields: &[Field],
) -> Result<T> {
    let given = given(body).await?;
    if authenticated.has_token && given.has("access_token") {
        return Err(Fault::many_tokens());
    }
    typed(given.read(fields)?)
}

/// The fields of a body to which no access token belongs.
pub(super) async fn read_body_without_token<T: DeserializeOwned>(
    body: LateBody,
    fields: &[Field],
) -> Result<T> {
    typed(given(body).await?.read(fields)?)
}

/// Reads JSON or a form, as its media type says; a body of another type counts as empty.
async fn given(body: LateBody) -> Result<Given> {
    let is_json = media_type(body.headers()).eq_ignore_ascii_case("application/json");
    let is_form = is_form(body.headers());
    let bytes = body.read().await?;
    if is_form {
        return Ok(Given::Texts(Parameters::of_form(&bytes)));
    }
    if !is_json || bytes.trim_ascii().is_empty() {
        return Ok(Given::Typed(Map::new()));
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(it)) => Ok(Given::Typed(it)),
        // It is JSON as the original takes it, and has none of the fields.
        Ok(Value::Array(_)) => Ok(Given::Typed(Map::new())),
        Ok(_) | Err(_) => Err(Fault::internal_error()),
    }
}

/// The type that validated fields are read into.
fn typed<T: DeserializeOwned>(read: Map<String, Value>) -> Result<T> {
    serde_json::from_value(Value::Object(read)).map_err(|error| {
        tracing::error!(%error, "fields that were validated do not fit their type");
        Fault::internal_error()
    })
}
