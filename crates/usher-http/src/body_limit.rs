//! How long the body of a request may be.

use axum::{
    body::{Body, HttpBody as _},
    extract::{DefaultBodyLimit, Request},
};
use http_body_util::{Full, Limited};
use tower::util::MapRequestLayer;

/// Bounds the bodies of all requests to so many bytes. A router inside may set a lower limit.
pub(crate) fn body_limit(
    bytes: usize,
) -> MapRequestLayer<impl Fn(Request) -> Request + Clone + Send + Sync + 'static> {
    MapRequestLayer::new(move |request| limited(request, bytes))
}

/// The request, of which extractors read a body of at most so many bytes.
///
/// One that says itself that it is longer is refused as soon as somebody wants to read it, and never
/// asked for: its client may wait to be told that it is wanted (`Expect: 100-continue`), and to read
/// from the body is to tell it.
pub(crate) fn limited(mut request: Request, bytes: usize) -> Request {
    DefaultBodyLimit::max(bytes).apply(&mut request);
    let is_too_long = u64::try_from(bytes).is_ok_and(|it| request.body().size_hint().lower() > it);
    if is_too_long {
        // Fails as a body does of which more was read than may be.
        *request.body_mut() = Body::new(Limited::new(Full::from("x"), 0));
    }
    request
}

#[cfg(test)]
mod tests {
    use axum::{
        BoxError,
        body::Bytes,
        extract::{FromRequest as _, rejection::BytesRejection},
        http::StatusCode,
    };

    use super::*;

    #[tokio::test]
    async fn the_lowest_of_all_limits_holds_and_says_what_is_wrong() {
        for (length, limits, status) in [
            (5, &[5][..], Ok(())),
            (6, &[5], Err(StatusCode::PAYLOAD_TOO_LARGE)),
            (5, &[9, 5], Ok(())),
            (6, &[9, 5], Err(StatusCode::PAYLOAD_TOO_LARGE)),
            (10, &[9, 5], Err(StatusCode::PAYLOAD_TOO_LARGE)),
            (0, &[0], Ok(())),
        ] {
            for says_its_length in [true, false] {
                let content = vec![b'x'; length];
                let body = if says_its_length {
                    Body::from(content)
                } else {
                    Body::from_stream(futures_util::stream::iter([Ok::<_, BoxError>(content)]))
                };
                let request =
                    limits.iter().fold(Request::new(body), |it, limit| limited(it, *limit));
                let read = Bytes::from_request(request, &()).await;
                let read = read.map(|it| assert_eq!(it.len(), length));
                let told = read.map_err(|it: BytesRejection| it.status());
                assert_eq!(told, status, "{length} {limits:?} {says_its_length}");
            }
        }
    }
}
