//! What a request is made of: who asks, the query, the body.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{AUTHORIZATION, CONTENT_TYPE},
        request::Parts,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::form_urlencoded;
use usher_application::Usher;
use usher_domain::{Caller, OrganizationId, Permission};

use super::{
    fault::{Fault, Result},
    imfv::{Field, Given},
};

const KEY: HeaderName = HeaderName::from_static("key");
const ACCESS_TOKEN: HeaderName = HeaderName::from_static("access_token");

/// A valid key, and the organization that it stands for.
pub(super) struct Key {
    pub caller: Caller,
    pub place: OrganizationId,
}

impl FromRequestParts<Arc<Usher>> for Key {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, usher: &Arc<Usher>) -> Result<Self> {
        let in_headers: Vec<_> = texts(&parts.headers, &KEY).collect();
        let in_query = Query::of(parts).all("key");
        let given = if in_headers.is_empty() { in_query } else { in_headers };
        let key = match given.as_slice() {
            [] => return Err(Fault::no_key()),
            [one] => one,
            _ => return Err(Fault::bad_key()),
        };
        let caller = usher.access.authenticate.key(key).await.map_err(Fault::key)?;
        let place = caller.organization.clone().ok_or_else(Fault::unbound_key)?;
        Ok(Self { caller, place })
    }
}

/// Whoever has a valid key, and maybe an access token to say who of its tenant they are.
pub(super) struct Asker {
    caller: Caller,
    /// The organization that the key stands for.
    pub place: OrganizationId,
    has_token: bool,
}

impl Asker {
    /// The caller, if they may do this at all. Ask before looking at anything else.
    pub(super) fn may(&self, what: Permission) -> Result<&Caller> {
        self.caller.may(what).then_some(&self.caller).ok_or_else(Fault::forbidden)
    }
}

impl FromRequestParts<Arc<Usher>> for Asker {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, usher: &Arc<Usher>) -> Result<Self> {
        let Key { caller: key, place } = Key::from_request_parts(parts, usher).await?;
        let Some(token) = token(parts)? else {
            return Ok(Self { caller: key, place, has_token: false });
        };
        let them = usher.access.authenticate.bearer(&token).await.map_err(Fault::token)?;
        if them.tenant != key.tenant || !them.reaches(Some(&place)) {
            return Err(Fault::bad_token());
        }
        // Neither lends the other what it does not have.
        let authority = key.authority.max(them.authority);
        let caller = Caller { authority, organization: key.organization, ..them };
        Ok(Self { caller, place, has_token: true })
    }
}

/// The one access token of a request, if there is any.
fn token(parts: &Parts) -> Result<Option<String>> {
    let mut given: Vec<_> = texts(&parts.headers, &ACCESS_TOKEN).collect();
    given.extend(Query::of(parts).all("access_token"));
    for it in parts.headers.get_all(AUTHORIZATION) {
        given.push(bearer(it).ok_or_else(Fault::malformed_authorization)?);
    }
    let one = given.pop();
    if given.is_empty() { Ok(one) } else { Err(Fault::many_tokens()) }
}

fn bearer(authorization: &HeaderValue) -> Option<String> {
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// What the headers of this name say; an empty one says nothing.
fn texts(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    let all = headers.get_all(name).iter();
    let all = all.map(|it| String::from_utf8_lossy(it.as_bytes()).trim().to_owned());
    all.filter(|it| !it.is_empty())
}

/// The query.
pub(super) struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

impl Query {
    fn of(parts: &Parts) -> Self {
        Self(pairs(parts.uri.query().unwrap_or_default().as_bytes()))
    }

    fn all(self, name: &str) -> Vec<String> {
        let named = self.0.into_iter().filter(|(it, text)| it == name && !text.is_empty());
        named.map(|(_, text)| text).collect()
    }

    pub(super) fn read<T: DeserializeOwned>(self, fields: &[Field]) -> Result<T> {
        typed(Given::Texts(self.0).read(fields)?)
    }
}

/// The body, not read yet: a handler hears it out once the caller may ask.
pub(super) struct Body(Request);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> std::result::Result<Self, Infallible> {
        Ok(Self(request))
    }
}

impl Body {
    pub(super) async fn read<T: DeserializeOwned>(
        self,
        asker: &Asker,
        fields: &[Field],
    ) -> Result<T> {
        let given = self.given().await?;
        if asker.has_token && given.has("access_token") {
            return Err(Fault::many_tokens());
        }
        typed(given.read(fields)?)
    }

    /// JSON or a form, as its type says; what has another type says nothing.
    pub(super) async fn given(self) -> Result<Given> {
        let kind = self.0.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let kind = kind.and_then(|it| it.split(';').next()).unwrap_or_default().trim();
        let (is_json, is_form) = (
            kind.eq_ignore_ascii_case("application/json"),
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded"),
        );
        let bytes = Bytes::from_request(self.0, &()).await.map_err(|_| Fault::broken())?;
        if is_form {
            return Ok(Given::Texts(pairs(&bytes)));
        }
        if !is_json || bytes.trim_ascii().is_empty() {
            return Ok(Given::Typed(Map::new()));
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(it)) => Ok(Given::Typed(it)),
            // It is JSON as the original takes it, and has none of the fields.
            Ok(Value::Array(_)) => Ok(Given::Typed(Map::new())),
            Ok(_) | Err(_) => Err(Fault::broken()),
        }
    }
}

fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

/// What was found to be as it must be.
pub(super) fn typed<T: DeserializeOwned>(read: Map<String, Value>) -> Result<T> {
    serde_json::from_value(Value::Object(read)).map_err(|error| {
        tracing::error!(%error, "what was checked cannot be read");
        Fault::broken()
    })
}
