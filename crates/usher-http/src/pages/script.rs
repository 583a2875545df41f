//! The one script of the pages, and the content policy that lets browsers run it and no other.

use std::sync::LazyLock;

use axum::http::HeaderValue;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use crate::security::CONTENT_POLICY;

/// Adds a button to each password field that shows what is typed. It stands in the pages themselves:
/// a policy that names the hash of an inline script lets nothing else run, not even from our own
/// origin, and every browser heeds it.
pub(crate) const SHOW_PASSWORD: &str = include_str!("../../assets/show_password.js");

/// The hash makes the policy follow the script: a browser runs it only as it is here.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(SHOW_PASSWORD));
    format!("{CONTENT_POLICY}; script-src 'sha256-{hash}'")
});

/// What pages may load and run.
pub(super) fn content_policy_text() -> &'static str {
    &POLICY
}

/// The same, as a header.
pub(super) fn content_policy() -> HeaderValue {
    HeaderValue::from_static(content_policy_text())
}
