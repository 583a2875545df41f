//! The style sheet, the icon, and `robots.txt`.

use axum::{
    Router,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};

const CSS: &str = include_str!("../../assets/usher.css");
const ICON: &str = include_str!("../../assets/favicon.svg");

/// The path of the style sheet. It changes with the content, so that browsers may cache the sheet
/// without end.
pub(crate) fn style_sheet() -> String {
    format!("/assets/usher.css?v={:016x}", const { fnv1a(CSS.as_bytes()) })
}

pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/assets/usher.css", get(async || cached("text/css; charset=utf-8", CSS)))
        .route("/favicon.ico", get(async || cached("image/svg+xml; charset=utf-8", ICON)))
        .route("/robots.txt", get(async || "User-agent: *\nDisallow: /\n"))
}

fn cached(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")], text)
}

/// The FNV-1a hash, which differs between versions of the style sheet. It need not resist
/// deliberate collisions, because the style sheet is part of this program.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let (mut hash, mut at) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}
