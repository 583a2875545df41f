//! The invitee's pages: accept, sign in, and who is signed in.

use std::sync::Arc;

use axum::Router;
use usher_application::Usher;

pub(crate) fn router() -> Router<Arc<Usher>> {
    Router::new()
}
