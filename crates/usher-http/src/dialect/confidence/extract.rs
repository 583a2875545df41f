//! Extractors for the parts of a request: the caller, the id of the resource, the query, the body.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use usher_domain::Caller;

use super::{
    fault::{Fault, Result},
    json::{Json, Object, snake},
    rights::Right,
};
use crate::{
    dialect::state::DialectState,
    request::{GivenTwice, LateBody, Parameters, only_bearer},
};

/// A caller with a valid access token.
pub(super) struct Authenticated(Caller);

impl Authenticated {
    /// The caller, if they have this right. Handlers check it before anything else of the request.
    pub(super) fn may(&self, right: Right, resource: &str) -> Result<&Caller> {
        let may = self.0.may(right.permission);
        may.then_some(&self.0).ok_or_else(|| Fault::denied(right, resource))
    }
}

impl FromRequestParts<DialectState> for Authenticated {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &DialectState) -> Result<Self> {
        let token = only_bearer(&parts.headers).ok_or_else(Fault::no_credentials)?;
        Ok(Self(state.bearer(token, "confidence").await?))
    }
}

/// The last segment of the path.
pub(super) struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(name)| Self(name)).map_err(|_| Fault::unknown_path())
    }
}

/// A text of the query, empty if not given. Each parameter has two spellings; one that nobody asks
/// for is ignored.
pub(super) fn text<'a>(query: &'a Parameters, field: &'static str) -> Result<&'a str> {
    let given = query.only(&[field, &snake(field)]);
    let given = given.map_err(|GivenTwice| Fault::field(field, "must not be given twice"))?;
    Ok(given.unwrap_or_default())
}

/// A number that is not negative; 0 if not given.
pub(super) fn count(query: &Parameters, field: &'static str) -> Result<u64> {
    match text(query, field)? {
        "" => Ok(0),
        text => text
            .parse::<i32>()
            .ok()
            .and_then(|it| u64::try_from(it).ok())
            .ok_or_else(|| Fault::field(field, "must be an int32 that is not negative")),
    }
}

pub(super) fn flag(query: &Parameters, field: &'static str) -> Result<bool> {
    match text(query, field)? {
        "" | "false" => Ok(false),
        "true" => Ok(true),
        _ => Err(Fault::field(field, "must be true or false")),
    }
}

/// How many entries a page has at most: 50 unless said otherwise, 100 at most.
pub(super) fn page_size(query: &Parameters) -> Result<u64> {
    Ok(match count(query, "pageSize")? {
        0 => 50,
        some => some.min(100),
    })
}

/// The body as a JSON object, whatever type it is said to have.
pub(super) async fn object(body: LateBody) -> Result<Object> {
    read_object(&body.read().await?)
}

/// The same; an empty body is an empty object.
pub(super) async fn optional_object(body: LateBody) -> Result<Object> {
    let bytes = body.read().await?;
    if bytes.trim_ascii().is_empty() { Ok(Object::new()) } else { read_object(&bytes) }
}

fn read_object(bytes: &[u8]) -> Result<Object> {
    match serde_json::from_slice(bytes).map_err(Fault::no_json)? {
        Json::Object(it) => Ok(it),
        _ => Err(Fault::no_json("it is JSON, but no object")),
    }
}
