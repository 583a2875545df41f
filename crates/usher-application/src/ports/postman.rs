//! Sends letters.

use async_trait::async_trait;
use usher_domain::Letter;

/// Takes a letter to the mail server.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Postman: Send + Sync {
    /// The server's answer on taking the letter, in its own words: `250 2.0.0 Ok`. Delivering the
    /// same letter twice sends the same mail twice, with one `Message-ID`.
    async fn deliver(&self, letter: &Letter) -> Result<String, DeliveryError>;

    /// Whether letters go anywhere at all. Where they do not, none need be decided on that nobody
    /// would ask about.
    fn delivers(&self) -> bool;

    /// Whether there is a template of this name for letters.
    fn has_template(&self, name: &str) -> bool;
}

/// Why a letter was not taken. Neither variant's text names an address.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The server will never take this letter (5xx), or it cannot be written at all.
    #[error("refused: {0}")]
    Refused(String),
    /// The server asked to wait (4xx) or did not answer.
    #[error("not delivered yet: {0}")]
    Later(String),
}
