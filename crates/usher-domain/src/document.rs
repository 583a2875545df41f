//! A JSON document that usher keeps for a product without looking inside.

/// A JSON document that is kept as given; the core does not look inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document(pub String);

impl Default for Document {
    fn default() -> Self {
        Self("{}".to_owned())
    }
}
