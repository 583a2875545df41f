//! The parts of requests that all protocols share: bearer tokens, parameters, and bodies that are
//! read late. Each protocol answers errors in its own form.

use std::convert::Infallible;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{AUTHORIZATION, AsHeaderName, CONTENT_TYPE},
        request::Parts,
    },
};
use url::form_urlencoded;

use crate::body_limit::limited;

/// The token in a header `Authorization` of the scheme Bearer (RFC 6750); none for another scheme.
pub(crate) fn bearer(authorization: &HeaderValue) -> Option<&str> {
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The bearer token of a request that has exactly one header `Authorization`.
pub(crate) fn only_bearer(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let token = bearer(given.next()?)?;
    given.next().is_none().then_some(token)
}

/// The values of the headers of this name, without those that are blank.
pub(crate) fn header_texts(
    headers: &HeaderMap,
    name: impl AsHeaderName,
) -> impl Iterator<Item = String> {
    let all = headers.get_all(name).iter();
    let all = all.map(|it| String::from_utf8_lossy(it.as_bytes()).trim().to_owned());
    all.filter(|it| !it.is_empty())
}

/// The media type in the header `Content-Type`, without parameters; empty if there is none.
pub(crate) fn media_type(headers: &HeaderMap) -> &str {
    let kind = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim()
}

/// Whether the media type is `application/x-www-form-urlencoded`.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    media_type(headers).eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Names and values, in the order in which they were given. As an extractor, those of the query.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

/// A parameter that may be given only once was given more than once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GivenTwice;

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of_query(&parts.uri))
    }
}

impl Parameters {
    pub(crate) fn of_query(uri: &Uri) -> Self {
        Self::of_form(uri.query().unwrap_or_default().as_bytes())
    }

    /// Reads `application/x-www-form-urlencoded`, which takes any bytes.
    pub(crate) fn of_form(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    pub(crate) fn push(&mut self, name: String, value: String) {
        self.0.push((name, value));
    }

    pub(crate) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// The values under this name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.all_named(move |it| it == name)
    }

    /// The values under this name, in whatever case of ASCII letters it is written.
    pub(crate) fn all_in_any_case(&self, name: &str) -> impl Iterator<Item = &str> {
        self.all_named(move |it| it.eq_ignore_ascii_case(name))
    }

    /// The one value under any of these names; none if there is none.
    pub(crate) fn only(&self, names: &[&str]) -> Result<Option<&str>, GivenTwice> {
        let mut given = self.all_named(|it| names.contains(&it));
        let first = given.next();
        given.next().map_or(Ok(first), |_| Err(GivenTwice))
    }

    fn all_named(&self, is_it: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(name, _)| is_it(name)).map(|(_, value)| value.as_str())
    }
}

/// The most bytes of a body that is read before anybody has shown a key.
pub(crate) const MAX_KEYLESS_BODY: usize = 16 << 10;

/// A body that is not read yet: a handler reads it after it has checked the caller's rights.
pub(crate) struct LateBody(Request);

/// Why a body could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is larger than the limit of the router.
    TooLarge,
    /// The connection ended before the body was complete.
    Interrupted,
}

impl<S: Send + Sync> FromRequest<S> for LateBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        Ok(Self(request))
    }
}

impl LateBody {
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// Reads the whole body, whatever its media type. The limit of the router holds.
    pub(crate) async fn read(self) -> Result<Bytes, BodyError> {
        let read = Bytes::from_request(self.0, &()).await;
        read.map_err(|it| match it.status() {
            StatusCode::PAYLOAD_TOO_LARGE => BodyError::TooLarge,
            _ => BodyError::Interrupted,
        })
    }

    /// The same, with a limit of its own in bytes.
    pub(crate) async fn read_at_most(self, limit: usize) -> Result<Bytes, BodyError> {
        Self(self.into_request(limit)).read().await
    }

    /// The request that this is the body of, with a limit in bytes for extractors that read it.
    pub(crate) fn into_request(self, limit: usize) -> Request {
        limited(self.0, limit)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn headers(all: &[&str]) -> HeaderMap {
        let value = |it: &&str| (AUTHORIZATION, HeaderValue::from_str(it).unwrap());
        all.iter().map(value).fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        })
    }

    #[test]
    fn a_bearer_token_is_the_only_one_and_follows_its_scheme() {
        for (given, token) in [
            (vec!["Bearer abc"], Some("abc")),
            (vec!["bEARER  abc "], Some("abc")),
            (vec!["Basic abc"], None),
            (vec!["abc"], None),
            (vec![], None),
            (vec!["Bearer abc", "Bearer abc"], None),
            (vec!["Bearer abc", "Basic x"], None),
        ] {
            assert_eq!(only_bearer(&headers(&given)), token, "{given:?}");
        }
    }

    #[test]
    fn a_parameter_is_found_by_any_of_its_names_and_only_once() {
        let given = Parameters::of_form(b"a=1&b=%20x+&a=2&C=&snake_case=s");
        assert_eq!(given.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(given.all_in_any_case("c").collect::<Vec<_>>(), [""]);
        assert_eq!(given.only(&["b"]), Ok(Some(" x ")));
        assert_eq!(given.only(&["snakeCase", "snake_case"]), Ok(Some("s")));
        assert_eq!(given.only(&["nothing"]), Ok(None));
        assert_eq!(given.only(&["a"]), Err(GivenTwice));
        assert_eq!(given.only(&["b", "C"]), Err(GivenTwice));
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit() {
        let body = || LateBody(Request::new(Body::from("12345")));
        assert_eq!(body().read().await.unwrap(), "12345");
        assert_eq!(body().read_at_most(5).await.unwrap(), "12345");
        assert_eq!(body().read_at_most(4).await, Err(BodyError::TooLarge));
        let broken = futures_util::stream::iter([Ok("12"), Err(std::io::Error::other("gone"))]);
        let broken = LateBody(Request::new(Body::from_stream(broken)));
        assert_eq!(broken.read().await, Err(BodyError::Interrupted));
    }
}
