//! A JSON document that usher keeps for a product without looking inside.

/// A JSON document that is kept as given; the core does not look inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document(pub String);

impl Document {
    /// The greatest number of bytes: a document is read and shown with what it belongs to, a page of
    /// them at a time.
    pub const MAX: usize = 64 * 1024;

    /// Whether it has more than [`Self::MAX`] bytes.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.0.len() > Self::MAX
    }
}

impl Default for Document {
    fn default() -> Self {
        Self("{}".to_owned())
    }
}
