//! What an operator may choose for this API.

use axum::http::HeaderMap;

use super::{
    api_version::ApiVersion,
    fault::{Fault, Result},
};
use crate::options::Experimental;

/// What the operator chose.
#[derive(Clone, Copy)]
pub(super) struct OperatorOptions {
    pub experimental: Experimental,
}

impl OperatorOptions {
    /// Refuses a request to an experimental operation without the header that says so, if the
    /// operator demands the header.
    pub(super) fn check_experimental(self, version: ApiVersion, headers: &HeaderMap) -> Result<()> {
        let said = headers.get("x-sailpoint-experimental").and_then(|it| it.to_str().ok());
        let said = said.is_some_and(|it| it.trim().eq_ignore_ascii_case("true"));
        let demanded = self.experimental == Experimental::Demand && version.is_experimental();
        (said || !demanded).then_some(()).ok_or(Fault::NotExperimental)
    }
}
