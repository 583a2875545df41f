//! The languages of the pages: their texts, and the choice of a language for a request.

use std::{borrow::Cow, collections::HashMap, convert::Infallible};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::ACCEPT_LANGUAGE, request::Parts},
};
use chrono::Datelike as _;
use fluent_templates::{LanguageIdentifier, Loader as _, fluent_bundle::FluentValue};
use usher_domain::{Authority, Locale, Timestamp};

use crate::weighted::weighted;

fluent_templates::static_loader! {
    static TEXTS = {
        locales: "./locales",
        fallback_language: "en",
        // Names stand in `<bdi>` where their direction matters.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// A language that there are texts in.
#[derive(Clone)]
pub(crate) struct Language(LanguageIdentifier);

impl Default for Language {
    fn default() -> Self {
        Self(TEXTS.fallback().clone())
    }
}

impl Language {
    /// The best of the languages that there are texts in: `de` for `de-AT`.
    fn first_of<'a>(wishes: impl IntoIterator<Item = &'a Locale>) -> Option<Self> {
        Locale::negotiate(TEXTS.locales(), wishes).cloned().map(Self)
    }

    /// The text of this name.
    pub(crate) fn text(&self, name: &str) -> String {
        TEXTS.lookup(&self.0, name)
    }

    /// The text of this name, if there is one.
    pub(crate) fn try_text(&self, name: &str) -> Option<String> {
        TEXTS.try_lookup(&self.0, name)
    }

    /// The text of this name, with these variables, if there is one.
    pub(crate) fn try_text_with<const N: usize>(
        &self,
        name: &str,
        about: [(&'static str, FluentValue<'_>); N],
    ) -> Option<String> {
        TEXTS.try_lookup_with_args(&self.0, name, &variables(about))
    }

    /// The text of this name, with these variables.
    pub(crate) fn text_with<const N: usize>(
        &self,
        name: &str,
        about: [(&'static str, FluentValue<'_>); N],
    ) -> String {
        TEXTS.lookup_with_args(&self.0, name, &variables(about))
    }

    /// How long from now, in words: none too short.
    pub(crate) fn when(&self, seconds: u64) -> String {
        let minutes = seconds.div_ceil(60);
        let (name, count) = match (seconds, minutes) {
            (..120, _) => ("when-seconds", seconds),
            (_, ..120) => ("when-minutes", minutes),
            _ => ("when-hours", minutes.div_ceil(60)),
        };
        self.text_with(name, [("n", count.into())])
    }

    /// A date and time in words. It is in UTC, and says so: the time zone of whoever reads it is
    /// unknown.
    pub(crate) fn moment(&self, at: Timestamp) -> String {
        self.text_with(
            "moment",
            [
                ("day", at.day().into()),
                ("month", at.month().into()),
                ("year", at.year().to_string().into()),
                ("time", at.format("%H:%M").to_string().into()),
            ],
        )
    }

    /// What an authority is called.
    pub(crate) fn authority(&self, it: Authority) -> String {
        self.text(&format!("authority-{it}"))
    }
}

fn variables<'a, const N: usize>(
    about: [(&'static str, FluentValue<'a>); N],
) -> HashMap<Cow<'static, str>, FluentValue<'a>> {
    about.into_iter().map(|(key, it)| (Cow::Borrowed(key), it)).collect()
}

/// The languages that the browser's user prefers, the most preferred first.
pub(crate) struct PreferredLanguages(Vec<Locale>);

impl PreferredLanguages {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut tags: Vec<_> =
            weighted(headers, ACCEPT_LANGUAGE).filter(|(_, weight)| *weight > 0.0).collect();
        // A stable sort: of two with the same weight the one that was named first stays first.
        tags.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        Self(tags.into_iter().filter_map(|(tag, _)| Locale::parse(tag).ok()).collect())
    }

    /// The most preferred language that there are texts in.
    pub(crate) fn asked(&self) -> Option<Language> {
        Language::first_of(&self.0)
    }

    /// The language of a page: the person's own, or one that the browser prefers, or the tenant's, or
    /// English.
    pub(crate) fn language(&self, own: Option<&Locale>, tenant: Option<&Locale>) -> Language {
        Language::first_of(own.into_iter().chain(&self.0).chain(tenant)).unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for PreferredLanguages {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}
