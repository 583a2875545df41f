//! What a request is made of: who asks, which resource, the query, the body.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{header::AUTHORIZATION, request::Parts},
};
use url::form_urlencoded;
use usher_application::Usher;
use usher_domain::Caller;

use super::{
    fault::{Fault, Result, Right},
    json::{Json, Object, snake},
};

/// Someone with a valid access token.
pub(super) struct Asker(Caller);

impl Asker {
    /// The caller, if they may do this at all. Ask before looking at anything else.
    pub(super) fn may(&self, right: Right, resource: &str) -> Result<&Caller> {
        let may = self.0.may(right.permission);
        may.then_some(&self.0).ok_or_else(|| Fault::denied(right, resource))
    }
}

impl FromRequestParts<Arc<Usher>> for Asker {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, usher: &Arc<Usher>) -> Result<Self> {
        let mut given = parts.headers.get_all(AUTHORIZATION).iter();
        let token = given.next().and_then(|it| it.to_str().ok()?.split_once(' '));
        match (token, given.next()) {
            (Some((scheme, token)), None) if scheme.eq_ignore_ascii_case("bearer") => {
                Ok(Self(usher.access.authenticate.bearer(token.trim()).await?))
            }
            _ => Err(Fault::no_credentials()),
        }
    }
}

/// The last segment of the path.
pub(super) struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(name)| Self(name)).map_err(|_| Fault::nowhere())
    }
}

/// The query, with both spellings of each parameter. What nobody asks for is ignored.
pub(super) struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl Query {
    /// A text, empty if not given.
    pub(super) fn text(&self, field: &'static str) -> Result<&str> {
        let snake = snake(field);
        let mut given = self.0.iter().filter(|(name, _)| *name == field || *name == snake);
        match (given.next(), given.next()) {
            (None, _) => Ok(""),
            (Some((_, text)), None) => Ok(text),
            (Some(_), Some(_)) => Err(Fault::field(field, "must not be given twice")),
        }
    }

    /// A number that is not negative; 0 if not given.
    pub(super) fn count(&self, field: &'static str) -> Result<u64> {
        match self.text(field)? {
            "" => Ok(0),
            text => text
                .parse::<i32>()
                .ok()
                .and_then(|it| u64::try_from(it).ok())
                .ok_or_else(|| Fault::field(field, "must be an int32 that is not negative")),
        }
    }

    pub(super) fn flag(&self, field: &'static str) -> Result<bool> {
        match self.text(field)? {
            "" | "false" => Ok(false),
            "true" => Ok(true),
            _ => Err(Fault::field(field, "must be true or false")),
        }
    }

    /// How long a page is: 50 unless said otherwise, 100 at most.
    pub(super) fn page_size(&self) -> Result<u64> {
        Ok(match self.count("pageSize")? {
            0 => 50,
            some => some.min(100),
        })
    }
}

/// The body, whatever type it is said to have. A handler looks into it once the caller may ask.
pub(super) struct Body(Result<Bytes>);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> std::result::Result<Self, Infallible> {
        Ok(Self(Bytes::from_request(request, state).await.map_err(Fault::from)))
    }
}

impl Body {
    pub(super) fn bytes(self) -> Result<Bytes> {
        self.0
    }

    pub(super) fn object(self) -> Result<Object> {
        match serde_json::from_slice(&self.0?).map_err(Fault::no_json)? {
            Json::Object(it) => Ok(it),
            _ => Err(Fault::no_json("it is JSON, but no object")),
        }
    }

    /// An object; an empty body is an empty object.
    pub(super) fn optional_object(self) -> Result<Object> {
        match self.0 {
            Ok(bytes) if bytes.trim_ascii().is_empty() => Ok(Object::new()),
            body => Self(body).object(),
        }
    }
}
