//! What the pages say, in the language of whoever reads them.

use std::{borrow::Cow, collections::HashMap, convert::Infallible};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::ACCEPT_LANGUAGE, request::Parts},
};
use chrono::Datelike as _;
use fluent_templates::{LanguageIdentifier, Loader as _, fluent_bundle::FluentValue};
use usher_domain::{Authority, Locale, Timestamp};

fluent_templates::static_loader! {
    static TEXTS = {
        locales: "./locales",
        fallback_language: "en",
        // Names stand in `<bdi>` where their direction matters.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// One that the pages can be read in.
#[derive(Clone)]
pub(crate) struct Language(LanguageIdentifier);

impl Default for Language {
    fn default() -> Self {
        Self(TEXTS.fallback().clone())
    }
}

impl Language {
    /// The first of the wishes that there is, regions aside; English without one.
    pub(crate) fn choose<'a>(wishes: impl IntoIterator<Item = &'a str>) -> Self {
        Self::wished(wishes).unwrap_or_default()
    }

    /// The first of the wishes that there is, regions aside.
    fn wished<'a>(wishes: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let spoken = |wish: &str| {
            let wish = wish.parse::<LanguageIdentifier>().ok()?;
            TEXTS.locales().find(|it| it.language == wish.language).cloned()
        };
        wishes.into_iter().find_map(spoken).map(Self)
    }

    pub(crate) fn say(&self, text: &str) -> String {
        TEXTS.lookup(&self.0, text)
    }

    /// The same, if there is such a text.
    pub(crate) fn try_say(&self, text: &str) -> Option<String> {
        TEXTS.try_lookup(&self.0, text)
    }

    pub(crate) fn tell<const N: usize>(
        &self,
        text: &str,
        about: [(&'static str, FluentValue<'_>); N],
    ) -> String {
        let about: HashMap<_, _> =
            about.into_iter().map(|(name, it)| (Cow::Borrowed(name), it)).collect();
        TEXTS.lookup_with_args(&self.0, text, &about)
    }

    /// A moment in words. Nobody knows where the reader is, so it is in UTC and says so.
    pub(crate) fn moment(&self, at: Timestamp) -> String {
        self.tell(
            "moment",
            [
                ("day", at.day().into()),
                ("month", at.month().into()),
                ("year", at.year().to_string().into()),
                ("time", at.format("%H:%M").to_string().into()),
            ],
        )
    }

    pub(crate) fn authority(&self, it: Authority) -> String {
        self.say(&format!("authority-{it}"))
    }
}

/// What the browser says of its reader: the languages they read, the dearest first.
pub(crate) struct Reader(Vec<String>);

impl Reader {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|it| it.to_str().ok());
        let mut wishes: Vec<_> = values.flat_map(|it| it.split(',')).filter_map(wish).collect();
        // Stable: among equals the one named first.
        wishes.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        Self(wishes.into_iter().map(|(tag, _)| tag.to_owned()).collect())
    }

    /// What their browser asks for, if there is any of it.
    pub(crate) fn asked(&self) -> Option<Language> {
        Language::wished(self.0.iter().map(String::as_str))
    }

    /// The language of a page: the person's own, what their browser asks for, or the tenant's.
    pub(crate) fn language(&self, own: Option<&Locale>, tenant: Option<&Locale>) -> Language {
        let asked = self.0.iter().map(String::as_str);
        let own = own.map(Locale::as_str).into_iter();
        Language::choose(own.chain(asked).chain(tenant.map(Locale::as_str)))
    }
}

/// A tag and its weight; none for what is not wanted.
fn wish(text: &str) -> Option<(&str, f32)> {
    let (tag, weight) = text.split_once(';').unwrap_or((text, "q=1"));
    let weight = weight.trim().strip_prefix("q=")?.parse().ok()?;
    (weight > 0.0).then_some((tag.trim(), weight))
}

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}
