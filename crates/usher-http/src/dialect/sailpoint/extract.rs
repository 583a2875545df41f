//! Extractors for the parts of a request: the caller, the id of the resource, the query, the body.

use std::ops::RangeInclusive;

use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderName, request::Parts},
};
use usher_domain::{Actor, Caller, Permission};

use super::{
    api_version::ApiVersion,
    fault::{Fault, Result},
};
use crate::{
    dialect::state::DialectState,
    request::{GivenTwice, Parameters, only_bearer},
};

/// How many entries a list has in all.
pub(super) const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// A caller with a valid access token, within the rate limit.
pub(super) struct Authenticated(Caller);

impl Authenticated {
    /// The caller, if they have this right. Handlers check it before anything else of the request.
    pub(super) fn may(&self, what: Permission) -> Result<&Caller> {
        self.0.may(what).then_some(&self.0).ok_or_else(Fault::forbidden)
    }

    /// The same, for operations that only a person may use.
    pub(super) fn person(&self, what: Permission) -> Result<&Caller> {
        match self.0.actor {
            Actor::User(_) => self.may(what),
            Actor::Client(_) | Actor::System | Actor::Nobody => Err(Fault::not_a_person()),
        }
    }
}

impl FromRequestParts<DialectState> for Authenticated {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &DialectState) -> Result<Self> {
        let token = only_bearer(&parts.headers).ok_or(NO_TOKEN)?;
        let version: ApiVersion = parts.extensions.get().copied().unwrap_or_default();
        Ok(Self(state.bearer(token, version.name()).await?))
    }
}

const NO_TOKEN: Fault =
    Fault::Unauthenticated("Full authentication is required to access this resource");

/// The id in the path.
pub(super) struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| Fault::unknown_path())
    }
}

/// Which part of a list to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paging {
    pub skip: u64,
    pub limit: u64,
    /// Whether the number of all entries is asked for as well.
    pub count: bool,
}

/// The most entries of a list, and as many as there are unless said otherwise.
const MAX_ENTRIES: u64 = 250;

impl Paging {
    pub(super) fn read(query: &Parameters) -> Result<Self> {
        Ok(Self {
            skip: number(query, "offset", 0, 0..=i32::MAX as u64)?,
            limit: number(query, "limit", MAX_ENTRIES, 0..=MAX_ENTRIES)?,
            count: flag(query, "count")?,
        })
    }
}

/// A text of the query, empty if not given. A parameter that nobody asks for is ignored.
pub(super) fn text<'a>(query: &'a Parameters, field: &'static str) -> Result<&'a str> {
    let given = query.only(&[field]);
    let given = given.map_err(|GivenTwice| Fault::field(field, "must not be given twice"))?;
    Ok(given.unwrap_or_default().trim())
}

fn number(
    query: &Parameters,
    field: &'static str,
    usual: u64,
    range: RangeInclusive<u64>,
) -> Result<u64> {
    match text(query, field)? {
        "" => Ok(usual),
        text => text.parse().ok().filter(|it| range.contains(it)).ok_or_else(|| {
            let (min, max) = range.into_inner();
            Fault::field(field, format_args!("must be a whole number from {min} to {max}"))
        }),
    }
}

fn flag(query: &Parameters, field: &'static str) -> Result<bool> {
    match text(query, field)? {
        "" => Ok(false),
        text if text.eq_ignore_ascii_case("false") => Ok(false),
        text if text.eq_ignore_ascii_case("true") => Ok(true),
        _ => Err(Fault::field(field, "must be true or false")),
    }
}
