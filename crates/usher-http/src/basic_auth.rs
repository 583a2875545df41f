//! HTTP's Basic scheme, as OAuth has clients say who they are.

use axum::http::HeaderValue;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;

/// A client id and secret, each of them encoded as in a form; none if it is not that.
pub(crate) fn client(authorization: &HeaderValue) -> Option<(String, String)> {
    let (scheme, text) = authorization.to_str().ok()?.split_once(' ')?;
    let bytes = BASE64_STANDARD.decode(text.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then_some(())?;
    Some((decoded(id)?, decoded(secret)?))
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
