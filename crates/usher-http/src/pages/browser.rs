//! Which browser sends a request, in words of ours.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::USER_AGENT, request::Parts},
};
use usher_domain::{Browser, BrowserFamily, OperatingSystem};

/// How much of the header is read.
const MAX: usize = 512;

/// Most browsers name those that they are like as well, so the first one that is found counts.
const FAMILIES: [(&str, BrowserFamily); 13] = [
    ("Edg/", BrowserFamily::Edge),
    ("EdgA/", BrowserFamily::Edge),
    ("EdgiOS/", BrowserFamily::Edge),
    ("OPR/", BrowserFamily::Opera),
    ("OPT/", BrowserFamily::Opera),
    ("SamsungBrowser/", BrowserFamily::SamsungInternet),
    ("FxiOS/", BrowserFamily::Firefox),
    ("Firefox/", BrowserFamily::Firefox),
    ("CriOS/", BrowserFamily::Chrome),
    ("Chrome/", BrowserFamily::Chrome),
    ("Chromium/", BrowserFamily::Chrome),
    ("Version/", BrowserFamily::Safari),
    ("Safari/", BrowserFamily::Safari),
];

/// The same of systems: Android names Linux, and an iPhone names macOS.
const SYSTEMS: [(&str, OperatingSystem); 9] = [
    ("iPhone", OperatingSystem::Ios),
    ("iPad", OperatingSystem::Ios),
    ("iPod", OperatingSystem::Ios),
    ("Android", OperatingSystem::Android),
    ("CrOS", OperatingSystem::ChromeOs),
    ("Windows", OperatingSystem::Windows),
    ("Macintosh", OperatingSystem::MacOs),
    ("Linux", OperatingSystem::Linux),
    ("X11", OperatingSystem::Linux),
];

/// The browser that sends a request, as far as the header `User-Agent` tells.
pub(super) struct Sender(pub Browser);

impl<S: Sync> FromRequestParts<S> for Sender {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(browser(&parts.headers)))
    }
}

fn browser(headers: &HeaderMap) -> Browser {
    let bytes = headers.get(USER_AGENT).map_or(b"".as_slice(), |it| it.as_bytes());
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX)]);
    Browser { family: first(&FAMILIES, &text), system: first(&SYSTEMS, &text) }
}

fn first<T: Copy>(table: &[(&str, T)], text: &str) -> Option<T> {
    table.iter().find(|(mark, _)| text.contains(mark)).map(|(_, it)| *it)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn browsers_are_known_by_their_names_and_nothing_else_of_the_header_is_kept() {
        let mozilla = "Mozilla/5.0";
        let like = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (text, family, system) in [
            (
                format!("{mozilla} (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"),
                "Firefox",
                "Linux",
            ),
            (
                format!(
                    "{mozilla} (Windows NT 10.0; Win64; x64) {like} Chrome/142.0.0.0 Safari/537.36"
                ),
                "Chrome",
                "Windows",
            ),
            (
                format!(
                    "{mozilla} (Windows NT 10.0) {like} Chrome/142.0.0.0 Safari/537.36 Edg/142.0"
                ),
                "Edge",
                "Windows",
            ),
            (
                format!(
                    "{mozilla} (Macintosh; Intel Mac OS X 10_15_7) {like} Version/26.0 Safari/605.1.15"
                ),
                "Safari",
                "macOS",
            ),
            (
                format!(
                    "{mozilla} (iPhone; CPU iPhone OS 18_7 like Mac OS X) {like} CriOS/142.0 Mobile/15E148 Safari/604.1"
                ),
                "Chrome",
                "iOS",
            ),
            (
                format!(
                    "{mozilla} (Linux; Android 15) {like} SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36"
                ),
                "Samsung Internet",
                "Android",
            ),
            (
                format!(
                    "{mozilla} (X11; CrOS x86_64 14541.0.0) {like} Chrome/142.0 Safari/537.36 OPR/125"
                ),
                "Opera",
                "ChromeOS",
            ),
            ("curl/8.14.1".to_owned(), "", ""),
            ("<script>alert(1)</script>".to_owned(), "", ""),
            (format!("{}Firefox/145.0 (Windows)", " x".repeat(256)), "", ""),
            (String::new(), "", ""),
        ] {
            let headers =
                HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_str(&text).unwrap())]);
            let found = browser(&headers);
            let family_name = found.family.map_or("", BrowserFamily::as_str);
            let system_name = found.system.map_or("", OperatingSystem::as_str);
            assert_eq!((family_name, system_name), (family, system), "{text}");
        }
        assert_eq!(browser(&HeaderMap::new()), Browser::default());
        let bytes = HeaderValue::from_bytes(b"\xff Firefox/1").unwrap();
        let headers = HeaderMap::from_iter([(USER_AGENT, bytes)]);
        assert_eq!(browser(&headers).family, Some(BrowserFamily::Firefox));
    }
}
