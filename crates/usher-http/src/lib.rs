//! The HTTP adapter: the dialects, the pages of invitees and health checks, over the use cases.

mod basic_auth;
mod body_limit;
mod dialect;
mod error_pages;
mod guard;
mod health;
mod layers;
mod locale;
mod observe;
mod options;
mod pages;
mod problem;
mod rate_limit;
mod request;
mod routes;
mod security;
mod source;
#[cfg(test)]
mod testing;
mod weighted;

pub use health::Health;
pub use options::{Experimental, Options, QuerySecrets};
pub use routes::{FIRST_INVITATION_BODY, FIRST_INVITATION_PATH, router};
pub use source::{
    InvalidNetwork, ProxyHeader, SourceDetail, TrustedProxies, canonical, source_network,
};
