//! The sheet, the icon, and what robots are told.

use axum::{
    Router,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};

const CSS: &str = include_str!("../../assets/usher.css");
const ICON: &str = include_str!("../../assets/favicon.svg");

/// What pages link to: another address for another content, so that it may be kept for ever.
pub(crate) fn sheet() -> String {
    format!("/assets/usher.css?v={:016x}", const { fnv1a(CSS.as_bytes()) })
}

pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/assets/usher.css", get(async || kept("text/css; charset=utf-8", CSS)))
        .route("/favicon.ico", get(async || kept("image/svg+xml", ICON)))
        .route("/robots.txt", get(async || "User-agent: *\nDisallow: /\n"))
}

fn kept(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")], text)
}

/// FNV-1a tells one sheet from the next; nobody has to be kept from finding a collision.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let (mut hash, mut at) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}
