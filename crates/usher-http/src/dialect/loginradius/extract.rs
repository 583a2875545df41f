//! Extractors for the parts of a request: the caller, the ids in the path, the query, the body.

use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderMap, request::Parts},
};
use serde::de::DeserializeOwned;
use usher_domain::{Caller, Permission};

use super::{
    fault::{Fault, Result},
    json::Object,
};
use crate::{
    dialect::state::DialectState,
    options::QuerySecrets,
    request::{LateBody, Parameters, header_texts},
};

/// A caller with a valid key and its secret.
pub(super) struct Authenticated(Caller);

impl Authenticated {
    /// The caller, if they have this right. Handlers check it before anything else of the request.
    pub(super) fn may(&self, what: Permission) -> Result<&Caller> {
        self.0.may(what).then_some(&self.0).ok_or_else(Fault::unauthorized)
    }
}

impl FromRequestParts<DialectState> for Authenticated {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &DialectState) -> Result<Self> {
        let query = Parameters::of_query(&parts.uri);
        let mut in_query = ["apikey", "apisecret"].iter().flat_map(|it| query.all_in_any_case(it));
        if state.query_secrets == QuerySecrets::Refuse && in_query.any(|it| !it.is_empty()) {
            return Err(Fault::secret_in_query());
        }
        let key = credential(&parts.headers, &query, "apikey")?;
        let secret = credential(&parts.headers, &query, "apisecret")?;
        Ok(Self(state.client(&key, &secret, "loginradius").await?))
    }
}

/// The one text that headers and query give under this name, wherever it stands. An empty one says
/// nothing.
fn credential(headers: &HeaderMap, query: &Parameters, name: &str) -> Result<String> {
    let in_headers = header_texts(headers, format!("x-loginradius-{name}"));
    let in_query = query.all_in_any_case(name).filter(|it| !it.is_empty()).map(str::to_owned);
    let mut given = in_headers.chain(in_query);
    let first = given.next().ok_or_else(Fault::unauthorized)?;
    given.all(|it| it == first).then_some(first).ok_or_else(Fault::unauthorized)
}

/// What stands in the path.
pub(super) struct Id<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(it)| Self(it)).map_err(|_| Fault::unknown_path())
    }
}

/// The first value of the query that says anything. Names are read in any case of letters, and a
/// parameter that nobody asks for is ignored.
pub(super) fn text(query: &Parameters, name: &str) -> Option<String> {
    query.all_in_any_case(name).find(|it| !it.is_empty()).map(str::to_owned)
}

/// The body as an object, and nothing else. Its type is not looked at.
pub(super) async fn object(body: LateBody) -> Result<Object> {
    Object::read(&body.read().await?).ok_or_else(Fault::not_json)
}

/// An object, or one of the bodies that clients send instead of an empty object.
pub(super) async fn object_or_nothing(body: LateBody) -> Result<Object> {
    let bytes = body.read().await?;
    if ["", "null", "\"\""].map(str::as_bytes).contains(&bytes.trim_ascii()) {
        return Ok(Object::default());
    }
    Object::read(&bytes).ok_or_else(Fault::not_json)
}
