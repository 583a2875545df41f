//! What an operator may choose of the dialects.

/// What an operator may choose of the dialects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub experimental: Experimental,
    /// Requests in ten seconds for each key and each version of an API; none: no limit.
    pub rate: Option<u32>,
}

/// What becomes of a request that uses an experiment without saying so, where the original has
/// clients say so in a header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Experimental {
    #[default]
    Accept,
    Demand,
}
