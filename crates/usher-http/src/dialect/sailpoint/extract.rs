//! What a request is made of: who asks, which resource, the query, the body.

use std::{convert::Infallible, ops::RangeInclusive, sync::Arc};

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, HeaderName, StatusCode, header::AUTHORIZATION, request::Parts},
};
use url::form_urlencoded;
use usher_application::Usher;
use usher_domain::{Actor, Caller, Permission};

use super::{
    fault::{Fault, Result},
    options::Desk,
};

/// How many entries a list has in all.
pub(super) const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// Someone with a valid access token, who has not asked too often.
pub(super) struct Asker(Caller);

impl Asker {
    /// The caller, if they may do this at all. Ask before looking at anything else.
    pub(super) fn may(&self, what: Permission) -> Result<&Caller> {
        self.0.may(what).then_some(&self.0).ok_or_else(Fault::forbidden)
    }

    /// The same, for what takes a person.
    pub(super) fn person(&self, what: Permission) -> Result<&Caller> {
        match self.0.actor {
            Actor::User(_) => self.may(what),
            Actor::Client(_) | Actor::System => Err(Fault::not_a_person()),
        }
    }
}

impl FromRequestParts<Arc<Usher>> for Asker {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, usher: &Arc<Usher>) -> Result<Self> {
        let token = bearer(&parts.headers).ok_or(NOBODY)?;
        let caller = usher.authenticate.bearer(token).await?;
        let limiter = parts.extensions.get::<Arc<Desk>>().and_then(|it| it.limiter.as_ref());
        if let Some((limiter, key)) = limiter.zip(usher.authenticate.client_id(token)) {
            let edition = parts.extensions.get().copied().unwrap_or_default();
            limiter.admit(key, edition, usher.ports.clock.now()).map_err(Fault::TooOften)?;
        }
        Ok(Self(caller))
    }
}

const NOBODY: Fault = Fault::Stranger("Full authentication is required to access this resource");

/// The one bearer token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (scheme, token) = given.next()?.to_str().ok()?.split_once(' ')?;
    let one = given.next().is_none() && scheme.eq_ignore_ascii_case("bearer");
    one.then(|| token.trim())
}

/// The id in the path.
pub(super) struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| Fault::nowhere())
    }
}

/// The query. What nobody asks for is ignored.
pub(super) struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub skip: u64,
    pub limit: u64,
    /// Whether they want to know how many there are in all.
    pub count: bool,
}

impl Query {
    /// The most entries of a list, and as many as there are unless said otherwise.
    const MOST: u64 = 250;

    /// A text, empty if not given.
    pub(super) fn text(&self, field: &'static str) -> Result<&str> {
        let mut given = self.0.iter().filter(|(name, _)| *name == field);
        match (given.next(), given.next()) {
            (None, _) => Ok(""),
            (Some((_, text)), None) => Ok(text.trim()),
            (Some(_), Some(_)) => Err(Fault::field(field, "must not be given twice")),
        }
    }

    pub(super) fn slot(&self) -> Result<Slot> {
        Ok(Slot {
            skip: self.number("offset", 0, 0..=i32::MAX as u64)?,
            limit: self.number("limit", Self::MOST, 0..=Self::MOST)?,
            count: self.flag("count")?,
        })
    }

    fn number(&self, field: &'static str, usual: u64, range: RangeInclusive<u64>) -> Result<u64> {
        match self.text(field)? {
            "" => Ok(usual),
            text => text.parse().ok().filter(|it| range.contains(it)).ok_or_else(|| {
                let (min, max) = range.into_inner();
                Fault::field(field, format_args!("must be a whole number from {min} to {max}"))
            }),
        }
    }

    fn flag(&self, field: &'static str) -> Result<bool> {
        match self.text(field)? {
            "" => Ok(false),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            _ => Err(Fault::field(field, "must be true or false")),
        }
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
    /// Reads it to its end, whatever type it is said to have.
    pub(super) async fn read(self, limit: usize) -> Result<Bytes> {
        let mut request = self.0;
        DefaultBodyLimit::max(limit).apply(&mut request);
        Bytes::from_request(request, &()).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Fault::too_large()
            } else {
                Fault::bad("The body broke off.")
            }
        })
    }

    /// The request that it is the body of.
    pub(super) fn into_request(self, limit: usize) -> Request {
        let mut request = self.0;
        DefaultBodyLimit::max(limit).apply(&mut request);
        request
    }
}
