//! The scheme Basic of HTTP (RFC 7617), as OAuth 2 has clients say who they are.

use axum::http::HeaderValue;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;

/// A client id and its secret. Each is encoded as in a form (RFC 6749, section 2.3.1). None for
/// another scheme, and for what cannot be decoded.
pub(crate) fn client(authorization: &HeaderValue) -> Option<(String, String)> {
    let (scheme, text) = authorization.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then_some(())?;
    let bytes = BASE64_STANDARD.decode(text.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((decoded(id)?, decoded(secret)?))
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
