//! The HTTP adapter: the dialects, the pages of invitees and health checks, over the use cases.

mod basic_auth;
mod dialect;
mod error_pages;
mod health;
mod layers;
mod locale;
mod options;
mod pages;
mod problem;
mod request;
mod routes;
mod security;
#[cfg(test)]
mod testing;
mod weighted;

pub use health::Health;
pub use options::{Experimental, Options};
pub use routes::{FIRST_INVITATION_BODY, FIRST_INVITATION_PATH, router};
