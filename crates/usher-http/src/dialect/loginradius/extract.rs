//! What a request is made of: who asks, the ids in its path, the query, the body.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, StatusCode, request::Parts},
    response::IntoResponse as _,
};
use serde::de::DeserializeOwned;
use url::form_urlencoded;
use usher_application::Usher;
use usher_domain::{Caller, Permission};

use super::{
    fault::{Fault, Result},
    json::Object,
};

/// The most that a body may have.
pub(super) const ROOM: usize = 1 << 20;

/// Whoever has a valid key and its secret.
pub(super) struct Asker(Caller);

impl Asker {
    /// The caller, if they may do this at all. Ask before looking at anything else.
    pub(super) fn may(&self, what: Permission) -> Result<&Caller> {
        self.0.may(what).then_some(&self.0).ok_or_else(Fault::unauthorized)
    }
}

impl FromRequestParts<Arc<Usher>> for Asker {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, usher: &Arc<Usher>) -> Result<Self> {
        let query = Query::of(parts);
        let key = credential(&parts.headers, &query, "apikey")?;
        let secret = credential(&parts.headers, &query, "apisecret")?;
        Ok(Self(usher.access.authenticate.client(&key, &secret).await?))
    }
}

/// The one text that headers and query give under this name, wherever it stands. An empty one says
/// nothing.
fn credential(headers: &HeaderMap, query: &Query, name: &str) -> Result<String> {
    let in_headers = headers.get_all(format!("x-loginradius-{name}")).iter();
    let in_headers = in_headers.map(|it| String::from_utf8_lossy(it.as_bytes()).trim().to_owned());
    let mut given = in_headers.chain(query.all(name)).filter(|it| !it.is_empty());
    let first = given.next().ok_or_else(Fault::unauthorized)?;
    given.all(|it| it == first).then_some(first).ok_or_else(Fault::unauthorized)
}

/// What stands in the path.
pub(super) struct Id<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(it)| Self(it)).map_err(|_| Fault::nowhere())
    }
}

/// The query. Names are read in any case of letters, and what nobody asks for is ignored.
pub(super) struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

impl Query {
    fn of(parts: &Parts) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    fn all(&self, name: &str) -> impl Iterator<Item = String> {
        self.0.iter().filter(move |it| it.0.eq_ignore_ascii_case(name)).map(|it| it.1.clone())
    }

    /// The first one that says anything.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.all(name).find(|it| !it.is_empty())
    }
}

/// The body, not read yet: a handler hears it out once the caller may ask. Its type is not looked
/// at.
pub(super) struct Body(Request);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> std::result::Result<Self, Infallible> {
        Ok(Self(request))
    }
}

impl Body {
    /// An object, and nothing else.
    pub(super) async fn object(self) -> Result<Object> {
        Object::read(&self.bytes().await?).ok_or_else(Fault::not_json)
    }

    /// An object, or what clients send when they have nothing to say.
    pub(super) async fn object_or_nothing(self) -> Result<Object> {
        let bytes = self.bytes().await?;
        if ["", "null", "\"\""].map(str::as_bytes).contains(&bytes.trim_ascii()) {
            return Ok(Object::default());
        }
        Object::read(&bytes).ok_or_else(Fault::not_json)
    }

    async fn bytes(self) -> Result<Bytes> {
        Bytes::from_request(self.0, &()).await.map_err(|it| match it.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => Fault::too_long(ROOM),
            _ => Fault::not_json(),
        })
    }
}
