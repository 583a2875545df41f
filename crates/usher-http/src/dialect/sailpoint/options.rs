//! What an operator may choose for this API.

use axum::http::HeaderMap;

use super::{
    api_version::Edition,
    fault::{Fault, Result},
    limiter::Limiter,
};
use crate::{Experimental, Options};

/// What the operator chose, and what is counted because of it.
pub(super) struct Desk {
    experimental: Experimental,
    pub(super) limiter: Option<Limiter>,
}

impl Desk {
    pub(super) fn new(options: Options) -> Self {
        let Options { experimental, rate } = options;
        Self { experimental, limiter: rate.map(Limiter::new) }
    }

    /// Whether the request says of itself that it uses an experiment, where it must.
    pub(super) fn knows(&self, edition: Edition, headers: &HeaderMap) -> Result<()> {
        let said = headers.get("x-sailpoint-experimental").and_then(|it| it.to_str().ok());
        let said = said.is_some_and(|it| it.trim().eq_ignore_ascii_case("true"));
        let demanded = self.experimental == Experimental::Demand && edition.is_experimental();
        (said || !demanded).then_some(()).ok_or(Fault::NotExperimental)
    }
}
